"""One body of a source that has nothing but its mapping, as an event: a webhook of one's own shop, a row of a file."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from connectors.contacts import email_identifier, phone_identifier
from connectors.mapping.applying import Mapped, holds, mapped, read_time
from connectors.mapping.formats import as_country, as_money, as_tags, as_text, plain_number
from connectors.mapping.paths import MISSING, first_of, read_path
from connectors.mapping.unfit import Unfit
from middleware.domain.commerce import LineItem, Money, Order, OrderState, Version
from middleware.domain.customer import SourceConsent
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.mapping import (
    ItemsRule,
    OrderRule,
    Path,
    RecordRule,
    SourceMapping,
    TicketRule,
    TimeRule,
)
from middleware.domain.signals import Ticket, TicketState
from middleware.domain.source_record import SourceRecord

MOST_ITEMS = 250
LONGEST_LINE = 300
"""Characters of a subject, a title and the like: cut there."""

_ID = re.compile(r"[!-{}~]{1,200}", re.ASCII)
"""Printable ASCII without space, and without the sign that separates the parts of an identifier's key."""
_LINK = re.compile(r"https?://[!-~]{1,292}", re.ASCII)
_TICKET_STATES: tuple[TicketState, ...] = get_args(TicketState)
_ORDER_STATES: tuple[OrderState, ...] = get_args(OrderState)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What is around a body: whose it is, when it came, and what tells this delivery from others of the same thing.

    `delivery` is the provider's id of the delivery or a digest of the content; `country` reads national phone numbers.
    """

    connector: str
    account: str
    delivery: str
    received_at: datetime
    country: str | None = None

    @property
    def scope(self) -> str:
        """What scopes the ids of this source."""
        return f"{self.connector}:{self.account}"

    def version(self, at: datetime | None, key: str) -> Version:
        """The version of what changed at `at`. A clock that is ahead makes nothing newer than what we hear today."""
        return Version(at=min(at or self.received_at, self.received_at), told_at=self.received_at, event=key)


def told(mapping: SourceMapping, body: Mapping[str, Any], delivered: Delivered) -> Event:
    """The event in a body: of the first kind whose condition holds. Raises Unfit, naming fields and never content.

    A bad part of a record keeps all of it out.
    """
    if mapping.record is not None and holds(mapping.record.when, body):
        return _record(mapping, mapping.record, body, delivered)
    if mapping.ticket is not None and holds(mapping.ticket.when, body):
        return _ticket(mapping.ticket, body, delivered)
    if mapping.order is not None and holds(mapping.order.when, body):
        return _order(mapping.order, body, delivered)
    raise Unfit("no part of the mapping is meant for this body")


def _event(
    kind: EventKind, anchor: IdentifierKind, own: str, version: Version, body: Mapping[str, Any], delivered: Delivered,
    **facts: object,
) -> Event:  # fmt: skip
    return Event.model_validate(
        {
            "key": version.event,
            "kind": kind,
            "connector": delivered.connector,
            "account": delivered.account,
            "occurred_at": version.at,
            "received_at": delivered.received_at,
            "anchor": Identifier(anchor, delivered.scope, own),
            "raw": dict(body),
            **facts,
        }
    )


def _versioned(
    what: str, ids: Iterable[Path], changed_at: TimeRule | None, body: Mapping[str, Any], delivered: Delivered
) -> tuple[str, Version]:
    """The id of a thing and the version of it that a body tells. Raises Unfit."""
    own = _id(first_of(ids, body))
    if own is None:
        raise Unfit("id is missing, or no id: up to 200 letters, digits and signs without spaces or |")
    key = f"{delivered.scope}:{what}:{own}:{delivered.delivery}"
    return own, delivered.version(_time("changed_at", changed_at, body), key)


def _time(name: str, rule: TimeRule | None, body: Mapping[str, Any]) -> datetime | None:
    try:
        return read_time(rule, body) if rule is not None else None
    except Unfit as unfit:
        raise Unfit(f"{name} {unfit}") from None


def _id(value: object) -> str | None:
    try:
        text = as_text(value)
    except Unfit:
        return None
    return text if _ID.fullmatch(text) else None


def _record(mapping: SourceMapping, rule: RecordRule, body: Mapping[str, Any], delivered: Delivered) -> Event:
    own, version = _versioned("record", rule.id, rule.changed_at, body, delivered)
    gone = rule.gone is not None and holds(rule.gone, body)
    found = Mapped() if gone else mapped(mapping, body, version=version, country=delivered.country)
    if found.problems:
        raise Unfit("; ".join(found.problems))
    record = SourceRecord(id=own, source=delivered.connector, version=version, values=found.values, gone=gone)
    consents = tuple(_not_ahead(each, delivered) for each in found.consents)
    return _event(
        EventKind.RECORD, IdentifierKind.SOURCE_RECORD, own, version, body, delivered, record=record, consents=consents
    )


def _not_ahead(consent: SourceConsent, delivered: Delivered) -> SourceConsent:
    at = min(consent.version.at, delivered.received_at)
    return consent.model_copy(update={"version": consent.version.model_copy(update={"at": at})})


def _ticket(rule: TicketRule, body: Mapping[str, Any], delivered: Delivered) -> Event:
    own, version = _versioned("ticket", rule.id, rule.changed_at, body, delivered)
    requester = _id(first_of(rule.requester, body))
    said = _line(rule.state, body)
    ticket = Ticket(
        id=own,
        state=next((each for each in _TICKET_STATES if each == _meant(said, rule.states)), "unknown"),
        version=version,
        created_at=_time("created_at", rule.created_at, body) or version.at,
        requester=_key(IdentifierKind.SOURCE_RECORD, delivered.scope, requester),
        subject=_line(rule.subject, body) or "",
        priority=_line(rule.priority, body),
        channel=_line(rule.channel, body),
        tags=_tags(rule.tags, body),
        url=_link(_line(rule.url, body)),
    )
    return _event(EventKind.TICKET, IdentifierKind.TICKET, own, version, body, delivered, ticket=ticket)


def _meant(said: str | None, words: Iterable[Any]) -> str | None:
    """What a source's word means by a table of states; the word itself where it is not in it."""
    folded = (said or "").casefold()
    return next((each.state for each in words if each.said.casefold() == folded), folded or None)


