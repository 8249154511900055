"""Contexts in which every field that there is has a value, made from the models: a new field is in them by itself."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from middleware.domain.context import BLOCKS, LEVELS, Block, Context, LinkOffer
from middleware.domain.identifiers import Level
from middleware.domain.untrusted import Raw, Untrusted

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
Says = Callable[[str], str]
"""The text for the field at a path, such as `orders.value.latest.number`."""


def context(says: Says = lambda path: f"said at {path}", *, level: Level = Level.VERIFIED, **fields: Any) -> Context:
    """A context with everything in it, at a level. Texts of others are what `says` says; ids are `raw <path>`."""
    filled = _model(Context, "", says)
    blocks = {name: _with_needs(getattr(filled, name), LEVELS[name]) for name in BLOCKS}
    identity = filled.identity.model_copy(update={"level": level})
    links = {purpose: LinkOffer(id="ours", url="ours") for purpose in ("product", "cart")}
    return filled.model_copy(update={**blocks, "identity": identity, "links": links, **fields})


def _with_needs(block: Block[Any], needs: Level) -> Block[Any]:
    return block.model_copy(update={"needs_level": needs, "state": "fresh"})


def _model(model: type[BaseModel], path: str, says: Says) -> Any:
    dot = f"{path}." if path else ""
    fields = {
        field.alias or name: _value(field.annotation, field.metadata, f"{dot}{field.alias or name}", says)
        for name, field in model.model_fields.items()
    }
    return model.model_validate(fields)


def _value(annotation: Any, metadata: Any, path: str, says: Says) -> Any:
    origin, parts = get_origin(annotation), get_args(annotation)
    mark = next((each for each in metadata if isinstance(each, Untrusted | Raw)), None)
    if origin is Annotated:
        return _value(parts[0], annotation.__metadata__, path, says)
    if origin is Literal:
        return parts[0]
    if origin is tuple:
        return tuple(_value(parts[0], (), f"{path}[{place}]", says) for place in range(2))
    if origin is dict:
        return {"name": _value(parts[1], metadata, f"{path}.name", says)}
    if parts and origin not in {tuple, dict}:
        return _value(next(part for part in parts if part is not NoneType), metadata, path, says)
    return _scalar(annotation, mark, path, says)


def _scalar(annotation: Any, mark: Untrusted | Raw | None, path: str, says: Says) -> Any:
    if annotation is Any:
        return says(path) if isinstance(mark, Untrusted) else "ours"
    if issubclass(annotation, BaseModel):
        return _model(annotation, path, says)
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    if annotation is str:
        texts: Mapping[type, str] = {Untrusted: says(path), Raw: f"raw {path}"}
        return texts.get(type(mark), "EUR" if path.endswith("currency") else "ours")
    return {datetime: NOON, int: 3, bool: True}[annotation]


def at(told: Any, path: str) -> Any:
    """What stands at a path such as `orders.value.all[0].number` of plain data."""
    for step in path.replace("[", ".[").split("."):
        told = told[int(step[1:-1])] if step.startswith("[") else told[step]
    return told


def texts(value: Any, path: str = "") -> dict[str, Any]:
    """Every value in plain data that is no list and no object, by its path."""
    if isinstance(value, dict):
        return {
            k: v for name, each in value.items() for k, v in texts(each, f"{path}.{name}" if path else name).items()
        }
    if isinstance(value, list):
        return {k: v for place, each in enumerate(value) for k, v in texts(each, f"{path}[{place}]").items()}
    return {path: value}
