"""JSON Schemas of the files: what can be loaded is valid, and what is refused for its shape is not."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from flows.engine.model import FlowFile
from flows.files import FlowFileError, parse, read_document
from flows.json_schemas import NAMES, SchemaName, json_schema
from flows.trying.model import FlowTestsFile

LIBRARY = Path(__file__).parents[3] / "flows" / "library"
FOLDERS: dict[SchemaName, str] = {"flow": "", "template": "templates", "test": "tests"}
SCHEMAS = {name: Draft202012Validator(json_schema(name)) for name in NAMES}

FLOW = """\
flow: size
purpose: p
triggers: {intent: {en: [size]}}
steps:
"""
GOOD_STEPS = (
    "[stop]",
    "[send_code]",
    "[{wait: 2h}, {wait: {for: 1d, though_written: true}}, {wait: {until: customer_writes}}]",
    "[{ask: {template: a, capture: text, within: 30m, otherwise: [stop]}, name: here}]",
    "[{if: orders, then: [{reply: a, when: orders}], else: [stop]}]",
    "[{hand_over: why}, {hand_over: {reason: why, to: vip}}]",
    "[{recommend: 3}, {recommend: {most: 2, why: [accessory, viewed]}}, {recommend: {why: viewed}}]",
    "[{tag: a}, {tag: [a, b]}, {untag: a}, {set: {company: Glow}}, {intent: lead}]",
)
BAD_STEPS = (
    "[]",
    "[halt]",
    "[{repl: a}]",
    "[{reply: a, colour: red}]",
    "[{reply: a, stop: true}]",
    "[{when: orders}]",
    "[{wait: 2 hours}]",
    "[{recommend: 0}]",
    "[{recommend: all}]",
    "[{recommend: {why: [bestseller]}}]",
    "[{reply: a, then: [stop]}]",
    "[{hand_over: {reason: why, to: nobody}}]",
    "[{ask: {template: a, capture: colour}}]",
    "[{ask: {template: a, capture: text, tries: 9}}]",
)
TESTS = "tests: [{test: t, turns: [%s]}]"
GOOD_TURNS = (
    "{says: hi, replies: a}",
    "{says: hi, replies: [a, {contains: b}], effects: handed_over, state: none}",
    "{comes_by: {source: ADS}, says: hi, effects: [], why: a}",
    "{waits: 2h, state: {step: here}}",
)
BAD_TURNS = ("{says: hi, repliess: a}", "{says: hi, effects: exploded}", "{waits: long}", "{says: [hi]}")


def is_valid(name: SchemaName, text: str) -> bool:
    """Whether the schema takes a file."""
    data: Any = yaml.safe_load(text)
    return bool(SCHEMAS[name].is_valid(data))


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_schemas(name: SchemaName) -> None:
    """Each is valid against the dialect that it names."""
    Draft202012Validator.check_schema(json_schema(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_files_are_valid(name: SchemaName) -> None:
    """Each shipped flow, template and test."""
    files = sorted((LIBRARY / FOLDERS[name]).glob("*.yaml"))

    assert files
    assert [file.name for file in files if not is_valid(name, file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("steps", "good"), [*((each, True) for each in GOOD_STEPS), *((each, False) for each in BAD_STEPS)]
)
def test_the_schema_says_what_the_flow_loader_says(steps: str, *, good: bool) -> None:
    """Schema and loader take the same steps, and refuse the same."""
    text = f"{FLOW} {steps}"

    assert is_valid("flow", text) is good
    assert loads(FlowFile, text) is good


@pytest.mark.parametrize(
    ("turn", "good"), [*((each, True) for each in GOOD_TURNS), *((each, False) for each in BAD_TURNS)]
)
def test_the_schema_says_what_the_test_loader_says(turn: str, *, good: bool) -> None:
    """Schema and loader take the same turns, and refuse the same."""
    text = TESTS % turn

    assert is_valid("test", text) is good
    assert loads(FlowTestsFile, text) is good


def test_keys_are_explained() -> None:
    """Editors can show beside each key of a flow, a step and a turn what it means."""
    flow, test = json_schema("flow"), json_schema("test")
    step = next(each for each in flow["$defs"]["Step"]["anyOf"] if "properties" in each)

    for part in (flow, step, flow["$defs"]["Triggers"], flow["$defs"]["AskFile"], test, test["$defs"]["TurnFile"]):
        assert all(each.get("description") for each in part["properties"].values())


def loads(model: type[Any], text: str) -> bool:
    """Whether the file's model takes it."""
    try:
        parse(model, read_document(text, "file.yaml"))
    except FlowFileError:
        return False
    return True
