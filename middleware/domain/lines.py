"""What a conversation shows of what was said: its lines, in order, each once, each with how far it has come."""

from datetime import datetime

from middleware.domain.conversation import KEPT_LINES, Conversation, Line, keep_last
from middleware.domain.events import Message, Receipt
from middleware.domain.late import reworded

SHOWN_TEXT = 1_000
"""Characters of a message that the conversation keeps; the event has all of it."""

_RANK = {"sent": 1, "delivered": 2, "read": 3, "played": 4, "failed": 5}


def reported(conversation: Conversation, receipt: Receipt) -> Conversation:
    """The conversation after the platform said how far our messages have come; a status never goes back."""

    def after(line: Line) -> Line:
        named = line.id in receipt.message_ids
        passed = receipt.watermark is not None and line.at <= receipt.watermark
        if line.by == "customer" or not (named or passed):
            return line
        if _RANK.get(receipt.status, 0) <= _RANK.get(line.status or "", 0):
            return line
        return line.model_copy(update={"status": receipt.status})

    return conversation.model_copy(update={"lines": tuple(after(line) for line in conversation.lines)})


def edited(conversation: Conversation, message_id: str, text: str | None, at: datetime) -> Conversation:
    """The conversation after the customer edited a message, or took it back (`text` None: our copy goes too).

    A message that was taken back before it came leaves an empty line, so that it is known when it comes.
    """
    conversation = conversation.model_copy(update={"late": reworded(conversation, message_id, text)})
    if text is None and not has_line(conversation, message_id):
        empty = Line(id=message_id, by="customer", text="", at=at)
        return conversation.model_copy(update={"lines": with_line(conversation, empty)})
    lines = tuple(
        line.model_copy(update={"text": (text or "")[:SHOWN_TEXT]}) if line.id == message_id else line
        for line in conversation.lines
    )
    return conversation.model_copy(update={"lines": lines})


def is_taken_back(conversation: Conversation, message: Message) -> bool:
    """Whether the customer took this message back before it came here."""
    said = bool(message.text or message.attachments)
    return said and any(line.id == message.id and not line.text for line in conversation.lines)


def line_of(message: Message, by: str, at: datetime) -> Line:
    """A message as a line; one without text says what it is."""
    text = message.text or f"[{message.kind}]"
    return Line.model_validate({"id": message.id, "by": by, "text": text[:SHOWN_TEXT], "at": at})


def has_line(conversation: Conversation, line_id: str) -> bool:
    """Whether the conversation shows a message already."""
    return any(line.id == line_id for line in conversation.lines)


def with_line(conversation: Conversation, line: Line) -> tuple[Line, ...]:
    """In order of time; what has one time (WhatsApp knows whole seconds only) stays in the order it came."""
    lines = sorted((*conversation.lines, line), key=lambda each: each.at)
    return keep_last(tuple(lines), KEPT_LINES)
