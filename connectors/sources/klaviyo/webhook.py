"""Klaviyo: what became of its e-mails, who agreed to get them, and its profiles of people.

Source: Klaviyo's guide "Working with system webhooks" (headers, signature, body, topics) and the reference of `Get
Event`, whose JSON:API document is each part's `payload`. All that a profile says is a claim: whoever fills in a sign-up
form writes into one.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from connectors.batch import NEVER, Slice, Unclear, alone, collect
from connectors.body import to_bytes
from connectors.fields import as_address, as_id, as_moment, as_object, as_objects, as_seconds, as_text, is_yes
from connectors.machines import is_machine
from connectors.mapping import mapped, shipped_mapping
from connectors.signatures import is_bare_hex_signed
from middleware.domain.commerce import Version
from middleware.domain.customer import ConsentChannel, ConsentState, SourceConsent
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.mapping import SourceMapping
from middleware.domain.record import at_millisecond
from middleware.domain.signals import EmailActivity, EmailDeed
from middleware.domain.source_record import SourceRecord
from middleware.errors import BodyRefused
from middleware.ports import Account, AccountLookup, WebhookRequest

_TIMESTAMP = re.compile(r"[ -~]{1,64}", re.ASCII)
_OWN = "event:klaviyo."
_MAX_INCLUDED = 20

DEEDS: Mapping[str, EmailDeed] = {
    "received_email": "sent",
    "opened_email": "opened",
    "clicked_email": "clicked",
    "bounced_email": "bounced",
    "dropped_email": "other",
    "marked_email_as_spam": "complained",
    "unsubscribed_from_email_marketing": "unsubscribed",
    "subscribed_to_email_marketing": "subscribed",
    "manually_suppressed_from_email_marketing": "other",
    "manually_unsuppressed_from_email_marketing": "other",
    "updated_email_preferences": "other",
}
"""Topics about e-mail, without their beginning."""

CONSENTS: Mapping[str, tuple[ConsentChannel, ConsentState]] = {
    "subscribed_to_email_marketing": ("email", "subscribed"),
    "unsubscribed_from_email_marketing": ("email", "unsubscribed"),
    "marked_email_as_spam": ("email", "unsubscribed"),
    "manually_suppressed_from_email_marketing": ("email", "unsubscribed"),
    "subscribed_to_sms_marketing": ("sms", "subscribed"),
    "unsubscribed_from_sms_marketing": ("sms", "unsubscribed"),
}
"""Topics after which somebody may, or may no longer, be written to."""

_MACHINE = ("Apple Privacy Open", "machine_open", "Machine Open", "Bot Click")
"""Properties of an event with which Klaviyo itself says that it was perhaps nobody."""

_READS_NOTHING = SourceMapping()


@dataclass(frozen=True, slots=True)
class _Reader:
    """How an account's profiles are read. `country` (ISO 3166) reads national phone numbers."""

    mapping: SourceMapping
    country: str | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """One part of a delivery: `data` is the event of its payload."""

    account: str
    topic: str
    data: Mapping[str, Any]
    included: Mapping[str, Any]
    raw: dict[str, Any]
    received_at: datetime
    reader: _Reader

    @property
    def own_topic(self) -> str:
        """The topic without its beginning; empty for topics of other systems."""
        return self.topic.removeprefix(_OWN) if self.topic.startswith(_OWN) else ""

    @property
    def attributes(self) -> Mapping[str, Any]:
        return as_object(self.data.get("attributes"))

    @property
    def properties(self) -> Mapping[str, Any]:
        return as_object(self.attributes.get("event_properties"))

    @property
    def key(self) -> str:
        own = as_id(self.raw.get("external_id")) or as_id(self.data.get("id"))
        if own is None:
            raise Unclear("external_id is missing or no id")
        return f"{Klaviyo.name}:{self.account}:{own}"

    @property
    def profile_id(self) -> str | None:
        profile = as_object(as_object(self.data.get("relationships")).get("profile"))
        return as_id(as_object(profile.get("data")).get("id"))

    @property
    def at(self) -> datetime:
        given = self.attributes
        return as_moment(given.get("datetime")) or as_seconds(given.get("timestamp")) or self.received_at


