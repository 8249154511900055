"""Files that customers sent: pictures of a few kinds are shown, everything else can only be saved."""

from typing import Literal

from aiohttp import web

from middleware.console.conversations.one import one_conversation
from middleware.console.routes import AGENT, get
from middleware.console.visit import Visit
from middleware.domain.attachments import FileState, StoredFile
from middleware.domain.events import event_key
from middleware.domain.file_types import OCTETS, safe_name
from middleware.pipeline.stored_files import read_file

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""By content, as it was found. A drawing (SVG) is none of them: it can hold a program."""

_ALONE = "default-src 'none'; sandbox"
"""The policy of a file: it runs nothing and loads nothing, wherever it is opened."""


def is_shown(file: StoredFile | None) -> bool:
    """Whether it is a picture that pages show."""
    return file is not None and file.state is FileState.FETCHED and file.type in SHOWN


async def attached(visit: Visit) -> web.StreamResponse:
    """One file. That it was saved is on record; pictures belong to the thread, whose reading is."""
    conversation, identifier = await one_conversation(visit), visit.at("file")
    # A file of another account is none of this conversation's.
    if not identifier.startswith(event_key(conversation.channel, conversation.account, "")):
        raise web.HTTPNotFound
    found = await read_file(visit.brand.store, identifier)
    if found is None:
        raise web.HTTPNotFound
    file, content = found
    shown = is_shown(file) and not visit.query("save")
    if not shown:
        await visit.on_record("attachment.saved", about=conversation.id)
    how: Literal["inline", "attachment"] = "inline" if shown else "attachment"
    visit.headers |= {"Content-Security-Policy": _ALONE, "X-Content-Type-Options": "nosniff"}
    answer = web.Response(body=content, headers=visit.headers)
    answer.content_type = file.type if shown and file.type else OCTETS
    name = safe_name(file.name, file.kind, file.type or OCTETS)
    answer.headers["Content-Disposition"] = _disposition(how, name)
    return answer


def _disposition(how: str, name: str) -> str:
    """The header, with a name in any script (RFC 6266)."""
    plain = "".join(each if each.isascii() and each not in '"\\%' else "_" for each in name)
    spelt = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in name.encode())  # noqa: PLR2004
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{spelt}"


ROUTES = (get("/{brand}/conversations/{id}/files/{file}", attached, AGENT, bare=True),)
