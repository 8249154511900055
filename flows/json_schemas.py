"""JSON Schemas of flow files, template files and test files, as editors read them (draft 2020-12).

They are made from the models that read the files, so that they say the same; what the models take in short forms
(`stop`, `wait: 2h`, one word for a list) is in the schema, too.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from flows.engine.key_table import KEYS
from flows.engine.model import ACTIONS, FlowFile, Step
from flows.engine.step_table import STEPS
from flows.templates.model import TemplateFile
from flows.trying.model import EffectName, FlowTestsFile
from middleware.domain.identifiers import Level
from middleware.domain.record import Record

SchemaName = Literal["flow", "template", "test"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIME: JsonSchemaValue = {"type": "string", "pattern": "^[0-9]{1,4}(s|m|h|d)$", "examples": ["30m", "2h", "1d"]}
_TEXT: JsonSchemaValue = {"type": "string"}

_MODELS: dict[SchemaName, type[Record]] = {"flow": FlowFile, "template": TemplateFile, "test": FlowTestsFile}
_TITLES: dict[SchemaName, str] = {
    "flow": "A flow of Throughline",
    "template": "A reply template of Throughline",
    "test": "Tests of flows of Throughline",
}


def json_schema(name: SchemaName) -> JsonSchemaValue:
    """The schema of a kind of file."""
    schema = _MODELS[name].model_json_schema(by_alias=True, schema_generator=_Generator)
    schema = {"$schema": _DIALECT, **_tidied(schema), "title": _TITLES[name]}
    if name == "flow":
        parts = {**schema["$defs"], FlowFile.__name__: schema}
        for model, keys in _keys().items():
            _describe(_as_group(parts[model.__name__]), keys)
        _one_action(_as_group(parts[Step.__name__]))
    return schema


class _Generator(GenerateJsonSchema):
    """Says of each short form what the file may have instead."""

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        del schema
        return _TIME

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        short = _SHORT_FORMS.get(getattr(schema["function"]["function"], "__name__", ""))
        return inner if short is None else short(inner)


def _one_or_list(inner: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [inner.get("items", _TEXT), inner]}


_SHORT_FORMS: dict[str, Callable[[JsonSchemaValue], JsonSchemaValue]] = {
    "duration": lambda _: _TIME,
    "abandoned": lambda _: {"anyOf": [{"type": "boolean"}, _TIME]},
    "_listed": _one_or_list,
    "_named": lambda inner: {"anyOf": [_TEXT, inner]},
    "_effect": lambda inner: {"anyOf": [{"enum": list(get_args(EffectName))}, inner]},
    "_level": lambda _: {"enum": [level.name.lower() for level in Level]},
    "_plain_number": lambda inner: {"anyOf": [inner["properties"]["most"], inner]},
    "_plain_time": lambda inner: {"anyOf": [_TIME, inner]},
    "_plain_word": lambda inner: {"anyOf": [{"enum": ["stop", "send_code"]}, inner]},
}
"""By the name of the validator that reads the short form."""


def _keys() -> dict[type[Record], dict[str, str]]:
    """What each key means, those of the steps among them."""
    steps = {name.removesuffix("_"): row.about for name, row in STEPS.items()}
    return {**KEYS, Step: {**steps, **KEYS[Step]}}


def _tidied(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The same as a person would write it: no null, no titles made of keys, limits where they belong."""
    if isinstance(part, list):
        return [_tidied(each) for each in part]
    if not isinstance(part, dict):
        return part
    # Under `properties` there are keys of the file, which may be called `title` or `default`.
    tidied = {
        name: {key: _tidied(each) for key, each in inner.items()} if name in ("properties", "$defs") else _tidied(inner)
        for name, inner in part.items()
        if name not in ("title", "default")
    }
    ways = [each for each in tidied.pop("anyOf", ()) if each != {"type": "null"}]
    if len(ways) == 1:
        return {**ways[0], **tidied}
    return {**_with_limits_inside(ways, tidied), "anyOf": ways} if ways else tidied


def _with_limits_inside(ways: list[dict[str, Any]], around: dict[str, Any]) -> dict[str, Any]:
    """What stands around several ways, without what is meant for one of them only: that is moved there."""
    for way in ways:
        if "properties" in way and "additionalProperties" in around:
            way["additionalProperties"] = around["additionalProperties"]
        if way.get("type") == "array":
            way |= {new: around[old] for old, new in _OF_LISTS.items() if old in around}
    return {name: each for name, each in around.items() if name not in ("additionalProperties", *_OF_LISTS)}


_OF_LISTS = {"maxLength": "maxItems", "minLength": "minItems", "maxItems": "maxItems", "minItems": "minItems"}


def _as_group(part: JsonSchemaValue) -> JsonSchemaValue:
    """A part of a schema as a group of keys: without the short form that it may have."""
    return next((each for each in part.get("anyOf", ()) if "properties" in each), part)


def _describe(part: JsonSchemaValue, keys: dict[str, str]) -> None:
    for key, about in keys.items():
        if key in part.get("properties", {}):
            part["properties"][key]["description"] = about


def _one_action(step: JsonSchemaValue) -> None:
    """A step does one thing; `then` and `else` go with `if`, a name with what waits."""
    step["oneOf"] = [{"required": [name.removesuffix("_")]} for name in ACTIONS]
    step["dependentRequired"] = {"then": ["if"], "else": ["if"]}


NAMES: tuple[SchemaName, ...] = get_args(SchemaName)
