"""WhatsApp: the Cloud API's conversations. Source: WhatsApp Cloud API reference."""

from connectors.channels.whatsapp.channel import WhatsApp

__all__ = ["WhatsApp"]
