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


def column_of(source: str, line: int, words: str) -> int:
    """The column (from 1) at which words stand in a line of a source; 1 where they do not, or are none."""
    lines = source.split("\n")
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    return max(here.find(words), 0) + 1
