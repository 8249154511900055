"""The web application, and the little one that shows its metrics on an address of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from middleware.metrics import Metrics
from middleware.pipeline.accept import Intake, Submit, Wanted
from middleware.pipeline.engines import LaterReplies
from middleware.pipeline.look_up import LookUp
from middleware.pipeline.passed import PassedContexts
from middleware.pipeline.pulses import Pulses
from middleware.pipeline.review import Queue
from middleware.pipeline.templates.parts import Templates
from middleware.pipeline.trace import Traces
from middleware.ports import Clock, Store, ValueTellers
from middleware.web import (
    context,
    docs,
    health,
    panel_links,
    parting,
    passed,
    profiles,
    review,
    schemas,
    turns,
    webhooks,
)
from middleware.web.api import api_document
from middleware.web.clients import Client
from middleware.web.engines.shapes import routes_of as engine_routes
from middleware.web.keys import (
    API,
    CLIENTS,
    CLOCK,
    INTAKE,
    LOOK_UP,
    METRICS,
    PANEL_LINKS,
    PASSED,
    PUBLIC_URL,
    PULSES,
    QUEUES,
    REPLIES,
    STORE,
    SUBMIT,
    TEMPLATES,
    TRACES,
    VALUES,
    WANTED,
)
from middleware.web.panel_tokens import PanelLinks
from middleware.web.problems import problems
from middleware.web.site import routes as site_routes
from middleware.web.site.parts import SITE, Site
from middleware.web.templates import results
from middleware.web.templates import routes as template_routes


@dataclass(frozen=True, slots=True)
class WebParts:
    """What the web process is made of."""

    intake: Intake
    look_up: LookUp
    store: Store
    metrics: Metrics
    pulses: Pulses
    clients: Mapping[str, Client]
    submit: Submit
    """Where fresh events go: to the worker of this process, or nowhere when workers run apart."""
    wanted: Wanted
    """Where what is to be done beside goes: to the runner of this process, or nowhere."""
    passed: PassedContexts
    site: Site
    replies: LaterReplies
    queues: Mapping[str, Queue]
    templates: Mapping[str, Callable[[], Templates]]
    values: ValueTellers
    traces: Traces
    panel_links: PanelLinks
    clock: Clock
    public_url: str = ""


async def _without_versions(_: web.Request, answer: web.StreamResponse) -> None:
    """Do not tell the world which versions run here."""
    answer.headers["Server"] = "throughline"


async def _let_go(app: web.Application) -> None:
    """Answer the pages that are held open."""
    app[SITE].closing.set()


def build_app(parts: WebParts) -> web.Application:
    """The application with all its routes."""
    app = web.Application(middlewares=[problems], client_max_size=webhooks.LARGEST_BODY)
    app.on_response_prepare.append(_without_versions)
    app[INTAKE] = parts.intake
    app[LOOK_UP] = parts.look_up
    app[STORE] = parts.store
    app[METRICS] = parts.metrics
    app[PULSES] = parts.pulses
    app[CLIENTS] = parts.clients
    app[SUBMIT] = parts.submit
    app[WANTED] = parts.wanted
    app[PASSED] = parts.passed
    app[SITE] = parts.site
    app.on_shutdown.append(_let_go)
    app[PUBLIC_URL] = parts.public_url
    app[QUEUES] = parts.queues
    app[TEMPLATES] = parts.templates
    app[TRACES] = parts.traces
    app[PANEL_LINKS] = parts.panel_links
    app[CLOCK] = parts.clock
    app[REPLIES] = parts.replies
    app[VALUES] = parts.values
    app[results.ONE_AT_A_TIME] = asyncio.Lock()
    app[API] = api_document(tuple(parts.intake.connectors))
    for table in (
        webhooks.routes,
        context.routes,
        turns.routes,
        passed.routes,
        profiles.routes,
        panel_links.routes,
        review.routes,
        parting.routes,
        template_routes.routes,
        site_routes.routes,
        health.routes,
        docs.routes,
        schemas.routes,
        results.routes,
    ):
        app.add_routes(table)
    app.add_routes(engine_routes())
    return app


def build_metrics_app(metrics: Metrics) -> web.Application:
    """`/metrics` alone, for an address that the public does not reach."""
    app = web.Application(middlewares=[problems])
    app.on_response_prepare.append(_without_versions)
    app[METRICS] = metrics
    app.router.add_get("/metrics", health.metrics)
    return app


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve an application; the URL it is reached at. Port 0 takes a free one."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_address=True).start()
        bound = runner.addresses[0]
        shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        yield f"http://{shown}:{bound[1]}"
    finally:
        await runner.cleanup()
