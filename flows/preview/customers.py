"""Made-up customers: what templates may read of each of them, just as `values_of` would give it.

Ana has everything, Ben nothing; the others are what goes wrong with real ones. `Customer.values` is plain data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flows.language.limits import LIST_ITEMS
from flows.language.program import Value
from flows.preview.building import built, last_word, reworded
from flows.schema import CONSENT_CHANNELS, Field
from flows.templates import Reader, locale_chain
from flows.values import Values
from middleware.domain.capabilities import Capabilities
from middleware.domain.text import cleaned

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
"""When the made-up customers read: a Friday. What is said of them never changes by itself."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody to whom a template is shown. `locale` and `zone` are those that they have set on the channel, `now` is
    when they read, `default_locale` that of the brand.
    """

    name: str
    about: str
    values: Values
    locale: str = "en"
    zone: str | None = "Europe/Madrid"
    now: datetime = NOW
    default_locale: str = "en"

    def values_on(self, channel: Capabilities, *, window_open: bool = True) -> Values:
        """What templates may read where they write on this channel; `window_open` can only close their window."""
        values, message = dict(self.values), self.values.get("message")
        if isinstance(message, dict) and "channel" in message:
            values["message"] = {**message, "channel": channel.name}
        conversation = self.values.get("conversation")
        if not window_open and isinstance(conversation, dict):
            values["conversation"] = {**conversation, "window": {"open": False}}
        return values

    def in_zone(self, zone: str) -> "Customer":
        """The same, by the clock of another zone."""
        return replace(self, zone=zone)

    def reader(
        self, channel: Capabilities, *, locale: str | None = None, window_open: bool = True, key: str | None = None
    ) -> Reader:
        """Them as the reader of a reply on this channel; without a `key` each has one of their own."""
        return Reader(
            locales=locale_chain(locale or self.locale, self.default_locale),
            channel=channel,
            zone=self.zone,
            now=self.now,
            key=self.name if key is None else key,
            window_open=window_open,
        )


def _euros(cents: int) -> Value:
    return {"amount": cents, "currency": "EUR", "exponent": 2}


_SHIRT: Values = {"title": "Linen shirt, blue", "quantity": 1, "price": _euros(2990)}
_SOCKS: Values = {"title": "Wool socks", "quantity": 2, "price": _euros(1000)}
_ORDER: Values = {
    "number": "#1001",
    "state": "shipped",
    "total": _euros(4990),
    "items": [_SHIRT, _SOCKS],
    "created_at": "2026-03-02T09:15:00+00:00",
    "shipped_at": "2026-03-04T16:40:00+00:00",
    "delivered": False,
    "tracking": {"url": "https://tracking.example/PQ7421", "number": "PQ7421", "carrier": "Correos"},
}
_BACK: Values = {**_ORDER, "refunded": _euros(4990), "cancelled_at": "2026-03-03T11:00:00+00:00", "state": "cancelled"}
_TICKET: Values = {
    "number": "7",
    "state": "open",
    "subject": "The jar arrived broken",
    "created_at": "2026-03-05T08:00:00+00:00",
}

TOGETHER_NEVER = frozenset(
    f"orders.{which}.{field}" for which in ("latest", "asked", "mentioned") for field in ("refunded", "cancelled_at")
)
"""What Ana has not: an order that is on its way was neither cancelled nor paid back. Dora's was."""


def _orders(order: Values, *others: Value, fresh: bool = True) -> Values:
    return {
        "count": 1 + len(others),
        "fresh": fresh,
        "latest": order,
        "asked": order,
        "mentioned": order,
        "all": [order, *others],
    }


_HAT: Values = {
    "title": "Straw hat",
    "url": "https://shop.example/products/straw-hat",
    "image": "https://shop.example/cdn/straw-hat.jpg",
    "price": _euros(3900),
    "price_to": _euros(4500),
    "availability": "in_stock",
    "why": "bought_together",
    "rests_on": "order",
    "because_of": "Linen shirt, blue",
    "together": 37,
    "of": 200,
}
_LAVENDER: Values = {
    "title": "Lavender sachets",
    "url": "https://shop.example/products/lavender-sachets",
    "image": "https://shop.example/cdn/lavender-sachets.jpg",
    "price": _euros(900),
    "availability": "in_stock",
    "why": "accessory",
    "rests_on": "order",
    "because_of": "Wool socks",
}
_CART: Values = {"count": 3, "fresh": True, "total": _euros(4990), "items": [_SHIRT, _SOCKS]}

