"""Which release customers get: publishing, asking others to, going back; the same acts as on the command line."""

from collections.abc import Awaitable

from aiohttp import web

from middleware.console.drafts import note_of
from middleware.console.flows.releases import number_of, page
from middleware.console.routes import BUILDER, post
from middleware.console.visit import Visit
from middleware.pipeline.releases.asking import ask_for_publication
from middleware.pipeline.releases.errors import NoRelease
from middleware.pipeline.releases.publishing import publish as give
from middleware.pipeline.releases.publishing import roll_back
from middleware.pipeline.templates.errors import NotDone


async def publish(visit: Visit) -> web.StreamResponse:
    """Give a release to customers."""
    form = await visit.form()
    number, revision = _number(form.get("number", "")), _number(form.get("revision", ""))
    await visit.on_record("flows.published", about=str(number))
    of = visit.brand.flow_editing.releases()
    given = give(of, number, by=visit.user.id, now=visit.now, note=note_of(form), revision=revision)
    return await acted(visit, given, "said.flows_published")


async def ask(visit: Visit) -> web.StreamResponse:
    """Ask others to publish one's own release."""
    number = _number((await visit.form()).get("number", ""))
    await visit.on_record("flows.asked", about=str(number))
    of = visit.brand.flow_editing.releases()
    return await acted(visit, ask_for_publication(of, number, by=visit.user.id, now=visit.now), "said.flows_asked")


async def rollback(visit: Visit) -> web.StreamResponse:
    """Give customers an earlier release again; without a number the one before."""
    form = await visit.form()
    number = _number(form["number"]) if form.get("number") else None
    await visit.on_record("flows.rolled_back", about="" if number is None else str(number))
    back = roll_back(
        visit.brand.flow_editing.releases(), number,
        by=visit.user.id, now=visit.now, note=note_of(form), revision=_number(form.get("revision", "")),
    )  # fmt: skip
    return await acted(visit, back, "said.flows_rolled_back")


async def acted(visit: Visit, act: Awaitable[object], said: str) -> web.StreamResponse:
    """Do it, and say so; or say why it was not done."""
    try:
        await act
    except NoRelease:
        raise web.HTTPNotFound from None
    except NotDone as error:
        return await page(visit, error)
    # This process says it at once, and does not wait for the next look.
    await visit.brand.live.look(visit.brand.store, visit.now)
    return visit.go(visit.path("flows", "releases"), said=said)


def _number(text: str) -> int:
    """Raises HTTPBadRequest."""
    number = number_of(text)
    if number is None:
        raise web.HTTPBadRequest
    return number


ROUTES = (
    post("/{brand}/flows/releases/publish", publish, BUILDER),
    post("/{brand}/flows/releases/ask", ask, BUILDER),
    post("/{brand}/flows/releases/rollback", rollback, BUILDER),
)
