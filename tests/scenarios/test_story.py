"""The story that everything is for: a message comes in, the sender is recognised, the reply knows their order."""

import pytest

from connectors.samples import SampleItem
from tests.running import Running, minutes_ago
from tests.scenarios.looking import CHANNELS, Person, Said, customer, documents, link_in, turns, without_links

ANA_PHONE = "34600111222"
ANA_EMAIL = "ana.ruiz@example.com"
CREAM = SampleItem(title="Rose Night Cream", variant="30 ml", sku="ROSE-30", variant_id=44100200777, price="31.50")


async def test_whatsapp_sender_is_told_about_the_order_with_their_phone(shop: Running) -> None:
    """A WhatsApp sender whose phone stands on an order is told its number and state without saying who they are."""
    await shop.say("shopify", "order_created", phone="+34600111222", order_number=1001)
    await shop.quiet()

    await shop.say("whatsapp", sender="34600111222", text="Where is my order?")
    (reply,) = await shop.replies()

    assert "#1001" in reply.text


@pytest.mark.parametrize("channel", CHANNELS)
async def test_reply_names_the_product_of_the_ad(shop: Running, channel: str) -> None:
    """Whoever comes through an ad is greeted with the product that the map names for it, and a personal link."""
    said = await customer(shop, channel).says("is it vegan?", "ad_message", ad_headline="Your skin, happier")

    assert "Glow Skincare Bundle" in said.text
    assert "Your skin, happier" not in said.text
    assert link_in(said.text)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_reply_names_the_headline_of_an_ad_without_product(shop: Running, channel: str) -> None:
    """Whoever comes through an ad that the map does not know is greeted with its headline, and no link."""
    said = await customer(shop, channel).says(
        "is it vegan?", "ad_message", ad_id="9999", ref="", ad_headline="Happy skin"
    )

    assert "Happy skin" in said.text
    assert "Glow Skincare Bundle" not in said.text
    assert link_in(said.text) is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("order_created", "has reached us"),
        ("order_paid", "is paid"),
        ("order_fulfilled", "is on its way"),
        ("order_cancelled", "was cancelled"),
    ],
)
async def test_order_is_told_in_its_state(shop: Running, kind: str, words: str) -> None:
    """The state that the shop told last is the one that its customer hears."""
    await shop.say("shopify", kind, phone=f"+{ANA_PHONE}", items=(CREAM,))
    await shop.quiet()

    said = await Person(shop, "whatsapp", ANA_PHONE, "Ana Ruiz").says("where is my order?")

    assert "#1001" in said.text
    assert words in said.text
    assert "Rose Night Cream" in said.text
    assert said.turn.context["identity"]["level"] == "linked"


async def test_another_phone_is_told_nothing_of_the_order(shop: Running) -> None:
    """A WhatsApp sender with a phone that stands on no order is told of none."""
    await shop.say("shopify", "order_paid", phone=f"+{ANA_PHONE}", items=(CREAM,))
    await shop.quiet()

    said = await Person(shop, "whatsapp", "34600111223").says("where is my order?")

    assert "1001" not in said.text
    assert "Rose" not in said.text


@pytest.mark.parametrize("channel", CHANNELS)
async def test_ben_learns_nothing(shop: Running, channel: str) -> None:
    """Ben types Ana's e-mail address and order number: not a word differs from what he hears of what is made up."""
    await shop.say("shopify", "order_paid", phone=f"+{ANA_PHONE}", email=ANA_EMAIL, name="Ana Ruiz", items=(CREAM,))
    await shop.quiet()
    ben = customer(shop, channel)

    real = await ben.says(f"Where is my order #1001? I am {ANA_EMAIL}")
    made_up = await ben.says("Where is my order #9999? I am nobody@example.org")

    assert real.text == made_up.text
    assert not any(word in real.text for word in ("1001", "Ana", "Rose", "paid"))
    assert "orders" not in real.turn.context or real.turn.context["orders"]["state"] == "missing"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_same_delivery_three_times_is_one_reply(shop: Running, channel: str) -> None:
    """A message that the platform delivers three times is one event, one turn and one reply."""
    body, headers = shop.sample(channel, "message", sender=customer(shop, channel).id, text="hello")
    for _ in range(3):
        assert await shop.post(channel, body, headers) == 200
        await shop.replies()

    assert len(shop.graph.sent) == 1
    assert len(await turns(shop)) == 1
    assert len(await documents(shop, "events")) == 1