_ANA: Values = {
    "profile": {"name": "Ana Ruiz", "locale": "en"},
    "message": {"text": "Where is my order #1001?", "channel": "messenger"},
    "conversation": {
        "first_message": False,
        "window": {"open": True},
        "tags": ["regular"],
        "intent": "support_issue",
    },
    "orders": _orders(_ORDER, {**_BACK, "number": "#0994"}),
    "cart": _CART,
    "ad_click": {
        "product": "Linen shirt, blue",
        "headline": "Light as summer",
        "ad_id": "120210000000001",
        "ref": "spring",
    },
    "product": {
        "title": "Linen shirt, blue",
        "variant": "Size M",
        "from_ad": True,
        "url": "https://shop.example/products/linen-shirt",
        "price": _euros(2990),
        "price_to": _euros(3490),
        "availability": "in_stock",
        "description": "A light shirt of washed linen. It can be washed at 40 degrees.",
        "asked": True,
        "asks_price": False,
        "asks_stock": False,
        "sentence": "It can be washed at 40 degrees.",
        "unanswered": False,
    },
    "browsing": {
        "fresh": True,
        "last_at": "2026-03-06T10:20:00+00:00",
        "products": [
            {"title": "Straw hat", "price": _euros(3900), "at": "2026-03-06T10:20:00+00:00"},
            {"title": "Linen shirt, blue", "price": _euros(2990), "at": "2026-03-06T10:12:00+00:00"},
        ],
    },
    "marketing": {
        "campaign": "Spring is here",
        "opened_at": "2026-03-05T18:00:00+00:00",
        "clicked_at": "2026-03-05T18:01:00+00:00",
        "reachable": True,
    },
    "support": {
        "fresh": True,
        "open_count": 1,
        "open": [_TICKET],
        "latest": _TICKET,
        "solved": {**_TICKET, "number": "5", "state": "solved"},
    },
    "consent": dict.fromkeys(CONSENT_CHANNELS, True),
    "details": {
        "first_name": "Ana",
        "last_name": "Ruiz",
        "country": "ES",
        "language": "es",
        "company": "Ruiz y Hijos",
        "job_title": "Buyer",

        "lifecycle_stage": "customer",
        "lead_status": "won",
        "tags": ["vip"],
        "segments": ["regulars"],
    },
    "history": {"lines": 12, "first_seen": "2025-11-20T09:00:00+00:00"},
    "recommendations": {"count": 2, "first": _HAT, "items": [_HAT, _LAVENDER]},
    "proof": {"address": False, "code": "right"},
    "lookups": {},
    "answers": {
        "email": "ana@example.com",
        "phone": "+34 600 111 222",
        "order_reference": "#1001",
        "name": "Ana Ruiz",
        "text": "Two of them, please",
        "number": 2,
        "choice": "order_status",
    },
    "links": {"product": "https://shop.example/l/8hT2kQ", "cart": "https://shop.example/l/Zp41xw"},
}  # fmt: skip

_BEN: Values = {
    "profile": {},
    "message": {"text": "Hi", "channel": "messenger"},
    "conversation": {"first_message": True, "window": {"open": True}},
    "lookups": {},
    "answers": {},
    "links": {},
}

_NOTHING: Values = {
    "profile": {}, "message": {}, "conversation": {"window": {}}, "lookups": {}, "answers": {}, "links": {},
}  # fmt: skip

_CARA: Values = {
    **_BEN,
    "profile": {"name": "Cara"},
    **{block: _ANA[block] for block in ("cart", "ad_click", "product", "browsing", "history", "links")},
}

_LONG = "Annegret-Maximiliane Großherzogin zu Sachsen-Weimar-Eisenach und Überlingen "
_LINK = "https://shop.example/"
LONGEST_OF_SET = {
    "orders": "partly_shipped",
    "support": "on_hold",
    "product": "in_stock",
    "proof": "right",
    "conversation": "product_interest",
}
"""The longest word of the values that are one of a few words, by the block that they stand in."""


