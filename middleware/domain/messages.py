"""What we send, what becomes of it, and the closed table of outcomes."""

from enum import StrEnum

from middleware.domain.record import Record


class QuickReply(Record):
    """A tappable answer: `title` is shown, `payload` comes back."""

    title: str
    payload: str


class Reply(Record):
    """One message as a flow decided it, already within the limits of the channel it is for."""

    text: str
    quick_replies: tuple[QuickReply, ...] = ()
    template: str | None = None
    """The template it was rendered from."""
    locale: str | None = None
    fallback: bool = False
    """The template's fallback text was used because a value was missing."""


class ChannelLimits(Record):
    """What a channel can carry. `text` counts characters, or UTF-8 bytes where `text_in_bytes`."""

    text: int
    text_in_bytes: bool = False
    quick_replies: int
    quick_reply_title: int
    quick_reply_payload: int


class SendState(StrEnum):
    """Where a message that we want to send stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It may have been sent. Never sent again; an echo, a status or an agent settles it."""


class Outcome(StrEnum):
    """The closed list of what a send can end in. `FATE` says what becomes of the message."""

    SENT = "sent"
    RETRY = "retry"
    """The platform cannot have accepted it: connection refused, 429, documented rate codes."""
    UNKNOWN = "unknown"
    """Time-out or reset after the first byte, 5xx, codes that mean "something went wrong, try later"."""
    WINDOW_CLOSED = "window_closed"
    RECIPIENT_GONE = "recipient_gone"
    ACCOUNT_PROBLEM = "account_problem"
    """Token, permission or billing: theirs to mend, ours to say."""
    REFUSED = "refused"
    """Our request is wrong; sending it again cannot help."""


FATE: dict[Outcome, SendState] = {
    Outcome.SENT: SendState.SENT,
    Outcome.RETRY: SendState.QUEUED,
    Outcome.UNKNOWN: SendState.UNKNOWN,
    Outcome.WINDOW_CLOSED: SendState.FAILED,
    Outcome.RECIPIENT_GONE: SendState.FAILED,
    Outcome.ACCOUNT_PROBLEM: SendState.FAILED,
    Outcome.REFUSED: SendState.FAILED,
}


class SendResult(Record):
    """What one call to the platform ended in. `code` is `HTTP status[/error code[/subcode]]`, never a text."""

    outcome: Outcome
    message_id: str | None = None
    code: str | None = None
    detail: str = ""
    retry_after: float | None = None
    """Seconds, if the platform said."""
    of_pair: bool = False
    """With RETRY: refused by the limit between the account and this one person. Others can be written to."""
    usage: float | None = None
    """How much of the account's allowance is used, in per cent, if the platform said."""
