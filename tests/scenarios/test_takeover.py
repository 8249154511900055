"""Nobody gets at another person's data, whatever they type, order, forward or call themselves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.running import Running, minutes_ago
from tests.scenarios.attacking import (
    CUSTOMER,
    EMAIL,
    LANTERN,
    NAME,
    NUMBER,
    PHONE,
    TYPED,
    VASE,
    Attack,
    all_ask,
    all_say,
    attacked,
    merges,
    nobody_learned,
    on_all_channels,
    valeria_is_told,
    valeria_orders,
)
from tests.scenarios.looking import EVERYWHERE, Person, Said, customer, link_in
from tests.scenarios.shop_moves import SHOP_MOVES, Move
from tests.stores import StoreServer


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation in which every channel hands out personal links."""
    async with attacked(store_server, tmp_path) as it:
        yield it


@pytest.mark.parametrize("channel", EVERYWHERE)
async def test_typing_gets_nobody_anything(shop: Running, channel: str) -> None:
    """What someone types opens nothing, and is answered in the same words whether it exists or not."""
    attacks = [Attack(shop, customer(shop, channel, number), number) for number in range(len(TYPED))]
    texts, question = list(TYPED.values()), "where is my order?"
    await all_ask(attacks, "hello")
    before = [await all_say(attacks, texts), await all_ask(attacks, question)]

    await valeria_orders(shop)
    after = [await all_say(attacks, texts), await all_ask(attacks, question)]

    await nobody_learned(attacks)
    assert await merges(shop) == []
    for said_before, said_after in zip(before, after, strict=True):
        assert [each.text for each in said_after] == [each.text for each in said_before]
        assert list(map(_level, said_after)) == list(map(_level, said_before))
    await valeria_is_told(shop)


def _level(said: Said) -> object:
    return said.turn.context["identity"]["level"]


async def test_display_name_gets_nobody_anything(shop: Running) -> None:
    """Who calls himself like the victim is not the victim."""
    await valeria_orders(shop)
    attacks = on_all_channels(shop, name=NAME, own=("valeria", "quintana"))

    for text in ("where is my order?", "my cart please"):
        await all_ask(attacks, text)

    await nobody_learned(attacks)
    await valeria_is_told(shop)


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        ("messenger", "postback"),
        ("messenger", "quick_reply"),
        ("instagram", "postback"),
        ("instagram", "quick_reply"),
        ("whatsapp", "button"),
        ("whatsapp", "list_reply"),
        ("webchat", "quick_reply"),
    ],
)
async def test_payload_gets_nobody_anything(shop: Running, channel: str, kind: str) -> None:
    """A button's payload that names the victim opens nothing."""
    await valeria_orders(shop)
    attack = Attack(shop, customer(shop, channel))

    await attack.says("Where is my order?", kind, payload=f"order_status:{NUMBER}:{EMAIL}:phone||+{PHONE}")

    assert await attack.learned() == []
    await valeria_is_told(shop)


@pytest.mark.parametrize("first", ["victim", "attacker"])
@pytest.mark.parametrize("move", SHOP_MOVES.values(), ids=SHOP_MOVES)
async def test_ordering_gets_nobody_anything(shop: Running, first: str, move: Move) -> None:
    """Carts, orders and forwarded links show nobody another person's data, on no channel, whoever came first."""
    attacks = on_all_channels(shop)
    links = [link_in(said.text) or "" for said in await all_ask(attacks, "is it vegan?", "ad_message")]
    if first == "victim":
        await valeria_orders(shop)
    for attack, link in zip(attacks, links, strict=True):
        await move(attack, link)
    if first == "attacker":
        await valeria_orders(shop)
    await shop.quiet()

    for text in ("hi, I'm back", "my cart please", "where is my order?", f"where is my order #{NUMBER}?"):
        await all_ask(attacks, text)

    assert all(links)
    await nobody_learned(attacks)
    assert await merges(shop) == []
    await valeria_is_told(shop)


async def test_contact_typed_in_the_same_second_withholds_the_cart(shop: Running) -> None:
    """Shops tell times in whole seconds: who she is counts even if she typed it in the second of her first click."""
    for low, high in (("a", "z"), ("z", "a")):
        attack = Attack(shop, customer(shop, "instagram", ord(low)))
        link = link_in((await attack.says("is it vegan?", "ad_message")).text)
        moment, token = minutes_ago(1), low * 32
        given = {"link_id": link, "checkout_token": token, "items": (LANTERN,), "at": moment, "name": NAME}
        nobody = {"email": None, "customer_id": None}
        await shop.say("shopify", "checkout_created", message_id=f"{high}-1", **given, **nobody)
        await shop.say("shopify", "checkout_updated", message_id=f"{low}-2", email=EMAIL, customer_id=None, **given)
        await shop.quiet()

        await attack.says("my cart please")

        assert await attack.learned() == [], (low, high)


async def test_national_number_of_another_country_is_nobody_elses(shop: Running) -> None:
    """A French customer's national number is not read as the Spanish number with the same digits."""
    await valeria_orders(shop, phone="612345678", country="FR")
    attack = Attack(shop, Person(shop, "whatsapp", "34612345678", "Ben Ortega"))

    await attack.says("where is my order?")

    assert await attack.learned() == []


async def test_contact_that_left_the_order_is_told_no_more(shop: Running) -> None:
    """Once the shop has corrected the phone on an order, its former holder is told nothing more of it."""
    await valeria_orders(shop, phone="+34611000001", at=minutes_ago(2))
    ben = customer(shop, "whatsapp")
    assert str(NUMBER) in (await ben.says("where is my order?")).text

    await valeria_orders(shop)
    said = await ben.says("where is my order?")

    assert str(NUMBER) not in said.text
    assert said.turn.context["orders"]["state"] == "missing"
    await valeria_is_told(shop)


async def test_order_is_told_along_the_path_only(shop: Running) -> None:
    """A phone on one order of a customer opens that order, not the others of the same customer and address."""
    await valeria_orders(shop)
    await shop.say(
        "shopify", "order_created", phone="+34611000001", email=EMAIL, customer_id=CUSTOMER, name="Ben Ortega",
        order_id=4_444_555_566, order_number=2002, items=(VASE,), checkout_token="b2" * 16,
    )  # fmt: skip
    await shop.quiet()
    attack = Attack(shop, customer(shop, "whatsapp"))

    said = await attack.says("where are my orders?")

    assert "#2002" in said.text
    assert said.turn.context["orders"]["value"]["count"] == 1
    assert await attack.learned() == []
    await valeria_is_told(shop)


async def test_used_up_number_does_not_open_its_former_holders_order(shop: Running) -> None:
    """A number that turns up under another business-scoped id is suspended: its new owner is told nothing."""
    await valeria_orders(shop)
    first = Person(shop, "whatsapp", "ES.1111valeria", NAME)
    assert str(NUMBER) in (await first.says("where is my order?", phone=f"+{PHONE}")).text

    attack = Attack(shop, Person(shop, "whatsapp", "ES.2222ben", "Ben Ortega"))
    await attack.says("where is my order?", phone=f"+{PHONE}")

    assert await attack.learned() == []
