"""`throughline flows import, publish, rollback, releases, diff, export`, on the real store."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from middleware.bootstrap.building import opened
from middleware.bootstrap.reaching import releases_of
from middleware.cli import flows, templates
from middleware.domain.flow_releases import MOST_FILES, FlowFiles, FlowPublication
from middleware.pipeline.releases.errors import FlowsChanged
from middleware.pipeline.releases.importing import bring_in
from middleware.pipeline.releases.publishing import Published, publish
from middleware.settings import GivenSettings
from tests.commands import Commands
from tests.integration.cli import command, write_config
from tests.running import fields_for
from tests.stores import StoreServer
from tests.unit.middleware.releases.builders import flow
from tests.unit.middleware.templates.editors import source

_GROUP = typer.Typer()
_GROUP.add_typer(flows.app, name="flows")
_GROUP.add_typer(templates.app, name="templates")

_RUNNER = CliRunner()

TEST = "customer: ana\ntests:\n  - test: hello is said\n    turns:\n      - says: good morning\n        flow: hello\n"


@dataclass
class Desk:
    """The settings of a brand, and a folder for files."""

    config: Path
    folder: Path

    def file(self, name: str, text: str | bytes) -> Path:
        """A file with this text."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def run(self, *arguments: str, code: int = 0) -> Result:
        """Run a command, which must end with this code."""
        ended = _RUNNER.invoke(_GROUP, arguments, env={"THROUGHLINE_CONFIG": str(self.config)})
        assert ended.exit_code == code, (ended.stdout, ended.stderr, ended.exception)
        return ended

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command on flows prints for programs."""
        return json.loads(self.run("flows", *arguments, "--json", code=code).stdout)

    def brought(self, *more: str, code: int = 0) -> Any:
        """What came of an import of the folder."""
        return self.json("import", str(self.folder), "--by", "kim", *more, code=code)


def desk_at(directory: Path, server: StoreServer, database: str, **brand: Any) -> Desk:
    """A brand on a database that nothing has been made in yet."""
    brands = {"glow": {"database": database, **brand}}
    return Desk(write_config(directory, server.uri, "http://127.0.0.1:9", brands=brands), directory / "f")


@pytest.fixture
def desk(store_server: StoreServer, tmp_path: Path, database: str) -> Desk:
    """The same without more settings."""
    return desk_at(tmp_path, store_server, database)


def test_from_a_folder_to_customers_and_back(desk: Desk) -> None:
    """Imported, refused for its template, published with it, listed, compared, gone back from; who did it, and why."""
    desk.file("hello.yaml", flow("hello", says="greeting"))
    desk.file("tests/hello.yaml", TEST)
    desk.file("templates/greeting.yaml", source("Good morning!", "greeting"))
    brought = desk.brought("--note", "kinder")
    assert (brought["release"]["release"], brought["tests"]["passed"], brought["same"]) == (1, 1, False)
    assert (brought["changes"]["added"], brought["changes"]["tests"]) == (["hello"], ["tests/hello.yaml"])
    assert brought["templates_not_published"] == ["greeting.yaml"]

    refused = desk.run("flows", "publish", "1", "--by", "lee", code=1).stderr
    assert "hello.yaml:8: there is no template 'greeting'" in refused
    assert "throughline templates import FOLDER/templates" in refused
    desk.run("templates", "import", str(desk.folder / "templates"), "--by", "kim")
    published = desk.json("publish", "1", "--by", "lee")
    assert (published["release"], published["note"], published["revision"]) == (1, "kinder", 1)

    desk.file("hello.yaml", flow("hello", says="greeting", phrase="hi there"))
    desk.file("tests/hello.yaml", TEST.replace("good morning", "hi there"))
    said = desk.run("flows", "import", str(desk.folder), "--by", "kim", "--publish").stdout
    assert "release 2 is imported; 1 test passed" in said
    assert " changed  hello" in said
    assert "customers get release 2 within two seconds" in said
    shown = desk.run("flows", "diff", "1", "2").stdout
    assert "-    en: [good morning]\n+    en: [hi there]" in shown
    assert shown.endswith("from release 1 to release 2: 1 changed: hello; 1 of tests: tests/hello.yaml\n")

    assert desk.json("rollback", "--by", "lee", "--note", "too bold")["release"] == 1
    found = desk.json("releases")
    assert [each["release"] for each in found["items"]] == [2, 1]
    assert (found["published"]["release"], found["published"]["by"], found["published"]["revision"]) == (1, "lee", 3)
    assert [(each["release"], each["rollback"]) for each in found["history"]] == [(1, True), (2, False), (1, False)]
    listed = desk.run("flows", "releases").stdout.splitlines()
    assert listed[0].startswith("customers get release 1 since ")
    assert [line.split()[:2] for line in listed[1:]] == [["2", listed[1].split()[1]], ["1", "*"]]
    assert "release 1 again, by lee: too bold" in desk.run("flows", "releases", "--history").stdout


async def test_they_are_commands_of_throughline(desk: Desk) -> None:
    """In a process of its own, on a database in which there is nothing yet."""
    ended = await command("flows", "releases", "--json", config=desk.config, alone=True)
    assert (ended.code, ended.json["items"], ended.json["published"]["release"]) == (0, [], 0)


def test_what_is_wrong_is_named_by_file_and_line_and_nothing_is_imported(desk: Desk) -> None:
    """In a flow, in a template of the folder, in a test; with what to write instead."""
    desk.file("hello.yaml", flow("hello").replace("- reply: fallback", "- reply: fallbak"))
    desk.file("odd.yml", "flow: odd")
    said = desk.run("flows", "import", str(desk.folder), "--by", "kim", code=1).stdout
    assert f"{desk.folder}/hello.yaml:8:12: error: there is no template 'fallbak' - did you mean fallback?" in said
    assert "odd.yml:1:1: hint: is not read: files of flows end in .yaml; rename it" in said
    assert said.endswith("nothing is imported: mend these first\n")
    desk.file("hello.yaml", b"flow: hello\npurpose: \xff\n")
    found = desk.brought(code=1)
    assert [(each["line"], each["message"]) for each in found["findings"] if each["severity"] == "error"] == [
        (2, "is not UTF-8; save it as UTF-8")
    ]
    assert desk.json("releases")["items"] == []


def test_a_test_that_fails_keeps_a_release_from_being_made(desk: Desk) -> None:
    """Both sides are shown; wanted all the same, the release says which failed."""
    desk.file("hello.yaml", flow("hello", phrase="hi there"))
    desk.file("tests/hello.yaml", TEST)
    said = desk.run("flows", "import", str(desk.folder), "--by", "kim", code=1).stdout
    assert "FAIL  hello is said" in said
    assert "nothing is imported: a test fails: mend it, or say --though-tests-fail" in said
    assert desk.json("releases")["items"] == []
    brought = desk.brought("--though-tests-fail")
    assert brought["release"]["failing_tests"] == ["hello is said"]
    assert "1 test failed" in desk.run("flows", "releases").stdout


ODD = {
    "crlf.yaml": flow("crlf", phrase="one").replace("\n", "\r\n").encode(),
    "no_end.yaml": flow("no_end", phrase="two").rstrip("\n").encode(),
    "bom.yaml": b"\xef\xbb\xbf" + flow("bom", phrase="three").encode(),
    "größe.yaml": flow("size", phrase="größe, ñandú, 大きさ, 😀 four").encode() + b"# \xc2\xa0\xe2\x80\xa8\n",
    "tests/odd.yaml": TEST.replace("good morning", "one").replace("flow: hello", "flow: crlf").encode() + b"\r\n\r\n",
}


def test_files_come_out_as_they_went_in(desk: Desk, tmp_path: Path) -> None:
    """Byte for byte, whatever ends their lines; and what came out is the same release when it goes in."""
    for name, raw in ODD.items():
        desk.file(name, raw)
    desk.brought("--publish")
    out = tmp_path / "out"
    assert sorted(desk.json("export", str(out))["written"]) == sorted(ODD)
    assert {str(each.relative_to(out)): each.read_bytes() for each in out.rglob("*.yaml")} == ODD
    assert desk.json("export", str(out))["same"] == sorted(ODD)
    again = desk.json("import", str(out), "--by", "lee")
    assert (again["same"], again["release"]["release"]) == (True, 1)


def test_an_export_writes_over_nothing_unseen(desk: Desk, tmp_path: Path) -> None:
    """Nothing is written at all while a file says something else; what is not of the release stays and is named."""
    desk.file("hello.yaml", flow("hello"))
    desk.file("bye.yaml", flow("bye", phrase="good bye"))
    desk.brought("--publish")
    out = tmp_path / "out"
    out.mkdir()
    (out / "hello.yaml").write_text("mine")
    (out / "extra.yaml").write_text("mine, too")
    found = desk.json("export", str(out), code=1)
    assert (found["differ"], found["written"]) == (["hello.yaml"], [])
    assert sorted(each.name for each in out.iterdir()) == ["extra.yaml", "hello.yaml"]
    said = desk.run("flows", "export", str(out), "--overwrite").stdout
    assert "release 1: 2 written, 0 were the same" in said
    assert f"{out}/extra.yaml is not of this release" in said
    assert (out / "extra.yaml").read_text() == "mine, too"
    desk.run("flows", "export", str(out), "--release", "9", code=1)
    (tmp_path / "file").write_text("")
    assert "cannot be written" in desk.run("flows", "export", str(tmp_path / "file" / "in"), code=1).stderr


def test_a_folder_has_bounds(desk: Desk) -> None:
    """So many files, so many bytes: more is refused before anything is read further, with the figure."""
    for number in range(MOST_FILES + 1):
        desk.file(f"f{number}.yaml", "")
    refused = desk.run("flows", "import", str(desk.folder), "--by", "kim", code=1).stderr
    assert "has 501 files of flows and tests; a release has at most 500" in refused
    for number in range(80):
        desk.file(f"f{number}.yaml", flow(f"f{number}") + "#" * 64_000)
    for number in range(80, MOST_FILES + 1):
        (desk.folder / f"f{number}.yaml").unlink()
    refused = desk.run("flows", "import", str(desk.folder), "--by", "kim", code=1).stderr
    assert "holds more than 4 MiB of flows and tests" in refused
    assert desk.run("flows", "import", str(desk.folder / "none"), "--by", "kim", code=2).stderr
    (desk.folder / "empty").mkdir()
    assert "has no flow" in desk.run("flows", "import", str(desk.folder / "empty"), "--by", "kim", code=1).stderr


async def test_the_largest_release_is_kept(store_server: StoreServer) -> None:
    """Four megabytes in one document, as the store takes it."""
    async with opened(GivenSettings(**fields_for(store_server.uri, "http://127.0.0.1:9"))) as here:
        of, now = releases_of(here, "glow"), datetime.now(UTC)
        files = FlowFiles.of({f"f{number}.yaml": "ä" * 32_000 for number in range(65)})
        release = (await bring_in(of, files, [], by="kim", now=now)).release
        found = (await of.store.get(FlowFiles, [release.files]))[release.files].record
        assert found == files


def test_the_folder_of_the_settings_is_release_0(store_server: StoreServer, tmp_path: Path, database: str) -> None:
    """What changes against it is shown, it can be exported, and a rollback gives it to customers again."""
    place = tmp_path / "of_settings"
    place.mkdir()
    (place / "hello.yaml").write_text(flow("hello"))
    desk = desk_at(tmp_path, store_server, database, flows=str(place))
    desk.file("bye.yaml", flow("bye"))
    changes = desk.brought("--publish")["changes"]
    assert (changes["added"], changes["removed"]) == (["bye"], ["hello"])
    out = tmp_path / "out"
    assert desk.json("export", str(out), "--release", "0")["written"] == ["hello.yaml"]
    assert desk.json("rollback", "0", "--by", "lee")["release"] == 0
    assert "customers get the files (release 0)" in desk.run("flows", "releases").stdout


def test_where_it_takes_two_an_import_is_not_published_by_who_made_it(
    store_server: StoreServer, tmp_path: Path, database: str
) -> None:
    """The release is there all the same, and the exit code says that customers do not get it."""
    desk = desk_at(tmp_path, store_server, database, templates={"two_persons": True})
    desk.file("hello.yaml", flow("hello"))
    brought = desk.brought("--publish", code=1)
    assert (brought["release"]["release"], brought["published"]) == (1, None)
    assert brought["not_published"].startswith("kim imported release 1, and in this brand somebody else")
    assert desk.json("publish", "1", "--by", "lee")["release"] == 1
    assert desk.brought("--publish")["same"] is True


def test_who_looked_at_an_older_state_changes_nothing(desk: Desk) -> None:
    """It is said who was quicker, and when."""
    desk.file("hello.yaml", flow("hello"))
    desk.brought("--publish")
    desk.file("hello.yaml", flow("hello", phrase="hi there"))
    desk.brought()
    late = desk.run("flows", "publish", "2", "--by", "lee", "--revision", "0", code=1).stderr
    assert "kim has published release 1 at " in late
    assert "look at that (revision 1) and do it again" in late
    desk.run("flows", "publish", "2", "--by", "lee", "--revision", "1")


async def test_a_store_that_is_away_is_said(desk: Desk, tmp_path: Path) -> None:
    """And nothing is made of the folder."""
    desk.file("hello.yaml", flow("hello"))
    (tmp_path / "away").mkdir()
    config = write_config(tmp_path / "away", "mongodb://127.0.0.1:9/?directConnection=true", "http://127.0.0.1:9")
    ended = await command("flows", "import", str(desk.folder), "--by", "kim", config=config)
    assert ended.code == 1
    assert "throughline: the store does not answer" in ended.err


async def test_of_two_who_publish_at_once_one_is_told(store_server: StoreServer) -> None:
    """Each from an installation of its own, many times: one wins, the other leaves nothing behind."""
    fields = fields_for(store_server.uri, "http://127.0.0.1:9")
    async with opened(GivenSettings(**fields)) as here, opened(GivenSettings(**fields)) as there:
        await here.store.ensure()
        one, other, now = releases_of(here, "glow"), releases_of(there, "glow"), datetime.now(UTC)
        base = 0
        for turn in range(5):
            for name in ("a", "b"):
                files = FlowFiles.of({f"{name}.yaml": flow(name, phrase=f"word {turn}")})
                await bring_in(one, files, [name], by="kim", now=now)
            both = await asyncio.gather(
                publish(one, base + 1, by="ana", now=now),
                publish(other, base + 2, by="ben", now=now),
                return_exceptions=True,
            )
            assert {type(each) for each in both} == {FlowsChanged, Published}, both
            base += 2
        found = [each async for some in one.store.scan(FlowPublication) for each in some]
        assert len(found) == 5


async def test_a_look_without_news_is_one_command(store_server: StoreServer) -> None:
    """Edition and head of the flows are read together, every second, in every process."""
    commands = Commands()
    settings = GivenSettings(**fields_for(store_server.uri, "http://127.0.0.1:9"))
    async with opened(settings, listeners=(commands,)) as here:
        await here.store.ensure()
        of = releases_of(here, "glow")
        files = FlowFiles.of({"a.yaml": flow("a")})
        release = (await bring_in(of, files, ["a"], by="kim", now=datetime.now(UTC))).release
        await publish(of, release.number, by="lee", now=datetime.now(UTC))
        live = here.editions.flows["glow"]
        assert await live.look(of.store, datetime.now(UTC))
        commands.seen.clear()
        commands.anyway.clear()
        assert not await live.look(of.store, datetime.now(UTC))
        assert (commands.seen, commands.anyway) == ([], ["find template_editions"])
