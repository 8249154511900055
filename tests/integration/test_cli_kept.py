"""`inbox`, `outbox`, `quarantine`, `dead-letters` and the ways in which `replay` is called wrongly."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import api_error, server_error
from middleware.domain.events import Event, EventKind, Message
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.ports import DeadLetter, InboxEntry, Put, Quarantined
from middleware.store.mongo import MongoBrandStore, connect
from tests.integration.cli import Ended, command, write_config
from tests.running import NUMBER, Running
from tests.stores import StoreServer

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
WORDS = "where is my \x1b[31morder\u202e?"


@dataclass
class Shelves:
    """A brand's store with things in it, and the settings that lead there."""

    store: MongoBrandStore
    config: Path

    async def run(self, *arguments: str, **more: Any) -> Ended:
        """Run a command there."""
        return await command(*arguments, config=self.config, **more)


@pytest.fixture
async def shelves(store_server: StoreServer, tmp_path: Path, database: str) -> AsyncIterator[Shelves]:
    """Twelve of each: nothing works them off."""
    config = write_config(tmp_path, store_server.uri, "http://127.0.0.1:9", brands={"glow": {"database": database}})
    client = connect(store_server.uri)
    store = MongoBrandStore(client, database)
    await store.ensure()
    for number in range(12):
        event = message(f"whatsapp:{NUMBER}:wamid.{number:02}")
        letter = DeadLetter(id=event.key, event=event, reason="KeyError after 5 tries", failed_at=NOW)
        kept = Quarantined(
            id=f"{number:032x}",
            connector="whatsapp",
            reason=f"reason {number % 2}",
            raw=WORDS.encode(),
            received_at=NOW,
        )
        await store.write(Put(InboxEntry.of(event)), Put(letter), Put(kept))
    yield Shelves(store, config)
    client.close()


def message(key: str) -> Event:
    """A message of a customer."""
    return Event(
        key=key, kind=EventKind.MESSAGE, connector="whatsapp", account=NUMBER, occurred_at=NOW, received_at=NOW,
        anchor=Identifier(IdentifierKind.PHONE, "", "+34600111222"),
        message=Message(id=key, kind="text", text=WORDS),
    )  # fmt: skip


SHELVES = ("inbox", "dead-letters", "quarantine")


@pytest.mark.parametrize("shelf", SHELVES[-1:])
async def test_list_goes_on_page_by_page(shelves: Shelves, shelf: str) -> None:
    """Pages that follow each other hold everything once; the last one says that there is no more."""
    seen: list[str] = []
    after: tuple[str, ...] = ()
    for number in (5, 5, 2):
        ended = await shelves.run(shelf, "list", "--limit", "5", "--json", *after)
        assert ended.code == 0, ended.err
        assert len(ended.json["items"]) == number
        assert ended.json["brand"] == "glow"
        seen += [item["id"] for item in ended.json["items"]]
        after = ("--after", ended.json["next"] or "")
    assert after == ("--after", "")
    assert len(set(seen)) == 12
    assert seen == sorted(seen)

    people, end = await asyncio.gather(
        shelves.run(shelf, "list", "--limit", "5"), shelves.run(shelf, "list", "--after", seen[-1])
    )
    assert f"--after {seen[4]}" in people.out.decode()
    assert "Nothing more" in end.out.decode()


@pytest.mark.parametrize("shelf", SHELVES)
async def test_words_of_customers_are_shown_only_when_asked_for(shelves: Shelves, shelf: str) -> None:
    """A list has no word and no whole number of a customer; `--text` and `show` have the words, and none of them
    steers the terminal.
    """
    plain, asked, as_json = await asyncio.gather(
        shelves.run(shelf, "list"), shelves.run(shelf, "list", "--text"), shelves.run(shelf, "list", "--json")
    )
    first = as_json.json["items"][0]["id"]
    whole, document = await asyncio.gather(
        shelves.run(shelf, "show", first), shelves.run(shelf, "show", first, "--json")
    )
    for ended in (plain, as_json):
        assert b"where is my" not in ended.out
        assert b"34600111222" not in ended.out
    for ended in (asked, whole):
        assert b"where is my" in ended.out
        assert b"\x1b[31m" not in ended.out
        assert "\u202e" not in ended.out.decode()
    assert b"what to do" in whole.out
    assert document.json["text"] == WORDS
    assert document.json["id"] == first


@pytest.mark.parametrize("shelf", ["dead-letters", "outbox"])
async def test_what_is_not_there(store_server: StoreServer, tmp_path: Path, shelf: str) -> None:
    """An empty list says so and is no failure; an id that is not there is exit code 1 with what was looked for."""
    config = write_config(tmp_path, store_server.uri, "http://127.0.0.1:9")
    empty, as_json, missing, common = await asyncio.gather(
        command(shelf, "list", config=config),
        command(shelf, "list", "--json", config=config),
        command(shelf, "show", "nothing", config=config),
        command(shelf, "list", "--brand", "-", config=config),
    )
    assert (empty.code, as_json.code, common.code) == (0, 0, 0), empty.err
    assert empty.out.startswith(b"No")
    assert as_json.json["items"] == []
    assert (missing.code, missing.out) == (1, b"")
    assert "'nothing'" in missing.err
    assert "Traceback" not in missing.err


