"""Absorbing on a real store: whatever the order and however often, the same events end in the same state.

The events are what the connectors make of signed samples. Compared are identities and profiles, byte for byte, but for
three things that tell of the way and not of the state: `facts` counts how often something changed (a state that is
reached in one step was changed once), a document's version counts how often it was written, and a lease says who
worked on it last.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, cast

import pytest

from connectors.body import read_json
from connectors.samples import SAMPLES, SampleItem, SampleRequest, signed
from middleware.bootstrap.building import Installation, opened
from middleware.domain.events import Event
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind
from middleware.domain.identity import Edge, Identity, PersonalLink
from middleware.domain.product import CataloguePage, Product
from middleware.domain.profile import Member, Profile
from middleware.domain.record import Record
from middleware.identity.disclosure import Sight
from middleware.pipeline.absorb_facts import absorb_facts
from middleware.pipeline.absorb_product import absorb_product
from middleware.pipeline.catalogue import LOOKS_EVERY, Catalogue
from middleware.pipeline.parts import Brand
from middleware.pipeline.path import work_off
from middleware.ports import BrandStore, Delete, Put, Recorded, WebhookRequest
from middleware.store.mongo import MongoBrandStore, connect
from tests.running import ACCOUNT_IDS, SECRET, SHOP, SHOP_SECRET, settings_for
from tests.stores import StoreServer

START = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)
"""So long ago that no message is answered: nothing but facts comes of these events."""

ANA, ANAS_PHONE, BEAS_PHONE = "ES.1", "+34600111222", "+34600999888"
LINK, FORGED = "Zk3_mXq8-PwR71TbYc5LdA", "forged-0123456789abcd"
TOKEN, OTHER_TOKEN = "checkout-token-1", "checkout-token-2"
SHUFFLES = 25
_NO_ADDRESS = {"billing_address": None, "shipping_address": None}


def at(minutes: float) -> datetime:
    """A time, in minutes from the start."""
    return START + timedelta(minutes=minutes)


def key_of(kind: IdentifierKind, value: str, scope: str = "") -> str:
    """The key of an identifier."""
    return Identifier(kind, scope, value).key


ANA_KEY = key_of(IdentifierKind.WHATSAPP, ANA)
ANAS_PHONE_KEY = key_of(IdentifierKind.PHONE, ANAS_PHONE)
BEAS_PHONE_KEY = key_of(IdentifierKind.PHONE, BEAS_PHONE)
LINK_KEY = key_of(IdentifierKind.PERSONAL_LINK, LINK)


@dataclass
class Glow:
    """A brand with an empty database of its own."""

    here: Installation
    brand: Brand
    store: MongoBrandStore

    def event(self, connector: str, kind: str, minutes: float, **parts: Any) -> Event:
        """What the connector makes of one signed sample."""
        request = SampleRequest(
            account_id=ACCOUNT_IDS[connector],
            sender=parts.pop("sender", ANA),
            at=at(minutes),
            message_id=parts.pop("message_id", f"{kind}-{minutes}"),
        )
        replaced = parts.pop("replaced", {})
        sample = SAMPLES[connector][kind](replace(request, **parts))
        secret = SHOP_SECRET if connector == "shopify" else SECRET
        body, headers = signed(connector, {**sample.body, **replaced}, secret.encode(), sample.headers)
        reader, webhook = self.here.connectors[connector], WebhookRequest(headers=headers, body=body)
        assert reader.is_signed(webhook, secret.encode())
        accounts = {account.id: account for account in self.here.accounts}
        (event,) = reader.normalise(read_json(body), webhook, at(minutes), accounts.get)
        assert isinstance(event, Event), event
        return event

    def order(self, number: int, minutes: float, kind: str = "order_updated", **parts: Any) -> Event:
        """One version of an order. What is not said is not on it: neither customer, nor address, nor checkout."""
        known = {"email": None, "phone": None, "customer_id": None, "checkout_token": None, **parts}
        name = f"order-{number}-{minutes}"
        return self.event("shopify", kind, minutes, order_number=number, order_id=number, message_id=name, **known)

    def checkout(self, token: str, minutes: float, kind: str = "checkout_updated", **parts: Any) -> Event:
        """One version of a checkout, into which nobody has typed who they are unless it is said."""
        known = {"email": None, "phone": None, "customer_id": None, "replaced": _NO_ADDRESS, **parts}
        return self.event("shopify", kind, minutes, checkout_token=token, message_id=f"{token}-{minutes}", **known)

    def cart(self, token: str, minutes: float, **parts: Any) -> Event:
        """One version of a cart. Nothing in it says whose it is."""
        name = f"{token}-{minutes}"
        return self.event("shopify", "cart_updated", minutes, cart_token=token, message_id=name, **parts)

    def message(self, minutes: float, kind: str = "message", **parts: Any) -> Event:
        """Ana writes on WhatsApp."""
        return self.event("whatsapp", kind, minutes, **{"phone": ANAS_PHONE, **parts})

    async def absorbs(self, *events: Event) -> None:
        """Take events to their end."""
        for event in events:
            if event.product is not None:
                await absorb_product(self.brand, event, event.product)
            elif event.connector == "shopify":
                await absorb_facts(self.store, event)
            else:
                await work_off(self.here.process, self.brand, event)

    async def gives_link(self, expires: float = 1_000) -> None:
        """Ana, who has written, is given a personal link, as carrying out a turn does it."""
        stored = (await self.store.get(Identity, [ANA_KEY]))[ANA_KEY].record
        assert stored.profile_id is not None
        link = Identity(
            id=LINK_KEY,
            profile_id=stored.profile_id,
            edges=(Edge(to=ANA_KEY, evidence=Evidence.CARRIED, rule="personal_link", at=START),),
            link=PersonalLink(
                issued_to=ANA_KEY, conversation_id="c", purpose="cart", issued_at=START, expires_at=at(expires)
            ),
        )
        profile = (await self.store.get(Profile, [stored.profile_id]))[stored.profile_id]
        assert all(await self.store.write(Put(link), profile.put(profile.record.with_member(link))))

    async def all(self, kind: type[Record]) -> list[Any]:
        """Every record of a kind, by id."""
        found = [each.record async for batch in self.store.scan(kind) for each in batch]
        return sorted(found, key=lambda each: each.id)

    async def state(self) -> list[str]:
        """Identities and profiles without what tells of the way to them, and the catalogue."""
        identities = [
            each.model_copy(update={"facts": 0, "lease": None}).model_dump_json() for each in await self.all(Identity)
        ]
        profiles = [
            each.model_copy(
                update={"members": tuple(one.model_copy(update={"facts": 0}) for one in each.members)}
            ).model_dump_json()
            for each in await self.all(Profile)
        ]
        catalogue = [each.model_dump_json() for kind in (Product, CataloguePage) for each in await self.all(kind)]
        return [*identities, *profiles, *catalogue]

    async def fragment(self, key: str) -> Fragment:
        """What an identifier has brought."""
        found = await self.store.get(Identity, [key])
        return found[key].record.fragment if key in found else Fragment()

    async def sight(self) -> Sight:
        """What Ana sees."""
        identity = (await self.store.get(Identity, [ANA_KEY]))[ANA_KEY].record
        assert identity.profile_id is not None
        profile = (await self.store.get(Profile, [identity.profile_id]))[identity.profile_id].record
        return Sight(profile, ANA_KEY, START)

    async def orders_seen(self) -> list[str]:
        """The orders that Ana is told about."""
        return [order.number for order in (await self.sight()).orders(now=START)]


@pytest.fixture
async def shop_floor(store_server: StoreServer) -> AsyncIterator[Installation]:
    """An installation that sends nothing: nobody listens where the platform would be."""
    async with opened(settings_for(store_server.uri, "http://127.0.0.1:9")) as here:
        yield here


@asynccontextmanager
async def _empty(here: Installation, uri: str, database: str) -> AsyncIterator[Glow]:
    client = connect(uri)
    store = MongoBrandStore(client, database)
    try:
        yield Glow(here, replace(here.brands["glow"], store=store), store)
    finally:
        await client.drop_database(database)
        client.close()


@pytest.fixture
async def glow(shop_floor: Installation, store_server: StoreServer, database: str) -> AsyncIterator[Glow]:
    """The brand, of which nobody has heard yet."""
    async with _empty(shop_floor, store_server.uri, database) as it:
        yield it


def _shop_events(glow: Glow) -> list[Event]:
    """Orders that change hands and end carts, carts with and without links, a forged link; refunds and parcels;
    records of customers that change, merge and go; products that change and go, and are told of late.
    """
    return [
        glow.order(1001, 1, "order_created", phone=ANAS_PHONE, email="ana@example.com", customer_id=7001),
        glow.order(1001, 2, "order_paid", phone=ANAS_PHONE, email="ana@example.com", customer_id=7001),
        glow.order(1001, 3, email="someone.else@example.com", customer_id=7002),
        glow.order(1001, 4, "order_fulfilled", email="someone.else@example.com", customer_id=7002),
        glow.order(1002, 1, "order_created", phone=BEAS_PHONE),
        glow.order(1002, 6, phone=ANAS_PHONE),
        glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK),
        glow.checkout(TOKEN, 2, items=(SampleItem(title="Bowl"), SampleItem(title="Mug")), link_id=LINK),
        glow.checkout(TOKEN, 3, items=(SampleItem(title="Plate"),)),
        glow.checkout(OTHER_TOKEN, 4, "checkout_created", link_id=LINK, email="ana@example.com"),
        glow.order(1003, 5, "order_created", phone=ANAS_PHONE, checkout_token=OTHER_TOKEN, link_id=LINK),
        glow.order(1004, 5, "order_created", phone=ANAS_PHONE, link_id=FORGED),
        glow.event("shopify", "refund_created", 2.5, order_id=1001, refunded="4.90"),
        glow.event("shopify", "refund_created", 7, order_id=1002, refunded="24.90"),
        glow.event("shopify", "shipment_created", 6.5, order_id=1004),
        glow.event("shopify", "shipment_delivered", 8.5, order_id=1004),
        glow.cart(f"c1-{TOKEN}", 0.5, items=(SampleItem(title="Cup"),)),
        glow.cart(f"c1-{TOKEN}", 3.5, items=(SampleItem(title="Cup"), SampleItem(title="Jug"))),
        glow.cart(f"c1-{OTHER_TOKEN}", 4.5, items=(SampleItem(title="Pot"),)),
        glow.event("shopify", "customer_updated", 2.2, customer_id=7001, phone=ANAS_PHONE),
        glow.event("shopify", "customer_created", 1.2, customer_id=7001),
        glow.event("shopify", "email_consent", 3.2, customer_id=7001, consent="unsubscribed"),
        glow.event("shopify", "customer_created", 1.3, customer_id=7002),
        glow.event("shopify", "email_consent", 2.3, customer_id=7002),
        glow.event("shopify", "customer_merged", 3.3, customer_id=7002, merged_into=7001),
        glow.event("shopify", "customer_updated", 4.3, customer_id=7002),
        glow.event("shopify", "product_created", 1.4, product_id=82),
        glow.event("shopify", "product_updated", 2.4, product_id=82, items=(SampleItem(title="Mug, large"),)),
        glow.event("shopify", "product_created", 1.5, product_id=83),
        glow.event("shopify", "product_deleted", 2.5, product_id=83),
        glow.event("shopify", "product_updated", 3.5, product_id=83),
    ]


def _shuffled(seed: int, events: Sequence[Event]) -> list[Event]:
    """The events in another order, a third of them twice. The same seed gives the same order."""
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    mixed = [*events, *dice.sample(list(events), k=len(events) // 3)]
    dice.shuffle(mixed)
    return mixed


def _in_lanes(seed: int, lane: Sequence[Event], others: Sequence[Event]) -> list[Event]:
    """The others in any order, some of them twice, and the events of one lane among them in their own order."""
    mixed = _shuffled(seed, others)
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    places = sorted(dice.randrange(len(mixed) + 1) for _ in lane)
    for event, place in reversed(list(zip(lane, places, strict=True))):
        mixed.insert(place, event)
    return mixed


async def test_a_shops_events_commute(shop_floor: Installation, store_server: StoreServer, database: str) -> None:
    """Everything that a shop tells in any order, with repetitions, before, between and after a customer's messages."""
    states = []
    for seed in range(SHUFFLES):
        async with _empty(shop_floor, store_server.uri, f"{database}_{seed}") as glow:
            await glow.absorbs(glow.message(0))
            await glow.gives_link()
            messages = [glow.message(7), glow.message(8, "ad_message"), glow.message(9)]
            events = _shop_events(glow)
            mixed = [*events, *messages] if seed == 0 else _in_lanes(seed, messages, events)
            await glow.absorbs(*mixed)
            states.append(await glow.state())
            assert states[seed] == states[0], f"shuffle {seed}: {[event.key for event in mixed]}"
            assert await glow.orders_seen() == ["#1004", "#1003", "#1002"], seed


