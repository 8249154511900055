"""What a sender may see of a profile: along the widest path, limited by its weakest edge, order by order."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.fragment import AdClick, Fragment
from middleware.domain.identifiers import LEVEL_OF_EVIDENCE, Evidence, Level
from middleware.domain.identity import Edge, PersonalLink
from middleware.domain.profile import Member, Profile
from middleware.identity.disclosure import Sight
from tests.unit.middleware.builders import (
    at,
    bsuid,
    cart,
    edge,
    email,
    link_key,
    member,
    message,
    order,
    phone,
    profile,
)
from tests.unit.middleware.people import People

ANA, PHONE, OTHER_PHONE, EMAIL = bsuid("ES.1").key, phone().key, phone("+34600999888").key, email().key
LINK, OTHER_LINK = link_key("Zk3_mXq8-PwR71TbYc5LdA"), link_key("Yk3_mXq8-PwR71TbYc5LdB")
NOW = at(100)


def with_orders(*orders: object) -> Fragment:
    """A fragment of these orders."""
    return Fragment(orders=orders)


def given_link(to: str = ANA, expires: float = 1_000) -> PersonalLink:
    """A personal link that was given to a sender."""
    return PersonalLink(issued_to=to, conversation_id="c_1", purpose="cart", issued_at=at(0), expires_at=at(expires))


def carried(to: str = ANA) -> Edge:
    """The edge from a personal link to the sender that it was given to."""
    return edge(to, Evidence.CARRIED, "personal_link")


def levels(sender: str, *members: Member) -> dict[str, Level]:
    """How far one sender sees a profile of these members."""
    return Sight(profile(*members), sender, NOW).levels


def test_the_sender_sees_themselves_in_full() -> None:
    """There is no edge between a sender and what they themselves brought."""
    assert levels(PHONE, member(PHONE)) == {PHONE: Level.VERIFIED}


@pytest.mark.parametrize(
    ("evidence", "level"),
    [
        (Evidence.CLAIMED, Level.NEW),
        (Evidence.CARRIED, Level.CARRIED),
        (Evidence.ATTESTED, Level.LINKED),
        (Evidence.PROVEN, Level.VERIFIED),
    ],
)
def test_one_edge_lets_through_what_its_evidence_says(evidence: Evidence, level: Level) -> None:
    """Each kind of evidence has its level."""
    assert levels(PHONE, member(PHONE, edge(EMAIL, evidence)), member(EMAIL))[EMAIL] is level


def test_an_edge_leads_both_ways() -> None:
    """Whichever side keeps the edge, both are reached by it."""
    assert levels(EMAIL, member(PHONE, edge(EMAIL)), member(EMAIL))[PHONE] is Level.LINKED


def test_a_path_is_as_wide_as_its_weakest_edge() -> None:
    """Behind a carried edge everything is carried, however well attested it is among itself."""
    seen = levels(
        ANA,
        member(ANA, carried(LINK)),
        member(LINK, edge(PHONE, Evidence.PROVEN)),
        member(PHONE, edge(EMAIL)),
        member(EMAIL),
    )
    assert seen == {ANA: Level.VERIFIED, LINK: Level.CARRIED, PHONE: Level.CARRIED, EMAIL: Level.CARRIED}


def test_of_two_paths_the_wider_one_counts() -> None:
    """A longer path of attested edges beats a short claimed one, and its last edge is the reason."""
    sight = Sight(
        profile(
            member(ANA, edge(EMAIL, Evidence.CLAIMED, "chat.typed"), edge(PHONE)),
            member(PHONE, edge(EMAIL, Evidence.ATTESTED, "whatsapp.identity_change")),
            member(EMAIL),
        ),
        ANA,
        NOW,
    )
    assert sight.levels[EMAIL] is Level.LINKED
    assert sight.edges[EMAIL].rule == "whatsapp.identity_change"


def test_what_no_edge_leads_to_is_not_seen() -> None:
    """Being in one profile is no path."""
    assert levels(ANA, member(ANA), member(EMAIL)) == {ANA: Level.VERIFIED}


def test_a_suspended_identifier_is_no_step_of_any_path() -> None:
    """Neither is it seen itself, nor what lies behind it."""
    seen = levels(ANA, member(ANA, edge(PHONE)), member(PHONE, edge(EMAIL), suspended="new owner"), member(EMAIL))
    assert seen == {ANA: Level.VERIFIED}


def test_a_suspended_sender_sees_nothing() -> None:
    """Nor does a suspended sender see what it brought: it may have been somebody else who brought it."""
    sight = Sight(
        profile(member(PHONE, suspended="new owner", fragment=with_orders(order(contacts=(PHONE,))))), PHONE, NOW
    )
    assert sight.levels == {}
    assert sight.orders(now=NOW) == ()
    assert sight.clicks() is None
    assert sight.cart(NOW) == (None, False)
    assert sight.level() is Level.CHANNEL


def test_an_edge_to_somebody_outside_the_profile_leads_nowhere() -> None:
    """An identifier that is no member is not reached."""
    assert levels(ANA, member(ANA, edge(PHONE))) == {ANA: Level.VERIFIED}


def test_orders_on_which_the_sender_stands_are_told() -> None:
    """The phone that writes stands on the order: newest order first."""
    orders = with_orders(
        order(1001, contacts=(PHONE,), created_at=at(1)), order(1002, contacts=(PHONE,), created_at=at(2))
    )
    sight = Sight(profile(member(PHONE, fragment=orders)), PHONE, NOW)
    assert [each.number for each in sight.orders(now=NOW)] == ["#1002", "#1001"]


def test_orders_behind_an_attested_edge_are_told() -> None:
    """The phone that WhatsApp attests beside the writing id stands on the order."""
    here = profile(member(ANA), member(PHONE, edge(ANA), fragment=with_orders(order(contacts=(PHONE,)))))
    assert [each.number for each in Sight(here, ANA, NOW).orders(now=NOW)] == ["#1001"]


@pytest.mark.parametrize("evidence", [Evidence.CLAIMED, Evidence.CARRIED])
def test_orders_behind_weaker_edges_are_not_told(evidence: Evidence) -> None:
    """What was typed opens nothing, and a forwarded link opens no orders."""
    here = profile(member(ANA, edge(PHONE, evidence)), member(PHONE, fragment=with_orders(order(contacts=(PHONE,)))))
    assert Sight(here, ANA, NOW).orders(now=NOW) == ()


def test_an_order_that_the_contact_has_left_is_not_told() -> None:
    """The newest version of the order decides whether the contact still stands on it."""
    left = with_orders(order(contacts=(EMAIL,), version=2))
    assert Sight(profile(member(PHONE, fragment=left)), PHONE, NOW).orders(now=NOW) == ()


def test_a_newer_version_elsewhere_in_the_profile_decides() -> None:
    """An old copy of an order under one identifier shows nothing that a newer copy under another has taken back."""
    stale, newest = order(contacts=(PHONE,), version=1), order(contacts=("phone||+34600000000",), version=2)
    here = profile(member(ANA, fragment=with_orders(newest)), member(PHONE, edge(ANA), fragment=with_orders(stale)))
    assert Sight(here, ANA, NOW).orders(now=NOW) == ()


def test_the_newest_version_is_what_is_told() -> None:
    """Of two copies of one order that both may be told, the newer one is."""
    old, new = order(contacts=(PHONE,), version=1), order(contacts=(PHONE, OTHER_PHONE), version=2, state="shipped")
    here = profile(
        member(PHONE, fragment=with_orders(old)), member(OTHER_PHONE, edge(PHONE), fragment=with_orders(new))
    )
    (told,) = Sight(here, PHONE, NOW).orders(now=NOW)
    assert told.state == "shipped"


def test_another_order_of_the_same_customer_is_not_told() -> None:
    """A phone on order 1001 says nothing of order 1002, though both hang on one customer record."""
    both = with_orders(order(1001, contacts=("shop_customer|s|7", PHONE)), order(1002, contacts=("shop_customer|s|7",)))
    assert [each.number for each in Sight(profile(member(PHONE, fragment=both)), PHONE, NOW).orders(now=NOW)] == [
        "#1001"
    ]


async def test_the_customer_record_of_an_order_opens_no_other_order() -> None:
    """Two orders of one shop customer: the sender is told of the one on which their phone stands."""
    people = People()
    customer = "shop_customer|glow.myshopify.com|7001"
    await people.learns(order(1001, contacts=(PHONE, customer)))
    await people.learns(order(1002, contacts=(EMAIL, customer)))
    await people.hears(message(phone()))
    assert people.orders_seen_by(phone()) == ("#1001",)


def links_back(*carts: object, link: PersonalLink | None = None, closed: tuple[str, ...] = ()) -> Member:
    """A personal link through which carts came back."""
    return member(LINK, carried(), link=link or given_link(), fragment=Fragment(carts=carts, closed_carts=closed))


def test_a_cart_comes_by_a_link_given_to_this_sender() -> None:
    """The link was given to the one who writes, and it came back with a cart."""
    here = profile(member(ANA), links_back(cart(version=5)))
    assert Sight(here, ANA, NOW).cart(NOW) == (cart(version=5), False)


def test_a_link_given_to_somebody_else_shows_no_cart() -> None:
    """Not even to another identifier of the same person: the link was not given to it."""
    here = profile(member(ANA, edge(PHONE)), member(PHONE), links_back(cart(), link=given_link(to=PHONE)))
    assert Sight(here, ANA, NOW).cart(NOW) == (None, False)
    here = profile(member(ANA, edge(PHONE)), member(PHONE), links_back(cart()))
    assert Sight(here, PHONE, NOW).cart(NOW) == (None, False)


def test_a_cart_without_a_link_is_not_shown() -> None:
    """A cart under any other identifier came by no link, so nobody was given it."""
    here = profile(member(ANA, edge(PHONE)), member(PHONE, fragment=Fragment(carts=(cart(),))))
    assert Sight(here, ANA, NOW).cart(NOW) == (None, False)


def test_a_link_without_an_edge_shows_no_cart() -> None:
    """Issued to the sender, but nothing leads there: not carried."""
    unlinked = member(LINK, link=given_link(), fragment=Fragment(carts=(cart(),)))
    assert Sight(profile(member(ANA), unlinked), ANA, NOW).cart(NOW) == (None, False)


def test_an_expired_link_shows_no_cart() -> None:
    """After its time a link counts no more, also for a cart that came while it counted."""
    here = profile(member(ANA), links_back(cart(version=5), link=given_link(expires=50)))
    assert Sight(here, ANA, NOW).cart(at(49))[0] == cart(version=5)
    assert Sight(here, ANA, NOW).cart(at(51)) == (None, False)


def test_a_cart_that_changed_after_its_link_ran_out_is_not_shown() -> None:
    """What the cart has become since then did not come by the link."""
    here = profile(member(ANA), links_back(cart(version=60), link=given_link(expires=50)))
    assert Sight(here, ANA, NOW).cart(at(49)) == (None, False)


def test_a_cart_with_a_strangers_identity_is_withheld() -> None:
    """Somebody else typed who they are into this checkout: the link was forwarded."""
    here = profile(member(ANA), links_back(cart(contacts=("email||stranger@example.com",))))
    assert Sight(here, ANA, NOW).cart(NOW) == (None, True)


def test_a_cart_with_the_senders_own_attested_contact_is_shown() -> None:
    """The phone in the checkout is the one that WhatsApp attests for the sender."""
    mine = cart(contacts=(PHONE,))
    here = profile(member(ANA), member(PHONE, edge(ANA)), links_back(mine))
    assert Sight(here, ANA, NOW).cart(NOW) == (mine, False)


def test_one_strange_contact_is_enough_to_withhold() -> None:
    """The sender's own phone beside a stranger's address does not make the cart theirs."""
    mixed = cart(contacts=(PHONE, "email||stranger@example.com"))
    here = profile(member(ANA), member(PHONE, edge(ANA)), links_back(mixed))
    assert Sight(here, ANA, NOW).cart(NOW) == (None, True)


@pytest.mark.parametrize("evidence", [Evidence.CLAIMED, Evidence.CARRIED])
def test_a_contact_that_is_only_claimed_or_carried_withholds(evidence: Evidence) -> None:
    """A contact has to be attested for the sender, or the cart bears somebody else's identity."""
    here = profile(member(ANA, edge(EMAIL, evidence)), member(EMAIL), links_back(cart(contacts=(EMAIL,))))
    assert Sight(here, ANA, NOW).cart(NOW) == (None, True)


