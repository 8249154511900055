"""Another bot answers on the account: it gets what the platform sent as the platform sent it, with the context beside,
and we say nothing.
"""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.signatures import hex_signature, sha1_hex_signature
from connectors.testing import too_many_requests
from middleware.bootstrap.reaching import replay_of
from middleware.domain.conversation import Owner
from middleware.domain.jobs import Job, JobKind
from middleware.domain.passing import Passing
from middleware.domain.policy import ANOTHER_BOT
from middleware.ports import DeadLetter
from tests.bots import Handed, OtherBot, behind, other_bot
from tests.running import PAGE, SECRET, Running, running, until
from tests.scenarios.looking import customer, documents, turns
from tests.stores import StoreServer

CHANNELS = ("messenger", "instagram", "whatsapp")
ANA, BEN = "7300000001", "7300000002"


@asynccontextmanager
async def shop_behind(
    server: StoreServer, folder: Path, bot: OtherBot, *accounts: str, **fields: Any
) -> AsyncIterator[Running]:
    """An installation in front of a bot."""
    async with running(server, folder, **behind(bot, *(accounts or CHANNELS), **fields)) as shop:
        yield shop


async def handed(shop: Running, bot: OtherBot, number: int) -> list[Handed]:
    """What the bot was handed, once it is so much and everything is over."""

    async def over() -> bool:
        return len(bot.handed) >= number and not await jobs_of(shop)

    await until(over, f"{number} parts to be handed over")
    await shop.quiet()
    return bot.handed


async def jobs_of(shop: Running) -> list[dict[str, Any]]:
    """The jobs that are left to pass something on."""
    return [each for each in await documents(shop, "jobs") if each["kind"] == JobKind.PASS_ON]


async def deliver(shop: Running, connector: str, body: object, *, sha1: bool = False) -> bytes:
    """Deliver a body of our own making, signed."""
    raw = json.dumps(body, indent=1).encode()
    headers = {"content-type": "application/json", "x-hub-signature-256": hex_signature(raw, SECRET.encode())}
    if sha1:
        headers["x-hub-signature"] = sha1_hex_signature(raw, SECRET.encode())
    assert await shop.post(connector, raw, headers) == 200
    return raw


def item(sender: str, mid: str, text: str = "hello", **more: Any) -> dict[str, Any]:
    """One messaging item of Messenger."""
    message = {"mid": mid, "text": text, **more}
    return {"sender": {"id": sender}, "recipient": {"id": PAGE}, "timestamp": 1_900_000_000_000, "message": message}


def entry(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One entry of a Page."""
    return {"id": PAGE, "time": 1_900_000_000_000, "messaging": list(items), **more}


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_one_sender_did_goes_on_byte_for_byte(
    store_server: StoreServer, tmp_path: Path, channel: str
) -> None:
    """The bot gets the platform's own bytes and signature, with the customer's context beside; we send nothing."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        phone = "+34600111222"
        await shop.say("shopify", "order_created", phone=phone, order_number=1001)
        await shop.quiet()
        who = {"sender": "ES.1", "phone": phone} if channel == "whatsapp" else {"sender": ANA}
        body, headers = shop.sample(channel, "message", text="Where is my order? äöü", **who)
        assert await shop.post(channel, body, headers) == 200
        (one,) = await handed(shop, bot, 1)
        assert one.body == body
        assert one.headers["x-hub-signature-256"] == headers["x-hub-signature-256"]
        assert one.context is not None
        if channel == "whatsapp":
            assert one.context["orders"]["value"]["latest"]["number"] == "#1001"
        assert one.context["conversation"]["first_message"]
        assert one.context["policy"]["may_reply"]
        (turn,) = await turns(shop)
        assert turn.reasons == (ANOTHER_BOT,)
        assert turn.decision.why == (f"silent: {ANOTHER_BOT}",)
        assert not shop.graph.sent


async def test_a_body_of_several_senders_is_split_and_signed_anew(store_server: StoreServer, tmp_path: Path) -> None:
    """Each gets a body of its own with nothing of another's, in its order, and nothing that Meta sent is left out."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        new = {
            "sender": {"id": BEN},
            "recipient": {"id": PAGE},
            "timestamp": 1_900_000_000_001,
            "brand_new": {"x": "ü"},
        }
        body = {
            "object": "page",
            "entry": [
                entry(item(ANA, "m1", "one"), item(BEN, "m2", "two"), item(ANA, "m3", "three"), new, also={"y": 1}),
                {"id": PAGE, "time": 1, "changes": [{"field": "feed", "value": {"item": "post"}}]},
            ],
        }
        await deliver(shop, "messenger", body, sha1=True)
        parts = await handed(shop, bot, 3)
        of_ana, of_ben, of_nobody = sorted(parts, key=lambda each: ["one", "two", "post"].index(_first_word(each)))
        assert of_ana.content["entry"] == [entry(item(ANA, "m1", "one"), item(ANA, "m3", "three"), also={"y": 1})]
        assert of_ben.content["entry"] == [entry(item(BEN, "m2", "two"), new)]
        assert of_nobody.content["entry"] == body["entry"][1:]
        assert all(bot.has_sha1(each) for each in parts)
        assert of_ana.context is not None
        assert of_ben.context is not None
        assert of_nobody.context is None
        assert bot.unsigned == 0


def _first_word(part: Handed) -> str:
    return next(word for word in ("one", "two", "post") if f'"{word}"' in part.body.decode())


async def test_what_we_do_not_understand_reaches_the_bot(store_server: StoreServer, tmp_path: Path) -> None:
    """Kinds that nobody knows, items that are malformed, and bodies of another object: all of it goes on, unchanged."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        odd = [
            {"object": "page", "entry": [entry({"sender": {"id": ANA}, "recipient": {"id": PAGE}, "message": 7})]},
            {"object": "page", "entry": [{"id": PAGE, "time": 1, "changed_fields": ["name"]}]},
            {"object": "page", "entry": []},
            {"object": "something_new", "entry": [{"id": PAGE}]},
            {"object": "page", "entry": "odd"},
        ]
        sent = {await deliver(shop, "messenger", body) for body in odd}
        assert {each.body for each in await handed(shop, bot, len(odd))} == sent