async def test_a_customers_messages_commute(shop_floor: Installation, store_server: StoreServer, database: str) -> None:
    """Messages of one customer in any order, with repetitions and under changing names, beside a shop's events."""
    states = []
    for seed in range(SHUFFLES):
        async with _empty(shop_floor, store_server.uri, f"{database}_{seed}") as glow:
            events = [
                glow.message(1, name="Ana"),
                glow.message(2, "ad_message", name="Ana Ruiz", ad_id="1"),
                glow.message(3, "ad_message", name="Ana", ad_id="2"),
                glow.message(4, name="Ana"),
                glow.order(1001, 1, "order_created", phone=ANAS_PHONE),
                glow.order(1001, 2, "order_paid", phone=ANAS_PHONE),
            ]
            mixed = events if seed == 0 else _shuffled(seed, events)
            await glow.absorbs(*mixed)
            states.append(await glow.state())
            assert states[seed] == states[0], f"shuffle {seed}: {[event.key for event in mixed]}"


async def test_the_name_is_the_one_written_last(glow: Glow) -> None:
    """A name that comes late does not replace the one that was in use after it."""
    await glow.absorbs(glow.message(1, name="Ana"), glow.message(3, name="Ana"), glow.message(2, name="Ana Ruiz"))
    name = (await glow.fragment(ANA_KEY)).name
    assert name is not None
    assert name.value == "Ana"


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 1)])
async def test_a_contact_that_left_an_order_is_not_told_of_it(glow: Glow, order: tuple[int, ...]) -> None:
    """The newest version counts, in any order of arrival: whoever stood on an older one hears of it no more."""
    versions = [
        glow.order(1001, 1, "order_created", phone=ANAS_PHONE),
        glow.order(1001, 2, phone=BEAS_PHONE),
    ]
    await glow.absorbs(glow.message(0), *(versions[place] for place in order))
    assert await glow.orders_seen() == []
    held = (await glow.fragment(ANAS_PHONE_KEY)).orders
    assert [each.contacts for each in held] == [(BEAS_PHONE_KEY,)]


