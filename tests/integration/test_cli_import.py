"""`throughline import`: a file of records through a mapping into the inbox, over real processes and a real store."""

import asyncio
import csv
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from middleware.bootstrap.building import opened
from middleware.domain.events import EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.ports import BrandStore, Delete, InboxEntry, Put, Recorded
from tests.integration.cli import Ended, command, environment, write_config
from tests.stores import StoreServer

MAPPING = """
record:
  id: [Nr, E-Mail]
  fields:
    email: E-Mail
    first_name: Vorname
    phone: Telefon
    birth_date: {from: Geboren, written: DD.MM.YYYY}
  consents:
    email: {from: Newsletter, subscribed: ja, unsubscribed: nein, required: true}
"""

HEAD = "Nr;Vorname;E-Mail;Telefon;Geboren;Newsletter\n"


class Place:
    """A directory with settings, a mapping and files, and the store behind it."""

    def __init__(self, directory: Path, server: StoreServer) -> None:
        self.directory = directory
        account = {"connector": "csv", "id": "list", "mapping": str(directory / "people.yaml")}
        changes = {"brands": {"glow": {"country": "DE", "accounts": {"list": account}}}}
        (directory / "people.yaml").write_text(MAPPING, encoding="utf-8")
        self.config = write_config(directory, server.uri, "http://127.0.0.1:9", **changes)

    def write(self, name: str, text: str, encoding: str = "utf-8") -> None:
        """A file in the directory."""
        (self.directory / name).write_bytes(text.encode(encoding))

    async def run(self, file: str, *more: str) -> Ended:
        """Import a file."""
        arguments = ("import", file, "--account", "list", "--json", *more)
        return await command(*arguments, config=self.config, directory=self.directory)

    @asynccontextmanager
    async def store(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BrandStore]:
        """The brand's store."""
        from middleware.settings import load_settings  # noqa: PLC0415 - reads the environment set here

        monkeypatch.setenv("THROUGHLINE_CONFIG", str(self.config))
        async with opened(load_settings()) as here:
            yield here.store.brand("glow")


@pytest.fixture
def place(tmp_path: Path, store_server: StoreServer) -> Place:
    """A directory with settings and a mapping."""
    return Place(tmp_path, store_server)


