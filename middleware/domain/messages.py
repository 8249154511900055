"""What we send, what becomes of it, and the closed table of outcomes."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import model_validator

from middleware.domain.forms import Form, Media, PlatformId, Reaction
from middleware.domain.record import Record


class QuickReply(Record):
    """A tappable answer: `title` is shown, `payload` comes back."""

    title: str
    payload: str


class Reply(Record):
    """One message as a flow decided it: a text, with quick replies or in one of the forms.

    `reply_to` is the platform's id of the message that it quotes. `to_comment` makes it a private reply to a comment.
    `tag` says that a person of the brand wrote it: what flows decide never carries one.
    """

    text: str
    quick_replies: tuple[QuickReply, ...] = ()
    form: Form | None = None
    reply_to: PlatformId | None = None
    tag: Literal["human_agent"] | None = None
    to_comment: PlatformId | None = None
    template: str | None = None
    """The template it was rendered from."""
    version: int | None = None
    """The number under which that was published, 0 if it stood in a file. None: decided before this was kept."""
    locale: str | None = None
    variant: str | None = None
    """Which of the template's variants it is, where the template has a split."""
    fallback: bool = False
    """The template's fallback text was used because a value was missing."""
    split: bool = False
    """A text that is longer than the channel takes goes out as several messages, instead of being cut."""

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if self.form is not None and self.quick_replies:
            raise ValueError("has one content: quick replies or a form")
        return self

    def shown(self) -> str:
        """What stands for it in the conversation."""
        match self.form:
            case Media(type=what, caption=caption):
                return caption or self.text or f"[{what}]"
            case Reaction(emoji=emoji):
                return emoji or "[reaction taken back]"
            case None:
                return self.text
        return self.text or f"[{self.form.kind}]"


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
