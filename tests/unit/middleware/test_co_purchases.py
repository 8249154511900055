"""What is bought together: the same counts whatever comes how often, in which order, and at the same time."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.co_purchases import (
    KEPT_ORDERS,
    KEPT_PRODUCTS,
    CoPurchases,
    CountedOrder,
    Together,
    order_hash,
)
from middleware.domain.commerce import LineItem, Money, Order, OrderState, Refund, Version
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.jobs import Job, JobKind
from middleware.domain.product import Product, Variant, product_key
from middleware.pipeline.absorb_facts import absorb_facts
from middleware.pipeline.catalogue import Catalogue
from middleware.pipeline.recommending.counting import count_orders
from tests.unit.middleware.builders import SHOP, at, order
from tests.unit.middleware.memory_store import MemoryStore

PRODUCTS = ("81", "82", "83", "84")


def told(order: Order) -> Event:
    """The event that tells of an order."""
    return Event(
        key=f"shopify:{SHOP}:{order.id}-{order.version.event}",
        kind=EventKind.ORDER,
        connector="shopify",
        account=SHOP,
        occurred_at=order.version.at,
        received_at=order.version.at,
        anchor=Identifier(IdentifierKind.SHOP_ORDER, SHOP, order.id),
        order=order,
    )


def of_products(number: int, products: Iterable[str], *, version: int = 0, state: OrderState = "paid") -> Order:
    """One version of an order of these products."""
    items = tuple(LineItem(title=f"Thing {each}", product_id=each) for each in products)
    return order(number, version=version, event=f"v{version}", state=state, items=items)


def key_of(order: Order) -> str:
    """The key of an order's identifier."""
    return Identifier(IdentifierKind.SHOP_ORDER, SHOP, order.id).key


def counts_in(store: MemoryStore) -> dict[str, dict[str, Together]]:
    """What is counted, by the shop's id of each product; nothing of products that nothing is counted of."""
    found = {key.rpartition("|")[2]: each.together() for key, each in store.all(CoPurchases).items()}
    return {number: counts for number, counts in found.items() if counts}


def expected(versions: Sequence[Order]) -> dict[str, dict[str, Together]]:
    """The same, worked out from the newest version of each order by the shortest way."""
    newest: dict[str, Order] = {}
    for each in versions:
        known = newest.get(each.id)
        newest[each.id] = each if known is None or known.version < each.version else known
    sold = [
        {item.product_id for item in each.items if item.product_id}
        for each in newest.values()
        if each.state not in {"cancelled", "refunded"}
    ]
    found: dict[str, dict[str, Together]] = {}
    for number in PRODUCTS:
        having = [products for products in sold if number in products]
        others = Counter(other for products in having for other in products - {number})
        if others:
            found[number] = {other: Together(count=count, of=len(having)) for other, count in sorted(others.items())}
    return found


async def _work_off_jobs(store: MemoryStore) -> None:
    for job in [each.record for each in await store.due_jobs(JobKind.CO_PURCHASES, at(10_000), 1_000)]:
        assert job.about is not None
        await count_orders(store, Catalogue(), [job.about])
        store.records[Job].pop(job.id, None)


versions_of_orders = st.lists(
    st.builds(
        of_products,
        st.integers(1, 4),
        st.sets(st.sampled_from(PRODUCTS)),
        version=st.integers(0, 5),
        state=st.sampled_from(["open", "paid", "shipped", "cancelled", "refunded"]),
    ),
    max_size=14,
    unique_by=lambda each: (each.id, each.version.event),
)


@settings(deadline=None, max_examples=150)
@given(versions_of_orders, st.randoms(use_true_random=False))
async def test_duplicates_and_any_order_give_the_same_counts(versions: list[Order], chance: random.Random) -> None:
    """However often and in which order an order's versions come, and whenever its jobs are done, the newest counts."""
    store = MemoryStore()
    stream = [each for each in versions for _ in range(chance.randint(1, 3))]
    chance.shuffle(stream)
    for each in stream:
        await absorb_facts(store, told(each))
        if chance.random() < 0.5:
            await _work_off_jobs(store)
    await _work_off_jobs(store)

    assert counts_in(store) == expected(versions)


@settings(deadline=None, max_examples=100)
@given(versions_of_orders, st.randoms(use_true_random=False))
async def test_jobs_at_the_same_time_give_the_same_counts(versions: list[Order], chance: random.Random) -> None:
    """Jobs that run into each other, and into news of the same orders, leave the newest state counted."""
    store = MemoryStore()

    async def others_first() -> None:
        for _ in range(chance.randint(0, 3)):
            await asyncio.sleep(0)

    store.before = others_first

    async def one(version: Order) -> None:
        await absorb_facts(store, told(version))
        await count_orders(store, Catalogue(), [key_of(version)])

    await asyncio.gather(*(one(each) for each in versions))

    assert counts_in(store) == expected(versions)


