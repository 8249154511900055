"""What an engine says, made fit to be shown: line breaks stay, what nobody should see goes.

An engine's words are text from outside. Jinja, HTML and Markdown in them stay what they are: characters.
"""

import re
import unicodedata

from middleware.domain.text import fitted

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])|\x9b[0-?]*[ -/]*[@-~]")
"""What terminals take for commands: colours, titles, movements of the cursor."""
_REGIONS = re.compile("(\U0001f3f4(?:{})\U000e007f)".format(
    "|".join("".join(chr(0xE0000 + ord(letter)) for letter in region) for region in ("gbeng", "gbsct", "gbwls"))
))  # fmt: skip
"""The three flags that are written with tag characters: England, Scotland, Wales."""
_UNSEEN = frozenset(
    "\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)  # the joiners U+200C and U+200D stay: Persian, Indic scripts and emoji families need them
_REFUSED = frozenset({"Cc", "Cs", "Co", "Cn"})
_TOO_MANY_LINES = re.compile(r"\n{3,}")


def sayable(text: str, most: int) -> str:
    """A text as it may be shown, at most `most` code points, with an ellipsis if it was longer.

    Control characters, commands for terminals, marks that turn the direction of reading, tag characters, halves of
    characters and unassigned code points go. At most one empty line in a row stays.
    """
    lines = _ANSI.sub("", text[: most * 4]).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    # What can all be printed hides nothing: most texts are not looked at letter by letter.
    kept = "".join(
        part if place % 2 or part.isprintable() else "".join(map(_shown, part))
        for place, part in enumerate(_REGIONS.split(lines))
    )
    return fitted(_TOO_MANY_LINES.sub("\n\n", kept).strip(), most)


def on_one_line(text: str, most: int) -> str:
    """The same for a title: no line breaks, and no two spaces in a row."""
    return fitted(" ".join(sayable(text, most * 2).split()), most)


def is_opaque(text: str) -> bool:
    """Whether a payload can go out and come back as it is: nothing in it that is not seen."""
    return bool(text.strip()) and all(_shown(character) == character for character in text)


def _shown(character: str) -> str:
    if character == "\n":
        return character
    if character == "\t":
        return " "
    if character in _UNSEEN or "\U000e0000" <= character <= "\U000e007f":
        return ""
    return "" if unicodedata.category(character) in _REFUSED else character