async def test_a_contact_that_came_back_is_told_again(glow: Glow) -> None:
    """On the order, off it, and on it again."""
    await glow.absorbs(
        glow.message(0),
        glow.order(1001, 1, "order_created", phone=ANAS_PHONE),
        glow.order(1001, 3, phone=ANAS_PHONE),
        glow.order(1001, 2, phone=BEAS_PHONE),
    )
    assert await glow.orders_seen() == ["#1001"]


async def test_a_guest_order_is_its_phones(glow: Glow) -> None:
    """An order without a customer record, with nothing but a phone on it, made before its customer ever wrote."""
    await glow.absorbs(glow.order(1001, 1, "order_created", phone=ANAS_PHONE), glow.message(2))
    assert await glow.orders_seen() == ["#1001"]
    kinds = {Identifier.from_key(each.id).kind for each in await glow.all(Identity)}
    assert kinds == {IdentifierKind.SHOP_ORDER, IdentifierKind.PHONE, IdentifierKind.WHATSAPP}


async def test_an_order_founds_a_profile_for_the_shops_customer_alone(glow: Glow) -> None:
    """The shop's record is somebody; a phone or an address on an order is not, until somebody writes from it."""
    await glow.absorbs(glow.order(1001, 1, "order_created", phone=ANAS_PHONE, email="ana@example.com", customer_id=7))
    (profile,) = await glow.all(Profile)
    assert [Identifier.from_key(each.identifier).kind for each in profile.members] == [IdentifierKind.SHOP_CUSTOMER]


