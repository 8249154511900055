"""Fragments worked out anew from the events on record: the same bytes, whatever the order in which they are read."""

import random
from collections.abc import AsyncGenerator
from typing import Any, TypeVar

import pytest

from middleware.domain.commerce import Refund, Version
from middleware.domain.events import Event, EventKind, Referral
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind
from middleware.domain.identity import Identity, PersonalLink
from middleware.domain.record import Record
from middleware.domain.signals import EmailActivity, PageView, Ticket
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.pipeline.absorb_facts import absorb_facts
from middleware.pipeline.rebuild import differences, members_of, rebuilt_fragments, write_difference
from middleware.ports import Put, Stored
from tests.unit.middleware.builders import SHOP, at, bsuid, cart, edge, link_key, message, order, phone
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import People

R = TypeVar("R", bound=Record)
ANA, PHONE, OTHER = bsuid("ES.1"), phone(), phone("+34600999888")
LINK = "Zk3_mXq8-PwR71TbYc5LdA"


class Shuffled(MemoryStore):
    """A store that is scanned in any order."""

    chance = random.Random(0)  # noqa: S311 - a test

    async def scan(self, kind: type[R], *, after: str = "", prefix: str = "") -> AsyncGenerator[list[Stored[R]], None]:
        """As `BrandStore.scan`, in no order at all."""
        batches = [batch async for batch in super().scan(kind, after=after, prefix=prefix)]
        self.chance.shuffle(batches)
        for batch in batches:
            yield batch


def of_shop(kind: EventKind, anchor: IdentifierKind, value: str, minutes: float, **parts: Any) -> Event:
    """An event of the shop."""
    return Event(
        key=f"{kind}-{value}-{minutes}",
        kind=kind,
        connector="shopify",
        account=SHOP,
        occurred_at=at(minutes),
        received_at=at(minutes),
        anchor=Identifier(anchor, SHOP, value),
        **parts,
    )


async def a_history() -> People:
    """Ana writes, orders, gets a refund, is given a link, and comes back with a cart that becomes an order."""
    people = People(Shuffled())
    link = PersonalLink(issued_to=ANA.key, conversation_id="c", purpose="cart", issued_at=at(0), expires_at=at(1_000))
    carried = edge(ANA.key, Evidence.CARRIED, "personal_link")
    await people.store.write(Put(Identity(id=link_key(LINK), link=link, edges=(carried,))))
    clicked = message(ANA, PHONE, minutes=1, name="Ana", referral=Referral(ad_id="7"))
    await people.hears(clicked, message(ANA, PHONE, minutes=9, name="Ana L"))
    await people.learns(order(1001, contacts=(PHONE.key,), version=1))
    await people.learns(order(1001, contacts=(OTHER.key,), version=3, state="shipped"))
    money_back = Refund(id="r1", order_id="1001", version=Version(at=at(4), event="r"))
    came: dict[str, Any] = {"links": (LINK,), "cart_token": "basket"}
    for event in (
        of_shop(EventKind.REFUND, IdentifierKind.SHOP_ORDER, "1001", 4, refund=money_back),
        of_shop(EventKind.CART, IdentifierKind.SHOP_CART, "basket", 5, cart=cart("basket", version=5)),
        of_shop(EventKind.CART, IdentifierKind.SHOP_CHECKOUT, "t1", 6, cart=cart("t1", version=6, **came)),
        of_shop(
            EventKind.ORDER, IdentifierKind.SHOP_ORDER, "1002", 7, order=order(1002, version=7, checkout_token="t1")
        ),
    ):
        await absorb_facts(people.store, event)
    for event in told_by_sources():
        await absorb_facts(people.store, event)
    return people


def told_by_sources() -> list[Event]:
    """A record, a ticket of it, an e-mail to it, and two visits by the link, of which one visitor is the first."""
    record = Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:1", "77")
    version = Version(at=at(2), event="v")
    values = (FieldValue(field="country", value="ES", version=version),)
    told = SourceRecord(id="77", source="hubspot", version=version, values=values)
    ticket = Ticket(id="9", state="open", version=version, created_at=at(2), requester=record.key)
    opened = EmailActivity(key="mail", at=at(3), what="opened")
    seen = PageView(key="view", at=at(8), what="product", product="rose", link=LINK)
    news = of_shop(EventKind.RECORD, IdentifierKind.SHOP_ORDER, "x", 2)
    desk = Identifier(IdentifierKind.TICKET, "zendesk:1", "9")
    visitors = [Identifier(IdentifierKind.VISITOR, "site", name) for name in ("v1", "v2")]
    parts: list[dict[str, Any]] = [
        {"key": "record", "kind": EventKind.RECORD, "anchor": record, "record": told},
        {"key": "ticket", "kind": EventKind.TICKET, "anchor": desk, "ticket": ticket},
        {"key": "mail", "kind": EventKind.EMAIL_ACTIVITY, "anchor": record, "email": opened},
        *(
            {"key": f"view-{each.value}", "kind": EventKind.PAGE_VIEW, "anchor": each, "view": seen}
            for each in visitors
        ),
    ]
    return [news.model_copy(update=each) for each in parts]


RECORD = Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:1", "77").key
ALL = sorted([ANA.key, PHONE.key, OTHER.key, link_key(LINK), RECORD])


async def test_what_was_absorbed_is_what_the_events_say() -> None:
    """In twenty orders of reading: equal bytes, and nothing to mend."""
    people = await a_history()
    stored = {key: people.store.all(Identity)[key].fragment.model_dump_json() for key in ALL}
    for _ in range(20):
        rebuilt = await rebuilt_fragments(people.store, ALL)
        assert {key: each.model_dump_json() for key, each in rebuilt.items()} == stored
    assert await differences(people.store, ALL) == []
    assert '"closed_carts":["t1"]' in stored[link_key(LINK)]
    assert '"product":"rose"' in stored[link_key(LINK)]
    assert all(part in stored[RECORD] for part in ('"country"', '"requester"', '"opened"'))


@pytest.mark.parametrize("key", ALL)
async def test_what_differs_is_found_and_mended(key: str) -> None:
    """Of each identifier: named by its fields, written by compare-and-set, and shown by the profile."""
    people = await a_history()
    good = people.store.all(Identity)[key]
    broken = good.with_fragment(Fragment(first_seen=at(-5)))
    version = (await people.store.get(Identity, [key]))[key].version
    await people.store.write(Put(broken, version))
    (found,) = await differences(people.store, ALL)
    assert found.identifier == key
    assert "first_seen" in found.fields
    assert await write_difference(people.store, found)
    assert people.store.all(Identity)[key].fragment == good.fragment
    if good.profile_id is not None:
        member = people.profile(ANA).member(key)
        assert member is not None or key == RECORD
        assert member is None or member.fragment == good.fragment


async def test_somebody_who_was_quicker_is_not_written_over() -> None:
    """The identity was changed since it was read: nothing lands."""
    people = await a_history()
    stored = (await people.store.get(Identity, [PHONE.key]))[PHONE.key]
    await people.store.write(Put(stored.record.with_fragment(Fragment()), stored.version))
    (found,) = await differences(people.store, [PHONE.key])
    meanwhile = (await people.store.get(Identity, [PHONE.key]))[PHONE.key]
    await people.store.write(Put(meanwhile.record, meanwhile.version))
    assert not await write_difference(people.store, found)


async def test_members_are_those_with_a_document() -> None:
    """The identifiers of a profile, sorted."""
    people = await a_history()
    assert await members_of(people.store, [people.profile(ANA)]) == sorted([ANA.key, PHONE.key])