def test_a_suspended_contact_withholds() -> None:
    """A number that may have a new owner is not attested for anybody."""
    here = profile(member(ANA), member(PHONE, edge(ANA), suspended="new owner"), links_back(cart(contacts=(PHONE,))))
    assert Sight(here, ANA, NOW).cart(NOW) == (None, True)


def test_the_newest_open_cart_is_shown() -> None:
    """Of several carts the one that changed last, also across links; closed ones do not count."""
    first = links_back(cart("t1", version=5), cart("t2", version=9), cart("t3", version=20), closed=("t3",))
    second = member(OTHER_LINK, carried(), link=given_link(), fragment=Fragment(carts=(cart("t4", version=7),)))
    assert Sight(profile(member(ANA), first, second), ANA, NOW).cart(NOW) == (cart("t2", version=9), False)


def test_a_withheld_cart_does_not_hide_an_own_one() -> None:
    """The sender's own open cart is shown beside one that is not theirs."""
    here = profile(member(ANA), links_back(cart("t1", version=5), cart("t2", version=9, contacts=(EMAIL,))))
    assert Sight(here, ANA, NOW).cart(NOW) == (cart("t1", version=5), True)


def test_claimed_evidence_opens_nothing() -> None:
    """A claimed edge raises no level and shows no order, cart or click."""
    click = AdClick(key="k", at=at(0), channel="messenger")
    behind = Fragment(orders=(order(contacts=(EMAIL,)),), carts=(cart(),), first_click=click, last_click=click)
    here = profile(member(ANA, edge(EMAIL, Evidence.CLAIMED)), member(EMAIL, fragment=behind, link=given_link()))
    sight = Sight(here, ANA, NOW)
    assert sight.level() is Level.CHANNEL
    assert (sight.orders(now=NOW), sight.cart(NOW), sight.clicks()) == ((), (None, False), None)


