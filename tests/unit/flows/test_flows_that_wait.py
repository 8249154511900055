"""Flows that wait: follow-ups by a timer, what ends them, and that nothing is promoted to whoever did not agree."""

from datetime import timedelta
from pathlib import Path

import pytest
from conversing import Talk, folder_of

from flows.runner import Flows
from middleware.domain.context import Policy
from middleware.domain.events import Attachment

FLOWS = {
    "cart": """
triggers: {intent: {en: [my basket]}}
steps:
  - reply: here
  - wait: 2h
  - reply: still
  - wait: {for: 1d, until: customer_writes}
  - reply: bye
""",
    "sale": """
promotes: true
triggers: {intent: {en: [sales]}}
steps:
  - reply: here
  - wait: 30m
  - reply: sale
""",
    "patient": """
triggers: {intent: {en: [remind me]}}
steps:
  - reply: here
  - wait: {for: 3h, though_written: true}
  - reply: reminded
""",
    "other": "triggers: {intent: {en: [opening hours]}}\nsteps: [reply: hours]\n",
}
TEMPLATES = {name: name for name in ("here", "still", "bye", "sale", "reminded", "hours")}


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Flows:
    """Flows that wait, over the shipped ones."""
    return Flows.load(folder_of(tmp_path_factory.mktemp("brand"), FLOWS, TEMPLATES))


@pytest.fixture
def talk(flows: Flows) -> Talk:
    """A conversation that has not begun."""
    return Talk(flows)


def test_a_follow_up_comes_when_its_time_is_over(talk: Talk) -> None:
    """A flow goes on by itself after the time, through one wait after the other, and then waits no more."""
    assert talk.says("my basket") == "here"
    began = talk.now
    assert talk.waits() == "still"
    assert talk.now - began == timedelta(hours=2)
    assert talk.waits() == "bye"
    assert talk.state is None


def test_whoever_writes_gets_no_follow_up(talk: Talk) -> None:
    """What the customer writes before the time ends the wait, and its timer says nothing."""
    talk.says("my basket")
    waited = talk.state
    assert waited is not None
    assert talk.says("opening hours?") == "hours"
    assert "the customer wrote before the time" in talk.decisions[-1].why[0]
    assert talk.state is None
    assert talk.rings(waited) == ""


def test_a_file_counts_as_written(talk: Talk) -> None:
    """A picture is no words, and still the customer was there: no follow-up comes after it."""
    talk.says("my basket")
    talk.says("", attachments=(Attachment(kind="image"),))
    assert talk.state is None


def test_until_the_customer_writes(talk: Talk) -> None:
    """Where the flow waits for that it goes on with whatever is written, unless something else is asked for."""
    talk.says("my basket")
    talk.waits()
    assert talk.says("hm") == "bye"
    talk.says("my basket")
    talk.waits()
    assert talk.says("", payload="order_status") != "bye"
    assert talk.state is None


def test_a_patient_flow_waits_though_something_is_written(talk: Talk) -> None:
    """With though_written other flows answer in between, and the timer still counts."""
    talk.says("remind me")
    assert talk.says("opening hours?") == "hours"
    assert talk.state is not None
    assert talk.waits() == "reminded"


def test_a_timer_of_another_waiting_says_nothing(talk: Talk) -> None:
    """A flow that was begun anew goes on by its own timer: that of the first time finds nothing to do."""
    talk.says("my basket")
    first = talk.state
    assert first is not None
    talk.says("my basket")
    assert talk.rings(first) == ""
    assert talk.state is not None
    assert talk.waits() == "still"


def test_a_timer_that_nothing_waits_for_says_nothing(talk: Talk) -> None:
    """Not even the fallback: nobody has written."""
    talk.says("my basket")
    waited = talk.state
    assert waited is not None
    talk.state = None
    assert talk.rings(waited) == ""
    assert talk.decisions[-1].effects == ()


@pytest.mark.parametrize("agreed", [True, False])
def test_promotion_needs_consent(talk: Talk, *, agreed: bool) -> None:
    """A flow that promotes says nothing by itself to whoever has not agreed, and the trace says why."""
    assert talk.says("sales", context={"policy": Policy(may_reply=True, may_promote=False)}) == "here"
    said = talk.waits(policy=Policy(may_reply=True, may_promote=agreed))
    assert said == ("sale" if agreed else "")
    assert agreed or "has not agreed" in talk.why
    assert talk.state is None


def test_a_flow_that_is_gone_says_nothing_by_itself(flows: Flows, tmp_path: Path) -> None:
    """A timer for a step that a new version has not got is silent."""
    talk = Talk(flows)
    talk.says("my basket")
    talk.flows = Flows.load(folder_of(tmp_path, {"cart": FLOWS["other"]}, TEMPLATES))
    assert talk.waits() == ""
    assert "no longer there" in talk.why
    assert talk.state is None