async def test_one_customer_record_joins_no_orders(glow: Glow) -> None:
    """Two orders of one shop customer: Ana hears of the one that bears her phone."""
    await glow.absorbs(
        glow.message(0),
        glow.order(1001, 1, "order_created", phone=ANAS_PHONE, customer_id=7001),
        glow.order(1002, 2, "order_created", phone=BEAS_PHONE, customer_id=7001),
    )
    assert await glow.orders_seen() == ["#1001"]


@pytest.mark.parametrize("first", ["checkout", "order"])
async def test_an_order_closes_the_cart_it_came_from(glow: Glow, first: str) -> None:
    """Whichever is heard first, and whether or not the order itself bears the link."""
    cart = glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK)
    bought = glow.order(1001, 2, "order_created", phone=ANAS_PHONE, checkout_token=TOKEN)
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    await glow.absorbs(*((cart, bought) if first == "checkout" else (bought, cart)))
    fragment = await glow.fragment(LINK_KEY)
    assert {each.token for each in fragment.carts} == {TOKEN, f"c1-{TOKEN}"}
    assert TOKEN in fragment.closed_carts
    assert (await glow.sight()).cart(at(3)) == (None, False)


async def test_a_late_version_does_not_open_a_closed_cart(glow: Glow) -> None:
    """Another update of the checkout after its order, even with a later time."""
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    await glow.absorbs(
        glow.order(1001, 2, "order_created", checkout_token=TOKEN),
        glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK),
        glow.checkout(TOKEN, 9, link_id=LINK),
    )
    assert (await glow.fragment(LINK_KEY)).open_carts() == ()


