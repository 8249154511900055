"""Context, version 1: what is handed to a flow, an engine or a person for one message.

Every block carries its state, its source and its age. What a sender may not be told is not in here at all.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from middleware.domain.commerce import LineItem, Money, OrderState
from middleware.domain.conversation import Claim, Intent, Line, Owner, Window
from middleware.domain.events import Attachment, MessageKind
from middleware.domain.identifiers import Level, NamedLevel
from middleware.domain.known_views import BrowsingView, ConsentsView, DetailsView, MarketingView, SupportView
from middleware.domain.recommendations import RecommendationsView
from middleware.domain.record import Record
from middleware.domain.untrusted import HiddenId, Name, Payload, RawId, Title, WebAddress, Word, Words

SCHEMA: Literal["throughline.context/1"] = "throughline.context/1"

BLOCKS = (
    "orders", "cart", "ad_click", "product", "browsing", "marketing", "support", "consent", "details", "history",
    "recommendations",
)  # fmt: skip
"""The blocks a caller can name."""

RECOMMENDATIONS = "recommendations"

ON_DEMAND = frozenset({RECOMMENDATIONS})
"""Blocks that are worked out only for whoever asks for them: no flow names them under `needs`."""

LOOKUPS = "lookups"

HANDED_OVER = (*BLOCKS, LOOKUPS)
"""The parts of a context that the settings can give to an engine."""

LEVELS: dict[str, Level] = {
    "product": Level.NEW, "recommendations": Level.NEW,
    "ad_click": Level.CHANNEL, "consent": Level.CHANNEL, "history": Level.CHANNEL,
    "cart": Level.CARRIED, "browsing": Level.CARRIED,
    "orders": Level.LINKED, "marketing": Level.LINKED, "support": Level.LINKED, "details": Level.LINKED,
}  # fmt: skip
"""The disclosure level from which on each block can be there."""


def level_of_paths(paths: Iterable[str]) -> Level:
    """The level from which on all of these dotted paths can be there."""
    return max((LEVELS.get(path.partition(".")[0], Level.NEW) for path in paths), default=Level.NEW)


T = TypeVar("T")

BlockState = Literal["fresh", "stale", "missing", "withheld", "error"]


class MessageView(Record):
    """The message that is being answered."""

    id: RawId
    channel: str
    account: str
    kind: MessageKind
    text: Words = ""
    payload: Payload | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: RawId | None = None
    sent_at: datetime
    locale: str | None = None
    """A guess at the language of the text: `en`, `de`, `es`, or None."""


class ConversationView(Record):
    """The conversation in which it was written."""

    id: str
    owner: Owner
    window: Window
    first_message: bool
    """Nothing was said here before this message."""
    lines: tuple[Line, ...] = ()
    flow: str | None = None
    """The flow that waits, for an answer or a time."""
    tags: tuple[Word, ...] = ()
    intent: Intent | None = None
    """What the customer was after last, as a flow noted it."""


class Reason(Record):
    """Why one identifier counts as the sender's: the edge that leads to it."""

    identifier: str
    evidence: str
    rule: str
    at: datetime


class IdentityView(Record):
    """Who is writing, how far that goes, and why we believe it. Identifiers are masked."""

    profile_id: HiddenId | None = None
    level: NamedLevel
    identifiers: tuple[str, ...] = ()
    why: tuple[Reason, ...] = ()
    claims: tuple[Claim, ...] = ()


class ClaimedValue(Record):
    """A value that the customer set on the platform: where it comes from, and when it was said."""

    value: Title
    source: str | None = None
    as_of: datetime


class ProfileView(Record):
    """Values of the profile itself. The name is what the customer calls themselves on this channel; `locale` is that
    of the last reply. `claimed` are name, locale and time_zone with their sources: a hint, never who somebody is.
    """

    name: Name | None = None
    locale: str | None = None
    claimed: dict[str, ClaimedValue] = Field(default_factory=dict)


class TrackingView(Record):
    """Where the parcel that was sent last can be followed."""

    carrier: Name | None = None
    number: Word | None = None
    url: WebAddress | None = None


class OrderView(Record):
    """What a sender may be told about one order. `delivered`: all parcels that were sent have arrived."""

    number: Word
    state: OrderState
    created_at: datetime
    total: Money | None = None
    refunded: Money | None = None
    items: tuple[LineItem, ...] = ()
    shipped_at: datetime | None = None
    delivered: bool = False
    tracking: TrackingView | None = None
    cancelled_at: datetime | None = None


