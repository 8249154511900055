"""What an engine says, made fit to be shown: line breaks stay, what nobody should see goes.

An engine's words are text from outside. Jinja, HTML and Markdown in them stay what they are: characters. Which
characters go is said in one place, `unseen.py`; here are commands for terminals, empty lines and the length.
"""

import re
import unicodedata

from middleware.domain.text import fitted
from middleware.domain.unseen import seen

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])|\x9b[0-?]*[ -/]*[@-~]")
"""What terminals take for commands: colours, titles, movements of the cursor."""
_TOO_MANY_LINES = re.compile(r"\n{3,}")


def sayable(text: str, most: int) -> str:
    """A text as it may be shown, at most `most` code points, with an ellipsis if it was longer.

    Commands for terminals and unseen characters go. At most one empty line in a row stays.
    """
    shown = seen(_ANSI.sub("", text[: most * 4]), lines=True)
    return fitted(_TOO_MANY_LINES.sub("\n\n", shown).strip(), most)


def on_one_line(text: str, most: int) -> str:
    """The same for a title: no line breaks, and no two spaces in a row."""
    return fitted(" ".join(sayable(text, most * 2).split()), most)


def is_opaque(text: str) -> bool:
    """Whether a payload can go out and come back as it is: nothing in it that is not seen."""
    return bool(text.strip()) and seen(text, lines=True) == unicodedata.normalize("NFC", text)
