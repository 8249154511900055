"""What was set aside comes back: mended, replayed by the real command, and answered once."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import GraphStandIn
from middleware.bootstrap.reaching import replay_of
from middleware.errors import StoreUnavailable
from middleware.pipeline.replay import Replay
from middleware.ports import BrandStore, DeadLetter, Delete, InboxEntry, Put, Quarantined, Recorded, Stored
from tests.integration.cli import Ended, command, write_config
from tests.running import NUMBER, PAGE, SECRET, SHOP, SHOP_SECRET, TOKEN, Running, minutes_ago, running, until
from tests.scenarios.looking import customer, documents, everything, new_id, post_json
from tests.scenarios.test_bad_input import page_entry
from tests.stores import StoreServer

SECOND = {"connector": "messenger", "id": "3003", "secrets": [SECRET], "token": TOKEN}
EVER = ("--from", "2020-01-01", "--to", "2100-01-01")


@dataclass
class Fault:
    """A checkpoint behind which work fails until somebody mends it."""

    broken: bool = True

    def __call__(self, stage: str) -> None:
        """Fail, as a mistake in a stage would."""
        if self.broken and stage == "resolved":
            raise LookupError(stage)


def config_of(shop: Running, directory: Path, **accounts: Any) -> Path:
    """The settings of a running installation as a file for commands, with further accounts."""
    settings = shop.here.settings
    assert settings.store.uri is not None
    brand = {"database": settings.brands["glow"].database, "accounts": accounts}
    store = {"common_database": settings.store.common_database}
    return write_config(
        directory, settings.store.uri.get_secret_value(), shop.graph.url, store=store, brands={"glow": brand}
    )


async def replayed(config: Path, *arguments: str, code: int = 0, **more: Any) -> dict[str, Any]:
    """What `replay` says as JSON; it must end with this code."""
    ended: Ended = await command("replay", *arguments, "--json", config=config, **more)
    assert ended.code == code, ended.err
    answer: dict[str, Any] = ended.json
    return answer


async def there_is(shop: Running, collection: str) -> dict[str, Any]:
    """The one document of a collection, once it is there."""
    await until(lambda: _any(shop, collection), f"something in {collection}", within=60)
    (found,) = await documents(shop, collection)
    return found


async def _any(shop: Running, collection: str) -> bool:
    return bool(await documents(shop, collection))


async def test_dead_letter_is_mended_replayed_and_answered_once(store_server: StoreServer, tmp_path: Path) -> None:
    """An event that failed for good is answered once after the cause is mended; its dead letter is gone."""
    fault = Fault()
    async with running(store_server, tmp_path, checkpoint=fault) as shop:
        config = config_of(shop, tmp_path)
        await shop.say("messenger", sender="7301", text="hello", message_id="m_1")
        letter = await there_is(shop, "dead_letters")
        assert shop.graph.sent == []

        fault.broken = False
        dry = await replayed(config, "dead-letters", letter["_id"], "--dry-run")
        assert (dry["replayed"], dry["dry_run"]) == (1, True)
        assert len(await documents(shop, "dead_letters")) == 1
        assert (await replayed(config, "dead-letters", letter["_id"]))["replayed"] == 1
        assert len(await shop.replies()) == 1
        assert await documents(shop, "dead_letters") == []

        gone = await command("replay", "dead-letters", letter["_id"], config=config)
        assert gone.code == 1
        assert "dead-letters list" in gone.err
        assert (await replayed(config, "dead-letters", "--all"))["replayed"] == 0
        assert len(await shop.replies()) == 1


async def test_dead_letter_that_fails_again_stays(store_server: StoreServer, tmp_path: Path) -> None:
    """Replayed while the cause is still there, the event comes back as a dead letter, later than the first one."""
    async with running(store_server, tmp_path, checkpoint=Fault()) as shop:
        config = config_of(shop, tmp_path)
        await shop.say("messenger", sender="7301", text="hello")
        first = await there_is(shop, "dead_letters")
        await shop.quiet()
        assert (await replayed(config, "dead-letters", "--all"))["replayed"] == 1
        await shop.quiet()
        again = await there_is(shop, "dead_letters")
        assert (again["_id"], again["event"]) == (first["_id"], first["event"])
        assert again["failed_at"] > first["failed_at"]


async def test_account_that_is_added_gets_what_waited(store_server: StoreServer, tmp_path: Path) -> None:
    """A message to an account that the settings lacked is answered once, after the account is added and it is
    replayed.
    """
    databases = {"store": {"common_database": new_id("test")}, "brands": {"glow": {"database": new_id("test")}}}
    body = {"object": "page", "entry": [page_entry("3003", "7301", "m_1"), page_entry(PAGE, "7302", "m_2")]}
    async with running(store_server, tmp_path, **databases) as shop:
        assert await post_json(shop, "messenger", body) == 200
        kept = await there_is(shop, "quarantine")
        assert b"m_1" in kept["raw"]
        assert b"m_2" not in kept["raw"]
        assert b"7302" not in kept["raw"]
        refused = await replayed(config_of(shop, tmp_path), "quarantine", "--all", code=1)
        assert refused["refused"] == 1
        assert await there_is(shop, "quarantine") == kept

    async with GraphStandIn(tokens=[TOKEN]) as second:
        account = {**SECOND, "base_url": second.url}
        glow = {**databases["brands"]["glow"], "accounts": {"second": account}}
        async with running(store_server, tmp_path, **{**databases, "brands": {"glow": glow}}) as shop:
            config = config_of(shop, tmp_path, second=account)
            assert (await replayed(config, "quarantine", "--reason", "no account"))["replayed"] == 1
            await until(lambda: _has_turns(shop, 2), "the second turn")
            assert await documents(shop, "quarantine") == []
            assert (await replayed(config, "quarantine", "--all"))["replayed"] == 0
            await shop.quiet()
            assert await post_json(shop, "messenger", body) == 200
            await shop.quiet()
            assert len(await documents(shop, "turns")) == 2
            assert [each.recipient for each in second.sent] == ["7301"]


async def _has_turns(shop: Running, number: int) -> bool:
    return len(await documents(shop, "turns")) == number


@pytest.mark.parametrize("secret", ["a-secret-of-another-app-2", ""])
async def test_replay_trusts_nobody_whom_the_webhook_would_not(shop: Running, tmp_path: Path, secret: str) -> None:
    """What one app signed speaks for no account that has another secret, however long ago it was kept."""
    assert await post_json(shop, "messenger", {"object": "page", "entry": [page_entry("3003", "7301", "m_1")]}) == 200
    kept = await there_is(shop, "quarantine")
    foreign = {**SECOND, "secrets": [secret] if secret else []}

    answer = await replayed(config_of(shop, tmp_path, second=foreign), "quarantine", kept["_id"], code=1)

    assert (answer["replayed"], answer["refused"]) == (0, 1)
    await shop.quiet()
    assert await documents(shop, "events") == []
    assert (await there_is(shop, "quarantine"))["raw"] == kept["raw"]


async def test_forged_quarantine_speaks_for_nobody(shop: Running, tmp_path: Path) -> None:
    """A body that was put into the store, or changed there, by somebody without the secret is refused."""
    assert await post_json(shop, "messenger", {"object": "page", "entry": [page_entry("3003", "7301", "m_1")]}) == 200
    store = shop.here.store.brand("glow")
    key = (await there_is(shop, "quarantine"))["_id"]
    stored = (await store.get(Quarantined, [key]))[key]
    forged = stored.record.raw.replace(b"7301", b"7399")
    assert await store.write(stored.put(stored.record.model_copy(update={"raw": forged}))) == (True,)

    answer = await replayed(config_of(shop, tmp_path, second=SECOND), "quarantine", key, code=1)

    assert answer["refused"] == 1
    assert "secret" in answer["left"][0]["reason"]
    assert await documents(shop, "events") == []


async def test_named_address_still_speaks_for_its_account_alone(shop: Running, tmp_path: Path) -> None:
    """What came in at the address of one account is not read for another one with the same secret."""
    body = {"object": "page", "entry": [page_entry("3003", "7301", "m_1")]}
    assert await post_json(shop, "messenger", body, name="messenger") == 200
    key = (await there_is(shop, "quarantine"))["_id"]

    answer = await replayed(config_of(shop, tmp_path, second=SECOND), "quarantine", key, code=1)
    assert "no account" in answer["left"][0]["reason"]
    assert await documents(shop, "events") == []


async def test_what_was_kept_before_there_were_seals(shop: Running, tmp_path: Path) -> None:
    """An old document loads, is refused by itself, and is read for the account that an operator names."""
    body = b'{"object":"page","entry":[{"id":"1001","time":1,"messaging":[{"sender":{"id":"7301"},"recipient":'
    body += b'{"id":"1001"},"timestamp":1790000000000,"message":{"mid":"m_old","text":"hello"}}]}]}'
    old = Quarantined(id="0" * 32, connector="messenger", reason="why", raw=body, received_at=minutes_ago(60))
    assert await shop.here.store.brand("glow").write(Put(old)) == (True,)
    config = config_of(shop, tmp_path)

    refused = await replayed(config, "quarantine", old.id, code=1)
    assert "--account" in refused["left"][0]["reason"]
    answer = await replayed(config, "quarantine", old.id, "--account", "messenger")

    assert (answer["replayed"], answer["late"]) == (1, 1)
    await shop.quiet()
    assert shop.graph.sent == []
    (turn,) = await documents(shop, "turns")
    assert "too_old" in turn["reasons"]


async def test_mended_body_is_read_in_place_of_the_one_kept(shop: Running, tmp_path: Path) -> None:
    """A file with the mended body is read for the accounts of the one kept; while it is refused nothing else
    changes.
    """
    entry = page_entry(PAGE, "7301", "m_1")
    entry["messaging"][0]["timestamp"] = "yesterday"
    assert await post_json(shop, "messenger", {"object": "page", "entry": [entry]}) == 200
    kept = await there_is(shop, "quarantine")
    config, mended = config_of(shop, tmp_path), tmp_path / "mended.json"

    mended.write_bytes(b"{")
    assert (await replayed(config, "quarantine", kept["_id"], "--file", str(mended), code=1))["refused"] == 1
    after = await there_is(shop, "quarantine")
    assert after["raw"] == kept["raw"]
    assert after["reason"] != kept["reason"]

    mended.write_bytes(kept["raw"].replace(b'"yesterday"', str(int(shop.now.timestamp() * 1000)).encode()))
    assert (await replayed(config, "quarantine", kept["_id"], "--file", str(mended)))["replayed"] == 1
    assert len(await shop.replies()) == 1
    assert await documents(shop, "quarantine") == []


async def test_order_in_quarantine_keeps_its_shop_and_topic(shop: Running, tmp_path: Path) -> None:
    """An order of a shop that the settings lacked is read again as that shop's order, under its own dedup key."""
    body, headers = shop.sample("shopify", "order_created", account_id="other.myshopify.com")
    assert await shop.post("shopify", body, headers) == 200
    await there_is(shop, "quarantine")
    other = {"connector": "shopify", "id": "other.myshopify.com", "secrets": [SHOP_SECRET]}

    answer = await replayed(config_of(shop, tmp_path, other=other), "quarantine", "--all")
    await shop.quiet()

    (event,) = await documents(shop, "events")
    assert event["event"]["kind"] == "order"
    assert event["event"]["account"] == "other.myshopify.com"
    assert answer["replayed"] == 1


