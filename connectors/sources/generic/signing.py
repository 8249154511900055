"""The two ways to sign: Standard Webhooks, and one HMAC-SHA256 in hex for tools that can compute no more."""

from collections.abc import Mapping
from datetime import datetime

from connectors.signatures import is_hex_signed
from connectors.standard_webhooks import is_standard_signed


def is_signed(headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> bool:
    """Whether a delivery bears this secret's signature in either way. False for anything odd."""
    if "webhook-signature" in headers:
        return is_standard_signed(headers, body, secret, now)
    return is_hex_signed(headers.get("x-signature"), body, secret)