async def test_a_cart_that_came_by_a_link_is_seen(glow: Glow) -> None:
    """Given to Ana, came back, nobody else stands on it, no order yet."""
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    await glow.absorbs(glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK))
    cart, withheld = (await glow.sight()).cart(at(3))
    assert cart is not None
    assert ([item.title for item in cart.items], withheld) == (["Stoneware mug (Blue)"], False)


async def test_a_cart_into_which_a_stranger_typed_is_withheld(glow: Glow) -> None:
    """Once the checkout bears an identity that nobody attests for Ana."""
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    await glow.absorbs(
        glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK),
        glow.checkout(TOKEN, 2, link_id=LINK, email="stranger@example.com"),
    )
    assert (await glow.sight()).cart(at(3)) == (None, True)


async def test_a_cart_with_an_address_and_nothing_else_is_withheld(glow: Glow) -> None:
    """Somebody typed who they are in a way that gives no identifier: it may be anybody."""
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    address = {"shipping_address": {"name": "Stranger", "address1": "Calle Mayor 1", "country_code": "ES"}}
    await glow.absorbs(glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK, replaced=address))
    assert (await glow.sight()).cart(at(3)) == (None, True)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_cart_stays_withheld_when_the_stranger_is_taken_out_again(glow: Glow, order: tuple[int, ...]) -> None:
    """Who was typed into it once may still be its owner, whichever version comes last."""
    versions = [
        glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK, email="stranger@example.com"),
        glow.checkout(TOKEN, 2, link_id=LINK),
    ]
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    await glow.absorbs(*(versions[place] for place in order))
    assert (await glow.sight()).cart(at(3)) == (None, True)


async def test_what_is_typed_into_a_checkout_reaches_nobody(glow: Glow) -> None:
    """Ana's phone in a stranger's checkout brings Ana nothing, and no identity comes into being for what was typed."""
    await glow.absorbs(glow.message(0), glow.checkout(TOKEN, 1, phone=ANAS_PHONE, email="x@example.com"))
    assert await glow.fragment(ANAS_PHONE_KEY) == Fragment()
    kinds = {Identifier.from_key(each.id).kind for each in await glow.all(Identity)}
    assert kinds == {
        IdentifierKind.SHOP_CHECKOUT,
        IdentifierKind.SHOP_CART,
        IdentifierKind.PHONE,
        IdentifierKind.WHATSAPP,
    }


async def test_a_forged_link_creates_nothing(glow: Glow) -> None:
    """An id that we never gave out is no identifier of anybody, on checkouts as on orders."""
    await glow.absorbs(
        glow.checkout(TOKEN, 1, "checkout_created", link_id=FORGED),
        glow.order(1001, 2, "order_created", phone=ANAS_PHONE, checkout_token=TOKEN, link_id=FORGED),
    )
    kinds = {Identifier.from_key(each.id).kind for each in await glow.all(Identity)}
    assert kinds == {
        IdentifierKind.SHOP_CHECKOUT,
        IdentifierKind.SHOP_CART,
        IdentifierKind.SHOP_ORDER,
        IdentifierKind.PHONE,
    }


async def test_an_expired_link_takes_nothing(glow: Glow) -> None:
    """A cart that comes by a link after its time changes neither link nor profile."""
    await glow.absorbs(glow.message(0))
    await glow.gives_link(expires=50)
    before = (await glow.all(Profile), await glow.store.get(Identity, [LINK_KEY]))
    late = glow.checkout(TOKEN, 60, "checkout_created", link_id=LINK)
    await glow.absorbs(late.model_copy(update={"received_at": at(60)}))
    assert (await glow.all(Profile), await glow.store.get(Identity, [LINK_KEY])) == before
    assert (await glow.sight()).cart(at(60)) == (None, False)


