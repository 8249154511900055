"""A turn decided again: what was decided then beside what the flows and templates of today say. Nothing happens."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from middleware.domain.record import Record

What = Literal["flow", "messages", "effects", "state", "why"]
"""What can differ. The locale stands in the messages."""

Verdict = Literal["same", "other_reasons", "different", "not_possible"]
"""`other_reasons`: the customer would get the same, and the steps to it differ. `not_possible`: see `because`."""

EXAMPLES = 3
"""Turns that are named for each flow."""


class Told(Record):
    """One decision in words. Each of the `messages` is its template and locale, its text, and what it is beside text,
    a line each.
    """

    flow: str | None
    messages: tuple[str, ...]
    effects: tuple[str, ...]
    why: tuple[str, ...]


class TurnAgain(Record):
    """One turn decided again.

    `diff` is a unified diff of the messages. `not_restored` is what the decision may have read and is not kept.
    `answers`: the turns in which an engine answered this one, decided again with what it said then.
    """

    turn: str
    event: str
    channel: str
    decided_at: datetime
    verdict: Verdict
    differs: tuple[What, ...] = ()
    then: Told
    now: Told | None = None
    diff: str = ""
    not_restored: tuple[str, ...] = ()
    because: str | None = None
    answers: tuple["TurnAgain", ...] = ()

    def worst(self) -> Verdict:
        """The verdict of the turn and the answers to it together."""
        order: tuple[Verdict, ...] = ("different", "not_possible", "other_reasons", "same")
        return min((self.verdict, *(each.worst() for each in self.answers)), key=order.index)


class AgainExample(Record):
    """A turn that would be decided otherwise."""

    turn: str
    decided_at: datetime
    channel: str
    flow: str | None
    flow_now: str | None
    differs: tuple[What, ...]


class FlowAgain(Record):
    """The turns of one flow (None: no flow). `became`: which flow would answer those that another one would."""

    flow: str | None
    turns: int
    different: int
    other_reasons: int
    not_possible: int
    became: dict[str, int]


class TurnsAgain(Record):
    """The last turns decided again. `since` is when the oldest of them was decided; `early`: somebody ended it."""

    last: int
    turns: int
    since: datetime | None
    early: bool
    same: int
    other_reasons: int
    different: int
    not_possible: int
    because: dict[str, int]
    """Why turns could not be decided again, and how many."""
    flows: tuple[FlowAgain, ...]
    examples: tuple[AgainExample, ...]


def summed_up(found: Iterable[TurnAgain], last: int, *, early: bool) -> TurnsAgain:
    """The sum over some turns, the flows with most differences first."""
    turns = list(found)
    verdicts = [each.verdict for each in turns]
    flows = [_of_flow(flow, turns) for flow in {each.then.flow for each in turns}]
    reasons = [each.because for each in turns if each.because is not None]
    return TurnsAgain(
        last=last,
        turns=len(turns),
        since=min((each.decided_at for each in turns), default=None),
        early=early,
        same=verdicts.count("same"),
        other_reasons=verdicts.count("other_reasons"),
        different=verdicts.count("different"),
        not_possible=verdicts.count("not_possible"),
        because={each: reasons.count(each) for each in sorted(set(reasons))},
        flows=tuple(sorted(flows, key=lambda each: (-each.different, -each.turns, each.flow or ""))),
        examples=tuple(_examples(turns)),
    )


def _of_flow(flow: str | None, turns: Iterable[TurnAgain]) -> FlowAgain:
    own = [each for each in turns if each.then.flow == flow]
    verdicts = [each.verdict for each in own]
    others = [each.now.flow or "no flow" for each in own if each.now is not None and each.now.flow != flow]
    return FlowAgain(
        flow=flow,
        turns=len(own),
        different=verdicts.count("different"),
        other_reasons=verdicts.count("other_reasons"),
        not_possible=verdicts.count("not_possible"),
        became={each: others.count(each) for each in sorted(set(others))},
    )


def _examples(turns: Iterable[TurnAgain]) -> Iterable[AgainExample]:
    """The latest few of each flow that differ."""
    shown: dict[str | None, int] = {}
    for each in turns:
        flow = each.then.flow
        if each.verdict != "different" or shown.get(flow, 0) >= EXAMPLES:
            continue
        shown[flow] = shown.get(flow, 0) + 1
        yield AgainExample(
            turn=each.turn,
            decided_at=each.decided_at,
            channel=each.channel,
            flow=flow,
            flow_now=each.now.flow if each.now is not None else None,
            differs=each.differs,
        )
