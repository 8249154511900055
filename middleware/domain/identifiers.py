"""Identifiers, the evidence behind them, and the disclosure levels that follow from it (glossary: identity)."""

from enum import IntEnum, StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_SEPARATOR = "|"


class IdentifierKind(StrEnum):
    """What sort of identifier it is."""

    MESSENGER = "messenger"
    """Page-scoped id (PSID). Scope: the page."""
    INSTAGRAM = "instagram"
    """Instagram-scoped id (IGSID). Scope: the Instagram account."""
    WHATSAPP = "whatsapp"
    """Business-scoped user id (BSUID). Scope: the business portfolio."""
    PHONE = "phone"
    """E.164 number. No scope."""
    EMAIL = "email"
    """Normalised address. No scope."""
    SHOP_CUSTOMER = "shop_customer"
    """The shop's customer id. Scope: the shop."""
    SHOP_ORDER = "shop_order"
    """The shop's order id. Scope: the shop."""
    SHOP_CHECKOUT = "shop_checkout"
    """The shop's checkout token. Scope: the shop."""
    SHOP_CART = "shop_cart"
    """The shop's cart token. Scope: the shop."""
    SHOP_PRODUCT = "shop_product"
    """The shop's product id. Scope: the shop. Names nothing of a person: it is the lane of news about a product."""
    SOURCE_RECORD = "source_record"
    """A source's record of a person: a CRM contact, a profile of an e-mail tool, a lead, a row of a file.
    Scope: connector and account, `hubspot:62515`."""
    TICKET = "ticket"
    """A help desk's ticket. Scope: connector and account."""
    VISITOR = "visitor"
    """A browser of somebody on the brand's site: the hash of the random key that the site's script keeps there.
    Scope: the site."""
    SITE_ACCOUNT = "site_account"
    """An account of the brand's own site, as its signed token names it. Scope: the site."""
    PERSONAL_LINK = "personal_link"
    """The opaque id of a link that we sent into one conversation. No scope."""


class Identifier(NamedTuple):
    """`(kind, scope, value)`: one way in which one system names a person or a thing that belongs to them."""

    kind: IdentifierKind
    scope: str
    value: str

    @property
    def key(self) -> str:
        """The identifier as one string, the `_id` under which it is stored: `kind|scope|value`."""
        return _SEPARATOR.join((self.kind, self.scope, self.value))

    @classmethod
    def from_key(cls, key: str) -> Self:
        """The identifier behind a `key`. Raises ValueError for anything that `key` did not make."""
        kind, scope, value = key.split(_SEPARATOR, 2)
        return cls(IdentifierKind(kind), scope, value)

    def masked(self) -> str:
        """The identifier as a person may see it in a trace: its kind and its last two characters."""
        return f"{self.kind}:…{self.value[-2:]}"


class Evidence(StrEnum):
    """How we know that an identifier belongs to a person."""

    CLAIMED = "claimed"
    """Typed, a display name, a free-form field: never an identity."""
    CARRIED = "carried"
    """A personal link that we sent came back. Very likely the same person, but links get forwarded."""
    ATTESTED = "attested"
    """The channel or the shop itself says so."""
    PROVEN = "proven"
    """The person answered a code sent to the stored address, or the brand's site signed for them."""


class Level(IntEnum):
    """Disclosure level: what a sender may be told. Higher includes lower."""

    NEW = 0
    """First contact: nothing is known."""
    CHANNEL = 1
    """This conversation and its own ad click."""
    CARRIED = 2
    """Cart and products seen through a personal link."""
    LINKED = 3
    """Along an attested path: the state of that order, purchases."""
    VERIFIED = 4
    """Proven lately: addresses, invoices, changes."""


def _level(value: object) -> object:
    return Level[value.upper()] if isinstance(value, str) and value.upper() in Level.__members__ else value


NamedLevel = Annotated[
    Level,
    BeforeValidator(_level),
    PlainSerializer(lambda level: level.name.lower(), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "enum": [level.name.lower() for level in Level]}, mode="serialization"),
]
"""A level that is written by its name in JSON: `new`, `channel`, `carried`, `linked`, `verified`."""

LEVEL_OF_EVIDENCE: dict[Evidence, Level] = {
    Evidence.CLAIMED: Level.NEW,
    Evidence.CARRIED: Level.CARRIED,
    Evidence.ATTESTED: Level.LINKED,
    Evidence.PROVEN: Level.VERIFIED,
}
"""What one edge of a path lets through. A path lets through what its weakest edge does."""
