"""`/v1/templates/...`. A client needs the right `templates`; it vouches for the people in whose name it writes.

Every write names the revision that it was based on, as `If-Match`; it is refused with 412 if that is not the present
one.
"""

import asyncio
from datetime import datetime

from aiohttp import web

from middleware.domain.template_versions import is_template_name
from middleware.errors import FlowError
from middleware.pipeline.templates.editing import discard_draft, save_draft
from middleware.pipeline.templates.errors import NoTemplate, TemplateRefused
from middleware.pipeline.templates.looking import difference, listed, looked_at, source_of, versions
from middleware.pipeline.templates.parts import published_source, version_of
from middleware.pipeline.templates.publishing import publish_draft, roll_back
from middleware.web.keys import CLOCK
from middleware.web.templates.asking import Asked, Unfit, answered, json
from middleware.web.templates.shapes import (
    MOST_ROWS,
    USUAL_ROWS,
    CheckedShown,
    DiscardedShown,
    DraftWanted,
    RenderedShown,
    RenderWanted,
    RollbackWanted,
    SavedShown,
    Signed,
    SourceWanted,
    TemplatesShown,
    VersionsShown,
    difference_shown,
    published_shown,
    row_shown,
    template_shown,
    version_row,
    version_shown,
)

routes = web.RouteTableDef()

_PATH = "/v1/templates"
_MOST_DIGITS = 9


@routes.get(_PATH)
async def all_templates(request: web.Request) -> web.Response:
    """The templates of files and those that were edited. Query: `limit`, `after`, and `brand` where there are more."""
    return await answered(request, _all)


async def _all(asked: Asked) -> web.Response:
    rows, following = await listed(asked.of, _limit(asked), asked.request.query.get("after", ""))
    return json(TemplatesShown(items=tuple(map(row_shown, rows)), next=following))


@routes.get(f"{_PATH}/{{name}}")
async def one_template(request: web.Request) -> web.Response:
    """One template: what customers get, and the draft."""
    return await answered(request, _one)


async def _one(asked: Asked) -> web.Response:
    row = await looked_at(asked.of, asked.name)
    return json(template_shown(row, await published_source(asked.of, row.head.record)), row.head.version)


@routes.put(f"{_PATH}/{{name}}/draft")
async def draft(request: web.Request) -> web.Response:
    """Save a draft, right or not."""
    return await answered(request, _draft)


async def _draft(asked: Asked) -> web.Response:
    revision, wanted = asked.revision(), await asked.body(DraftWanted)
    saved = await save_draft(
        asked.of, asked.name, wanted.source, by=wanted.by, note=wanted.note, now=_now(asked), revision=revision
    )
    asked.wrote("drafted", wanted.by, saved.head.version)
    return json(SavedShown(revision=saved.head.version, findings=saved.findings), saved.head.version)


@routes.post(f"{_PATH}/{{name}}/discard")
async def discard(request: web.Request) -> web.Response:
    """Throw the draft away."""
    return await answered(request, _discard)


async def _discard(asked: Asked) -> web.Response:
    revision, wanted = asked.revision(), await asked.body(Signed)
    head = await discard_draft(asked.of, asked.name, by=wanted.by, now=_now(asked), revision=revision)
    asked.wrote("discarded", wanted.by, head.version)
    return json(DiscardedShown(revision=head.version), head.version)


@routes.post(f"{_PATH}/{{name}}/publish")
async def publish(request: web.Request) -> web.Response:
    """Give the draft to customers."""
    return await answered(request, _publish)


async def _publish(asked: Asked) -> web.Response:
    revision, wanted = asked.revision(), await asked.body(Signed)
    published = await publish_draft(
        asked.of, asked.name, by=wanted.by, note=wanted.note, now=_now(asked), revision=revision
    )
    asked.wrote("published", wanted.by, published.revision)
    return json(published_shown(published), published.revision)


