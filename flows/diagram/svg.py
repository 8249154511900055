"""A picture as SVG: readable on light and dark, its text selectable, with a title and a description to be heard."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from flows.diagram.graph import Graph, NodeShape
from flows.diagram.layout import Line, Picture, Placed, laid_out
from flows.diagram.words import LINE, width_of

_SLANT = 16
_ROUND = 8
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_STYLE = """\
    svg { color-scheme: light dark; }
    .ground { fill: #ffffff; }
    text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: #1b1f24; }
    .label { font-size: 12px; fill: #57606a; }
    .behind { fill: #ffffff; }
    .box { stroke-width: 1.4; }
    .line { fill: none; stroke: #6e7781; stroke-width: 1.4; }
    .tip { fill: #6e7781; }
    .start { fill: #eef1f4; stroke: #6e7781; }
    .say { fill: #e3f0ff; stroke: #2f6fb5; }
    .do { fill: #f3ecff; stroke: #7a54b8; }
    .choose { fill: #fff4d6; stroke: #9a6b00; }
    .ask { fill: #e2f6e6; stroke: #2d7d46; }
    .wait { fill: #e6f5f5; stroke: #24797a; stroke-dasharray: 5 3; }
    .end { fill: #f6f8fa; stroke: #8c959f; }
    @media (prefers-color-scheme: dark) {
      .ground, .behind { fill: #12161c; }
      text { fill: #e6edf3; }
      .label { fill: #9aa4af; }
      .line { stroke: #8b949e; }
      .tip { fill: #8b949e; }
      .start { fill: #21272f; stroke: #8b949e; }
      .say { fill: #12304f; stroke: #5a9be0; }
      .do { fill: #2c2145; stroke: #a98be0; }
      .choose { fill: #3b2f0b; stroke: #d2a631; }
      .ask { fill: #14361f; stroke: #56b374; }
      .wait { fill: #123535; stroke: #4fb3b4; }
      .end { fill: #1a1f26; stroke: #6e7681; }
    }
"""


def svg_of(graph: Graph) -> str:
    """The picture of a graph, as a whole SVG document."""
    picture = laid_out(graph)
    size = f'width="{picture.width:.0f}" height="{picture.height:.0f}"'
    view = f'viewBox="0 0 {picture.width:.0f} {picture.height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img" aria-labelledby="title desc">',
        f'  <title id="title">Flow {_text(graph.title)}</title>',
        f'  <desc id="desc">{_text(_described(graph))}</desc>',
        "  <style>",
        f"{_STYLE}  </style>",
        f'  <rect class="ground" {size}/>',
        *_lines(picture),
        *(line for placed in picture.boxes for line in _box(placed)),
        *(line for each in picture.lines for line in _label(each)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _described(graph: Graph) -> str:
    """The whole flow in words, step by step."""
    ways: dict[int, list[str]] = {}
    for edge in graph.edges:
        label = f"{edge.label}: " if edge.label else ""
        ways.setdefault(edge.start, []).append(f"{label}{edge.end + 1}")
    steps = (f"{node.id + 1}. {'; '.join(node.lines)}{_on(ways.get(node.id, []))}" for node in graph.nodes)
    return " ".join([graph.about, *steps])


def _on(ways: list[str]) -> str:
    return f" (goes on at {', '.join(ways)})." if ways else "."


def _lines(picture: Picture) -> Iterator[str]:
    for line in picture.lines:
        yield f'  <path class="line" d="{_path(line.points)}"/>'
        x, y = line.points[-1]
        yield f'  <path class="tip" d="M{x:.1f},{y:.1f} l-4.5,-9 h9 z"/>'


def _path(points: tuple[tuple[float, float], ...]) -> str:
    """A curve that leaves and comes straight down at each point."""
    (x, y), *others = points
    parts = [f"M{x:.1f},{y:.1f}"]
    for other_x, other_y in others:
        middle = (y + other_y) / 2
        straight = abs(other_x - x) < 0.5  # noqa: PLR2004 - half a pixel
        parts.append(
            f"V{other_y:.1f}"
            if straight
            else f"C{x:.1f},{middle:.1f} {other_x:.1f},{middle:.1f} {other_x:.1f},{other_y:.1f}"
        )
        x, y = other_x, other_y
    return " ".join(parts)


def _box(placed: Placed) -> Iterator[str]:
    box, node = placed.box, placed.box.node
    yield f'  <g><path class="box {node.shape}" d="{_outline(placed, node.shape)}"/>'
    baseline = placed.y + (box.height - len(box.lines) * LINE) / 2 + 13
    for number, line in enumerate(box.lines):
        y = baseline + number * LINE
        yield f'    <text x="{placed.x:.1f}" y="{y:.1f}" text-anchor="middle">{_text(line)}</text>'
    yield "  </g>"


def _outline(placed: Placed, shape: NodeShape) -> str:
    left, top = placed.x - placed.box.width / 2, placed.y
    width, height = placed.box.width, placed.box.height
    if shape == "choose":
        across, half = width - 2 * _SLANT, height / 2
        return (
            f"M{left + _SLANT:.1f},{top:.1f} h{across:.1f} l{_SLANT},{half:.1f} l-{_SLANT},{half:.1f} "
            f"h-{across:.1f} l-{_SLANT},-{half:.1f} z"
        )
    turn = min(height / 2, 22) if shape in ("start", "end") else _ROUND
    across, down = width - 2 * turn, height - 2 * turn
    corner = f"a{turn:.1f},{turn:.1f} 0 0 1"
    return (
        f"M{left + turn:.1f},{top:.1f} h{across:.1f} {corner} {turn:.1f},{turn:.1f} v{down:.1f} "
        f"{corner} -{turn:.1f},{turn:.1f} h-{across:.1f} {corner} -{turn:.1f},-{turn:.1f} v-{down:.1f} "
        f"{corner} {turn:.1f},-{turn:.1f} z"
    )


def _label(line: Line) -> Iterator[str]:
    """The word at a line, near its beginning."""
    if not line.edge.label:
        return
    (x, y), (to_x, to_y) = line.points[0], line.points[1]
    at_x, at_y = x + (to_x - x) * 0.5, y + (to_y - y) * 0.5
    width, label = width_of(line.edge.label) + 6, _text(line.edge.label)
    place = f'x="{at_x - width / 2:.1f}" y="{at_y - 9:.1f}"'
    yield f'  <rect class="behind" {place} width="{width:.1f}" height="17" rx="3"/>'
    yield f'  <text class="label" x="{at_x:.1f}" y="{at_y + 4:.1f}" text-anchor="middle">{label}</text>'


def _text(text: str) -> str:
    return escape(_NO_XML.sub(" ", text))