class Klaviyo:
    """The connector of Klaviyo's system webhooks. An account's id is Klaviyo's public account id, six characters."""

    name = "klaviyo"
    kind: Literal["source"] = "source"

    def __init__(self) -> None:
        self._mapping = shipped_mapping(self.name) or _READS_NOTHING

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether `Klaviyo-Signature` is this secret's, over the body and `Klaviyo-Timestamp` after it.

        The timestamp is not compared with the clock: Klaviyo has been seen to write its local time as GMT. A delivery
        that is repeated is told by the ids of its events.
        """
        timestamp = request.headers.get("klaviyo-timestamp", "")
        if not _TIMESTAMP.fullmatch(timestamp):
            return False
        signed = request.body + timestamp.encode("ascii")
        return is_bare_hex_signed(request.headers.get("klaviyo-signature"), signed, secret)

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """See `Connector.normalise`: an event for each member of `data`."""
        return collect(self._slices(body, request, at_millisecond(received_at), accounts))

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`."""
        return alone(self._slices(body, request, NEVER, lambda _: None), request, positions)

    def _slices(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Iterator[Slice]:
        """The slices of a delivery. Raises `BodyRefused` for what is none."""
        if not isinstance(body, dict) or not isinstance(body.get("data"), list):
            raise BodyRefused("no delivery of Klaviyo: data is no list")
        meta = as_object(body.get("meta"))
        _same_webhook(meta, request)
        account = as_id(meta.get("klaviyo_account_id")) or request.address
        reader = self._reader(accounts(account) if account is not None else None)
        for raw in body["data"]:
            read = partial(_read, raw, account, received_at, reader)
            yield Slice(raw=raw, account=account, read=read, alone=partial(_alone, raw, meta))

    def _reader(self, account: Account | None) -> _Reader:
        if account is None:
            return _Reader(self._mapping)
        return _Reader(account.mapping or self._mapping, account.country)


def _alone(raw: object, meta: Mapping[str, Any]) -> bytes:
    return to_bytes({"data": [raw], "meta": meta})


def _same_webhook(meta: Mapping[str, Any], request: WebhookRequest) -> None:
    """Klaviyo says not to take a delivery whose header names another webhook than its signed body."""
    header, inside = request.headers.get("klaviyo-webhook-id"), meta.get("klaviyo_webhook_id")
    if header is not None and inside is not None and header != inside:
        raise BodyRefused("Klaviyo-Webhook-Id is not that of the body")


def _read(raw: object, account: str | None, received_at: datetime, reader: _Reader) -> Event:
    if not isinstance(raw, dict):
        raise Unclear("data holds what is no object")
    if account is None:
        raise Unclear("meta.klaviyo_account_id is missing, and the address names no account")
    topic = as_id(raw.get("topic"))
    if topic is None:
        raise Unclear("topic is missing")
    payload = as_object(raw.get("payload"))
    data = as_object(payload.get("data"))
    return _event(_Told(account, topic, data, _profile_in(payload), raw, received_at, reader))


def _profile_in(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The profile that came along, empty if none did."""
    found = (each for each in as_objects(payload.get("included"), _MAX_INCLUDED) if each.get("type") == "profile")
    return next(found, {})


def _event(told: _Told) -> Event:
    kind, email = EventKind.UNKNOWN, None
    if told.own_topic in DEEDS:
        kind, email = EventKind.EMAIL_ACTIVITY, _activity(told)
    elif told.own_topic in CONSENTS or told.included:
        kind = EventKind.RECORD
    if told.profile_id is None and kind is not EventKind.UNKNOWN:
        raise Unclear("payload.data.relationships.profile names nobody")
    return Event(
        key=told.key,
        kind=kind,
        connector=Klaviyo.name,
        account=told.account,
        occurred_at=told.at,
        received_at=told.received_at,
        anchor=_anchor(told),
        email=email,
        record=_record(told) if kind is not EventKind.UNKNOWN else None,
        consents=_consents(told),
        topic=told.topic,
        raw=told.raw,
    )


def _anchor(told: _Told) -> Identifier | None:
    own = told.profile_id
    return Identifier(IdentifierKind.SOURCE_RECORD, f"{Klaviyo.name}:{told.account}", own) if own else None


def _activity(told: _Told) -> EmailActivity:
    said = told.properties
    agent = said.get("user_agent") or said.get("User Agent")
    return EmailActivity(
        key=told.key,
        at=told.at,
        what=DEEDS[told.own_topic],
        campaign=as_text(said.get("Campaign Name")),
        subject=as_text(said.get("Subject")),
        url=as_address(said.get("URL")),
        by_machine=any(is_yes(said.get(name)) for name in _MACHINE) or is_machine(agent),
    )


def _consents(told: _Told) -> tuple[SourceConsent, ...]:
    said = CONSENTS.get(told.own_topic)
    if said is None or told.profile_id is None:
        return ()
    channel, state = said
    return (SourceConsent(channel=channel, state=state, version=Version(at=told.at, event=told.key)),)


def _record(told: _Told) -> SourceRecord | None:
    """The profile that came along, else the address that the event names; None where it names nothing.

    A profile that its mapping refuses holds up nothing else: who unsubscribed has unsubscribed. Raises Unclear where it
    is all that the event tells.
    """
    own, given = told.profile_id, as_object(told.included.get("attributes")) or _address_of(told)
    if own is None or not given or (told.included and as_id(told.included.get("id")) != own):
        return None
    version = Version(at=as_moment(given.get("updated")) or told.at, event=told.key)
    reader = told.reader
    found = mapped(reader.mapping, given, version=version, country=reader.country, partial=not told.included)
    if found.problems and not (told.own_topic in DEEDS or told.own_topic in CONSENTS):
        raise Unclear("; ".join(found.problems))
    if found.problems or not found.values:
        return None
    return SourceRecord(id=own, source=Klaviyo.name, version=version, values=found.values)


def _address_of(told: _Told) -> Mapping[str, Any]:
    """A profile of which nothing is known but the address that the e-mail went to."""
    found = (told.properties.get(name) for name in ("email_address", "Recipient Email Address"))
    address = next((each for each in found if isinstance(each, str)), None)
    return {"email": address} if address else {}
