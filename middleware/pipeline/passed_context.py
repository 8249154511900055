"""The context that goes along with what is passed on: as a signed header of bounded size, or behind a signed link.

    Throughline-Context: v1.<base64url of JSON>.<base64url of HMAC-SHA256>

Signed, with the account's `pass_secret`, is `v1.<base64url of JSON>.<SHA-256 of the body, in hex>`: the header of one
body says nothing beside another. The JSON is `{"schema", "at" (seconds), "context", "left_out"}`.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

SCHEMA = "throughline.passed/1"
CONTEXT_HEADER = "Throughline-Context"
LINK_HEADER = "Throughline-Context-Link"

MOST_OF_HEADER = 6_144
"""Bytes of the header's value: servers take headers of 8 KiB, all of them together or each."""

LINK_LIVES = 600
"""Seconds."""

DROPPED_FIRST = (
    "policy.limits", "conversation.lines", "identity.why", "links", "lookups", "recommendations",
    "details", "browsing", "marketing", "consent", "support", "history", "product", "ad_click", "cart", "orders",
    "profile", "conversation", "identity", "policy", "message",
)  # fmt: skip
"""What is left out of a header, in this order, until the rest fits: first what the bot can do best without."""

Json = dict[str, Any]

_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,600})\.([A-Za-z0-9_-]{43})", re.ASCII)


def envelope(context: Mapping[str, Any], at: int, left_out: tuple[str, ...] = ()) -> Json:
    """What the bot reads, by header or link."""
    return {"schema": SCHEMA, "at": at, "context": dict(context), "left_out": list(left_out)}


def context_header(context: Mapping[str, Any], at: int, body: bytes, secret: bytes) -> str:
    """The header's value for a body, at most `MOST_OF_HEADER` bytes; what does not fit is named in `left_out`."""
    left, gone = dict(context), list[str]()
    value = _signed_header(envelope(left, at), body, secret)
    for path in DROPPED_FIRST:
        if len(value) <= MOST_OF_HEADER:
            return value
        if _is_in(left, path):
            left = _without(left, path)
            gone = [each for each in gone if not each.startswith(f"{path}.")] + [path]
            value = _signed_header(envelope(left, at, tuple(gone)), body, secret)
    return value if len(value) <= MOST_OF_HEADER else _signed_header(envelope({}, at, ("context",)), body, secret)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a link stands for: the context beside one passing, until a time in seconds."""

    connector: str
    account: str
    passing: str
    until: int


def link_token(ticket: Ticket, secret: bytes) -> str:
    """The end of a link: letters, digits, `-`, `_` and one dot."""
    payload = _encoded(orjson.dumps([ticket.connector, ticket.account, ticket.passing, ticket.until]))
    return f"{payload}.{_signature(f'link.{payload}', secret)}"


def ticket_of(token: str) -> Ticket | None:
    """What a token says that it stands for; None for what is none. Not believed before `is_signed`."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    try:
        connector, account, passing, until = orjson.loads(
            base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
        )
    except (ValueError, TypeError, binascii.Error):
        return None
    if not isinstance(until, int) or not all(isinstance(each, str) for each in (connector, account, passing)):
        return None
    return Ticket(connector, account, passing, until)


def is_signed(token: str, secret: bytes) -> bool:
    """Whether the token was made with this secret. In constant time."""
    payload, _, given = token.rpartition(".")
    return hmac.compare_digest(given.encode(), _signature(f"link.{payload}", secret).encode())


def _signed_header(said: Json, body: bytes, secret: bytes) -> str:
    payload = f"v1.{_encoded(orjson.dumps(said))}"
    return f"{payload}.{_signature(f'{payload}.{hashlib.sha256(body).hexdigest()}', secret)}"


def _signature(text: str, secret: bytes) -> str:
    return _encoded(hmac.digest(secret, text.encode(), "sha256"))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _is_in(context: Json, path: str) -> bool:
    outer, _, inner = path.partition(".")
    return outer in context and (not inner or (isinstance(context[outer], dict) and inner in context[outer]))


def _without(context: Json, path: str) -> Json:
    outer, _, inner = path.partition(".")
    if inner:
        return {**context, outer: {key: value for key, value in context[outer].items() if key != inner}}
    return {key: value for key, value in context.items() if key != outer}
