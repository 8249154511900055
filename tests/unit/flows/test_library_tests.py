"""The tests that come with the shipped flows: each holds, and each flow has some in three languages."""

from pathlib import Path

import pytest

from flows.engine import load_flow
from flows.shelf import Shelf
from flows.trying.testing import FlowTests, read_tests

LIBRARY = Path(__file__).parents[3] / "flows" / "library"
FILES = {file.stem: read_tests(file.read_text(encoding="utf-8"), file.name) for file in LIBRARY.glob("tests/*.yaml")}


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """The shipped flows and templates."""
    return Shelf.read(LIBRARY)


@pytest.mark.parametrize(("tests", "name"), [(tests, name) for tests in FILES.values() for name in tests.names()])
def test_what_the_file_says_holds(shelf: Shelf, tests: FlowTests, name: str) -> None:
    """Each test of the shipped library passes."""
    (outcome,) = tests.run(shelf, lambda each: each == name)

    assert outcome.passed, outcome


def test_every_shipped_flow_has_tests_in_three_languages() -> None:
    """A flow without tests, or with tests that leave out English, German or Spanish, is not done."""
    flows = {load_flow(file.read_text(encoding="utf-8"), file.name).name for file in LIBRARY.glob("*.yaml")}
    locales = {
        name: {turn.locale for test in tests.written.tests for turn in test.turns} for name, tests in FILES.items()
    }

    assert set(FILES) == flows
    assert all({"en", "de", "es"} <= spoken for spoken in locales.values()), locales
