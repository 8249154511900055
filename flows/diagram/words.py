"""How large a box is: its words broken into lines, measured without a font."""

import textwrap
import unicodedata
from dataclasses import dataclass

from flows.diagram.graph import Node

LINE = 18
"""Pixels from one line of text to the next, at a size of 13."""

_CHARACTER = 7.3
_WIDE = 13.5
_PADDING_ACROSS, _PADDING_DOWN = 14, 11
_SLANT = 16
_NARROWEST = 84
_CHARACTERS = 34
_MOST_LINES = {"start": 16, "choose": 12}
_MOST_OTHERWISE = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its words in lines, and how large it is in pixels."""

    node: Node
    lines: tuple[str, ...]
    width: float
    height: float


def box_of(node: Node) -> Box:
    """The box of a node. What has too many lines ends in an ellipsis."""
    lines = [part for line in node.lines for part in textwrap.wrap(line, _CHARACTERS) or [""]]
    most = _MOST_LINES.get(node.shape, _MOST_OTHERWISE)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]} \N{HORIZONTAL ELLIPSIS}"]
    slant = _SLANT if node.shape == "choose" else 0
    width = max(map(width_of, lines), default=0) + 2 * (_PADDING_ACROSS + slant)
    return Box(node, tuple(lines), max(_NARROWEST, width), len(lines) * LINE + 2 * _PADDING_DOWN)


def width_of(text: str) -> float:
    """About how wide a text is in pixels, at a size of 13: no less than most fonts need."""
    return sum(_WIDE if unicodedata.east_asian_width(each) in "WF" else _CHARACTER for each in text)
