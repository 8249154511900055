"""The short commands: context, doctor, migrate, key, demo, and what a settings error says."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from middleware.domain.candidates import RuleRecord
from middleware.domain.context import BLOCKS
from middleware.ports import Put
from middleware.settings import key_hash
from tests.integration.cli import command, write_config
from tests.running import Running
from tests.scenarios.test_replay import config_of
from tests.stores import StoreServer

NOWHERE = "http://127.0.0.1:9"


async def test_context_of_somebody_new(store_server: StoreServer, tmp_path: Path) -> None:
    """`context --json` shows what a bot would get: for somebody who never wrote, level `new`."""
    config = write_config(tmp_path, store_server.uri, NOWHERE)
    arguments = ("context", "--channel", "whatsapp", "--account", "777", "--sender", "34600111222")

    whole, part, shown = await asyncio.gather(
        command(*arguments, "--json", config=config, alone=True),
        command(*arguments, "--json", "--blocks", "orders", config=config),
        command(*arguments, config=config),
    )

    assert whole.code == 0, whole.err
    assert whole.json["identity"]["level"] == "new"
    assert whole.json["schema"] == "throughline.context/1"
    assert {"orders", "cart", "ad_click", "history"} <= set(whole.json)
    assert {"orders"} == {"orders", "cart", "ad_click", "history"} & set(part.json)
    assert shown.code == 0
    assert b"new" in shown.out


NOBODY = (
    ({"--channel": "telegram"}, "telegram"),
    ({"--channel": "shopify", "--account": "shop"}, "shop"),
    ({"--sender": "not a number"}, "whatsapp"),
    (
        {"--blocks": "tickets"},
        ", ".join(BLOCKS),
    ),
)


async def test_context_of_nobody_is_a_usage_error(store_server: StoreServer, tmp_path: Path) -> None:
    """What cannot be looked up is exit code 2 with the word that was wrong."""
    config = write_config(tmp_path, store_server.uri, NOWHERE)
    given = [{"--channel": "whatsapp", "--account": "777", "--sender": "34600111222", **each} for each, _ in NOBODY]
    arguments = [[part for pair in each.items() for part in pair] for each in given]

    all_ended = await asyncio.gather(*(command("context", *each, "--json", config=config) for each in arguments))

    for ended, (_, helps) in zip(all_ended, NOBODY, strict=True):
        assert (ended.code, ended.out) == (2, b"")
        assert helps in ended.err
        assert "Traceback" not in ended.err


async def test_doctor_finds_nothing_to_mend(store_server: StoreServer, tmp_path: Path) -> None:
    """`doctor --json` on good settings: exit code 0, no finding is bad, every account and the store were looked at."""
    config = write_config(tmp_path, store_server.uri, NOWHERE)

    ended = await command("doctor", "--json", config=config, alone=True)

    assert ended.code == 0, ended.err + ended.out.decode()
    states = {finding["what"]: finding["state"] for finding in ended.json}
    assert "bad" not in states.values()
    assert {"store", "settings", "account glow.messenger", "account glow.shop"} <= set(states)


async def test_doctor_says_what_to_mend(store_server: StoreServer, tmp_path: Path) -> None:
    """`doctor --json` on settings that lack things: exit code 1, each lack with what to write, and no secret shown."""
    accounts = {
        "messenger": {"token": "", "verify_token": ""},
        "whatsapp": {"secrets": ["short-secret"]},
        "shop": {"secrets": []},
    }
    config = write_config(tmp_path, store_server.uri, NOWHERE, brands={"glow": {"accounts": accounts}})
    text = config.read_text().replace('"token" = ""\n', "", 1).replace('"verify_token" = ""\n', "", 1)
    config.write_text(text)

    ended, shown = await asyncio.gather(command("doctor", "--json", config=config), command("doctor", config=config))

    bad = [finding for finding in ended.json if finding["state"] == "bad"]
    assert ended.code == 1
    assert {"account glow.messenger", "account glow.whatsapp", "account glow.shop"} <= {each["what"] for each in bad}
    assert all(finding["fix"] for finding in bad)
    assert b"short-secret" not in ended.out
    assert shown.code == 1
    assert b"->" in shown.out


async def test_doctor_says_what_is_odd_about_a_look_up(store_server: StoreServer, tmp_path: Path) -> None:
    """One that no flow makes, that is slower than a message waits, and that tells of whatever somebody types."""
    stock = {
        "url": "https://erp.example/stock",
        "within": "5s",
        "send": {"q": "{{ message.text }}"},
        "fields": {"left": "number"},
    }
    config = write_config(tmp_path, store_server.uri, NOWHERE, brands={"glow": {"lookups": {"stock": stock}}})

    ended = await command("doctor", "--json", config=config)

    assert ended.code == 0, ended.err
    found = [each["detail"] for each in ended.json if each["what"] == "look-up stock of glow"]
    assert [each.partition(",")[0].partition(":")[0] for each in found] == [
        "no flow makes it",
        "a message waits no longer than enrich_within",
        "whoever types the right words is told what it says",
    ]


async def test_doctor_names_rules_that_only_propose(shop: Running, tmp_path: Path) -> None:
    """Whose merges were undone too often, how often, and what to do; others are not named."""
    store, now = shop.here.brands["glow"].store, datetime.now(UTC)
    many = RuleRecord(id="records.similar").after(now, merges=40, unmerges=3)
    few = RuleRecord(id="whatsapp.sender").after(now, merges=40, unmerges=2)
    assert await store.write(Put(many), Put(few)) == (True, True)
    ended = await command("doctor", "--json", config=config_of(shop, tmp_path))

    assert ended.code == 0, ended.err
    (found,) = (each for each in ended.json if each["what"].startswith("rule "))
    assert (found["what"], found["state"]) == ("rule records.similar of glow", "note")
    assert found["detail"] == "3 of 40 merges of the last 90 days were undone: it only proposes"
    assert "auto_merge_threshold" in found["fix"]
    assert "throughline profile journal" in found["fix"]


async def test_doctor_without_a_store(tmp_path: Path) -> None:
    """`doctor --json` with a store that does not answer: exit code 1, the store is named, no traceback."""
    config = write_config(tmp_path, "mongodb://127.0.0.1:9/?directConnection=true", NOWHERE)

    ended = await command("doctor", "--json", config=config)

    assert ended.code == 1, ended.err
    assert [each["what"] for each in ended.json if each["state"] == "bad"] == ["store"]
    assert "Traceback" not in ended.err


async def test_doctor_with_bad_settings(tmp_path: Path) -> None:
    """`doctor --json` with settings that cannot be read says so as a finding."""
    config = tmp_path / "throughline.toml"
    config.write_text("[server]\nprot = 8080\n")

    ended = await command("doctor", "--json", config=config)

    assert ended.code == 1
    (bad,) = (finding for finding in ended.json if finding["state"] == "bad")
    assert bad["what"] == "settings"
    assert "server.prot" in bad["detail"]


async def test_migrate_twice(store_server: StoreServer, tmp_path: Path) -> None:
    """`migrate --json` creates what is missing; the second time there is nothing to create."""
    config = write_config(tmp_path, store_server.uri, NOWHERE)

    first, second = await command("migrate", "--json", config=config), await command("migrate", "--json", config=config)

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert set(first.json) == set(second.json)
    assert len(first.json) == 2
    assert all(first.json.values())
    assert not any(second.json.values())


async def test_migrate_without_a_store_says_so(tmp_path: Path) -> None:
    """`migrate` with a store that does not answer is exit code 1 and one line."""
    config = write_config(tmp_path, "mongodb://127.0.0.1:9/?directConnection=true", NOWHERE)

    ended = await command("migrate", config=config)

    assert (ended.code, ended.out) == (1, b"")
    assert ended.err.startswith("throughline: ")
    assert "Traceback" not in ended.err


async def test_key_is_shown_with_its_hash() -> None:
    """`key --json` makes a long key that fits its hash, another one each time."""
    first, second = await asyncio.gather(command("key", "--json", alone=True), command("key", "--json"))

    assert (first.code, second.code) == (0, 0)
    assert first.json["key_hash"] == key_hash(first.json["key"])
    assert len(first.json["key"]) >= 40
    assert first.json["key"] != second.json["key"]


BAD_SETTINGS = {
    "no TOML": ("[server\n", "no valid TOML", ""),
    "an unknown key": ("[server]\nprot = 8080\n", "server.prot", "no such key"),
    "a hash that is none": (
        '[clients.bot]\nkey_hash="secret-in-the-clear"\nbrands=[]\n',
        "clients.bot.key_hash",
        "sha256",
    ),
    "production without a store": ('environment = "production"\n', "store.uri", "replica set"),
}


async def test_settings_error_says_file_key_and_advice(tmp_path: Path) -> None:
    """A settings error names the file, the key and what to write instead, ends with exit code 1, shows no value."""
    files = [tmp_path / f"{place}.toml" for place in range(len(BAD_SETTINGS))]
    for file, (text, _, _) in zip(files, BAD_SETTINGS.values(), strict=True):
        file.write_text(text)

    all_ended = await asyncio.gather(*(command("migrate", config=file) for file in files))

    for file, ended, (_, key, advice) in zip(files, all_ended, BAD_SETTINGS.values(), strict=True):
        assert (ended.code, ended.out) == (1, b"")
        assert ended.err.startswith(f"throughline: {file}: ")
        assert key in ended.err
        assert advice in ended.err
        assert "Traceback" not in ended.err
        assert "secret-in-the-clear" not in ended.err


async def test_settings_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that THROUGHLINE_CONFIG names and that does not exist is said by name."""
    ended = await command("migrate", config=tmp_path / "nothing.toml")

    assert ended.code == 1
    assert "nothing.toml" in ended.err
    assert "THROUGHLINE_CONFIG" in ended.err