async def _with_link(shop: Running, channel: str = "instagram") -> tuple[Person, str]:
    """A customer who got a personal link, and its id."""
    ana = customer(shop, channel, name="Ana Ruiz")
    link = link_in((await ana.says("is it vegan?", "ad_message")).text)
    assert link is not None
    return ana, link


async def test_cart_is_continued_where_the_link_was_given(shop: Running) -> None:
    """A cart that came through a personal link is continued in that conversation with a fresh link to it."""
    await shop.say("shopify", "order_paid", phone=f"+{ANA_PHONE}", email=ANA_EMAIL, checkout_token="0e" * 16)
    ana, link = await _with_link(shop)
    await shop.say("shopify", "checkout_created", link_id=link, email=None, customer_id=None, items=(CREAM,))
    await shop.quiet()

    back = await ana.says("hi, I'm back")
    fresh = link_in(back.text)
    asks = await ana.says("and where is my order?")

    assert "Rose Night Cream" in back.text
    assert fresh is not None
    assert fresh != link
    assert "/cart/44100200777:1?" in back.text
    assert "1001" not in asks.text
    assert asks.turn.context["identity"]["level"] == "carried"


async def test_fresh_link_carries_the_cart_on(shop: Running) -> None:
    """What comes back through the fresh link is continued as the first one was."""
    ana, link = await _with_link(shop)
    nobody = {"email": None, "customer_id": None}
    await shop.say("shopify", "checkout_created", link_id=link, items=(CREAM,), at=minutes_ago(5), **nobody)
    await shop.quiet()
    fresh = link_in((await ana.says("hi, I'm back")).text)

    oil = SampleItem(title="Rosehip Oil", variant="50 ml", variant_id=44100200888)
    await shop.say("shopify", "checkout_created", link_id=fresh, items=(oil,), checkout_token="0f" * 16, **nobody)
    await shop.quiet()

    assert "Rosehip Oil" in (await ana.says("my cart please")).text


async def test_cart_that_became_an_order_is_not_continued(shop: Running) -> None:
    """Once the order is placed nobody is asked to finish the cart."""
    ana, link = await _with_link(shop)
    await shop.say("shopify", "checkout_created", link_id=link, email=None, customer_id=None, items=(CREAM,))
    await shop.say("shopify", "order_created", link_id=link, phone=f"+{ANA_PHONE}", items=(CREAM,))
    await shop.quiet()

    said = await ana.says("hi, I'm back")

    assert "Rose Night Cream" not in said.text


@pytest.mark.parametrize(
    "typed",
    [
        {"customer_id": 7001, "email": None},
        {"customer_id": None, "email": "somebody@example.com"},
        {"customer_id": None, "email": None, "phone": "+34600999888"},
    ],
    ids=["customer", "e-mail", "phone"],
)
async def test_cart_of_somebody_who_said_who_they_are_is_withheld(shop: Running, typed: dict[str, object]) -> None:
    """A cart that bears any identity but the sender's is not shown: links get forwarded."""
    ana, link = await _with_link(shop)
    await shop.say("shopify", "checkout_created", link_id=link, items=(CREAM,), **typed)
    await shop.quiet()

    said = await ana.says("my cart please")

    assert "Rose" not in said.text
    assert said.turn.context["cart"]["state"] == "withheld"


async def test_nobody_typed_who_they_are(shop: Running) -> None:
    """A checkout without customer, e-mail and phone bears no identity: its cart may be shown."""
    ana, link = await _with_link(shop)
    body, headers = shop.sample(
        "shopify", "checkout_created", link_id=link, email=None, customer_id=None, items=(CREAM,)
    )
    assert b'"customer": null' in body
    assert await shop.post("shopify", body, headers) == 200
    await shop.quiet()

    said = await ana.says("my cart please")

    assert said.turn.context["cart"]["state"] == "fresh"
    assert "Rose Night Cream" in said.text


async def test_link_of_one_conversation_shows_nothing_in_another(shop: Running) -> None:
    """The cart is shown to whom the link was given, and to nobody else."""
    _, link = await _with_link(shop)
    await shop.say("shopify", "checkout_created", link_id=link, email=None, customer_id=None, items=(CREAM,))
    await shop.quiet()

    stranger = customer(shop, "instagram", 2)
    said: list[Said] = [await stranger.says("my cart please"), await customer(shop, "messenger").says("my cart please")]

    assert not any("Rose" in each.text for each in said)
    assert without_links(said[0].text) == without_links(said[1].text)
