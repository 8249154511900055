"""One conversation: who said what, what became of it, how it stands, and beside it who it is."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from middleware.console.conversations.composing import composer_values
from middleware.console.conversations.files import is_shown
from middleware.console.conversations.listing import asked_in, list_values
from middleware.console.conversations.one import id_of, mark_of, new_nonce
from middleware.console.conversations.standing import standing_values
from middleware.console.conversations.wording import act_in_words
from middleware.console.routes import AGENT, get
from middleware.console.visit import Visit
from middleware.domain.agents import Act
from middleware.domain.attachments import StoredFile
from middleware.domain.events import Attachment
from middleware.domain.late import first_of
from middleware.errors import CursorError
from middleware.pipeline.stored_files import files_by_id
from middleware.pipeline.thread import Thread, ThreadLine, read_thread

_LONGEST_ADDRESS = 2_000


@dataclass(frozen=True, slots=True)
class Attached:
    """One attachment of a line. `file`: what became of it, if it was tried to be fetched."""

    attachment: Attachment
    file: StoredFile | None
    shown: bool
    link: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One line as the page shows it. `mark` is its id there; `day` where another one begins."""

    mark: str
    line: ThreadLine
    day: date | None
    attached: tuple[Attached, ...]


async def thread(visit: Visit) -> web.StreamResponse:
    """The page. That it was read is on record."""
    found = await _read(visit, before=None)
    first = first_of(found.conversation.late, found.conversation.late_before)
    if visit.query("from") == "late" and first is not None:
        found = await _read(visit, before=None, back_to=first.at)
    await visit.on_record("conversation.read", about=found.conversation.id)
    return await thread_page(visit, found)


async def thread_page(visit: Visit, found: Thread, *, status: int = 200, **more: Any) -> web.Response:  # noqa: ANN401
    """The page, with what somebody is told on it: a reply that was refused, say."""
    conversation = found.conversation
    parts = await asyncio.gather(
        _line_values(visit, found), standing_values(visit, conversation), composer_values(visit, conversation)
    )
    values: dict[str, Any] = {"note_nonce": new_nonce(), "note": "", "note_wrong": ""}
    for each in (list_values(visit, asked_in(visit), on=conversation.id), *parts, more):
        values |= each
    return visit.page("conversations/thread.html", status=status, began_with=found.began_with, **values)


async def lines(visit: Visit) -> web.StreamResponse:
    """Some of its lines: the newest, or those before a place in it."""
    found = await _read(visit, before=visit.request.query.get("before") or None)
    return visit.page("conversations/lines.html", **await _line_values(visit, found))


async def read_again(visit: Visit) -> Thread:
    """The thread of the address, from its end."""
    return await _read(visit, before=None)


async def _read(visit: Visit, before: str | None, back_to: datetime | None = None) -> Thread:
    store, name = visit.brand.store, visit.brand.name
    try:
        found = await read_thread(store, name, id_of(visit), before=before, back_to=back_to)
    except CursorError:
        raise web.HTTPBadRequest from None
    if found is None:
        raise web.HTTPNotFound
    return found


async def _line_values(visit: Visit, found: Thread) -> dict[str, Any]:
    ids = {each.id for line in found.lines for each in line.attachments if each.id is not None}
    files = await files_by_id(visit.brand.store, ids) if ids else {}
    shown: list[Shown] = []
    day: date | None = None
    for line in reversed(found.lines):
        today = visit.language.date_of(line.at)
        attached = tuple(_attached(each, files.get(each.id or "")) for each in line.attachments)
        shown.append(Shown(mark_of(line.id), line, today if today != day else None, attached))
        day = today

    def said(act: Act) -> str:
        return act_in_words(visit, act)

    return {"conversation": found.conversation, "lines": shown, "older": found.next, "act_in_words": said}


def _attached(each: Attachment, file: StoredFile | None) -> Attached:
    return Attached(each, file, is_shown(file), "" if each.id is not None else safe_link(each.url))


def safe_link(address: str | None) -> str:
    """An address out of data that may be linked to: http and https, nothing else."""
    if not address or len(address) > _LONGEST_ADDRESS:
        return ""
    try:
        return address if urlsplit(address).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


ROUTES = (
    get("/{brand}/conversations/{id}", thread, AGENT),
    get("/{brand}/conversations/{id}/lines", lines, AGENT),
)
