"""Zendesk: what a help desk's webhooks and its API tell of tickets and of who asked."""

from connectors.sources.zendesk.webhook import Zendesk

__all__ = ["Zendesk"]
