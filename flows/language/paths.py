"""How a value is written in a source, and where."""

from jinja2 import nodes


def written(node: nodes.Node) -> str:
    """The name or the dotted path as it stands in the source; `(a | first).b` counts as `a.b`."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{written(node.node)}.{node.attr}"
        case nodes.Filter() if node.node is not None:
            return written(node.node)
    return ""


class Lines:
    """The lines of a source, to look for words in: taken apart once, however much is looked for."""

    def __init__(self, source: str) -> None:
        self._lines = source.split("\n")

    def column(self, line: int, words: str) -> int:
        """The column at which words stand in a line (both from 1); 1 where they do not, or are none."""
        here = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        return max(here.find(words), 0) + 1
