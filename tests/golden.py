"""Output as it must be, in files: what differs from run to run (ids, times) is numbered or left out first.

`GOLDEN=write pytest ...` writes the files anew; look at what changed before you commit it.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent / "fixtures" / "traces"

_NUMBERED: dict[str, str] = {
    "message": r"\b(?:m|mid|wamid)[._]\$?[A-Za-z0-9_-]{16,}",
    "turn": r"\b[0-9a-f]{32}\b",
    "profile": r"\bp_[0-9a-f]{24}\b",
    "conversation": r"\bc_[0-9a-f]{24}\b",
    "visitor": r"\bv_[A-Za-z0-9_-]{16,}",
}
_LEFT_OUT: dict[str, str] = {
    "<time>": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? UTC",
    "<minute>": r"\d{4}-\d\d-\d\d \d\d:\d\d UTC",
    "<day>": r"\b\d{4}-\d\d-\d\d\b",
    "<long>": r"\b\d+(?:\.\d)? (?:ms|s|minutes?|hours?)\b",
}


def normal(text: str) -> str:
    """The text without what differs from run to run: ids by number in order of their appearance, times left out."""
    for name, pattern in _NUMBERED.items():
        text = re.sub(pattern, _numbering(name), text)
    for word, pattern in _LEFT_OUT.items():
        text = re.sub(pattern, word, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _numbering(name: str) -> Callable[[re.Match[str]], str]:
    seen: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"<{name} {seen.setdefault(found[0], len(seen) + 1)}>"

    return number


def assert_golden(name: str, text: str) -> None:
    """The text is what stands in the file of this name, but for ids and times."""
    file = FOLDER / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(normal(text), encoding="utf-8")
    assert normal(text) == file.read_text(encoding="utf-8")
