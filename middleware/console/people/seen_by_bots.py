"""What a bot sees of a sender: the context exactly as it is handed over, each value with its source and its age. Pure.

The texts are the bot's; contacts in them are masked for whoever looks on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from middleware.console.people.masking import GONE, PRIVATE, Eyes
from middleware.domain.context import BLOCKS, Context
from middleware.domain.identifiers import Level
from middleware.handover import hand_over

MOST_ROWS = 40
"""Values of one block that are shown."""

_WRITTEN = ("details.", "support.", "profile.")
"""Where texts may have a contact in them that somebody wrote."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value: its path within the block, the value as text, and where it comes from if not from the block's source.

    `withheld`: it is there for the bot, and not for whoever looks on.
    """

    path: str
    value: str
    at: datetime | None = None
    """The value, where it is a moment."""
    source: str = ""
    as_of: datetime | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class BlockSeen:
    """One block of the context. `why` is the key of what is said of its state (`people.state.<why>`)."""

    name: str
    state: str
    why: str
    needs: str
    source: str
    as_of: datetime | None
    rows: tuple[Row, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Seen:
    """All of it: the level, the values about the sender, the blocks, and whether a bot may speak."""

    level: str
    about: tuple[Row, ...]
    blocks: tuple[BlockSeen, ...]
    may_reply: bool
    may_promote: bool
    reasons: tuple[str, ...]


def seen_by_bots(context: Context, eyes: Eyes) -> Seen:
    """What a bot would be handed over now that may have every block."""
    told = hand_over(context)
    level = told["identity"]["level"]
    has = Level[level.upper()]
    claimed = told["profile"].get("claimed", {})
    return Seen(
        level=level,
        about=tuple(row for name, each in claimed.items() for row in _rows(name, each, "profile.", eyes)),
        blocks=tuple(_block(name, told[name], has, eyes) for name in BLOCKS if name in told),
        may_reply=told["policy"]["may_reply"],
        may_promote=told["policy"]["may_promote"],
        reasons=tuple(told["policy"]["reasons"]),
    )


def _block(name: str, block: dict[str, Any], has: Level, eyes: Eyes) -> BlockSeen:
    state, needs = block["state"], block["needs_level"]
    rows = tuple(_rows("", block.get("value"), f"{name}.", eyes))
    return BlockSeen(
        name=name,
        state=state,
        why="too_low" if state == "missing" and has < Level[needs.upper()] else state,
        needs=needs,
        source=block.get("source", ""),
        as_of=_moment(block.get("as_of")),
        rows=rows[:MOST_ROWS],
        more=max(0, len(rows) - MOST_ROWS),
    )


def _rows(path: str, value: Any, within: str, eyes: Eyes, origin: Row | None = None) -> Iterator[Row]:  # noqa: ANN401 - JSON
    """Every value inside a value, by its path."""
    if isinstance(value, dict) and value.keys() >= {"amount", "currency", "exponent"}:
        yield _row(
            path, f"{Decimal(value['amount']).scaleb(-value['exponent'])} {value['currency']}", within, eyes, origin
        )
    elif isinstance(value, dict) and value.keys() >= {"value", "source", "as_of"}:
        told = Row(path, "", None, value["source"], _moment(value["as_of"]))
        yield from _rows(path, value["value"], within, eyes, told)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _rows(f"{path}.{name}" if path else name, each, within, eyes, origin)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, each in enumerate(value, start=1):
            yield from _rows(f"{path} {number}", each, within, eyes, origin)
    elif isinstance(value, list):
        yield _row(path, ", ".join(map(str, value)), within, eyes, origin)
    elif value is not None:
        yield _row(path, str(value).lower() if isinstance(value, bool) else str(value), within, eyes, origin)


def _row(path: str, value: str, within: str, eyes: Eyes, origin: Row | None) -> Row:
    source, as_of = (origin.source, origin.as_of) if origin is not None else ("", None)
    field = path.removeprefix("fields.")
    if within == "details." and field in PRIVATE:
        shown = eyes.private(field, value)
        return Row(path, shown if shown is not None else GONE, None, source, as_of, withheld=shown is None)
    text = eyes.text(value) if within in _WRITTEN else value
    return Row(path, text, _moment(value), source, as_of)


def _moment(value: object) -> datetime | None:
    """The moment that a text is; None for any other text."""
    if not isinstance(value, str) or len(value) < len("2026-11-29T18:25") or value[10:11] != "T":
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
