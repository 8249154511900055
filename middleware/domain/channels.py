"""What each channel can do, and how much of it: the one table. Renderer, checker, fitting, connectors and docs read it.

Each row names the page of Meta's documentation that its numbers stand on ("M:" Messenger Platform, "I:" Instagram
Messaging, "W:" WhatsApp Business Platform, as of mid-2026). A number from elsewhere says so beside itself. Texts count
in characters (code points) unless a row says bytes.
"""

from typing import Any, Literal

from pydantic import Field

from middleware.domain.forms import MIME_TYPES, AskedFor, FormKind, MediaType
from middleware.domain.record import Record
from middleware.domain.text import length

Signal = Literal["seen", "typing"]
Tag = Literal["human_agent"]
ButtonKind = Literal["reply", "url", "phone"]

_KIB, _MIB = 1024, 1024 * 1024


class Size(Record):
    """How long a text may be, in characters or in bytes of UTF-8."""

    most: int
    in_bytes: bool = False

    def holds(self, text: str) -> bool:
        """Whether the text is not empty and not too long."""
        return bool(text.strip()) and length(text, in_bytes=self.in_bytes) <= self.most


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


class Rates(Rule):
    """How fast an account may send, as documented. Pacing reads this.

    `text_per_second` counts all but audio and video, `media_per_second` these. To one person: `pair_burst` messages at
    once, then one every `pair_seconds`; None where no such limit is documented.
    """

    text_per_second: float
    media_per_second: float
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
    rates: Rates

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


_PAGE_REPLIES = QuickReplyRule(
    most=13, title=20, payload=1000, source="M: Quick replies (payload: Quick Replies reference)"
)
_PAGE_RATES = Rates(text_per_second=300, media_per_second=10, source="M: Rate limits (23 Mar 2026)")
_PAGE_SIZE = 25 * _MIB

_MESSENGER_BUTTONS = ButtonRule(
    most=3, text=Size(most=640), title=20, payload=1000, kinds=("reply", "url", "phone"),
    source="M: Button template, Buttons (payload: Buttons reference)",
)  # fmt: skip
_INSTAGRAM_BUTTONS = ButtonRule(
    most=3, text=Size(most=640), title=20, payload=1000, kinds=("reply", "url"),
    source="I: Button Template (title and payload: Messenger's Buttons reference)",
)  # fmt: skip
_WHATSAPP_BUTTONS = ButtonRule(
    most=3, text=Size(most=1024), title=20, payload=256, kinds=("reply", "url"), mixed=False, unique=True,
    source="W: Interactive reply buttons messages; Interactive call-to-action URL button messages (one button)",
)  # fmt: skip

_MESSENGER_ASSETS = "M: Saving assets (8 MB is the limit of pictures by address; types are those of I: Send a message)"
_INSTAGRAM_ASSETS = "I: Upload media"
_PAGE_PICTURES = ("image/jpeg", "image/png", "image/gif")
_PAGE_FILMS = ("video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm")
_PAGE_SOUNDS = ("audio/aac", "audio/mp4", "audio/wav")

_WHATSAPP_ASSETS = "W: Media, supported media types (captions: Image, Video and Document messages)"

