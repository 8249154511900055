"""A cart that was left: one reminder inside the window, and none in all cases in which nothing may be said."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.testing import too_many_requests
from middleware.domain.messages import SendState
from middleware.jobs.timers import ring
from tests.running import Running, running, until
from tests.scenarios.left_carts import CREAM, OIL, Deed, Leaving, Set, leaving, ring_all
from tests.scenarios.looking import database, documents, everything, link_in
from tests.stores import StoreServer


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def clock() -> Set:
    """The clock of the installation."""
    return Set()


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path, clock: Set) -> AsyncIterator[Running]:
    """An installation on that clock, with the shipped flows."""
    async with running(store_server, tmp_path, clock=clock) as it:
        yield it


async def test_a_cart_that_was_left_is_told_once(shop: Running, clock: Set) -> None:
    """An hour after the last change, with a way back; not before, not again, and to nobody else."""
    ana, other = await leaving(shop, clock), await leaving(shop, clock, 2)
    await ana.tells()
    await ana.waits(50)
    assert ana.reminders() == []
    await ana.waits(16)
    (said,) = ana.reminders()
    assert "Rose Night Cream" in said
    assert link_in(said) not in {None, ana.link}
    assert other.reminders() == []
    await ana.tells("checkout_updated", items=(CREAM, OIL))
    await ana.waits(70)
    assert len(ana.reminders()) == 1
    (turn,) = await ana.reminding()
    assert (turn.decision.flow, turn.reasons) == ("remind_cart", ())


async def test_a_cart_that_changes_is_left_later(shop: Running, clock: Set) -> None:
    """Each change counts the hour anew, and the timers that wait for a cart stay few."""
    ana = await leaving(shop, clock)
    for _ in range(3):
        await ana.tells("checkout_updated")
        await ana.tells("cart_updated")
        await ana.tells("checkout_updated")
        await ana.waits(40)
    assert ana.reminders() == []
    assert len(await documents(shop, "timers")) <= 2
    await ana.waits(26)
    assert len(ana.reminders()) == 1
    assert await documents(shop, "timers") == []


async def test_events_twice_and_late(shop: Running, clock: Set) -> None:
    """What the shop tells twice, and what it tells late, changes nothing: one timer, one reminder, of the newest."""
    ana = await leaving(shop, clock)
    began = clock.now()
    clock.by += _minutes(4)
    await ana.tells("checkout_updated", items=(OIL,))
    before = await documents(shop, "timers")
    await ana.tells("checkout_updated", items=(OIL,))
    await ana.tells("checkout_created", at=began)
    assert await documents(shop, "timers") == before
    await ana.waits(70)
    (said,) = ana.reminders()
    assert "Rosehip Oil" in said


async def test_cart_and_checkouts_are_one_basket(shop: Running, clock: Set) -> None:
    """Two checkouts that were begun from one cart, and the cart, are told once."""
    ana = await leaving(shop, clock)
    await ana.tells("checkout_created", checkout_token="ca" * 16, cart_token="c1-one")
    await ana.tells("checkout_created", checkout_token="cb" * 16, cart_token="c1-one")
    await ana.tells("cart_updated", cart_token="c1-one")
    await ana.waits(70)
    await ana.waits(70)
    assert len(ana.reminders()) == 1


async def _orders_it(ana: Leaving) -> None:
    await ana.tells("order_created")


async def _orders_something_else(ana: Leaving) -> None:
    """By telephone, say: with the number from which they write, and without a link."""
    await ana.tells("order_created", link_id="", phone=f"+{ana.person.id}", checkout_token="ee" * 16)


async def _orders_in_another_browser(ana: Leaving) -> None:
    """The same link opened once more: another checkout, nobody's name, and the order."""
    await ana.tells("order_created", checkout_token="ef" * 16)


async def _empties_it(ana: Leaving) -> None:
    await ana.tells("checkout_updated", items=())


async def _types_another_name(ana: Leaving) -> None:
    await ana.tells("checkout_updated", email="valeria@example.org", customer_id=9_900)


async def _writes(ana: Leaving) -> None:
    await ana.says("hello again")


async def _says_stop(ana: Leaving) -> None:
    await ana.says("STOP")


async def _a_person_takes_over(ana: Leaving) -> None:
    await ana.shop.say("whatsapp", "echo", sender=ana.person.id, text="Hi, Eva here.", at=ana.clock.now())
    await ana.shop.quiet()


DEEDS: dict[Deed, tuple[str, ...] | None] = {
    _orders_it: None,
    _orders_something_else: ("ordered_since",),
    _orders_in_another_browser: ("ordered_since",),
    _empties_it: None,
    _types_another_name: None,
    _writes: ("wrote_since",),
    _says_stop: ("stopped", "wrote_since"),
    _a_person_takes_over: ("human_owner",),
}
"""What each leads to: the reasons of the turn, or no turn where the cart is not to be seen any more."""


