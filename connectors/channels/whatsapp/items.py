"""One item of a WhatsApp change (a message, a status, an update of an id ...) and the event in it.

Source: WhatsApp Cloud API reference (fields, types, dedup keys).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, get_args

from connectors import meta
from connectors.batch import Unclear
from connectors.body import digest
from connectors.channels.whatsapp.content import READERS, read_message, read_referral, read_text
from connectors.channels.whatsapp.people import Person, contact_of, identifier_of, person_of
from middleware.domain.events import Edit, Event, EventKind, IdentityChange, OptIn, Reaction, Receipt
from middleware.domain.identifiers import Identifier

CONNECTOR = "whatsapp"


class Number(NamedTuple):
    """The number that a change came in on: its id, the scope of customers' ids, and the change's contacts."""

    account: str
    scope: str
    received_at: datetime
    contacts: Mapping[str, dict[str, Any]]


class Item(NamedTuple):
    """One item with its own contact and nobody else's. `raw` is both, and all that is kept."""

    number: Number
    body: dict[str, Any]
    contact: dict[str, Any] | None
    raw: dict[str, Any]

    def person(self, *fields: str) -> Person:
        """The person whose ids stand in these fields of the item, or in its contact."""
        return person_of([self.body.get(field) for field in fields], self.number.scope, self.contact)

    def identifier(self, value: object) -> Identifier | None:
        """The identifier in a field."""
        return identifier_of(value, self.number.scope)

    def event(self, kind: EventKind, key: str, person: Person, **fields: Any) -> Event:  # noqa: ANN401 - of Event
        """The event of this item."""
        stamp = self.body.get("timestamp")
        return Event(
            key=f"{CONNECTOR}:{self.number.account}:{key}",
            kind=kind,
            connector=CONNECTOR,
            account=self.number.account,
            occurred_at=self.number.received_at if stamp is None else meta.moment(stamp),
            received_at=self.number.received_at,
            anchor=person.anchor,
            also=person.also,
            name=person.name,
            raw=self.raw,
            **fields,
        )


Reader = Callable[[Item], Event]

SENDER = ("from_user_id", "from")
RECIPIENT = ("to_user_id", "to")
STATUS_OF = ("recipient_user_id", "recipient_id")
"""Where the ids of a person stand; what is scoped to the business first."""


def read_inbound(it: Item) -> Event:
    """An item of `messages`: mostly a message, sometimes something about one."""
    kind = meta.identifier(it.body.get("type"), "message type")
    person = it.person(*SENDER)
    if person.anchor is None and kind != "system":
        raise Unclear("a message from nobody")
    return _ABOUT_MESSAGES.get(kind, _message)(it, meta.identifier(it.body.get("id"), "message id"), person)


def _message(it: Item, message_id: str, person: Person) -> Event:
    name = str(it.body["type"])
    message = read_message(it.body)
    interactive = meta.part(it.body.get("interactive")).get("type")
    if interactive == "call_permission_reply":
        return it.event(EventKind.CALL, message_id, person, message=message, topic=interactive)
    # A type that is not known yet is kept with what could be read of it, and triggers nothing.
    kind = EventKind.MESSAGE if name in READERS else EventKind.UNKNOWN
    referral = read_referral(it.body.get("referral"))
    return it.event(kind, message_id, person, message=message, referral=referral, topic=name)


def _reaction(it: Item, message_id: str, person: Person) -> Event:
    body = meta.record(it.body.get("reaction"), "reaction")
    target = meta.identifier(body.get("message_id"), "reaction.message_id")
    reaction = Reaction(message_id=target, emoji=meta.word(body.get("emoji")))
    return it.event(EventKind.REACTION, message_id, person, reaction=reaction)


def _edit(it: Item, message_id: str, person: Person) -> Event:
    body = meta.record(it.body.get("edit"), "edit")
    target = meta.identifier(body.get("original_message_id"), "edit.original_message_id")
    edit = Edit(message_id=target, text=read_text(body.get("message")))
    return it.event(EventKind.EDIT, message_id, person, edit=edit)


def _revoke(it: Item, message_id: str, person: Person) -> Event:
    body = meta.record(it.body.get("revoke"), "revoke")
    target = meta.identifier(body.get("original_message_id"), "revoke.original_message_id")
    return it.event(EventKind.UNSEND, message_id, person, edit=Edit(message_id=target))


def _system(it: Item, message_id: str, person: Person) -> Event:
    """A change of number or id, if the notice names the old and the new one; else only a notice."""
    body = meta.record(it.body.get("system"), "system")
    if person.anchor is None:
        # The notice of a new business-scoped id comes without a sender: it is about whom it names.
        person = person_of((body.get("user_id"), body.get("wa_id")), it.number.scope)
    change = _change(it, body, person)
    kind = EventKind.SYSTEM if change is None else EventKind.IDENTITY_CHANGE
    return it.event(kind, message_id, person, change=change, topic=meta.word(body.get("type")) or "system")


def _change(it: Item, body: dict[str, Any], person: Person) -> IdentityChange | None:
    old = {each.kind: each for each in (person.anchor, *person.also) if each is not None}
    # Phones first: the change of a business-scoped id comes again, reliably, as `user_id_update`.
    new_phone = body.get("wa_id") or body.get("new_wa_id")
    for current in (it.identifier(new_phone), it.identifier(body.get("user_id"))):
        previous = old.get(current.kind) if current else None
        if current and previous and current != previous:
            return IdentityChange(previous=previous, current=current)
    return None