def _key(kind: IdentifierKind, scope: str, value: str | None) -> str | None:
    return Identifier(kind, scope, value).key if value is not None else None


def _line(paths: Iterable[Path], body: object) -> str | None:
    """A text, cut; None where there is none, or something else than a text."""
    value = first_of(paths, body)
    if isinstance(value, str):
        value = value[: 2 * LONGEST_LINE]
    try:
        return (as_text(value)[:LONGEST_LINE] or None) if value is not MISSING and value is not None else None
    except Unfit:
        return None


def _tags(paths: Iterable[Path], body: object) -> tuple[str, ...]:
    value = first_of(paths, body)
    try:
        return as_tags(value) if value is not MISSING and value is not None else ()
    except Unfit as unfit:
        raise Unfit(f"tags {unfit}") from None


def _link(text: str | None) -> str | None:
    return text if text is not None and _LINK.fullmatch(text) else None


def _order(rule: OrderRule, body: Mapping[str, Any], delivered: Delivered) -> Event:
    own, version = _versioned("order", rule.id, rule.changed_at, body, delivered)
    total = _money("total", rule.total, rule, body, body)
    order = Order(
        id=own,
        number=_line(rule.number, body) or own,
        state=_order_state(rule, body),
        created_at=_time("created_at", rule.created_at, body) or version.at,
        version=version,
        total=total,
        original_total=total,
        items=tuple(_items(rule.items, rule, body)) if rule.items is not None else (),
        contacts=_contacts(rule, body, delivered),
    )
    return _event(EventKind.ORDER, IdentifierKind.SHOP_ORDER, own, version, body, delivered, order=order)


def _order_state(rule: OrderRule, body: Mapping[str, Any]) -> OrderState:
    if not rule.state:
        return "open"
    meant = _meant(_line(rule.state, body), rule.states)
    state = next((each for each in _ORDER_STATES if each == meant), None)
    if state is None:
        raise Unfit("state is none of the words that the mapping lists")
    return state


def _money(
    name: str, paths: Iterable[Path], rule: OrderRule, part: Mapping[str, Any], body: Mapping[str, Any]
) -> Money | None:
    value = first_of(paths, part)
    if value is MISSING or value is None:
        return None
    try:
        return as_money(value, _line(rule.currency_paths, body) or rule.currency, "point")
    except Unfit as unfit:
        raise Unfit(f"{name} {unfit}") from None


def _items(items: ItemsRule, rule: OrderRule, body: Mapping[str, Any]) -> Iterable[LineItem]:
    each = read_path(items.each, body)
    for part in each[:MOST_ITEMS] if isinstance(each, list) else ():
        if isinstance(part, Mapping):
            yield LineItem(
                title=_line(items.title, part) or "",
                quantity=_quantity(first_of(items.quantity, part)),
                variant_id=_id(first_of(items.variant_id, part)),
                sku=_line(items.sku, part),
                price=_money("items.price", items.price, rule, part, body),
            )


def _quantity(value: object) -> int:
    try:
        return int(float(plain_number(as_text(value), "point"))) if value is not MISSING and value is not None else 1
    except Unfit as unfit:
        raise Unfit(f"items.quantity {unfit}") from None


def _contacts(rule: OrderRule, body: Mapping[str, Any], delivered: Delivered) -> tuple[str, ...]:
    """The keys of phone and e-mail on an order. One that is none is left out: it attests nothing."""
    country = _line(rule.country, body)
    try:
        country = as_country(country) if country is not None else delivered.country
    except Unfit:
        country = None
    email, phone = _line(rule.email, body), _line(rule.phone, body)
    found = (email_identifier(email) if email else None, phone_identifier(phone, country) if phone else None)
    return tuple(sorted(each.key for each in found if each is not None))
