"""HubSpot: what a portal's webhooks and its API tell of contacts."""

from connectors.sources.hubspot.webhook import HubSpot

__all__ = ["HubSpot"]
