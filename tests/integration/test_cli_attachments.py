"""`throughline attachments`: what became of a file, and its bytes as they came."""

import uuid
from pathlib import Path

from connectors.testing import File
from middleware.domain.attachments import Attachments
from tests.deliveries import as_toml
from tests.integration.cli import command
from tests.running import fields_for, running, until
from tests.scenarios.looking import BRAND, conversation_of, customer, event_key
from tests.stores import StoreServer

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 5_000


async def test_a_file_is_listed_shown_and_saved(store_server: StoreServer, tmp_path: Path) -> None:
    """By its event or its own id; saved byte for byte, for its owner alone, and never over another file."""
    names = {
        "store": {"common_database": f"test_{uuid.uuid4().hex[:12]}"},
        "brands": {"glow": {"database": f"test_{uuid.uuid4().hex[:12]}"}},
    }
    async with running(store_server, tmp_path, **names) as shop:
        config = tmp_path / "throughline.toml"
        config.write_text(as_toml(fields_for(store_server.uri, shop.graph.url, **names)))
        shop.graph.shelf.files["a.png"] = File(PICTURE)
        person = customer(shop, "messenger")
        message_id = await person.posts("", "image", url=f"{shop.graph.url}/cdn/a.png")
        key = event_key("messenger", message_id)

        async def fetched() -> bool:
            return bool((await shop.here.brands[BRAND].store.get(Attachments, [key])).get(key))

        await until(fetched, "the file")
        await shop.quiet()
        conversation = await conversation_of(shop, person.id)
        saved, none = tmp_path / "saved.png", tmp_path / "none.png"

        listed = await command("attachments", "list", conversation.id, "--json", config=config, alone=True)
        shown = await command("attachments", "show", key, "--json", config=config)
        text = await command("attachments", "show", f"{key}/0", "--save", str(saved), config=config)
        again = await command("attachments", "show", f"{key}/0", "--save", str(saved), config=config)
        unknown = [
            await command("attachments", "show", "messenger:1001:nothing", "--save", str(none), config=config),
            await command("attachments", "show", f"{key}/7", config=config),
            await command("attachments", "list", "c_nothing", config=config),
        ]

    assert listed.json == shown.json
    (file,) = shown.json
    assert (file["id"], file["state"], file["type"], file["size"]) == (f"{key}/0", "fetched", "image/png", len(PICTURE))
    assert (text.code, saved.read_bytes(), saved.stat().st_mode & 0o777) == (0, PICTURE, 0o600)
    assert (again.code, "exists" in again.err) == (2, True)
    assert [each.code for each in unknown] == [1, 1, 1]
    assert not none.exists()