async def test_every_event_is_in_the_timeline_once(glow: Glow) -> None:
    """However often it was absorbed."""
    events = [glow.message(0), *_shop_events(glow)]
    await glow.absorbs(*events, *events)
    assert sorted(each.id for each in await glow.all(Recorded)) == sorted(event.key for event in events)


async def test_absorbing_again_writes_no_identity(glow: Glow) -> None:
    """A repetition leaves identities and profiles at their version: there is nothing to write."""
    order = glow.order(1001, 1, "order_created", phone=ANAS_PHONE, email="ana@example.com")
    await glow.absorbs(glow.message(0), order)
    keys = [each.id for each in await glow.all(Identity)]
    before = await glow.store.get(Identity, keys)
    await glow.absorbs(order)
    assert await glow.store.get(Identity, keys) == before


@dataclass
class Interrupted:
    """A store in which something else happens before the call with the given number, as in another process."""

    store: MongoBrandStore
    before: int
    happens: Coroutine[Any, Any, None]
    calls: int = 0

    async def get(self, kind: type[Record], ids: Collection[str]) -> dict[str, Any]:
        """See `BrandStore.get`."""
        await self._count()
        return await self.store.get(kind, ids)

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """See `BrandStore.write`."""
        await self._count()
        return await self.store.write(*changes)

    async def _count(self) -> None:
        if self.calls == self.before:
            await self.happens
        self.calls += 1


def _of_one_cart(glow: Glow) -> list[Event]:
    """A checkout through Ana's link, another one of the same cart with a name, the cart, and the order of it."""
    cart = f"c1-{TOKEN}"
    return [
        glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK),
        glow.checkout(OTHER_TOKEN, 2, cart_token=cart, email="bea@example.com"),
        glow.cart(cart, 3, items=(SampleItem(title="Jug"),)),
        glow.order(1001, 4, "order_created", phone=ANAS_PHONE, checkout_token=TOKEN),
    ]


_LONGEST = 7
"""Store calls of absorbing one event, one repetition included."""


@pytest.mark.parametrize("before", range(_LONGEST))
@pytest.mark.parametrize(("first", "second"), list(permutations(range(4), 2)))
async def test_absorbed_amid_another_is_as_one_after_the_other(
    glow: Glow, first: int, second: int, before: int
) -> None:
    """Whatever another process absorbs between two store calls of one that absorbs, the same is known in the end."""
    told = _of_one_cart(glow)
    rest = [event for place, event in enumerate(told) if place not in (first, second)]
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    between = absorb_facts(glow.store, told[second])
    store = Interrupted(glow.store, before, between)
    await absorb_facts(cast("BrandStore", store), told[first])
    if store.calls <= before:  # it had ended before
        await between
    amid = await glow.state()
    await glow.absorbs(told[first], told[second])
    assert await glow.state() == amid, "something was missing that absorbing again brought"
    await glow.absorbs(*rest)
    for profile in await glow.all(Profile):
        for member in profile.members:
            identity = (await glow.store.get(Identity, [member.identifier]))[member.identifier].record
            assert member == Member.of(identity)


async def test_many_at_once_lose_nothing(glow: Glow) -> None:
    """Orders for one phone, absorbed side by side while its owner writes: everybody ends, all of it is there."""
    await glow.absorbs(glow.message(0))
    orders = [glow.order(1000 + number, number, "order_created", phone=ANAS_PHONE) for number in range(1, 9)]
    await asyncio.gather(*(absorb_facts(glow.store, order) for order in orders))
    assert sorted(await glow.orders_seen()) == [f"#{1000 + number}" for number in range(1, 9)]


def test_the_samples_are_of_the_shop() -> None:
    """Every shop event above is of the one shop of the settings."""
    assert ACCOUNT_IDS["shopify"] == SHOP


async def test_a_refund_that_comes_before_its_order_counts(glow: Glow) -> None:
    """What was given back is known once the order is, and all of it makes the order refunded."""
    refund = glow.event("shopify", "refund_created", 2, order_id=1001, refunded="24.90")
    await glow.absorbs(refund, glow.order(1001, 1, "order_created", phone=ANAS_PHONE), glow.message(3))
    (order,) = (await glow.sight()).orders(now=START)
    refunded = order.refunded()
    assert refunded is not None
    assert (order.present_state(), str(refunded.as_decimal())) == ("refunded", "24.90")


