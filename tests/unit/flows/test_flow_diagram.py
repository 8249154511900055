"""`flows.diagram`: every step is in the picture, every way is drawn, nothing lies upon anything else."""

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.checking.written import written_flow
from flows.diagram.graph import Graph, graph_of
from flows.diagram.layout import Line, Picture, laid_out
from flows.diagram.mermaid import mermaid_of
from flows.diagram.svg import svg_of
from flows.engine import model

LIBRARY = Path(__file__).parents[3] / "flows" / "library"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<b> & \"'`{}[]| ]]> ünï \u202e 家\x01"

FLOW = """\
flow: size
purpose: p
triggers: {intent: {en: [a, b, c, d]}, fallback: true}
when: orders
needs: [orders]
steps:
  - if: orders.fresh
    then: [{reply: one}, stop]
  - ask: {template: two, capture: text, otherwise: [{hand_over: nothing said}]}
  - reply: three
    when: answers.text == "a"
  - wait: 2h
  - stop
  - reply: four
"""


def drawn(text: str) -> Graph:
    """The graph of a flow."""
    return graph_of(written_flow(text, "f.yaml").file)


def overlapping(picture: Picture) -> list[tuple[int, int]]:
    """The boxes that lie upon each other."""
    return [
        (one.box.node.id, other.box.node.id)
        for one, other in combinations(picture.boxes, 2)
        if abs(one.x - other.x) < (one.box.width + other.box.width) / 2
        and one.y < other.y + other.box.height
        and other.y < one.y + one.box.height
    ]


def along(line: Line) -> Iterator[tuple[float, float]]:
    """Points along a way as it is drawn: between two of its own a curve that leaves and comes straight down."""
    for (x, y), (to_x, to_y) in pairwise(line.points):
        for part in range(13):
            t = part / 12
            bent = 3 * t**2 - 2 * t**3
            down = 1.5 * (1 - t) ** 2 * t + 1.5 * (1 - t) * t**2 + t**3
            yield x + (to_x - x) * bent, y + (to_y - y) * down


def crossed(picture: Picture) -> list[tuple[int, int]]:
    """The boxes through which a way of others goes."""
    return [
        (line.edge.start, placed.box.node.id)
        for line in picture.lines
        for x, y in along(line)
        for placed in picture.boxes
        if placed.box.node.id not in (line.edge.start, line.edge.end)
        and abs(x - placed.x) < placed.box.width / 2
        and placed.y < y < placed.y + placed.box.height
    ]


def test_a_flow_is_drawn_as_it_runs() -> None:
    """What starts it, conditions with both ways, the way where no answer comes, ends; and what is never done."""
    graph = drawn(FLOW)
    labels = ["; ".join(node.lines) for node in graph.nodes]
    ways = {(labels[edge.start], edge.label, labels[edge.end]) for edge in graph.edges}

    assert labels[0] == "en: a, b, c and 1 more; fallback"
    assert ways == {
        (labels[0], "", "when orders"),
        ("when orders", "no", "the next flow is tried"),
        ("when orders", "yes", "orders.fresh"),
        ("orders.fresh", "yes", "reply one"),
        ("reply one", "", "stop"),
        ("orders.fresh", "no", "ask two: text (2 tries, 1d)"),
        ("ask two: text (2 tries, 1d)", "no answer", "hand over: nothing said"),
        ("hand over: nothing said", "", "done"),
        ("ask two: text (2 tries, 1d)", "answer", 'answers.text == "a"'),
        ('answers.text == "a"', "yes", "reply three"),
        ('answers.text == "a"', "no", "wait 2h"),
        ("reply three", "", "wait 2h"),
        ("wait 2h", "", "stop"),
        ("reply four; (never done)", "", "done"),
    }


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*.yaml")), ids=lambda file: file.stem)
def test_shipped_flows_are_drawn(file: Path) -> None:
    """Each is a whole SVG with title and description, its words as text, and nothing upon anything else."""
    graph = drawn(file.read_text(encoding="utf-8"))
    root = ET.fromstring(svg_of(graph))  # noqa: S314 - made by ourselves
    words = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    picture = laid_out(graph)

    assert root.findtext(f"{SVG}title") == f"Flow {graph.title}"
    assert str(root.findtext(f"{SVG}desc")).startswith(graph.about)
    assert root.get("role") == "img"
    assert all(word in words for node in graph.nodes[1:] for line in node.lines for word in line.split())
    assert overlapping(picture) == []
    assert crossed(picture) == []


def test_words_cannot_break_out() -> None:
    """Whatever stands in a flow stays text: in SVG, and in Mermaid where quotes and brackets would end a box."""
    step = model.Step(hand_over=HOSTILE.replace("\x01", " "))
    flow = model.FlowFile(flow="size", purpose=HOSTILE, triggers=model.Triggers(payload=(HOSTILE,)), steps=(step,))
    graph = graph_of(flow)
    root = ET.fromstring(svg_of(graph))  # noqa: S314 - made by ourselves

    assert {child.tag for child in root.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "desc", "style", "rect", "path", "g", "text")
    }
    for line in mermaid_of(graph).splitlines():
        for quoted in re.findall(r'"(.*?)"', line):
            assert not set(quoted.replace("<br/>", "")) & set('"<>`{}[]|')
        assert line.count('"') in (0, 2)


STEPS = st.recursive(
    st.sampled_from(
        [{"reply": "a"}, {"reply": "b", "when": "orders"}, {"wait": "2h"}, "stop", {"hand_over": "w" * 90}]
    ),
    lambda inside: st.builds(
        lambda then, other: {"if": "orders", "then": then, "else": other},
        st.lists(inside, max_size=3),
        st.lists(inside, max_size=3),
    ),
    max_leaves=14,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=5))
def test_any_flow_can_be_drawn(steps: list[object]) -> None:
    """Boxes never lie upon each other, no line goes through one, everything is inside of the picture."""
    flow = model.FlowFile.model_validate({"flow": "f", "purpose": "p", "triggers": {"fallback": True}, "steps": steps})
    picture = laid_out(graph_of(flow))

    assert overlapping(picture) == []
    assert crossed(picture) == []
    for placed in picture.boxes:
        assert placed.x - placed.box.width / 2 >= 0
        assert placed.x + placed.box.width / 2 <= picture.width
        assert placed.y + placed.box.height <= picture.height
