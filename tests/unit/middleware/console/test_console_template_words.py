"""What pages say of templates by words that come from data has a text for each of them."""

from typing import get_args

import pytest

from flows.files import Code
from flows.language.filters import Sort
from flows.preview.customers import CUSTOMERS
from flows.templates.fields import ACTS
from middleware.console.language import Language
from middleware.console.templates.listing import STATES
from middleware.domain.channels import CHANNELS

NAMED = {
    "people": tuple(CUSTOMERS),
    "codes": (*get_args(Code), "unknown"),
    "on": tuple(CHANNELS),
    "sorts": get_args(Sort),
    "states": STATES,
    "acts": ACTS,
    "forecast_ended": ("all", "limit", "early"),
    "which": ("draft", "published", "file"),
}


@pytest.mark.parametrize("group", NAMED)
def test_every_word_from_data_has_a_text(group: str) -> None:
    """Made-up customers, kinds of findings, channels, sorts, states: none of them breaks a page."""
    english = Language("en")
    assert [each for each in NAMED[group] if not english.has(f"templates.{group}.{each}")] == []
