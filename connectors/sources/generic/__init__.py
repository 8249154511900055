"""Generic signed webhooks: whatever can sign a JSON body, read by the account's mapping."""

from connectors.sources.generic.webhook import Generic

__all__ = ["Generic"]
