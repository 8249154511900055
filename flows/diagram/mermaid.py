"""A graph as Mermaid's text, for pages that draw it themselves."""

from flows.diagram.graph import Graph, Node

_ENDS: dict[str, tuple[str, str]] = {
    "start": ("([", "])"),
    "say": ("[", "]"),
    "do": ("[[", "]]"),
    "choose": ("{{", "}}"),
    "ask": ("[/", "/]"),
    "wait": ("[", "]"),
    "end": ("([", "])"),
}
"""What stands around the words of a node, by its shape."""


def mermaid_of(graph: Graph) -> str:
    """The flowchart of a graph."""
    head = ["---", f"title: {_quoted(graph.title)}", "---", "flowchart TD"]
    edges = [
        f"  n{edge.start} -->{f'|{_quoted(edge.label)}|' if edge.label else ''} n{edge.end}" for edge in graph.edges
    ]
    return "\n".join([*head, *(f"  {_node(node)}" for node in graph.nodes), *edges, ""])


def _node(node: Node) -> str:
    before, after = _ENDS[node.shape]
    words = _quoted("\n".join(node.lines))
    return f"n{node.id}{before}{words}{after}"


def _quoted(text: str) -> str:
    """A text that Mermaid takes as it is: its own signs written as character references, lines as breaks."""
    escaped = "".join(f"#{ord(each)};" if each in '"#<>&`;{}[]|' else each for each in text)
    broken = escaped.replace("\n", "<br/>")
    return f'"{broken}"'
