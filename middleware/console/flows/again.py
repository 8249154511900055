"""What real customers would have got from a draft: turns decided again with it. Nothing is written or sent."""

from time import monotonic

from aiohttp import web

from middleware.console.flows.checking import desk_of
from middleware.console.flows.saving import typed_of
from middleware.console.flows.working import opened
from middleware.console.routes import BUILDER, post
from middleware.console.traces.telling import Telling
from middleware.console.visit import Visit
from middleware.domain.again import TurnAgain, TurnsAgain
from middleware.pipeline.again import DecidingAgain
from middleware.pipeline.templates.edition import read_edition
from middleware.pipeline.templates.said import SaidFlows
from middleware.pipeline.trace import NoTrace

LAST = 100
"""Turns that are decided again where none is named."""
_WITHIN = 5.0
"""Seconds after which no further ones are looked for."""


async def again(visit: Visit) -> web.StreamResponse:
    """The turn that is named, or the last ones, decided again with what is typed."""
    work, form = await opened(visit), await visit.form()
    flows = await _said(visit, work.whole(*typed_of(work, form)))
    one: TurnAgain | None = None
    latest: TurnsAgain | None = None
    named, unknown = form.get("turn", "").strip()[:500], False
    if flows is not None:
        deciding = DecidingAgain(visit.brand.brand, flows, visit.console.channels)
        if named:
            try:
                one = await deciding.turn(named)
            except NoTrace:
                unknown = True
        else:
            end = monotonic() + _WITHIN
            latest = await deciding.latest(LAST, None, lambda *_: monotonic() < end)
        # Of several only ids and numbers are shown.
        await visit.on_record("trace.decide_again", one.turn if one is not None else work.file)
    return visit.page(
        "flows/again.html" if visit.is_fragment else "flows/again_page.html",
        work=work,
        refused=flows is None,
        unknown=unknown,
        named=named,
        turns=(one, *one.answers) if one is not None else (),
        latest=latest,
        telling=Telling(visit.language),
    )


async def _said(visit: Visit, sources: dict[str, str]) -> SaidFlows | None:
    """A set as a process would say it, with the templates that are published; None where it cannot be said."""
    desk = await desk_of(visit, sources)
    if desk is None:
        return None
    flows = SaidFlows(desk, 0, visit.brand.name, lambda _: None)
    await flows.look(visit.brand.store, (await read_edition(visit.brand.store)).record)
    return flows


ROUTES = (post("/{brand}/flows/edit/{file}/again", again, BUILDER),)
