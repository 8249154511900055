"""`GET /schemas/<name>/<version>`: the published JSON Schemas of what is handed over, for anybody."""

import orjson
from aiohttp import web

from middleware.handover import CONTEXT, SCHEMAS, TURN, schema_of
from middleware.web.keys import PUBLIC_URL
from middleware.web.openapi import Answer, Operation

MEDIA = "application/schema+json"

routes = web.RouteTableDef()


@routes.get(f"/schemas/{CONTEXT}")
async def context_schema(request: web.Request) -> web.Response:
    """The schema of a context."""
    return _schema(request, CONTEXT)


@routes.get(f"/schemas/{TURN}")
async def turn_schema(request: web.Request) -> web.Response:
    """The schema of the engine contract."""
    return _schema(request, TURN)


def _schema(request: web.Request, name: str) -> web.Response:
    return web.Response(
        body=orjson.dumps(schema_of(name, request.app[PUBLIC_URL])),
        content_type=MEDIA,
        headers={"Cache-Control": "public, max-age=3600"},
    )


OPERATIONS = tuple(
    Operation(
        "GET", f"/schemas/{name}", name.partition(".")[2].partition("/")[0] + "Schema", "documentation", summary,
        "JSON Schema, draft 2020-12. Under one number it only ever gains fields.",
        (Answer(200, "The schema.", None, MEDIA),),
    )
    for name, summary in zip(SCHEMAS, ("The schema of a context", "The schema of the engine contract"), strict=True)
)  # fmt: skip
