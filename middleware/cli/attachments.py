"""`throughline attachments`: the files that customers sent, what became of them, and their bytes."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from middleware.bootstrap.building import opened
from middleware.cli.output import FAILED, USAGE, fail, print_json, reasons, shown
from middleware.domain.attachments import (
    Attachments,
    FileState,
    StoredFile,
    attachment_id,
    event_of_attachment,
    files_of,
)
from middleware.domain.conversation import Conversation
from middleware.domain.events import event_key
from middleware.pipeline.stored_files import content_of
from middleware.ports import BrandStore, Recorded
from middleware.settings import Settings, load_settings

app = typer.Typer(help="The files that customers sent.", no_args_is_help=True)

WAITING = "waiting"
TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class Found:
    """One file of one message. `file` is None while it has not been fetched."""

    id: str
    kind: str
    state: str
    file: StoredFile | None = None

    def plain(self) -> dict[str, object]:
        """The file as JSON shows it."""
        told = self.file.model_dump(mode="json", exclude={"position", "pieces"}) if self.file is not None else {}
        return {**told, "id": self.id, "kind": self.kind, "state": self.state}


@app.command("show")
def show(
    key: Annotated[str, typer.Argument(help="An event's key, or an attachment's id", metavar="EVENT_KEY|ID")],
    save: Annotated[Path | None, typer.Option(help="Write the one file there; it must not exist yet")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is known as JSON")] = False,
) -> None:
    """Show what became of the files of a message, or of one of them, and save its bytes."""
    with reasons():
        found, content = asyncio.run(_show(load_settings(), key, wanted=save is not None))
    if not found:
        fail(f"{key!r}: no message with files has this key, and no file this id", FAILED)
    if save is not None:
        _save(save, content)
    _print(found, as_json=as_json)


@app.command("list")
def list_(
    conversation: Annotated[str, typer.Argument(help="The conversation's id: c_...")],
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON")] = False,
) -> None:
    """List the files in the lines that a conversation keeps."""
    with reasons():
        found = asyncio.run(_list(load_settings(), conversation))
    if found is None:
        fail(f"there is no conversation {conversation!r}", FAILED)
    _print(found, as_json=as_json)


async def _show(settings: Settings, key: str, *, wanted: bool) -> tuple[list[Found], bytes]:
    """The files behind a key, and if `wanted` the bytes of the one that it names."""
    named = event_of_attachment(key)
    async with opened(settings) as here:
        for brand in here.brands.values():
            for event, position in ((key, None), *([named] if named is not None else [])):
                found = await _files(brand.store, [event])
                found = [each for each in found if position is None or each.id == attachment_id(event, position)]
                if found:
                    return found, await _content(brand.store, event, found) if wanted else b""
    return [], b""


async def _list(settings: Settings, conversation_id: str) -> list[Found] | None:
    async with opened(settings) as here:
        for brand in here.brands.values():
            stored = (await brand.store.get(Conversation, [conversation_id])).get(conversation_id)
            if stored is not None:
                talk = stored.record
                lines = [line.id for line in talk.lines if line.by == "customer"]
                return await _files(brand.store, [event_key(talk.channel, talk.account, line) for line in lines])
    return None


async def _files(store: BrandStore, keys: list[str]) -> list[Found]:
    """The files of some messages, those that were not fetched yet among them."""
    events = await store.get(Recorded, keys)
    known = await store.get(Attachments, keys)
    found: list[Found] = []
    for key in keys:
        record = known[key].record if key in known else Attachments(id=key)
        waiting = files_of(events[key].record.event) if key in events else ()
        kinds = {position: each.kind for position, each in waiting} | {
            each.position: each.kind for each in record.files
        }
        for position, kind in sorted(kinds.items()):
            file = record.file(position)
            state = TAKEN_BACK if record.taken_back_at else str(file.state) if file is not None else WAITING
            found.append(Found(attachment_id(key, position), kind, state, file))
    return found


async def _content(store: BrandStore, event: str, found: list[Found]) -> bytes:
    """The bytes of the one file that was found. Ends the command if there are none, or if they are not as they were."""
    if len(found) != 1:
        fail("the message has several files; name one by its id", USAGE)
    file = found[0].file
    if file is None or file.state is not FileState.FETCHED:
        fail(f"there are no bytes: {found[0].state} {file.reason if file is not None else ''}".rstrip())
    content = await content_of(store, event, file)
    if content is None:
        fail("the stored bytes are not those that were fetched")
    return content


def _save(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet, for its owner alone."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)
    except FileExistsError:
        fail(f"{path} exists; choose another name", USAGE)
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def _print(found: list[Found], *, as_json: bool) -> None:
    if as_json:
        print_json([each.plain() for each in found])
        return
    table = Table()
    for heading in ("id", "kind", "state", "type", "size", "name", "reason"):
        table.add_column(heading, overflow="fold")
    for each in found:
        file = each.file
        size = str(file.size) if file is not None and file.size is not None else ""
        told = (file.type or "", size, file.name or "", file.reason) if file is not None else ("", "", "", "")
        table.add_row(each.id, each.kind, each.state, *told)
    shown.print(table)
