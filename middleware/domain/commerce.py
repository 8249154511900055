"""Orders and carts as a shop tells them, and money that never is a float."""

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, Self

from babel.numbers import get_currency_precision

from middleware.domain.record import Record

_LARGEST = 2**53
"""Minor units: what every reader of JSON can hold exactly."""


def _exponent(amount: Decimal, currency: str) -> int:
    """Decimal places to keep: those of the currency, or two where the amount itself has some.

    Babel's table says how a currency is *shown*; of several that are shown without decimals ISO 4217 has two.
    """
    shown = get_currency_precision(currency)
    return shown if shown or amount == amount.to_integral_value() else 2


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
            amount = Decimal(str(text))
            exponent = _exponent(amount, currency.upper())
            minor = amount.scaleb(exponent).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        except ArithmeticError as error:
            raise ValueError("no amount of money") from error
        if not minor.is_finite() or abs(minor) > _LARGEST:
            raise ValueError("no amount of money")
        return cls(amount=int(minor), currency=currency.upper(), exponent=exponent)

    def as_decimal(self) -> Decimal:
        """The amount in major units."""
        return Decimal(self.amount).scaleb(-self.exponent)


class LineItem(Record):
    """One line of an order or a cart. `variant_id` is what a cart permalink names."""

    title: str
    quantity: int = 1
    variant_id: str | None = None
    sku: str | None = None
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
        return self._rank() < other._rank()

    def _rank(self) -> tuple[datetime, datetime, str]:
        return (self.at, self.told_at or self.at, self.event)


class Order(Record):
    """One order of a shop.

    `contacts` are the identifier keys that stand on this version of the order (phone, e-mail, customer id):
    each of them attests this order and nothing else.
    """

    id: str
    number: str
    state: OrderState
    created_at: datetime
    version: Version
    total: Money | None = None
    items: tuple[LineItem, ...] = ()
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None
    contacts: tuple[str, ...] = ()
    checkout_token: str | None = None
    links: tuple[str, ...] = ()
    """Ids of our personal links that came back in the order's attributes."""


class Cart(Record):
    """One cart or checkout that has not become an order yet (or has: `completed_at`).

    `contacts` are the identifier keys typed into the checkout; `is_personal` says that somebody typed who they are at
    all, be it in a way that gives no identifier (an address). They attest nothing; a cart that bears an identity which
    is not attested for the sender is withheld.
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
