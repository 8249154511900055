"""Flows that news start: by that alone, and never with promotion that nobody agreed to."""

from datetime import timedelta
from pathlib import Path

import pytest
from conversing import folder_of
from flow_examples import INSTAGRAM, NOON, a_context, an_event

from flows.runner import Flows
from middleware.domain.context import Policy
from middleware.domain.conversation import FlowState
from middleware.domain.events import EventKind, News, NewsKind
from middleware.domain.turn import Decision
from middleware.errors import FlowError

FLOWS = {
    "ordered": "triggers: {order_placed: true}\nsteps: [reply: thanks]\n",
    "solved": "promotes: true\ntriggers: {ticket_solved: true}\nsteps: [reply: offer]\n",
    "left": "priority: 1\ntriggers: {cart_abandoned: 3h}\nsteps: [reply: offer]\n",
    "left_soon": "triggers: {cart_abandoned: true}\nsteps: [reply: thanks]\n",
    "anything": "triggers: {fallback: true, first_message: true, unmatched: true}\nsteps: [reply: offer]\n",
}


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Flows:
    """Flows that news start, over the shipped ones."""
    folder = tmp_path_factory.mktemp("brand")
    return Flows.load(folder_of(folder, FLOWS, {"thanks": "Thanks", "offer": "Buy more"}))


def decided(
    flows: Flows, what: NewsKind, state: FlowState | None = None, *, agreed: bool = False, after: int | None = None
) -> Decision:
    """What is said to a piece of news."""
    news = News(what=what, about="1", after=after)
    event = an_event(kind=EventKind.NEWS).model_copy(update={"message": None, "news": news})
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
    assert flows.told_of == {"order_placed", "ticket_solved", "cart_abandoned"}
    assert flows.abandoned_after == (timedelta(hours=1), timedelta(hours=3))
    assert Flows.shipped().told_of == {"cart_abandoned"}
    assert Flows.shipped().abandoned_after == (timedelta(hours=1),)


def test_a_cart_that_was_left_starts_the_flows_of_its_time(flows: Flows) -> None:
    """A flow that wants another time does not start, whatever its priority; a test of a flow names none."""
    said = {after: decided(flows, "cart_abandoned", after=after) for after in (3_600, 10_800, 60, None)}
    assert {after: each.flow for after, each in said.items()} == {
        3_600: "left_soon",
        10_800: "left",
        60: None,
        None: "left",
    }


@pytest.mark.parametrize("written", ["5m", "24h", "1w", "60", "'true'", "[1h]"])
def test_a_time_that_makes_no_sense(written: str, tmp_path: Path) -> None:
    """Too soon, too late for any window, and what is no time: refused, with what to write."""
    late = FLOWS["left"].replace("3h", written)
    with pytest.raises(FlowError, match="cart_abandoned must be true"):
        Flows.load(folder_of(tmp_path, {"left": late}, {"offer": "Buy more"}))


def test_a_trigger_that_is_off(tmp_path: Path) -> None:
    """`false` starts nothing, as with every other trigger."""
    off = FLOWS["left"].replace("cart_abandoned: 3h", "payload: [left], cart_abandoned: false")
    flows = Flows.load(folder_of(tmp_path, {"left": off, "remind_cart": off}, {"offer": "Buy more"}))
    assert (flows.told_of, flows.abandoned_after) == (frozenset(), ())