def test_clicks_are_the_first_and_last_along_attestation() -> None:
    """The first click of one identifier and the last of another, and none that a mere link leads to."""
    clicks = [AdClick(key=f"k{minute}", at=at(minute), channel="messenger") for minute in range(4)]
    here = profile(
        member(ANA, edge(PHONE), fragment=Fragment(first_click=clicks[1], last_click=clicks[1])),
        member(PHONE, fragment=Fragment(first_click=clicks[2], last_click=clicks[2])),
        member(LINK, carried(), fragment=Fragment(first_click=clicks[0], last_click=clicks[3])),
    )
    assert Sight(here, ANA, NOW).clicks() == (clicks[1], clicks[2])


@pytest.mark.parametrize(
    ("sender", "members", "level"),
    [
        (ANA, (member(ANA),), Level.CHANNEL),
        (ANA, (member(ANA, edge(PHONE)), member(PHONE)), Level.LINKED),
        (ANA, (member(ANA), member(LINK, carried())), Level.CARRIED),
        (PHONE, (member(PHONE),), Level.LINKED),
    ],
    ids=["alone", "with a phone", "with a link", "a phone itself"],
)
def test_the_level_is_the_best_that_is_reached(sender: str, members: tuple[Member, ...], level: Level) -> None:
    """What counts is what lies beside the sender; a phone is itself what orders are attested by."""
    assert Sight(profile(*members), sender, NOW).level() is level


