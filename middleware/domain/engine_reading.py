"""Reading the parsed JSON of an engine: values of the type that they must have, and what was left out. Nothing that is
raised or noted has a word of the answer in it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from middleware.domain.engine_text import on_one_line

_LONGEST_DETAIL = 500


class Unreadable(ValueError):  # noqa: N818 - a verdict on the answer
    """The answer has not the shape that it must have. The message says where, in no word of the answer."""


class Notes:
    """What was left out of an answer, and why."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, where: str, why: str) -> None:
        """Note one thing."""
        self._lines.append(f"{where}: {why}")

    def said(self) -> str:
        """All of it on one bounded line; empty if nothing was left out."""
        return on_one_line("; ".join(dict.fromkeys(self._lines)), _LONGEST_DETAIL)


def object_of(value: object, where: str) -> Mapping[str, Any]:
    """The value, which has to be a JSON object. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(f"{where} is no object")
    return value


def list_of(value: object, where: str) -> Sequence[Any]:
    """The value, which has to be a list; nothing there counts as an empty one. Raises Unreadable."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Unreadable(f"{where} is no list")
    return value


def text_of(value: object, where: str) -> str:
    """The value, which has to be a text; nothing there counts as an empty one. Raises Unreadable."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"{where} is no text")
    return value
