"""How the messages of a conversation that are on their way change: claimed, postponed, settled, not sent. Pure."""

from datetime import datetime, timedelta

from middleware.domain.conversation import KEPT_OWN_IDS, Conversation, Line, OutboxEntry, keep_last
from middleware.domain.events import Message
from middleware.domain.late import with_late
from middleware.domain.lines import SHOWN_TEXT, has_line, with_line
from middleware.domain.messages import SendState
from middleware.domain.policy import ANOTHER_BOT, HUMAN_OWNER, NOT_LEFT, PAUSED, STOPPED, TOO_OLD
from middleware.domain.turn import OutboundMessage, Turn, text_hash

UNKNOWN_REPLY = "a reply may not have been sent"

AS_WANTED = frozenset({STOPPED, HUMAN_OWNER, PAUSED, ANOTHER_BOT, *NOT_LEFT})
"""Reasons for which a reply that is not sent needs nobody's attention."""

ECHO_MATCHES_WITHIN = timedelta(minutes=10)


def queued(turn: Turn, now: datetime) -> tuple[OutboxEntry, ...]:
    """The messages of a turn as they wait to be sent."""
    return tuple(
        OutboxEntry(
            key=message.key,
            hash=text_hash(message.reply.text),
            state=SendState.QUEUED,
            at=now,
            attached=message.reply.form is not None,
        )
        for message in turn.messages
    )


def claimed(conversation: Conversation, key: str, by: str, until: datetime) -> Conversation:
    """The conversation with one message claimed for sending: in the write that carries this, permission is given."""
    return _with_entry(conversation, key, state=SendState.SENDING, by=by, until=until, not_before=None)


def postponed(conversation: Conversation, key: str, attempts: int, not_before: datetime) -> Conversation:
    """The conversation with one message waiting for its next attempt."""
    return _with_entry(
        conversation,
        key,
        state=SendState.QUEUED,
        by=None,
        until=None,
        attempts=attempts,
        not_before=not_before,
    )


def settled(conversation: Conversation, message: OutboundMessage, at: datetime) -> Conversation:
    """The conversation after the fate of one of its messages is known (or known to be unknown)."""
    if message.state is SendState.UNKNOWN:
        return _with_entry(conversation, message.key, state=SendState.UNKNOWN, by=None, until=None)
    changes: dict[str, object] = {"outbox": tuple(entry for entry in conversation.outbox if entry.key != message.key)}
    if message.state is SendState.SENT:
        changes |= _seen_as_sent(conversation, message)
        line = Line(
            id=message.message_id or message.key,
            by="human" if message.author is not None else "bot",
            author=message.author,
            text=message.reply.shown()[:SHOWN_TEXT],
            at=at,
            status="sent",
        )
        if not has_line(conversation, line.id) and not has_line(conversation, message.key):
            changes["lines"] = with_line(conversation, line)
    return conversation.model_copy(update=changes)


def _seen_as_sent(conversation: Conversation, message: OutboundMessage) -> dict[str, object]:
    """What follows from a message of ours that certainly went out."""
    changes: dict[str, object] = {}
    if message.message_id is not None and message.message_id not in conversation.own_ids:
        changes["own_ids"] = keep_last((*conversation.own_ids, message.message_id), KEPT_OWN_IDS)
    if conversation.needs_person == UNKNOWN_REPLY:
        changes["needs_person"] = None
    return changes


def without_settled(conversation: Conversation, turn: Turn) -> Conversation:
    """The conversation without outbox entries whose fate the turn knows already."""
    for message in turn.messages:
        entry = conversation.entry(message.key)
        if entry is not None and message.settled_at is not None and message.state is not entry.state:
            conversation = settled(conversation, message, message.settled_at)
    return conversation


def unsent(conversation: Conversation, turn: Turn, message: OutboundMessage, now: datetime) -> Conversation:
    """The conversation after a message of ours did not, or may not, go out: a person should look at it."""
    if message.reason in AS_WANTED:
        return conversation
    unknown = message.state is SendState.UNKNOWN
    why = UNKNOWN_REPLY if unknown else f"a reply was not sent: {message.reason}"
    late = with_late(conversation, turn, now) if message.reason == TOO_OLD else {}
    return conversation.model_copy(update={"needs_person": why, **late})


def entry_of_echo(conversation: Conversation, echo: Message, at: datetime) -> str | None:
    """The key of our own message that an echo without a key shows: same text, about the same time, fate open.

    Buttons, cards and media come back as an attachment without words; so does the first of ours that is one.
    """
    wanted = text_hash(echo.text)
    wordless = not echo.text and bool(echo.attachments)
    for entry in conversation.outbox:
        open_fate = entry.state in {SendState.SENDING, SendState.UNKNOWN}
        same = (entry.attached and wordless) or (entry.hash == wanted and not wordless)
        if open_fate and same and abs(at - entry.at) <= ECHO_MATCHES_WITHIN:
            return entry.key
    return None


def _with_entry(conversation: Conversation, key: str, **changes: object) -> Conversation:
    outbox = tuple(entry.model_copy(update=changes) if entry.key == key else entry for entry in conversation.outbox)
    return conversation.model_copy(update={"outbox": outbox})
