"""The reference page: made from the tables, current, and complete."""

from pathlib import Path
from typing import get_args

from flows.files import Code
from flows.language.filters import FILTERS
from flows.preview.checking import checked_source
from flows.reference import CODES, STATEMENTS, page, said
from flows.schema import SCHEMA

ROOT = Path(__file__).parents[3]


def test_the_page_is_current() -> None:
    """`python -m flows.reference > docs/templates-reference.md` writes what stands there."""
    assert (ROOT / "docs" / "templates-reference.md").read_text(encoding="utf-8") == page()


def test_nothing_is_left_out() -> None:
    """Every value, every filter and every code of a finding has its row."""
    rows = {line.split("`")[1] for line in page().splitlines() if line.startswith("| `")}

    assert rows >= set(SCHEMA) | set(FILTERS) | set(get_args(Code))
    assert set(CODES) == set(get_args(Code))


def test_examples_are_such_as_the_check_accepts() -> None:
    """Each example of a statement or filter passes the check, and says something to Ana."""
    sources = [*STATEMENTS.values(), *(f"{{{{ {row.example} }}}}" for row in FILTERS.values())]

    for source in sources:
        assert checked_source(source, "example").accepted(), source
        assert said(source).strip(), source


def test_examples_differ_by_language_where_the_language_matters() -> None:
    """Money, dates and enumerations are said as each language writes them."""
    for name in ("money", "date", "age", "list"):
        source = f"{{{{ {FILTERS[name].example} }}}}"
        assert len({said(source, locale) for locale in ("en", "de", "es")}) > 1, name
