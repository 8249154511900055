"""What a sender may see of what sources know, and how long a phone on an order speaks for whoever has the number."""

from datetime import timedelta
from typing import Any

import pytest

from middleware.domain.commerce import Version
from middleware.domain.customer import SourceConsent
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind
from middleware.domain.identity import Edge, PersonalLink
from middleware.domain.ownership import DEFAULT_OWNERSHIP
from middleware.domain.profile import ConsentWord, Member
from middleware.domain.signals import EmailActivity, PageView, Ticket
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.identity.disclosure import PHONE_COUNTS_FOR, Sight
from middleware.pipeline.known_view import (
    browsing_block,
    consent_block,
    details_block,
    marketing_block,
    support_block,
)
from tests.unit.middleware.builders import (
    START,
    at,
    bsuid,
    conversation,
    edge,
    email,
    link_key,
    member,
    order,
    phone,
    profile,
)

ANA, PHONE, EMAIL = bsuid("ES.1").key, phone().key, email().key
LINK, OTHER_LINK = link_key("Zk3_mXq8-PwR71TbYc5LdA"), link_key("Yk3_mXq8-PwR71TbYc5LdB")
VISITOR = Identifier(IdentifierKind.VISITOR, "site", "v1").key
RECORD = Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:62515", "77").key
TICKET = Identifier(IdentifierKind.TICKET, "zendesk:glow", "9").key
NOW = at(100)
LONG_AGO = START - timedelta(days=400)
ATTESTED_WHOLE, CLAIMED = "whatsapp.identity_change", "chat.typed"


def version(minutes: float = 0) -> Version:
    """A version of that minute."""
    return Version(at=at(minutes), event="e")


def view(key: str = "v1", minutes: float = 10, **parts: Any) -> PageView:
    """A look at a product."""
    known: dict[str, Any] = {"what": "product", "product": "rose", "title": "Rose Night Cream"}
    return PageView(key=key, at=at(minutes), **{**known, **parts})


def record(**values: Any) -> SourceRecord:
    """A record of HubSpot with these values."""
    told = tuple(FieldValue(field=field, value=value, version=version()) for field, value in sorted(values.items()))
    return SourceRecord(id="77", source="hubspot", version=version(), values=told)


def known(*, evidence: Evidence = Evidence.ATTESTED, rule: str = ATTESTED_WHOLE) -> Sight:
    """What Ana sees of a record that an edge of this evidence leads to."""
    fragment = Fragment(
        record=record(country="ES", language="es", street="Calle 1", birth_date="1990-01-02", tags=("VIP", "x")),
        emails=(EmailActivity(key="k", at=at(5), what="opened", campaign="Spring"),),
        tickets=(Ticket(id="9", state="open", version=version(), created_at=at(0), requester=RECORD),),
        consents=(SourceConsent(channel="email", state="subscribed", version=version()),),
    )
    here = profile(member(ANA, edge(RECORD, evidence, rule)), member(RECORD, fragment=fragment))
    return Sight(here, ANA, NOW)


def aged(*members: Member, sender: str = ANA) -> tuple[str, ...]:
    """The orders that the sender of these members is told of, by number."""
    return tuple(each.number for each in Sight(profile(*members), sender, NOW).orders(now=NOW))


def old_order(contact: str = PHONE, *, days: float = 400, version_days: float = 400) -> Fragment:
    """An order of so many days ago, changed last so many days ago."""
    placed, changed = NOW - timedelta(days=days), NOW - timedelta(days=version_days)
    return Fragment(
        orders=(
            order(contacts=(contact,), created_at=placed, version=0).model_copy(
                update={"version": Version(at=changed, event="e")}
            ),
        )
    )


def test_an_old_order_is_not_told_to_whoever_has_the_number_now() -> None:
    """The number was first seen with this sender long after the order: it may have been somebody else's then."""
    assert aged(member(ANA), member(PHONE, edge(ANA), fragment=old_order())) == ()


