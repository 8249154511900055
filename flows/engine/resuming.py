"""What becomes of a flow that waits, now that something has happened: it goes on, asks again, waits on, or ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flows.engine.captures import OPEN, WEAK, Answer, Choices, answer_in
from flows.engine.choosing import Candidate
from flows.engine.loading import Flow
from flows.engine.places import Place
from flows.engine.steps import Ask, Step, Wait
from middleware.domain.conversation import FlowState
from middleware.domain.events import Event, EventKind


@dataclass(frozen=True, slots=True)
class GoesOn:
    """The flow goes on with these steps."""

    flow: Flow
    steps: tuple[Step, ...]
    why: str
    answers: Mapping[str, Answer]
    name: str | None = None
    """A name that the customer has just given."""


@dataclass(frozen=True, slots=True)
class AsksAgain:
    """The message was no answer, and the question is asked once more."""

    flow: Flow
    step: Ask
    why: str
    tries: int


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer came, and the flow does not say what to do then: a person is asked."""

    flow: Flow
    why: str


@dataclass(frozen=True, slots=True)
class WaitsOn:
    """It waits as before, whatever is said to this event."""

    why: str


@dataclass(frozen=True, slots=True)
class Ends:
    """It waits no more, and the event is looked at as if it never had."""

    why: str


Resumption = GoesOn | AsksAgain | NoAnswer | WaitsOn | Ends


@dataclass(frozen=True, slots=True)
class Moment:
    """What has happened, and when. `certain` are the flows whose payload was pressed or whose code was given, `named`
    those with a phrase in the message; `choices` are what the question offers.
    """

    event: Event
    now: datetime
    certain: tuple[Candidate, ...]
    named: tuple[Candidate, ...]
    choices: Choices


def place_of(flows: Mapping[str, Flow], state: FlowState) -> tuple[Flow, Place] | None:
    """Where a flow waits, or None if there is no such flow or step any more."""
    flow = flows.get(state.flow)
    place = flow.places.get(state.step) if flow is not None else None
    return (flow, place) if flow is not None and place is not None else None


def though_nothing_was_said(flows: Mapping[str, Flow], state: FlowState | None) -> FlowState | None:
    """The state after a message that flows do not read: a file or a sticker is no answer, but it was written."""
    found = place_of(flows, state) if state is not None else None
    ends = found is not None and isinstance(found[1].step, Wait) and not found[1].step.though_written
    return None if ends else state


def resumed(flow: Flow, place: Place, state: FlowState, moment: Moment) -> Resumption:
    """What becomes of a flow that waits at a place of its own."""
    if moment.event.kind is EventKind.TIMER:
        return _after_timer(flow, place, state, moment.event)
    where = f"{flow.name} waits at {state.step}"
    if state.expires_at is not None and moment.now >= state.expires_at:
        return Ends(f"{where}: the time for that is over")
    match place.step:
        case Ask() as ask:
            return _after_message(flow, ask, place, state, moment)
        case Wait() as wait:
            return _while_waiting(flow, wait, place, state, moment)


def _after_timer(flow: Flow, place: Place, state: FlowState, event: Event) -> Resumption:
    """A timer counts only for the very waiting that set it."""
    timer = event.timer
    meant = timer is not None and (timer.flow, timer.step, timer.since) == (state.flow, state.step, state.since)
    if not meant or not isinstance(place.step, Wait):
        return WaitsOn(f"{flow.name}: what this timer was set for is over")
    return GoesOn(flow, place.then, f"{flow.name}: goes on after {state.step}{_changed(flow, state)}", state.answers)


def _while_waiting(flow: Flow, wait: Wait, place: Place, state: FlowState, moment: Moment) -> Resumption:
    if wait.though_written:
        return WaitsOn(f"{flow.name}: waits on at {state.step}")
    left = _left(flow, moment, leaves_for_any=False)
    if not wait.until_written or left:
        return Ends(left or f"{flow.name}: the customer wrote before the time at {state.step} was over")
    why = f"{flow.name}: the customer wrote, goes on after {state.step}{_changed(flow, state)}"
    return GoesOn(flow, place.then, why, state.answers)


def _after_message(flow: Flow, ask: Ask, place: Place, state: FlowState, moment: Moment) -> Resumption:
    """The answer, unless the customer wants something else by now."""
    message = moment.event.message
    answer = answer_in(ask.capture, message, moment.choices) if message is not None else None
    weak = ask.capture in WEAK or (answer is None and ask.capture not in OPEN)
    pressed = answer is not None and message is not None and answer == message.payload
    left = None if pressed else _left(flow, moment, leaves_for_any=weak)
    if left:
        return Ends(left)
    where = f"{flow.name}: {ask.name}"
    if answer is not None:
        answers = {**state.answers, ask.into: answer}
        name = answer if ask.capture == "name" and isinstance(answer, str) else None
        return GoesOn(flow, place.then, f"{where} is answered{_changed(flow, state)}", answers, name)
    tries = state.tries + 1
    if tries < ask.tries:
        return AsksAgain(flow, ask, f"{where}: no {ask.capture} in it, try {tries} of {ask.tries}", tries)
    why = f"{where}: no {ask.capture} in {tries} messages"
    return GoesOn(flow, ask.otherwise, why, state.answers) if ask.otherwise else NoAnswer(flow, why)


def _left(flow: Flow, moment: Moment, *, leaves_for_any: bool) -> str | None:
    """Why the customer has left the flow for something else, or None.

    A pressed button, a one-time code and a referral leave nothing to guess. A phrase of a flow of a higher priority
    is heard in any message; with `leaves_for_any` also that of a flow of the same one.
    """
    if moment.event.referral is not None:
        return f"{flow.name} is left: the customer came through an ad or a link"
    if moment.certain:
        return f"{flow.name} is left for {moment.certain[0].flow.name}"
    for candidate in moment.named:
        more = candidate.flow.priority - flow.priority
        if candidate.flow is not flow and (more > 0 or (leaves_for_any and more == 0)):
            return f"{flow.name} is left for {candidate.flow.name}"
    return None


def _changed(flow: Flow, state: FlowState) -> str:
    return "" if flow.version == state.version else " (its file has changed since)"
