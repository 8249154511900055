"""How old a block may be before it says so."""

from datetime import timedelta

import pytest

from middleware.pipeline.freshness import STALE_AFTER, freshness
from middleware.pipeline.shopping_view import cart_block
from tests.unit.middleware.builders import START, cart


@pytest.mark.parametrize(
    ("block", "days"),
    [("orders", 30), ("cart", 7), ("ad_click", 7), ("browsing", 7), ("marketing", 90), ("support", 30)],
)
def test_a_block_says_when_it_is_stale(block: str, days: int) -> None:
    """Up to its age a block is fresh, and stale from then on."""
    assert freshness(block, START, START + timedelta(days=days)) == "fresh"
    assert freshness(block, START, START + timedelta(days=days, milliseconds=1)) == "stale"


def test_every_age_is_tried() -> None:
    """A block that gets an age gets its row above."""
    assert set(STALE_AFTER) == {"orders", "cart", "ad_click", "browsing", "marketing", "support"}


def test_a_stale_block_is_handed_over_all_the_same() -> None:
    """What is old is marked, not left out."""
    block = cart_block(cart(), START + timedelta(days=8), withheld=False)
    assert (block.state, block.as_of, block.value is not None) == ("stale", START, True)
