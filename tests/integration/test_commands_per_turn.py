"""How many round trips one turn costs: the commands of our client, from the webhook to the reply that is sent.

Not counted are the finds on the inbox, the jobs and the timers: worker and runner look there for work that others left
behind, every second and whether or not a message comes, so that a slow machine would count more of them in the same
turn. A turn of its own never reads inbox, jobs or timers. The pages of the catalogue and the edition of the templates
are left out for the same reason: they are read every half minute and every second, and by no message. Handshakes, pings
and the end of sessions belong to the connection and not to a message.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.samples import SampleItem
from tests.commands import Commands
from tests.running import Running, running
from tests.stores import StoreServer

MOST_COMMANDS = 8


@pytest.fixture
def commands() -> Commands:
    """What the installation's client sends."""
    return Commands()


@pytest.fixture
async def counted(store_server: StoreServer, tmp_path: Path, commands: Commands) -> AsyncIterator[Running]:
    """An installation whose commands are counted."""
    async with running(store_server, tmp_path, listeners=(commands,)) as it:
        yield it


async def _commands_of_one_turn(shop: Running, commands: Commands, text: str) -> list[str]:
    """The commands from the webhook of one WhatsApp message until its reply is out and its work is over."""
    before = len(shop.graph.sent)
    commands.seen.clear()
    await shop.say("whatsapp", sender="ES.1", phone="+34600111222", text=text)
    await shop.replies(at_least=before + 1)
    return list(commands.seen)


async def test_a_lone_turn_of_a_known_customer(counted: Running, commands: Commands) -> None:
    """The second message of a customer whose order is known takes at most eight commands."""
    await counted.say("shopify", "order_created", phone="+34600111222", order_number=1001)
    await counted.jobs_over()
    await _commands_of_one_turn(counted, commands, "Hello")

    seen = await _commands_of_one_turn(counted, commands, "Where is my order?")

    assert "#1001" in counted.graph.sent[-1].text
    assert 0 < len(seen) <= MOST_COMMANDS, f"{len(seen)} commands: {seen}"


async def test_a_question_about_a_product_costs_no_more(counted: Running, commands: Commands) -> None:
    """What is asked about a product of the catalogue is answered from memory: as many commands as any other turn."""
    await counted.say("shopify", "product_created")
    await counted.quiet()
    await _commands_of_one_turn(counted, commands, "Hello")
    asked = await _commands_of_one_turn(counted, commands, "Hello, is the stoneware mug dishwasher safe?")

    assert "“Dishwasher safe.”" in counted.graph.sent[-1].text
    assert not [each for each in asked if "products" in each or "catalogue" in each]
    assert len(asked) <= MOST_COMMANDS, f"{len(asked)} commands: {asked}"


async def test_what_is_recommended_costs_who_asks_for_it_one_more(counted: Running, commands: Commands) -> None:
    """Reading what was bought together is one command, only in the turn that recommends; nothing else reads it."""
    await counted.say("shopify", "product_created", product_id=82)
    await counted.say("shopify", "order_created", phone="+34600111222", items=(SampleItem(product_id=82),))
    await counted.jobs_over()
    hello = await _commands_of_one_turn(counted, commands, "Hello")
    asked = await _commands_of_one_turn(counted, commands, "Can you recommend something?")

    assert [each for each in asked if "co_purchases" in each] == ["find co_purchases"]
    assert not [each for each in hello if "co_purchases" in each]
    assert len(asked) <= MOST_COMMANDS + 1, f"{len(asked)} commands: {asked}"


async def test_a_first_contact(counted: Running, commands: Commands) -> None:
    """The first message of somebody unknown takes no more."""
    seen = await _commands_of_one_turn(counted, commands, "Hello")
    assert 0 < len(seen) <= MOST_COMMANDS, f"{len(seen)} commands: {seen}"


async def test_what_is_counted_is_everything_that_is_stored(counted: Running, commands: Commands) -> None:
    """The count looks in the right place: inbox, facts, turn and conversation are all written in it."""
    written = "+".join(await _commands_of_one_turn(counted, commands, "Hello"))
    for collection in ("inbox", "events", "identities", "profiles", "turns", "conversations"):
        assert collection in written, written
