"""The envelope of Messenger and Instagram, one shape: `entry[].messaging[]`, `standby[]`, `changes[]`.

Source: Meta's webhook and Send API references (envelopes, dashboard bodies, changes).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from connectors import meta
from connectors.batch import NEVER, Slice, Unclear
from connectors.body import to_bytes
from connectors.meta_items import Dialect, Occurrence, Reader, read_item
from connectors.meta_parts import Leaf
from middleware.domain.events import Event, EventKind


def read_standby(it: Occurrence) -> Event:
    """An item of `standby`: another app answers. Its key differs, as one message may come by both ways."""
    event = read_item(it)
    prefix = f"{it.dialect.connector}:{it.account}:"
    key = f"{prefix}standby:{event.key.removeprefix(prefix)}"
    return event.model_copy(update={"kind": EventKind.STANDBY, "topic": event.kind.value, "key": key})


_LISTS = ("messaging", "standby", "changes")

ACCOUNT_FIELDS = frozenset(
    {
        "feed", "inbox_labels", "comments", "live_comments", "mention", "mentions", "ratings", "name",
        "videos", "picture", "story_insights",
        "messenger_template_status_update", "marketing_message_delivery_failed",
    }
)  # fmt: skip
"""Changes that are news about the account."""


def read_change(it: Occurrence) -> Event:
    """One item of `changes` that is no message: a lead, news about the account, or something new."""
    field = meta.word(it.raw.get("field"))
    if field == "leadgen":
        return _leadgen(it)
    kind = EventKind.ACCOUNT if field in ACCOUNT_FIELDS else EventKind.UNKNOWN
    return it.event(kind, f"change:{it.digest()}", topic=field)


def _leadgen(it: Occurrence) -> Event:
    value = meta.record(it.raw.get("value"), "value")
    lead = meta.identifier(value.get("leadgen_id"), "leadgen_id")
    event = it.event(EventKind.LEAD, f"leadgen:{lead}", topic="leadgen")
    created = value.get("created_time")
    return event if created is None else event.model_copy(update={"occurred_at": meta.moment(created)})


def read_entry(it: Occurrence) -> Event:
    """An entry that holds none of the known lists (`changed_fields`, say)."""
    return it.event(EventKind.UNKNOWN, f"entry:{it.digest()}", topic="entry")


def slices(body: object, dialect: Dialect, received_at: datetime) -> Iterator[Slice]:
    """The slices of one delivery, in its order. Raises `BodyRefused` for what is no such delivery."""
    for entry in meta.objects(meta.entries(body, dialect.object_name), None, "entry"):
        yield from [entry] if isinstance(entry, Slice) else _of_entry(entry, dialect, received_at)


def _of_entry(entry: dict[str, Any], dialect: Dialect, received_at: datetime) -> Iterator[Slice]:
    account = meta.account_or_none(entry.get("id"))
    make = partial(_slice, dialect=dialect, account=account, time=entry.get("time"), received_at=received_at)
    known = [name for name in _LISTS if name in entry]
    if not known:
        yield make(entry, read_entry, alone=partial(to_bytes, {"object": dialect.object_name, "entry": [entry]}))
    for name in known:
        for item in meta.objects(entry[name], account, name):
            if isinstance(item, Slice):
                yield item
                continue
            alone = partial(meta.delivery, dialect.object_name, entry, name, item)
            if name == "changes":
                yield _of_change(item, partial(make, alone=alone))
            else:
                yield make(item, read_standby if name == "standby" else read_item, alone=alone)


def _of_change(change: dict[str, Any], make: Callable[[dict[str, Any], Reader], Slice]) -> Slice:
    item = _test_item(change)
    return make(change, read_change) if item is None else make(item, read_item)


def leaves(place: int, entry: dict[str, Any], dialect: Dialect) -> Iterator[Leaf]:
    """What an entry holds, each with account and customer, for whoever takes it apart by them."""
    account = meta.account_or_none(entry.get("id"))
    for name in _LISTS:
        items = entry.get(name)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            its, sender = _about(item, name, account, dialect) if isinstance(item, dict) else (account, None)
            yield Leaf((place, name, number), its, sender)


def _about(item: dict[str, Any], name: str, account: str | None, dialect: Dialect) -> tuple[str | None, str | None]:
    """Account and customer of one item; no customer where it cannot be read who that is."""
    raw = _test_item(item) or item if name == "changes" else item
    known = account if account not in {None, "0"} else _account_of(raw) or account
    if known is None or (name == "changes" and raw is item):
        return known, None
    try:
        customer = Occurrence(dialect, known, raw, None, NEVER).customer
    except Unclear:
        return known, None
    return known, customer.value if customer is not None else None


def _test_item(change: dict[str, Any]) -> dict[str, Any] | None:
    """The messaging item that the dashboard's "Test" button sends as `value`."""
    value = meta.part(change.get("value"))
    is_item = isinstance(value.get("sender"), dict) and isinstance(value.get("recipient"), dict)
    return value if is_item else None


def _slice(
    raw: dict[str, Any],
    read: Reader,
    *,
    dialect: Dialect,
    account: str | None,
    time: object,
    received_at: datetime,
    alone: Callable[[], bytes],
) -> Slice:
    known = account if account not in {None, "0"} else _account_of(raw) or account
    if known is None:
        return meta.unclear(raw, None, "account id is missing")
    return Slice(raw, known, partial(read, Occurrence(dialect, known, raw, time, received_at)), alone)


def _account_of(raw: dict[str, Any]) -> str | None:
    """The account that an item itself names, for the dashboard's entry id "0"."""
    value = meta.part(raw.get("value"))
    is_echo = meta.part(raw.get("message")).get("is_echo") is True
    business = meta.part(raw.get("sender" if is_echo else "recipient"))
    return meta.account_or_none(business.get("id")) or meta.account_or_none(value.get("page_id"))
