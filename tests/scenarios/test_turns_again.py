"""A turn is decided again with the flows and templates of today: the difference is shown, and nothing happens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from connectors.http import HttpClient
from middleware.bootstrap.building import opened
from middleware.domain.again import TurnAgain, TurnsAgain
from middleware.domain.template_versions import UnderWay
from middleware.pipeline.again import DecidingAgain
from middleware.pipeline.again.latest import latest_turns
from middleware.pipeline.templates.edition import read_edition
from tests.running import Running, minutes_ago, running
from tests.scenarios.looking import customer, everything, new_id, turns
from tests.scenarios.test_engines import Bot, sent_to, shop_with
from tests.stores import StoreServer

GREETING = """flow: greeting
purpose: Greets by name.
triggers: {intent: {en: [good morning]}}
steps:
  - reply: greeting
"""
GREETING_TEMPLATE = """name: greeting
purpose: A greeting.
locales:
  en:
    text: "Good morning, {{ profile.name }}!"
    fallback: "Good morning!"
"""
READS = frozenset({"find", "getMore", "killCursors", "hello", "ismaster", "endSessions", "ping", "buildInfo"})


class EveryCommand(CommandListener):
    """The name of every command that goes to the store."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep it."""
        self.seen.append(event.command_name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing: what was begun was kept."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing: what was begun was kept."""


def write_flows(folder: Path) -> None:
    """The flow of the brand, as it is at first."""
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "greeting.yaml").write_text(GREETING, encoding="utf-8")
    (folder / "templates" / "greeting.yaml").write_text(GREETING_TEMPLATE, encoding="utf-8")


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a flow of its own."""
    write_flows(tmp_path)
    async with running(store_server, tmp_path, brands={"glow": {"flows": str(tmp_path)}}) as it:
        yield it


async def again(shop: Running, named: str) -> TurnAgain:
    """A turn decided again by a process that starts now."""
    async with opened(shop.here.settings) as here:
        return await DecidingAgain(here.brands["glow"], here.brands["glow"].flows, here.channels).turn(named)


async def latest(shop: Running, last: int = 200, flow: str | None = None) -> TurnsAgain:
    """The latest turns decided again by a process that starts now."""
    async with opened(shop.here.settings) as here:
        deciding = DecidingAgain(here.brands["glow"], here.brands["glow"].flows, here.channels)
        return await deciding.latest(last, flow, lambda _stage, _done, _of: True)


def change(folder: Path, before: str, after: str, name: str = "templates/greeting.yaml") -> None:
    """Change a file of the brand."""
    file = folder / name
    source = file.read_text(encoding="utf-8")
    assert before in source
    file.write_text(source.replace(before, after), encoding="utf-8")


async def test_the_same_flows_decide_the_same(shop: Running) -> None:
    """On every channel, whatever it was: an order with its links, a file, an ad, STOP, what is too old."""
    for channel in ("messenger", "instagram", "whatsapp", "webchat"):
        who = customer(shop, channel)
        await who.posts("Where is my order?")
        await shop.quiet()
        await who.posts("hola, buenos dias")
        await shop.quiet()
        await who.posts("a skincare bundle?", "ad_message")
        await shop.quiet()
    await customer(shop, "messenger", 2).posts("", "image")
    await customer(shop, "messenger", 3).posts("hello", at=minutes_ago(60))
    await customer(shop, "messenger", 4).posts("STOP")
    await shop.quiet()
    decided = await turns(shop)
    assert len(decided) == 15
    found = [await again(shop, turn.id) for turn in decided]
    assert [(each.verdict, each.diff) for each in found] == [("same", "")] * len(found)
    assert {effect for each in found for effect in each.then.effects} >= {"a personal link for product"}


async def test_a_changed_text_is_shown(shop: Running, tmp_path: Path) -> None:
    """As a unified diff of what the customer got and would get."""
    said = await customer(shop, "messenger").says("Good morning")
    change(tmp_path, '"Good morning!"', '"A very good morning!"')
    found = await again(shop, said.message_id)
    assert (found.verdict, found.differs) == ("different", ("messages",))
    assert "-Good morning!\n+A very good morning!" in found.diff


async def test_another_flow_is_shown(shop: Running, tmp_path: Path) -> None:
    """What it would be, why, and what would follow from it."""
    said = await customer(shop, "messenger").says("Good morning")
    change(tmp_path, "good morning", "guten morgen", "greeting.yaml")
    found = await again(shop, said.turn.id)
    assert found.verdict == "different"
    assert set(found.differs) == {"flow", "messages", "effects", "why"}
    assert found.now is not None
    assert (found.then.flow, found.now.flow) == ("greeting", "fallback")
    assert found.now.effects == ("handed over: no flow had an answer",)


async def test_other_reasons_are_no_difference_to_the_customer(shop: Running, tmp_path: Path) -> None:
    """A flow that was looked at and does not apply stands in the steps, and the answer is the same."""
    said = await customer(shop, "messenger").says("hello")
    (tmp_path / "vip.yaml").write_text(
        "flow: vip\npurpose: A test.\npriority: 900\ntriggers: {first_message: true}\nwhen: profile.name == 'Zoe'\n"
        "steps:\n  - reply: greeting\n",
        encoding="utf-8",
    )
    found = await again(shop, said.turn.id)
    assert (found.verdict, found.differs) == ("other_reasons", ("why",))


async def test_nothing_is_written_and_nothing_goes_out(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store gets commands that read, no HTTP client makes a call, and what is stored is as it was."""
    said = await customer(shop, "messenger").says("Good morning")
    await left_behind(shop)
    before, asked, commands = await everything(shop), len(shop.graph.requests), EveryCommand()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a call goes out")

    for name in [each for each in vars(HttpClient) if not each.startswith("_") and each not in {"start", "close"}]:
        monkeypatch.setattr(HttpClient, name, refuse)
    async with opened(shop.here.settings, listeners=(commands,)) as here:
        live = here.editions.flows["glow"]
        await live.look(here.store.brand("glow"), here.clock.now(), read_only=True)
        deciding = DecidingAgain(here.brands["glow"], live, here.channels)
        assert (await deciding.turn(said.turn.id)).verdict == "same"
        assert (await deciding.latest(200, None, lambda _stage, _done, _of: True)).same == 1
    assert set(commands.seen) <= READS, commands.seen
    assert len(shop.graph.requests) == asked
    assert await everything(shop) == before


