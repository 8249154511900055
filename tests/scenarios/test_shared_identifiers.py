"""Addresses and numbers of several people, and of one after the other: what each sender is told, in any order of news.

The cases are generated: each is a few facts, told in one order and in the other, and what each sender is told then.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.running import NUMBER as PHONE_NUMBER_ID
from tests.running import Running, minutes_ago
from tests.scenarios.looking import Person, customer, post_json
from tests.scenarios.source_moves import contact, fill_in, lead, sign_up, ticket, with_tools
from tests.stores import StoreServer
from tests.visitors import site_token

DAY = 24 * 60.0
"""Minutes."""
PHONES = tuple(f"3460050010{digit}" for digit in range(6))
OWNER, NEXT_OWNER, NEWER = "ES.1111", "ES.2222", "ES.3333"
SHARED_ADDRESS = "post@familie.example"

Fact = Callable[[Running], Awaitable[None]]
"""Something that is told, and absorbed before the next one."""


@dataclass(frozen=True)
class Asks:
    """Somebody who asks for their orders: on WhatsApp by a number, an id, or both; or in the chat of the site."""

    phone: str = ""
    user_id: str = ""
    token: Mapping[str, Any] | None = None

    async def told(self, shop: Running) -> set[str]:
        """The numbers of the orders that they are told about."""
        if self.token is not None:
            said = await customer(shop, "webchat", 9).says("where is my order?", token=site_token(**self.token))
        else:
            beside = {"phone": f"+{self.phone}"} if self.user_id and self.phone else {}
            said = await Person(shop, "whatsapp", self.user_id or self.phone).says("where is my order?", **beside)
        orders = said.turn.context["orders"].get("value", {"all": []})["all"]
        named = {str(number) for number in range(1001, 1010) if f"#{number}" in said.text}
        assert named <= {each["number"].lstrip("#") for each in orders}
        return {each["number"].lstrip("#") for each in orders}


@dataclass(frozen=True)
class Case:
    """Facts, in both orders of arrival, and what each sender is told afterwards, in the order in which they ask."""

    facts: tuple[Fact, ...]
    told: tuple[tuple[Asks, set[str]], ...]


def _order(number: int, phone: int | None = None, **parts: Any) -> Fact:
    """An order, by default of a customer of its own who left a number and no address."""

    async def fact(shop: Running) -> None:
        given = {
            "order_number": number, "order_id": 5_000_000_000_000 + number, "customer_id": 70_000 + number,
            "phone": f"+{PHONES[phone]}" if phone is not None else None, "email": None, "name": f"Customer {number}",
            "checkout_token": f"{number:032}", **parts,
        }  # fmt: skip
        days = given.pop("days", 0)
        await shop.say("shopify", given.pop("kind", "order_created"), at=minutes_ago(days * DAY + 1), **given)

    return fact


def _customer_record(kind: str, **parts: Any) -> Fact:
    async def fact(shop: Running) -> None:
        await shop.say("shopify", kind, **parts)

    return fact


def _wrote(user_id: str, phone: int, days: float = 0) -> Fact:
    """Somebody wrote, and WhatsApp sent their number beside their own id."""

    async def fact(shop: Running) -> None:
        at = minutes_ago(days * DAY + 2)
        await shop.say("whatsapp", sender=user_id, phone=f"+{PHONES[phone]}", text="hello", at=at)

    return fact


def _new_user_id(old: str, new: str, phone: int) -> Fact:
    """WhatsApp says that one business-scoped id became another one."""

    async def fact(shop: Running) -> None:
        number = f"+{PHONES[phone]}"
        await shop.say("whatsapp", "identity_change", sender=old, new_sender=new, phone=number)

    return fact


def _new_number(old: int, new: int) -> Fact:
    """WhatsApp says that a customer has another number now."""

    async def fact(shop: Running) -> None:
        notice = {
            "from": PHONES[old], "id": f"wamid.change-{old}-{new}", "type": "system",
            "timestamp": str(int(minutes_ago(0.5).timestamp())),
            "system": {"type": "user_changed_number", "body": "changed", "wa_id": PHONES[new]},
        }  # fmt: skip
        metadata = {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID}
        value = {"messaging_product": "whatsapp", "metadata": metadata, "messages": [notice]}
        changes = [{"field": "messages", "value": value}]
        body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
        assert await post_json(shop, "whatsapp", body) == 200

    return fact


def _signs_in(**token: Any) -> Fact:
    """Somebody logs in on the site, and writes in its chat."""

    async def fact(shop: Running) -> None:
        await customer(shop, "webchat", 9).says("hello", token=site_token(**token))

    return fact


MAILBOX = {"sub": "post-1", "email": SHARED_ADDRESS, "email_verified": True}
"""Somebody whose address the site has had confirmed."""


def _role_mailbox() -> Iterator[tuple[str, Case]]:
    """Several customers order with one address: from the fifth on it is nobody's own."""
    for several in (2, 4, 5, 6):
        numbers = range(1001, 1001 + several)
        orders = tuple(_order(number, number - 1001, email=SHARED_ADDRESS) for number in numbers)
        own = tuple((Asks(PHONES[number - 1001]), {str(number)}) for number in numbers)
        of_mailbox = {str(number) for number in numbers} if several < 5 else set()
        told = (*own, (Asks(token=MAILBOX), of_mailbox))
        yield f"mailbox of {several}", Case((_signs_in(**MAILBOX), *orders), told)