@routes.post(f"{_PATH}/{{name}}/rollback")
async def rollback(request: web.Request) -> web.Response:
    """Give an earlier version to customers again."""
    return await answered(request, _rollback)


async def _rollback(asked: Asked) -> web.Response:
    revision, wanted = asked.revision(), await asked.body(RollbackWanted)
    published = await roll_back(
        asked.of, asked.name, wanted.version, by=wanted.by, note=wanted.note, now=_now(asked), revision=revision
    )
    asked.wrote("rolled back", wanted.by, published.revision)
    return json(published_shown(published), published.revision)


@routes.get(f"{_PATH}/{{name}}/versions")
async def all_versions(request: web.Request) -> web.Response:
    """What was published, the latest first. Query: `limit`, `before`."""
    return await answered(request, _versions)


async def _versions(asked: Asked) -> web.Response:
    before = asked.request.query.get("before")
    if before is not None and not _is_number(before):
        raise Unfit(400, "Bad request", "`before` is what the page before said as `next`.")
    found, following = await versions(asked.of, asked.name, _limit(asked), int(before) if before else None)
    return json(VersionsShown(items=tuple(map(version_row, found)), next=following))


@routes.get(f"{_PATH}/{{name}}/versions/{{number}}")
async def one_version(request: web.Request) -> web.Response:
    """One version with its text."""
    return await answered(request, _version)


async def _version(asked: Asked) -> web.Response:
    number = asked.request.match_info["number"]
    if not _is_number(number) or not is_template_name(asked.name):
        raise NoTemplate(f"there is no version {number[:40]!r}")
    return json(version_shown(await version_of(asked.of, asked.name, int(number))))


@routes.get(f"{_PATH}/{{name}}/diff")
async def diff(request: web.Request) -> web.Response:
    """What differs between two versions. Query: `from`, `to`."""
    return await answered(request, _diff)


async def _diff(asked: Asked) -> web.Response:
    one, other = (asked.request.query.get(each, "") for each in ("from", "to"))
    return json(difference_shown(await difference(asked.of, asked.name, one, other)))


@routes.post(f"{_PATH}/{{name}}/check")
async def check(request: web.Request) -> web.Response:
    """Everything to mend in a text that is saved nowhere."""
    return await answered(request, _check)


async def _check(asked: Asked) -> web.Response:
    wanted = await asked.body(SourceWanted)
    if not is_template_name(asked.name):
        raise NoTemplate("no template can be called this")
    found = tuple(await asyncio.to_thread(asked.of.desk.check, asked.name, wanted.source))
    return json(CheckedShown(accepted=not any(each.severity == "error" for each in found), findings=found))


@routes.post(f"{_PATH}/{{name}}/render")
async def render(request: web.Request) -> web.Response:
    """What made-up customers would get."""
    return await answered(request, _render)


async def _render(asked: Asked) -> web.Response:
    wanted, desk = await asked.body(RenderWanted), asked.of.desk
    for given, known in ((wanted.customers, desk.customers), (wanted.channels, desk.channels)):
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise Unfit(400, "Bad request", f"There is no {unknown[0]!r}; there are {', '.join(known)}.")
    if not is_template_name(asked.name):
        raise NoTemplate("no template can be called this")
    source = wanted.source
    if source is None:
        source = await source_of(asked.of, asked.name, wanted.version)
    try:
        found = await asyncio.to_thread(
            desk.previews, asked.name, source, wanted.customers, wanted.locales, wanted.channels
        )
    except FlowError:
        raise TemplateRefused(await asyncio.to_thread(desk.check, asked.name, source)) from None
    return json(RenderedShown(previews=tuple(found)))


def _limit(asked: Asked) -> int:
    given = asked.request.query.get("limit", str(USUAL_ROWS))
    if not _is_number(given) or not 1 <= int(given) <= MOST_ROWS:
        raise Unfit(400, "Bad request", f"`limit` is a number from 1 to {MOST_ROWS}.")
    return int(given)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _now(asked: Asked) -> datetime:
    return asked.request.app[CLOCK].now()
