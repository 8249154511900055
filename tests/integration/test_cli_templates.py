"""`throughline templates list, versions, diff, draft, publish, rollback, discard, import, export`."""

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from middleware.cli.templates import transfer, versions
from tests.integration.cli import command, write_config
from tests.stores import StoreServer
from tests.unit.middleware.templates.editors import source, source_saying

_GROUP = typer.Typer()
versions.add_to(_GROUP)
transfer.add_to(_GROUP)

_RUNNER = CliRunner()
"""In this process: each command in one of its own would take a second more, and there are many. Only the group is run:
the whole command sets up the log of the process."""


@dataclass
class Desk:
    """The settings of a brand, and a folder for files."""

    config: Path
    folder: Path

    def file(self, name: str, text: str) -> str:
        """A file with this text; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return str(path)

    def run(self, *arguments: str, code: int = 0) -> Result:
        """Run a command, which must end with this code."""
        ended = _RUNNER.invoke(_GROUP, arguments, env={"THROUGHLINE_CONFIG": str(self.config)})
        assert ended.exit_code == code, (ended.stdout, ended.stderr, ended.exception)
        return ended

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command prints for programs."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)


@pytest.fixture
def desk(store_server: StoreServer, tmp_path: Path, database: str) -> Desk:
    """A brand on a database that nothing has been made in yet."""
    config = write_config(tmp_path, store_server.uri, "http://127.0.0.1:9", brands={"glow": {"database": database}})
    return Desk(config, tmp_path / "files")


def test_from_a_file_to_customers_and_back(desk: Desk) -> None:
    """Drafted, compared, published, listed, rolled back; each with who did it and why."""
    file = desk.file("new.yaml", source("We are on it."))
    saved = desk.json("draft", "fallback", file, "--by", "kim", "--note", "kinder")
    assert saved["revision"] == 1
    shown = desk.run("diff", "fallback").stdout
    assert "+    text: 'We are on it.'" in shown
    assert "results for made-up customers differ" in shown
    assert "\nana, en, messenger, instagram, webchat\n" in shown
    assert "\n+ We are on it.\n" in shown

    published = desk.json("publish", "fallback", "--by", "lee")
    assert (published["revision"], published["version"]["number"]) == (2, 1)
    items = (desk.json("list"))["items"]
    (row,) = (each for each in items if each["name"] == "fallback")
    assert (row["published"], row["said"], row.get("draft")) == (1, True, None)
    assert len(items) > 10

    back = desk.run("rollback", "fallback", "0", "--by", "lee", "--note", "too short").stdout
    assert "version 2 of fallback is published" in back
    history = desk.run("versions", "fallback").stdout.splitlines()
    assert history[0].lstrip().startswith("2  ")
    assert history[0].endswith("by lee, published by lee, the file again: too short")
    assert history[1].endswith("by kim, published by lee: kinder")
    assert (desk.json("versions", "fallback"))["items"][1]["author"] == "kim"


async def test_they_are_commands_of_throughline(desk: Desk) -> None:
    """In a process of its own, on a database in which there is nothing yet."""
    ended = await command("templates", "list", "--json", "--limit", "1", config=desk.config, alone=True)
    assert (ended.code, [each["name"] for each in ended.json["items"]]) == (0, ["continue_cart"])
    offered = (await command("templates", "--help", config=desk.config)).out.decode()
    commands = "list", "versions", "diff", "draft", "publish", "rollback", "discard", "import", "export"
    assert [each for each in commands if f" {each} " not in offered] == []


def test_errors_name_file_line_and_column(desk: Desk) -> None:
    """A draft with errors is saved, and the exit code says that it cannot be published; then neither can it."""
    file = desk.file("bad.yaml", source_saying("ordrs.latest.number"))
    ended = desk.run("draft", "fallback", file, "--by", "kim", code=1)
    assert f"{file}:5:18: error: there is no value ordrs.latest.number" in ended.stdout
    assert "draft of fallback saved, revision 1" in ended.stdout
    refused = desk.run("publish", "fallback", "--by", "lee", code=1)
    assert "fallback.yaml:5:18: there is no value ordrs.latest.number" in refused.stderr
    assert (desk.json("discard", "fallback", "--by", "kim")) == {"revision": 2}
    nothing = desk.run("publish", "fallback", "--by", "lee", code=1)
    assert "fallback has no draft: save one first" in nothing.stderr


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"name: fallback\npurpose: \xff\n", ":2:10: is not UTF-8"),
        (b"x" * 70_000, ":1: is too large; at most 65536 bytes are read"),
        (None, ": cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_none(desk: Desk, content: bytes | None, why: str) -> None:
    """It is said what is wrong with it, and nothing is saved."""
    file = Path(desk.file("odd.yaml", ""))
    file.unlink() if content is None else file.write_bytes(content)
    ended = desk.run("draft", "fallback", str(file), "--by", "kim", code=1)
    assert f"{file}{why}" in ended.stderr
    (row,) = (each for each in (desk.json("list"))["items"] if each["name"] == "fallback")
    assert row["revision"] == 0


def test_who_writes_must_be_said(desk: Desk) -> None:
    """Without --by nothing is written."""
    file = desk.file("new.yaml", source("Hi."))
    for arguments in (
        ("draft", "fallback", file),
        ("publish", "fallback"),
        ("rollback", "fallback", "0"),
        ("discard", "fallback"),
        ("import", str(desk.folder)),
    ):
        assert "--by" in (desk.run(*arguments, code=2)).stderr


def test_somebody_elses_draft_needs_its_revision(desk: Desk) -> None:
    """The command says whose it is, and from when."""
    desk.run("draft", "fallback", desk.file("one.yaml", source("One.")), "--by", "kim")
    two = desk.file("two.yaml", source("Two."))
    ended = desk.run("draft", "fallback", two, "--by", "lee", code=1)
    assert "fallback was changed by kim at " in ended.stderr
    assert "revision 1" in ended.stderr
    desk.run("draft", "fallback", two, "--by", "lee", "--revision", "1")


def test_what_is_exported_is_imported_without_a_change(desk: Desk) -> None:
    """Byte for byte, through two brands' worth of oddities; and a second time there is nothing to do."""
    odd = {
        "fallback": "\ufeff" + source("Grüße \U0001f469\u200d\U0001f467").replace("\n", "\r\n"),
        "file_received": source("Thanks.", "file_received") + "\n# end without a line break",
        "extra": source("In no flow.", "extra"),
    }
    for name, text in odd.items():
        desk.file(f"in/{name}.yaml", text)
    desk.file("in/README.md", "no template")
    folder = str(desk.folder / "in")

    plan = desk.json("import", folder, "--by", "kim", "--dry-run")
    assert (plan["new"], plan["changed"], plan["imported"]) == (["extra"], ["fallback", "file_received"], [])
    assert (desk.json("versions", "fallback"))["items"] == []

    done = desk.json("import", folder, "--by", "kim", "--note", "from git")
    assert [(each["name"], each["version"]) for each in done["imported"]] == [
        ("extra", 1), ("fallback", 1), ("file_received", 1),
    ]  # fmt: skip
    assert (desk.json("versions", "extra"))["items"][0]["note"] == "from git"

    out = desk.folder / "out"
    assert sorted((desk.json("export", str(out)))["written"]) == sorted(odd)
    assert {file.stem: file.read_bytes() for file in out.iterdir()} == {
        name: text.encode() for name, text in odd.items()
    }
    again = desk.json("import", str(out), "--by", "lee")
    assert (sorted(again["same"]), again["imported"]) == (sorted(odd), [])
    assert len((desk.json("export", str(out)))["same"]) == 3

    everything = desk.json("export", str(out), "--all")
    assert "order_status" in everything["written"]
    assert (desk.json("import", str(out), "--by", "lee"))["imported"] == []