CHANNELS: dict[str, Capabilities] = {
    "messenger": Capabilities(
        name="messenger",
        text=TextRule(size=Size(most=2000), source="M: Send API reference, message.text"),
        quick_replies=_PAGE_REPLIES,
        buttons=_MESSENGER_BUTTONS,
        cards=CardRule(
            least=1, most=10, title=80, subtitle=80, buttons=3, button=_MESSENGER_BUTTONS, source="M: Generic template"
        ),
        media={
            "image": MediaRule(size=8 * _MIB, mimes=_PAGE_PICTURES, source=_MESSENGER_ASSETS),
            "audio": MediaRule(size=_PAGE_SIZE, mimes=(*_PAGE_SOUNDS, "audio/mpeg"), source=_MESSENGER_ASSETS),
            "video": MediaRule(size=_PAGE_SIZE, mimes=_PAGE_FILMS, source=_MESSENGER_ASSETS),
            "file": MediaRule(
                size=_PAGE_SIZE, mimes=tuple(sorted(set(MIME_TYPES.values()))), source=_MESSENGER_ASSETS
            ),
        },
        # Not documented how long a parameter may be: that of the text that it stands in.
        approved=ApprovedRule(
            called="utility template", parameter=640, media_header=False, source="M: Send a utility message"
        ),
        asks={
            "phone": AskRule(text=Size(most=2000), source="M: Quick replies, user_phone_number"),
            "email": AskRule(text=Size(most=2000), source="M: Quick replies, user_email"),
        },
        reply_to=True,  # M: Send API reference, reply_to.mid
        comments=True,  # M: Private replies
        tags=("human_agent",),  # M: Message tags: the only one that is left since 27 Apr 2026
        upload_days=90,  # M: Attachment Upload API
        rates=_PAGE_RATES,
    ),
    "instagram": Capabilities(
        name="instagram",
        text=TextRule(size=Size(most=1000, in_bytes=True), source="I: Send a message"),
        quick_replies=_PAGE_REPLIES,
        buttons=_INSTAGRAM_BUTTONS,
        cards=CardRule(
            least=1, most=10, title=80, subtitle=80, buttons=3, button=_INSTAGRAM_BUTTONS, source="I: Generic Template"
        ),
        media={
            "image": MediaRule(size=8 * _MIB, mimes=_PAGE_PICTURES, source=_INSTAGRAM_ASSETS),
            "audio": MediaRule(size=_PAGE_SIZE, mimes=_PAGE_SOUNDS, source=_INSTAGRAM_ASSETS),
            "video": MediaRule(size=_PAGE_SIZE, mimes=_PAGE_FILMS, source=_INSTAGRAM_ASSETS),
            "file": MediaRule(size=_PAGE_SIZE, mimes=("application/pdf",), source=_INSTAGRAM_ASSETS),
        },
        reply_to=False,  # documented for Messenger only
        comments=True,  # I: Private Replies
        tags=("human_agent",),  # I: Human Agent
        upload_days=90,  # M: Attachment Upload API, which Instagram shares
        rates=_PAGE_RATES,
    ),
    "whatsapp": Capabilities(
        name="whatsapp",
        text=TextRule(size=Size(most=4096), source="W: Text messages"),
        buttons=_WHATSAPP_BUTTONS,
        list=ListRule(
            text=Size(most=4096), button=20, sections=10, rows=10, section_title=24, title=24, payload=200,
            description=72, source="W: Interactive list messages",
        ),
        cards=CardRule(
            least=2, most=10, text=Size(most=1024), body=160, buttons=1,
            button=_WHATSAPP_BUTTONS.model_copy(update={"kinds": ("url",)}),
            source="W: Interactive media carousel messages (cards with a picture and one URL button each)",
        ),
        media={
            "image": MediaRule(
                size=5 * _MIB, mimes=("image/jpeg", "image/png"), caption=1024, source=_WHATSAPP_ASSETS
            ),
            "audio": MediaRule(
                size=16 * _MIB, mimes=("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
                source=_WHATSAPP_ASSETS,
            ),
            "video": MediaRule(size=16 * _MIB, mimes=("video/mp4", "video/3gp"), caption=1024, source=_WHATSAPP_ASSETS),
            "file": MediaRule(
                size=100 * _MIB,
                mimes=tuple(sorted(mime for mime in MIME_TYPES.values() if mime.startswith(("text/", "application/")))),
                caption=1024, file_name=True, source=_WHATSAPP_ASSETS,
            ),
            # 500 KB if it moves; whether it does cannot be told from its name.
            "sticker": MediaRule(size=100 * _KIB, mimes=("image/webp",), source=_WHATSAPP_ASSETS),
        },
        approved=ApprovedRule(
            called="message template", parameter=1024, media_header=True, source="W: Templates, Utility templates"
        ),
        asks={
            "location": AskRule(text=Size(most=1024), source="W: Location request messages"),
            "phone": AskRule(text=Size(most=1024), source="W: Business-scoped user IDs, request_contact_info"),
        },
        reply_to=True,  # W: Contextual replies
        comments=False,
        upload_days=30,  # W: Media
        rates=Rates(
            text_per_second=80, media_per_second=80, pair_seconds=6, pair_burst=45,
            source="W: Throughput; pair rate limit (the burst of 45 is borrowed from the time after it)",
        ),
    ),
}  # fmt: skip
"""By the channel's name."""
