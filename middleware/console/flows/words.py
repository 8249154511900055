"""What the editor of flows offers while somebody types: keys with what they mean, values, and names; as JSON."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from aiohttp import web

from flows.json_schemas import SchemaName, json_schema
from middleware.console.routes import BUILDER, get
from middleware.console.sentences import told
from middleware.console.templates.about import about
from middleware.console.templates.listing import MOST_READ
from middleware.console.templates.values import known
from middleware.console.visit import Visit
from middleware.pipeline.templates.files import sources_of
from middleware.pipeline.templates.looking import listed

_SCHEMAS: Mapping[str, SchemaName] = {"source": "flow", "tests": "test"}


async def words(visit: Visit) -> web.StreamResponse:
    """All that can be completed."""
    shelf = visit.brand.flow_editing.files.shelf
    return web.json_response(
        {
            "schemas": _schemas(visit.language.locale),
            **known(visit, {}, 0),
            "templates": await _templates(visit),
            "engines": _named(shelf.engines),
            "look_ups": _named(shelf.look_ups),
        }
    )


@cache
def _schemas(locale: str) -> dict[str, Any]:
    """By the field of the form, with what each key means in this language."""
    return {field: _told(json_schema(name), locale) for field, name in _SCHEMAS.items()}


def _told(part: Any, locale: str) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(part, list):
        return [_told(each, locale) for each in part]
    if not isinstance(part, dict):
        return part
    # A key of a file may be called `description`: what stands below it is no text then.
    return {
        key: told(each, locale) if key == "description" and isinstance(each, str) else _told(each, locale)
        for key, each in part.items()
    }


async def _templates(visit: Visit) -> list[dict[str, str]]:
    """Each with what it is for."""
    of = visit.brand.templates()
    rows, _ = await listed(of, MOST_READ)
    sources = await sources_of(of, {row.head.record.id: row.head for row in rows}, files_too=True)
    return [
        {"label": name, "info": told(about(source).purpose, visit.language.locale)}
        for name, source in sorted(sources.items())
        if source
    ]


def _named(names: Iterable[str] | None) -> list[dict[str, str]]:
    return [{"label": name} for name in names or ()]


ROUTES = (get("/{brand}/flows/words", words, BUILDER),)
