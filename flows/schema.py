"""Every value a template can name: its sort, what it is, whether it can be missing, how long it can get."""

import re
from dataclasses import dataclass

from flows.language.filters import Sort

LONGEST: dict[Sort, int] = {"number": 12, "yes_no": 5, "money": 24, "date": 32}
"""Code points of a value as it is said, by sort, where its own row does not say."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row.

    `optional`: can be missing even where the group that it stands in is there. `ascii`: never anything but
    ASCII, so that a character is a byte.
    """

    path: str
    sort: Sort
    about: str
    optional: bool = False
    longest: int = 0
    ascii: bool = False

    @property
    def length(self) -> int:
        """The most code points that it takes when said."""
        return self.longest or LONGEST.get(self.sort, 0)


NAME_LENGTH = 80
TITLE_LENGTH = 120
NUMBER_LENGTH = 40
MESSAGE_LENGTH = 2000
ID_LENGTH = 64
REF_LENGTH = 200
LINK_LENGTH = 300
SENTENCE_LENGTH = 130
DESCRIPTION_LENGTH = 1000
CARRIER_LENGTH = 60
TRACKING_LENGTH = 200
DETAIL_LENGTH = 80
ANSWER_LENGTH = 200
LOOKED_UP_LENGTH = 200

ANSWERS = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "order_reference": "the number of an order",
    "name": "a name",
    "text": "any text",
    "number": "a whole number",
    "choice": "the payload of what was chosen",
}
"""What a flow can ask for. Without an `into` the answer has this name."""

DETAILS = {
    "first_name": "first name",
    "last_name": "last name",
    "country": "country, as in DE",
    "language": "language, as in de",
    "company": "company",
    "job_title": "what they do there",
    "lifecycle_stage": "how far they have come, in the brand's own words",
    "lead_status": "what became of them as a lead, in the brand's own words",
}
"""What a template can say of what sources have on record: no address, no date of birth, no contact."""

CONSENT_CHANNELS = ("email", "sms", "phone", "whatsapp", "messenger", "instagram")


def _items(path: str, *, optional: bool) -> tuple[Field, ...]:
    return (
        Field(f"{path}.items", "list", "what is in it", optional),
        Field(f"{path}.items.title", "text", "name of the product", longest=TITLE_LENGTH),
        Field(f"{path}.items.quantity", "number", "how many of it"),
        Field(f"{path}.items.price", "money", "price of one", optional=True),
    )


def _order(path: str, about: str, *, sort: Sort = "group", optional: bool = False) -> tuple[Field, ...]:
    return (
        Field(path, sort, about, optional),
        Field(f"{path}.number", "text", "number as the shop writes it", longest=NUMBER_LENGTH),
        Field(f"{path}.state", "text", "open, paid, partly_shipped, shipped, cancelled or refunded", longest=14),
        Field(f"{path}.total", "money", "what it costs altogether", optional=True),
        Field(f"{path}.refunded", "money", "what was given back of it", optional=True),
        *_items(path, optional=True),
        Field(f"{path}.created_at", "date", "when it was placed"),
        Field(f"{path}.shipped_at", "date", "when it was sent off", optional=True),
        Field(f"{path}.delivered", "yes_no", "whether all that was sent has arrived"),
        Field(f"{path}.tracking", "group", "where the parcel sent last can be followed", optional=True),
        Field(f"{path}.tracking.url", "text", "link to it", optional=True, longest=TRACKING_LENGTH, ascii=True),
        Field(f"{path}.tracking.number", "text", "its number", optional=True, longest=NUMBER_LENGTH),
        Field(f"{path}.tracking.carrier", "text", "who brings it", optional=True, longest=CARRIER_LENGTH),
        Field(f"{path}.cancelled_at", "date", "when it was cancelled", optional=True),
    )


def _ticket(path: str) -> tuple[Field, ...]:
    return (
        Field(f"{path}.number", "text", "its number at the help desk", longest=NUMBER_LENGTH),
        Field(f"{path}.state", "text", "new, open, pending, on_hold, solved or closed", longest=7, ascii=True),
        Field(f"{path}.subject", "text", "what it is about, as somebody wrote it", optional=True, longest=TITLE_LENGTH),
        Field(f"{path}.created_at", "date", "when it was opened"),
    )


