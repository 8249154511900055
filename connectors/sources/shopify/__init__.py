"""Shopify: what a shop's webhooks tell of orders, carts, customers and products."""

from connectors.sources.shopify.webhook import Shopify

__all__ = ["Shopify"]
