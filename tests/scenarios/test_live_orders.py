"""`look_up: orders`: the orders that a customer may be told of anyway, as the shop has them this second."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import Behaviour, garbage, server_error, too_many_requests
from connectors.testing.graph_api import Answer
from connectors.testing.source_apis import SourceApis
from middleware.domain.profile import Profile
from middleware.pipeline.trace import Traces
from tests.running import Running, minutes_ago, running
from tests.scenarios.looking import turns
from tests.stores import StoreServer

FLOW = """flow: parcel
purpose: How far an order is.
needs: [orders]
triggers: {intent: {en: [how far is it]}}
steps:
  - look_up: orders
  - reply: how_far
"""
TEMPLATE = """name: how_far
purpose: How far an order is.
locales:
  en:
    text: "{{ orders.latest.number }} is {{ orders.latest.state }}{% if not orders.fresh %}, as I saw it{% endif %}."
    fallback: I know of no order.
"""
NUMBER, OTHER = "34600111222", "34600999999"


@pytest.fixture
async def apis() -> AsyncIterator[SourceApis]:
    """The shop's API."""
    async with SourceApis() as it:
        yield it


@pytest.fixture
async def shop(apis: SourceApis, store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation whose flow reads orders anew, and which knows an order of the customer and one of another."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "parcel.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "templates" / "how_far.yaml").write_text(TEMPLATE, encoding="utf-8")
    account = {"token": apis.token, "base_url": apis.url}
    brand = {"flows": str(tmp_path), "enrich_within": "1s", "accounts": {"shop": account}}
    async with running(store_server, tmp_path, brands={"glow": brand}) as it:
        for number, phone in ((1001, NUMBER), (2002, OTHER)):
            body, headers = it.sample(
                "shopify", "order_paid", phone=f"+{phone}", order_id=number, order_number=number, at=minutes_ago(5)
            )
            assert await it.post("shopify", body, headers) == 200
            apis.orders.append(json.loads(body))
        await it.quiet()
        yield it


def order_of(apis: SourceApis, number: int) -> dict[str, Any]:
    """An order as the shop has it."""
    (found,) = (each for each in apis.orders if each["id"] == number)
    return found


async def answer_of(shop: Running) -> str:
    """What the customer is told."""
    await shop.say("whatsapp", sender=NUMBER, text="How far is it by now?")
    (reply,) = await shop.replies()
    return reply.text


async def reason_of(shop: Running) -> str:
    """What the reasons of the one turn say of the look-up."""
    (turn,) = await turns(shop)
    (why,) = (each for each in turn.decision.why if each.startswith("look-up orders: "))
    return why


async def kept(shop: Running) -> list[str]:
    """The states of all orders that are stored of the customer."""
    context = await shop.context("whatsapp", NUMBER)
    assert context.identity.profile_id is not None
    stored = await shop.here.brands["glow"].store.get(Profile, [context.identity.profile_id])
    members = stored[context.identity.profile_id].record.members
    return [order.state for member in members for order in member.fragment.orders]


async def test_what_the_shop_says_now_is_told(shop: Running, apis: SourceApis) -> None:
    """Only their own order is asked for, the turn and its trace say that it was, and nothing of it is stored."""
    order_of(apis, 1001).update(updated_at=minutes_ago(0).isoformat(), fulfillment_status="fulfilled")
    assert await answer_of(shop) == "#1001 is shipped."
    assert [query["ids"] for _, query in apis.asked] == ["1001"]
    assert await reason_of(shop) == "look-up orders: fresh"
    (turn,) = await turns(shop)
    (trace,) = await Traces(shop.here.brands, shop.here.clock).find("glow", turn.id)
    assert {each.name: each.state for each in trace.blocks}["lookups.orders"] == "fresh"
    assert await kept(shop) == ["paid"]


async def test_what_is_older_than_what_is_known_changes_nothing(shop: Running, apis: SourceApis) -> None:
    """A copy that the shop serves from before is not told in place of the newer one."""
    order_of(apis, 1001).update(updated_at=minutes_ago(500).isoformat(), financial_status="pending")
    assert await answer_of(shop) == "#1001 is paid."


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (too_many_requests(retry_after=2), "throttled (429)"),
        (server_error(), "answered 500"),
        (garbage(), "an answer that is no page"),
        (Behaviour(delay=30), "no answer within 1000 ms"),
    ],
    ids=["throttled", "broken", "garbage", "late"],
)
async def test_where_the_shop_does_not_say_what_is_known_is_told_as_old(
    shop: Running, apis: SourceApis, trouble: Behaviour, why: str
) -> None:
    """What is joined stays, marked stale, and the reasons say why."""
    order_of(apis, 1001).update(updated_at=minutes_ago(0).isoformat(), fulfillment_status="fulfilled")
    apis.trouble = lambda _: trouble
    assert await answer_of(shop) == "#1001 is paid, as I saw it."
    reason = await reason_of(shop)
    assert reason.startswith("look-up orders: stale, ")
    assert reason.endswith(f"({why})")


async def test_an_order_on_which_nothing_of_the_customer_stands_any_more_is_not_told(
    shop: Running, apis: SourceApis
) -> None:
    """What the shop says now decides: the phone on it is another one."""
    other = json.loads(json.dumps(order_of(apis, 1001)).replace(NUMBER, OTHER))
    apis.orders[:] = [{**other, "updated_at": minutes_ago(0).isoformat()}]
    assert await answer_of(shop) == "I know of no order."
    assert (await reason_of(shop)).startswith("look-up orders: withheld (by what the shop says now")


async def test_a_shop_that_answers_with_other_orders_tells_nobody_of_them(shop: Running, apis: SourceApis) -> None:
    """What was not asked for is dropped, whatever it says of itself."""
    now = minutes_ago(0).isoformat()
    forged = {**order_of(apis, 2002), "phone": f"+{NUMBER}", "created_at": now, "updated_at": now}
    said = Answer.of(200, {"orders": [forged, order_of(apis, 1001)]})
    apis.trouble = lambda _: Behaviour(answer=said)
    assert await answer_of(shop) == "#1001 is paid."


async def test_nobody_is_asked_for_a_customer_who_may_be_told_of_no_order(shop: Running, apis: SourceApis) -> None:
    """A stranger on a channel that attests no phone."""
    await shop.say("instagram", sender="9201", text="How far is it by now?")
    (reply,) = await shop.replies()
    assert reply.text == "I know of no order."
    assert await reason_of(shop) == "look-up orders: withheld"
    assert apis.asked == []