def _recommended(path: str, about: str, *, sort: Sort) -> tuple[Field, ...]:
    return (
        Field(path, sort, about),
        Field(f"{path}.title", "text", "name of the product", longest=TITLE_LENGTH),
        Field(f"{path}.url", "text", "its page in the shop", optional=True, longest=LINK_LENGTH, ascii=True),
        Field(f"{path}.image", "text", "address of its picture", optional=True, longest=LINK_LENGTH, ascii=True),
        Field(f"{path}.price", "money", "what it costs; the lowest price of several", optional=True),
        Field(f"{path}.price_to", "money", "the highest price, where there are several", optional=True),
        Field(f"{path}.availability", "text", "in_stock, where it is sure", optional=True, longest=8, ascii=True),
        Field(f"{path}.why", "text", "replenishment, accessory, bought_together or viewed", longest=15, ascii=True),
        Field(f"{path}.rests_on", "text", "message, order, cart or view", longest=7, ascii=True),
        Field(f"{path}.because_of", "text", "name of what it rests on", optional=True, longest=TITLE_LENGTH),
        Field(f"{path}.together", "number", "how many orders have both, where that is the reason", optional=True),
        Field(f"{path}.of", "number", "of how many orders with that one", optional=True),
    )


_FIELDS = (
    Field("profile", "group", "the customer"),
    Field("profile.name", "text", "name as set on the channel", optional=True, longest=NAME_LENGTH),
    Field("profile.locale", "text", "language, as in de or de_AT", optional=True, longest=12),
    Field("message", "group", "the message that is answered"),
    Field("message.text", "text", "what the customer wrote", optional=True, longest=MESSAGE_LENGTH),
    Field("message.channel", "text", "instagram, messenger or whatsapp", optional=True, longest=20),
    Field("conversation", "group", "the conversation"),
    Field("conversation.first_message", "yes_no", "nothing was said before", optional=True),
    Field("conversation.window", "group", "whether the channel lets us write"),
    Field("conversation.window.open", "yes_no", "whether we may write freely now", optional=True),
    Field("conversation.tags", "list", "the tags that flows have set", optional=True, longest=NAME_LENGTH),
    Field(
        "conversation.intent", "text", "product_interest, support_issue or lead", optional=True, longest=16, ascii=True
    ),
    Field("orders", "group", "orders that the customer may be told about", optional=True),
    Field("orders.count", "number", "how many there are"),
    Field("orders.fresh", "yes_no", "whether this is up to date"),
    *_order("orders.latest", "the newest order"),
    *_order("orders.asked", "the order mentioned, else the newest: what the message is about"),
    *_order("orders.mentioned", "the order whose number stands in the message", optional=True),
    *_order("orders.all", "the orders, newest first", sort="list"),
    Field("cart", "group", "the open cart", optional=True),
    Field("cart.count", "number", "how many pieces are in it"),
    Field("cart.fresh", "yes_no", "whether this is up to date"),
    Field("cart.total", "money", "what it costs altogether", optional=True),
    *_items("cart", optional=False),
    Field("ad_click", "group", "the ad or link that brought the customer", optional=True),
    Field("ad_click.product", "text", "the product it leads to", optional=True, longest=TITLE_LENGTH),
    Field("ad_click.headline", "text", "headline of the ad", optional=True, longest=TITLE_LENGTH),
    Field("ad_click.ad_id", "text", "id of the ad", optional=True, longest=ID_LENGTH),
    Field("ad_click.ref", "text", "reference in the link", optional=True, longest=REF_LENGTH),
    Field("product", "group", "the product that the message is about", optional=True),
    Field("product.title", "text", "its name", longest=TITLE_LENGTH),
    Field("product.variant", "text", "which of its variants", optional=True, longest=TITLE_LENGTH),
    Field("product.from_ad", "yes_no", "whether an ad or a link led to it"),
    Field("product.url", "text", "its page in the shop", optional=True, longest=LINK_LENGTH, ascii=True),
    Field("product.price", "money", "what it costs; the lowest price of several", optional=True),
    Field("product.price_to", "money", "the highest price, where there are several", optional=True),
    Field(
        "product.availability", "text", "in_stock or sold_out, where it is sure", optional=True, longest=8, ascii=True
    ),
    Field("product.description", "text", "its description", optional=True, longest=DESCRIPTION_LENGTH),
    Field("product.asked", "yes_no", "whether the message asks something about it"),
    Field("product.asks_price", "yes_no", "whether it asks for the price"),
    Field("product.asks_stock", "yes_no", "whether it asks if it can be had"),
    Field(
        "product.sentence",
        "text",
        "the sentence of its description with every word asked for",
        optional=True,
        longest=SENTENCE_LENGTH,
    ),
    Field("product.unanswered", "yes_no", "whether something was asked that the catalogue does not say"),
    Field("browsing", "group", "what the customer looked at on the site", optional=True),
    Field("browsing.fresh", "yes_no", "whether this is up to date"),
    Field("browsing.last_at", "date", "when they last looked"),
    Field("browsing.products", "list", "the products, latest first", optional=True),
    Field("browsing.products.title", "text", "name of the product", longest=TITLE_LENGTH),
    Field("browsing.products.price", "money", "what it cost then", optional=True),
    Field("browsing.products.at", "date", "when they looked at it"),
    Field("marketing", "group", "what became of marketing e-mails", optional=True),
    Field("marketing.campaign", "text", "the one opened or clicked last", optional=True, longest=TITLE_LENGTH),
    Field("marketing.opened_at", "date", "when a person last opened one", optional=True),
    Field("marketing.clicked_at", "date", "when a person last clicked in one", optional=True),
    Field("marketing.reachable", "yes_no", "whether none bounced, was complained of or unsubscribed from"),
    Field("support", "group", "tickets of the help desk that the customer asked for", optional=True),
    Field("support.fresh", "yes_no", "whether this is up to date"),
    Field("support.open_count", "number", "how many are open"),
    Field("support.open", "list", "the open ones, the one opened last first", optional=True),
    *_ticket("support.open"),
    Field("support.latest", "group", "the open one that was opened last", optional=True),
    *_ticket("support.latest"),
    Field("support.solved", "group", "the one that was solved last", optional=True),
    *_ticket("support.solved"),
    Field("consent", "group", "what the customer consented to, as far as they may be told", optional=True),
    *(
        Field(f"consent.{channel}", "yes_no", f"whether marketing on {channel} is allowed", optional=True)
        for channel in CONSENT_CHANNELS
    ),
    Field("details", "group", "what the brand's sources have on record of the customer", optional=True),
    *(Field(f"details.{name}", "text", about, optional=True, longest=DETAIL_LENGTH) for name, about in DETAILS.items()),
    Field("details.tags", "list", "the customer's tags", optional=True, longest=NAME_LENGTH),
    Field("details.segments", "list", "the segments that the customer is in", optional=True, longest=NAME_LENGTH),
    Field("history", "group", "what was written here before", optional=True),
    Field("history.lines", "number", "how many messages"),
    Field("history.first_seen", "date", "when the customer first wrote", optional=True),
    Field("proof", "group", "whether this brand sends one-time codes to e-mail addresses", optional=True),
    Field("proof.address", "yes_no", "whether the message names an address that one could go to"),
    Field(
        "proof.code", "text", "what came of a code in the message: right or wrong", optional=True, longest=5, ascii=True
    ),
    Field("recommendations", "group", "products that fit, once a step of the flow has taken some", optional=True),
    Field("recommendations.count", "number", "how many there are"),
    *_recommended("recommendations.first", "the one that fits best", sort="group"),
    *_recommended("recommendations.items", "all of them, the best first", sort="list"),
    Field("lookups", "group", "what this flow had looked up for this message: `lookups.<look-up>.<field>`"),
    Field("answers", "group", "what the customer answered to questions of this flow; nobody has verified it"),
    *(
        Field(f"answers.{name}", "number", about, optional=True)
        if name == "number"
        else Field(f"answers.{name}", "text", about, optional=True, longest=ANSWER_LENGTH)
        for name, about in ANSWERS.items()
    ),
    Field("links", "group", "personal links, once a step of the flow has taken one"),
    Field("links.product", "text", "link to the product", optional=True, longest=LINK_LENGTH, ascii=True),
    Field("links.cart", "text", "link to the cart", optional=True, longest=LINK_LENGTH, ascii=True),
)

