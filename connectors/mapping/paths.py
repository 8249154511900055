"""Paths into a body: written strictly, read by looking into objects and lists and by nothing else.

A path comes from a file of settings, and what it is read from comes from anybody. So no step can be an operator of a
store or a template, an attribute of an object, or a way to more than one value.
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from middleware.domain.mapping import Path, Step, Where

LONGEST_PATH = 200
"""Characters."""
MOST_STEPS = 12

_NAME = re.compile(r"[^\W_][\w-]*(?: [\w-]+)*|_(?!_)[\w-]+")
"""Letters, digits, `_`, `-`, and single spaces between words."""
_QUOTED = re.compile(r'"([^"\\\x00-\x1f\x7f]{1,100})"')
_INDEX = re.compile(r"\[(0|[1-9][0-9]{0,2})\]", re.ASCII)
_WHERE = re.compile(
    r'\[(?:(?P<name>[^\W_][\w-]{0,99})|"(?P<quoted>[^"\\\x00-\x1f\x7f]{1,100})")='
    r'(?:(?P<bare>[^\]\["\\\x00-\x1f\x7f]{1,100})|"(?P<value>[^"\\\x00-\x1f\x7f]{1,100})")\]'
)
_NEVER = frozenset({"constructor", "prototype"})


class Missing(Enum):
    """What is read where nothing stands. Not None, which a source can say."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class PathError(ValueError):
    """The path is not written right. `position` counts characters from 1."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(f"at character {position}: {message}")
        self.position = position


def parse_path(text: str) -> Path:
    """The path in a text such as `customer.emails[0]` or `custom_fields[id=360001].value`. Raises PathError."""
    if not text:
        raise PathError(1, "a path must not be empty")
    if len(text) > LONGEST_PATH:
        raise PathError(LONGEST_PATH + 1, f"a path has at most {LONGEST_PATH} characters")
    steps: list[Step] = []
    position = 0
    while position < len(text):
        step, position = _step(text, position, first=not steps)
        steps.append(step)
        if len(steps) > MOST_STEPS:
            raise PathError(position, f"a path has at most {MOST_STEPS} steps")
    return Path(text=text, steps=tuple(steps))


def _step(text: str, position: int, *, first: bool) -> tuple[Step, int]:
    """The step that begins at a position, and where it ends."""
    if text[position] == "[":
        return _bracket(text, position)
    if not first:
        if text[position] != ".":
            raise PathError(position + 1, "expected . or [ here; put a name with other characters in double quotes")
        position += 1
    return _name(text, position)


def _bracket(text: str, position: int) -> tuple[Step, int]:
    index = _INDEX.match(text, position)
    if index:
        return int(index[1]), index.end()
    where = _WHERE.match(text, position)
    if where is None:
        raise PathError(position + 1, "write [0] for a position, or [name=value] for a member of a list")
    key = _allowed(where["name"] or where["quoted"], position)
    return Where(key=key, value=(where["bare"] or where["value"]).strip()), where.end()


def _name(text: str, position: int) -> tuple[Step, int]:
    quoted = _QUOTED.match(text, position)
    if quoted:
        return _allowed(quoted[1], position), quoted.end()
    name = _NAME.match(text, position)
    if name is None:
        raise PathError(position + 1, "expected a name here: letters, digits, - and _; others in double quotes")
    return _allowed(name[0], position), name.end()


def _allowed(name: str, position: int) -> str:
    """The name, unless it is one that stores, languages or templates give a meaning."""
    if name.lstrip().startswith(("$", "__")) or name.strip().lower() in _NEVER or "$" in name or not name.strip():
        raise PathError(position + 1, "such a name is never read")
    return name


def read_path(path: Path, body: object) -> object:
    """What stands at the path, or MISSING. Never raises, never more than what the path names."""
    value = body
    for step in path.steps:
        value = _into(value, step)
        if value is MISSING:
            break
    return value


def _into(value: object, step: Step) -> object:
    if isinstance(step, str):
        return value.get(step, MISSING) if isinstance(value, Mapping) else MISSING
    if not isinstance(value, list | tuple):
        return MISSING
    if isinstance(step, int):
        return value[step] if step < len(value) else MISSING
    return next((each for each in value if _is_meant(each, step)), MISSING)


def _is_meant(member: object, where: Where) -> bool:
    if not isinstance(member, Mapping):
        return False
    value = member.get(where.key)
    if isinstance(value, bool):
        return where.value == str(value).lower()
    if isinstance(value, int):
        return value.bit_length() <= 64 and where.value == str(value)  # noqa: PLR2004 - ids; longer ones are slow
    return isinstance(value, str) and where.value == value


def first_of(paths: Iterable[Path], body: object) -> object:
    """The first value at any of the paths that is not empty; None if all that stand there are; else MISSING."""
    found: object = MISSING
    for path in paths:
        value = read_path(path, body)
        if value is not MISSING and not is_empty(value):
            return value
        if value is not MISSING:
            found = None
    return found


def is_empty(value: object) -> bool:
    """Whether a source says with it that there is nothing: null, a blank text, an empty list."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], ())
