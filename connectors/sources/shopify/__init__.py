"""Shopify: orders and checkouts as a shop's webhooks tell them."""

from connectors.sources.shopify.webhook import Shopify

__all__ = ["Shopify"]