async def test_demo_tells_the_story() -> None:
    """`demo --json` plays the story with nothing but this machine, and everything in it holds."""
    ended = await command("demo", "--json", alone=True)

    assert ended.code == 0, ended.err
    assert ended.json["ok"] is True
    assert len(ended.json["story"]) == 6
    assert all(check["holds"] for chapter in ended.json["story"] for check in chapter["checks"])


async def test_demo_tells_of_one_customer_in_six_tools() -> None:
    """`demo --chapter profile` joins what is attested, queues what is likely, refuses what conflicts, takes apart."""
    ended = await command("demo", "--chapter", "profile", "--json")

    assert ended.code == 0, ended.err
    assert ended.json["ok"] is True
    assert [len(chapter["checks"]) for chapter in ended.json["story"]] == [1, 4, 2, 2, 3]
    assert all(check["holds"] for chapter in ended.json["story"] for check in chapter["checks"])


async def test_version_and_help() -> None:
    """`--version` names the version, no arguments show all commands, an unknown one is exit code 2."""
    version, nothing, unknown = await asyncio.gather(
        command("--version", alone=True), command(alone=True), command("nothing")
    )

    assert version.code == 0
    assert version.out.startswith(b"throughline ")
    text = (nothing.out + nothing.err.encode()).decode()
    assert all(name in text for name in ("demo", "serve", "worker", "doctor", "migrate", "normalise", "trigger", "key"))
    assert unknown.code == 2


async def test_channels_prints_the_table(tmp_path: Path) -> None:
    """`channels` prints the page of the docs, and with --json the table itself; it needs no settings at all."""
    shown, table = await asyncio.gather(
        command("channels", directory=tmp_path, alone=True), command("channels", "--json", directory=tmp_path)
    )
    assert shown.out == (Path(__file__).parents[2] / "docs" / "channels.md").read_bytes()
    assert (shown.code, table.code) == (0, 0)
    assert table.json["whatsapp"]["list"]["rows"] == 10
