"""What each type of an audience's webhooks tells.

A member is called by the MD5 of their address, as in Mailchimp's API: it is the one name that every type has.
"""

from collections.abc import Callable, Mapping

from connectors.batch import Unclear
from connectors.fields import as_text
from connectors.mapping import mapped
from connectors.sources.mailchimp.telling import CONNECTOR, Telling
from middleware.domain.customer import ConsentState, SourceConsent
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier
from middleware.domain.signals import EmailActivity, EmailDeed
from middleware.domain.source_record import FieldValue, SourceRecord

Reader = Callable[[Telling], Event]


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
    record = _address(telling, member, None)
    return telling.event(EventKind.RECORD, member, record=record, consents=_consents(telling, "not_subscribed"))


def new_address(telling: Telling) -> Event:
    """`upemail`, what became of the new address."""
    member = telling.member("new_email")
    record = _address(telling, member, telling.address("new_email"))
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


def _record(telling: Telling, member: Identifier) -> SourceRecord | None:
    """What the member's fields say; None where the mapping refuses them, if they are not all there is to tell."""
    found = mapped(telling.mapping, telling.data, version=telling.version, country=telling.country)
    if found.problems and telling.type == "profile":
        raise Unclear("; ".join(found.problems))
    if found.problems:
        return None
    return SourceRecord(id=member.value, source=CONNECTOR, version=telling.version, values=found.values)


def _address(telling: Telling, member: Identifier, address: str | None) -> SourceRecord:
    """A record of which nothing is told but the address, or that it has none any more."""
    value = FieldValue(field="email", value=address, version=telling.version)
    return SourceRecord(id=member.value, source=CONNECTOR, version=telling.version, values=(value,))
