"""Nobody learns through a recommendation what they may not be told: it tells what it rests on."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from middleware.domain.co_purchases import CoPurchases, CountedOrder
from middleware.domain.commerce import Cart, LineItem, Order
from middleware.domain.context import RECOMMENDATIONS, Block, Context, IdentityView, Policy
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind, Level
from middleware.domain.identity import PersonalLink
from middleware.domain.profile import Member, Profile
from middleware.domain.recommendations import RecommendationRules, RecommendationsView
from middleware.domain.signals import PageView
from middleware.errors import StoreUnavailable
from middleware.identity.disclosure import Sight
from middleware.pipeline.catalogue import Catalogue
from middleware.pipeline.enriching import Enriching, Wanted
from middleware.pipeline.parts import AdProduct, Brand
from middleware.pipeline.products import Found
from middleware.pipeline.recommending.gathering import Recommending, recommendations_block
from middleware.pipeline.recommending.rules import Rules
from middleware.ports import Put
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
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import brand_of
from tests.unit.middleware.test_recommending import BAG, BEANS, CUP, PAPER, POT, catalogue_of, goes_with

ANA, PHONE, EMAIL = bsuid("ES.1").key, phone().key, email().key
LINK = link_key("Zk3_mXq8-PwR71TbYc5LdA")
VISITOR = Identifier(IdentifierKind.VISITOR, "site", "v1").key
CUSTOMER = Identifier(IdentifierKind.SHOP_CUSTOMER, "glow", "7").key
NOW = at(100)
RULES = RecommendationRules(accessories=(goes_with("1", "2"), goes_with("4", "5")))
"""Paper goes with the pot, a bag with the cup."""


def brand(catalogue: Catalogue | None = None) -> Brand:
    """A brand with those rules."""
    known = catalogue or catalogue_of(POT, PAPER, BEANS, CUP, BAG)
    return replace(brand_of(MemoryStore()), catalogue=known, recommending=Rules(RULES))


def of_pot(*contacts: str, number: int = 1001) -> Order:
    """An order of the pot with these contacts on it."""
    return order(number, contacts=contacts, items=(LineItem(title="Pot", product_id="1"),))


def with_cup(*contacts: str, **parts: object) -> Cart:
    """A cart with the cup in it."""
    return cart(items=(LineItem(title="Cup", product_id="4"),), contacts=contacts, **parts)


def came_back(*, carts: tuple[Cart, ...] = (), views: tuple[PageView, ...] = (), to: str = ANA) -> Member:
    """A personal link given to a sender, with what came back by it."""
    link = PersonalLink(
        issued_to=to, conversation_id="c_1", purpose="cart", issued_at=at(0), expires_at=at(1_000), visitor=VISITOR
    )
    edge_to = edge(to, Evidence.CARRIED, "personal_link")
    return member(LINK, edge_to, link=link, fragment=Fragment(carts=carts, views=views))


def seen(number: str = "3") -> PageView:
    """A look at a product."""
    return PageView(key="v", at=at(10), what="product", product=f"p{number}", title=f"Thing {number}")


async def told(*members: Member, sender: str = ANA, about: Found | None = None) -> Block[RecommendationsView]:
    """What the sender of these members is told."""
    return await recommendations_block(brand(), Sight(profile(*members), sender, NOW), about, NOW)


def reasons(block: Block[RecommendationsView]) -> list[tuple[str, str, str | None]]:
    """Title, reason, and what it rests on, of each."""
    items = block.value.items if block.value is not None else ()
    return [(each.title, each.rests_on, each.because_of) for each in items]


async def test_what_rests_on_an_order_needs_an_attested_path() -> None:
    """Whose number stands on the order is told what goes with it, and for what; that needs `linked`."""
    block = await told(member(ANA), member(PHONE, edge(ANA), fragment=Fragment(orders=(of_pot(PHONE),))))
    assert reasons(block) == [("Thing 2", "order", "Thing 1")]
    assert (block.state, block.needs_level, block.source) == ("fresh", Level.LINKED, "e")


@pytest.mark.parametrize("evidence", [Evidence.CLAIMED, Evidence.CARRIED])
async def test_a_claim_or_a_link_opens_no_purchase(evidence: Evidence) -> None:
    """Who typed an address, or came by a link that may be forwarded, gets nothing for what was bought there."""
    behind = member(EMAIL, edge(ANA, evidence), fragment=Fragment(orders=(of_pot(EMAIL),)))
    block = await told(member(ANA), behind)
    assert (block.state, block.value, block.needs_level) == ("missing", None, Level.NEW)


async def test_another_order_of_the_same_customer_is_no_reason() -> None:
    """The sender's number stands on one order; what else its customer bought is not told this way either."""
    mine = order(1001, contacts=(PHONE, CUSTOMER), items=(LineItem(title="Beans", product_id="3"),))
    other = of_pot(CUSTOMER, number=1002)
    block = await told(
        member(ANA),
        member(PHONE, edge(ANA), fragment=Fragment(orders=(mine,))),
        member(CUSTOMER, fragment=Fragment(orders=(mine, other))),
    )
    assert reasons(block) == []


