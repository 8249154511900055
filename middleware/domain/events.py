"""Events: one thing that happened, normalised. Append-only; what could not be understood is an `unknown` event."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from middleware.domain.agents import AgentAct
from middleware.domain.commerce import Cart, Order, Refund, Shipment
from middleware.domain.customer import Customer, SourceConsent
from middleware.domain.engines import EngineReply
from middleware.domain.identifiers import Identifier
from middleware.domain.product import Product
from middleware.domain.record import Record
from middleware.domain.signals import EmailActivity, PageView, Ticket
from middleware.domain.source_record import SourceRecord
from middleware.domain.untrusted import HiddenId, RawId, Title, Untrusted, WebAddress, Word

SCHEMA_VERSION = 1
"""Raised when a stored event would be read differently; upcasters stand beside the code that reads them."""


class EventKind(StrEnum):
    """What happened."""

    MESSAGE = "message"
    """A customer wrote something: text, attachments, a quick reply, a button, a story reply."""
    POSTBACK = "postback"
    """A customer pressed a button, an ice breaker or "Get started"."""
    REFERRAL = "referral"
    """A customer came into an existing thread through an ad or a link."""
    REACTION = "reaction"
    READ = "read"
    DELIVERY = "delivery"
    STATUS = "status"
    """WhatsApp's report on a message that we sent."""
    ECHO = "echo"
    """A message that the brand sent, by us or by somebody else."""
    EDIT = "edit"
    UNSEND = "unsend"
    OPTIN = "optin"
    """Marketing opt-in or opt-out as the platform reports it."""
    STANDBY = "standby"
    """Another app owns the thread: read, never answered."""
    HANDOVER = "handover"
    """The thread moved from one app to another (pass, take, request, roles)."""
    IDENTITY_CHANGE = "identity_change"
    """An identifier was replaced by another: WhatsApp's `user_id_update` and system messages."""
    SYSTEM = "system"
    """A system notice inside a conversation that changes no identifier."""
    FEEDBACK = "feedback"
    ACCOUNT_LINKING = "account_linking"
    POLICY = "policy"
    """The platform warns, blocks or unblocks the account."""
    SENDER_PROFILE = "sender_profile"
    """What the platform says of a sender because we asked: a claim. It comes through the inbox like everything."""
    ENGINE_REPLY = "engine_reply"
    """What an engine said to a turn, or that it said nothing. It comes through the inbox like everything."""
    LEAD = "lead"
    """A lead form was filled in (answers or only their id)."""
    CALL = "call"
    """A call or a permission to call."""
    CHAT_ORDER = "chat_order"
    """A customer sent a cart from the platform's own catalogue (Messenger `order`)."""
    ACCOUNT = "account"
    """News about the account itself: template status, quality, limits, comments on posts."""
    ORDER = "order"
    REFUND = "refund"
    """Money went back for an order."""
    SHIPMENT = "shipment"
    """A parcel of an order was sent, or is somewhere else by now."""
    CART = "cart"
    CUSTOMER = "customer"
    """A shop's record of a customer: made, changed, gone, or what it says of their consent."""
    PRODUCT = "product"
    RECORD = "record"
    """A source's record of a person: made, changed, gone. The values that this event brings, not the whole."""
    TICKET = "ticket"
    """A help desk's ticket: opened, changed, solved."""
    EMAIL_ACTIVITY = "email_activity"
    """What became of a marketing e-mail: opened, clicked, bounced, complained of, unsubscribed."""
    PAGE_VIEW = "page_view"
    """Somebody looked at a page, a product or a search of the brand's site."""
    TIMER = "timer"
    """The time for which a flow waits is over. It is ours: no platform and no customer tells it."""
    NEWS = "news"
    """Something a source told concerns a customer who is in a conversation. It is ours as well."""
    AGENT = "agent"
    """What an agent did: ours, no platform tells it."""
    CART_LEFT = "cart_left"
    """A cart may have been left for as long as a flow wants. It is ours as well, and belongs to no conversation yet."""
    UNKNOWN = "unknown"


TURN_KINDS = frozenset(
    {
        EventKind.MESSAGE,
        EventKind.POSTBACK,
        EventKind.REFERRAL,
        EventKind.ENGINE_REPLY,
        EventKind.TIMER,
        EventKind.NEWS,
    }
)
"""The kinds on which the flows decide a turn. Everything else changes facts and triggers nothing; what an agent does
has a turn that nobody decides."""


UNASKED_KINDS = frozenset({EventKind.TIMER, EventKind.NEWS})
"""Those of them that no customer began: nobody waits for an answer."""


MessageKind = Literal[
    "text", "image", "audio", "video", "file", "sticker", "share", "story_mention", "story_reply", "location",
    "contacts", "quick_reply", "button", "list_reply", "form_reply", "order", "product", "template", "fallback",
    "unsupported", "welcome_request", "other",
]  # fmt: skip


class Attachment(Record):
    """A file or a shared thing. `url` is the platform's, never fetched while a message is worked on.

    `id` is our own, under which the bytes of a file can be had later; it stands in a context only.
    """

    kind: Word
    id: RawId | None = None
    url: WebAddress | None = None
    media_id: HiddenId | None = None
    mime_type: Word | None = None
    title: Title | None = None
    details: Annotated[dict[str, Any], Untrusted(500)] = Field(default_factory=dict)