_NODES = [bsuid(f"ES.{number}").key for number in range(6)]


@st.composite
def _graphs(draw: st.DrawFn) -> Profile:
    """A small profile with any edges among its members, some of them to outside, some members suspended."""
    nodes = _NODES[: draw(st.integers(1, 6))]
    ends = st.sampled_from(_NODES)
    edges = draw(st.lists(st.tuples(st.sampled_from(nodes), ends, st.sampled_from(list(Evidence))), max_size=12))
    suspended = draw(st.sets(st.sampled_from(nodes), max_size=2))
    return profile(
        *(
            member(
                node,
                *(edge(to, evidence) for start, to, evidence in edges if start == node),
                suspended="new owner" if node in suspended else None,
            )
            for node in nodes
        )
    )


def _simple_paths(here: Profile, sender: str, target: str) -> Iterator[list[tuple[str, str]]]:
    """Every path without a repeated member from sender to target, as its steps."""
    free = [each.identifier for each in here.members if each.suspended is None]
    if sender not in free or target not in free:
        return
    between = [node for node in free if node not in {sender, target}]
    for length in range(len(between) + 1):
        for middle in itertools.permutations(between, length):
            yield list(itertools.pairwise((sender, *middle, target)))


def _widest_step(here: Profile, left: str, right: str) -> Level | None:
    """The best of all edges between two members, whichever keeps it."""
    found = [
        LEVEL_OF_EVIDENCE[each.evidence]
        for node in here.members
        for each in node.edges
        if {node.identifier, each.to} == {left, right}
    ]
    return max(found, default=None)


