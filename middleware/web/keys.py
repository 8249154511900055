"""The keys under which the application holds its parts: typed, written once."""

from collections.abc import Callable, Mapping
from typing import Any

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
from middleware.web.clients import Client
from middleware.web.panel_tokens import PanelLinks

INTAKE: web.AppKey[Intake] = web.AppKey("intake", Intake)
PULSES: web.AppKey[Pulses] = web.AppKey("pulses", Pulses)
METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)
STORE: web.AppKey[Store] = web.AppKey("store", Store)
SUBMIT: web.AppKey[Submit] = web.AppKey("submit")
WANTED: web.AppKey[Wanted] = web.AppKey("wanted")
PASSED: web.AppKey[PassedContexts] = web.AppKey("passed", PassedContexts)
PUBLIC_URL: web.AppKey[str] = web.AppKey("public_url", str)
"""Where the platforms reach this application, without a slash at the end; empty where that is not known."""
LOOK_UP: web.AppKey[LookUp] = web.AppKey("look_up", LookUp)
QUEUES: web.AppKey[Mapping[str, Queue]] = web.AppKey("queues", Mapping[str, Queue])
"""The review queue of each brand."""
TEMPLATES: web.AppKey[Mapping[str, Callable[[], Templates]]] = web.AppKey("templates")
"""The templates of each brand, with the flows that are said when it is asked."""
TRACES: web.AppKey[Traces] = web.AppKey("traces", Traces)
REPLIES: web.AppKey[LaterReplies] = web.AppKey("replies", LaterReplies)
VALUES: web.AppKey[ValueTellers] = web.AppKey("values", ValueTellers)
"""Tells the values of a context to tools that can only show text."""
PANEL_LINKS: web.AppKey[PanelLinks] = web.AppKey("panel_links", PanelLinks)
CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
API: web.AppKey[dict[str, Any]] = web.AppKey("api", dict[str, Any])
"""The OpenAPI document of this application."""
CLIENTS: web.AppKey[Mapping[str, Client]] = web.AppKey("clients", Mapping[str, Client])
