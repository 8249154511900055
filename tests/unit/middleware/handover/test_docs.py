"""docs/context.md shows what the code does."""

import json
import re
from pathlib import Path
from typing import Any

from middleware.domain.context import LEVELS
from middleware.domain.engine_contract import TurnRequest
from middleware.handover import LEAST, MOST

PAGE = (Path(__file__).parents[4] / "docs" / "context.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_example_gives_what_is_shown() -> None:
    """The code of the example, run, hands over what the page shows, and makes the prompt that it shows."""
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(code, "docs/context.md", "exec"), names)  # noqa: S102 - our own page
    assert names["handed"] == json.loads(blocks("json")[0])
    assert names["prompt"] == blocks("text")[0]


def test_every_block_is_there_with_its_level() -> None:
    """The table names each block with the level from which on it can be there."""
    told = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", PAGE, re.MULTILINE))
    assert told == {name: level.name.lower() for name, level in LEVELS.items()}


def test_every_field_of_the_question_is_there() -> None:
    """The table of the question names its fields, and the numbers are those of the code."""
    for name, field in TurnRequest.model_fields.items():
        assert f"| `{field.alias or name}` |" in PAGE
    assert f"at most {MOST:,} characters (`most`: {LEAST:,} to 20,000" in PAGE
