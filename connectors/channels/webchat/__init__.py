"""The brand's own site: what its visitors look at, and the chat on its pages."""

from connectors.channels.webchat.channel import WebChat

__all__ = ["WebChat"]