async def test_rows_become_records(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is an event with its values normalised; rows that do not fit are told apart."""
    place.write(
        "people.csv", HEAD + "1;Jürgen; JU@X.de ;0151 23456789;01.02.1990;ja\n2;Bea;bea@@x;;;ja\n;;c@x.de;;;nein\n"
    )
    ended = await place.run("people.csv")
    assert ended.code == 1, ended.err
    assert (ended.json["imported"], ended.json["refused"], ended.json["rows"]) == (2, 1, 3)
    async with place.store(monkeypatch) as store:
        entries = {entry.event.anchor: entry.event for entry in await store.backlog(10)}
    event = entries[Identifier(IdentifierKind.SOURCE_RECORD, "csv:list", "1")]
    assert event.kind is EventKind.RECORD
    assert event.record is not None
    assert {each.field: each.value for each in event.record.values} == {
        "email": "ju@x.de", "first_name": "Jürgen", "phone": "+4915123456789", "birth_date": "1990-02-01",
    }  # fmt: skip
    assert event.consents[0].state == "subscribed"
    assert Identifier(IdentifierKind.SOURCE_RECORD, "csv:list", "c@x.de") in entries


async def test_the_report_is_mended_and_imported_again(place: Place) -> None:
    """It has line and reason, no cell that a spreadsheet carries out, and becomes the same row again."""
    place.write("people.csv", HEAD + "1;=cmd|'/c calc'!A1;bad;+4915123456789;;ja\n2;'Ana;a@x.de;;;vielleicht\n3;x\n")
    ended = await place.run("people.csv", "--dry-run")
    assert ended.json["refused"] == 3
    report = place.directory / "people.refused.csv"
    rows = list(csv.DictReader(report.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert [row["throughline_line"] for row in rows] == ["2", "3", "4"]
    assert rows[0]["throughline_reason"] == "email is no e-mail address"
    assert rows[1]["throughline_reason"] == "consents.email is none of the words that the mapping lists"
    assert rows[2]["throughline_reason"] == "2 cells where the first line has 6 columns"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    report.write_text(report.read_text(encoding="utf-8-sig").replace(";bad;", ";b@x.de;"), encoding="utf-8")
    again = await place.run("people.refused.csv", "--dry-run")
    assert (again.json["imported"], again.json["refused"]) == (1, 2)
    third = (place.directory / "people.refused.refused.csv").read_text(encoding="utf-8-sig")
    assert third.count("throughline_line") == 1


async def test_a_dry_run_stores_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It only says what would happen."""
    place.write("people.csv", HEAD + "1;Ana;a@x.de;;;ja\n")
    assert (await place.run("people.csv", "--dry-run")).json["imported"] == 1
    async with place.store(monkeypatch) as store:
        assert await store.backlog(10) == []


@pytest.mark.parametrize(
    ("encoding", "told", "separator"),
    [("utf-8", "utf-8", ";"), ("utf-8-sig", "utf-8-sig", ","), ("cp1252", "cp1252", "\t"), ("utf-16", "utf-16", "|")],
)
async def test_letters_and_separators_are_found_out(place: Place, encoding: str, told: str, separator: str) -> None:
    """Whatever program saved the file: the same rows, and it is told how it was read."""
    place.write("people.csv", (HEAD + "1;Jürgen;a@x.de;;;ja\n").replace(";", separator), encoding)
    ended = await place.run("people.csv", "--dry-run")
    assert (ended.json["imported"], ended.json["encoding"], ended.json["separator"]) == (1, told, separator)
    assert told in ended.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "people.csv:1: no names of columns"),
        (b"a,a\n1,2\n", "people.csv:1: column 2 has the name of column 1"),
        (b"a,,b\n", "people.csv:1: column 2 has no name"),
        (b"a,b\n1,\0\n", "people.csv:2: a zero byte"),
        (b"a,b\n\x81,\xff\n", "neither UTF-8 nor Windows-1252"),
        (b'Nr;E-Mail;Newsletter\n1;"a@x.de;ja\n', "people.csv:2: unexpected end of data; is a quote open?"),
    ],
)
async def test_a_file_that_is_none_is_refused(place: Place, content: bytes, said: str) -> None:
    """Exit code 1, and file, line and reason on one line."""
    (place.directory / "people.csv").write_bytes(content)
    ended = await place.run("people.csv")
    assert ended.code == 1
    assert said in ended.err
    assert "Traceback" not in ended.err


async def test_it_goes_on_after_a_kill(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle and resumed: every row is there once, and what was done is not done again."""
    total = 4000
    place.write("people.csv", HEAD + "".join(f"{n};Ana;a{n}@x.de;;;ja\n" for n in range(total)))
    # Nobody works the inbox off, so it waits before the last rows, however fast the machine is, and is not done first.
    arguments = ("import", "people.csv", "--account", "list", "--ahead", str(total - 1000))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "middleware", *arguments,
        env={**environment(place.config), "PYTHONPATH": str(Path(__file__).parents[2])}, cwd=place.directory,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with place.store(monkeypatch) as store:
        async with asyncio.timeout(60):
            while len(await store.backlog(600)) < 600:
                assert process.returncode is None
                await asyncio.sleep(0.01)
        process.kill()
        await process.wait()
        before = await _settled(store, total)
        assert 600 <= len(before) < total
        # Some of them were worked off meanwhile: they are in the timeline.
        done = before[:200]
        await store.write(*(Put(Recorded(id=each.id, event=each.event)) for each in done))
        await store.write(*(Delete(InboxEntry, each.id) for each in done))
        ended = await place.run("people.csv", "--resume", "--ahead", "1000000")
        assert ended.code == 0, ended.err
        assert (ended.json["skipped"], ended.json["imported"]) == (len(before), total - len(before))
        assert len(await store.backlog(2 * total)) == total - len(done)


async def _settled(store: BrandStore, most: int) -> list[InboxEntry]:
    """The inbox once nothing comes any more: the store may still work off what a killed process had sent it."""
    before: list[InboxEntry] = []
    while len(now := await store.backlog(most)) != len(before):
        before = now
        await asyncio.sleep(0.5)
    return before


async def test_without_a_mapping_nothing_is_imported(place: Place) -> None:
    """The account has none and none is named: a usage error that says what to do."""
    text = place.config.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if "mapping" not in line]
    place.config.write_text("\n".join(kept), encoding="utf-8")
    place.write("people.csv", HEAD)
    ended = await place.run("people.csv")
    assert ended.code == 2
    assert "name one with --mapping" in ended.err
