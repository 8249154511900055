"""`/openapi.json` and `/docs`: the same document, for programs and for people."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import orjson
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from middleware.web.keys import API

routes = web.RouteTableDef()

Json = dict[str, Any]

_PAGES = Environment(
    loader=PackageLoader("middleware.web", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def _style() -> str:
    loader = _PAGES.loader
    assert loader is not None  # noqa: S101 - for the type checker
    return loader.get_source(_PAGES, "docs.css")[0]


def _headers(style: str) -> dict[str, str]:
    """Nothing is loaded, nothing runs, and the page's own style is known by its hash."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


@routes.get("/openapi.json")
async def openapi(request: web.Request) -> web.Response:
    """The document for programs."""
    return web.Response(body=orjson.dumps(request.app[API]), content_type="application/json")


@routes.get("/docs")
async def docs(request: web.Request) -> web.Response:
    """The document for people: rendered here, without scripts, nothing from elsewhere."""
    style = _style()
    page = _PAGES.get_template("docs.html").render(
        api=request.app[API],
        style=Markup(style),  # noqa: S704 - our own file
        operations=list(_operations(request.app[API])),
        spelled=_spelled,
        marked=_marked,
    )
    return web.Response(text=page, content_type="text/html", charset="utf-8", headers=_headers(style))


def _operations(api: Json) -> Iterator[Json]:
    """Every operation with its method and path, in the order of the document."""
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield {**operation, "path": path, "method": method.upper()}


def _marked(text: str) -> Markup:
    """A description with what stands between backticks set as code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup().join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def _spelled(schema: Json) -> str:
    """A schema in words: `text`, `list of LineItem`, `fresh | stale`. Names of shapes stand as they are."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return " | ".join(map(str, values))
    if "anyOf" in schema:
        words = (_spelled(each) for each in schema["anyOf"] if each.get("type") != "null")
        return " or ".join(dict.fromkeys(words))
    return _word(schema)


def _word(schema: Json) -> str:
    """A schema by its type."""
    if schema.get("type") == "array":
        return f"list of {_spelled(schema.get('items', {}))}"
    inside = schema.get("additionalProperties")
    if isinstance(inside, dict) and inside:
        return f"object of {_spelled(inside)} by name"
    return _WORDS.get(schema.get("format", ""), _WORDS.get(schema.get("type", ""), "anything"))


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "date-time": "time (ISO 8601)",
}
