"""How often something may be tried, and in how many cells that is counted."""

from datetime import UTC, datetime, timedelta

import pytest

from middleware.domain.attempts import LIMITS, MOST_CELLS, AttemptLimit, Attempts, Counted, cell_of
from middleware.store.collections import COLLECTIONS

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
KEY = b"a-key-of-at-least-thirty-two-characters"
ALL: tuple[Counted, ...] = ("login", "address", "browser", "user")


def tried(cell: Attempts, times: int, at: datetime) -> tuple[Attempts, int]:
    """A cell after so many attempts at one moment, and how many of them it had room for."""
    allowed = 0
    for _ in range(times):
        after = cell.with_one(at)
        cell, allowed = (after, allowed + 1) if after is not None else (cell, allowed)
    return cell, allowed


@pytest.mark.parametrize("counted", ALL)
def test_so_many_at_once_and_then_one_at_a_time(counted: Counted) -> None:
    """As many as the limit says, then one more for each span that has passed, and all again after a long time."""
    limit: AttemptLimit = LIMITS[counted]
    cell, allowed = tried(Attempts(id=cell_of(KEY, counted, "ana"), until=NOW), 50, NOW)
    assert allowed == limit.at_once
    cell, allowed = tried(cell, 50, NOW + limit.every)
    assert allowed == 1
    cell, allowed = tried(cell, 50, NOW + 4 * limit.every)
    assert allowed == 3
    assert tried(cell, 50, cell.until)[1] == limit.at_once


def test_a_refused_attempt_puts_nothing_off() -> None:
    """Whoever goes on trying waits no longer than whoever waits."""
    limit = LIMITS["login"]
    cell, _ = tried(Attempts(id="login-0000", until=NOW), 5, NOW)
    assert tried(cell, 1_000, NOW)[0] == cell
    assert cell.until == NOW + limit.at_once * limit.every


def test_a_flood_of_names_fills_no_more_than_the_cells() -> None:
    """However many are tried; what is kept of a name is a cell that others share."""
    cells = {cell_of(KEY, counted, f"name-{number}@x.de") for number in range(200_000) for counted in ALL[:2]}
    assert len(cells) <= MOST_CELLS / 2
    assert f"{MOST_CELLS:,}" in COLLECTIONS[Attempts].growth
    assert max(map(len, cells)) < 20


def test_without_the_key_nobody_knows_who_shares_a_cell() -> None:
    """Another key gives other cells, and so does another thing that is limited."""
    assert cell_of(KEY, "login", "ana") == cell_of(KEY, "login", "ana")
    assert cell_of(KEY, "login", "ana") != cell_of(b"another" * 6, "login", "ana")
    assert cell_of(KEY, "login", "ana").removeprefix("login") != cell_of(KEY, "user", "ana").removeprefix("user")


def test_every_limit_is_short() -> None:
    """What is filled up is free again within minutes: nobody is locked out, and the documents go."""
    assert all(limit.at_once * limit.every <= timedelta(minutes=5) for limit in LIMITS.values())
