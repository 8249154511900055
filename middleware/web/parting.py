"""`POST /v1/profiles/{id}/unmerge` and `.../split`: taking two people apart again, for the tool that shows them.

A client needs the right `review`. It is done in the name of the person whom the client names, and of the client.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from middleware.domain.journal import LONGEST_NOTE, JournalEntry
from middleware.errors import MergeRefused
from middleware.identity.preview import Preview
from middleware.pipeline.merging import preview_split, preview_unmerge, split_profile, unmerge_profile
from middleware.pipeline.profiles import read_profiles
from middleware.ports import BrandStore
from middleware.web.keys import CLOCK
from middleware.web.problems import problem
from middleware.web.review import decided_by, queue_for

routes = web.RouteTableDef()

_LONGEST_KEY = 1_000
_MOST_IDENTIFIERS = 200


class Parted(BaseModel):
    """What would change, and the journal's entry of what was done; none where it was only looked at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preview: Preview
    entry: JournalEntry | None = None


class _Unmerge(BaseModel):
    """The body: `by` names the person who does it; with `dry_run` it is only looked at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    dry_run: bool = False


class _Split(_Unmerge):
    """The same with the keys of the identifiers that go."""

    identifiers: Annotated[
        tuple[Annotated[str, Field(max_length=_LONGEST_KEY)], ...], Field(min_length=1, max_length=_MOST_IDENTIFIERS)
    ]


Said = TypeVar("Said", bound=_Unmerge)
Look = Callable[[BrandStore, str, Said], Awaitable[Preview]]
Deed = Callable[[BrandStore, str, Said, str], Awaitable[JournalEntry]]


@routes.post("/v1/profiles/{id}/unmerge")
async def unmerge(request: web.Request) -> web.Response:
    """Take a merged profile out again, with everything that came by its identifiers since."""

    async def look(store: BrandStore, key: str, _: _Unmerge) -> Preview:
        return await preview_unmerge(store, key)

    async def deed(store: BrandStore, key: str, said: _Unmerge, by: str) -> JournalEntry:
        return await unmerge_profile(store, key, by=by, now=request.app[CLOCK].now(), note=said.note)

    return await _parted(request, _Unmerge, look, deed)


@routes.post("/v1/profiles/{id}/split")
async def split(request: web.Request) -> web.Response:
    """Move identifiers into a profile of their own."""

    async def look(store: BrandStore, key: str, said: _Split) -> Preview:
        return await preview_split(store, key, said.identifiers)

    async def deed(store: BrandStore, key: str, said: _Split, by: str) -> JournalEntry:
        return await split_profile(
            store, key, said.identifiers, by=by, now=request.app[CLOCK].now(), note=said.note
        )  # fmt: skip

    return await _parted(request, _Split, look, deed)


async def _parted(request: web.Request, shape: type[Said], look: Look[Said], deed: Deed[Said]) -> web.Response:
    queue = queue_for(request)
    if isinstance(queue, web.Response):
        return queue
    try:
        said = shape.model_validate(orjson.loads(await request.read() or b"{}"))
    except (orjson.JSONDecodeError, ValidationError):
        return problem(400, "Bad request", f"Send JSON with no more than these: {', '.join(shape.model_fields)}.")
    if not said.by and not said.dry_run:
        return problem(400, "Bad request", "Say in `by` who does it; or look first, with `dry_run`.")
    profile = request.match_info["id"]
    if profile not in await read_profiles(queue.store, {profile}):
        return problem(404, "Not found", "No such profile.")
    try:
        preview = await look(queue.store, profile, said)
        by = decided_by(request, said.by)
        entry = await deed(queue.store, profile, said, by) if not said.dry_run else None
    except MergeRefused as error:
        return problem(409, "Conflict", f"Refused: {error}.")
    done = Parted(preview=preview, entry=entry)
    return web.Response(text=done.model_dump_json(exclude_none=True), content_type="application/json")
