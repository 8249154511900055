"""What a trace says in words: the first sentence, why nothing was said, how an engine did, how long something took."""

from middleware.domain.messages import SendState
from middleware.domain.trace import Trace, TraceEngine, TraceMessage

_SILENCE = {
    "stopped": "the customer has said STOP",
    "human_owner": "a person of the brand has taken over",
    "paused": "the bot is paused in this conversation",
    "too_old": "the message was older than reply_max_age when its turn came",
    "window_closed": "the channel's window was closed",
    "unreachable": "the customer cannot be reached on this channel",
    "group": "it was written in a group",
    "marketing_stopped": "the customer takes no promotions",
    "marketing_not_agreed": "the customer has not agreed to promotions",
    "another_bot_answers_here": "another bot answers on this account",
    "no_conversation": "there was no conversation yet",
    "cart_gone": "the cart became an order, is empty, or may not be told here any more",
    "cart_changed": "the cart has changed since",
    "ordered_since": "the customer has ordered since the cart was begun",
    "wrote_since": "the customer has written since the cart changed",
    "reminded_before": "the customer was reminded of this cart before",
}

_ENGINE = {
    "answered": "answered",
    "silent": "answered that nothing is to be said",
    "refused": "refused the question, or its answer cannot be read",
    "unreachable": "could not be reached",
    "unknown": "gave no answer that counts; it may have worked on it",
    "overdue": "said that its answer comes later, and it did not come",
    "not_asked": "was not asked",
    "later": "said that its answer comes later",
    "awaited": "said that its answer comes later",
    "being_asked": "is being asked",
    "lost": "was asked; what came of it is not on record",
}

STATES = {
    SendState.QUEUED: "waits to be sent",
    SendState.SENDING: "is being sent",
    SendState.SENT: "sent",
    SendState.FAILED: "not sent",
    SendState.UNKNOWN: "may have been sent, and is never sent again",
}
"""Where a message stands."""


def headline(trace: Trace) -> str:
    """What the turn came to, in one sentence."""
    return _of_agent(trace) if trace.agent is not None else _of_bot(trace)


def _of_bot(trace: Trace) -> str:
    person = _and_person(trace)
    match trace.outcome:
        case "asked":
            named = f"the engine {trace.engine.engine}" if trace.engine is not None else "an engine"
            return f"The flow {trace.flow} asked {named}, which answers in a turn of its own."
        case "gathered":
            return "One part of several messages, answered together with what was written next."
        case "handed_over":
            return f"Nothing was said.{person}"
        case "silent":
            return f"Nothing was said: {silence(trace.reasons)}."
    number = _number(len(trace.messages), "message")
    if trace.outcome == "sent":
        return f"Answered by {_by(trace)}: {number}, sent.{person}"
    return f"The answer of {_by(trace)} ({number}) {_came_to(trace)}.{person}"


def _of_agent(trace: Trace) -> str:
    if not trace.messages:
        return f"{', '.join(trace.why)}."
    came_to = "sent" if trace.outcome == "sent" else _came_to(trace)
    return f"Written by {trace.agent} (agent): {_number(len(trace.messages), 'message')}, {came_to}."


def _came_to(trace: Trace) -> str:
    if trace.outcome == "failed":
        return f"did not arrive, or not all of it: {_first_reason(trace)}"
    return "may have been sent, nobody knows" if trace.outcome == "unknown" else "is on its way"


def silence(reasons: tuple[str, ...]) -> str:
    """Why nothing was said."""
    return (
        "; ".join(f"{_SILENCE[each]} ({each})" if each in _SILENCE else each for each in reasons) or "no reason is kept"
    )


def engine(found: TraceEngine) -> str:
    """How the engine did."""
    detail = f" ({found.detail})" if found.detail else ""
    took = f", after {duration(found.seconds)}" if found.seconds is not None else ""
    return f"{found.engine or 'an engine'} {_ENGINE.get(found.outcome, found.outcome)}{detail}{took}"


def fate(message: TraceMessage) -> str:
    """Where a message stands, and why."""
    why = "" if message.state is SendState.SENT else ", ".join(filter(None, (message.reason, message.code)))
    tries = f" at attempt {message.attempts}" if message.attempts > 1 else ""
    return f"{STATES[message.state]}{tries}{f': {why}' if why else ''}"


def duration(seconds: float) -> str:
    """How long something took, as people say it: two figures at most."""
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit:
            return _number(int(seconds // unit), name)
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"  # noqa: PLR2004 - as said


def _by(trace: Trace) -> str:
    if trace.engine is not None and trace.engine.asked_by is not None and trace.engine.outcome == "answered":
        return f"the engine {trace.engine.engine}, asked by the flow {trace.flow}"
    return f"the flow {trace.flow}" if trace.flow is not None else "no flow"


def _and_person(trace: Trace) -> str:
    reasons = [each.removeprefix("handed over: ") for each in trace.effects if each.startswith("handed over: ")]
    return f" A person is asked: {reasons[-1]}." if reasons else ""


def _first_reason(trace: Trace) -> str:
    told = next((each for each in trace.messages if each.state is SendState.FAILED), None)
    if told is None:
        return "the platform reports that it failed"
    return " ".join(filter(None, (told.reason, f"({told.code})" if told.code else ""))) or "no reason is kept"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