def test_an_error_in_one_file_keeps_all_out(desk: Desk) -> None:
    """Each with file, line and column; what is right is not imported either."""
    desk.file("in/fallback.yaml", source("Hi."))
    desk.file("in/extra.yaml", source_saying("nope", "extra"))
    desk.file("in/Wrong name.yaml", source("Hi."))
    desk.file("in/other.yaml", source("Hi.", "another"))
    (desk.folder / "in/latin.yaml").write_bytes("name: ü".encode("latin-1"))
    ended = desk.run("import", str(desk.folder / "in"), "--by", "kim", code=1)
    said = ended.stdout
    for where in ("extra.yaml:5:18: error: there is no value nope", "latin.yaml:1:7: error: is not UTF-8",
                  "Wrong name.yaml:1:1: error:", "other.yaml:1:1: error: name is another"):  # fmt: skip
        assert where in said
    assert "nothing is imported until these are mended" in said
    assert (desk.json("versions", "fallback"))["items"] == []


def test_an_export_writes_over_nothing_unasked(desk: Desk) -> None:
    """A file that says something else may hold somebody's work."""
    desk.run("draft", "fallback", desk.file("new.yaml", source("Hi.")), "--by", "kim")
    desk.run("publish", "fallback", "--by", "lee")
    mine = Path(desk.file("out/fallback.yaml", "mine"))
    other = Path(desk.file("out/notes.txt", "notes"))
    ended = desk.run("export", str(mine.parent), code=1)
    assert f"{mine} says something else: --overwrite replaces it" in ended.stdout
    assert mine.read_text() == "mine"
    desk.run("export", str(mine.parent), "--overwrite")
    assert (mine.read_text(), other.read_text()) == (source("Hi."), "notes")
    assert sorted(each.name for each in mine.parent.iterdir()) == ["fallback.yaml", "notes.txt"]


