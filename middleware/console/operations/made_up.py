"""Made-up people for trying, for admins: filled in on request, and taken out again."""

from aiohttp import web

from middleware.console.following import Part, anew, part_of
from middleware.console.routes import ADMIN, get, post
from middleware.console.visit import Visit
from middleware.domain.made_up import State


async def standing(visit: Visit) -> web.StreamResponse:
    """The part that says how far it is."""
    return anew(visit, await part(visit))


async def fill(visit: Visit) -> web.StreamResponse:
    """Fill them in. What is there already stays as it is."""
    return await _begun(visit, "filling", "made_up.fill")


async def remove(visit: Visit) -> web.StreamResponse:
    """Take them out."""
    return await _begun(visit, "removing", "made_up.remove")


async def part(visit: Visit) -> Part:
    """How far it is, and what can be done."""
    return part_of(visit, "start/made_up.html", made_up=await visit.console.made_up.standing(visit.brand.name))


async def _begun(visit: Visit, state: State, what: str) -> web.StreamResponse:
    await visit.on_record(what)
    begun = await visit.console.made_up.begin(visit.brand.name, state)
    return visit.go(visit.path("start"), said="said.begun" if begun else "said.under_way")


ROUTES = (
    get("/{brand}/start/made-up", standing, ADMIN),
    post("/{brand}/start/made-up/fill", fill, ADMIN),
    post("/{brand}/start/made-up/remove", remove, ADMIN),
)
