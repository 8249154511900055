"""What the three Meta channels share: signature, handshake, envelope, slices, timestamps and field reading.

Source: Meta's webhook and Send API references (envelopes, timestamps, verification, dedup keys).
"""

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import batch
from connectors.batch import Slice, Unclear
from connectors.body import may_be_unstorable, to_bytes
from connectors.signatures import is_hex_signed
from middleware.domain.events import Event, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.errors import BodyRefused
from middleware.ports import WebhookRequest

MAX_ID = 512
MAX_TEXT = 65_536
MAX_TITLE = 1_000
MAX_WHOLE = 8_192
MAX_ITEMS = 100
"""Attachments, products and the like in one message."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 10**12
"""Smaller numbers are seconds: some Messenger events and all of WhatsApp's."""
_LATEST = 4_102_444_800_000
"""1 January 2100. Later is no time at which anything happened."""

_TIME = re.compile(r"[0-9]{1,16}", re.ASCII)
_ACCOUNT = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_SCOPED = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,128}", re.ASCII)


def is_signed(request: WebhookRequest, secret: bytes) -> bool:
    """Whether `X-Hub-Signature-256` is this secret's signature of the body as received."""
    return is_hex_signed(request.headers.get("x-hub-signature-256"), request.body, secret)


def challenge(query: Mapping[str, str], verify_tokens: Sequence[str]) -> str | None:
    """The answer to Meta's verification handshake, or None to refuse it.

    Every token is compared, in constant time and as bytes, so that the answer's time tells nothing of them.
    """
    given = query.get("hub.verify_token", "").encode(errors="surrogatepass")
    known = [hmac.compare_digest(given, token.encode(errors="surrogatepass")) for token in verify_tokens if token]
    answer = query.get("hub.challenge", "")
    is_meant = query.get("hub.mode") == "subscribe" and _CHALLENGE.fullmatch(answer) is not None
    return answer if any(known) and is_meant else None


def collect(slices: Iterable[Slice], request: WebhookRequest) -> list[Event | Rejected]:
    """What became of each slice, in order. Raises `BodyRefused` for too many of them."""
    return batch.collect(slices, look=may_be_unstorable(request.body))


def delivery(object_name: str, entry: Mapping[str, Any], name: str, item: object) -> bytes:
    """A body with one item of one list of an entry."""
    kept = {key: entry[key] for key in ("id", "time") if key in entry}
    return to_bytes({"object": object_name, "entry": [{**kept, name: [item]}]})


def unclear(raw: object, account: str | None, reason: str) -> Slice:
    """A slice that is rejected for `reason`."""

    def refuse() -> Event:
        raise Unclear(reason)

    return Slice(raw, account, refuse)


def entries(body: object, object_name: str) -> list[Any]:
    """The entries of a delivery. Raises `BodyRefused` when it is no delivery of `object_name` at all."""
    if not isinstance(body, dict) or body.get("object") != object_name:
        raise BodyRefused(f"no delivery of {object_name!r}")
    found = body.get("entry")
    if not isinstance(found, list):
        raise BodyRefused("no list of entries")
    return found


def objects(value: object, account: str | None, what: str) -> Iterator[dict[str, Any] | Slice]:
    """The objects of a list; in place of everything that is none, a slice that says so."""
    if not isinstance(value, list):
        yield unclear(value, account, f"{what} is no list")
        return
    for item in value:
        yield item if isinstance(item, dict) else unclear(item, account, f"{what} holds what is no object")


def moment(value: object) -> datetime:
    """A time from milliseconds or seconds, a number or digits. Raises `Unclear` outside 1970 to 2100."""
    number = _whole(value)
    milliseconds = number if number >= _MILLISECONDS_FROM else number * 1000
    if not 0 < milliseconds < _LATEST:
        raise Unclear("timestamp out of range")
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _whole(value: object) -> int:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**17:
        return int(value)
    raise Unclear("timestamp is no number")


def account_id(value: object) -> str:
    """The id of an account. It stands in keys and scopes, so nothing that could be a separator is let in."""
    found = identifier(value, "account id")
    if not _ACCOUNT.fullmatch(found):
        raise Unclear("account id is malformed")
    return found


def account_or_none(value: object) -> str | None:
    """The id of an account, or None for what cannot be one."""
    try:
        return account_id(value)
    except Unclear:
        return None


def identifier(value: object, what: str) -> str:
    """An id as a string of 1 to 512 characters; the platforms write some of them as numbers."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text:
        raise Unclear(f"{what} is missing")
    if len(text) > MAX_ID:
        raise Unclear(f"{what} is too long")
    return text


def scoped_id(kind: IdentifierKind, scope: str, text: str) -> Identifier | None:
    """The identifier of a customer from a page- or Instagram-scoped id, or None for what is none."""
    return Identifier(kind, scope, text) if _SCOPED.fullmatch(text) else None


def optional_id(value: object, what: str) -> str | None:
    """An id, or None where there is none."""
    return None if value is None else identifier(value, what)


def record(value: object, what: str) -> dict[str, Any]:
    """A JSON object that has to be there."""
    if not isinstance(value, dict):
        raise Unclear(f"{what} is no object")
    return value


def part(value: object) -> dict[str, Any]:
    """A JSON object that may be missing: nothing in it, then."""
    return value if isinstance(value, dict) else {}


def parts(value: object) -> list[dict[str, Any]]:
    """The objects of a list that may be missing, `MAX_ITEMS` of them at most."""
    return [item for item in value[:MAX_ITEMS] if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object, what: str) -> str:
    """What somebody wrote, at most `MAX_TEXT` characters of it; empty where nothing was written."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unclear(f"{what} is no text")
    return value[:MAX_TEXT]


def title(value: object) -> str | None:
    """A short text for people, cut to `MAX_TITLE`; None for what is no text."""
    return value[:MAX_TITLE] if isinstance(value, str) and value else None


def word(value: object) -> str | None:
    """An opaque value that may be missing: whole, as string, or not at all."""
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return found if isinstance(found, str) and 0 < len(found) <= MAX_ID else None


def whole(value: object) -> str | None:
    """An address or a payload, whole or not at all: half of one leads nowhere."""
    return value if isinstance(value, str) and 0 < len(value) <= MAX_WHOLE else None


def present(**values: object) -> dict[str, Any]:
    """The values that are there."""
    return {name: value for name, value in values.items() if value is not None}