class OrdersView(Record):
    """Orders along the path, newest first; at most ten."""

    latest: OrderView
    all: tuple[OrderView, ...]
    count: int


class CartView(Record):
    """One open cart that came back through a personal link: product titles, never a recovery address."""

    items: tuple[LineItem, ...]
    total: Money | None = None
    updated_at: datetime


class ClickView(Record):
    """One ad click, with the product it leads to if the brand's map names one."""

    at: datetime
    channel: str
    source: Word | None = None
    ad_id: Word | None = None
    ref: Title | None = None
    headline: Title | None = None
    product: Title | None = None
    click_id: Payload | None = None


class AdClickView(ClickView):
    """The click that counts for this message (the last touch), beside the first touch."""

    first: ClickView


class ProductView(Record):
    """The product that a message is about, as the shop's catalogue (or the brand's map of ads) has it.

    `why` says how it was found: by the `ad_click`, because the message was `referred` to it, or because it was `named`.
    `price` is the lowest, `price_to` the highest where they differ; `available` None: not sure. Public, for anybody.
    """

    title: Title
    why: Literal["ad_click", "referred", "named"]
    variant: Title | None = None
    url: WebAddress | None = None
    image: WebAddress | None = None
    price: Money | None = None
    price_to: Money | None = None
    available: bool | None = None
    description: Words | None = None


class HistoryView(Record):
    """How long and how much the person has written here."""

    first_seen: datetime | None = None
    lines: int


class Block(Record, Generic[T]):
    """One part of the context: its value, where it comes from, how old it is, and the level it needs."""

    state: BlockState
    needs_level: NamedLevel
    value: T | None = None
    source: str | None = None
    as_of: datetime | None = None
    why: str | None = None
    """Of a block that comes on demand: what is to be said of it, such as why it is not fresh. Our own words."""


LookedUp = Title | bool | int | float | Money


class LookUpView(Record):
    """What another system answered when a flow looked something up: the fields that the settings name, each of the
    type that they name. A time is RFC 3339, or a date. Untrusted: another system wrote it.
    """

    fields: dict[str, LookedUp]


class Policy(Record):
    """Whether the bot may reply and promote at all, and why not. `limits` of the channel for a builder to look at."""

    may_reply: bool
    may_promote: bool
    reasons: tuple[str, ...] = ()
    limits: dict[str, Any] = Field(default_factory=dict)


class LinkOffer(Record):
    """A personal link that a flow may use: it comes into being only if the flow does."""

    id: str
    url: str


class ProofView(Record):
    """What a message brings to a proof by one-time code. Nothing in it depends on what is known of anybody else."""

    address: bool = False
    """It names one e-mail address, to which a code could go."""
    code: Literal["right", "wrong"] | None = None
    """It was taken as a code. `wrong`: not the code, expired or used up, nobody is told which."""


class Context(Record):
    """One envelope for flows, engines, the pull API and the agent's page (`throughline.context/1`)."""

    schema_: Literal["throughline.context/1"] = Field(default=SCHEMA, alias="schema")
    trace_id: RawId
    at: datetime
    message: MessageView | None = None
    conversation: ConversationView | None = None
    identity: IdentityView
    profile: ProfileView = ProfileView()
    orders: Block[OrdersView] | None = None
    cart: Block[CartView] | None = None
    ad_click: Block[AdClickView] | None = None
    product: Block[ProductView] | None = None
    browsing: Block[BrowsingView] | None = None
    marketing: Block[MarketingView] | None = None
    support: Block[SupportView] | None = None
    consent: Block[ConsentsView] | None = None
    details: Block[DetailsView] | None = None
    history: Block[HistoryView] | None = None
    recommendations: Block[RecommendationsView] | None = None
    """What fits, each with what it rests on: worked out only for whoever asks for it."""
    lookups: dict[str, Block[LookUpView]] | None = None
    """What flows looked up for this message, by the name of the look-up. Only what was looked up is there."""
    policy: Policy
    proof: ProofView | None = None
    """Only for a message, and only where the brand sends one-time codes."""
    links: dict[str, LinkOffer] = Field(default_factory=dict)
    """Personal links on offer, by purpose: `product`, `cart`."""
