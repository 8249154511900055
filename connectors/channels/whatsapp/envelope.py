"""The envelope of WhatsApp: `entry[].changes[]`, each a field and a value.

Source: WhatsApp Cloud API reference (envelope, other fields).
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from connectors import meta
from connectors.batch import NEVER, Slice
from connectors.body import digest
from connectors.channels.whatsapp.items import PARTS, Item, Number, Part, item_of
from connectors.channels.whatsapp.people import Person, contacts_by_id, scope_of
from connectors.meta_parts import Leaf
from middleware.domain.events import Event, EventKind
from middleware.ports import AccountLookup

OBJECT = "whatsapp_business_account"

_ACCOUNT_PREFIXES = (
    "account_", "automatic_events", "business_", "flows", "group_", "groups", "history", "message_template_",
    "partner_", "payment_", "phone_number_", "security", "smb_app_state_sync", "template_", "tracking_events",
)  # fmt: skip
"""Fields that are news about the account."""

_WHOLE_ADDRESS_BOOKS = frozenset({"history", "smb_app_state_sync"})
"""Fields that carry many people's conversations or contacts: an account's event must not keep those."""

_ABOUT_THE_NUMBER = frozenset({"messaging_product", "metadata"})
"""What a value says of the number itself: of everything else only the item's own part is kept."""


def slices(body: object, received_at: datetime, accounts: AccountLookup) -> Iterator[Slice]:
    """The slices of one delivery, in its order. Raises `BodyRefused` for what is no such delivery."""
    for entry in meta.objects(meta.entries(body, OBJECT), None, "entry"):
        if isinstance(entry, Slice):
            yield entry
            continue
        for change in meta.objects(entry.get("changes"), None, "changes"):
            yield from ([change] if isinstance(change, Slice) else _of_change(change, entry, received_at, accounts))


def _of_change(
    change: dict[str, Any], entry: dict[str, Any], received_at: datetime, accounts: AccountLookup
) -> Iterator[Slice]:
    number = _number(change, entry, received_at, accounts)
    value = meta.part(change.get("value"))
    if number is None:
        yield meta.unclear(change, None, "account id is missing")
        return
    found = [where for where in PARTS.get(_field(change), ()) if value.get(where.name) is not None]
    if not found:
        yield _whole_change(change, entry, number)
    for where in found:
        for item in meta.objects(value[where.name], number.account, where.name):
            yield item if isinstance(item, Slice) else _of_item(item_of(number, where, item), where, change, entry)


def leaves(place: int, entry: dict[str, Any]) -> Iterator[Leaf]:
    """What an entry holds, each with number and customer, for whoever takes it apart by them."""
    changes = entry.get("changes")
    for number, change in enumerate(changes if isinstance(changes, list) else ()):
        here = (place, "changes", number)
        found = list(_leaves_of(here, change, entry)) if isinstance(change, dict) else []
        yield from found or [Leaf(here, _account_of(change, entry), None)]


def _leaves_of(here: tuple[Any, ...], change: dict[str, Any], entry: dict[str, Any]) -> Iterator[Leaf]:
    number, value = _number(change, entry, NEVER, lambda _: None), meta.part(change.get("value"))
    if number is None:
        return
    for where in PARTS.get(_field(change), ()):
        items = value.get(where.name)
        for place, item in enumerate(items if isinstance(items, list) else ()):
            its = item_of(number, where, item) if isinstance(item, dict) else None
            yield Leaf((*here, where.name, place), number.account, _sender(its, where), its.contact if its else None)


def _sender(item: Item | None, where: Part) -> str | None:
    """The customer of an item as its event has them; None for an item of which no event can be made."""
    try:
        anchor = where.read(item).anchor if item is not None else None
    except Exception:  # noqa: BLE001 - whatever it is, it goes on to the bot
        return None
    return anchor.value if anchor is not None else None


def _account_of(change: object, entry: dict[str, Any]) -> str | None:
    number = _number(change, entry, NEVER, lambda _: None) if isinstance(change, dict) else None
    return number.account if number is not None else None


def _field(change: dict[str, Any]) -> str:
    return meta.word(change.get("field")) or ""


def _of_item(item: Item, where: Part, change: dict[str, Any], entry: dict[str, Any]) -> Slice:
    def alone() -> bytes:
        """The item with its own contact and nobody else's."""
        value = {key: part for key, part in change["value"].items() if key in _ABOUT_THE_NUMBER}
        contacts = {"contacts": [item.contact]} if item.contact else {}
        its = {"field": change.get("field"), "value": {**value, **contacts, where.name: [item.body]}}
        return meta.delivery(OBJECT, entry, "changes", its)

    return Slice(item.raw, item.number.account, partial(where.read, item), alone)


def _number(
    change: dict[str, Any], entry: dict[str, Any], received_at: datetime, accounts: AccountLookup
) -> Number | None:
    """The number of a change; news about the whole business account name none, then it is that account."""
    value = meta.part(change.get("value"))
    business = meta.account_or_none(entry.get("id"))
    metadata = meta.part(value.get("metadata"))
    is_own = _field(change) in PARTS
    account = meta.account_or_none(metadata.get("phone_number_id")) or (None if is_own else business)
    if account is None:
        return None
    known = accounts(account)
    return Number(account, scope_of(known), received_at, contacts_by_id(value.get("contacts")))


def _whole_change(change: dict[str, Any], entry: dict[str, Any], number: Number) -> Slice:
    """A change that is one event: news about the account, or something new."""
    field = _field(change)
    kind = EventKind.ACCOUNT if field.startswith(_ACCOUNT_PREFIXES) else EventKind.UNKNOWN
    time = entry.get("time")
    key = f"change:{digest([change, time])}"
    raw = {"field": field} if field in _WHOLE_ADDRESS_BOOKS else change

    def read() -> Event:
        # Such changes bear their time on the entry, in seconds.
        stamped = Item(number, meta.present(timestamp=time), None, raw)
        return stamped.event(kind, key, Person(), topic=field or None)

    def alone() -> bytes:
        metadata = {"metadata": meta.part(change.get("value")).get("metadata")}
        its = {"field": field, "value": metadata} if field in _WHOLE_ADDRESS_BOOKS else change
        return meta.delivery(OBJECT, entry, "changes", its)

    return Slice(change, number.account, read, alone)
