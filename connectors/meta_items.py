"""One item of Messenger's and Instagram's `messaging[]`, and the event in it.

Source: Meta's webhook and Send API references (event kinds, dedup keys).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from connectors import meta
from connectors.batch import Unclear
from connectors.body import digest
from connectors.meta_message import read_message, read_referral
from middleware.domain.events import Edit, Event, EventKind, Message, OptIn, Reaction, Receipt
from middleware.domain.identifiers import Identifier, IdentifierKind


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the two: the connector's name, the word in `object`, and whose ids they are."""

    connector: str
    object_name: str
    person: IdentifierKind


class Occurrence(NamedTuple):
    """One item of an entry, and what the entry says of it. `time` is the entry's, for items without one."""

    dialect: Dialect
    account: str
    raw: dict[str, Any]
    time: object
    received_at: datetime

    def section(self, name: str) -> dict[str, Any]:
        """The part of the item that says what happened."""
        return meta.record(self.raw.get(name), name)

    @property
    def customer(self) -> Identifier | None:
        """Who it is about: the sender, in an echo the recipient. None without an id (checkbox plugin)."""
        sender = _party(self.raw, "sender")
        is_ours = meta.part(self.raw.get("message")).get("is_echo") is True or sender == self.account
        value = _party(self.raw, "recipient") if is_ours else sender
        return Identifier(self.dialect.person, self.account, value) if value else None

    @property
    def who(self) -> str:
        """The customer's id inside a dedup key."""
        return self.customer.value if self.customer else ""

    @property
    def stamp(self) -> object:
        """The time as the platform wrote it, for keys: a redelivery must have the same one."""
        given = self.raw.get("timestamp")
        return self.time if given is None else given

    def digest(self) -> str:
        """The end of a dedup key for what has no id of its own."""
        return digest([self.raw, self.stamp])

    def event(self, kind: EventKind, key: str, **fields: Any) -> Event:  # noqa: ANN401 - fields of Event
        """The event of this item. What needs a customer and names none becomes `unknown`."""
        anchor = self.customer
        if anchor is None and kind not in WITHOUT_CUSTOMER:
            kind, fields = EventKind.UNKNOWN, {**fields, "topic": fields.get("topic") or kind.value}
        stamp = self.stamp
        return Event(
            key=f"{self.dialect.connector}:{self.account}:{key}",
            kind=kind,
            connector=self.dialect.connector,
            account=self.account,
            occurred_at=self.received_at if stamp is None else meta.moment(stamp),
            received_at=self.received_at,
            anchor=anchor,
            raw=self.raw,
            **fields,
        )


WITHOUT_CUSTOMER = frozenset({EventKind.POLICY, EventKind.HANDOVER, EventKind.ACCOUNT, EventKind.LEAD})
"""The kinds that may be about nobody in particular."""

Reader = Callable[[Occurrence], Event]


def _party(raw: dict[str, Any], role: str) -> str | None:
    """The id of sender or recipient; None where there is none or only a `user_ref`."""
    given = raw.get(role)
    if given is None:
        return None
    return meta.optional_id(meta.record(given, role).get("id"), f"{role}.id")


def _message(it: Occurrence) -> Event:
    body = it.section("message")
    message_id = meta.identifier(body.get("mid"), "message.mid")
    if body.get("is_deleted"):
        return it.event(EventKind.UNSEND, f"{message_id}:unsend", edit=Edit(message_id=message_id))
    referral = read_referral(body.get("referral")) or read_referral(it.raw.get("referral"))
    message = read_message(body, referral)
    if body.get("is_echo") or _party(it.raw, "sender") == it.account:
        return it.event(EventKind.ECHO, f"{message_id}:echo", message=message)
    return it.event(EventKind.MESSAGE, message_id, message=message, referral=referral)


def _postback(it: Occurrence) -> Event:
    body = it.section("postback")
    # In standby a postback carries no payload, and old ones no mid.
    key = meta.optional_id(body.get("mid"), "postback.mid") or f"postback:{it.digest()}"
    message = Message(
        id=key,
        kind="button",
        text=meta.text(body.get("title"), "postback.title"),
        payload=meta.whole(body.get("payload")),
    )
    referral = read_referral(body.get("referral")) or read_referral(it.raw.get("referral"))
    return it.event(EventKind.POSTBACK, key, message=message, referral=referral)


def _referral(it: Occurrence) -> Event:
    referral = read_referral(it.section("referral"))
    return it.event(EventKind.REFERRAL, f"referral:{it.digest()}", referral=referral)


def _lead(it: Occurrence) -> Event:
    """The end of a lead form in Messenger: the answers stand beside the ad's referral."""
    referral = read_referral(it.raw.get("referral"))
    topic = referral.kind if referral else None
    return it.event(EventKind.LEAD, f"lead:{it.digest()}", referral=referral, topic=topic)


