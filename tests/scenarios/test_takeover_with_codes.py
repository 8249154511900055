"""Nobody gets at another person's data by way of one-time codes, but who reads the mail at her address.

The same attacker and victim as in `attacking.py`. The brand sends codes, so that a typed address is answered with one.
"""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from middleware.domain.proof import Proof
from middleware.identity.proof import MOST_TRIES, OF_TARGET
from tests.running import Running
from tests.scenarios.attacking import (
    EMAIL,
    NAME,
    NUMBER,
    TYPED,
    Attack,
    all_ask,
    all_say,
    merges,
    nobody_learned,
    on_all_channels,
    valeria_is_told,
    valeria_orders,
)
from tests.scenarios.looking import EVERYWHERE, Said, customer, together
from tests.scenarios.mailroom import NOT_THIS_ONE, ON_ITS_WAY, Mailroom, with_codes, wrong
from tests.stores import StoreServer

NOBODYS, BENS = "someone.else@example.com", "ben@example.org"
MOST_CODES = OF_TARGET[0][1]
"""To one address in an hour."""


@pytest.fixture
async def coded(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[tuple[Running, Mailroom]]:
    """An installation whose brand sends codes."""
    async with with_codes(store_server, tmp_path) as (shop, room):
        yield shop, room


def _told(said: list[Said]) -> list[tuple[str, object]]:
    return [(each.text, each.turn.context["identity"]["level"]) for each in said]


@pytest.mark.parametrize("channel", EVERYWHERE)
async def test_typing_gets_nobody_anything(coded: tuple[Running, Mailroom], channel: str) -> None:
    """What is typed is answered word for word the same whether it exists or not; the code goes to her alone."""
    shop, room = coded
    attacks = [Attack(shop, customer(shop, channel, number), number) for number in range(len(TYPED))]
    texts, question = list(TYPED.values()), "where is my order?"
    await all_ask(attacks, "hello")
    before = [await all_say(attacks, texts), await all_ask(attacks, question)]

    await valeria_orders(shop)
    after = [await all_say(attacks, texts), await all_ask(attacks, question)]
    await all_ask(attacks, "123456")

    assert list(map(_told, after)) == list(map(_told, before))
    assert ON_ITS_WAY in after[0][0].text
    assert {each["To"] for each in room.got} <= {EMAIL}
    assert len(room.got) <= MOST_CODES
    await nobody_learned(attacks)
    assert await merges(shop) == []
    await valeria_is_told(shop)


@pytest.mark.parametrize("channel", EVERYWHERE)
async def test_an_address_that_nobody_has_is_answered_alike(coded: tuple[Running, Mailroom], channel: str) -> None:
    """Her address and one that the brand does not know bring the same words, step by step, until the right code."""
    shop, _ = coded
    await valeria_orders(shop)
    attacks = [Attack(shop, customer(shop, channel, number), number) for number in range(2)]
    addresses = (EMAIL, NOBODYS)
    steps = ("where is my order?", "{}", "123456", "123 456", "new code", "I am {}", "where is my order? {}", "hello")
    for step in steps:
        hers, nobodys = await all_say(attacks, [step.format(address) for address in addresses])
        assert _told([hers]) == _told([nobodys]), step
    await nobody_learned(attacks)


async def test_a_code_is_good_for_whoever_asked_alone(coded: tuple[Running, Mailroom]) -> None:
    """A code that Valeria asked for proves nothing for Ben, on no channel, though he waits for one of his own."""
    shop, room = coded
    await valeria_orders(shop)
    await shop.say(
        "shopify", "order_created", order_id=4_444_555_560, order_number=2002, customer_id=9_900, email=BENS,
        phone=None, name="Ben Ortega", checkout_token="b2" * 16,
    )  # fmt: skip
    await shop.quiet()
    hers = customer(shop, "instagram", 5, NAME)
    assert ON_ITS_WAY in (await hers.says(EMAIL)).text
    code = await room.code()
    waiting, stranger = on_all_channels(shop), [Attack(shop, customer(shop, each, 3), 9) for each in EVERYWHERE]
    await all_ask(waiting, BENS)

    answers = [*await all_ask(waiting, code), *await all_ask(stranger, code)]
    for text in ("where is my order?", f"where is my order #{NUMBER}?"):
        answers += [*await all_ask(waiting, text), *await all_ask(stranger, text)]

    assert all(NOT_THIS_ONE in each.text for each in answers[: len(waiting)])
    assert "verified" not in {each.turn.context["identity"]["level"] for each in answers}
    await nobody_learned([*waiting, *stranger])
    assert await merges(shop) == []
    told = await hers.says(code)
    assert f"#{NUMBER}" in told.text
    assert "Moonstone Lantern" in told.text


async def test_guessing_is_bounded_for_all_together(coded: tuple[Running, Mailroom]) -> None:
    """However many senders ask for codes to one address: so many codes, so many tries at each, and no more."""
    shop, room = coded
    await valeria_orders(shop)
    attacks = [
        Attack(shop, customer(shop, channel, number), number) for number, channel in enumerate(EVERYWHERE * 2, 20)
    ]
    assert all(ON_ITS_WAY in said.text for said in await all_ask(attacks, EMAIL))
    codes = [await room.code(number + 1) for number in range(MOST_CODES)]
    guesses = [wrong(codes[0], by) for by in range(1, 40) if wrong(codes[0], by) not in codes][: MOST_TRIES + 1]

    for guess in guesses:
        assert all(NOT_THIS_ONE in said.text for said in await all_ask(attacks, guess))
    # The very codes, each from everybody: whoever asked for it has no try left, and nobody else ever had one.
    for code in codes:
        assert all(NOT_THIS_ONE in said.text for said in await all_ask(attacks, code))

    store = shop.here.brands["glow"].store
    proofs = [each.record async for batch in store.scan(Proof) for each in batch]
    assert len(room.got) == MOST_CODES
    assert Counter(each.withheld for each in proofs) == {False: MOST_CODES, True: len(attacks) - MOST_CODES}
    assert not any(each.was_right for each in proofs)
    await nobody_learned(attacks)


async def test_guesses_at_the_same_time_are_no_more(coded: tuple[Running, Mailroom]) -> None:
    """Twenty guesses at once, the right one behind them: it comes too late."""
    shop, room = coded
    await valeria_orders(shop)
    attack = Attack(shop, customer(shop, "messenger", 30))
    await attack.says(EMAIL)
    code = await room.code()
    guesses = [wrong(code, by) for by in range(1, 21)]
    attack.typed += [*guesses, code]

    await together(shop, [(attack.ben, guess, "message", {}) for guess in guesses])
    answer = await attack.says(code)

    assert NOT_THIS_ONE in answer.text
    await nobody_learned([attack])
