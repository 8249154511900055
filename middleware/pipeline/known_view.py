"""The blocks of the context that tell what sources know: browsing, e-mails, tickets, consent, details.

Each from what the sender's sight lets through, and nothing else. What is not reached is `missing`, as if there were
nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from middleware.domain.consent import most_restrictive
from middleware.domain.context import Block
from middleware.domain.conversation import Consent, Conversation
from middleware.domain.customer import ConsentChannel
from middleware.domain.identifiers import Level
from middleware.domain.known_views import (
    PROVEN_FIELDS,
    BrowsingView,
    ConsentsView,
    ConsentView,
    DetailsView,
    DetailView,
    MarketingView,
    SeenProductView,
    SupportView,
    TicketView,
)
from middleware.domain.ownership import Ownership
from middleware.domain.signals import PageView, Ticket
from middleware.identity.disclosure import Sight
from middleware.identity.joined import segments_of, tags_of
from middleware.identity.joined.doing import SOLVED, engagement_of
from middleware.identity.joined.shape import Valued
from middleware.identity.joined.values import picked
from middleware.pipeline.freshness import freshness

SHOWN = 10
"""Products, searches, and open tickets of one block."""


def browsing_block(sight: Sight | None, now: datetime) -> Block[BrowsingView]:
    """What was looked at on the brand's site. Needs `carried`, in that browser itself only `channel`; searches need the
    sender's own browser.
    """
    views, withheld = sight.views(now) if sight is not None else ((), False)
    needs = Level.CHANNEL if sight is not None and sight.is_browser() else Level.CARRIED
    if not views:
        return Block[BrowsingView](state="withheld" if withheld else "missing", needs_level=needs)
    return Block[BrowsingView](
        state=freshness("browsing", views[0].at, now),
        needs_level=needs,
        value=BrowsingView(products=_products(views), searches=_searches(views), last_at=views[0].at),
        source="site",
        as_of=views[0].at,
    )


def _products(views: Sequence[PageView]) -> tuple[SeenProductView, ...]:
    """Each product once, as it was seen last. A product without a name cannot be told."""
    found: dict[str, SeenProductView] = {}
    for view in views:
        if view.what == "product" and view.title:
            shown = SeenProductView(title=view.title, product=view.product, price=view.price, at=view.at)
            found.setdefault(view.product or view.title, shown)
    return tuple(found.values())[:SHOWN]


def _searches(views: Sequence[PageView]) -> tuple[str, ...]:
    searches = (view.search for view in views if view.what == "search" and view.search)
    return tuple(dict.fromkeys(searches))[:SHOWN]


def marketing_block(sight: Sight | None, now: datetime) -> Block[MarketingView]:
    """What became of marketing e-mails. Needs `linked`."""
    emails = sight.emails() if sight is not None else ()
    if not emails:
        return Block[MarketingView](state="missing", needs_level=Level.LINKED)
    found, as_of = engagement_of(each for _, each in emails), emails[0][1].at
    return Block[MarketingView](
        state=freshness("marketing", as_of, now),
        needs_level=Level.LINKED,
        value=MarketingView(
            campaign=found.campaign,
            opened_at=found.opened_at,
            clicked_at=found.clicked_at,
            bounced_at=found.bounced_at,
            complained_at=found.complained_at,
            unsubscribed_at=found.unsubscribed_at,
        ),
        source=_sources({source for source, _ in emails}),
        as_of=as_of,
    )


def support_block(sight: Sight | None, now: datetime) -> Block[SupportView]:
    """The tickets that the sender asked for. Needs `linked`."""
    told = sight.tickets() if sight is not None else ()
    if not told:
        return Block[SupportView](state="missing", needs_level=Level.LINKED)
    tickets = [ticket for _, ticket in told]
    unsolved = [ticket for ticket in tickets if ticket.is_open]
    solved = [ticket for ticket in tickets if ticket.state in SOLVED]
    last = max(solved, key=lambda each: (each.solved_at or each.version.at, each.id), default=None)
    as_of = max(ticket.version.at for ticket in tickets)
    return Block[SupportView](
        state=freshness("support", as_of, now),
        needs_level=Level.LINKED,
        value=SupportView(
            open=tuple(_ticket(each) for each in unsolved[:SHOWN]),
            open_count=len(unsolved),
            solved=_ticket(last) if last is not None else None,
        ),
        source=_sources({desk for desk, _ in told}),
        as_of=as_of,
    )


def _ticket(ticket: Ticket) -> TicketView:
    return TicketView(
        id=ticket.id,
        state=ticket.state,
        subject=ticket.subject,
        priority=ticket.priority,
        created_at=ticket.created_at,
        updated_at=ticket.version.at,
    )


def consent_block(sight: Sight | None, conversation: Conversation | None) -> Block[ConsentsView]:
    """Consent: of this conversation at `channel`, of sources only where the sender's sight reaches them."""
    said: dict[tuple[str, str], list[ConsentView]] = {}
    for view in (*_of_conversation(conversation), *_of_sources(sight)):
        said.setdefault((view.channel, view.purpose), []).append(view)
    strictest = [most_restrictive((each.state, each) for each in views)[1] for _, views in sorted(said.items())]
    if not strictest:
        return Block[ConsentsView](state="missing", needs_level=Level.CHANNEL)
    return Block[ConsentsView](
        state="fresh",
        needs_level=Level.CHANNEL,
        value=ConsentsView(all=tuple(strictest)),
        source=_sources({each.source for each in strictest}),
        as_of=max(each.as_of for each in strictest),
    )