async def test_a_brand_has_to_be_named_where_there_are_two(store_server: StoreServer, tmp_path: Path) -> None:
    """With two brands, or a wrong one, the command says which there are."""
    config = write_config(
        tmp_path, store_server.uri, "http://127.0.0.1:9", brands={"noir": {"database": "test_noir_kept"}}
    )
    none, wrong, right = await asyncio.gather(
        command("inbox", "list", config=config),
        command("inbox", "list", "--brand", "blanc", config=config, alone=True),
        command("inbox", "list", "--brand", "noir", config=config),
    )
    assert (none.code, wrong.code, right.code) == (2, 2, 0)
    assert "glow, noir" in none.err
    assert "glow, noir" in wrong.err


async def test_outbox_shows_what_may_not_have_been_sent(shop: Running, tmp_path: Path) -> None:
    """A reply that is unknown and one that failed are listed with state and reason; one that was sent is not."""
    await shop.say("whatsapp", sender="34600111001", text="hello")
    await shop.replies()
    shop.graph.fail_next(server_error())
    await shop.say("whatsapp", sender="34600111002", text="hello")
    await shop.quiet()
    shop.graph.fail_next(api_error(190, status=401))
    await shop.say("whatsapp", sender="34600111003", text="hello")
    await shop.quiet()
    settings = shop.here.settings
    assert settings.store.uri is not None
    config = write_config(
        tmp_path, settings.store.uri.get_secret_value(), shop.graph.url,
        brands={"glow": {"database": settings.brands["glow"].database}},
    )  # fmt: skip

    listed, failed, one, people = await asyncio.gather(
        command("outbox", "list", "--json", config=config, alone=True),
        command("outbox", "list", "--state", "failed", "--json", config=config),
        command("outbox", "list", "--limit", "1", "--json", config=config),
        command("outbox", "list", config=config),
    )
    assert listed.code == 0, listed.err
    states = {item["state"]: item for item in listed.json["items"]}
    assert set(states) == {"unknown", "failed"}
    assert states["failed"]["why"] == "account_problem"
    assert [item["key"] for item in failed.json["items"]] == [states["failed"]["key"]]
    assert "text" not in states["failed"]
    assert one.json["next"] is not None
    assert b"34600111003" not in people.out + listed.out

    key = states["unknown"]["key"]
    whole, document, wrong = await asyncio.gather(
        command("outbox", "show", key, config=config),
        command("outbox", "show", key, "--json", config=config),
        command("outbox", "list", "--state", "sent", config=config),
    )
    assert b"never sent again" in whole.out
    assert document.json["text"].splitlines()[0].encode() in whole.out
    assert document.json["turn"]["messages"][0]["state"] == "unknown"
    assert wrong.code == 2


WRONG = (
    (("dead-letters",), "--all"),
    (("quarantine",), "--reason"),
    (("quarantine", "--all", "--file", "body.json"), "--file"),
    (("quarantine", "0" * 32, "--account", "nobody"), "nobody"),
    (("events", "--from", "yesterday", "--to", "2026-01-01"), "yesterday"),
    (("events", "--from", "2026-01-01", "--to", "2026-01-02", "--account", "page"), "--channel"),
    (("events", "--from", "2026-01-01", "--to", "2026-01-02"), "--yes"),
    (("dead-letters", "--all"), "--yes"),
)


async def test_replay_that_is_called_wrongly_does_nothing(shelves: Shelves) -> None:
    """Exit code 2 with the word that helps, and nothing is touched; nobody to ask is no yes."""
    all_ended = await asyncio.gather(*(shelves.run("replay", *arguments) for arguments, _ in WRONG))
    for ended, (arguments, helps) in zip(all_ended, WRONG, strict=True):
        assert (ended.code, ended.out) == (2, b""), (arguments, ended.err)
        assert helps in ended.err
        assert "Traceback" not in ended.err
    assert len((await shelves.run("dead-letters", "list", "--json")).json["items"]) == 12


async def test_replay_says_what_it_would_do(shelves: Shelves) -> None:
    """A dry run says how much is late, in the inbox already or refused, in numbers and for people."""
    letters, kept, people = await asyncio.gather(
        shelves.run("replay", "dead-letters", "--all", "--dry-run", "--json", alone=True),
        shelves.run("replay", "quarantine", "--reason", "reason 1", "--dry-run", "--json"),
        shelves.run("replay", "dead-letters", "--all", "--dry-run"),
    )
    assert letters.code == 0, letters.err
    assert {name: letters.json[name] for name in ("replayed", "waiting", "late")} == {
        "replayed": 0, "waiting": 12, "late": 12,
    }  # fmt: skip
    assert (kept.code, kept.json["refused"], kept.json["read"]) == (1, 6, 6)
    assert b"reply_max_age" in people.out
    assert b"12 in the inbox already" in people.out