async def test_replaying_everything_twice_changes_no_byte(shop: Running, tmp_path: Path) -> None:
    """The whole timeline once more, twice: nobody is answered, and nothing stored is another."""
    for channel in ("messenger", "instagram", "whatsapp"):
        person = customer(shop, channel)
        await person.says("Where is my order?")
        await person.says("hello", at=minutes_ago(200))
        await shop.say(channel, "echo", sender=person.id)
    await shop.say("shopify", "order_created")
    await shop.say("shopify", "checkout_updated")
    await shop.quiet()
    before, sent, config = await everything(shop), len(shop.graph.sent), config_of(shop, tmp_path)
    number = len(before["events"])

    for _ in range(2):
        answer = await replayed(config, "events", *EVER, "--yes")
        assert (answer["replayed"], answer["read"], answer["next"]) == (number, number, None)
        await shop.quiet()

    assert len(shop.graph.sent) == sent
    assert await everything(shop) == before


async def test_span_and_account_choose_events(shop: Running, tmp_path: Path) -> None:
    """Only what was received in the span and belongs to the account is put through; the dry run writes nothing."""
    await shop.say("messenger", sender="7301", text="hello")
    await shop.say("whatsapp", sender="34600111222", text="hello")
    await shop.quiet()
    config, before = config_of(shop, tmp_path), await everything(shop)

    chosen = (
        (*EVER, "--channel", "whatsapp"), (*EVER, "--channel", "whatsapp", "--account", NUMBER),
        (*EVER, "--channel", "messenger", "--account", "messenger"), (*EVER, "--channel", "shopify", "--account", SHOP),
        ("--from", "2020-01-01", "--to", "2021-01-01T00:00:00+02:00"), EVER,
    )  # fmt: skip
    answers = await asyncio.gather(*(replayed(config, "events", *each, "--dry-run") for each in chosen))

    assert [each["replayed"] for each in answers] == [1, 1, 1, 0, 0, 2]
    assert [each["read"] for each in answers] == [1, 1, 1, 0, 2, 2]
    assert await everything(shop) == before


