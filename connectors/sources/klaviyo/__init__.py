"""Klaviyo: what its system webhooks tell of e-mails, consents and profiles."""

from connectors.sources.klaviyo.webhook import Klaviyo

__all__ = ["Klaviyo"]