@pytest.mark.parametrize("call", range(6))
async def test_news_that_slip_in_between_are_counted(call: int) -> None:
    """Whichever call to the store newer news of the order come before, and are counted, they are what stays."""
    store, calls = MemoryStore(), 0
    first, then = of_products(1, ["81", "82"]), of_products(1, ["82", "83"], version=1)
    await absorb_facts(store, told(first))

    async def slips_in() -> None:
        nonlocal calls
        calls += 1
        if calls == call + 1:
            await absorb_facts(store, told(then))
            await count_orders(store, Catalogue(), [key_of(then)])

    store.before = slips_in
    await count_orders(store, Catalogue(), [key_of(first)])

    assert calls > call
    assert counts_in(store) == expected([first, then])


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_newest_orders_are_kept_whatever_the_order(chance: random.Random) -> None:
    """Of more orders than are kept the newest stay, in whichever order and however often they are told."""
    orders = [
        CountedOrder(id=f"o{number}", at=at(number // 3), products=("81", "82"), ever=("81", "82"))
        for number in range(KEPT_ORDERS + 40)
    ]
    stream = [*orders, *chance.sample(orders, 40)]
    chance.shuffle(stream)
    page = CoPurchases(id="p")
    for each in stream:
        page = page.with_order(each, "81")

    assert [each.order for each in page.orders] == [
        each.id for each in sorted(orders, key=lambda each: (each.at, each.id))[-KEPT_ORDERS:]
    ]
    assert page.together() == {"82": Together(count=KEPT_ORDERS, of=KEPT_ORDERS)}


async def test_what_was_paid_back_line_by_line_is_not_counted() -> None:
    """An order whose lines are all gone leaves the counts of what was in it, though it names nothing any more."""
    store = MemoryStore()
    for each in (of_products(1, ["81", "82"]), of_products(2, ["81", "82"])):
        await absorb_facts(store, told(each))
    await _work_off_jobs(store)
    assert counts_in(store)["81"] == {"82": Together(count=2, of=2)}

    await absorb_facts(store, told(of_products(2, [], version=1, state="paid")))
    await _work_off_jobs(store)

    assert counts_in(store) == {"81": {"82": Together(count=1, of=1)}, "82": {"81": Together(count=1, of=1)}}


async def test_money_that_went_back_takes_the_order_out() -> None:
    """A refund that is told on its own, and is all that was paid, takes its order out of the counts."""
    store, paid = MemoryStore(), Money.parse("20", "EUR")
    bought = of_products(1, ["81", "82"]).model_copy(update={"original_total": paid})
    await absorb_facts(store, told(bought))
    await _work_off_jobs(store)
    refund = Refund(id="r1", order_id="1", version=Version(at=at(5), event="r"), amount=paid)
    event = told(bought).model_copy(
        update={"key": "shopify:refund", "kind": EventKind.REFUND, "order": None, "refund": refund}
    )

    await absorb_facts(store, event)
    await _work_off_jobs(store)

    assert counts_in(store) == {}


async def test_orders_from_before_are_counted_by_the_catalogue() -> None:
    """Lines that came without the shop's id of the product are counted by their variant, where the catalogue knows."""
    store, catalogue = MemoryStore(), Catalogue([SHOP])
    catalogue.take(
        Product(
            id=product_key(SHOP, "82"), shop=SHOP, number="82", version=Version(at=at(0), event="e"),
            title="Filter paper", is_public=True, variants=(Variant(id="820"),),
        )
    )  # fmt: skip
    lines = (LineItem(title="Pot", product_id="81"), LineItem(title="Paper", variant_id="820"), LineItem(title="Gone"))
    await absorb_facts(store, told(order(1, items=lines)))

    assert await count_orders(store, catalogue, [key_of(order(1)), key_of(order(2))]) == 1
    assert counts_in(store)["81"] == {"82": Together(count=1, of=1)}


async def test_nothing_of_a_person_is_kept() -> None:
    """Neither the order's id nor who bought it is in what is counted."""
    store = MemoryStore()
    contact = Identifier(IdentifierKind.PHONE, "", "+34600111222").key
    bought = of_products(987654, ["81", "82"]).model_copy(update={"contacts": (contact,), "number": "#987654"})
    await absorb_facts(store, told(bought))
    await _work_off_jobs(store)

    kept = [*store.all(CoPurchases).values(), *store.all(CountedOrder).values()]
    assert len(kept) == 3
    assert all("987654" not in each.model_dump_json() and "600111222" not in each.model_dump_json() for each in kept)
    assert order_hash(key_of(bought)) in store.all(CountedOrder)


def test_a_huge_order_is_bounded() -> None:
    """Of an order of very many products only so many are counted with each other."""
    counted = CountedOrder(id="o", at=at(0)).with_present(at(0), (str(number) for number in range(500)))
    assert len(counted.products) == KEPT_PRODUCTS
    assert len(CoPurchases(id="p").with_order(counted, counted.products[0]).orders[0].others) == KEPT_PRODUCTS - 1