async def left_behind(shop: Running) -> None:
    """A version that a process was publishing when it died: who looks for new versions clears it away."""
    await shop.here.editions.stop()
    store = shop.here.brands["glow"].store
    edition = await read_edition(store)
    old = UnderWay(version="greeting|1", at=minutes_ago(5))
    await store.write(edition.put(edition.record.model_copy(update={"under_way": (old,)})))


async def test_what_was_taken_back_is_not_decided_again(shop: Running) -> None:
    """Its words and its context are gone, and it says so."""
    ben, message_id = customer(shop, "instagram"), new_id()
    await ben.posts("my secret", message_id=message_id)
    await shop.quiet()
    await shop.say("instagram", "unsend", sender=ben.id, other_message_id=message_id)
    await shop.quiet()
    found = await again(shop, message_id)
    assert found.verdict == "not_possible"
    assert "took the message back" in str(found.because)
    assert (await latest(shop)).not_possible == 1


async def test_a_burst_is_decided_on_all_its_words(store_server: StoreServer, tmp_path: Path) -> None:
    """And its parts are what they were."""
    async with running(store_server, tmp_path, brands={"glow": {"gather": "1500ms"}}) as shop:
        for text in ("hi", "where is", "my order?"):
            await customer(shop, "messenger").posts(text)
            await asyncio.sleep(0.1)
        await shop.quiet()
        found = await latest(shop)
        assert (found.turns, found.same) == (3, 3)
        assert {each.flow: each.turns for each in found.flows} == {None: 2, "order_status": 1}


async def test_an_engine_is_not_asked_and_its_answer_is_used(store_server: StoreServer, tmp_path: Path) -> None:
    """The turn that asked and the one that answered are decided again, on what the engine said then."""
    bot = Bot()
    async with shop_with(bot, store_server, tmp_path) as shop:
        ana = customer(shop, "messenger")
        await ana.posts("hello")
        assert await sent_to(shop, ana) == ["You said: hello"]
        asking, answering = await turns(shop)
        found = await again(shop, asking.id)
        (answer,) = found.answers
        assert (found.worst(), answer.turn) == ("same", answering.id)
        assert answer.now is not None
        assert "You said: hello" in answer.now.messages[0]
        (tmp_path / "everything.yaml").unlink()
        assert (await again(shop, asking.id)).verdict == "different"
        assert len(bot.asked) == 1


async def test_a_span_is_summed_up(shop: Running, tmp_path: Path) -> None:
    """How many of the last turns would be decided otherwise, by flow, with a few of them."""
    for number in range(6):
        await customer(shop, "messenger", number).posts("Good morning" if number < 5 else "Where is my order?")
    await shop.quiet()
    change(tmp_path, '"Good morning!"', '"A very good morning!"')
    found = await latest(shop)
    assert (found.turns, found.different, found.same, found.early) == (6, 5, 1, False)
    assert [(each.flow, each.turns, each.different) for each in found.flows] == [
        ("greeting", 5, 5),
        ("order_status", 1, 0),
    ]
    assert len(found.examples) == 3
    only = await latest(shop, flow="order_status")
    assert (only.turns, only.different) == (1, 0)


async def test_the_latest_turns_are_the_latest(shop: Running) -> None:
    """Across conversations of different length, in the order in which they were decided; nothing of them twice."""
    for number in (1, 2, 1, 1, 3, 1, 2, 1, 1):
        await customer(shop, "messenger", number).posts("hello")
        await shop.quiet()
    store = shop.here.brands["glow"].store
    wanted = [each.id for each in reversed(await turns(shop))]
    for most in (1, 4, 9, 50):
        assert await latest_turns(store, most, lambda _: True) == wanted[:most]


async def test_it_can_be_ended_early(shop: Running) -> None:
    """With what it has, and it says so; of no conversations it has nothing."""
    assert (await latest(shop)).turns == 0
    await customer(shop, "messenger").posts("hello")
    await shop.quiet()
    async with opened(shop.here.settings) as here:
        deciding = DecidingAgain(here.brands["glow"], here.brands["glow"].flows, here.channels)
        found = await deciding.latest(200, None, lambda stage, _done, _of: stage != "deciding again")
    assert found.early
