"""Forecasts that somebody has asked for: made beside other work, looked at while they are made, stopped when wanted."""

import asyncio
from datetime import timedelta

import structlog
from aiohttp import web

from flows.forecast import Forecaster
from middleware.console.routes import MARKETER, get, post
from middleware.console.templates.running import Running
from middleware.console.templates.working import opened, source_of_form
from middleware.console.visit import Visit
from middleware.pipeline.forecast import ForecastAsked, Forecasting

log = structlog.get_logger(__name__)

DAYS = 7
LIMIT = 500


async def begin(visit: Visit) -> web.StreamResponse:
    """Begin a forecast of what stands in the form, saved or not."""
    brand, editing = visit.brand, visit.brand.editing
    work = await opened(visit)
    source, desk = source_of_form(work, await visit.form()), editing.desk()
    findings = await asyncio.to_thread(desk.check, work.name, source)
    template = desk.template(work.name, source)
    if template is None or any(each.severity == "error" for each in findings):
        return visit.page("templates/forecast.html", running=None, refused=True, name=work.name, days=DAYS)
    await visit.on_record("template.forecast", about=work.name)
    running = editing.forecasts.begin(visit.user.id, work.name)
    making = Forecasting(brand.brand, visit.console.channels, Forecaster(desk.flows, template), running.goes_on)
    asked = ForecastAsked(work.name, visit.now - timedelta(days=DAYS), LIMIT)
    running.task = asyncio.create_task(_made(running, making, asked, visit))
    if not visit.is_fragment:
        return visit.go(visit.path("templates", work.name, "forecast", running.id))
    return _shown(visit, running)


async def _made(running: Running, making: Forecasting, asked: ForecastAsked, visit: Visit) -> None:
    try:
        running.found = await making.forecast(asked, visit.now, visit.console.clock.monotonic())
    except Exception:
        log.exception("a forecast failed", action="forecast_failed", template=running.template)
        running.failed = True


async def look(visit: Visit) -> web.StreamResponse:
    """How far it has come, or what came of it."""
    return _shown(visit, _of(visit))


async def stop(visit: Visit) -> web.StreamResponse:
    """Stop it, and show what it has by then."""
    running = _of(visit)
    running.stopped = True
    if running.task is not None:
        await asyncio.wait([running.task], timeout=5)
    if not visit.is_fragment:
        return visit.go(visit.path("templates", running.template, "forecast", running.id))
    return _shown(visit, running)


def _of(visit: Visit) -> Running:
    running = visit.brand.editing.forecasts.get(visit.user.id, visit.at("id"))
    if running is None or running.template != visit.at("name"):
        raise web.HTTPNotFound
    return running


def _shown(visit: Visit, running: Running) -> web.Response:
    page = "templates/forecast.html" if visit.is_fragment else "templates/forecast_page.html"
    return visit.page(page, running=running, refused=False, name=running.template, days=DAYS)


ROUTES = (
    post("/{brand}/templates/{name}/forecast", begin, MARKETER),
    get("/{brand}/templates/{name}/forecast/{id}", look, MARKETER),
    post("/{brand}/templates/{name}/forecast/{id}/stop", stop, MARKETER),
)
