"""Instead of stages 7 to 10 for what calls for no answer: receipts, echoes, edits, reactions, opt-ins, standby.

This is where `unknown` settles itself: an echo or a status that carries our key, or an echo with the same words at
about the same time, says that the message was sent after all.
"""

from datetime import datetime

from middleware.domain.attachments import AttachmentPiece, Attachments, files_of
from middleware.domain.changes import is_own_line, said_by_other_bot, taken_over
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, EventKind, Message, Receipt, event_key, without_words
from middleware.domain.lines import edited, reported
from middleware.domain.messages import SendState
from middleware.domain.outgoing import entry_of_echo, settled
from middleware.domain.turn import OutboundMessage, Turn, turn_id, turn_of_key
from middleware.pipeline.carry_out import hear
from middleware.pipeline.passage import Passage
from middleware.pipeline.send import with_fate
from middleware.ports import Delete, Put, Recorded, Stored

_INBOXES = frozenset({"263902037430900", "26390203743090"})
"""The app ids that stand for a person who writes in Meta's own inbox (Messenger Platform reference, message echoes)."""

_UNSETTLED = frozenset({SendState.QUEUED, SendState.SENDING, SendState.UNKNOWN})


async def note(passage: Passage) -> None:
    """Bring conversation and turns up to date with an event that calls for no answer, and end the work on it."""
    while not passage.closed:
        key = _our_key(passage.conversation.record, passage.event)
        turn = await _turn_of(passage, key)
        changed = passage.conversation.record
        changes: list[Put | Delete] = []
        fate = _fate(passage.event, turn, key)
        if fate is not None and turn is not None:
            changes.append(turn.put(with_fate(turn.record, fate)))
            changed = settled(changed, fate, passage.event.occurred_at)
        changed = _noted(passage, changed, ours=turn is not None)
        changes += await _forgotten(passage)
        changes.append(passage.conversation.put(changed))
        await passage.close_with(*changes)
        if not passage.closed:
            await passage.reread()
            hear(passage)


def _our_key(conversation: Conversation, event: Event) -> str | None:
    """Our correlation key in an echo or a status: carried along, or recognised by conversation, text and time."""
    if event.receipt is not None:
        return event.receipt.correlation_key
    if event.kind is not EventKind.ECHO or event.message is None:
        return None
    return event.message.correlation_key or entry_of_echo(conversation, event.message, event.occurred_at)


async def _turn_of(passage: Passage, key: str | None) -> Stored[Turn] | None:
    """The turn whose message the key names; it must be of this very conversation."""
    named = turn_of_key(key) if key is not None else None
    if named is None:
        return None
    turn = (await passage.brand.store.get(Turn, [named[0]])).get(named[0])
    if turn is None or turn.record.conversation_id != passage.conversation.record.id:
        return None
    return turn


def _fate(event: Event, turn: Stored[Turn] | None, key: str | None) -> OutboundMessage | None:
    """The message as the report settles it, or None when there is nothing to settle."""
    messages = turn.record.messages if turn is not None else ()
    message = next((each for each in messages if each.key == key), None)
    if message is None or message.state not in _UNSETTLED:
        return None
    failed = event.receipt is not None and event.receipt.status == "failed"
    return message.model_copy(
        update={
            "state": SendState.FAILED if failed else SendState.SENT,
            "reason": "the platform reports that it failed" if failed else None,
            "message_id": message.message_id or _reported_id(event.message, event.receipt),
            "settled_at": event.occurred_at,
        }
    )


def _reported_id(message: Message | None, receipt: Receipt | None) -> str | None:
    if message is not None:
        return message.id
    return receipt.message_ids[0] if receipt is not None and receipt.message_ids else None


async def _forgotten(passage: Passage) -> list[Put | Delete]:
    """Our copies of a message that the customer took back, without what it said (Meta: unsend)."""
    event = passage.event
    if event.kind is not EventKind.UNSEND or event.edit is None:
        return []
    key = event_key(event.connector, event.account, event.edit.message_id)
    recorded = await passage.brand.store.get(Recorded, [key])
    turns = await passage.brand.store.get(
        Turn, [turn_id(passage.brand.name, stored.record.event) for stored in recorded.values()]
    )
    files = await passage.brand.store.get(Attachments, recorded)
    return [
        *_without_files(recorded, files, event.occurred_at),
        *(stored.put(Recorded(id=key, event=without_words(stored.record.event))) for stored in recorded.values()),
        *(stored.put(stored.record.model_copy(update={"context": {}})) for stored in turns.values()),
    ]


def _without_files(
    recorded: dict[str, Stored[Recorded]], files: dict[str, Stored[Attachments]], at: datetime
) -> list[Put | Delete]:
    """The files of the message go: first the word that nothing is fetched any more, then what was fetched.

    The word is kept also where nothing was fetched yet: whoever is just fetching finds it. A message whose words are
    gone already may have had files.
    """
    changes: list[Put | Delete] = []
    for key, stored in recorded.items():
        known = files.get(key)
        if known is None and (files_of(stored.record.event) or not stored.record.event.raw):
            changes.append(Put(Attachments(id=key, taken_back_at=at)))
        elif known is not None:
            changes.append(known.put(known.record.taken_back(at)))
            changes += [Delete(AttachmentPiece, piece) for piece in known.record.piece_ids()]
    return changes


def _noted(passage: Passage, conversation: Conversation, *, ours: bool) -> Conversation:
    event = passage.event
    if event.receipt is not None:
        conversation = reported(conversation, event.receipt)
    if event.edit is not None:
        conversation = edited(conversation, event.edit.message_id, event.edit.text, event.occurred_at)
    by_somebody_else = event.kind is EventKind.ECHO and event.message is not None and not ours
    if by_somebody_else and event.message is not None and not is_own_line(conversation, event.message.id):
        if _is_of_other_bot(passage, event.message):
            return said_by_other_bot(conversation, event.message, event.occurred_at)
        conversation = taken_over(conversation, event.message, event.occurred_at, passage.brand.takeover_pause)
    return conversation


def _is_of_other_bot(passage: Passage, message: Message) -> bool:
    """Whether an echo is of the bot that answers here in our place.

    WhatsApp reports only what a person writes in the app; Messenger and Instagram report everybody, and name the app
    where it is an app.
    """
    event = passage.event
    if event.connector == "whatsapp" or message.app_id in _INBOXES:
        return False
    return passage.brand.has_other_bot(event.connector, event.account)
