"""Standard Webhooks: the three headers that say who sends a body, made and checked in one place.

Source: Standard Webhooks specification, standard-webhooks/standard-webhooks, `spec/standard-webhooks.md` (1.0.0).
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far the time of a delivery may be from ours, into the past or the future."""

_PREFIX = b"whsec_"
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)
_TIME = re.compile(r"[0-9]{1,11}", re.ASCII)
_SIGNATURE = re.compile(r"v1,([A-Za-z0-9+/]{43}=)", re.ASCII)
_MOST_SIGNATURES = 10


def delivery_id(headers: Mapping[str, str]) -> str | None:
    """The provider's id of the delivery, the same when it is sent again; None without one."""
    given = headers.get("webhook-id", "")
    return given if _ID.fullmatch(given) else None


def standard_signature(secret: bytes, own: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a delivery as Standard Webhooks signs it. Raises ValueError for a secret that is none."""
    key = _key(secret)
    if key is None:
        raise ValueError("no secret: whsec_ and base64, or any text")
    seconds = str(int(at.timestamp()))
    digest = hmac.digest(key, f"{own}.{seconds}.".encode() + body, "sha256")
    return {
        "webhook-id": own,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def is_standard_signed(headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> bool:
    """Whether the headers are this secret's signature of the body, made within `TOLERANCE`. False for anything odd."""
    own, seconds = delivery_id(headers), headers.get("webhook-timestamp", "")
    key = _key(secret)
    if own is None or key is None or not _TIME.fullmatch(seconds):
        return False
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        return False
    wanted = hmac.digest(key, f"{own}.{seconds}.".encode() + body, "sha256")
    given = headers.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    found = [match for each in given if (match := _SIGNATURE.fullmatch(each))]
    return any(hmac.compare_digest(base64.b64decode(each[1]), wanted) for each in found)


def _key(secret: bytes) -> bytes | None:
    """The bytes to sign with: what `whsec_` stands before is base64, anything else is itself."""
    if not secret.startswith(_PREFIX):
        return secret or None
    try:
        return base64.b64decode(secret[len(_PREFIX) :], validate=True) or None
    except binascii.Error:
        return None