def _of_conversation(conversation: Conversation | None) -> list[ConsentView]:
    """STOP and START in this conversation, and what the platform reports of marketing there."""
    if conversation is None or conversation.channel not in get_args(ConsentChannel):
        return []
    said = (("messages", conversation.consent), ("marketing", conversation.marketing))
    return [_consent_view(conversation.channel, purpose, each) for purpose, each in said if each is not None]


def _consent_view(channel: str, purpose: str, consent: Consent) -> ConsentView:
    state = "subscribed" if consent.granted else "unsubscribed"
    said = {"channel": channel, "purpose": purpose, "state": state, "source": channel, "as_of": consent.at}
    return ConsentView.model_validate(said)


def _of_sources(sight: Sight | None) -> list[ConsentView]:
    """What sources say, and what the profile keeps of it, as far as the sender's sight reaches."""
    if sight is None:
        return []
    views = [
        ConsentView(
            channel=consent.channel, purpose="marketing", state=consent.state, source=source, as_of=consent.version.at
        )
        for source, consent in sight.consents()
    ]
    kept = (word for word in sight.words() if word.channel in get_args(ConsentChannel))
    return views + [
        _consent_view(word.channel, "marketing", Consent(granted=word.granted, at=word.at)) for word in kept
    ]


def details_block(sight: Sight | None, ownership: Ownership) -> Block[DetailsView]:
    """What sources have on record of the sender. Needs `linked`; address and date of birth `verified`."""
    members = sight.records() if sight is not None else ()
    proven = sight.proven() if sight is not None else frozenset()
    told = picked(members, ownership).values
    private = picked([member for member in members if member.identifier in proven], ownership).values
    known = {field: (private if field in PROVEN_FIELDS else told).get(field) for field in told}
    fields = {field: _detail(value) for field, value in known.items() if value is not None}
    tags, segments = tags_of(members).names, segments_of(members).names
    if not fields and not tags and not segments:
        return Block[DetailsView](state="missing", needs_level=Level.LINKED)
    return Block[DetailsView](
        state="fresh",
        needs_level=Level.LINKED,
        value=DetailsView(fields=fields, tags=tags, segments=segments),
        source=_sources({each.source for each in fields.values()}),
        as_of=max((each.as_of for each in fields.values()), default=None),
    )


def _detail(value: Valued) -> DetailView:
    return DetailView(value=value.value, source=value.source, as_of=value.as_of)


def _sources(names: set[str]) -> str | None:
    return ", ".join(sorted(names)) or None
