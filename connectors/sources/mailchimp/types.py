"""What each type of an audience's webhooks tells.

A member is called by the MD5 of their address, as in Mailchimp's API: it is the one name that every type has.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.record_values import custom, field_values
from connectors.sources.mailchimp.telling import CONNECTOR, Telling
from connectors.values import as_object, as_text
from middleware.domain.customer import ConsentState, SourceConsent
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier
from middleware.domain.signals import EmailActivity, EmailDeed
from middleware.domain.source_record import SourceRecord

Reader = Callable[[Telling], Event]

_MERGES = (("EMAIL", "email"), ("FNAME", "first_name"), ("LNAME", "last_name"), ("PHONE", "phone"),
           ("COMPANY", "company"), ("INTERESTS", "tags"))  # fmt: skip
_ADDRESS = (("addr1", "street"), ("city", "city"), ("state", "state"), ("zip", "postcode"), ("country", "country"))
_READ_APART = frozenset({"EMAIL", "FNAME", "LNAME", "PHONE", "COMPANY", "INTERESTS", "GROUPINGS", "ADDRESS"})
_MAX_MERGES = 60


def subscribed(telling: Telling) -> Event:
    """`subscribe`: somebody, or somebody in their name, put an address on the list."""
    return _deed(telling, "subscribed", "subscribed")


def unsubscribed(telling: Telling) -> Event:
    """`unsubscribe`: by the person, or by the brand (`action`); `reason` `abuse` is a complaint."""
    complained = telling.data.get("reason") == "abuse"
    return _deed(telling, "complained" if complained else "unsubscribed", "unsubscribed")


def cleaned(telling: Telling) -> Event:
    """`cleaned`: the address is written to no more, because it bounces or because of a complaint."""
    if telling.data.get("reason") == "abuse":
        return _deed(telling, "complained", "unsubscribed")
    return _deed(telling, "bounced", "invalid")


def profile(telling: Telling) -> Event:
    """`profile`: a member's fields changed."""
    member = telling.member("email")
    return telling.event(EventKind.RECORD, member, record=_record(telling, member))


def left_address(telling: Telling) -> Event:
    """`upemail`, what became of the old address: it is on the list no more. Not deleted, since it may come back."""
    member = telling.member("old_email")
    values = field_values([("email", None)], telling.version, None)
    record = SourceRecord(id=member.value, source=CONNECTOR, version=telling.version, values=values)
    return telling.event(EventKind.RECORD, member, record=record, consents=_consents(telling, "not_subscribed"))


def new_address(telling: Telling) -> Event:
    """`upemail`, what became of the new address."""
    member = telling.member("new_email")
    values = field_values([("email", telling.data.get("new_email"))], telling.version, None)
    record = SourceRecord(id=member.value, source=CONNECTOR, version=telling.version, values=values)
    return telling.event(EventKind.RECORD, member, record=record)


def campaign(telling: Telling) -> Event:
    """`campaign`: one was sent, or not. News about the account."""
    return telling.event(EventKind.ACCOUNT, None)


def unknown(telling: Telling) -> Event:
    """A type that is not known."""
    return telling.event(EventKind.UNKNOWN, None)


READERS: Mapping[str, tuple[Reader, ...]] = {
    "subscribe": (subscribed,),
    "unsubscribe": (unsubscribed,),
    "cleaned": (cleaned,),
    "profile": (profile,),
    "upemail": (left_address, new_address),
    "campaign": (campaign,),
}
"""From a delivery's type to what its parts become."""


def _deed(telling: Telling, what: EmailDeed, state: ConsentState) -> Event:
    member = telling.member("email")
    email = EmailActivity(key=telling.key, at=telling.at, what=what, campaign=as_text(telling.data.get("campaign_id")))
    record = _record(telling, member)
    consents = _consents(telling, state)
    return telling.event(EventKind.EMAIL_ACTIVITY, member, email=email, record=record, consents=consents)


def _consents(telling: Telling, state: ConsentState) -> tuple[SourceConsent, ...]:
    return (SourceConsent(channel="email", state=state, version=telling.version),)


def _record(telling: Telling, member: Identifier) -> SourceRecord:
    address = as_object(as_object(telling.data.get("merges")).get("ADDRESS"))
    country = as_text(address.get("country")) or telling.country
    values = field_values(_values(telling.data), telling.version, country)
    return SourceRecord(id=member.value, source=CONNECTOR, version=telling.version, values=values)


def _values(data: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The address itself, then what the list's own fields say."""
    merges = as_object(data.get("merges"))
    address = as_object(merges.get("ADDRESS"))
    yield "email", data.get("email")
    yield from ((field, merges[name]) for name, field in _MERGES if name in merges)
    yield from ((field, address[name]) for name, field in _ADDRESS if name in address)
    for name, value in list(merges.items())[:_MAX_MERGES]:
        field = custom(name)
        if field is not None and name not in _READ_APART and isinstance(value, str):
            yield field, value
