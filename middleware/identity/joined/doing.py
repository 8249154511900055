"""What a person did beside buying: pages, ad clicks, marketing e-mails, tickets; and what they consented to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from middleware.domain.consent import most_restrictive
from middleware.domain.conversation import Conversation
from middleware.domain.customer import ConsentState
from middleware.domain.fragment import AdClick
from middleware.domain.identifiers import Identifier
from middleware.domain.profile import ConsentWord, Member
from middleware.domain.signals import EmailActivity, EmailDeed, PageView, Ticket, newest_tickets
from middleware.identity.disclosure import source_of
from middleware.identity.joined.shape import KEPT_PARTS, Consented, Engagement, JoinedTicket, Said, SeenProduct

SOLVED = frozenset({"solved", "closed"})


def clicks_of(members: Sequence[Member]) -> tuple[AdClick | None, AdClick | None]:
    """The first and the last ad click."""
    firsts = (member.fragment.first_click for member in members)
    lasts = (member.fragment.last_click for member in members)
    return (
        min(filter(None, firsts), key=AdClick.rank, default=None),
        max(filter(None, lasts), key=AdClick.rank, default=None),
    )


def seen_by(members: Sequence[Member]) -> tuple[SeenProduct, ...]:
    """Products that were looked at, latest first."""
    views = {view.key: view for member in members for view in member.fragment.views if view.what == "product"}
    found: dict[str, SeenProduct] = {}
    for view in sorted(views.values(), key=PageView.rank):
        name = view.product or view.path
        known = found.get(name)
        found[name] = SeenProduct(
            product=name,
            title=view.title or (known.title if known is not None else None),
            times=1 + (known.times if known is not None else 0),
            last_at=view.at,
        )
    latest = sorted(found.values(), key=lambda each: (each.last_at, each.product), reverse=True)
    return tuple(latest[:KEPT_PARTS])


def engagement_of(activities: Iterable[EmailActivity]) -> Engagement:
    """What became of marketing e-mails, each told once however many identifiers know of it.

    Who subscribed again after unsubscribing is not unsubscribed.
    """
    known = {each.key: each for each in activities}
    by_person = [each for each in known.values() if not each.by_machine]
    machine = [each for each in known.values() if each.by_machine and each.what == "opened"]
    touched = [each for each in by_person if each.what in {"opened", "clicked"} and each.campaign]
    left, came_back = _last(by_person, "unsubscribed"), _last(by_person, "subscribed")
    return Engagement(
        opened_at=_last(by_person, "opened"),
        clicked_at=_last(by_person, "clicked"),
        bounced_at=_last(known.values(), "bounced"),
        complained_at=_last(known.values(), "complained"),
        unsubscribed_at=left if left is not None and (came_back is None or came_back <= left) else None,
        campaign=max(touched, key=EmailActivity.rank).campaign if touched else None,
        machine_opens=len(machine),
        machine_opened_at=_last(machine, "opened"),
    )


def _last(activities: Iterable[EmailActivity], what: EmailDeed) -> datetime | None:
    return max((each.at for each in activities if each.what == what), default=None)


def tickets_of(members: Sequence[Member]) -> tuple[tuple[JoinedTicket, ...], tuple[JoinedTicket, ...]]:
    """Open tickets and solved ones, each opened last first. Of what was deleted nothing is shown."""
    by_desk: dict[str, list[Ticket]] = {}
    for member in members:
        scope = Identifier.from_key(member.identifier).scope
        by_desk.setdefault(scope, []).extend(member.fragment.tickets)
    every = [_ticket(desk, each) for desk, tickets in by_desk.items() for each in newest_tickets(tickets)]
    every.sort(key=lambda each: (each.created_at, each.source, each.id), reverse=True)
    unsolved = [each for each in every if each.state not in SOLVED and each.state != "deleted"]
    solved = [each for each in every if each.state in SOLVED]
    return tuple(unsolved[:KEPT_PARTS]), tuple(solved[:KEPT_PARTS])


def _ticket(desk: str, ticket: Ticket) -> JoinedTicket:
    return JoinedTicket(
        id=ticket.id,
        source=desk,
        state=ticket.state,
        subject=ticket.subject,
        created_at=ticket.created_at,
        as_of=ticket.version.at,
        url=ticket.url,
    )


def consents_of(
    members: Sequence[Member], words: Sequence[ConsentWord], conversations: Sequence[Conversation]
) -> tuple[Consented, ...]:
    """Consent by channel and purpose: the most restrictive word, with everything that was said, by source.

    Also from what is suspended: an opt-out is never lost.
    """
    every = (*_of_sources(members), *_of_emails(members), *_of_words(words), *_of_conversations(conversations))
    said = sorted(set(every), key=_order)
    return tuple(
        _consented(channel, purpose, [each for _, _, each in group])
        for (channel, purpose), group in groupby(said, key=lambda each: (each[0], each[1]))
    )


_Spoken = tuple[str, str, Said]


def _order(spoken: _Spoken) -> tuple[str, str, str, datetime, str]:
    channel, purpose, said = spoken
    return (channel, purpose, said.source, said.as_of, said.state)


def _consented(channel: str, purpose: str, said: Sequence[Said]) -> Consented:
    state, _ = most_restrictive((each.state, each) for each in said)
    return Consented(
        channel=channel,
        purpose="messages" if purpose == "messages" else "marketing",
        state=state,
        said=tuple(said[:KEPT_PARTS]),
    )


def _of_sources(members: Iterable[Member]) -> Iterable[_Spoken]:
    for member in members:
        source = source_of(member.identifier)
        for each in member.fragment.consents:
            yield each.channel, "marketing", Said(state=each.state, source=source, as_of=each.version.at)


def _of_words(words: Iterable[ConsentWord]) -> Iterable[_Spoken]:
    """What the profile keeps of consent: refusals stay with everybody who was one profile when they came."""
    for word in words:
        state: ConsentState = "subscribed" if word.granted else "unsubscribed"
        yield word.channel, "marketing", Said(state=state, source=source_of(word.by), as_of=word.at)


def _of_emails(members: Iterable[Member]) -> Iterable[_Spoken]:
    """Who complained of an e-mail, or unsubscribed by it, takes no more of them."""
    for member in members:
        engagement = engagement_of(member.fragment.emails)
        left = max(filter(None, (engagement.unsubscribed_at, engagement.complained_at)), default=None)
        if left is not None:
            source = source_of(member.identifier)
            yield "email", "marketing", Said(state="unsubscribed", source=f"{source} e-mails", as_of=left)


def _of_conversations(conversations: Iterable[Conversation]) -> Iterable[_Spoken]:
    """STOP and START, and what the platform reports of marketing."""
    for each in conversations:
        for purpose, consent in (("messages", each.consent), ("marketing", each.marketing)):
            if consent is not None:
                state: ConsentState = "subscribed" if consent.granted else "unsubscribed"
                yield each.channel, purpose, Said(state=state, source=each.channel, as_of=consent.at)
