"""Erasing one person: what is kept of it afterwards, and what a later event about them means. Pure.

Whoever was erased may come back by an act of their own, as somebody new. By nothing else: not by what happened before,
however late or often it is told, and not by news about a record that a source still has.
"""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from middleware.domain.events import Event, EventKind, IdentityChange
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.record import Record

THINGS = frozenset(
    {
        IdentifierKind.SHOP_ORDER,
        IdentifierKind.SHOP_CHECKOUT,
        IdentifierKind.SHOP_CART,
        IdentifierKind.TICKET,
    }
)
"""Identifiers of what belongs to a person, and of none: they go with whom they belong to."""

_FOUND_PROFILES = frozenset({IdentifierKind.SHOP_CUSTOMER, IdentifierKind.SOURCE_RECORD})

ACTS = frozenset(
    {
        EventKind.MESSAGE,
        EventKind.POSTBACK,
        EventKind.REFERRAL,
        EventKind.STANDBY,
        EventKind.OPTIN,
        EventKind.ACCOUNT_LINKING,
        EventKind.FEEDBACK,
        EventKind.LEAD,
        EventKind.CALL,
        EventKind.CHAT_ORDER,
        EventKind.ORDER,
        EventKind.CART,
        EventKind.TICKET,
        EventKind.PAGE_VIEW,
    }
)
"""What a person does themselves. Everything else is only told of them, or answers what was there before."""

LONGEST_HISTORY = 2_000
"""Events of which a look before the erasure counts; of more it says so."""

Phase = Literal["fencing", "gathering", "deleting", "sweeping", "done"]


class Forgotten(Record):
    """That an identifier was erased: `id` is a keyed hash of it, `at` when it was asked for.

    `is_open`: the erasure is still deleting, so that what the person does anew has to wait for a moment.
    """

    id: str
    at: datetime
    is_open: bool = True


class ErasingKey(Record):
    """What identifiers are hashed with where the settings name no key. `secret`: 64 hex digits."""

    id: Literal["key"] = "key"
    secret: str = Field(repr=False)


class Work(Record):
    """What an erasure that is under way has to know to go on after a crash. It is emptied with its last step."""

    profiles: tuple[str, ...]
    identifiers: tuple[str, ...] = ()
    """Keys: the person's own, their orders and other things, and links."""
    orphans: tuple[str, ...] = ()
    """Keys of contacts that stand on nothing but these."""
    beside: tuple[str, ...] = ()
    """Keys of identifiers of nobody, or of others, in which theirs are named; orphans among them."""
    sweep: int = 0
    """Which of the sweeps it is at, and `after` which id."""
    after: str = ""


class Erasure(Record):
    """One erasure, and once it is done the receipt: nothing in it is about a person.

    `id` is a keyed hash of the cause, so that the same cause is one erasure. `counts` says how many of each kind of
    data went. `shells` are the ids of emptied conversations that have not been deleted yet.
    """

    id: str
    by: str
    asked_at: datetime
    phase: Phase = "fencing"
    counts: dict[str, int] = Field(default_factory=dict)
    work: Work | None = None
    shells: tuple[str, ...] = ()
    deleted_at: datetime | None = None
    """When everything that ids lead to was gone."""
    done_at: datetime | None = None

    def counted(self, found: Mapping[str, int]) -> "Erasure":
        """The same after so many more went."""
        kinds = {*self.counts, *(kind for kind, number in found.items() if number)}
        counts = {kind: self.counts.get(kind, 0) + found.get(kind, 0) for kind in sorted(kinds)}
        return self.model_copy(update={"counts": counts})


Fate = Literal["kept", "dropped", "waits"]


def named_by(event: Event) -> frozenset[str]:
    """The keys of the identifiers of people, and of the thing, that an event is about."""
    thing = event.order or event.cart
    contacts = thing.contacts if thing is not None else ()
    asker = event.ticket.requester if event.ticket is not None else None
    return frozenset({*_own(event), *contacts, *((asker,) if asker is not None else ())})


def happened_at(event: Event) -> datetime:
    """When what an event tells came about: an order that is told again was still placed when it was placed."""
    thing = event.order or event.cart or event.ticket
    return min(thing.created_at, event.occurred_at) if thing is not None else event.occurred_at


def fate_of(
    event: Event, forgotten: Mapping[str, Forgotten], back: Container[str], somebodys: Container[str] = frozenset()
) -> Fate:
    """What becomes of an event. `forgotten` by identifier key; `back` are the keys under which something is kept, and
    `somebodys` those that belong to a profile.

    An event about somebody else in which a forgotten identifier merely stands is kept: see `without_forgotten`.
    """
    own = [forgotten[key] for key in _own(event) if key in forgotten]
    others = named_by(event) - set(_own(event))
    if not own and not any(_is_somebody(key, somebodys) for key in others - forgotten.keys()):
        own = [forgotten[key] for key in others if key in forgotten]
    if not own:
        return "kept"
    if happened_at(event) <= max(each.at for each in own):
        return "dropped"
    is_open = any(each.is_open for each in own)
    if event.kind not in ACTS and (is_open or event.anchor is None or event.anchor.key not in back):
        return "dropped"
    return "waits" if is_open else "kept"


def without_forgotten(event: Event, forgotten: Mapping[str, Forgotten]) -> Event:
    """Somebody else's event without the forgotten contacts on it, as far as they stood on it before."""
    gone = {key for key, each in forgotten.items() if happened_at(event) <= each.at}
    return without_contacts(event, gone)


def without_contacts(event: Event, gone: Container[str]) -> Event:
    """An event without these contacts. Then its raw body goes, too, since they stand in it."""
    changes: dict[str, object] = {}
    if event.order is not None and any(key in gone for key in event.order.contacts):
        changes["order"] = event.order.model_copy(update={"contacts": _left(event.order.contacts, gone)})
    if event.cart is not None and any(key in gone for key in event.cart.contacts):
        changes["cart"] = event.cart.model_copy(update={"contacts": _left(event.cart.contacts, gone)})
    return event.model_copy(update={**changes, "raw": {}}) if changes else event


def _is_somebody(key: str, somebodys: Container[str]) -> bool:
    """Whether an identifier is a person's: it belongs to a profile, or will found one."""
    return key in somebodys or Identifier.from_key(key).kind in _FOUND_PROFILES


def _left(keys: Iterable[str], gone: Container[str]) -> tuple[str, ...]:
    return tuple(key for key in keys if key not in gone)


def _own(event: Event) -> tuple[str, ...]:
    change: IdentityChange | None = event.change
    changed = (change.previous, change.current) if change is not None else ()
    named: tuple[Identifier | None, ...] = (event.anchor, *event.also, *changed)
    return tuple(each.key for each in named if each is not None)
