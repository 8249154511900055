"""How a value is written in a source."""

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
