"""What a decision costs: a flow of two hundred steps, fifty of them with a condition, beside the shipped ones."""

from dataclasses import replace
from time import process_time

from flows.engine import load_flow
from flows.runner import Flows
from flows.templates import load_template
from middleware.domain.conversation import FlowState
from middleware.domain.events import Event
from tests.benchmarks.tables import Table
from tests.unit.flows.flow_examples import INSTAGRAM, a_context, an_event, an_order, orders_block

STEPS, CONDITIONS = 200, 50
_ROUNDS, _TIMES = 15, 200

_TEMPLATE = "name: said\npurpose: p\nlocales:\n  en: {text: 'Hello {{ profile.name }}', fallback: f}\n"
_CONDITION = 'orders.latest.state == "open" and profile.name != "Ana"'


def deciding() -> dict[str, float]:
    """Microseconds of a decision, in processor time: the best of fifteen rounds."""
    flows = _flows()
    asked = flows.decide(an_event("walk through all of it"), None, _CONTEXT, INSTAGRAM)
    messages = {
        "long": (an_event("walk through all of it"), None),
        "answer": (an_event("it is ana@example.com"), asked.next_state),
        "shipped": (an_event("where is my order #1001?"), None),
        "fallback": (an_event("Something that no flow has a word for, and with quite some words in it"), None),
    }
    return {f"decide.{name}_us": round(_best(flows, *message) * 1e6, 1) for name, message in messages.items()}


def table(numbers: dict[str, float]) -> Table:
    """The numbers as a table."""
    said = {
        "long": f"a flow of {STEPS} steps with {CONDITIONS} conditions",
        "answer": "its question is answered",
        "shipped": "the order status",
        "fallback": "no flow has an answer",
    }
    rows = [(shown, f"{numbers[f'decide.{name}_us']:g}") for name, shown in said.items()]
    return Table("One decision", ("message", "µs"), tuple(rows))


_CONTEXT = a_context(name="Ana", orders=orders_block(an_order()))


def _flows() -> Flows:
    shelf = Flows.shipped().shelf
    flow, template = load_flow(_long_flow(), "long.yaml"), load_template(_TEMPLATE, "said.yaml")
    flows, templates = {**shelf.flows, flow.name: flow}, {**shelf.templates, template.name: template}
    return Flows(replace(shelf, flows=flows, templates=templates))


def _long_flow() -> str:
    """No condition of it holds, so that every step is looked at; then it says something and asks."""
    kinds = ("tag: walked", "personal_link: cart", "personal_link: product")
    plain = [f"  - {kinds[place % len(kinds)]}" for place in range(STEPS - CONDITIONS - 2)]
    choices = [f"  - reply: said\n    when: {_CONDITION}"] * CONDITIONS
    ends = ["  - ask: {template: said, capture: email}", "  - reply: said"]
    head = "flow: long\npurpose: p\nneeds: [orders]\ntriggers: {intent: {en: [walk through all of it]}}\nsteps:"
    return "\n".join([head, *plain, *choices, *ends]) + "\n"


def _best(flows: Flows, event: Event, state: FlowState | None) -> float:
    return min(_round(flows, event, state) for _ in range(_ROUNDS))


def _round(flows: Flows, event: Event, state: FlowState | None) -> float:
    began_at = process_time()
    for _ in range(_TIMES):
        flows.decide(event, state, _CONTEXT, INSTAGRAM)
    return (process_time() - began_at) / _TIMES


if __name__ == "__main__":
    print(table(deciding()).markdown())  # noqa: T201 - what it is run for