async def test_a_shared_number_is_no_reason() -> None:
    """A number that reaches too many people discloses nothing, so nothing is recommended for what it bought."""
    shared = member(PHONE, edge(ANA), suspended="shared", fragment=Fragment(orders=(of_pot(PHONE),)))
    assert reasons(await told(member(ANA), shared)) == []


async def test_a_cart_that_bears_another_name_is_no_reason() -> None:
    """Nothing goes with a cart into which a stranger typed who they are; with an own one something does."""
    strange = await told(member(ANA), came_back(carts=(with_cup("email||stranger@example.com"),)))
    own = await told(member(ANA), came_back(carts=(with_cup(),)))
    assert reasons(strange) == []
    assert (reasons(own), own.needs_level) == ([("Thing 5", "cart", "Thing 4")], Level.CARRIED)


async def test_what_was_looked_at_in_somebody_elses_browser_is_no_reason() -> None:
    """The link was forwarded: who signed in there is somebody else. In nobody's browser it is recommended."""
    account = Identifier(IdentifierKind.SITE_ACCOUNT, "site", "bea").key
    hers = member(VISITOR, edge(account, rule="whatsapp.identity_change"))
    withheld = await told(member(ANA), came_back(views=(seen(),)), hers)
    own = await told(member(ANA), came_back(views=(seen(),)))
    assert reasons(withheld) == []
    assert (reasons(own), own.needs_level) == ([("Thing 3", "view", "Thing 3")], Level.CARRIED)


async def test_a_visitor_who_shares_a_browser_is_told_of_looks_alone() -> None:
    """Whoever sits at the browser sees what was looked at there, and no purchase of the person it belongs to."""
    bought = Fragment(orders=(of_pot(PHONE),))
    block = await told(
        member(VISITOR, fragment=Fragment(views=(seen(),))), member(PHONE, fragment=bought), sender=VISITOR
    )
    assert (reasons(block), block.needs_level) == ([("Thing 3", "view", "Thing 3")], Level.CHANNEL)


async def test_what_goes_with_what_the_message_names_is_everybodys() -> None:
    """Nobody has to be known to be told what goes with a product that they name themselves."""
    about = Found(AdProduct(), POT, None, "named")
    nobody = await recommendations_block(brand(), None, about, NOW)
    assert (reasons(nobody), nobody.needs_level) == ([("Thing 2", "message", "Thing 1")], Level.NEW)


async def test_what_is_not_seen_is_not_left_out_either() -> None:
    """A purchase that the sender may not see keeps nothing from being recommended: that would tell of it."""
    about = Found(AdProduct(), POT, None, "named")
    hidden = Fragment(orders=(order(1001, contacts=(EMAIL,), items=(LineItem(title="Paper", product_id="2"),)),))
    block = await told(member(ANA), member(EMAIL, edge(ANA, Evidence.CLAIMED), fragment=hidden), about=about)
    assert reasons(block) == [("Thing 2", "message", "Thing 1")]