def _family() -> Iterator[tuple[str, Case]]:
    """Mother and son with one address, or one number, on orders of one customer record or of two."""
    for customers in (1, 2):
        ids = (70_001, 70_001 if customers == 1 else 70_002)
        by_address = tuple(
            _order(1001 + place, place, email=SHARED_ADDRESS, customer_id=each) for place, each in enumerate(ids)
        )
        each_own: tuple[tuple[Asks, set[str]], ...] = ((Asks(PHONES[0]), {"1001"}), (Asks(PHONES[1]), {"1002"}))
        yield f"family address, {customers} customers", Case(by_address, each_own)
        by_number = tuple(_order(1001 + place, 0, customer_id=each) for place, each in enumerate(ids))
        both: tuple[tuple[Asks, set[str]], ...] = ((Asks(PHONES[0]), {"1001", "1002"}), (Asks(PHONES[1]), set()))
        yield f"family number, {customers} customers", Case(by_number, both)


def _recycled() -> Iterator[tuple[str, Case]]:
    """A number that somebody else has by now, with and without an order of theirs."""
    old, new = _order(1001, 0, days=120), _order(1002, 0)
    anybody = Asks(PHONES[0])
    yield "recycled number", Case((old,), ((anybody, set()),))
    yield "recycled number, new owner orders", Case((old, new), ((anybody, {"1002"}),))
    seen = _wrote(OWNER, 0, days=119)
    before, after = Asks(PHONES[0], OWNER), Asks(PHONES[0], NEXT_OWNER)
    yield "former owner was seen with it", Case((old, seen), ((before, {"1001"}), (after, set()), (before, set())))
    yield "new owner writes under an id", Case((old, seen), ((after, set()), (before, set())))
    yield "new owner orders, under an id", Case((old, seen, new), ((after, set()), (before, set())))


def _guest() -> Iterator[tuple[str, Case]]:
    """Somebody orders as a guest, and later registers, or somebody else registers with their contacts."""
    told: tuple[tuple[Asks, set[str]], ...] = ((Asks(PHONES[0]), {"1001"}), (Asks(PHONES[1]), set()))
    guest = _order(1001, 0, email=SHARED_ADDRESS, customer_id=None)
    yield "guest", Case((guest,), told)
    for kind in ("customer_created", "customer_enabled", "email_consent"):
        given = {"customer_id": 70_009, "email": SHARED_ADDRESS, "phone": f"+{PHONES[0]}", "name": "Ben Ortega"}
        yield f"guest, {kind}", Case((guest, _customer_record(kind, **given)), told)
    by_address = _order(1001, None, email=SHARED_ADDRESS, customer_id=None)
    second = _order(1002, 1, email=SHARED_ADDRESS, customer_id=None)
    apart: tuple[tuple[Asks, set[str]], ...] = ((Asks(PHONES[0]), set()), (Asks(PHONES[1]), {"1002"}))
    yield "two guests, one address", Case((by_address, second), apart)