_ABOUT_MESSAGES: dict[str, Callable[[Item, str, Person], Event]] = {
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
}
"""Types in `messages` that are no message of their own."""


def read_status(it: Item) -> Event:
    """A report on a message that we sent. To a group, each member's is one of its own."""
    body = it.body
    message_id = meta.identifier(body.get("id"), "status id")
    status = meta.identifier(body.get("status"), "status")
    is_group = body.get("recipient_type") == "group"
    person = (
        it.person("recipient_participant_user_id", "recipient_participant_id") if is_group else it.person(*STATUS_OF)
    )
    errors = meta.parts(body.get("errors"))
    receipt = Receipt(
        status=status if status in _STATUSES else "other",
        message_ids=(message_id,),
        correlation_key=meta.word(body.get("biz_opaque_callback_data")),
        error_code=_code(errors[0].get("code")) if errors else None,
    )
    member = f":{person.anchor.value}" if is_group and person.anchor else ""
    return it.event(EventKind.STATUS, f"{message_id}:status:{status}{member}", person, receipt=receipt, topic=status)


_STATUSES = frozenset(get_args(Receipt.model_fields["status"].annotation))


def _code(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_echo(it: Item) -> Event:
    """A message that the brand wrote in its own app (coexistence)."""
    message_id = meta.identifier(it.body.get("id"), "message id")
    kind = meta.identifier(it.body.get("type"), "message type")
    person = it.person(*RECIPIENT)
    if kind in _ABOUT_MESSAGES or person.anchor is None:
        return it.event(EventKind.UNKNOWN, f"{message_id}:echo", person, topic=f"echo of {kind}")
    return it.event(EventKind.ECHO, f"{message_id}:echo", person, message=read_message(it.body))


def read_user_id_update(it: Item) -> Event:
    """The reliable link from an old business-scoped id to the new one."""
    ids = meta.record(it.body.get("user_id"), "user_id")
    previous, current = it.identifier(ids.get("previous")), it.identifier(ids.get("current"))
    if previous is None or current is None or previous.kind is not current.kind:
        raise Unclear("user_id_update without both ids")
    change = IdentityChange(previous=previous, current=current)
    name = it.person("wa_id").name
    # The phone in it is not attested for either id: the update says nothing of when it belonged to whom.
    person = Person(previous, (), name)
    key = f"user_id_update:{previous.value}:{current.value}"
    return it.event(EventKind.IDENTITY_CHANGE, key, person, change=change, topic="user_id_update")


def read_preference(it: Item) -> Event:
    """Marketing messages stopped, resumed or signed up for."""
    value = meta.word(it.body.get("value"))
    purpose = meta.word(it.body.get("category")) or "marketing_messages"
    person = it.person("user_id", "wa_id")
    if person.anchor is None or value not in _GRANTED:
        return it.event(EventKind.UNKNOWN, f"preference:{digest([it.body])}", person, topic="user_preferences")
    optin = OptIn(granted=_GRANTED[value], purpose=purpose)
    return it.event(EventKind.OPTIN, f"preference:{digest([it.body])}", person, optin=optin, topic=value)


_GRANTED = {"stop": False, "resume": True, "signup": True}


def read_call(it: Item) -> Event:
    """A call or its state: kept, not answered."""
    is_outbound = it.body.get("direction") == "BUSINESS_INITIATED"
    fields = RECIPIENT if is_outbound else SENDER
    person = it.person(*fields) if "from" in it.body or "to" in it.body else it.person(*STATUS_OF)
    topic = meta.word(it.body.get("event")) or meta.word(it.body.get("status")) or "call"
    return it.event(EventKind.CALL, f"call:{digest([it.body])}", person, topic=topic)


def read_error(it: Item) -> Event:
    """An error of the account itself, without a message."""
    code = _code(it.body.get("code"))
    return it.event(EventKind.ACCOUNT, f"error:{digest([it.raw])}", Person(), topic=f"error {code or ''}".strip())


@dataclass(frozen=True, slots=True)
class Part:
    """A list inside a change: what an item is called in `raw`, where its ids stand, what reads it."""

    name: str
    word: str
    ids: tuple[str, ...]
    read: Reader


PARTS: dict[str, tuple[Part, ...]] = {
    "messages": (
        Part("messages", "message", SENDER, read_inbound),
        Part("statuses", "status", STATUS_OF, read_status),
        Part("errors", "error", (), read_error),
    ),
    "smb_message_echoes": (Part("message_echoes", "message", RECIPIENT, read_echo),),
    "user_id_update": (Part("user_id_update", "update", ("wa_id",), read_user_id_update),),
    "user_preferences": (Part("user_preferences", "preference", ("user_id", "wa_id"), read_preference),),
    "calls": (
        Part("calls", "call", (*SENDER, *RECIPIENT), read_call),
        Part("statuses", "status", STATUS_OF, read_call),
    ),
}
"""From the field of a change to the lists in it that hold one event an item."""


def item_of(number: Number, where: Part, body: dict[str, Any]) -> Item:
    """One item with its own contact."""
    contact = contact_of(number.contacts, [body.get(field) for field in where.ids])
    raw = {where.word: body, **({"contact": contact} if contact else {})}
    return Item(number, body, contact, raw)
