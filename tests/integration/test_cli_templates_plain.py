"""`throughline templates` as processes of their own: plain files without settings, and a customer of the store."""

import asyncio
import json
from pathlib import Path

from tests.integration.cli import command, write_config
from tests.stores import StoreServer

NOWHERE = "http://127.0.0.1:9"
SENDER = ("--channel", "whatsapp", "--account", "777", "--sender", "34600111222")


async def test_a_real_customer_is_previewed(store_server: StoreServer, tmp_path: Path) -> None:
    """`--for <channel>:<account>:<sender>` reads the context of that sender, whose context `render` reads, too."""
    config = write_config(tmp_path, store_server.uri, NOWHERE)
    preview = ("templates", "preview", "welcome", "--for")

    seen, nobody, context = await asyncio.gather(
        command(*preview, "whatsapp:777:34600111222", "--json", config=config),
        command(*preview, "whatsapp:778:34600111222", config=config),
        command("context", *SENDER, "--json", config=config),
    )

    assert seen.code == 0, seen.err
    (customer,) = seen.json["customers"]
    assert customer["customer"] == "whatsapp:777:34600111222"
    assert customer["channels"][0]["messages"][0]["text"].startswith("Hi! Great that you are here.")
    assert (nobody.code, "no account '778' on 'whatsapp'" in nobody.err) == (2, True)
    template = Path(__file__).parents[2] / "flows" / "library" / "templates" / "welcome_by_ad_click.yaml"
    rendered = await command("templates", "render", str(template), "--context", "-", "--json", stdin=context.out)
    assert rendered.code == 0, rendered.err
    assert rendered.json["messages"][0]["text"].startswith("Hi! Great that you are here.")


async def test_plain_files_need_nothing(tmp_path: Path) -> None:
    """The shipped library passes `check`, from any folder and without settings."""
    library = Path(__file__).parents[2] / "flows" / "library" / "templates"
    files = [str(file) for file in sorted(library.glob("*.yaml"))]

    ended = await command("templates", "check", "--json", *files, directory=tmp_path)

    assert ended.code == 0, ended.out
    assert [each["accepted"] for each in json.loads(ended.out)["files"]] == [True] * len(files)