async def test_nothing_is_said(shop: Running, clock: Set) -> None:
    """Whatever happened since the cart was left forbids it, and where the cart is still there the turn says why."""
    people = {deed: await leaving(shop, clock, number) for number, deed in enumerate(DEEDS, start=1)}
    for ana in people.values():
        await ana.tells()
    clock.by += _minutes(40)
    for deed, ana in people.items():
        await deed(ana)
    before = {deed: ana.heard() for deed, ana in people.items()}
    clock.by += _minutes(26)
    assert await ring_all(shop, clock) == len(DEEDS)
    assert {deed: ana.heard() for deed, ana in people.items()} == before
    became = {deed: [turn.reasons for turn in await ana.reminding()] for deed, ana in people.items()}
    assert became == {deed: [] if reasons is None else [reasons] for deed, reasons in DEEDS.items()}
    assert {(await ana.person.conversation()).needs_person for ana in people.values()} == {None}


async def test_of_two_baskets_the_newer_one_is_told(shop: Running, clock: Set) -> None:
    """An older basket of the same customer is not told when a newer one is there."""
    ana = await leaving(shop, clock)
    await ana.tells(checkout_token="0d" * 16)
    await ana.waits(10)
    await ana.tells(checkout_token="0f" * 16, items=(OIL,))
    await ana.waits(56)
    assert ana.reminders() == []
    await ana.waits(10)
    (said,) = ana.reminders()
    assert "Rosehip Oil" in said


async def test_whoever_has_not_agreed_hears_nothing(shop: Running, clock: Set) -> None:
    """Without consent to promotions nothing is said, and the trace says so."""
    ana = await leaving(shop, clock, agrees=False)
    await ana.tells()
    await ana.waits(66)
    assert ana.reminders() == []
    (turn,) = await ana.reminding()
    assert "has not agreed" in str(turn.decision.why)


async def test_a_closed_window(shop: Running, clock: Set) -> None:
    """A day after the customer wrote last nothing is said, though the cart changed an hour ago."""
    ana = await leaving(shop, clock)
    clock.by += _minutes(23.5 * 60)
    await ana.tells()
    await ana.waits(66)
    assert ana.reminders() == []
    (turn,) = await ana.reminding()
    assert turn.reasons == ("window_closed",)


async def test_carts_of_which_nobody_could_be_told(shop: Running, clock: Set) -> None:
    """One that came through no link, one that was left long ago, one that is an order by now: no timer."""
    ana = await leaving(shop, clock)
    await ana.tells(link_id="")
    await ana.tells(checkout_token="0d" * 16, at=clock.now() - _minutes(150))
    await ana.tells("order_created", checkout_token="0f" * 16)
    await ana.tells("checkout_updated", checkout_token="0f" * 16)
    assert await documents(shop, "timers") == []


async def test_a_reminder_leads_to_no_second_one(shop: Running, clock: Set) -> None:
    """The basket that came of a reminder's own link is left once more: they were reminded."""
    ana = await leaving(shop, clock)
    await ana.tells(checkout_token="0d" * 16)
    await ana.waits(66)
    (said,) = ana.reminders()
    link = link_in(said)
    await ana.tells(checkout_token="0f" * 16, link_id=link)
    await ana.waits(66)
    assert len(ana.reminders()) == 1
    assert [turn.reasons for turn in await ana.reminding()] == [(), ("reminded_before",)]


async def test_a_timer_that_rings_again_says_nothing_more(shop: Running, clock: Set) -> None:
    """A crash between ringing and the end lets a timer ring again: not a byte changes."""
    ana = await leaving(shop, clock)
    await ana.tells()
    (timer,) = await documents(shop, "timers")
    await ana.waits(66)
    before = await everything(shop)
    async with database(shop) as found:
        await found["timers"].insert_one(timer)
    assert await ana.waits(0) == 1
    assert await everything(shop) == before
    assert len(ana.reminders()) == 1


async def test_no_flow_no_timers(store_server: StoreServer, tmp_path: Path, clock: Set) -> None:
    """Where no flow of the brand starts by it, a cart costs nothing more."""
    flows = tmp_path / "flows"
    flows.mkdir()
    off = "flow: remind_cart\npurpose: nothing of itself\ntriggers: {payload: [remind]}\nsteps: [{hand_over: nobody}]\n"
    (flows / "remind_cart.yaml").write_text(off)
    async with running(store_server, tmp_path, clock=clock, brands={"glow": {"flows": str(flows)}}) as shop:
        ana = await leaving(shop, clock)
        await ana.tells()
        assert await documents(shop, "timers") == []


@pytest.mark.parametrize(("deed", "reason"), [(_orders_it, "cart_gone"), (_writes, "wrote_since")])
async def test_what_happens_between_decision_and_sending(shop: Running, clock: Set, deed: Deed, reason: str) -> None:
    """The reminder is decided, and before it leaves the customer orders or writes: it is not sent, and says why."""
    ana = await leaving(shop, clock)
    await ana.tells()
    clock.by += _minutes(66)
    shop.graph.fail_next(too_many_requests(1))
    await ring(shop.here.brands["glow"].store, clock, lambda _: None)
    await until(lambda: _is_put_off(ana), "the reminder to be put off")
    await deed(ana)
    await shop.quiet()
    (turn,) = await ana.reminding()
    (message,) = turn.messages
    assert (message.state, message.reason) == (SendState.FAILED, reason)
    assert ana.reminders() == []
    assert (await ana.person.conversation()).needs_person is None


async def _is_put_off(ana: Leaving) -> bool:
    return any(entry.attempts for entry in (await ana.person.conversation()).outbox)
