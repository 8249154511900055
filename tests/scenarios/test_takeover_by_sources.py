"""Nobody gets at another person's data by way of the other tools: sign-ups, leads, tickets, records, merges.

The same attacker and victim as in `attacking.py`: Ben, on any channel, puts Valeria's name, address and phone
wherever a form takes them.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.pipeline.merging import BY_HAND, merge_profiles
from tests.running import SHOP, Running, minutes_ago
from tests.scenarios.attacking import (
    CUSTOMER,
    EMAIL,
    NUMBER,
    TYPED,
    all_ask,
    merges,
    nobody_learned,
    on_all_channels,
    valeria_is_told,
    valeria_orders,
)
from tests.scenarios.looking import EVERYWHERE
from tests.scenarios.shop_moves import SHOP_MOVES
from tests.scenarios.source_moves import SOURCE_MOVES, Move, with_tools
from tests.stores import StoreServer


@pytest.fixture
async def tools(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with every tool beside the shop and the channels."""
    async with with_tools(store_server, tmp_path) as it:
        yield it


QUESTIONS = ("hi, I'm back", "where is my order?", f"where is my order #{NUMBER}?", f"my ticket please, I am {EMAIL}")


@pytest.mark.parametrize("first", ["victim", "attacker"])
@pytest.mark.parametrize("move", SOURCE_MOVES.values(), ids=SOURCE_MOVES)
async def test_other_tools_get_nobody_anything(tools: Running, first: str, move: Move) -> None:
    """A record with her contacts in any tool links and merges nothing, and shows Ben nothing, whoever came first."""
    attacks = on_all_channels(tools)
    await all_ask(attacks, "hello")
    if first == "victim":
        await valeria_orders(tools)
    await move(tools)
    if first == "attacker":
        await valeria_orders(tools)
    await tools.quiet()

    for text in QUESTIONS:
        await all_ask(attacks, text)

    await nobody_learned(attacks)
    assert await merges(tools) == []
    await valeria_is_told(tools)


@pytest.mark.parametrize("channel", EVERYWHERE)
async def test_a_merge_by_a_person_tells_nobody_anything(tools: Running, channel: str) -> None:
    """Somebody takes Ben's chat and Valeria's record for one person: Ben is told nothing of hers all the same."""
    attack = next(each for each in on_all_channels(tools) if each.ben.channel == channel)
    await valeria_orders(tools)
    await SOURCE_MOVES["all of them"](tools)
    await attack.says("hello")
    await tools.quiet()
    store = tools.here.brands["glow"].store
    hers = Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, str(CUSTOMER)).key
    profiles = {(await store.get(Identity, [hers]))[hers].record.profile_id or ""}
    context = await tools.context(channel, attack.ben.id)
    profiles.add(context.identity.profile_id or "")
    one, other = sorted(profiles)
    await merge_profiles(store, one, other, rule=BY_HAND, by="eva", now=minutes_ago(0))

    for text in QUESTIONS:
        await attack.says(text)

    assert await attack.learned() == []
    assert len(await merges(tools)) == 1


def test_there_are_four_hundred_attacks() -> None:
    """Typed, bought, forwarded, signed up: on each channel, before and after the victim is known."""
    typed, bought, told = len(TYPED) * 2, len(SHOP_MOVES) * 2, len(SOURCE_MOVES) * 2
    assert (typed + bought + told + 1) * len(EVERYWHERE) >= 400
