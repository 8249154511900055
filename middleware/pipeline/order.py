"""What may go before what on a lane."""

from middleware.domain.agents import HEARD_AT_ONCE
from middleware.domain.events import TURN_KINDS, Event, EventKind
from middleware.domain.identity import Waiting
from middleware.domain.policy import consent_word


def is_answered(event: Event) -> bool:
    """Whether a turn is decided on this event. Groups are read, never answered."""
    in_group = event.message is not None and event.message.group is not None
    return event.kind in TURN_KINDS and not in_group


def overtakes(event: Event) -> bool:
    """Whether an event may be worked on while an earlier one of its lane waits for the platform.

    What calls for no answer may, and so may a STOP: the message that waits must not go out after it. An engine's answer
    may, because what the customer wrote next waits for it. Of what agents do, what silences the bot may.
    """
    if event.agent is not None:
        return event.agent.act.what in HEARD_AT_ONCE
    if not is_answered(event) or is_awaited(event):
        return True
    return event.message is not None and consent_word(event.message.text) is False


def is_awaited(event: Event) -> bool:
    """Whether others on its lane may have been waiting for this very event."""
    return event.kind is EventKind.ENGINE_REPLY


def frees(event: Event) -> bool:
    """Whether what waits on its lane is looked at again once it is over: an answer has come, or none is wanted."""
    silenced = event.agent is not None and event.agent.act.what in {"take_over", "pause"}
    return silenced or is_awaited(event)


def waiting(event: Event) -> Waiting:
    """An event as it waits for its lane."""
    return Waiting(received_at=event.received_at, occurred_at=event.occurred_at, event=event.key)
