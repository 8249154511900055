"""Recommendations: the rules by which a brand recommends its products, and what is told of one that is recommended."""

from datetime import timedelta
from typing import Literal, NamedTuple

from middleware.domain.commerce import Money
from middleware.domain.identifiers import Level
from middleware.domain.record import Record
from middleware.domain.untrusted import Title, WebAddress

Why = Literal["replenishment", "accessory", "bought_together", "viewed"]
"""Why a product is recommended: what was bought is used up by now, a rule says that it goes with something, others
bought it together with that, or it was looked at.
"""

WHYS: tuple[Why, ...] = ("replenishment", "accessory", "bought_together", "viewed")
"""All of them, in the order in which they are recommended: what a rule says comes before what is counted."""

RestsOn = Literal["message", "order", "cart", "view"]
"""What a recommendation rests on: the product that the message itself is about, something bought, something in the
cart, or something looked at.
"""

LEVEL_OF: dict[RestsOn, Level] = {
    "message": Level.NEW,
    "cart": Level.CARRIED,
    "view": Level.CARRIED,
    "order": Level.LINKED,
}
"""The disclosure level from which on a recommendation may be told: it tells what it rests on."""

MOST_OF_EACH = 5
"""Products in the block for each reason."""

By = Literal["handle", "product_id", "sku", "tag"]


class ProductRef(NamedTuple):
    """A product, or with a `tag` all that have it."""

    by: By
    value: str


class AccessoryRule(Record):
    """What goes with some products, in the order in which it is recommended. No `tag` in `recommend`."""

    to: tuple[ProductRef, ...]
    recommend: tuple[ProductRef, ...]


class ReplenishmentRule(Record):
    """Products that are used up: one piece lasts for `after`."""

    products: tuple[ProductRef, ...]
    after: timedelta


class RecommendationRules(Record):
    """How a brand recommends. `not_again_within`: what was bought so lately is not recommended again.

    `least_together`: how many orders at least must have two products before the one is recommended for the other.
    """

    accessories: tuple[AccessoryRule, ...] = ()
    replenishments: tuple[ReplenishmentRule, ...] = ()
    never: tuple[ProductRef, ...] = ()
    not_again_within: timedelta = timedelta(days=90)
    least_together: int = 3


class RecommendationView(Record):
    """One product that fits, as the shop's catalogue has it, and why it is recommended.

    `price` is the lowest, `price_to` the highest where they differ; `available` None: not sure. `because_of` is the
    title of what it rests on. Where others bought both: in `together` of the newest `of` orders with that.
    """

    title: Title
    url: WebAddress | None = None
    image: WebAddress | None = None
    price: Money | None = None
    price_to: Money | None = None
    available: bool | None = None
    why: Why
    rests_on: RestsOn
    because_of: Title | None = None
    together: int | None = None
    of: int | None = None


class RecommendationsView(Record):
    """What fits, the best first, of each reason at most five. Never what is in the cart or was bought lately."""

    items: tuple[RecommendationView, ...]
