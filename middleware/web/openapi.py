"""An OpenAPI 3.1 document from a table of operations: the words of the format, and nothing of this application."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

Json = dict[str, Any]

_REF = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an operation. `model` is its body; None for a text, or for JSON without a model of its own.

    An empty `media` is an answer without a body.
    """

    status: int
    says: str
    model: type[BaseModel] | None
    media: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    """Name and meaning of each header that belongs to it."""
    or_text: bool = False
    """It can come as plain text instead."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in path, query or header."""

    place: str
    name: str
    says: str
    required: bool = False
    schema: Json | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `takes` says what its JSON body is, if there is one; `takes_model` is the shape."""

    method: str
    path: str
    id: str
    tag: str
    summary: str
    says: str
    answers: tuple[Answer, ...]
    parameters: tuple[Parameter, ...] = ()
    takes: str = ""
    takes_optional: bool = False
    takes_model: type[BaseModel] | None = None
    security: tuple[str, ...] = ()


def document(info: Json, tags: Sequence[Json], schemes: Json, operations: Sequence[Operation]) -> Json:
    """The document. Models stand once, under components, by their names."""
    given = {answer.model for each in operations for answer in each.answers if answer.model is not None}
    taken = {each.takes_model for each in operations if each.takes_model is not None}
    modes: dict[type[BaseModel], JsonSchemaMode] = {
        **dict.fromkeys(taken, "validation"), **dict.fromkeys(given, "serialization")
    }  # fmt: skip
    ordered = sorted(modes, key=lambda model: model.__name__)
    _, shapes = models_json_schema([(model, modes[model]) for model in ordered], ref_template=_REF)
    paths: dict[str, Json] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": info,
        "tags": list(tags),
        "paths": paths,
        "components": {"schemas": shapes["$defs"], "securitySchemes": schemes},
    }


def _operation(operation: Operation) -> Json:
    said: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.says,
        "parameters": [_parameter(each) for each in operation.parameters],
        "responses": {str(each.status): _answer(each) for each in operation.answers},
        "security": [{name: []} for name in operation.security],
    }
    if operation.takes:
        schema: Json = {"type": "object", "description": operation.takes}
        if operation.takes_model is not None:
            schema = {"$ref": _REF.format(model=operation.takes_model.__name__)}
        content = {"application/json": {"schema": schema}}
        said["requestBody"] = {
            "required": not operation.takes_optional,
            "description": operation.takes,
            "content": content,
        }
    return said


def _parameter(parameter: Parameter) -> Json:
    return {
        "in": parameter.place,
        "name": parameter.name,
        "description": parameter.says,
        "required": parameter.required,
        "schema": parameter.schema or {"type": "string"},
    }


def _answer(answer: Answer) -> Json:
    model = answer.model
    no_model = {"type": "object" if answer.media.endswith("json") else "string"}
    schema = no_model if model is None else {"$ref": _REF.format(model=model.__name__)}
    headers = {name: {"description": says, "schema": {"type": "string"}} for name, says in answer.headers}
    text: Json = {"text/plain": {"schema": {"type": "string"}}} if answer.or_text else {}
    return {
        "description": f"{HTTPStatus(answer.status).phrase}. {answer.says}",
        **({"content": {answer.media: {"schema": schema}, **text}} if answer.media else {}),
        **({"headers": headers} if headers else {}),
    }
