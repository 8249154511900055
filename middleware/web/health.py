"""Health: alive (the process answers) and ready (so does the store). Metrics have an address of their own."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from middleware.web.keys import METRICS, STORE

routes = web.RouteTableDef()


@routes.get("/livez")
async def livez(_: web.Request) -> web.Response:
    """200 as long as the process answers at all."""
    return web.json_response({"status": "alive"})


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    """200 when the store answers, 503 when it does not."""
    await request.app[STORE].ping()
    return web.json_response({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    """Everything that is counted, in Prometheus' text format."""
    body = generate_latest(request.app[METRICS].registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
