"""WhatsApp: the Cloud API's conversations. Source: platforms, sections 1.4, 2 and 3."""

from connectors.channels.whatsapp.channel import WhatsApp

__all__ = ["WhatsApp"]