@pytest.mark.parametrize(
    ("days", "version_days", "told"), [(89, 89, True), (91, 91, False), (400, 89, True), (400, 91, False)]
)
def test_a_phone_speaks_for_ninety_days(days: float, version_days: float, *, told: bool) -> None:
    """What counts is the later of when the order was placed and when it last changed."""
    fragment = old_order(days=days, version_days=version_days)
    assert bool(aged(member(ANA), member(PHONE, edge(ANA), fragment=fragment))) is told


@pytest.mark.parametrize(("after", "told"), [(89, True), (90, True), (91, False)])
def test_who_was_seen_with_the_number_back_then_is_told(after: float, *, told: bool) -> None:
    """The platform sent the phone with this sender within ninety days of the order."""
    seen = NOW - timedelta(days=400) + timedelta(days=after)
    since = Edge(to=ANA, evidence=Evidence.ATTESTED, rule="whatsapp.sender", at=seen)
    assert bool(aged(member(ANA), member(PHONE, since, fragment=old_order()))) is told


def test_who_wrote_from_the_number_before_does_not_count() -> None:
    """Somebody wrote from the number back then, under the number alone: not certainly this sender."""
    fragment = old_order().seen_at(NOW - timedelta(days=399))
    assert aged(member(ANA), member(PHONE, edge(ANA), fragment=fragment)) == ()


def test_a_phone_that_wrote_back_then_itself_is_told() -> None:
    """The number is the sender, and wrote before: nothing says that it changed hands."""
    assert aged(member(PHONE, fragment=old_order().seen_at(NOW - timedelta(days=399))), sender=PHONE) == ("#1001",)
    assert aged(member(PHONE, fragment=old_order().seen_at(NOW)), sender=PHONE) == ()
    assert aged(member(PHONE, fragment=old_order()), sender=PHONE) == ()


def test_a_claim_of_having_had_the_number_counts_for_nothing() -> None:
    """An early edge that is only claimed leaves the order untold."""
    early = Edge(to=ANA, evidence=Evidence.CLAIMED, rule=CLAIMED, at=LONG_AGO)
    assert aged(member(ANA), member(PHONE, early, edge(ANA), fragment=old_order())) == ()


def test_another_contact_on_the_order_does_not_age() -> None:
    """An address that is attested for the sender stands on the order: numbers are given away, addresses are not."""
    assert aged(member(ANA), member(EMAIL, edge(ANA), fragment=old_order(EMAIL))) == ("#1001",)


def test_the_bound_is_ninety_days() -> None:
    """As docs/identity.md says."""
    assert timedelta(days=90) == PHONE_COUNTS_FOR


def test_what_sources_know_is_told_along_an_attested_path() -> None:
    """Record, e-mails, tickets and consent of a record that is attested to be the sender's."""
    sight = known()
    details = details_block(sight, DEFAULT_OWNERSHIP)
    assert details.value is not None
    assert {field: each.value for field, each in details.value.fields.items()} == {"country": "ES", "language": "es"}
    assert details.value.tags == ("vip", "x")
    assert (details.source, details.as_of, details.state) == ("hubspot:62515", at(0), "fresh")
    assert [block.state for block in (marketing_block(sight, NOW), support_block(sight, NOW))] == ["fresh", "fresh"]
    consent = consent_block(sight, None)
    assert consent.value is not None
    assert [(each.channel, each.state, each.source) for each in consent.value.all] == [
        ("email", "subscribed", "hubspot:62515")
    ]


def test_address_and_date_of_birth_need_a_proven_path() -> None:
    """They are `verified`."""
    told = details_block(known(evidence=Evidence.PROVEN), DEFAULT_OWNERSHIP).value
    assert told is not None
    assert set(told.fields) == {"birth_date", "country", "language", "street"}