@dataclass
class Dying:
    """The store of a process that dies after some writes: those landed, and nothing is written any more."""

    real: BrandStore
    writes: int
    done: list[Put | Delete] = field(default_factory=list)

    async def get(self, kind: type[Any], ids: Collection[str]) -> dict[str, Stored[Any]]:
        """As the store."""
        return await self.real.get(kind, ids)

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """As the store, as long as the process lives."""
        if len(self.done) >= self.writes:
            raise StoreUnavailable
        self.done.extend(changes)
        return await self.real.write(*changes)


@pytest.mark.parametrize("writes", [0, 1, 2])
async def test_crash_in_a_replay_loses_nothing(shop: Running, writes: int) -> None:
    """Whatever write of a replay is its last one, what it replays is in the inbox, or where it was, or in both."""
    assert await post_json(shop, "messenger", {"object": "page", "entry": [page_entry(PAGE, "7301", "m_1")]}) == 200
    await shop.replies()
    (recorded,) = await documents(shop, "events")
    store = shop.here.store.brand("glow")
    await shop.here.worker.stop()
    key = recorded["_id"]
    event = (await store.get(Recorded, [key]))[key].record.event
    letter = DeadLetter(id=event.key, event=event, reason="why", failed_at=shop.now)
    assert await store.write(Put(letter)) == (True,)

    with pytest.MonkeyPatch.context() as patch:
        again = replay_of(shop.here, dry=False)
        dying = Dying(store, writes)
        patch.setattr(shop.here.store, "brand", lambda _: dying)
        await _as_far_as_it_comes(again, letter)

    found = [kind for kind in (InboxEntry, DeadLetter) if await store.get(kind, [event.key])]
    assert found == [[DeadLetter], [InboxEntry, DeadLetter], [InboxEntry]][writes]


async def _as_far_as_it_comes(again: Replay, letter: DeadLetter) -> None:
    try:
        await again.dead_letter("glow", Stored(letter, 1))
    except StoreUnavailable:
        return
