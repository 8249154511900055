"""The reference of flow files: made from the tables, current and complete; and the tables know every step and key."""

from pathlib import Path
from typing import get_args

from flows.checking.codes import CODES
from flows.engine import model
from flows.engine.key_table import KEYS
from flows.engine.step_table import STEPS
from flows.files import FlowCode
from flows.flows_reference import page

ROOT = Path(__file__).parents[3]


def test_the_page_is_current() -> None:
    """`python -m flows.flows_reference > docs/flows-reference.md` writes what stands there."""
    assert (ROOT / "docs" / "flows-reference.md").read_text(encoding="utf-8") == page()


def test_every_step_says_what_it_is() -> None:
    """A step that can be written has its row, in which the check, diagrams and the reference read what it does."""
    assert set(STEPS) == set(model.ACTIONS)


def test_every_key_has_its_words() -> None:
    """Each key of a flow file is told of, and none that is not there."""
    for part, keys in KEYS.items():
        written = {field.alias or name for name, field in part.model_fields.items()}
        if part is model.Step:
            written -= {name.removesuffix("_") for name in model.ACTIONS}
        assert set(keys) == written, part.__name__


def test_every_code_has_its_words() -> None:
    """Each code of a finding is in the table, and on the page."""
    assert set(CODES) == set(get_args(FlowCode))
    assert all(f"| `{code}` |" in page() for code in CODES)