def test_an_import_leaves_drafts_of_others(desk: Desk) -> None:
    """It publishes beside them; they are none of its business, and cannot go out unseen over what it brought."""
    desk.run("draft", "fallback", desk.file("draft.yaml", source("My draft.")), "--by", "kim")
    desk.file("in/fallback.yaml", source("Imported."))
    desk.run("import", str(desk.folder / "in"), "--by", "lee")
    (row,) = (each for each in (desk.json("list"))["items"] if each["name"] == "fallback")
    assert (row["published"], row["draft"]["by"]) == (1, "kim")
    ended = desk.run("publish", "fallback", "--by", "lee", code=1)
    assert "based on version 0; lee has published version 1 since" in ended.stderr


def test_where_it_takes_two_persons_an_import_makes_drafts(
    store_server: StoreServer, tmp_path: Path, database: str
) -> None:
    """Which somebody else publishes."""
    brands = {"glow": {"database": database, "templates": {"two_persons": True}}}
    desk = Desk(write_config(tmp_path, store_server.uri, "http://127.0.0.1:9", brands=brands), tmp_path / "files")
    desk.file("in/fallback.yaml", source("Imported."))
    done = desk.json("import", str(desk.folder / "in"), "--by", "kim")
    assert done["imported"] == [{"name": "fallback", "draft": True}]
    assert "somebody else has to publish it" in (desk.run("publish", "fallback", "--by", "kim", code=1)).stderr
    desk.run("publish", "fallback", "--by", "lee")


async def test_doctor_tells_what_is_published_and_what_cannot_be_said(desk: Desk) -> None:
    """By the name of the template and the number of the version, and what to do: here the flow says it differently."""
    cart = source("{{ cart.count }} things are waiting.", "continue_cart")
    new = desk.file("new.yaml", cart)
    await asyncio.to_thread(desk.run, "draft", "continue_cart", new, "--by", "kim")
    await asyncio.to_thread(desk.run, "publish", "continue_cart", "--by", "lee")

    async def told(code: int) -> dict[str, Any]:
        ended = await command("doctor", "--json", config=desk.config)
        assert ended.code == code, ended.out
        return next(dict(each) for each in ended.json if each["what"] == "templates of glow")

    assert (await told(0))["detail"] == "1 published over those of the files"

    flow = "flow: continue_cart\npurpose: p\ntriggers: {intent: {en: [my cart]}}\nsteps: [{reply: continue_cart}]\n"
    folder = Path(desk.file("flows/continue_cart.yaml", flow)).parent
    desk.file("flows/templates/continue_cart.yaml", source("Your cart is waiting.", "continue_cart"))
    where = f"[brands.glow]\nflows = {json.dumps(str(folder))}\n"
    desk.config.write_text(re.sub(r'\["?brands"?\."?glow"?\]\n', lambda _: where, desk.config.read_text(), count=1))
    found = await told(1)
    assert found["state"] == "bad"
    assert "version 1 of continue_cart cannot be said" in found["detail"]
    assert "template continue_cart reads cart; write it under needs" in found["detail"]


def test_a_hostile_note_does_not_steer_the_terminal(desk: Desk) -> None:
    """What is not printable is written out."""
    desk.run("draft", "fallback", desk.file("new.yaml", source("Hi.")), "--by", "kim", "--note", "\x1b[31mred")
    desk.run("publish", "fallback", "--by", "lee")
    assert "\x1b[31m" not in desk.run("versions", "fallback").stdout
