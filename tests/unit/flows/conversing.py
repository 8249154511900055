"""A conversation with the flows of a folder: what is said, and where a flow waits in between; by a clock of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flow_examples import INSTAGRAM, NOON, a_context, an_event

from flows.runner import Flows
from middleware.domain.capabilities import Capabilities
from middleware.domain.conversation import FlowState
from middleware.domain.events import Event, EventKind, TimerRung
from middleware.domain.turn import Decision


def template_text(name: str, text: str, more: str = "", fallback: str = "f") -> str:
    """The YAML of a template in English."""
    return f"name: {name}\npurpose: p\nlocales:\n  en:\n    text: {text!r}\n    fallback: {fallback}\n{more}"


def folder_of(folder: Path, flows: Mapping[str, str], templates: Mapping[str, str]) -> Path:
    """A folder with these flows (all after `flow:` and `purpose:`) and templates (their texts, or whole files)."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    for name, text in flows.items():
        (folder / f"{name}.yaml").write_text(f"flow: {name}\npurpose: p\n{text}", encoding="utf-8")
    for name, text in templates.items():
        whole = text if text.startswith("name:") else template_text(name, text)
        (folder / "templates" / f"{name}.yaml").write_text(whole, encoding="utf-8")
    return folder


@dataclass
class Talk:
    """One customer's conversation."""

    flows: Flows
    channel: Capabilities = INSTAGRAM
    now: datetime = NOON
    state: FlowState | None = None
    decisions: list[Decision] = field(default_factory=list)

    def says(self, text: str, *, after: timedelta = timedelta(seconds=10), **parts: Any) -> str:
        """What the bot says to this, messages on lines of their own."""
        context = parts.pop("context", {})
        self.now += after
        return self._decides(an_event(text, **parts).model_copy(update={"occurred_at": self.now}), context)

    def waits(self, **context: Any) -> str:
        """What the bot says by itself, when the timer rings that is set."""
        assert self.state is not None
        assert self.state.rings_at is not None
        self.now = self.state.rings_at
        return self.rings(self.state, **context)

    def rings(self, state: FlowState, **context: Any) -> str:
        """What the bot says when the timer of this state rings."""
        event = an_event(kind=EventKind.TIMER).model_copy(update={"message": None, "occurred_at": self.now})
        timer = TimerRung(flow=state.flow, step=state.step, since=state.since)
        return self._decides(event.model_copy(update={"timer": timer}), {"message": None, **context})

    @property
    def why(self) -> str:
        """The reasons for what was said last."""
        return "; ".join(self.decisions[-1].why)

    def _decides(self, event: Event, context: Mapping[str, Any]) -> str:
        decision = self.flows.decide(event, self.state, a_context(at=self.now, **context), self.channel)
        self.decisions.append(decision)
        self.state = decision.next_state
        return "\n".join(reply.text for reply in decision.replies)
