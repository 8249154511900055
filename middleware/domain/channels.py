"""What each channel can do, and how much of it: the one table. Renderer, checker, fitting, connectors and docs read it.

Each row names the page of Meta's documentation that its numbers stand on ("M:" Messenger Platform, "I:" Instagram
Messaging, "W:" WhatsApp Business Platform, as of mid-2026). Our own web chat has no such page: its numbers are what its
page shows well ("T:" Throughline's own). A number from elsewhere says so beside itself. Texts count in characters (code
points) unless a row says bytes.
"""

from middleware.domain.capabilities import (
    ApprovedRule,
    AskRule,
    ButtonRule,
    Capabilities,
    CardRule,
    ListRule,
    MediaRule,
    QuickReplyRule,
    RateRule,
    Size,
    TextRule,
)
from middleware.domain.forms import MIME_TYPES

_KIB, _MIB = 1024, 1024 * 1024

_PAGE_REPLIES = QuickReplyRule(
    most=13, title=20, payload=1000, source="M: Quick replies (payload: Quick Replies reference)"
)
_PAGE_RATES = RateRule(text_per_second=300, media_per_second=10, raised_to=300, source="M: Rate limits (23 Mar 2026)")
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

_OURS = "T: web chat, what its page shows"
_WEBCHAT_BUTTONS = ButtonRule(
    most=6, text=Size(most=2000), title=40, payload=1000, kinds=("reply", "url"), source=_OURS
)

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
        rates=RateRule(
            text_per_second=80, media_per_second=80, raised_to=1000, pair_seconds=6, pair_burst=45,
            source="W: Throughput; pair rate limit (the burst of 45 is borrowed from the time after it)",
        ),
    ),
    "webchat": Capabilities(
        name="webchat",
        text=TextRule(size=Size(most=4000), source=_OURS),
        quick_replies=QuickReplyRule(most=13, title=40, payload=1000, source=_OURS),
        buttons=_WEBCHAT_BUTTONS,
        # Without their pictures: whether a page may load these is for its own policy to say.
        cards=CardRule(least=1, most=10, title=80, subtitle=160, buttons=3, button=_WEBCHAT_BUTTONS, source=_OURS),
        media={},
        reactions=False,
        reply_to=False,
        comments=False,
        signals=(),
        upload_days=0,
        always_open=True,
        rates=RateRule(text_per_second=1000, media_per_second=1000, raised_to=1000, source="T: no platform limits it"),
    ),
}  # fmt: skip
"""By the channel's name."""