def _reaction(it: Occurrence) -> Event:
    body = it.section("reaction")
    message_id = meta.identifier(body.get("mid"), "reaction.mid")
    action = meta.word(body.get("action")) or "react"
    is_taken_back = action == "unreact"
    emoji = None if is_taken_back else meta.word(body.get("emoji")) or meta.word(body.get("reaction")) or "other"
    key = f"{message_id}:reaction:{it.who}:{action}:{meta.word(it.stamp) or ''}"
    return it.event(EventKind.REACTION, key, reaction=Reaction(message_id=message_id, emoji=emoji))


def _read(it: Occurrence) -> Event:
    """Messenger says up to when, Instagram which message."""
    body = it.section("read")
    message_id = meta.optional_id(body.get("mid"), "read.mid")
    if message_id is not None:
        receipt = Receipt(status="read", message_ids=(message_id,))
        return it.event(EventKind.READ, f"{message_id}:read:{it.who}", receipt=receipt)
    watermark = meta.moment(body.get("watermark"))
    key = f"read:{it.who}:{meta.word(body.get('watermark'))}"
    return it.event(EventKind.READ, key, receipt=Receipt(status="read", watermark=watermark))


def _delivery(it: Occurrence) -> Event:
    body = it.section("delivery")
    mids = body.get("mids") or []
    if not isinstance(mids, list):
        raise Unclear("delivery.mids is no list")
    watermark = body.get("watermark")
    receipt = Receipt(
        status="delivered",
        message_ids=tuple(meta.identifier(mid, "delivery.mids") for mid in mids),
        watermark=None if watermark is None else meta.moment(watermark),
    )
    # Two deliveries with the same watermark may name different messages.
    return it.event(EventKind.DELIVERY, f"delivery:{it.who}:{digest([watermark, mids])}", receipt=receipt)


def _edit(it: Occurrence) -> Event:
    body = it.section("message_edit")
    message_id = meta.identifier(body.get("mid"), "message_edit.mid")
    key = f"{message_id}:edit:{meta.word(body.get('num_edit')) or it.digest()}"
    if body.get("text") is None:
        # An edit without its text says nothing that could be kept; it must not pass for an unsend.
        return it.event(EventKind.UNKNOWN, key, topic="message_edit")
    edit = Edit(message_id=message_id, text=meta.text(body.get("text"), "message_edit.text"))
    return it.event(EventKind.EDIT, key, edit=edit)


def _optin(it: Occurrence) -> Event:
    """Marketing messages as they are allowed and stopped, or a plugin's checkbox with its `ref`."""
    body = it.section("optin")
    status = meta.word(body.get("notification_messages_status")) or ""
    optin = OptIn(granted=not status.upper().startswith("STOP"), purpose=meta.word(body.get("type")) or "plugin")
    referral = read_referral({"ref": body.get("ref"), "source": "plugin"}) if body.get("ref") else None
    return it.event(EventKind.OPTIN, f"optin:{it.digest()}", optin=optin, referral=referral)


def _optout(it: Occurrence) -> Event:
    purpose = meta.word(it.section("optout").get("type")) or "marketing"
    return it.event(EventKind.OPTIN, f"optout:{it.digest()}", optin=OptIn(granted=False, purpose=purpose))


def _plain(kind: EventKind, name: str, topic_field: str | None = None) -> Reader:
    """A reader for what only has to be kept: its topic is a field of its own, or else its name."""

    def read(it: Occurrence) -> Event:
        topic = meta.word(it.section(name).get(topic_field)) if topic_field else None
        return it.event(kind, f"{name}:{it.digest()}", topic=topic or name)

    return read


READERS: dict[str, Reader] = {
    "message": _message,
    "postback": _postback,
    # Before `referral`, which stands beside it.
    "lead": _lead,
    "referral": _referral,
    "reaction": _reaction,
    "read": _read,
    "delivery": _delivery,
    "message_edit": _edit,
    "optin": _optin,
    "optout": _optout,
    "pass_thread_control": _plain(EventKind.HANDOVER, "pass_thread_control"),
    "take_thread_control": _plain(EventKind.HANDOVER, "take_thread_control"),
    "request_thread_control": _plain(EventKind.HANDOVER, "request_thread_control"),
    "app_roles": _plain(EventKind.HANDOVER, "app_roles"),
    "account_linking": _plain(EventKind.ACCOUNT_LINKING, "account_linking", "status"),
    "messaging_feedback": _plain(EventKind.FEEDBACK, "messaging_feedback"),
    "response_feedback": _plain(EventKind.FEEDBACK, "response_feedback"),
    "policy_enforcement": _plain(EventKind.POLICY, "policy_enforcement", "action"),
    "order": _plain(EventKind.CHAT_ORDER, "order"),
}
"""From the event-specific key of an item to what reads it; the first that is there counts."""

_ENVELOPE = frozenset({"sender", "recipient", "timestamp"})


def read_item(it: Occurrence) -> Event:
    """The event in one item of `messaging`."""
    reader = next((READERS[name] for name in READERS if name in it.raw), None)
    if reader is not None:
        return reader(it)
    topic = next((meta.word(name) for name in it.raw if name not in _ENVELOPE), None)
    return it.event(EventKind.UNKNOWN, f"unknown:{it.digest()}", topic=topic)
