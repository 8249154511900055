"""A product's description without its HTML: text only, bounded, in time that grows with its length and no faster."""

import html
import re
import unicodedata
from collections.abc import Iterator

READ_CHARACTERS = 20_000
MAX_DESCRIPTION = 1_000

_MARKUP = re.compile(
    r"""<!--|-->|<(?P<close>/?)(?P<name>[a-z][a-z0-9]*+)(?:[^<>"']|"[^"]*+"|'[^']*+')*+>|<[!?/][^<>]*+>""",
    re.IGNORECASE,
)
"""Possessive everywhere: a piece that is no markup is left after one look, however it is made."""

_HIDDEN = frozenset({"script", "style", "template", "noscript", "iframe", "svg", "title"})
_INLINE = frozenset(
    {"a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "img", "mark", "s", "small", "span", "strong", "sub",
     "sup", "u"}
)  # fmt: skip
"""Everything else begins a new line."""


def plain_text(source: object) -> str:
    """What a reader sees of some HTML, one line for each paragraph; at most `MAX_DESCRIPTION` characters, cut between
    words.
    """
    if not isinstance(source, str):
        return ""
    seen = html.unescape("".join(_seen(source[:READ_CHARACTERS])))
    lines = (" ".join(_printable(line).split()) for line in seen.split("\n"))
    return _cut("\n".join(line for line in lines if line))


def _seen(source: str) -> Iterator[str]:
    """The pieces of text between the markup, with line ends where a paragraph ends."""
    end, hidden = 0, ""
    for match in _MARKUP.finditer(source):
        if not hidden:
            yield source[end : match.start()].replace("\n", " ")
        end = match.end()
        name = (match["name"] or "").lower()
        if match[0] == "<!--":
            hidden = hidden or "-->"
        elif hidden:
            hidden = "" if match[0] == hidden or (match["close"] and name == hidden) else hidden
        elif name in _HIDDEN and not match["close"] and not match[0].endswith("/>"):
            hidden = name
        elif name and name not in _INLINE:
            yield "\n"
    if not hidden:
        yield source[end:].replace("\n", " ")


def _printable(line: str) -> str:
    """Without control and direction characters; they are spaces, or nothing."""
    return "".join(" " if unicodedata.category(each) in {"Cc", "Zl", "Zp"} else each for each in line if _stays(each))


def _stays(character: str) -> bool:
    return unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"} or character == "\u200d"


def _cut(text: str) -> str:
    if len(text) <= MAX_DESCRIPTION:
        return text
    return text[:MAX_DESCRIPTION].rpartition(" ")[0] or text[:MAX_DESCRIPTION]
