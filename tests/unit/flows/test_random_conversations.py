"""Random conversations with random flows: no state is lost, nothing goes round in circles, nothing fails.

The short form runs always, the same each time; `--conversations=full` makes 10,000 up.
"""

import tempfile
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conversing import Talk, folder_of, template_text
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from flows.engine import load_flow
from flows.runner import Flows
from flows.shelf import Shelf
from middleware.domain.conversation import FlowState
from middleware.domain.events import Attachment, Referral

CAPTURES = ("email", "phone", "order_reference", "name", "text", "number", "choice")
NAMES = ("one", "two", "three")
DEEPEST = 2

QUICK = (
    "    quick_replies:\n      - {title: 'Yes', payload: 'answer:yes'}\n      - {title: 'No', payload: 'answer:no'}\n"
)
TEMPLATES = {"said": "Said", "asked": template_text("asked", "Yes or no?", QUICK), "again": "Once more?"}

WORDS = st.sampled_from(
    [
        "ana@example.com", "+34 600 111 222", "#1001", "Ana Ruiz", "12", "yes", "no", "2", "begin one", "begin two now",
        "begin three", "where is my order?", "my cart", "STOP", "", " ", "\u202e\u0000", "x" * 3000, "{{ 7*7 }}",
    ]
)  # fmt: skip
PAYLOADS = st.sampled_from(["answer:yes", "answer:no", "one", "two", "order_status", "", "???"])


def step(draw: Any, depth: int, names: list[str]) -> dict[str, Any]:
    """One step of a flow, as it is written; `names` are the names of steps that were not given away yet."""
    kinds = ["reply", "hand_over", "stop", "tag", "intent", *(["if"] if depth < DEEPEST else [])]
    kind = draw(st.sampled_from([*kinds, *(["ask", "wait"] * 3 if names else [])]))
    if kind == "ask":
        name = names.pop()
        asks = {"template": "asked", "capture": draw(st.sampled_from(CAPTURES)), "tries": draw(st.integers(1, 3))}
        otherwise = steps(draw, depth + 1, names) if depth < DEEPEST and draw(st.booleans()) else []
        again = {"again": "again"} if draw(st.booleans()) else {}
        return {"ask": {**asks, **again, "into": name, "otherwise": otherwise}, "name": name}
    if kind == "wait":
        waits = st.sampled_from([{"for": "2h"}, {"until": "customer_writes"}, {"for": "30m", "though_written": True}])
        return {"wait": draw(waits), "name": names.pop()}
    if kind == "if":
        then, otherwise = steps(draw, depth + 1, names), steps(draw, depth + 1, names)
        return {"if": "conversation.window.open", "then": then, "else": otherwise}
    return {"reply": {"reply": "said"}, "hand_over": {"hand_over": "why"}, "stop": {"stop": True}, "tag": {"tag": "t"},
            "intent": {"intent": "lead"}}[kind]  # fmt: skip


def steps(draw: Any, depth: int, names: list[str]) -> list[dict[str, Any]]:
    """A few steps."""
    return [step(draw, depth, names) for _ in range(draw(st.integers(1, 3)))]


@st.composite
def brands(draw: Any) -> dict[str, str]:
    """The flows of a brand, as files."""
    flows: dict[str, str] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        triggers = f"triggers: {{intent: {{en: [begin {name}]}}, payload: [{name}]}}\n"
        priority = f"priority: {draw(st.integers(-1, 1))}\n"
        written = steps(draw, 0, [f"at_{number}" for number in range(4)])
        flows[name] = f"flow: {name}\npurpose: p\n{priority}{triggers}steps: {written}\n".replace("True", "true")
    return flows


@cache
def base() -> Shelf:
    """The shipped flows, and the templates of the made-up ones."""
    with tempfile.TemporaryDirectory() as folder:
        return Flows.load(folder_of(Path(folder), {}, TEMPLATES)).shelf


