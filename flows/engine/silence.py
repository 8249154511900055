"""Events that no flow answers: said nothing, with the reason, or passed to a person."""

from middleware.domain.events import TURN_KINDS, Event, Message

FILES = frozenset({"image", "video", "audio", "file"})
"""What only a person can look at."""


def reason_for_silence(event: Event) -> str | None:
    """Why nothing is said to this event, or None if a flow may answer."""
    message = event.message
    if event.kind not in TURN_KINDS:
        return f"{event.kind} asks nothing"
    if message is None:
        return None
    if message.group:
        return "written in a group: nothing is answered there"
    if event.referral or _says_something(message) or is_only_files(message):
        return None
    return f"{message.kind} without words asks nothing"


def is_only_files(message: Message | None) -> bool:
    """Whether a message is nothing but pictures, recordings or files."""
    if message is None or _says_something(message):
        return False
    return message.kind in FILES or any(attachment.kind in FILES for attachment in message.attachments)


def _says_something(message: Message) -> bool:
    return bool(message.text.strip() or message.payload) or message.kind == "welcome_request"