async def test_a_single_order_of_another_shows_nowhere() -> None:
    """What two orders have together is not told where three are asked for: no count stands for one person."""
    glow = brand()
    page = CoPurchases(id=POT.id)
    for number in range(2):
        page = page.with_order(CountedOrder(id=f"o{number}", at=at(number), products=("1", "3")), "1")
    await glow.store.write(Put(page))
    mine = profile(member(ANA), member(PHONE, edge(ANA), fragment=Fragment(orders=(of_pot(PHONE),))))
    block = await recommendations_block(glow, Sight(mine, ANA, NOW), None, NOW)
    assert reasons(block) == [("Thing 2", "order", "Thing 1")]
    third = page.with_order(CountedOrder(id="o3", at=at(3), products=("1", "3")), "1")
    (stored,) = (await glow.store.get(CoPurchases, [POT.id])).values()
    await glow.store.write(stored.put(third))
    block = await recommendations_block(glow, Sight(mine, ANA, NOW), None, NOW)
    assert block.value is not None
    assert [(each.title, each.why, each.together, each.of) for each in block.value.items] == [
        ("Thing 2", "accessory", None, None),
        ("Thing 3", "bought_together", 3, 3),
    ]


def wanted(known: Profile, text: str = "recommend something", **message_parts: object) -> Wanted:
    """What a message of Ana brings."""
    event = message(bsuid("ES.1"), text=text)
    if message_parts:
        assert event.message is not None
        event = event.model_copy(update={"message": event.message.model_copy(update=message_parts)})
    context = Context(
        schema="throughline.context/1",
        trace_id="t",
        at=NOW,
        identity=IdentityView(level=Level.LINKED),
        policy=Policy(may_reply=True, may_promote=False),
    )
    return Wanted(context, event, known, ANA)


BOUGHT = profile(member(ANA), member(PHONE, edge(ANA), fragment=Fragment(orders=(of_pot(PHONE),))))


async def test_in_a_group_nothing_is_told() -> None:
    """Whoever writes in a group is recommended nothing for what they bought: others read it."""
    recommending = Recommending(brand())
    assert reasons(await recommending.block(wanted(BOUGHT))) == [("Thing 2", "order", "Thing 1")]
    assert reasons(await recommending.block(wanted(BOUGHT, group="g"))) == []
    assert reasons(recommending.instead(wanted(BOUGHT, group="g"), "late")) == []


async def test_where_the_counts_cannot_be_read_the_rules_still_hold() -> None:
    """A store that fails costs what is counted, and is told; never the answer."""
    glow = brand()

    async def fails() -> None:
        raise StoreUnavailable("down")

    cast("MemoryStore", glow.store).before = fails
    enriching = Enriching({RECOMMENDATIONS: Recommending(glow)}, timedelta(seconds=5))
    block = (await enriching.blocks(wanted(BOUGHT), [RECOMMENDATIONS]))[RECOMMENDATIONS]
    assert reasons(block) == [("Thing 2", "order", "Thing 1")]
    assert (block.state, block.why) == ("stale", "without what is bought together: it failed (StoreUnavailable)")


async def test_whatever_a_block_says_it_is_withheld_below_its_level() -> None:
    """Should a sight ever let through more than the level, nothing of it is told."""
    enriching = Enriching({RECOMMENDATIONS: Recommending(brand())}, timedelta(seconds=5))
    asked = wanted(BOUGHT)
    lower = asked.context.model_copy(update={"identity": IdentityView(level=Level.CHANNEL)})
    block = (await enriching.blocks(replace(asked, context=lower), [RECOMMENDATIONS]))[RECOMMENDATIONS]
    assert (block.state, block.value) == ("withheld", None)
