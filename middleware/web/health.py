"""Health: alive (the process answers) and ready (so does the store). Metrics have an address of their own."""

from typing import Literal

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict

from middleware.web.keys import METRICS, STORE

routes = web.RouteTableDef()


class Health(BaseModel):
    """How it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["alive", "ready"]


@routes.get("/livez")
async def livez(_: web.Request) -> web.Response:
    """200 as long as the process answers at all."""
    return web.json_response(text=Health(status="alive").model_dump_json())


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    """200 when the store answers, 503 when it does not."""
    await request.app[STORE].ping()
    return web.json_response(text=Health(status="ready").model_dump_json())


async def metrics(request: web.Request) -> web.Response:
    """Everything that is counted, in Prometheus' text format."""
    body = generate_latest(request.app[METRICS].registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
