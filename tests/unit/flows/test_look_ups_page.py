"""`docs/look-ups.md`: its settings, its flow, its template and its tests do what it says."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from middleware.cli.app import app
from middleware.domain.commerce import Money
from middleware.domain.context import HANDED_OVER
from middleware.domain.look_up_reading import FieldRule, read_answer
from middleware.domain.look_ups import FieldType
from middleware.from_settings import flows_of
from middleware.pipeline.enriching import ENRICH_WITHIN
from middleware.pipeline.live_look_ups import AT_ONCE_OF_ONE, LONGEST_SENT, MOST_KEPT
from middleware.sections.brands import BrandSettings
from middleware.sections.called import FieldSettings

PAGE = (Path(__file__).parents[3] / "docs" / "look-ups.md").read_text(encoding="utf-8")
BLOCKS = [(match[1], match[2]) for match in re.finditer(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]


def of_kind(kind: str) -> str:
    """All blocks of a kind as one text."""
    return "\n".join(body for each, body in BLOCKS if each == kind)


def written(folder: Path) -> Path:
    """The folder with the files of the page."""
    for body in (body for kind, body in BLOCKS if kind == "yaml"):
        name, _, rest = body.partition("\n")
        file = folder / name.removeprefix("# ")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rest, encoding="utf-8")
    return folder


def brand(folder: Path) -> BrandSettings:
    """The brand of the page."""
    of_page = tomllib.loads(of_kind("toml"))["brands"]["glow"]
    accounts = {"shop": {"connector": "shopify", "id": "glow.myshopify.com", "token": "t", "secrets": ["s" * 16]}}
    return BrandSettings.model_validate({"database": "glow", "flows": str(folder), "accounts": accounts, **of_page})


def rule(name: str, written: FieldType | FieldSettings) -> FieldRule:
    """A field, as the settings have it."""
    if isinstance(written, FieldSettings):
        return FieldRule(written.type, tuple(written.at.split(".")))
    return FieldRule(written, (name,))


def test_the_settings_read_the_answer_of_the_page(tmp_path: Path) -> None:
    """Each field of the type that they name, and nothing else of it."""
    fields = brand(tmp_path).lookups["stock"].fields
    read = read_answer(json.loads(of_kind("json")), {name: rule(name, each) for name, each in fields.items()})
    price = Money(amount=4990, currency="EUR", exponent=2)
    assert (read.fields, read.notes) == ({"left": 3, "due": "2026-03-09T00:00:00", "price": price}, ())


def test_the_flow_fits_the_settings_and_its_tests_pass(tmp_path: Path) -> None:
    """Loaded with them, checked without an error (its fallback is for what is missing), and tried as the page does."""
    flows = flows_of(brand(written(tmp_path)))
    assert {"product", "orders"} <= flows.needs
    checked = CliRunner().invoke(app, ["flows", "check", "--json", str(tmp_path)])
    findings = [each for file in json.loads(checked.output)["files"] for each in file["findings"]]
    assert {each["code"] for each in findings} <= {"missing-locale", "can-be-missing"}
    tried = CliRunner().invoke(app, ["flows", "test", str(tmp_path)])
    assert tried.exit_code == 0, tried.output
    assert "2 passed" in tried.output


@pytest.mark.parametrize(
    "said",
    [
        f"at most {AT_ONCE_OF_ONE} questions to one system",
        f"longer\nthan {LONGEST_SENT} characters",
        f"at most {MOST_KEPT:,} answers",
        f"`enrich_within` of the brand ({ENRICH_WITHIN.total_seconds() * 1000:.0f} ms)",
    ],
)
def test_the_numbers_of_the_page_are_those_of_the_code(said: str) -> None:
    """Each as it stands there."""
    assert said in PAGE


def test_what_engines_can_be_given_is_lookups_too() -> None:
    """As the page on the context says."""
    assert "lookups" in HANDED_OVER
