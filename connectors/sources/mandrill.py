"""Mandrill (Mailchimp Transactional): what became of single e-mails.

Source: Mailchimp Transactional's guides "Track and respond to activity with webhooks" (events, fields) and
"Authenticating webhook requests" (signature over address and fields). A delivery does not say whose it is: the account
is the only one that the webhook address speaks for.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal
from urllib.parse import urlencode

from connectors.batch import NEVER, Slice, Unclear, alone, collect
from connectors.body import digest, read_json, to_bytes
from connectors.contacts import address_hash, email_identifier
from connectors.fields import as_address, as_id, as_list, as_object, as_seconds, as_text
from connectors.form import read_form
from connectors.machines import is_machine
from connectors.signatures import is_sha1_signed
from middleware.domain.commerce import Version
from middleware.domain.customer import ConsentState, SourceConsent
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.record import at_millisecond
from middleware.domain.signals import EmailActivity, EmailDeed
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.errors import BodyRefused
from middleware.ports import ONLY_ACCOUNT, AccountLookup, WebhookRequest

_FIELD = "mandrill_events"

DEEDS: Mapping[str, EmailDeed] = {
    "send": "sent",
    "delivered": "other",
    "open": "opened",
    "click": "clicked",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "spam": "complained",
    "unsub": "unsubscribed",
    "reject": "other",
    "deferral": "other",
}
"""Mandrill's word -> ours. What is not here (an e-mail that came in, a change of its lists) is kept as unknown."""

CONSENTS: Mapping[str, ConsentState] = {
    "spam": "unsubscribed",
    "unsub": "unsubscribed",
    "hard_bounce": "invalid",
}


class Mandrill:
    """The connector of Mandrill's message webhooks."""

    name = "mandrill"
    kind: Literal["source"] = "source"

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether `X-Mandrill-Signature` is this webhook key's, over the address and all fields sorted by name."""
        header = request.headers.get("x-mandrill-signature")
        if header is None or not request.url:
            return False
        try:
            fields = read_form(request.body)
            signed = (request.url + "".join(f"{name}{fields[name]}" for name in sorted(fields))).encode()
        except (BodyRefused, UnicodeEncodeError):
            return False
        return is_sha1_signed(header, signed, secret)

    def probed(self) -> str:
        """Mandrill asks the address by HEAD, and keeps it only if it is answered 200."""
        return "ok"

    def read_body(self, raw: bytes) -> object:
        """See `ReadsBodies`: the JSON in the field `mandrill_events`."""
        fields = read_form(raw)
        if _FIELD not in fields:
            raise BodyRefused(f"no delivery of Mandrill: {_FIELD} is missing")
        return read_json(fields[_FIELD].encode())

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """See `Connector.normalise`: an event for each member of the list."""
        del request
        account = accounts(ONLY_ACCOUNT)
        return collect(_slices(body, account.id if account is not None else None, at_millisecond(received_at)))

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`."""
        return alone(_slices(body, None, NEVER), request, positions)


@dataclass(frozen=True, slots=True)
class _Told:
    """One member of the list, whose it is, and who got the e-mail."""

    account: str
    raw: dict[str, Any]
    received_at: datetime

    @property
    def word(self) -> str:
        return as_text(self.raw.get("event")) or ""

    @property
    def message(self) -> Mapping[str, Any]:
        return as_object(self.raw.get("msg"))

    @property
    def at(self) -> datetime:
        found = as_seconds(self.raw.get("ts"))
        if found is None:
            raise Unclear("ts is no time")
        return found

    @property
    def key(self) -> str:
        """`_id` is the message's, which is opened more than once; what grows with each event is not in the key."""
        if self.word not in DEEDS:
            return f"{Mandrill.name}:{self.account}:{digest(self.raw)}"
        message = as_id(self.raw.get("_id")) or as_id(self.message.get("_id"))
        if message is None:
            raise Unclear("_id is missing or no id")
        rest = digest([self.raw.get(name) for name in ("ts", "url", "ip", "user_agent")])
        return f"{Mandrill.name}:{self.account}:{message}:{self.word}:{rest}"


def _slices(body: object, account: str | None, received_at: datetime) -> Iterator[Slice]:
    """The slices of a delivery. Raises `BodyRefused` for what is none."""
    if not isinstance(body, list):
        raise BodyRefused(f"no delivery of Mandrill: {_FIELD} is no list")
    for raw in body:
        read = partial(_event, raw, account, received_at)
        yield Slice(raw=raw, account=account, read=read, alone=partial(_alone, raw))


def _alone(raw: object) -> bytes:
    return urlencode({_FIELD: to_bytes([raw]).decode()}).encode()


def _event(raw: object, account: str | None, received_at: datetime) -> Event:
    if not isinstance(raw, dict):
        raise Unclear(f"{_FIELD} holds what is no object")
    if account is None:
        raise Unclear("the address speaks for several accounts; give each its own, with its name")
    told = _Told(account, raw, received_at)
    facts = _facts(told) if told.word in DEEDS else {}
    return Event(
        key=told.key,
        kind=EventKind.EMAIL_ACTIVITY if facts else EventKind.UNKNOWN,
        connector=Mandrill.name,
        account=account,
        occurred_at=told.at,
        received_at=received_at,
        topic=told.word or as_text(raw.get("type")),
        raw=raw,
        **facts,
    )


def _facts(told: _Told) -> dict[str, Any]:
    """Who got the e-mail, and what became of it."""
    given = told.message.get("email")
    address = email_identifier(given) if isinstance(given, str) else None
    if address is None:
        raise Unclear("msg.email is no address")
    own, version = address_hash(address.value), Version(at=told.at, event=told.key)
    value = FieldValue(field="email", value=address.value, version=version)
    record = SourceRecord(id=own, source=Mandrill.name, version=version, values=(value,))
    state = CONSENTS.get(told.word)
    return {
        "anchor": Identifier(IdentifierKind.SOURCE_RECORD, f"{Mandrill.name}:{told.account}", own),
        "email": _activity(told),
        "record": record,
        "consents": (SourceConsent(channel="email", state=state, version=version),) if state is not None else (),
    }


def _activity(told: _Told) -> EmailActivity:
    tags = as_list(told.message.get("tags"))
    campaign = as_text(told.message.get("template")) or (as_text(tags[0]) if tags else None)
    robot = as_object(told.raw.get("user_agent_parsed")).get("type") == "Robot"
    return EmailActivity(
        key=told.key,
        at=told.at,
        what=DEEDS[told.word],
        campaign=campaign,
        subject=as_text(told.message.get("subject")),
        url=as_address(told.raw.get("url")),
        by_machine=robot or is_machine(told.raw.get("user_agent")),
    )