class Message(Record):
    """What a customer wrote, or what the brand sent (in an echo). `id` is the platform's (`mid`, `wamid`)."""

    id: str
    kind: MessageKind
    text: str = ""
    payload: str | None = None
    """What the pressed quick reply or button carries."""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    story_url: str | None = None
    forwarded: bool = False
    group: str | None = None
    """The group in which it was written; nothing is answered or disclosed there."""
    product_id: str | None = None
    """The catalogue product that the message is about."""
    app_id: str | None = None
    """In an echo: the app that sent it."""
    correlation_key: str | None = None
    """In an echo: our own key, if it came back."""


class Referral(Record):
    """An ad or a link through which the customer came: one shape for all channels, every field optional."""

    source: str | None = None
    kind: str | None = None
    ref: str | None = None
    ad_id: str | None = None
    headline: str | None = None
    body: str | None = None
    url: str | None = None
    click_id: str | None = None
    product_id: str | None = None


class Receipt(Record):
    """How far messages that we sent have come. `message_ids` or, on Messenger, everything up to `watermark`."""

    status: Literal["sent", "delivered", "read", "played", "failed", "deleted", "other"]
    message_ids: tuple[str, ...] = ()
    watermark: datetime | None = None
    correlation_key: str | None = None
    error_code: int | None = None


class Reaction(Record):
    """A reaction to a message; `emoji` None means that it was taken back."""

    message_id: str
    emoji: str | None = None


class Edit(Record):
    """A message that was edited (`text`) or taken back (`text` None)."""

    message_id: str
    text: str | None = None


class IdentityChange(Record):
    """`previous` became `current` (both identifiers of the same kind, said by the platform itself)."""

    previous: Identifier
    current: Identifier


class SenderProfile(Record):
    """What the platform says of the sender, beside the name: BCP 47 with `_` (`de_DE`), and `UTC+01:00`."""

    locale: str | None = None
    time_zone: str | None = None


class OptIn(Record):
    """Consent as the platform reports it: `granted` False is an opt-out. `purpose` is the platform's word."""

    granted: bool
    purpose: str = "marketing"


class TimerRung(Record):
    """Which waiting is over: that of this step of a flow, begun at `since`."""

    flow: str
    step: str
    since: datetime


NewsKind = Literal["order_placed", "ticket_solved", "cart_abandoned"]


class News(Record):
    """What happened, and to which thing: its id at the source. Of a cart that is its basket."""

    what: NewsKind
    about: str
    shop: str | None = None
    """Whose basket it is."""
    after: int | None = None
    """Seconds for which the basket has not changed, as a flow wants it."""


class Event(Record):
    """One thing that happened.

    `key` is the dedup key: the same thing delivered twice has the same key, within one brand. `anchor` is the
    identifier into whose fragment it goes and the lane on which it is worked on; None for news about the account
    itself. `also` are further identifiers that the *platform itself* attests for the same person in this very
    event (WhatsApp's phone beside the business-scoped id). `raw` is the event's own slice of the body, never
    another person's.
    """

    key: str
    kind: EventKind
    connector: str
    account: str
    """The account's id as the platform writes it: page, Instagram account, phone number id, shop domain."""
    occurred_at: datetime
    received_at: datetime
    anchor: Identifier | None = None
    also: tuple[Identifier, ...] = ()
    name: str | None = None
    """Display name as the customer set it: a claim."""
    message: Message | None = None
    referral: Referral | None = None
    receipt: Receipt | None = None
    reaction: Reaction | None = None
    edit: Edit | None = None
    change: IdentityChange | None = None
    optin: OptIn | None = None
    sender_profile: SenderProfile | None = None
    engine: EngineReply | None = None
    order: Order | None = None
    refund: Refund | None = None
    shipment: Shipment | None = None
    cart: Cart | None = None
    customer: Customer | None = None
    consents: tuple[SourceConsent, ...] = ()
    product: Product | None = None
    record: SourceRecord | None = None
    ticket: Ticket | None = None
    email: EmailActivity | None = None
    view: PageView | None = None
    timer: TimerRung | None = None
    news: News | None = None
    agent: AgentAct | None = None
    topic: str | None = None
    """The platform's own word for what happened, where `kind` is coarser."""
    raw: dict[str, Any] = Field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION
    normaliser_version: int = 1

    @property
    def lane(self) -> str:
        """Everything on one lane is worked on strictly one after the other."""
        return self.anchor.key if self.anchor else f"account|{self.connector}|{self.account}"


def event_key(connector: str, account: str, own: str) -> str:
    """The dedup key of something on a channel from the platform's own id for it (a message's `mid` or `wamid`)."""
    return f"{connector}:{account}:{own}"


def without_words(event: Event) -> Event:
    """An event as it is kept when the customer has taken its message back."""
    message = event.message
    if message is not None:
        message = message.model_copy(update={"kind": "unsupported", "text": "", "attachments": (), "payload": None})
    return event.model_copy(update={"message": message, "raw": {}})


class Rejected(Record):
    """A part of a body that could not be understood or stored: it goes to quarantine with its reason."""

    reason: str
    raw: bytes
    account: str | None = None
