"""The envelope of Messenger and Instagram, one shape: `entry[].messaging[]`, `standby[]`, `changes[]`.

Source: Meta's webhook and Send API references (envelopes, dashboard bodies, changes).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from connectors import meta
from connectors.batch import Slice
from connectors.body import to_bytes
from connectors.meta_items import Dialect, Occurrence, Reader, read_item
from middleware.domain.events import Event, EventKind


def read_standby(it: Occurrence) -> Event:
    """An item of `standby`: another app answers. Its key differs, as one message may come by both ways."""
    event = read_item(it)
    prefix = f"{it.dialect.connector}:{it.account}:"
    key = f"{prefix}standby:{event.key.removeprefix(prefix)}"
    return event.model_copy(update={"kind": EventKind.STANDBY, "topic": event.kind.value, "key": key})


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
    known = [name for name in ("messaging", "standby", "changes") if name in entry]
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
    """A change as a slice. The dashboard's "Test" button sends whole messaging items as `value`."""
    value = meta.part(change.get("value"))
    is_item = isinstance(value.get("sender"), dict) and isinstance(value.get("recipient"), dict)
    return make(value, read_item) if is_item else make(change, read_change)


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
