"""What a row of the table of channels says: which forms a channel has, and how much each of them may hold."""

from typing import Any, Literal

from pydantic import Field

from middleware.domain.forms import AskedFor, FormKind, MediaType
from middleware.domain.record import Record
from middleware.domain.text import length

Signal = Literal["seen", "typing"]
Tag = Literal["human_agent"]
ButtonKind = Literal["reply", "url", "phone"]


class Size(Record):
    """How long a text may be, in characters or in bytes of UTF-8."""

    most: int
    in_bytes: bool = False

    def holds(self, text: str) -> bool:
        """Whether the text is not empty and not too long."""
        return bool(text.strip()) and self.length(text) <= self.most

    def length(self, text: str) -> int:
        """How long a text is, counted the same way."""
        return length(text, in_bytes=self.in_bytes)

    def said(self) -> str:
        """In words: `2000 characters`."""
        return f"{self.most} {'bytes' if self.in_bytes else 'characters'}"

    def of(self, most: int) -> "Size":
        """Another size, counted the same way."""
        return Size(most=most, in_bytes=self.in_bytes)


class Rule(Record):
    """A row of the table. `source` is the page that it stands on."""

    source: str


class TextRule(Rule):
    """A message of text alone."""

    size: Size


class QuickReplyRule(Rule):
    """Tappable answers under a text."""

    most: int
    title: int
    payload: int


class ButtonRule(Rule):
    """Buttons under a text. `urls` says how many may open a page where buttons of several kinds do not mix."""

    most: int
    text: Size
    title: int
    payload: int
    kinds: tuple[ButtonKind, ...]
    mixed: bool = True
    unique: bool = False
    """Two buttons must not have one title or one payload."""


class ListRule(Rule):
    """A list behind a button under a text. `rows` counts those of all sections together."""

    text: Size
    button: int
    sections: int
    rows: int
    section_title: int
    title: int
    payload: int
    description: int


class CardRule(Rule):
    """Cards side by side. Without `own_text` there is room for an introduction in the same message."""

    least: int
    most: int
    text: Size | None = None
    """The introduction in the same message; None: there is no room for one."""
    title: int = 0
    subtitle: int = 0
    body: int = 0
    """Title and subtitle together, where the platform has one text for both."""
    buttons: int
    button: ButtonRule


class MediaRule(Rule):
    """One type of media. `caption` is None where none can stand under it; `size` is in bytes of the file."""

    size: int
    mimes: tuple[str, ...]
    caption: int | None = None
    file_name: bool = False


class ApprovedRule(Rule):
    """Templates that the platform has approved. They may go outside the window."""

    called: str
    parameter: int
    media_header: bool


class AskRule(Rule):
    """The platform's own way to ask for something."""

    text: Size


class RateRule(Rule):
    """How fast an account may send, as documented. Pacing reads this.

    `text_per_second` counts all but audio and video, `media_per_second` these. To one person: `pair_burst` messages at
    once, then one every `pair_seconds`; None where no such limit is documented.
    """

    text_per_second: float
    media_per_second: float
    raised_to: float
    """What `text_per_second` can be raised to."""
    pair_seconds: float | None = None
    pair_burst: int | None = None


class Capabilities(Record):
    """What one channel can do. A form that is None (or not there) is fitted into what is (`fitting.py`)."""

    name: str
    text: TextRule
    quick_replies: QuickReplyRule | None = None
    buttons: ButtonRule
    list: ListRule | None = None
    cards: CardRule
    media: dict[MediaType, MediaRule]
    approved: ApprovedRule | None = None
    asks: dict[AskedFor, AskRule] = Field(default_factory=dict)
    reactions: bool = True
    reply_to: bool
    comments: bool
    """Private replies to a comment: one message of text."""
    tags: tuple[Tag, ...] = ()
    signals: tuple[Signal, ...] = ("seen", "typing")
    upload_days: int
    """Days for which the id of an uploaded file can be sent."""
    always_open: bool = False
    """The brand's own channel: once the customer has written, it may be written to at any time."""
    rates: RateRule

    def forms(self) -> tuple[FormKind, ...]:
        """The forms that it has."""
        have: dict[FormKind, object] = {
            "buttons": self.buttons, "list": self.list, "cards": self.cards, "media": self.media,
            "approved": self.approved, "ask": self.asks, "reaction": self.reactions,
        }  # fmt: skip
        return tuple(form for form, rule in have.items() if rule)

    def for_builder(self) -> dict[str, Any]:
        """The numbers that whoever writes a reply looks at, small enough to stand in every context."""
        quick = self.quick_replies
        return {
            "text": self.text.size.most,
            "text_in_bytes": self.text.size.in_bytes,
            "quick_replies": quick.most if quick else self.buttons.most,
            "quick_reply_title": quick.title if quick else self.buttons.title,
            "quick_reply_payload": quick.payload if quick else self.buttons.payload,
            "forms": list(self.forms()),
            "buttons": self.buttons.most,
            "button_title": self.buttons.title,
            "button_text": self.buttons.text.most,
            "list_rows": self.list.rows if self.list else 0,
            "cards": self.cards.most,
            "media": sorted(self.media),
            "asks": sorted(self.asks),
            "reply_to": self.reply_to,
        }