@pytest.mark.parametrize(
    ("evidence", "rule"),
    [
        (Evidence.CLAIMED, ATTESTED_WHOLE),
        (Evidence.CARRIED, ATTESTED_WHOLE),
        (Evidence.ATTESTED, "shop.order_contact"),
        (Evidence.ATTESTED, "a rule that nobody wrote down"),
    ],
    ids=["claimed", "carried", "attests an order only", "unknown rule"],
)
def test_what_sources_know_is_not_told_along_anything_else(evidence: Evidence, rule: str) -> None:
    """Claims, links that get forwarded, what attests one order only, and what has no row in the table open nothing."""
    sight = known(evidence=evidence, rule=rule)
    assert (sight.records(), sight.tickets(), sight.emails(), sight.consents()) == ((), (), (), ())
    blocks = (
        marketing_block(sight, NOW),
        support_block(sight, NOW),
        consent_block(sight, None),
        details_block(sight, DEFAULT_OWNERSHIP),
    )
    assert [(block.state, block.value) for block in blocks] == [("missing", None)] * 4


def test_being_in_one_profile_opens_no_record() -> None:
    """A merge by a person is no path."""
    here = profile(member(ANA), member(RECORD, fragment=Fragment(record=record(country="ES"))))
    assert Sight(here, ANA, NOW).records() == ()


def test_a_ticket_of_somebody_else_is_not_told() -> None:
    """A newer version says that somebody else asked: what lies in the sender's own record is stale."""
    mine = Ticket(id="9", state="open", version=version(0), created_at=at(0), requester=RECORD)
    theirs = mine.model_copy(update={"version": version(5), "requester": "source_record|zendesk:glow|other"})
    desk = Identifier(IdentifierKind.SOURCE_RECORD, "zendesk:glow", "1").key
    here = profile(
        member(ANA, edge(desk, rule=ATTESTED_WHOLE)),
        member(desk, fragment=Fragment(tickets=(mine.model_copy(update={"requester": desk}),))),
        member(TICKET, fragment=Fragment(tickets=(theirs,))),
    )
    assert Sight(here, ANA, NOW).tickets() == ()


def test_a_ticket_without_who_asked_needs_its_own_path() -> None:
    """Nobody stands on it: told only if the ticket itself is the sender's."""
    nobodys = Ticket(id="9", state="open", version=version(), created_at=at(0))
    lying_here = member(TICKET, fragment=Fragment(tickets=(nobodys,)))
    assert Sight(profile(member(ANA), lying_here), ANA, NOW).tickets() == ()
    linked = profile(member(ANA, edge(TICKET, rule=ATTESTED_WHOLE)), lying_here)
    assert Sight(linked, ANA, NOW).tickets() == (("zendesk:glow", nobodys),)


def given(*views: PageView, to: str = ANA, expires: float = 1_000) -> Member:
    """The link as it was given to a sender, with what a browser looked at that came by it."""
    link = PersonalLink(
        issued_to=to, conversation_id="c_1", purpose="cart", issued_at=at(0), expires_at=at(expires), visitor=VISITOR
    )
    return member(LINK, edge(to, Evidence.CARRIED, "personal_link"), link=link, fragment=Fragment(views=views))


def test_browsing_comes_by_a_link_given_to_this_sender() -> None:
    """Products; neither other pages nor searches, which are the visitor's own."""
    views = (view("b", 10), view("c", 11, what="search", search="gift for ana", product=None, title=None))
    sight = Sight(profile(member(ANA), given(*views)), ANA, NOW)
    assert sight.views(NOW) == ((views[0],), False)
    block = browsing_block(sight, NOW)
    assert block.value is not None
    assert ([each.title for each in block.value.products], block.value.searches) == (["Rose Night Cream"], ())


def test_a_link_given_to_somebody_else_shows_no_browsing() -> None:
    """Not to another identifier of the same profile either."""
    here = profile(member(ANA, edge(PHONE)), member(PHONE), given(view(), to=PHONE))
    assert Sight(here, ANA, NOW).views(NOW) == ((), False)
    assert Sight(here, PHONE, NOW).views(NOW) == ((view(),), False)


