"""Texts as they are written into a YAML file by us: in the way in which somebody has written the one before, if it
holds the new one.
"""

import json
import re

import yaml

_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON lets stand in a text and YAML does not, or reads as the end of a line."""
_NO_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[ \t]+$|\\A\\s", re.MULTILINE)
"""What would not come out of a block as it went in."""


def quoted(text: str) -> str:
    """A text in double quotes, on one line."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def block(text: str, indent: int, newline: str, head: str = "|") -> str | None:
    """A text as a block of lines, indented; None for one that would not come out as it goes in."""
    if not text or _NO_BLOCK.search(text):
        return None
    lines = (f"{' ' * indent}{line}" if line else "" for line in text.split("\n"))
    return newline.join((head, *lines))


def in_style(text: str, style: str | None) -> str:
    """A text on one line in the style of the one that it replaces: `'`, `"`, or None for no quotes."""
    if style == "'" and text.isprintable():
        return "'{}'".format(text.replace("'", "''"))
    if style is None and _is_plain(text):
        return text
    return quoted(text)


def _is_plain(text: str) -> bool:
    """Whether a text needs no quotes: nothing but letters, digits, spaces and simple signs, and read as a text."""
    if not text or not re.fullmatch(r"[^\W\d_][\w ,.!?/()+-]*", text) or text != text.strip():
        return False
    try:
        return bool(yaml.safe_load(f"x: {text}") == {"x": text})
    except yaml.YAMLError:
        return False
