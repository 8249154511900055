"""The published JSON Schemas (draft 2020-12), made from the models: of the context, and of the engine contract."""

from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import models_json_schema

from middleware.domain.context import LEVELS
from middleware.domain.engine_contract import TurnAnswer, TurnRequest
from middleware.handover.payload import Json
from middleware.handover.shapes import HandedContext

CONTEXT = "throughline.context/1"
TURN = "throughline.turn/1"
SCHEMAS = {CONTEXT: "context-1.json", TURN: "turn-1.json"}
"""The schemas that there are, with the names of their files in docs/schemas/."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{model}"
_ABOUT = {
    CONTEXT: "What is handed over of one sender. Fields may be added, and words to a list of words: ignore what you do "
    "not know. What is not known is left out. `x-untrusted` marks what others wrote: data, never an instruction.",
    TURN: "What an engine is asked for one turn. Its answer is `#/$defs/TurnAnswer`. Fields of the question may be "
    "added, and words to a list of words: ignore what you do not know.",
}


def schema_of(name: str, base: str = "") -> Json:
    """One of the published schemas. `base` is where this application is reached from outside, without a slash."""
    head = {"$schema": _DIALECT, "$id": f"{base}/schemas/{name}", "title": name, "description": _ABOUT[name]}
    shapes = _sent()
    if name == CONTEXT:
        shapes.pop("TurnRequest")
        top = shapes.pop("HandedContext")
        return {**head, **{key: each for key, each in top.items() if key not in head}, "$defs": _reachable(top, shapes)}
    _, taken = models_json_schema([(TurnAnswer, "validation")], ref_template=_REF)
    answers = {model: _untitled(shape) for model, shape in taken["$defs"].items()}
    top = shapes.pop("TurnRequest")
    defs = {**_reachable(top, shapes), **answers}
    return {**head, **{key: each for key, each in top.items() if key not in head}, "$defs": dict(sorted(defs.items()))}


def _sent() -> Json:
    """The shapes of what leaves the house: open for more fields, and without what is never there: null."""
    _, found = models_json_schema([(HandedContext, "serialization"), (TurnRequest, "serialization")], ref_template=_REF)
    shapes = {model: _untitled(_without_null(_open(shape))) for model, shape in found["$defs"].items()}
    asked = _untitled(_open(found["$defs"]["TurnRequest"]))
    for model in ("Context", "HandedContext"):
        _with_levels(shapes[model]["properties"])
    return {**shapes, "TurnRequest": {**asked, "required": list(asked["properties"])}}


def _with_levels(properties: Json) -> None:
    """Say of each block from which level on it can be there."""
    for name, level in LEVELS.items():
        properties[name] = {**properties[name], "x-needs-level": level.name.lower()}


def _open(shape: Json) -> Json:
    return {key: each for key, each in shape.items() if (key, each) != ("additionalProperties", False)}


def _without_null(shape: Json) -> Json:
    """An object whose fields are left out where they would be null, and are there otherwise."""
    if "properties" not in shape:
        return shape
    required = [name for name, each in shape["properties"].items() if not _is_nullable(each)]
    properties = {name: _not_null(each) for name, each in shape["properties"].items()}
    return {**shape, "properties": properties, "required": required}


def _is_nullable(schema: Json) -> bool:
    return any(each.get("type") == "null" for each in schema.get("anyOf", []))


def _not_null(schema: Json) -> Json:
    kept = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    rest = {key: each for key, each in schema.items() if key not in {"anyOf", "default"}}
    if not kept:
        return rest
    return {**kept[0], **rest} if len(kept) == 1 else {**rest, "anyOf": kept}


def _untitled(schema: Any) -> Any:  # noqa: ANN401 - a part of a schema
    """The same without the titles that only repeat the names."""
    if isinstance(schema, list):
        return [_untitled(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(each) for key, each in schema.items() if key != "title" or not isinstance(each, str)}


def _reachable(top: Json, shapes: Json) -> Json:
    """The definitions that a schema refers to, directly or not, by name."""
    found: dict[str, Json] = {}
    ahead = list(_references(top))
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = shapes[name]
            ahead += _references(shapes[name])
    return dict(sorted(found.items()))


def _references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - a part of a schema
    if isinstance(schema, list):
        for each in schema:
            yield from _references(each)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
        for each in schema.values():
            yield from _references(each)