async def test_what_is_delivered_again_is_not_handed_over_again(store_server: StoreServer, tmp_path: Path) -> None:
    """The platform's redelivery of the same bytes ends with us, and nothing of the bytes is kept once they are over."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        body, headers = shop.sample("messenger", "message", sender=ANA)
        for _ in range(3):
            assert await shop.post("messenger", body, headers) == 200
            await handed(shop, bot, 1)
        assert len(bot.handed) == 1
        (kept,) = await documents(shop, "passings")
        assert kept["state"] == "passed"
        assert not kept["body"]
        assert not kept["headers"]


async def test_accounts_without_a_bot_are_answered_as_ever(store_server: StoreServer, tmp_path: Path) -> None:
    """Only the account with pass_to is silent, and nothing of another account's reaches its bot."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot, "messenger") as shop:
        await shop.say("whatsapp", sender="ES.1", text="Hello")
        await shop.replies(1)
        assert not await documents(shop, "passings")
        await shop.say("messenger", sender=ANA, text="Hello")
        await handed(shop, bot, 1)
        assert len(shop.graph.sent) == 1


async def test_the_bot_s_echoes_are_its_lines_and_nobody_took_over(store_server: StoreServer, tmp_path: Path) -> None:
    """An echo by an app is a line of the bot; one by Meta's own inbox is a person's, who takes over."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        ana = customer(shop, "messenger")
        await ana.posts("Hello")
        echo = {**item(PAGE, "e1", "I am the bot", is_echo=True, app_id=1517776481860111), "recipient": {"id": ana.id}}
        await deliver(shop, "messenger", {"object": "page", "entry": [entry(echo)]})
        await handed(shop, bot, 2)
        talk = await ana.conversation()
        assert [line.by for line in talk.lines] == ["customer", "bot"]
        assert talk.owner is Owner.BOT
        by_person = {**item(PAGE, "e2", "I am Eva", is_echo=True, app_id=263902037430900), "recipient": {"id": ana.id}}
        await deliver(shop, "messenger", {"object": "page", "entry": [entry(by_person)]})
        await handed(shop, bot, 3)
        talk = await ana.conversation()
        assert [line.by for line in talk.lines] == ["customer", "bot", "human"]
        assert talk.owner is Owner.HUMAN


async def test_a_bot_that_fails_gets_it_later(store_server: StoreServer, tmp_path: Path) -> None:
    """5xx and 4xx are tried again, with the same bytes; what comes meanwhile is not held back."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        bot.statuses = [503]
        first, headers = shop.sample("messenger", "message", sender=ANA, text="first", message_id="m_1")
        assert await shop.post("messenger", first, headers) == 200
        await until(lambda: _true(not bot.statuses), "the first attempt")
        second, headers = shop.sample("messenger", "message", sender=ANA, text="second", message_id="m_2")
        assert await shop.post("messenger", second, headers) == 200
        parts = await handed(shop, bot, 2)
        assert [each.body for each in parts] == [second, first]


