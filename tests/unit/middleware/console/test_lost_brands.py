"""In which brands a user who was changed may not try templates out any more."""

from dataclasses import dataclass
from typing import Any

import pytest

from middleware.console.users import lost
from middleware.domain.users import User
from tests.unit.middleware.builders import at

MIA = User(id="mia", name="Mia", roles=("marketer",), brands=("glow", "other"), created_at=at(0))


@dataclass
class _Brand:
    store: Any


@pytest.mark.parametrize(
    ("before", "changes", "found"),
    [
        ({}, {"epoch": 1}, []),
        ({}, {"brands": ("glow",)}, ["other"]),
        ({}, {"roles": ("agent",)}, ["glow", "other"]),
        ({}, {"roles": ("admin",)}, []),
        ({}, {"disabled": True}, ["glow", "other"]),
        ({"disabled": True}, {"disabled": False}, ["glow", "other"]),
    ],
)
def test_whoever_may_not_any_more_loses_it(
    before: dict[str, Any], changes: dict[str, Any], found: list[str]
) -> None:  # fmt: skip
    """Where the role or the brand is gone, and everywhere for somebody who was disabled or comes back."""
    was = MIA.model_copy(update=before)
    brands = {name: _Brand(name) for name in ("glow", "other")}
    assert lost(brands, was, was.model_copy(update=changes)) == found  # type: ignore[comparison-overlap] - names for stores
