"""The graph of a flow: a node for what starts it and for each step, an edge for each way from one to the next."""

from dataclasses import dataclass, field
from typing import Literal

from flows.engine import model
from flows.engine.step_table import Shape, row_of

NodeShape = Shape | Literal["start"]

_PHRASES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Node:
    """One box. `lines` are what stands in it, unbroken."""

    id: int
    shape: NodeShape
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a node to a later one."""

    start: int
    end: int
    label: str = ""


@dataclass
class Graph:
    """Nodes in the order in which the file has them; every edge leads to a later one."""

    title: str
    about: str
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Loose:
    """A way on whose end is not known yet."""

    start: int
    label: str = ""


def graph_of(flow: model.FlowFile) -> Graph:
    """The graph of a flow as it is written."""
    drawing = _Drawing(Graph(flow.flow, flow.purpose))
    loose = [_Loose(drawing.node("start", *starts(flow)))]
    if flow.when is not None:
        chosen = drawing.node("choose", f"when {flow.when}", after=loose)
        drawing.node("end", "the next flow is tried", after=[_Loose(chosen, "no")])
        loose = [_Loose(chosen, "yes")]
    rest = drawing.steps(flow.steps, loose)
    if rest:
        drawing.node("end", "done", after=rest)
    return drawing.graph


class _Drawing:
    """Adds nodes one after the other, and ties up the ways that lead to each."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def node(self, shape: NodeShape, *lines: str, after: list[_Loose] | None = None) -> int:
        """A new node, to which these ways lead."""
        number = len(self.graph.nodes)
        self.graph.nodes.append(Node(number, shape, lines))
        self.graph.edges += [Edge(each.start, number, each.label) for each in after or ()]
        return number

    def steps(self, steps: tuple[model.Step, ...], loose: list[_Loose]) -> list[_Loose]:
        """The ways on after these steps, none where the flow has ended."""
        for step in steps:
            loose = self._step(step, loose)
        return loose

    def _step(self, step: model.Step, loose: list[_Loose]) -> list[_Loose]:
        row, around = row_of(step), list[_Loose]()
        lost = () if loose else ("(never done)",)
        if step.when is not None:
            chosen = self.node("choose", step.when, after=loose)
            loose, around = [_Loose(chosen, "yes")], [_Loose(chosen, "no")]
        name = (f"({step.name})",) if step.name is not None else ()
        number = self.node(row.shape, row.label(step), *name, *lost, after=loose)
        on: list[_Loose] = [] if row.ends or row.shape == "choose" else [_Loose(number, _way_on(row.shape))]
        for branch in row.branches(step):
            after = self.steps(branch.steps, [_Loose(number, branch.label)])
            if branch.joins:
                on += after
            elif after:
                self.node("end", "done", after=after)
        return [*on, *around]


def _way_on(shape: Shape) -> str:
    return {"ask": "answer"}.get(shape, "")


def starts(flow: model.FlowFile) -> list[str]:
    """What starts a flow, a line for each trigger."""
    triggers = flow.triggers
    lines = [f"payload {payload}" for payload in triggers.payload]
    for locale, phrases in triggers.intent.items():
        more = f" and {len(phrases) - _PHRASES_SHOWN} more" if len(phrases) > _PHRASES_SHOWN else ""
        lines.append(f"{locale}: {', '.join(phrases[:_PHRASES_SHOWN])}{more}")
    written = triggers.model_dump(exclude={"payload", "intent"}, exclude_defaults=True)
    return [*lines, *(_sign(name, on) for name, on in written.items() if on)]


def _sign(name: str, on: object) -> str:
    """A trigger that is a sign: its name, and its time if it has one."""
    words = name.replace("_", " ")
    return f"{words} for {on}" if isinstance(on, str) else words
