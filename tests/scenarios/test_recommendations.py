"""What fits, in a conversation: an order comes by webhook, the customer asks, and is told what goes with it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.samples import SampleItem
from connectors.testing import SentMessage
from middleware.domain.forms import Cards
from tests.running import ACCOUNT_IDS, CLIENT_KEY, Running, running
from tests.scenarios.looking import customer, turns
from tests.stores import StoreServer

ANA, BEA = "+34600111222", "+34600999888"
RULES = """
accessories:
  - to: moka-pot
    recommend: [filter-paper]
replenishment:
  - products: beans
    after: 1d
"""
POT = SampleItem(title="Moka pot", variant="Steel", sku="POT", variant_id=810, price="39.00", product_id=81)
PAPER = SampleItem(title="Filter paper", variant="100", sku="PAPER", variant_id=820, price="4.50", product_id=82)
BEANS = SampleItem(title="House beans", variant="500 g", sku="BEANS", variant_id=830, price="12.00", product_id=83)
CUP = SampleItem(title="Espresso cup", variant="White", sku="CUP", variant_id=840, price="9.00", product_id=84)
HANDLES = {"moka-pot": POT, "filter-paper": PAPER, "house-beans": BEANS, "espresso-cup": CUP}

Opened = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def coffee(store_server: StoreServer, tmp_path: Path) -> Opened:
    """A shop that sells coffee things, with its rules."""

    @asynccontextmanager
    async def opened(rules: str | None = RULES) -> AsyncIterator[Running]:
        brand: dict[str, Any] = {"accounts": {"shop": {"currency": "EUR"}}}
        if rules is not None:
            (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
            brand["recommendations"] = str(tmp_path / "rules.yaml")
        async with running(store_server, tmp_path, brands={"glow": brand}) as shop:
            for handle, item in HANDLES.items():
                await shop.say("shopify", "product_created", items=(item,), product_id=item.product_id, handle=handle)
            await shop.quiet()
            yield shop

    return opened


async def orders(shop: Running, number: int, *items: SampleItem, phone: str = ANA, kind: str = "order_created") -> None:
    """Somebody orders."""
    await shop.say("shopify", kind, phone=phone, order_id=5_000 + number, order_number=number, items=items)


async def asks(shop: Running, text: str, phone: str = ANA) -> list[SentMessage]:
    """What is said to somebody who asks on WhatsApp."""
    before = len(shop.graph.sent)
    await shop.say("whatsapp", sender=f"ES.{phone[-3:]}", phone=phone, text=text)
    return (await shop.replies(at_least=before + 1))[before:]


async def test_what_goes_with_an_order_is_recommended(coffee: Opened) -> None:
    """The order came by webhook, the question by WhatsApp; the answer names both, the price and the page."""
    async with coffee() as shop:
        await orders(shop, 1001, POT)
        await shop.quiet()
        said = await asks(shop, "What goes with it?")

    text = "\n".join(each.text for each in said)
    assert "Filter paper goes well with Moka pot." in text
    assert "€4.50" in text
    assert "https://glow.myshopify.com/products/filter-paper" in str(said)


async def test_the_reason_is_in_the_turn_and_the_block_in_its_context(coffee: Opened) -> None:
    """Who looks later sees what was recommended and why; nobody asked for it in a turn that needs none."""
    async with coffee() as shop:
        await orders(shop, 1001, POT)
        await shop.quiet()
        said = await asks(shop, "Was passt dazu?")
        await asks(shop, "Where is my order?")
        asked, other = await turns(shop)

    assert "Zu Moka pot passt Filter paper." in said[0].text
    assert "1 recommended: accessory (order)" in asked.decision.why
    block = asked.context["recommendations"]
    assert (block["state"], block["needs_level"]) == ("fresh", "linked")
    assert block["value"]["items"][0]["because_of"] == "Moka pot"
    assert "recommendations" not in other.context


async def test_others_are_told_nothing_of_it(coffee: Opened) -> None:
    """Who writes from another number and types the order's number learns neither the order nor what goes with it."""
    async with coffee() as shop:
        await orders(shop, 1001, POT)
        await shop.quiet()
        said = await asks(shop, "What do you recommend for order #1001 of ana@example.com?", phone=BEA)
        named = await asks(shop, "What goes with the moka pot?", phone=BEA)

    text = "\n".join(each.text for each in said)
    assert "nothing for you yet" in text
    assert "Moka" not in text
    assert "Filter paper goes well with Moka pot." in "\n".join(each.text for each in named)


async def test_what_others_bought_with_it_is_counted_by_itself(coffee: Opened) -> None:
    """Without any rule: three orders of others have a cup with the pot, told twice and one of them called off later."""
    async with coffee(rules=None) as shop:
        for number in range(2001, 2005):
            for _ in range(2):
                await orders(shop, number, POT, CUP, phone=f"+3460000{number}")
        await orders(shop, 1001, POT)
        await shop.jobs_over()
        said = await asks(shop, "any suggestions?")
        block = (await shop.context("whatsapp", f"ES.{ANA[-3:]}")).recommendations
        for number in (2003, 2004):
            await orders(shop, number, POT, CUP, phone=f"+3460000{number}", kind="order_cancelled")
        await shop.jobs_over()
        after = await asks(shop, "any suggestions?")

    assert "Others who bought Moka pot also took Espresso cup." in "\n".join(each.text for each in said)
    assert block is not None
    assert block.value is not None
    assert [(each.title, each.together, each.of) for each in block.value.items] == [("Espresso cup", 4, 5)]
    assert "nothing for you yet" in "\n".join(each.text for each in after)


async def test_clients_get_the_block_when_they_name_it(coffee: Opened) -> None:
    """GET /v1/context works it out for whoever asks for it by name."""
    async with coffee() as shop:
        await orders(shop, 1001, POT)
        await shop.quiet()
        await asks(shop, "Hello")
        query = {"channel": "whatsapp", "account": ACCOUNT_IDS["whatsapp"], "sender": f"ES.{ANA[-3:]}"}
        headers = {"Authorization": f"Bearer {CLIENT_KEY}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            async with http.get(f"{shop.url}/v1/context", params={**query, "blocks": "recommendations"}) as answer:
                named = await answer.json()
            async with http.get(f"{shop.url}/v1/context", params={**query, "blocks": "history"}) as answer:
                other = await answer.json()

    assert [each["title"] for each in named["recommendations"]["value"]["items"]] == ["Filter paper"]
    assert "recommendations" not in other


async def test_cards_where_the_channel_has_them(coffee: Opened) -> None:
    """In the site's chat, what goes with a product that is named comes as a card with its page."""
    async with coffee() as shop:
        said = await customer(shop, "webchat").says("What goes with the moka pot?")

    (form,) = [each.form for each in said.turn.decision.replies if each.form is not None]
    assert isinstance(form, Cards)
    assert [(each.title, each.subtitle) for each in form.cards] == [("Filter paper", "€4.50")]
