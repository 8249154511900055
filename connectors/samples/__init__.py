"""Webhook bodies as the platforms send them, written by hand: for `throughline trigger`, the demo and tests.

Source: the platforms' webhook references (Messenger Platform, Instagram, WhatsApp Cloud API v26.0, Shopify
2026). Only keys that the references show are there; ids and people are made up.
"""

import json
from collections.abc import Mapping
from typing import Any

from connectors.samples import meta, shopify, webchat, whatsapp
from connectors.samples.request import Sample, SampleBuilder, SampleItem, SampleRequest
from connectors.signatures import base64_signature, hex_signature

__all__ = ["SAMPLES", "Sample", "SampleBuilder", "SampleItem", "SampleRequest", "signed"]

SAMPLES: Mapping[str, Mapping[str, SampleBuilder]] = {
    "messenger": meta.MESSENGER,
    "instagram": meta.INSTAGRAM,
    "whatsapp": whatsapp.SAMPLES,
    "shopify": shopify.SAMPLES,
    "webchat": webchat.SAMPLES,
}
"""What can be sent, by connector and by the name of the kind."""

_SIGNATURES = {
    "messenger": ("x-hub-signature-256", hex_signature),
    "instagram": ("x-hub-signature-256", hex_signature),
    "whatsapp": ("x-hub-signature-256", hex_signature),
    "shopify": ("x-shopify-hmac-sha256", base64_signature),
    "webchat": ("x-throughline-signature", hex_signature),
}


def signed(
    connector: str, body: dict[str, Any], secret: bytes, headers: Mapping[str, str] | None = None
) -> tuple[bytes, dict[str, str]]:
    """The body's bytes, and the headers (lower case) with the platform's signature over those bytes.

    Non-ASCII letters are escaped, as Meta sends them. `headers` come along, such as those of a `Sample`.
    Raises KeyError for a connector without samples.
    """
    header, sign = _SIGNATURES[connector]
    raw = json.dumps(body).encode("ascii")
    return raw, {"content-type": "application/json", **(headers or {}), header: sign(raw, secret)}