def loaded(files: dict[str, str]) -> Flows:
    """The flows in these files, over the shipped ones."""
    made_up = {name: load_flow(text, f"{name}.yaml") for name, text in files.items()}
    return Flows(replace(base(), flows={**base().flows, **made_up}))


class Conversation(RuleBasedStateMachine):
    """A customer, a clock and a brand that changes its files now and then."""

    @initialize(files=brands())
    def begins(self, files: dict[str, str]) -> None:
        """A conversation that has not begun."""
        self.talk = Talk(loaded(files))
        self.rung_in_a_row = 0
        self.stale: list[FlowState] = []

    @rule(text=WORDS, minutes=st.sampled_from([0, 1, 45, 1500]))
    def says(self, text: str, minutes: int) -> None:
        """The customer writes."""
        self._happens(lambda: self.talk.says(text, after=timedelta(minutes=minutes)))

    @rule(name=st.sampled_from(NAMES))
    def begins_a_flow(self, name: str) -> None:
        """The customer asks for a flow in as many words."""
        self._happens(lambda: self.talk.says(f"begin {name}"))

    @rule(payload=PAYLOADS)
    def presses(self, payload: str) -> None:
        """The customer taps something."""
        self._happens(lambda: self.talk.says("Yes", payload=payload))

    @rule()
    def sends_a_picture(self) -> None:
        """The customer sends a file without words."""
        self._happens(lambda: self.talk.says("", attachments=(Attachment(kind="image"),)))

    @rule()
    def comes_by_an_ad(self) -> None:
        """The customer comes in through an ad."""
        self._happens(lambda: self.talk.says("", referral=Referral(headline="Serum")))

    @precondition(lambda self: self.talk.state is not None and self.talk.state.rings_at is not None)
    @rule()
    def rings(self) -> None:
        """The timer rings that is set."""
        before = self.rung_in_a_row
        self._happens(self.talk.waits)
        self.rung_in_a_row = before + 1
        assert self.rung_in_a_row <= 4, "more timers in a row than the flow has steps that wait"

    @precondition(lambda self: bool(self.stale))
    @rule(data=st.data())
    def rings_too_late(self, data: st.DataObject) -> None:
        """The timer rings of a waiting that is over: nothing is said, and what waits now waits on."""
        old = data.draw(st.sampled_from(self.stale))
        now = self.talk.state
        if now is not None and now.since == old.since:
            return
        assert self.talk.rings(old) == ""
        assert self.talk.state == now or "no longer there" in self.talk.why

    @rule(files=brands())
    def deploys(self, files: dict[str, str]) -> None:
        """The brand changes its flows, and goes on."""
        self.talk.flows = loaded(files)

    def _happens(self, what: Any) -> None:
        before = self.talk.state
        self.rung_in_a_row = 0
        what()
        decision, after = self.talk.decisions[-1], self.talk.state
        assert "the flow failed" not in self.talk.why
        assert len(decision.replies) <= 40
        if before is not None and before.rings_at is not None:
            self.stale = [*self.stale, before][-5:]
        if before is None or after == before:
            return
        # Nothing is lost without a word: the trace names the flow that waited and what became of it.
        assert (
            before.flow in self.talk.why or "a file without words" in self.talk.why or " asks nothing" in self.talk.why
        )
        went_on = "goes on" in self.talk.why or "is answered" in self.talk.why
        if after is not None and after.flow == before.flow and went_on and "nothing more to say" not in self.talk.why:
            assert after.answers.items() >= before.answers.items()


def test_random_conversations(request: pytest.FixtureRequest) -> None:
    """Whatever is said, tapped, sent and deployed: no state is lost without a reason, no circle, no failure."""
    full = request.config.getoption("--conversations") == "full"
    run_state_machine_as_test(
        Conversation,
        settings=settings(
            max_examples=10_000 if full else 200,
            stateful_step_count=20,
            deadline=None,
            derandomize=not full,
            database=None,
            # Shrinking a conversation takes minutes, and the reasons of its decisions tell more.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
