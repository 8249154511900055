"""Flows that news start: by that alone, and never with promotion that nobody agreed to."""

import pytest
from conversing import folder_of
from flow_examples import INSTAGRAM, NOON, a_context, an_event

from flows.runner import Flows
from middleware.domain.context import Policy
from middleware.domain.conversation import FlowState
from middleware.domain.events import EventKind, News, NewsKind
from middleware.domain.turn import Decision

FLOWS = {
    "ordered": "triggers: {order_placed: true}\nsteps: [reply: thanks]\n",
    "solved": "promotes: true\ntriggers: {ticket_solved: true}\nsteps: [reply: offer]\n",
    "anything": "triggers: {fallback: true, first_message: true, unmatched: true}\nsteps: [reply: offer]\n",
}


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Flows:
    """Flows that news start, over the shipped ones."""
    folder = tmp_path_factory.mktemp("brand")
    return Flows.load(folder_of(folder, FLOWS, {"thanks": "Thanks", "offer": "Buy more"}))


def decided(flows: Flows, what: NewsKind, state: FlowState | None = None, *, agreed: bool = False) -> Decision:
    """What is said to a piece of news."""
    event = an_event(kind=EventKind.NEWS).model_copy(update={"message": None, "news": News(what=what, about="1")})
    context = a_context(message=None, policy=Policy(may_reply=True, may_promote=agreed))
    return flows.decide(event, state, context, INSTAGRAM)


def test_only_what_they_start_is_said(flows: Flows) -> None:
    """News start the flows that name them, and no fallback."""
    assert [reply.text for reply in decided(flows, "order_placed").replies] == ["Thanks"]
    assert Flows.shipped().decide(
        an_event(kind=EventKind.NEWS).model_copy(
            update={"message": None, "news": News(what="order_placed", about="1")}
        ),
        None,
        a_context(message=None),
        INSTAGRAM,
    ) == Decision(why=("no flow has an answer",))


@pytest.mark.parametrize("agreed", [True, False])
def test_promotion_needs_consent(flows: Flows, *, agreed: bool) -> None:
    """A flow that promotes is not said to whoever has not agreed, and the trace says so."""
    decision = decided(flows, "ticket_solved", agreed=agreed)
    assert [reply.text for reply in decision.replies] == (["Buy more"] if agreed else [])
    assert agreed or "has not agreed" in str(decision.why)


def test_what_waits_waits_on(flows: Flows) -> None:
    """News are about something else than what a flow waits for."""
    state = FlowState(flow="x", step="y", since=NOON)
    assert decided(flows, "order_placed", state).next_state == state


def test_a_brand_knows_which_news_it_needs(flows: Flows) -> None:
    """Only for those is anything looked for."""
    assert flows.told_of == {"order_placed", "ticket_solved"}
    assert Flows.shipped().told_of == frozenset()
