"""Webhook bodies as the platforms send them, written by hand: for `throughline trigger`, the demo and tests.

Source: the platforms' webhook references (Messenger Platform, Instagram, WhatsApp Cloud API v26.0, Shopify
2026). Only keys that the references show are there; ids and people are made up.
"""

import json
from collections.abc import Mapping

from connectors.samples import generic, hubspot, meta, shopify, webchat, whatsapp, zendesk
from connectors.samples.request import Sample, SampleBuilder, SampleItem, SampleRequest
from connectors.signatures import base64_signature, hex_signature, plain_hex_signature

__all__ = ["SAMPLES", "Sample", "SampleBuilder", "SampleItem", "SampleRequest", "signed"]

SAMPLES: Mapping[str, Mapping[str, SampleBuilder]] = {
    "messenger": meta.MESSENGER,
    "instagram": meta.INSTAGRAM,
    "whatsapp": whatsapp.SAMPLES,
    "shopify": shopify.SAMPLES,
    "webchat": webchat.SAMPLES,
    "hubspot": hubspot.SAMPLES,
    "zendesk": zendesk.SAMPLES,
    "generic": generic.SAMPLES,
}
"""What can be sent, by connector and by the name of the kind."""

_SIGNATURES = {
    "messenger": ("x-hub-signature-256", hex_signature),
    "instagram": ("x-hub-signature-256", hex_signature),
    "whatsapp": ("x-hub-signature-256", hex_signature),
    "shopify": ("x-shopify-hmac-sha256", base64_signature),
    "webchat": ("x-throughline-signature", hex_signature),
    "hubspot": ("x-hubspot-signature", plain_hex_signature),
    "zendesk": ("x-zendesk-webhook-signature", base64_signature),
    "generic": ("x-signature", hex_signature),
}

_SIGNED_BEFORE_THE_BODY = {"zendesk": "x-zendesk-webhook-signature-timestamp"}
"""A header of the sample whose value is signed together with the body."""


def signed(
    connector: str, body: object, secret: bytes, headers: Mapping[str, str] | None = None
) -> tuple[bytes, dict[str, str]]:
    """The body's bytes, and the headers (lower case) with the platform's signature over those bytes.

    Non-ASCII letters are escaped, as Meta sends them. `headers` come along, such as those of a `Sample`.
    Raises KeyError for a connector without samples.
    """
    header, sign = _SIGNATURES[connector]
    raw, given = json.dumps(body).encode("ascii"), headers or {}
    before = given.get(_SIGNED_BEFORE_THE_BODY.get(connector, ""), "").encode()
    return raw, {"content-type": "application/json", **given, header: sign(before + raw, secret)}
