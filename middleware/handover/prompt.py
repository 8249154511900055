"""The context as a bounded plain text, for bots that are language models."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from middleware.domain.context import HANDED_OVER, Context
from middleware.domain.identifiers import Level
from middleware.handover.payload import foreign
from middleware.handover.prompt_lines import HEADINGS, Line, lines_of

MOST = 4_000
"""Characters of a prompt, unless the caller says otherwise."""
LEAST = 1_000
"""A prompt that may be shorter could not say what was left out."""


def prompt_of(
    context: Context, *, blocks: Collection[str] = HANDED_OVER, level: Level = Level.VERIFIED, most: int = MOST
) -> str:
    """What is handed over, as labelled lines in at most `most` characters (code points). The same for the same context.

    What others wrote stands in double quotes, as a JSON string in which the characters that mark up prompts are
    escaped: it can neither end its quotes nor its line. Lines are there whole or not at all; the last one says what was
    left out. Raises ValueError for less than 1,000 characters.
    """
    if most < LEAST:
        raise ValueError(f"a prompt takes at least {LEAST} characters")
    told = foreign(context, blocks=blocks, level=level, ids=False)
    lines = lines_of(told, longest=most // 4)
    head = [heading.format(schema=told["schema"], at=told["at"]) for heading in HEADINGS]
    kept, left = _fitting(lines, most - sum(len(line) + 1 for line in head))
    return "\n".join([*head, *(line.said() for line in kept), *([left] if left else [])]) + "\n"


class _Chosen(NamedTuple):
    kept: list[Line]
    left: str


def _fitting(lines: Sequence[Line], room: int) -> _Chosen:
    """The most important lines that fit, in the order in which they came, and the line that names the others."""
    ranked = sorted(range(len(lines)), key=lambda place: (lines[place].rank, place))
    length = sum(len(line.said()) + 1 for line in lines)
    dropped, left = set[int](), ""
    while ranked and length + len(left) + bool(left) > room:
        length -= len(lines[ranked[-1]].said()) + 1
        dropped.add(ranked.pop())
        left = _left_out([lines[place] for place in sorted(dropped)], room // 2)
    return _Chosen([lines[place] for place in sorted(ranked)], left)


def _left_out(lines: Sequence[Line], most: int) -> str:
    """Which labels were left out, and how many lines of each; of too many the first ones, and how many more."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.label] = counts.get(line.label, 0) + 1
    said, named = "left out: ", 0
    for label, count in counts.items():
        more = f"{', ' if named else ''}{label} ({count})"
        if len(said) + len(more) > most:
            return f"{said}, and {len(counts) - named} more"
        said, named = said + more, named + 1
    return said
