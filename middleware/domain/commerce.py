"""Orders and carts as a shop tells them, and money that never is a float."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, Self, TypeVar

from middleware.domain.record import Record
from middleware.domain.untrusted import Title, Word

_LARGEST = 2**53
"""Minor units: what every reader of JSON can hold exactly."""


_MINOR_UNITS = {
    currency: places
    for places, currencies in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }.items()
    for currency in currencies.split()
}
"""Decimal places of the currencies that have not two. Source: ISO 4217, list one, of 2024.

Babel's table says how a currency is *shown*, and several that are shown without decimals have two.
"""


class Money(Record):
    """An amount in minor units of its currency (ISO 4217): 4990 EUR with exponent 2 is 49.90 EUR."""

    amount: int
    currency: str
    exponent: int

    @classmethod
    def parse(cls, text: object, currency: str) -> Self:
        """Money from a decimal string such as "49.90". Raises ValueError for what is no amount or no currency."""
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):  # noqa: PLR2004 - ISO 4217
            raise ValueError(f"{currency!r} is no ISO 4217 currency")
        try:
            exponent = _MINOR_UNITS.get(currency.upper(), 2)
            minor = Decimal(str(text)).scaleb(exponent).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        except ArithmeticError as error:
            raise ValueError("no amount of money") from error
        if not minor.is_finite() or abs(minor) > _LARGEST:
            raise ValueError("no amount of money")
        return cls(amount=int(minor), currency=currency.upper(), exponent=exponent)

    def as_decimal(self) -> Decimal:
        """The amount in major units."""
        return Decimal(self.amount).scaleb(-self.exponent)


class LineItem(Record):
    """One line of an order or a cart. `variant_id` is what a cart permalink names, `product_id` what the shop calls the
    product that it is a variant of.
    """

    title: Title
    quantity: int = 1
    product_id: Word | None = None
    variant_id: Word | None = None
    sku: Word | None = None
    price: Money | None = None


OrderState = Literal["open", "paid", "partly_shipped", "shipped", "cancelled", "refunded"]


class Version(Record):
    """Which of two states of an entity is newer.

    The source's own time `at`; where that is too coarse (Shopify's is in whole seconds) the time `told_at` at which
    the source told us; then the event's key, so that there always is an answer.
    """

    at: datetime
    told_at: datetime | None = None
    event: str

    def __lt__(self, other: "Version") -> bool:
        return self.rank() < other.rank()

    @property
    def source(self) -> str:
        """The connector that told it: the first word of each event's key."""
        return self.event.partition(":")[0]

    def rank(self) -> tuple[datetime, datetime, str]:
        """The order of versions in time, ties by event key."""
        return (self.at, self.told_at or self.at, self.event)


class Refund(Record):
    """Money that went back to whoever paid an order. `amount` is None where the shop does not say how much for sure."""

    id: str
    order_id: str
    version: Version
    amount: Money | None = None


class Shipment(Record):
    """One parcel of an order. `failed`: it was called off or never came about.

    `tracking_url` is an address (http or https) for the customer to open.
    """

    id: str
    order_id: str
    version: Version
    sent_at: datetime
    failed: bool = False
    delivered: bool = False
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None


KEPT_PARTS = 100
"""Refunds, and parcels, that one order keeps."""

P = TypeVar("P", Refund, Shipment)


def newest_parts(parts: Iterable[P]) -> tuple[P, ...]:
    """The newest version of each refund or parcel, by id. Bounded by the id, which never changes: so it commutes."""
    newest: dict[str, P] = {}
    for part in parts:
        known = newest.get(part.id)
        newest[part.id] = part if known is None or known.version < part.version else known
    return tuple(newest[each] for each in sorted(newest)[-KEPT_PARTS:])


class Order(Record):
    """One order of a shop.

    `total` is what it costs by now, `original_total` what it cost when it was placed: refunds lower the one only.
    `refunds` and `shipments` are told on their own too, before or after the order: all of them are kept, whichever
    version of the order is newest. `contacts` are the identifier keys that stand on this version of the order
    (phone, e-mail, customer id): each of them attests this order and nothing else.
    """

    id: str
    number: str
    state: OrderState
    created_at: datetime
    version: Version
    total: Money | None = None
    original_total: Money | None = None
    items: tuple[LineItem, ...] = ()
    refunds: tuple[Refund, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None
    contacts: tuple[str, ...] = ()
    checkout_token: str | None = None
    cart_token: str | None = None
    links: tuple[str, ...] = ()
    """Ids of our personal links that came back in the order's attributes."""

    def refunded(self) -> Money | None:
        """What went back in all; None where nothing did, or where it cannot be added up."""
        amounts = [refund.amount for refund in self.refunds]
        if not amounts or None in amounts or len({(each.currency, each.exponent) for each in amounts if each}) != 1:
            return None
        known = [each for each in amounts if each is not None]
        total = sum(each.amount for each in known)
        return known[0].model_copy(update={"amount": total}) if total > 0 else None

    def present_state(self) -> OrderState:
        """The state by all that was told: money that all went back says so before the order's own news come."""
        refunded, paid = self.refunded(), self.original_total
        if self.state == "cancelled" or refunded is None or paid is None or paid.amount <= 0:
            return self.state
        same = (refunded.currency, refunded.exponent) == (paid.currency, paid.exponent)
        return "refunded" if same and refunded.amount >= paid.amount else self.state

    def parcels(self) -> tuple[Shipment, ...]:
        """The parcels that came about, the one sent last at the end."""
        sent = (shipment for shipment in self.shipments if not shipment.failed)
        return tuple(sorted(sent, key=lambda shipment: (shipment.sent_at, shipment.id)))


class Cart(Record):
    """One cart or checkout that has not become an order yet (or has: `completed_at`).

    `cart_token` names the cart that a checkout was begun from; None for a cart itself. `contacts` are the identifier
    keys typed into the checkout; `is_personal` says that somebody typed who they are at all, be it in a way that
    gives no identifier (an address). They attest nothing; a cart that bears an identity which is not attested for
    the sender is withheld.
    """

    token: str
    created_at: datetime
    version: Version
    shop: str
    items: tuple[LineItem, ...] = ()
    total: Money | None = None
    completed_at: datetime | None = None
    contacts: tuple[str, ...] = ()
    is_personal: bool = False
    links: tuple[str, ...] = ()
    cart_token: str | None = None

    @property
    def basket(self) -> str:
        """What a cart and all checkouts begun from it have in common."""
        return self.cart_token or self.token

    def as_its_cart(self) -> "Cart":
        """What a checkout tells of the cart that it was begun from: the same things, and who was typed into it."""
        return self.model_copy(update={"token": self.basket, "cart_token": None})
