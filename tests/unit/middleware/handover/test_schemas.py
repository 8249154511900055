"""The published schemas: what is stored is what the models make, and no change breaks who reads by them."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from middleware.domain.context import LEVELS, Context
from middleware.domain.engine_contract import ReplyTo
from middleware.domain.identifiers import Level
from middleware.handover import CONTEXT, SCHEMAS, TURN, explained, hand_over, prompt_of, schema_of, turn_request
from middleware.handover.__main__ import broken, main, written
from tests.unit.middleware.handover.filled import NOON, context

ROOT = Path(__file__).parents[4]
STORED = ROOT / "docs" / "schemas"
PROMISED = ROOT / "tests" / "fixtures" / "schemas"
"""As they were when readers were first told of them. Only ever replaced by what breaks nothing."""


def valid(name: str) -> jsonschema.Draft202012Validator:
    """A validator of a published schema."""
    return jsonschema.Draft202012Validator(
        schema_of(name, "https://bot.example"), format_checker=jsonschema.FormatChecker()
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_stored_is_what_the_models_make(name: str) -> None:
    """docs/schemas has what `python -m middleware.handover docs/schemas` writes today."""
    assert (STORED / SCHEMAS[name]).read_text(encoding="utf-8") == written(name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_change_breaks_readers(name: str) -> None:
    """Against what was promised first, nothing is gone, narrower, or newly needed."""
    assert broken(json.loads((PROMISED / SCHEMAS[name]).read_text(encoding="utf-8")), schema_of(name)) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_they_are_schemas(name: str) -> None:
    """They are valid by draft 2020-12, and their `$id` is the address at which they are found."""
    schema = schema_of(name, "https://bot.example")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://bot.example/schemas/{name}"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("ids", [True, False])
def test_what_is_handed_over_is_valid(level: Level, ids: bool) -> None:  # noqa: FBT001 - a case
    """A context and a question as they are handed over hold to their schemas, at every level, with and without ids."""
    whole = context(level=level)
    told = {
        **hand_over(whole, ids=ids), "prompt": prompt_of(whole),
        "explanation": explained(whole, {}).model_dump(mode="json", exclude_none=True),
    }  # fmt: skip
    valid(CONTEXT).validate(told)
    reply = ReplyTo(url="https://bot.example/v1/turns/t/replies", until=NOON)
    for question in (
        turn_request("t", whole, at=NOON, prompt=4_000, reply=reply, ids=ids),
        turn_request("t", whole.model_copy(update={"message": None}), at=NOON),
    ):
        valid(TURN).validate(question)


def test_what_is_not_valid_is_found() -> None:
    """The schemas say something: a level that is none, a missing identity and a wrong schema are refused."""
    told = hand_over(context())
    for wrong in (
        {**told, "schema": "throughline.context/2"},
        {key: each for key, each in told.items() if key != "identity"},
        {**told, "identity": {**told["identity"], "level": "admin"}},
        {**told, "profile": {"name": 7, "claimed": {}}},
    ):
        assert not valid(CONTEXT).is_valid(wrong)


def test_texts_of_others_are_marked() -> None:
    """The schema marks what others wrote, and each block with the level from which on it can be there."""
    schema = schema_of(CONTEXT)
    marked = {
        f"{model}.{name}"
        for model, shape in schema["$defs"].items()
        for name, each in shape.get("properties", {}).items()
        if each.get("x-untrusted") or each.get("items", {}).get("x-untrusted")
    }
    assert {
        "MessageView.text",
        "ProfileView.name",
        "LineItem.title",
        "TicketView.subject",
        "DetailsView.tags",
    } <= marked
    assert {"OrderView.number", "DetailView.value", "Attachment.details", "ClickView.headline"} <= marked
    assert "OrderView.state" not in marked
    assert {name: schema["properties"][name]["x-needs-level"] for name in LEVELS} == {
        name: level.name.lower() for name, level in LEVELS.items()
    }


def test_schemas_are_open_for_more_fields() -> None:
    """A reader by the schema is not broken by a field that is added."""
    told: dict[str, Any] = hand_over(context())
    told["identity"]["new_one"] = told["new_block"] = "x"
    valid(CONTEXT).validate(told)


def test_writing_refuses_what_breaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes both files, and nothing at all where that would take a field from readers."""
    assert main([str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["context-1.json", "turn-1.json"]
    promised = schema_of(CONTEXT)
    promised["properties"]["mood"] = {"type": "string"}
    (tmp_path / "context-1.json").write_text(json.dumps(promised), encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    assert "mood: is gone" in capsys.readouterr().err
    assert json.loads((tmp_path / "context-1.json").read_text(encoding="utf-8")) == promised


def test_printing(capsys: pytest.CaptureFixture[str]) -> None:
    """One schema can be printed."""
    assert main(["--print", TURN]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == TURN


def test_the_name_in_the_model_is_the_published_one() -> None:
    """A context says by which schema it is."""
    assert Context.model_fields["schema_"].default == CONTEXT