def _by_brute_force(here: Profile, sender: str) -> dict[str, Level]:
    """The maximum over all simple paths of the minimum over their steps."""
    seen: dict[str, Level] = {}
    for target in (each.identifier for each in here.members if each.suspended is None and each.identifier != sender):
        widths = []
        for path in _simple_paths(here, sender, target):
            steps = [_widest_step(here, left, right) for left, right in path]
            if None not in steps:
                widths.append(min(step for step in steps if step is not None))
        if widths:
            seen[target] = max(widths)
    if any(each.identifier == sender and each.suspended is None for each in here.members):
        seen[sender] = Level.VERIFIED
    return seen


@settings(max_examples=200, deadline=None)
@given(_graphs(), st.sampled_from(_NODES))
def test_levels_are_the_best_over_all_paths(here: Profile, sender: str) -> None:
    """On any small graph each level is what brute force over all simple paths finds."""
    assert Sight(here, sender, NOW).levels == _by_brute_force(here, sender)


@settings(max_examples=100, deadline=None)
@given(_graphs(), st.sampled_from(_NODES))
def test_the_reason_of_a_level_is_an_edge_that_leads_there(here: Profile, sender: str) -> None:
    """Every identifier but the sender is explained by an edge at least as wide as its level, from a member reached."""
    sight = Sight(here, sender, NOW)
    assert set(sight.edges) == set(sight.levels) - {sender}
    for identifier, reason in sight.edges.items():
        assert reason.to == identifier
        assert LEVEL_OF_EVIDENCE[reason.evidence] >= sight.levels[identifier]


def test_a_proof_grows_old() -> None:
    """A code proves for 30 days: afterwards the address is reached like one that is attested, and so is its order.

    After a year nothing of it is told: the address may be somebody else's by then.
    """
    mail = "email||ana@example.com"
    proven = Edge(to=mail, evidence=Evidence.PROVEN, rule="proof.email_code", at=NOW)
    here = profile(member(ANA, proven), member(mail, fragment=with_orders(order(contacts=(mail,)))))
    for days, level in ((29, Level.VERIFIED), (30, Level.LINKED), (364, Level.LINKED), (365, Level.CHANNEL)):
        later = NOW + timedelta(days=days)
        sight = Sight(here, ANA, later)
        assert sight.level() is level
        assert (mail in sight.proven()) is (level is Level.VERIFIED)
        assert [each.number for each in sight.orders(now=later)] == (["#1001"] if level > Level.CHANNEL else [])


def test_a_signed_token_does_not_grow_old() -> None:
    """What the brand's own site signed counts as before: only codes have a time."""
    account = "site_account|glow|1"
    signed = Edge(to=account, evidence=Evidence.PROVEN, rule="site.signed_token", at=NOW)
    assert Sight(profile(member(ANA, signed), member(account)), ANA, NOW + timedelta(days=99)).level() is Level.VERIFIED