@pytest.mark.parametrize("first", ["cart", "checkout"])
async def test_a_cart_comes_back_through_its_checkouts_link_only(glow: Glow, first: str) -> None:
    """A later version of the cart is seen through the link that its checkout bore; a cart of no link by nobody."""
    cart = glow.cart(f"c1-{TOKEN}", 3, items=(SampleItem(title="Cup"), SampleItem(title="Jug")))
    checkout = glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK, items=(SampleItem(title="Cup"),))
    await glow.absorbs(glow.message(0), glow.cart("c1-nobodys", 4))
    await glow.gives_link()
    await glow.absorbs(*((cart, checkout) if first == "cart" else (checkout, cart)))
    seen, withheld = (await glow.sight()).cart(at(5))
    assert seen is not None
    assert ([item.title for item in seen.items], withheld) == (["Cup (Blue)", "Jug (Blue)"], False)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
async def test_who_was_typed_into_a_checkout_withholds_its_cart(glow: Glow, order: tuple[int, ...]) -> None:
    """A cart bears no name of its own: what somebody typed into any checkout of it counts for the cart, too."""
    told = [
        glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK),
        glow.checkout(OTHER_TOKEN, 2, cart_token=f"c1-{TOKEN}", email="bea@example.com"),
        glow.cart(f"c1-{TOKEN}", 3, items=(SampleItem(title="Jug"),)),
    ]
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    await glow.absorbs(*(told[place] for place in order))
    seen, withheld = (await glow.sight()).cart(at(5))
    assert withheld
    assert seen is None


async def test_a_cart_whose_order_was_placed_is_not_open(glow: Glow) -> None:
    """Whatever is told of the cart after its order: it is over."""
    await glow.absorbs(glow.message(0))
    await glow.gives_link()
    await glow.absorbs(
        glow.order(1001, 2, "order_created", cart_token=f"c1-{TOKEN}", checkout_token="another"),
        glow.checkout(TOKEN, 1, "checkout_created", link_id=LINK),
        glow.cart(f"c1-{TOKEN}", 3),
    )
    assert (await glow.sight()).cart(at(5)) == (None, False)


async def test_a_record_of_a_customer_reaches_nobody(glow: Glow) -> None:
    """Ana's phone and address in a shop's record of a customer bring nothing to Ana, and nothing of hers to anybody."""
    record = glow.event("shopify", "customer_enabled", 1, phone=ANAS_PHONE, email="ana@example.com")
    await glow.absorbs(glow.message(0), record)
    assert await glow.fragment(ANAS_PHONE_KEY) == Fragment()
    assert {each.profile_id for each in await glow.all(Identity) if each.id.startswith("email")} <= {None}
    (of_shop,) = (each for each in await glow.all(Identity) if each.id.startswith("shop_customer"))
    assert of_shop.edges == ()
    assert set((await glow.sight()).levels) == {ANA_KEY, ANAS_PHONE_KEY}


async def test_a_product_that_is_gone_stays_gone(glow: Glow) -> None:
    """Told of late, it is neither kept nor listed."""
    await glow.absorbs(
        glow.event("shopify", "product_created", 1, product_id=83),
        glow.event("shopify", "product_deleted", 2, product_id=83),
        glow.event("shopify", "product_updated", 3, product_id=83),
    )
    (product,) = await glow.all(Product)
    (page,) = await glow.all(CataloguePage)
    assert (product.gone, product.title, page.products) == (True, "", ())
    assert glow.brand.catalogue.find("product", "83") is None


async def test_another_process_finds_a_product_by_the_pages(glow: Glow) -> None:
    """What one process absorbed another knows after its next look, and no longer once it is gone."""
    elsewhere = Catalogue([SHOP])
    await glow.absorbs(glow.event("shopify", "product_created", 1, product_id=82))
    await elsewhere.look(glow.store, 0)
    found = elsewhere.find("product", "82")
    await glow.absorbs(glow.event("shopify", "product_deleted", 2, product_id=82))
    await elsewhere.look(glow.store, LOOKS_EVERY - 1)
    in_between = elsewhere.find("product", "82")
    await elsewhere.look(glow.store, LOOKS_EVERY)
    assert found is not None
    assert (in_between, elsewhere.find("product", "82"), len(elsewhere)) == (found, None, 0)
