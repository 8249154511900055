"""Tables in Markdown, for the pages that are made from ours."""

from collections.abc import Iterable


def code(text: str) -> str:
    """A text as code."""
    return f"`{text}`"


def table(head: Iterable[str], rows: Iterable[list[str]]) -> str:
    """A table with this head."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    """A cell: on one line, with the sign that ends it written so that it does not."""
    return " ".join(text.split()).replace("|", "\\|")
