"""Mailchimp: what the webhooks of its audiences tell of their members."""

from connectors.sources.mailchimp.webhook import Mailchimp

__all__ = ["Mailchimp"]
