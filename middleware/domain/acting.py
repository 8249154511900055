"""How a conversation changes by what agents do. Pure; doing it twice is once."""

from datetime import datetime

from middleware.domain.agents import (
    Act,
    AgentAct,
    Assigned,
    Closed,
    Noted,
    Paused,
    ProofAsked,
    Released,
    Reopened,
    Replied,
    SeenTo,
    TagsChanged,
    TookOver,
)
from middleware.domain.changes import held_by_person
from middleware.domain.conversation import (
    KEPT_NOTES,
    KEPT_OUTBOX,
    KEPT_TAGS,
    KEPT_TURNS,
    Conversation,
    Note,
    Owner,
    keep_last,
)
from middleware.domain.late import answered, seen_to
from middleware.domain.outgoing import queued, without_settled
from middleware.domain.turn import Turn

_TAKEN = {"needs_person": None, "flow_state": None, "awaiting": None, "parts": ()}
"""What was asked, waited for and not answered yet is the person's business from now on."""


def acted(conversation: Conversation, turn: Turn, now: datetime) -> Conversation:
    """The conversation after what an agent did: for a reply, with its messages in the outbox."""
    if turn.act is None or turn.id in conversation.applied or turn.done:
        return without_settled(conversation, turn)
    changes: dict[str, object] = {
        "applied": keep_last((*conversation.applied, turn.id), KEPT_TURNS),
        "outbox": keep_last((*conversation.outbox, *queued(turn, now)), KEPT_OUTBOX),
    }
    changes |= _who_answers(conversation, turn, turn.act.act) | _kept(conversation, turn, turn.act)
    if isinstance(turn.act.act, Replied | Closed):
        changes |= answered(conversation, turn.sent_at)
    return conversation.model_copy(update=changes)


def _who_answers(conversation: Conversation, turn: Turn, act: Act) -> dict[str, object]:
    """What changes of who answers, and whether anything is left to do."""
    changes: dict[str, object] = {}
    match act:
        case Replied(takes_over=False) | ProofAsked() | Reopened():
            changes = {"closed_at": None}
        case Replied(until=until):
            changes = {"closed_at": None, **_TAKEN, **held_by_person(conversation, until)}
        case TookOver(until=until):
            changes = {"closed_at": None, **_TAKEN, "owner": Owner.HUMAN, "owner_until": until}
        case Paused(until=until):
            changes = {"owner": Owner.PAUSED, "owner_until": until, "flow_state": None, "awaiting": None, "parts": ()}
        case Released():
            changes = {"owner": Owner.BOT, "owner_until": None, "needs_person": None}
        case Closed():
            # A pause that somebody wanted outlasts it.
            kept = {} if conversation.owner is Owner.PAUSED else {"owner": Owner.BOT, "owner_until": None}
            changes = {"closed_at": turn.decided_at, "needs_person": None, "flow_state": None, **kept}
    return changes


def _kept(conversation: Conversation, turn: Turn, did: AgentAct) -> dict[str, object]:
    """What agents keep of it for one another."""
    changes: dict[str, object] = {}
    match did.act:
        case Assigned(to=to):
            changes = {"assignee": to}
        case SeenTo(late=late, until=until):
            changes = seen_to(conversation, late, until)
        case TagsChanged(add=add, remove=remove):
            after = (set(conversation.tags) | set(add)) - set(remove)
            changes = {"tags": keep_last(tuple(sorted(after)), KEPT_TAGS)}
        case Noted(text=text):
            note = Note(id=turn.event_key, by=did.by, at=turn.sent_at, text=text)
            changes = {"notes": keep_last((*conversation.notes, note), KEPT_NOTES)}
    return changes