_LONGEST_REASONS = {"why": "bought_together", "rests_on": "message", "availability": "in_stock"}


def _longest(field: Field) -> Value:
    """The longest that a value can be; a text exactly as long as the schema lets it get."""
    if field.sort in {"text", "list"}:
        return _long_text(field)
    return {
        "number": 999_999_999_999,
        "yes_no": True,
        "money": _euros(999_999_999_999),
        "date": "2025-09-24T22:58:59+00:00",
    }[field.sort]


def _long_text(field: Field) -> str:
    word, block = last_word(field.path), field.path.partition(".")[0]
    if word in {"state", "code", "intent"} or field.path == "product.availability":
        return LONGEST_OF_SET[block]
    if block == "recommendations" and word in _LONGEST_REASONS:
        return _LONGEST_REASONS[word]
    if field.ascii:
        return _LINK + "x" * (field.length - len(_LINK))
    return (_LONG * (field.length // len(_LONG) + 1))[: field.length - 1].rstrip().ljust(field.length, "ß")


def _worded(name: str, title: str, sentence: str, *, base: Mapping[str, Value] = _ANA) -> Values:
    """Ana with the names, titles and sentences of somebody else."""
    kinds = {"name": name, "title": title, "sentence": sentence}

    def words(field: Field, before: str) -> str:
        kind = KINDS.get(last_word(field.path))
        return before if field.ascii or kind is None else cleaned(kinds[kind], field.length)

    return reworded(base, words)


KINDS = {
    "name": "name", "first_name": "name", "last_name": "name", "company": "name", "carrier": "name",
    "title": "title", "variant": "title", "product": "title", "headline": "title", "campaign": "title",
    "subject": "title", "number": "title", "ref": "title", "job_title": "title", "lifecycle_stage": "title",
    "lead_status": "title", "because_of": "title", "tags": "title", "segments": "title",
    "text": "sentence", "description": "sentence", "sentence": "sentence",
}  # fmt: skip
"""What people wrote, by the last word of its path: a name, a title or a sentence."""

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"
FLAGS = "\U0001f1e9\U0001f1ea\U0001f1ea\U0001f1f8"
WAVING = "\N{WAVING HAND SIGN}\U0001f3fd"

CUSTOMERS: dict[str, Customer] = {
    customer.name: customer
    for customer in (
        Customer("ana", "a regular customer of whom everything is known", _ANA),
        Customer("ben", "somebody who writes for the first time: nothing is known", _BEN, "de", "Europe/Berlin"),
        Customer("cara", "came by an ad and filled a cart, has not bought yet", _CARA, "es", "America/Mexico_City"),
        Customer("dora", "her order was cancelled and paid back", {**_ANA, "orders": _orders(_BACK)}, "es"),
        Customer(
            "emil",
            "the shop answers slowly: what is known of him is from before",
            {**_ANA, "orders": _orders(_ORDER, fresh=False), "cart": {**_CART, "fresh": False}},
            "de_AT",
            "Europe/Vienna",
        ),
        Customer("everything_missing", "no value that can be missing is there", _NOTHING),
        Customer("very_long", "every text as long as it can get, twenty of everything", built(_longest, LIST_ITEMS)),
        Customer(
            "right_to_left",
            "names and titles in Arabic and Hebrew",
            _worded("محمد עמית", "קמיץ كتان أزرق 40°", "هل يمكن غسله؟ אפשר לכבס?"),
            "ar",
            "Asia/Dubai",
        ),
        Customer(
            "emoji",
            "families, flags and accents that are characters of their own",
            _worded(
                f"{FAMILY} Zoe\u0308 {FLAGS}",
                f"{WAVING}{FAMILY} Cafe\u0301 {FLAGS}",
                f"{FAMILY}? {WAVING} {FLAGS} e\u0301!",
            ),
        ),
        Customer(
            "markup",
            "template code, HTML and signs of mark-up in names",
            _worded(
                "{{ 7*7 }} <b>Ana</b>\nRuiz",
                "*bold* _it_ ~no~ `code` [red]x[/red] <img src=x onerror=alert(1)> {% if a %}",
                "{{ profile.name }} {# no #} &amp; [a](https://a.example) \\n %0A \u2028 {%",
            ),
        ),
    )
}  # fmt: skip
"""Everybody who is made up, by name."""