SCHEMA: dict[str, Field] = {field.path: field for field in _FIELDS}


_ANSWER = re.compile(r"answers\.[a-z][a-z0-9_]{0,59}")
_LOOK_UP = re.compile(r"lookups\.[a-z][a-z0-9_]{0,59}")
_LOOKED_UP = re.compile(rf"{_LOOK_UP.pattern}\.[a-z][a-z0-9_]{{0,59}}")


def field_of(path: str) -> Field | None:
    """The row of a path. A flow can give answers names of its own, and what look-ups say the settings name: these have
    a row like any text.
    """
    if path in SCHEMA:
        return SCHEMA[path]
    if _ANSWER.fullmatch(path):
        return Field(path, "text", "an answer", optional=True, longest=ANSWER_LENGTH)
    if _LOOK_UP.fullmatch(path):
        return Field(path, "group", "what a look-up said", optional=True)
    if _LOOKED_UP.fullmatch(path):
        return Field(path, "text", "a field of what a look-up said", optional=True, longest=LOOKED_UP_LENGTH)
    return None


def can_be_missing(path: str, present: frozenset[str]) -> bool:
    """Whether a known path can be missing where the paths in `present` are known to be there."""
    words = path.split(".")
    prefixes = (".".join(words[:count]) for count in range(1, len(words) + 1))
    fields = ((prefix, field_of(prefix)) for prefix in prefixes)
    return any(field is not None and field.optional and prefix not in present for prefix, field in fields)


def sort_of(path: str, element: bool) -> Sort | None:  # noqa: FBT001 - the shape that the check of sorts calls
    """The sort of a path, or of an element of the list that it names; None where it is not known."""
    # An answer under a name of the flow's own may be a text or a number; of a look-up the settings know.
    field = SCHEMA.get(path)
    if field is None or not element or field.sort != "list":
        return field.sort if field is not None else None
    return "group" if any(known.startswith(f"{path}.") for known in SCHEMA) else "text"
