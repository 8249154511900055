"""Passing on, part by part: what it costs, the link to a context, and a bot or a worker that is not there."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.signatures import hex_signature
from middleware.client.passed import link_of
from middleware.errors import SettingsError
from middleware.pipeline.breaker import FAILURES_TO_OPEN, BreakerState
from tests.bots import OtherBot, behind, other_bot, token_for
from tests.commands import Commands
from tests.integration.test_commands_per_turn import MOST_COMMANDS
from tests.running import SECRET, Running, running, until
from tests.scenarios.looking import documents
from tests.scenarios.test_passing_on import deliver, entry, handed, item
from tests.stores import StoreServer

ANA, BEN = "7300000001", "7300000002"
LINKS = {"server": {"public_url": "https://hooks.example"}}
MOST_TO_PASS_ON = 16
"""Commands from the webhook until the bot has it and all is over, for a customer who is known."""


@asynccontextmanager
async def in_front(
    server: StoreServer, folder: Path, *, commands: Commands | None = None, **fields: Any
) -> AsyncIterator[tuple[Running, OtherBot]]:
    """An installation in front of a bot on Messenger and WhatsApp."""
    listeners = (commands,) if commands is not None else ()
    async with (
        other_bot() as bot,
        running(server, folder, listeners=listeners, **LINKS, **behind(bot, "messenger", "whatsapp", **fields)) as shop,
    ):
        yield shop, bot


async def test_a_link_leads_to_the_context(store_server: StoreServer, tmp_path: Path) -> None:
    """The bot follows it and reads the same as in a header; one that ran out, is forged, or leads nowhere is a 404."""
    async with in_front(store_server, tmp_path, pass_context="link") as (shop, bot):
        await deliver(shop, "messenger", {"object": "page", "entry": [entry(item(ANA, "m1"))]})
        (one,) = await handed(shop, bot, 1)
        assert one.context is None
        link = link_of(one.headers)
        assert link is not None
        async with shop.http.get(link.replace("https://hooks.example", shop.url)) as answer:
            said = await answer.json()
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
        assert (said["schema"], said["left_out"]) == ("throughline.passed/1", [])
        assert abs(said["at"] - time.time()) < 60
        assert said["context"]["conversation"]["lines"][0]["text"] == "hello"
        (passing,) = await documents(shop, "passings")
        answers = set()
        for token in (
            token_for("messenger", passing["_id"], seconds=-1),
            token_for("messenger", passing["_id"], secret="another-secret-of-at-least-32-bytes"),
            token_for("messenger", "nothing"),
            token_for("instagram", passing["_id"]),
            "junk",
        ):
            async with shop.http.get(f"{shop.url}/v1/passed/{token}") as answer:
                answers.add((answer.status, await answer.text()))
        assert len(answers) == 1
        assert answers.pop()[0] == 404


async def test_links_need_our_own_address(store_server: StoreServer, tmp_path: Path) -> None:
    """Without server.public_url an installation with links does not start, and says what to write."""
    with pytest.raises(SettingsError, match=r"messenger\.pass_context: .*server\.public_url"):
        async with running(store_server, tmp_path, **behind("http://127.0.0.1:9/", "messenger", pass_context="link")):
            pass


async def test_other_accounts_pay_nothing(store_server: StoreServer, tmp_path: Path) -> None:
    """Beside an account with a bot, a turn of another account costs what it costs without; accepting is one insert."""
    commands = Commands()
    async with in_front(store_server, tmp_path, commands=commands) as (shop, _):
        for _ in range(2):
            commands.seen.clear()
            before = len(shop.graph.sent)
            await shop.say("instagram", sender=ANA, text="Hello")
            await shop.replies(before + 1)
        assert commands.seen[0] == "insert inbox"
        assert len(commands.seen) <= MOST_COMMANDS, commands.seen
        assert not [each for each in commands.seen if "passings" in each or "jobs" in each]


async def test_passing_on_is_stored_in_the_write_that_accepts(store_server: StoreServer, tmp_path: Path) -> None:
    """One command for events, part and job; and few until the bot has it."""
    commands = Commands()
    async with in_front(store_server, tmp_path, commands=commands) as (shop, bot):
        for number in (1, 2):
            commands.seen.clear()
            await shop.say("messenger", sender=ANA, text="Hello", message_id=f"m_{number}")
            await until(lambda number=number: _are(bot, number), "the bot to have it")
            await shop.here.runner.stop() if number == 2 else await asyncio.sleep(0.2)
        assert commands.seen[0] == "bulkWrite inbox+passings+jobs"
        counted = [each for each in commands.seen if each != "find inbox"]
        assert len(counted) <= MOST_TO_PASS_ON, counted


async def _are(bot: OtherBot, number: int) -> bool:
    return len(bot.handed) == number


async def test_the_bot_does_not_wait_for_us(store_server: StoreServer, tmp_path: Path) -> None:
    """When nothing is worked off here, the bot has the webhook a second later, without a context."""
    async with in_front(store_server, tmp_path) as (shop, bot):
        await shop.here.worker.stop()
        began = time.monotonic()
        await shop.say("messenger", sender=ANA, text="Hello")
        await until(lambda: _are(bot, 1), "the bot to have it")
        assert 0.6 < time.monotonic() - began < 5
        assert bot.handed[0].context is None


async def test_what_was_known_before_goes_along_in_time(store_server: StoreServer, tmp_path: Path) -> None:
    """When nothing is worked off here, the bot is told what is known of a customer who has written before."""
    async with in_front(store_server, tmp_path) as (shop, bot):
        await shop.say("messenger", sender=ANA, text="Hello")
        await handed(shop, bot, 1)
        await shop.here.worker.stop()
        await shop.say("messenger", sender=ANA, text="Where is my order?", message_id="m_2")
        await until(lambda: _are(bot, 2), "the bot to have it")
        context = bot.handed[1].context
        assert context is not None
        assert [line["text"] for line in context["conversation"]["lines"]] == ["Hello"]


async def test_without_a_context_where_none_is_wanted(store_server: StoreServer, tmp_path: Path) -> None:
    """`pass_context = "none"`: no header, no secret, and no waiting."""
    async with in_front(store_server, tmp_path, pass_context="none") as (shop, bot):
        await shop.here.worker.stop()
        await shop.say("messenger", sender=ANA, text="Hello")
        await until(lambda: _are(bot, 1), "the bot to have it")
        assert not [name for name in bot.handed[0].headers if name.startswith("throughline")]


async def test_a_bot_that_is_gone_is_left_alone(store_server: StoreServer, tmp_path: Path) -> None:
    """After five failures in a row its breaker is open, and what comes then is kept without trying it."""
    async with in_front(store_server, tmp_path) as (shop, bot):
        bot.status = 500
        account = shop.here.brands["glow"].accounts["messenger", "1001"]
        for number in range(FAILURES_TO_OPEN + 1):
            await deliver(shop, "messenger", {"object": "page", "entry": [entry(item(f"{ANA}{number}", f"m{number}"))]})
            await until(lambda number=number: _attempted(shop, number + 1), "the attempt")
        assert shop.here.passing.breaker(account).state is BreakerState.OPEN
        counted = shop.here.metrics.passed_on
        outcomes = {each: counted.labels("glow", "messenger", each)._value.get() for each in ("unknown", "not_tried")}
        assert outcomes == {"unknown": FAILURES_TO_OPEN, "not_tried": 1}
        assert {each["state"] for each in await documents(shop, "passings")} == {"waiting"}


async def _attempted(shop: Running, number: int) -> bool:
    jobs = [each for each in await documents(shop, "jobs") if each.get("reason") and each.get("owner") is None]
    return len(jobs) >= number


async def test_groups_get_no_context(store_server: StoreServer, tmp_path: Path) -> None:
    """What is written in a group goes on as it came, and nothing of what is known of the writer with it."""
    async with in_front(store_server, tmp_path) as (shop, bot):
        message = {"from": "34600111222", "id": "w1", "timestamp": "1790000000", "type": "text", "group_id": "g1"}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "1", "phone_number_id": "777"},
            "messages": [{**message, "text": {"body": "Where is my order?"}}],
        }
        body = {
            "object": "whatsapp_business_account",
            "entry": [{"id": "W", "changes": [{"field": "messages", "value": value}]}],
        }
        raw = await deliver(shop, "whatsapp", body)
        (one,) = await handed(shop, bot, 1)
        assert (one.body, one.context) == (raw, None)


async def test_news_of_the_whole_business_goes_to_its_one_bot(store_server: StoreServer, tmp_path: Path) -> None:
    """It names no account of the settings: it is in quarantine, and the bot has it."""
    async with in_front(store_server, tmp_path) as (shop, bot):
        change = {"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}}
        entry_ = {"id": "WABA1", "time": 1_790_000_000, "changes": [change]}
        raw = await deliver(shop, "whatsapp", {"object": "whatsapp_business_account", "entry": [entry_]})
        (one,) = await handed(shop, bot, 1)
        assert (one.body, one.context) == (raw, None)
        assert len(await documents(shop, "quarantine")) == 1


async def test_an_account_with_a_bot_beside_one_without(store_server: StoreServer, tmp_path: Path) -> None:
    """One delivery for two Pages: the bot gets its own Page's part and nothing of the other's."""
    second = {"connector": "messenger", "id": "2002", "secrets": [SECRET]}
    async with other_bot() as bot:
        settings = behind(bot, "messenger")
        settings["brands"]["glow"]["accounts"]["second"] = second
        async with running(store_server, tmp_path, **settings) as shop:
            other = {"id": "2002", "time": 1, "messaging": [{**item(BEN, "m2"), "recipient": {"id": "2002"}}]}
            await deliver(shop, "messenger", {"object": "page", "entry": [entry(item(ANA, "m1")), other]})
            (one,) = await handed(shop, bot, 1)
            assert one.content == {"object": "page", "entry": [entry(item(ANA, "m1"))]}
            assert one.headers["x-hub-signature-256"] == hex_signature(one.body, SECRET.encode())
