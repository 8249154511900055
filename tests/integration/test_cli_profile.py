"""`throughline profile`: one person whole, what happened to them, and fragments worked out anew."""

from pathlib import Path

from middleware.domain.fragment import Fragment
from middleware.domain.identity import Identity
from tests.integration.cli import Ended, command, write_config
from tests.integration.test_web_profiles import ana, note_everything
from tests.running import Running
from tests.stores import StoreServer

PHONE = "phone||+34600111222"


def config_of(shop: Running, server: StoreServer, directory: Path) -> Path:
    """Settings of the same database."""
    database = shop.here.settings.brands["glow"].database
    return write_config(directory, server.uri, shop.graph.url, brands={"glow": {"database": database}})


async def run(config: Path, *arguments: str) -> Ended:
    """A command of the group, which must not fail."""
    ended = await command("profile", *arguments, config=config)
    assert ended.code == 0, ended.err
    return ended


async def test_show(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """By id and by sender alike; masked unless it is to be revealed; a panel names what counts."""
    known, config = await ana(shop), config_of(shop, store_server, tmp_path)
    by_id = await run(config, "show", known, "--json")
    by_sender = await run(config, "show", "--channel", "whatsapp", "--sender", "+34600111222", "--json")
    assert by_id.json == by_sender.json
    assert by_id.json["profile_id"] == known
    assert b"600111222" not in by_id.out
    assert b"600111222" in (await run(config, "show", known, "--reveal", "--json")).out
    text = (await run(config, "show", known)).out.decode()
    assert "600111222" not in text
    assert all(word in text for word in ("#1001", "whatsapp.sender", "attested", "worth"))


async def test_timeline(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """An entry a line, and how to go on."""
    known, config = await ana(shop), config_of(shop, store_server, tmp_path)
    first = (await run(config, "timeline", known)).out
    assert b"order" in first
    assert b"message" in first
    await note_everything(shop, known)
    text = (await run(config, "timeline", known, "--most", "1")).out.decode()
    assert "There is more: --before " in text
    cursor = text.split("--before ")[1].strip()
    rest = (await run(config, "timeline", known, "--before", cursor, "--json")).json
    every = (await run(config, "timeline", known, "--json")).json
    assert every["entries"][1:] == rest["entries"]
    bad = await command("profile", "timeline", known, "--before", "x", config=config)
    assert (bad.code, "cursor" in bad.err) == (1, True)


async def test_rebuild(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """Nothing differs; what was broken is shown, then mended, for one and for all."""
    known, config = await ana(shop), config_of(shop, store_server, tmp_path)
    good = await run(config, "rebuild", known, "--json")
    assert (good.json["differences"], good.json["identifiers"]) == ([], 2)
    store = shop.here.brands["glow"].store
    stored = (await store.get(Identity, [PHONE]))[PHONE]
    await store.write(stored.put(stored.record.with_fragment(Fragment())))
    dry = await command("profile", "rebuild", known, "--dry-run", "--json", config=config, alone=True)
    assert (dry.code, [each["state"] for each in dry.json["differences"]]) == (1, ["differs"])
    assert (await store.get(Identity, [PHONE]))[PHONE].record.fragment == Fragment()
    assert "written" in (await run(config, "rebuild", "--all")).out.decode()
    assert (await store.get(Identity, [PHONE]))[PHONE].record.fragment == stored.record.fragment


async def test_what_cannot_be_meant(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """Nobody, nothing, and both at once: a reason and an exit code, no traceback."""
    config = config_of(shop, store_server, tmp_path)
    for arguments, code in (
        (("show", "p_1", "--channel", "whatsapp"), 2),
        (("show", "p_1"), 1),
        (("timeline", "--channel", "telegram", "--sender", "1"), 2),
        (("rebuild", "p_1", "--all"), 2),
        (("rebuild", "p_1"), 1),
    ):
        ended = await command("profile", *arguments, config=config)
        assert ended.code == code, (arguments, ended.err)
        assert ended.err.startswith("throughline: ")


async def test_a_link_to_the_panel(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """One line that is a link, by id and by sender; without the settings, or for nobody, a reason."""
    known = await ana(shop)
    settings = {"database": shop.here.settings.brands["glow"].database}
    allowed = {
        "console": {"embed_in": ["https://acme.zendesk.com"], "secret": "s" * 40},
        "server": {"public_url": "https://chat.glow.example"},
    }
    config = write_config(tmp_path, store_server.uri, shop.graph.url, brands={"glow": settings}, **allowed)
    by_id = (await run(config, "panel", known, "--link")).out.decode()
    assert (by_id.startswith("https://chat.glow.example/console/embed/"), by_id.count("\n")) == (True, 1)
    told = (await run(config, "panel", "--link", "--channel", "whatsapp", "--sender", "+34600111222", "--json")).json
    assert set(told) == {"url", "expires_at"}
    for arguments, code in ((("p_none", "--link"), 1), ((known,), 2)):
        assert (await command("profile", "panel", *arguments, config=config)).code == code
    bare = config_of(shop, store_server, tmp_path)
    ended = await command("profile", "panel", known, "--link", config=bare)
    assert (ended.code, "[console] embed_in and [server] public_url" in ended.err) == (2, True)