async def _true(value: bool) -> bool:  # noqa: FBT001 - a tiny adapter
    return value


async def test_a_sender_s_parts_keep_their_order(store_server: StoreServer, tmp_path: Path) -> None:
    """While the bot takes its time with one part, the same sender's next one waits, and another sender's does not."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        bot.seconds = [1.0]
        for sender, mid in ((ANA, "m_1"), (ANA, "m_2"), (BEN, "m_3")):
            await deliver(shop, "messenger", {"object": "page", "entry": [entry(item(sender, mid))]})
        parts = await handed(shop, bot, 3)
        assert [each.content["entry"][0]["messaging"][0]["message"]["mid"] for each in parts] == ["m_3", "m_1", "m_2"]


async def test_what_cannot_be_handed_over_is_kept_and_replayed(store_server: StoreServer, tmp_path: Path) -> None:
    """After the last attempt it is a dead letter with its bytes; replayed, the bot gets what it would have got."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        bot.status = 503
        body, headers = shop.sample("messenger", "message", sender=ANA)
        assert await shop.post("messenger", body, headers) == 200
        store = shop.here.brands["glow"].store
        await _last_attempt(shop)
        letters = [each async for batch in store.scan(DeadLetter) for each in batch]
        assert "not passed on to the bot of the account: unknown: HTTP 503" in letters[0].record.reason
        kept = [each async for batch in store.scan(Passing) for each in batch]
        assert (kept[0].record.state, kept[0].record.body) == ("given_up", body)
        bot.status = 200
        replayed = await replay_of(shop.here, dry=False).dead_letter("glow", letters[0])
        assert replayed.fate == "replayed"
        (one,) = await handed(shop, bot, 1)
        assert one.body == body
        assert not [each async for batch in store.scan(DeadLetter) for each in batch]


async def _last_attempt(shop: Running) -> None:
    """Let the job that is waiting be due now, for the last time."""
    store = shop.here.brands["glow"].store

    async def given_up() -> bool:
        for each in [each async for batch in store.scan(Job) for each in batch]:
            if each.record.reason is not None and each.record.owner is None:
                due = {"attempts": 7, "not_before": each.record.created_at}
                await store.write(each.put(each.record.model_copy(update=due)))
        return bool(await documents(shop, "dead_letters"))

    await until(given_up, "it to be given up")


async def test_what_was_decided_before_the_bot_came_is_not_sent(store_server: StoreServer, tmp_path: Path) -> None:
    """A reply that still waits when the settings name another bot stays unsent: two bots do not answer one message."""
    glow = {"database": f"test_{uuid.uuid4().hex[:12]}"}
    async with running(store_server, tmp_path, brands={"glow": glow}) as shop:
        shop.graph.fail_next(too_many_requests(retry_after=2))
        await shop.say("messenger", sender=ANA, text="Hello")

        async def waits() -> bool:
            talks = await documents(shop, "conversations")
            return any(each["state"] == "queued" and each.get("attempts") for talk in talks for each in talk["outbox"])

        await until(waits, "the reply to wait")
    async with other_bot() as bot:
        settings = behind(bot, "messenger")
        settings["brands"]["glow"] |= glow
        async with running(store_server, tmp_path, **settings) as shop:
            await shop.quiet()
            (turn,) = await turns(shop)
            assert [(each.state, each.reason) for each in turn.messages] == [("failed", ANOTHER_BOT)]
            assert not shop.graph.sent


async def test_a_part_waits_three_seconds_and_no_longer(store_server: StoreServer, tmp_path: Path) -> None:
    """A bot that takes long over one part gets the next one all the same, and each once."""
    async with other_bot() as bot, shop_behind(store_server, tmp_path, bot) as shop:
        bot.seconds = [4.5]
        for mid in ("m_1", "m_2"):
            await deliver(shop, "messenger", {"object": "page", "entry": [entry(item(ANA, mid))]})
        parts = await handed(shop, bot, 2)
        assert [each.content["entry"][0]["messaging"][0]["message"]["mid"] for each in parts] == ["m_2", "m_1"]
        assert shop.here.metrics.passed_on.labels("glow", "messenger", "passed")._value.get() == 2
