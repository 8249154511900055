"""HubSpot's signatures. Source: HubSpot developers, "Validating requests" (v1 and v3).

v3 covers method, address, body and time. v1 covers the body alone and no time: it counts only where no v3 came along.
Both are made with the app's client secret, and repeating a delivery changes nothing (its events have the same keys).
"""

import re
from datetime import UTC, datetime, timedelta

from connectors.signatures import is_base64_signed, is_plain_hex_signed
from middleware.ports import WebhookRequest

V3 = "x-hubspot-signature-v3"
V3_TIME = "x-hubspot-request-timestamp"
V1 = "x-hubspot-signature"
VERSION = "x-hubspot-signature-version"

OLDEST = timedelta(minutes=5)

_MILLISECONDS = re.compile(r"[0-9]{1,15}", re.ASCII)

_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")",
    "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
"""What is decoded in the address before it is signed. Everything else stays as it was sent."""

_ENCODED = re.compile("|".join(_DECODED), re.ASCII | re.IGNORECASE)


def is_signed(request: WebhookRequest, secret: bytes) -> bool:
    """Whether the request is signed with the app's client secret, in the better one of the ways that it shows."""
    if V3 in request.headers:
        return _is_v3(request, secret)
    return request.headers.get(VERSION, "v1") == "v1" and is_plain_hex_signed(
        request.headers.get(V1), request.body, secret
    )


def _is_v3(request: WebhookRequest, secret: bytes) -> bool:
    time = request.headers.get(V3_TIME, "")
    if not request.url or not _is_fresh(time, request.received_at):
        return False
    head = (request.method.upper() + decoded(request.url)).encode(errors="surrogateescape")
    return is_base64_signed(request.headers[V3], head + request.body + time.encode(), secret)


def _is_fresh(time: str, now: datetime | None) -> bool:
    if now is None or not _MILLISECONDS.fullmatch(time):
        return False
    return abs(now - datetime(1970, 1, 1, tzinfo=UTC) - timedelta(milliseconds=int(time))) <= OLDEST


def decoded(url: str) -> str:
    """The address as HubSpot signs it."""
    return _ENCODED.sub(lambda found: _DECODED[found[0].upper()], url)
