"""Releases of flows: which there are, what differs between them, and their files to take away."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from flows.publishing.importing import changes
from middleware.console.drafts import others
from middleware.console.flows.working import set_of
from middleware.console.routes import BUILDER, get
from middleware.console.visit import Visit
from middleware.domain.flow_drafts import FlowRequest
from middleware.domain.flow_releases import THE_FILES, FlowRelease
from middleware.domain.template_versions import same_person
from middleware.pipeline.releases.asking import requests
from middleware.pipeline.releases.errors import FlowsChanged, NoRelease, ReleaseRefused
from middleware.pipeline.releases.looking import Listed, listed, texts_differing, usual_pair
from middleware.pipeline.templates.errors import NotDone, NotNow

MOST_SHOWN = 30
_MOST_DIGITS = 9
_EPOCH = (1980, 1, 1, 0, 0, 0)

_WHY: Mapping[type, str] = {FlowsChanged: "releases.somebody_quicker", ReleaseRefused: "releases.does_not_fit"}
"""What is said of a refusal, beside its own words."""

State = Literal["published", "asked", "waits", "earlier", "outdated"]


@dataclass(frozen=True, slots=True)
class Line:
    """One release in the list. `own`: made by who looks; `request`: others are asked to publish it."""

    release: FlowRelease
    state: State
    own: bool
    request: FlowRequest | None


async def releases(visit: Visit) -> web.StreamResponse:
    """The list."""
    return await page(visit)


async def page(visit: Visit, refused: NotDone | None = None) -> web.Response:
    """The list; `refused` says why something was not done."""
    of = visit.brand.flow_editing.releases()
    found = await listed(of, MOST_SHOWN, number_of(visit.query("before")))
    asked = await requests(of.store, [each.number for each in found.releases])
    return visit.page(
        "flows/releases.html",
        status=200 if refused is None else 409,
        found=found,
        head=found.head.record,
        lines=[_line(visit, each, found, asked) for each in found.releases],
        refused=refused,
        why=_WHY.get(type(refused), "releases.not_now"),
        refusal=visit.brand.live.refused,
        two_persons=of.two_persons,
        others_may=await others(visit, BUILDER) if of.two_persons else [],
    )


def _line(visit: Visit, release: FlowRelease, found: Listed, asked: Mapping[int, FlowRequest]) -> Line:
    number, now = release.number, found.head.record.release
    state: State = "outdated"
    if number == now:
        state = "published"
    elif number in {each.release for each in found.history}:
        state = "earlier"
    elif release.based_on == now:
        state = "asked" if number in asked else "waits"
    return Line(release, state, same_person(release.by, visit.user.id), asked.get(number))


async def waiting(visit: Visit) -> FlowRequest | None:
    """The latest request for the publication of a release that can still be published, by somebody else."""
    of = visit.brand.flow_editing.releases()
    if not of.two_persons:
        return None
    found = await listed(of, 1)
    for release in found.releases:
        asked = (await requests(of.store, [release.number])).get(release.number)
        if asked is not None and release.based_on == found.head.record.release != release.number:
            return asked if not same_person(asked.by, visit.user.id) else None
    return None


async def difference_page(visit: Visit) -> web.StreamResponse:
    """What differs between two: by default the published one and the latest."""
    of = visit.brand.flow_editing.releases()
    found = await listed(of, MOST_SHOWN)
    try:
        one, other = await usual_pair(of, number_of(visit.query("one")), number_of(visit.query("other")))
        before, after = await set_of(visit, one), await set_of(visit, other)
    except NotNow:
        return visit.page("flows/difference.html", found=found, pair=None, differ=None, texts={})
    except NoRelease:
        raise web.HTTPNotFound from None
    texts = texts_differing(one, other, before, after)
    return visit.page(
        "flows/difference.html",
        found=found,
        pair=(one, other),
        differ=changes(before, after),
        texts={path: text.splitlines()[2:] for path, text in texts.items()},
    )


async def export(visit: Visit) -> web.StreamResponse:
    """The files of a release, byte for byte, as `flows export` writes them: one archive."""
    number = number_of(visit.at("number"))
    try:
        sources = await set_of(visit, THE_FILES if number is None else number)
    except NoRelease:
        raise web.HTTPNotFound from None
    if number is None:
        raise web.HTTPNotFound
    await visit.on_record("flows.exported", about=str(number))
    name = f'attachment; filename="flows-{visit.brand.name}-{number}.zip"'
    return web.Response(body=_packed(sources), content_type="application/zip", headers={"Content-Disposition": name})


def _packed(sources: Mapping[str, str]) -> bytes:
    """An archive that is the same for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(sources.items()):
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), text.encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def number_of(text: str) -> int | None:
    """The number of a release as somebody writes it; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


ROUTES = (
    get("/{brand}/flows/releases", releases, BUILDER),
    get("/{brand}/flows/releases/difference", difference_page, BUILDER),
    get("/{brand}/flows/releases/{number}/export", export, BUILDER, bare=True),
)
