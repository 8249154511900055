"""Short ways to orders, carts, events, identities and profiles. What a test does not say is the same every time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from middleware.domain.commerce import Cart, LineItem, Order, Version
from middleware.domain.conversation import Conversation
from middleware.domain.customer import ConsentState, SourceConsent
from middleware.domain.events import Event, EventKind, IdentityChange, Message
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind
from middleware.domain.identity import Edge, Identity
from middleware.domain.profile import Member, Profile
from middleware.domain.source_record import FieldValue, SourceRecord

START = datetime(2026, 11, 5, 12, 0, 0, tzinfo=UTC)
SHOP = "glow.myshopify.com"
NUMBER = "777"


def at(minutes: float) -> datetime:
    """A time, in minutes from the start."""
    return START + timedelta(minutes=minutes)


def phone(value: str = "+34600111222") -> Identifier:
    """A phone number."""
    return Identifier(IdentifierKind.PHONE, "", value)


def bsuid(value: str, scope: str = "") -> Identifier:
    """A business-scoped user id of WhatsApp."""
    return Identifier(IdentifierKind.WHATSAPP, scope, value)


def email(value: str = "ana@example.com") -> Identifier:
    """An e-mail address."""
    return Identifier(IdentifierKind.EMAIL, "", value)


def link_key(value: str) -> str:
    """The key of a personal link."""
    return Identifier(IdentifierKind.PERSONAL_LINK, "", value).key


def order(number: int = 1001, *, version: float = 0, event: str = "e", **parts: Any) -> Order:
    """One version of an order: changed `version` minutes after the start, as the event says."""
    known: dict[str, Any] = {
        "id": str(number),
        "number": f"#{number}",
        "state": "open",
        "created_at": at(-number),
        "version": Version(at=at(version), event=event),
    }
    return Order(**{**known, **parts})


def cart(token: str = "t1", *, version: float = 0, event: str = "e", **parts: Any) -> Cart:  # noqa: S107 - what a shop calls a checkout
    """One version of a cart with one thing in it."""
    known: dict[str, Any] = {
        "token": token,
        "created_at": at(-60),
        "version": Version(at=at(version), event=event),
        "shop": SHOP,
        "items": (LineItem(title="Rose Night Cream"),),
    }
    return Cart(**{**known, **parts})


def message(
    anchor: Identifier, *also: Identifier, minutes: float = 0, text: str = "Hello", key: str = "", **parts: Any
) -> Event:
    """A WhatsApp message from a sender, with what the platform attests beside the anchor."""
    name = key or f"m-{anchor.value}-{minutes}"
    known: dict[str, Any] = {
        "key": name,
        "kind": EventKind.MESSAGE,
        "connector": "whatsapp",
        "account": NUMBER,
        "occurred_at": at(minutes),
        "received_at": at(minutes),
        "anchor": anchor,
        "also": also,
        "message": Message(id=name, kind="text", text=text),
    }
    return Event(**{**known, **parts})


def change(previous: Identifier, current: Identifier, *, minutes: float = 0) -> Event:
    """WhatsApp says that one identifier became another."""
    return Event(
        key=f"change-{previous.value}-{current.value}",
        kind=EventKind.IDENTITY_CHANGE,
        connector="whatsapp",
        account=NUMBER,
        occurred_at=at(minutes),
        received_at=at(minutes),
        anchor=previous,
        change=IdentityChange(previous=previous, current=current),
    )


def record(
    number: str, *, source: str = "hubspot", minutes: float = 0, consent: ConsentState | None = None, **values: str
) -> Event:
    """A source tells of its record of a person; `consent` is what it says of e-mails."""
    key = f"{source}-{number}-{minutes}"
    version = Version(at=at(minutes), event=key)
    return Event(
        key=key,
        kind=EventKind.RECORD,
        connector=source,
        account="1",
        occurred_at=at(minutes),
        received_at=at(minutes),
        anchor=source_record(number, source),
        record=SourceRecord(
            id=number,
            source=source,
            version=version,
            values=tuple(FieldValue(field=field, value=value, version=version) for field, value in values.items()),
        ),
        consents=(SourceConsent(channel="email", state=consent, version=version),) if consent else (),
    )


def source_record(number: str, source: str = "hubspot") -> Identifier:
    """A source's record of a person."""
    return Identifier(IdentifierKind.SOURCE_RECORD, f"{source}:1", number)


def edge(to: str, evidence: Evidence = Evidence.ATTESTED, rule: str = "whatsapp.sender", minutes: float = 0) -> Edge:
    """An edge to another identifier."""
    return Edge(to=to, evidence=evidence, rule=rule, at=at(minutes))


def member(identifier: str, *edges: Edge, **parts: Any) -> Member:
    """The copy of an identity inside a profile."""
    return Member(identifier=identifier, facts=1, edges=edges, **parts)


def profile(*members: Member, profile_id: str = "p_1") -> Profile:
    """A profile of these members."""
    return Profile(id=profile_id, created_at=START, members=members)


def identity(identifier: Identifier, **parts: Any) -> Identity:
    """The identity of an identifier."""
    return Identity(id=identifier.key, **parts)


def conversation(**parts: Any) -> Conversation:
    """A conversation in which the customer wrote at the start."""
    known: dict[str, Any] = {
        "id": "c_1",
        "channel": "whatsapp",
        "account": NUMBER,
        "aliases": (phone().key,),
        "started_at": START,
        "last_inbound_at": START,
    }
    return Conversation(**{**known, **parts})
