"""Made-up people, told as their platforms would: the accounts that they are on, and what happens to them in order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.body import read_json
from connectors.samples import SAMPLES, SampleItem, SampleRequest, signed
from middleware.domain.events import Event
from middleware.domain.made_up import EMAILS, MADE_UP, MADE_UP_ACCOUNTS, PHONES
from middleware.errors import ThroughlineError
from middleware.jobs.made_up import SHOPPER
from middleware.ports import Account, Connector, WebhookRequest

_BUNDLE = SampleItem(title="Glow Skincare Bundle", variant="50 ml", sku="GLOW-50", variant_id=44100200300)
_CREAM = SampleItem(title="Rose Night Cream", variant="30 ml", sku="ROSE-30", variant_id=44100200777)
_DIGITS = tuple(each.removeprefix("+") for each in PHONES)
_THEO, _LENA = "7302999900000001", "20999999001"
_NORAS_ORDER, _OMARS_ORDER = 5_999_000_000_001, 5_999_000_000_002


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that a platform tells. `ago` is how long before the story is filled in it happened."""

    connector: str
    kind: str
    sender: str
    ago: timedelta
    parts: Mapping[str, Any]


def _it(connector: str, kind: str, sender: str = "", *, minutes: float = 0, **parts: Any) -> Happening:  # noqa: ANN401
    return Happening(connector, kind, sender, timedelta(minutes=minutes), parts)


STORY: tuple[Happening, ...] = (
    _it("shopify", "order_paid", minutes=3000, phone=PHONES[0], email=EMAILS[0], order_id=_NORAS_ORDER,
        order_number=9001, customer_id=None, items=(_BUNDLE,)),
    _it("whatsapp", "message", _DIGITS[0], name="Nora (made up)", text="Hi, where is my order?"),
    _it("shopify", "order_fulfilled", minutes=9000, phone=PHONES[1], email=EMAILS[1], order_id=_OMARS_ORDER,
        order_number=9002, customer_id=None, items=(_CREAM,)),
    _it("whatsapp", "message", _DIGITS[1], name="Omar (made up)", text="Has my parcel left yet? Where is my order?"),
    _it("instagram", "ad_message", SHOPPER, text="is it vegan?", ad_headline="Your skin, happier"),
    _it("messenger", "message", _THEO, text="I want to talk to a person, please"),
    _it("whatsapp", "message", _DIGITS[2], name="Zoe (made up)", text="Do you ship to Portugal?", minutes=200),
    _it("whatsapp", "message", _DIGITS[2], name="Zoe (made up)", text="Hello? Anybody there?", minutes=190),
    _it("zendesk", "help_desk_user_created", _LENA, minutes=500, email=EMAILS[2]),
    _it("zendesk", "help_desk_user_named", _LENA, minutes=499, email=EMAILS[2], name="Lena (made up)"),
    _it("zendesk", "ticket_created", _LENA, minutes=450, text="My cream arrived broken"),
)  # fmt: skip
"""In order. Whatever stands in it is nobody's."""


def made_up_accounts(brand: str) -> tuple[Account, ...]:
    """The accounts of a brand's made-up people. No webhook speaks for them: they have no secret."""
    return tuple(
        Account(brand=brand, name=MADE_UP, connector=connector, id=account, made_up=True)
        for connector, account in MADE_UP_ACCOUNTS.items()
    )


@dataclass(frozen=True, slots=True)
class Story:
    """The story as events."""

    connectors: Mapping[str, Connector]

    def __len__(self) -> int:
        return len(STORY) + 1

    def event(self, brand: str, number: int, now: datetime) -> Event:
        """What happens at a place of the story, from 0. The same event whenever it is asked for: it has one key."""
        return self._told(brand, STORY[number], now, f"madeup{number:04}")

    def cart(self, brand: str, link: str, now: datetime) -> Event:
        """A cart that was filled through a personal link."""
        parts: dict[str, Any] = {"link_id": link, "email": None, "customer_id": None, "items": (_CREAM,)}
        token = "madeup00000000000000000000000001"  # noqa: S105 - what a shop calls a checkout
        happening = _it("shopify", "checkout_created", checkout_token=token, **parts)
        return self._told(brand, happening, now, "madeup9999")

    def _told(self, brand: str, it: Happening, now: datetime, own: str) -> Event:
        (account,) = (each for each in made_up_accounts(brand) if each.connector == it.connector)
        request = SampleRequest(account_id=account.id, sender=it.sender, at=now - it.ago, message_id=own)
        sample = SAMPLES[it.connector][it.kind](replace(request, **it.parts))
        body, headers = signed(it.connector, sample.body, b"nobody", sample.headers)
        found = self.connectors[it.connector].normalise(
            read_json(body), WebhookRequest(headers=headers, body=body), now, lambda _: account
        )
        event = next(iter(found))
        if not isinstance(event, Event):
            raise ThroughlineError(f"the sample {it.connector} {it.kind} was rejected: {event.reason}")
        return event