def _refunded() -> Iterator[tuple[str, Case]]:
    """A refund names an order and nobody: it adds nobody to those who are told."""
    refund = _order(1001, kind="refund_created")
    told: tuple[tuple[Asks, set[str]], ...] = ((Asks(PHONES[0]), {"1001"}), (Asks(PHONES[1]), {"1002"}))
    yield "refund", Case((_order(1001, 0), refund, _order(1002, 1)), told)
    yield "refund of nothing", Case((refund,), ((Asks(PHONES[0]), set()),))
    given_back = _order(1001, 0, kind="order_cancelled", days=-0.0001)
    yield "cancelled and refunded", Case((_order(1001, 0), given_back, refund, _order(1002, 1)), told)


def _changed() -> Iterator[tuple[str, Case]]:
    """The platform says that a number, or an id, became another one; or it does not say so."""
    order, wrote = _order(1001, 0), _wrote(OWNER, 0)
    known = (order, wrote, _new_user_id(OWNER, NEWER, 0))
    yield "new id, with its number", Case(known, ((Asks(PHONES[0], NEWER), {"1001"}),))
    yield "new id, without it", Case(known, ((Asks("", NEWER), {"1001"}),))
    yield "new id, unsaid", Case((order, wrote), ((Asks(PHONES[0], NEWER), set()), (Asks(PHONES[0], OWNER), set())))
    moved = (order, _new_number(0, 1))
    yield "new number", Case(moved, ((Asks(PHONES[1]), {"1001"}), (Asks(PHONES[2]), set())))
    yield "new number, the old one is somebody's", Case(moved, ((Asks(PHONES[0]), set()), (Asks(PHONES[2]), set())))


def _in_the_tools() -> Iterator[tuple[str, Case]]:
    """A record of a tool bears the address or the number of an order, in somebody else's name."""
    number = f"+{PHONES[0]}"
    other = {"first_name": "Ben", "last_name": "Ortega"}
    records: dict[str, dict[str, Fact]] = {
        "address": {
            "the CRM": partial(contact, email=SHARED_ADDRESS, firstname="Ben", lastname="Ortega"),
            "the help desk": partial(ticket, email=SHARED_ADDRESS, name="Ben Ortega"),
            "the newsletter": partial(sign_up, email=SHARED_ADDRESS, **other),
            "a lead form": partial(lead, email=SHARED_ADDRESS, full_name="Ben Ortega"),
            "a form of one's own": partial(fill_in, form="own", own="r1", email=SHARED_ADDRESS, **other),
        },
        "number": {
            "the CRM": partial(contact, phone=number, firstname="Ben", lastname="Ortega"),
            "the newsletter": partial(sign_up, phone_number=number, **other),
            "a lead form": partial(lead, phone_number=number, full_name="Ben Ortega"),
            "a form of one's own": partial(fill_in, form="own", own="r1", phone=number, **other),
        },
    }
    order = _order(1001, 0, email=SHARED_ADDRESS)
    told: tuple[tuple[Asks, set[str]], ...] = (
        (Asks(PHONES[0]), {"1001"}),
        (Asks(PHONES[1]), set()),
        (Asks(token=MAILBOX), {"1001"}),
    )
    for what, tools in records.items():
        for tool, record in tools.items():
            yield f"{what} in {tool}", Case((order, record), told)


SITUATIONS = (_role_mailbox, _family, _recycled, _guest, _refunded, _changed, _in_the_tools)
CASES = {name: case for situation in SITUATIONS for name, case in situation()}


@pytest.fixture
async def tools(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with every tool beside the shop and the channels."""
    async with with_tools(store_server, tmp_path) as shop:
        yield shop


def _both_ways(facts: Sequence[Fact], way: str) -> Sequence[Fact]:
    return facts if way == "as it happened" else facts[::-1]


@pytest.mark.parametrize(
    ("name", "way"),
    [
        (name, way)
        for name, way in product(CASES, ("as it happened", "the other way round"))
        if way == "as it happened" or len(CASES[name].facts) > 1
    ],
)
async def test_each_is_told_their_own(tools: Running, name: str, way: str) -> None:
    """Whoever asks is told the orders that are on their own path, and no other, whichever news came first."""
    case = CASES[name]
    for fact in _both_ways(case.facts, way):
        await fact(tools)
        await tools.quiet()

    told = [(who, await who.told(tools)) for who, _ in case.told]

    assert told == list(case.told)


def test_there_are_sixty_cases() -> None:
    """Each situation, in both orders of arrival."""
    assert sum(2 if len(case.facts) > 1 else 1 for case in CASES.values()) >= 60
