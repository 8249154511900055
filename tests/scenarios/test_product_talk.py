"""The shop's catalogue in a conversation: what an ad leads to, and what is asked about a product."""

from pathlib import Path
from typing import Any

import pytest

from connectors.samples import SampleItem
from tests.running import Running, running
from tests.scenarios.looking import CHANNELS, customer, link_in
from tests.stores import StoreServer

CREAM = SampleItem(title="Rose Night Cream", variant="30 ml", sku="ROSE-30", variant_id=44100200777, price="31.50")
LARGE = SampleItem(title="Rose Night Cream", variant="50 ml", sku="ROSE-50", variant_id=44100200778, price="45.00")
DESCRIPTION = "<p>For the night.</p><ul><li>Vegan and free of perfume.</li></ul>"
EUROS = {"brands": {"glow": {"accounts": {"shop": {"currency": "EUR"}}}}}


async def cream_is_sold(shop: Running, kind: str = "product_created", **parts: Any) -> None:
    """The shop tells of its cream."""
    given = {"items": (CREAM,), "description": DESCRIPTION, "product_id": 82, "handle": "rose-night-cream", **parts}
    await shop.say("shopify", kind, **given)
    await shop.quiet()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_question_through_an_ad_is_answered_by_the_catalogue(
    store_server: StoreServer, tmp_path: Path, channel: str
) -> None:
    """The map names the shop's product by its id; title, sentence and the link into a cart come from the catalogue."""
    ads = {"brands": {"glow": {"products": {"777": {"product_id": "82"}}}}}
    async with running(store_server, tmp_path, **ads) as shop:
        await cream_is_sold(shop)
        said = await customer(shop, channel).says("is it vegan?", "ad_message", ad_id="777", ref="")

    assert "Rose Night Cream" in said.text
    assert "“Vegan and free of perfume.”" in said.text
    assert link_in(said.text)
    assert "/cart/44100200777:1" in said.text
    block = said.turn.context["product"]
    assert (block["state"], block["source"], block["needs_level"]) == ("fresh", "shopify", "new")
    assert block["value"]["why"] == "ad_click"


async def test_what_the_settings_say_wins(store_server: StoreServer, tmp_path: Path) -> None:
    """A title in the map is said instead of the shop's; the rest is still the catalogue's."""
    ads = {"brands": {"glow": {"products": {"777": {"handle": "rose-night-cream", "title": "Our Bestseller"}}}}}
    async with running(store_server, tmp_path, **ads) as shop:
        await cream_is_sold(shop)
        said = await customer(shop, "instagram").says("is it vegan?", "ad_message", ad_id="777", ref="")

    assert "Our Bestseller" in said.text
    assert "Rose Night Cream" not in said.text
    assert "free of perfume" in said.text


async def test_product_is_named_and_its_price_told(store_server: StoreServer, tmp_path: Path) -> None:
    """A stranger on any channel asks for a product by its name: price, stock and link are public."""
    async with running(store_server, tmp_path, **EUROS) as shop:
        await cream_is_sold(shop, items=(CREAM, LARGE))
        said = await customer(shop, "messenger").says("hi, how much is the rose night cream?")
        after = await customer(shop, "messenger").says("what does the rose day cream cost?")

    assert "Rose Night Cream costs €31.50 to €45.00." in said.text
    assert "https://glow.myshopify.com/products/rose-night-cream" in said.text
    assert said.turn.context["product"]["value"]["why"] == "named"
    assert said.turn.context["identity"]["level"] == "channel"
    assert after.turn.context["product"]["state"] == "missing"


@pytest.mark.parametrize("change", [{"kind": "product_deleted"}, {"kind": "product_updated", "handle": "gone"}])
async def test_product_is_told_as_it_is_now(shop: Running, change: dict[str, Any]) -> None:
    """What was deleted is not told any more, and what has changed is told as it is."""
    await cream_is_sold(shop)
    await cream_is_sold(shop, **change)
    said = await customer(shop, "instagram").says("is the rose night cream vegan?")

    if change["kind"] == "product_deleted":
        assert said.turn.context["product"]["state"] == "missing"
    else:
        assert said.turn.context["product"]["value"]["url"].endswith("/products/gone")


async def test_message_about_a_catalogue_product_is_about_the_shops(shop: Running) -> None:
    """WhatsApp names a product by its retailer id; where that is the shop's SKU it is the shop's product."""
    await cream_is_sold(shop, items=(SampleItem(title="Rose Night Cream", sku="ROSE-30", variant_id=44100200777),))
    said = await customer(shop, "whatsapp").says("my list", "order", items=(SampleItem(title="x", sku="ROSE-30"),))

    assert said.turn.context["product"]["value"]["title"] == "Rose Night Cream"
    assert said.turn.context["product"]["value"]["why"] == "referred"


async def test_question_after_the_ad_is_still_about_it(shop: Running) -> None:
    """Whoever came through an ad and asks a minute later means its product; what goes unanswered is a person's."""
    ana = customer(shop, "instagram")
    greeted = await ana.says("hi", "ad_message")
    said = await ana.says("is it vegan?")

    assert "Great that you like Glow Skincare Bundle" in greeted.text
    assert "Glow Skincare Bundle" in said.text
    assert (await ana.conversation()).needs_person