def test_a_link_without_an_edge_shows_no_browsing() -> None:
    """Given to the sender, but nothing leads there."""
    unlinked = given(view()).model_copy(update={"edges": ()})
    assert Sight(profile(member(ANA), unlinked), ANA, NOW).views(NOW) == ((), False)


def test_a_link_that_ran_out_shows_no_browsing() -> None:
    """Neither afterwards nor what was looked at afterwards."""
    here = profile(member(ANA), given(view("a", 40), view("b", 60), expires=50))
    assert Sight(here, ANA, NOW).views(at(49)) == ((view("a", 40),), False)
    assert Sight(here, ANA, NOW).views(at(51)) == ((), False)


def test_a_browser_of_somebody_known_is_withheld() -> None:
    """The link was forwarded: somebody else has signed in there since."""
    account = Identifier(IdentifierKind.SITE_ACCOUNT, "site", "bea").key
    known_browser = member(VISITOR, edge(account, rule=ATTESTED_WHOLE))
    here = profile(member(ANA), given(view()), known_browser)
    assert Sight(here, ANA, NOW).views(NOW) == ((), True)
    assert browsing_block(Sight(here, ANA, NOW), NOW).state == "withheld"
    her_own = profile(member(ANA, edge(account, rule=ATTESTED_WHOLE)), member(account), given(view()), known_browser)
    assert Sight(her_own, ANA, NOW).views(NOW) == ((view(),), False)


def test_what_a_browser_did_without_the_link_is_not_shown() -> None:
    """It lies with the browser, to which no attested path leads."""
    here = profile(
        member(ANA),
        given(),
        member(VISITOR, edge(LINK, Evidence.CARRIED, "personal_link"), fragment=Fragment(views=(view(),))),
    )
    assert Sight(here, ANA, NOW).views(NOW) == ((), False)


def test_the_senders_own_browser_shows_all_of_it() -> None:
    """A visitor who writes in the site's chat is told what they looked at and searched for."""
    searched = view("c", 11, what="search", search="night cream", product=None, title=None)
    here = profile(member(VISITOR, fragment=Fragment(views=(view(), searched))))
    block = browsing_block(Sight(here, VISITOR, NOW), NOW)
    assert block.value is not None
    assert block.value.searches == ("night cream",)
    assert Sight(here, ANA, NOW).views(NOW) == ((), False)


def test_a_suspended_link_or_browser_shows_nothing() -> None:
    """What is suspended neither links nor discloses."""
    here = profile(member(ANA), given(view()).model_copy(update={"suspended": "shared"}))
    assert Sight(here, ANA, NOW).views(NOW) == ((), False)
    alone = profile(member(VISITOR, suspended="shared", fragment=Fragment(views=(view(),))))
    assert Sight(alone, VISITOR, NOW).views(NOW) == ((), False)


def test_a_word_on_consent_is_told_to_whom_it_is_from() -> None:
    """What an identifier that is not the sender's said of promotions is not told."""

    def word(by: str, channel: str) -> ConsentWord:
        return ConsentWord(channel=channel, by=by, granted=False, at=at(0), event="e", homes=("p_1",))

    here = profile(member(ANA), member(EMAIL)).model_copy(
        update={"words": (word(EMAIL, "email"), word(ANA, "whatsapp"))}
    )
    told = consent_block(Sight(here, ANA, NOW), None).value
    assert told is not None
    assert [(each.channel, each.state) for each in told.all] == [("whatsapp", "unsubscribed")]


def test_the_conversations_own_consent_needs_no_path() -> None:
    """STOP and the platform's opt-out were said right here; the most restrictive word of two sources counts."""
    stopped = conversation(consent={"granted": False, "at": at(1)}, marketing={"granted": True, "at": at(0)})
    block = consent_block(None, stopped)
    assert block.value is not None
    assert [(each.purpose, each.state) for each in block.value.all] == [
        ("marketing", "subscribed"),
        ("messages", "unsubscribed"),
    ]
