"""The one list of what others wrote and which ids are raw: read off the models, by the marks on their fields."""

from collections.abc import Iterator
from functools import cache
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from middleware.domain.untrusted import Raw, Untrusted

Mark = Untrusted | Raw | None


class MarkedField(NamedTuple):
    """One field of a model: its name there, its name in JSON, and its mark."""

    name: str
    key: str
    mark: Mark


@cache
def fields_of(model: type[BaseModel]) -> tuple[MarkedField, ...]:
    """The fields of a model with their marks. A mark inside an option, a tuple or a dict counts for what is in it."""
    return tuple(
        MarkedField(name, field.serialization_alias or field.alias or name, _mark(field.annotation, field.metadata))
        for name, field in model.model_fields.items()
    )


def _mark(annotation: Any, metadata: Any) -> Mark:  # noqa: ANN401 - an annotation and what is annotated
    own = [each for each in metadata if isinstance(each, Untrusted | Raw)]
    inside = (_mark(part, getattr(part, "__metadata__", ())) for part in get_args(annotation))
    return next(iter(own), None) or next((mark for mark in inside if mark is not None), None)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - an annotation
    """The models that an annotation names, however deep in options, tuples and dicts."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            if part is not NoneType:
                yield from models_in(part)
