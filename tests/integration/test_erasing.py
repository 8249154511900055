"""Erasing one person: nothing of them is left anywhere, nobody else loses anything, and nothing brings them back."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from middleware.domain.agents import Noted
from middleware.domain.attachments import AttachmentPiece, Attachments, FileState, StoredFile, piece_ids
from middleware.domain.conversation import Conversation
from middleware.domain.erasing import Erasure
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity, Lease
from middleware.domain.jobs import Job, JobKind
from middleware.domain.journal import Verdict
from middleware.domain.passing import Passing
from middleware.domain.profile import Profile
from middleware.domain.proof import Proof
from middleware.domain.record import Record
from middleware.domain.timeline import TimelineHead, TimelinePage, entry_of, page_id
from middleware.domain.timers import Timer
from middleware.pipeline.agents import acted
from middleware.pipeline.audit import entries
from middleware.pipeline.erasing import (
    EraseRefused,
    begin_erasure,
    carry_on_erasure,
    erase,
    look_at_erasure,
    underway,
)
from middleware.pipeline.erasing.kinds import BECOMES, COUNTED
from middleware.pipeline.erasing.underway import StillAtWork
from middleware.pipeline.forgetting import SETTLES, Forgetting
from middleware.pipeline.merging import merge_profiles
from middleware.pipeline.profile_view import find_profile
from middleware.pipeline.unlisting import delete_under
from middleware.ports import DeadLetter, Put, Quarantined, Recorded, Stored
from middleware.store.collections import COLLECTIONS
from tests.people import record_of
from tests.running import NUMBER, SHOP, Running, until
from tests.whole_store import found_in, whole_store

R = TypeVar("R", bound=Record)

PHONE, SENDER, EMAIL, NAME = "+34600777888", "ES.7770001abc", "carla.unmistakable@example.com", "Carla Unmistakable"
CUSTOMER, ORDER, CHECKOUT = 7_770_000_000_777, 5_770_000_000_777, "chk-carla-777"
SAID = "the blue mug arrived broken, my gate code is 4711-K"
CANARIES = (PHONE, PHONE[1:], SENDER, EMAIL, "Carla", "Unmistakable", "4711-K", "wamid.carla", "a secret note",
            str(CUSTOMER), str(ORDER), CHECKOUT, "pixels of carla", "carla-and-mug", "carla-old")  # fmt: skip


def forgetting_of(shop: Running) -> Forgetting:
    """The hashes of the brand."""
    found = shop.here.brands["glow"].forgetting
    assert found is not None
    if found.settles == SETTLES:
        found.settles = timedelta(0)
    return found


async def carla(shop: Running) -> list[str]:
    """Carla orders, leaves a checkout, writes, is answered and noted about; much of her was set aside. Her profiles."""
    store = shop.here.store.brand("glow")
    bought: dict[str, Any] = {"phone": PHONE, "email": EMAIL, "name": NAME, "customer_id": CUSTOMER}
    await shop.say("shopify", "order_paid", order_id=ORDER, order_number=7771, **bought)
    await shop.say("shopify", "checkout_updated", checkout_token=CHECKOUT, **bought)
    await shop.say("shopify", "refund_created", order_id=ORDER, order_number=7771, refunded="1.00")
    for number, text in enumerate((SAID, "hello?")):
        await shop.say("whatsapp", sender=SENDER, phone=PHONE, name=NAME, text=text, message_id=f"wamid.carla{number}")
        await shop.quiet()
    who = (await shop.context("whatsapp", SENDER)).identity.profile_id
    shops = Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, str(CUSTOMER)).key
    found = await store.get(Identity, [shops])
    conversation = await conversation_of(shop)
    brand = shop.here.brands["glow"]
    note = await acted(brand, conversation, Noted(text="a secret note"), "bea", "note-0001", shop.here.clock.now())
    shop.here.worker.submit([("glow", each) for each in note.events])  # type: ignore[union-attr]
    await shop.jobs_over()
    await set_aside(shop)
    return [str(who), str(found[shops].record.profile_id)]


async def sender_key(shop: Running, sender: str = SENDER) -> str:
    """The key of a business-scoped id, whose scope is the portfolio."""
    every = [each.record.id async for batch in shop.here.store.brand("glow").scan(Identity) for each in batch]
    return next(key for key in every if key.endswith(f"|{sender}"))


async def conversation_of(shop: Running, sender: str = SENDER) -> str:
    """The conversation of a sender."""
    key = await sender_key(shop, sender)
    found = (await shop.here.store.brand("glow").get(Identity, [key]))[key]
    return str(found.record.seat("whatsapp", NUMBER))


async def set_aside(shop: Running) -> None:
    """What of her could not be understood, failed, or waits."""
    store, now = shop.here.store.brand("glow"), shop.here.clock.now()
    raw = f'{{"from": "{PHONE[1:]}", "name": "Carla", "mail": "carla.unmistakable\\u0040example.com"}}'.encode()
    kept = Quarantined(id="q1", connector="whatsapp", reason="odd", raw=raw, received_at=now)
    await shop.here.store.common.write(Put(kept.model_copy(update={"id": "q2"})))
    sender = Identifier.from_key(await sender_key(shop))
    event = Event(key="whatsapp:777:wamid.carla-dead", kind=EventKind.MESSAGE, connector="whatsapp", account=NUMBER,
                  occurred_at=now, received_at=now, anchor=sender, name=NAME)  # fmt: skip
    proof = Proof(id=sender.key, target=f"email||{EMAIL}", request=event.key, locale="en", requested_at=now,
                  expires_at=now)  # fmt: skip
    letter = DeadLetter(id=event.key, event=event, reason="x", failed_at=now)
    await store.write(Put(kept), Put(letter), Put(proof))
    await further(shop, sender)


async def further(shop: Running, sender: Identifier) -> None:
    """Files, an old page of her timeline, a timer, a job that waits, and what went on to another bot."""
    store, now = shop.here.store.brand("glow"), shop.here.clock.now()
    heard = f"whatsapp:{NUMBER}:wamid.carla0"
    file = StoredFile(position=0, kind="image", state=FileState.FETCHED, name="carla-and-mug.jpg", pieces=1, at=now)
    old = Event(key=f"whatsapp:{NUMBER}:wamid.carla-old", kind=EventKind.MESSAGE, connector="whatsapp", account=NUMBER,
                occurred_at=now - timedelta(days=99), received_at=now - timedelta(days=99), anchor=sender, name=NAME,
                raw={"from": PHONE})  # fmt: skip
    head = (await store.get(TimelineHead, [sender.key]))[sender.key]
    rings = Timer(id=f"2099-01-01T00:00:00|{sender.key}", rings_at=now + timedelta(days=9), event=old)
    waits = Job.of(JobKind.SENDER_PROFILE, old.key, "whatsapp", NUMBER, now + timedelta(days=9))
    passed = Passing(id="pa1", connector="whatsapp", account=NUMBER, received_at=now, sender=SENDER, keys=(heard,),
                     body=f"from {PHONE}".encode())  # fmt: skip
    await store.write(
        Put(Attachments(id=heard, files=(file,))),
        Put(AttachmentPiece(id=piece_ids(heard, file)[0], data=b"pixels of carla and her mug")),
        Put(Recorded(id=old.key, event=old)),
        Put(TimelinePage(id=page_id(sender.key, head.record.pages), entries=(entry_of(old),))),
        head.put(head.record.model_copy(update={"pages": head.record.pages + 1})),
        Put(rings), Put(waits), Put(passed),
    )  # fmt: skip


def after_now(shop: Running) -> datetime:
    """WhatsApp tells whole seconds: a message of the very second in which somebody was erased counts as before."""
    return shop.here.clock.now() + timedelta(seconds=2)


async def erased(shop: Running, profiles: Sequence[str], cause: str = "a form") -> Erasure:
    """The receipt."""
    store = shop.here.store.brand("glow")
    return await erase(store, forgetting_of(shop), profiles, shop.here.clock, by="ada", cause=cause)


async def until_settling(shop: Running, profiles: Sequence[str]) -> str:
    """The id of an erasure that has deleted what ids lead to, and waits for what may still land."""
    store, forgetting, clock = shop.here.store.brand("glow"), forgetting_of(shop), shop.here.clock
    later = clock.now() + timedelta(hours=1)
    begun = await begin_erasure(store, forgetting, profiles, by="ada", cause="c", now=clock.now(), first_look=later)
    forgetting.settles = timedelta(hours=1)
    with pytest.raises(StillAtWork):
        await carry_on_erasure(store, forgetting, begun.id, clock)
    return begun.id


async def settled(shop: Running, erasure_id: str) -> Erasure:
    """The receipt of such an erasure."""
    forgetting = forgetting_of(shop)
    forgetting.settles = timedelta(0)
    return await carry_on_erasure(shop.here.store.brand("glow"), forgetting, erasure_id, shop.here.clock)


def test_every_kind_of_record_has_its_row() -> None:
    """A kind of record that the table does not name cannot be added; nor is one named that there is not. The docs show
    the same table.
    """
    assert set(BECOMES) == set(COLLECTIONS)
    rows = re.findall(r"^\| `(\w+)` \| ([a-z ]+) \|", Path("docs/erasing.md").read_text(), re.MULTILINE)
    assert dict(rows) == {kind.__name__: becomes for kind, becomes in BECOMES.items()}


async def test_nothing_of_a_person_is_left_and_nobody_else_loses_anything(shop: Running) -> None:
    """Every collection is gone through for whatever names her, in any encoding; what is David's is as it was."""
    await shop.say("whatsapp", sender="ES.4440001abc", phone="+34600444555", name="David", text="where is my order?")
    await shop.quiet()
    before = await whole_store(shop)
    profiles = await carla(shop)
    store = shop.here.store.brand("glow")
    assert {needle for needle, _ in found_in(await whole_store(shop), CANARIES)} == set(CANARIES)

    look = await look_at_erasure(store, forgetting_of(shop), profiles, shop.here.clock.now())
    assert look is not None
    assert (look.counts["profiles"], look.counts["conversations"], look.others) == (2, 1, ())
    assert found_in(await whole_store(shop), [SENDER]) != set(), "a look changes nothing"

    done = await erased(shop, profiles)
    after = await whole_store(shop)
    assert found_in(after, CANARIES) == set()
    assert done.phase == "done"
    short = {kind: (number, done.counts.get(kind)) for kind, number in look.counts.items()
             if done.counts.get(kind, 0) < number}  # fmt: skip
    assert short == {}, "what was shown is what went"
    assert set(done.counts) <= set(COUNTED)
    assert found_in(after, ["David", "+34600444555", "ES.4440001abc"]) == found_in(
        before, ["David", "+34600444555", "ES.4440001abc"]
    )
    lost = {place: len(before[place]) - len(after[place]) for place in before if len(after[place]) < len(before[place])}
    assert lost == {}
    record = (await entries(store))[0]
    assert (record.what, record.by, record.about) == ("person.erased", "ada", done.id)
    assert record.details == {kind: str(number) for kind, number in done.counts.items()}


async def test_the_same_cause_is_one_erasure(shop: Running) -> None:
    """Told twice, at once and later, it is one receipt; without a person and a known cause it is refused."""
    profiles = await carla(shop)
    store, forgetting = shop.here.store.brand("glow"), forgetting_of(shop)
    one, other = await asyncio.gather(erased(shop, profiles), erased(shop, profiles))
    assert one.id == other.id == (await erased(shop, profiles)).id
    assert [each.what for each in await entries(store)].count("person.erased") >= 1
    with pytest.raises(EraseRefused):
        await begin_erasure(store, forgetting, profiles, by="ada", cause="another", now=shop.here.clock.now())


async def test_nothing_of_before_brings_them_back(shop: Running) -> None:
    """Retries, late events, news of what a source still has, replays: all are dropped and counted."""
    profiles = await carla(shop)
    await erased(shop, profiles)
    old = shop.here.clock.now() - timedelta(minutes=3)
    bought: dict[str, Any] = {"phone": PHONE, "email": EMAIL, "name": NAME, "customer_id": CUSTOMER}
    await shop.say("whatsapp", sender=SENDER, phone=PHONE, name=NAME, text=SAID, message_id="wamid.carla0", at=old)
    await shop.say("whatsapp", sender=SENDER, phone=PHONE, name=NAME, text=SAID, message_id="wamid.carla9", at=old)
    await shop.say("whatsapp", "status", sender=SENDER, phone=PHONE, other_message_id="wamid.carla8")
    await shop.say("shopify", "order_updated", order_id=ORDER, order_number=7771, **bought)
    await shop.say("shopify", "shipment_created", order_id=ORDER, order_number=7771, **bought)
    await shop.say("shopify", "order_updated", order_id=ORDER + 1, order_number=7772, **bought)
    await shop.say("shopify", "customer_updated", **bought)
    await shop.say("shopify", "checkout_updated", checkout_token=CHECKOUT, at=old, **bought)
    await shop.jobs_over()
    assert found_in(await whole_store(shop), (*CANARIES, str(ORDER + 1))) == set()
    assert shop.here.metrics.stages.labels("dropped_erased")._value.get() >= 6


async def test_who_writes_anew_is_somebody_new(shop: Running) -> None:
    """A later message is answered, of somebody of whom nothing is known, also while the emptied conversation is still
    there; late news of before stay out even then.
    """
    profiles = await carla(shop)
    store = shop.here.store.brand("glow")
    erasure_id = await until_settling(shop, profiles)
    sent = len(shop.graph.sent)
    await shop.say("whatsapp", sender=SENDER, phone=PHONE, text="good morning", message_id="wamid.new1",
                   at=after_now(shop))  # fmt: skip
    await shop.replies(sent + 1)
    context = await shop.context("whatsapp", SENDER)
    assert context.orders is None or context.orders.state == "missing"
    await shop.say("shopify", "order_updated", order_id=ORDER, order_number=7771, phone=PHONE, email=EMAIL,
                   customer_id=CUSTOMER)  # fmt: skip
    old = shop.here.clock.now() - timedelta(minutes=3)
    await shop.say("whatsapp", sender=SENDER, phone=PHONE, text=SAID, message_id="wamid.carla0", at=old)
    await shop.quiet()
    await settled(shop, erasure_id)
    left = (await store.get(Conversation, [await conversation_of(shop)])).values()
    assert [line.text for each in left for line in each.record.lines if line.by == "customer"] == ["good morning"]
    assert found_in(await whole_store(shop), (EMAIL, "4711-K", str(ORDER))) == set()


async def test_boards_learn_of_it(shop: Running) -> None:
    """An open board loses the conversation and tells whoever looks; who writes there anew is on it again."""
    profiles = await carla(shop)
    board, conversation = shop.here.boards["glow"], await conversation_of(shop)
    await board.load()
    assert board.head(conversation) is not None
    mark = board.mark
    erasure_id = await until_settling(shop, profiles)
    await board.look()
    assert board.head(conversation) is None
    async with aclosing(board.subscribe(mark)) as news:
        assert (await anext(news)).reload
    await settled(shop, erasure_id)
    await shop.say("whatsapp", sender=SENDER, phone=PHONE, text="good morning", at=after_now(shop))
    await shop.quiet()
    await board.look()
    head = board.head(conversation)
    assert head is not None
    assert head.last is not None


async def test_what_landed_by_half_of_her_order_keeps_nothing_of_her(shop: Running) -> None:
    """An order that stands under its contacts, and in no timeline of hers yet: it is hers all the same, and so is the
    address that is on her things alone.
    """
    profiles = await carla(shop)
    bought: dict[str, Any] = {"phone": PHONE, "email": EMAIL, "name": NAME, "customer_id": CUSTOMER}
    await shop.say("shopify", "order_paid", order_id=ORDER + 1, order_number=7772, **bought)
    await shop.quiet()
    store = shop.here.store.brand("glow")
    half = {each.record.id for each in await every(shop, Recorded) if str(ORDER + 1) in str(each.record.event.anchor)}
    for head in await every(shop, TimelineHead):
        left = tuple(each for each in head.record.entries if each.event not in half)
        assert all(await store.write(head.put(head.record.model_copy(update={"entries": left}))))
    await erased(shop, profiles)
    assert found_in(await whole_store(shop), CANARIES) == set()


async def test_an_address_of_which_nothing_is_kept_at_the_moment_goes_too(shop: Running) -> None:
    """What was dropped while she was looked for has taken along the address that is on her things alone: a checkout
    with it, which stands in no timeline, keeps nothing of her all the same.
    """
    profiles = await carla(shop)
    store = shop.here.store.brand("glow")
    address = Identifier(IdentifierKind.EMAIL, "", EMAIL).key
    assert address in await store.get(Identity, [address])
    await delete_under(store, [address])
    await erased(shop, profiles)
    assert found_in(await whole_store(shop), CANARIES) == set()


async def every(shop: Running, kind: type[R]) -> list[Stored[R]]:
    """All records of a kind."""
    return [each async for batch in shop.here.store.brand("glow").scan(kind) for each in batch]


async def test_news_of_a_shop_while_it_is_done(shop: Running) -> None:
    """Whatever the shop tells of her orders while they are deleted, nothing of it stays."""
    profiles = await carla(shop)
    bought: dict[str, Any] = {"phone": PHONE, "email": EMAIL, "name": NAME, "customer_id": CUSTOMER}

    async def tells() -> None:
        for number in range(6):
            old = shop.here.clock.now() - timedelta(minutes=number + 1)
            await shop.say("shopify", "order_updated", order_id=ORDER + number % 2, order_number=7771, at=old, **bought)
            await shop.say("shopify", "checkout_updated", checkout_token=CHECKOUT, at=old, **bought)

    erasure_id, _, _ = await asyncio.gather(until_settling(shop, profiles), tells(), tells())
    await shop.quiet()
    await settled(shop, erasure_id)
    await shop.jobs_over()
    assert found_in(await whole_store(shop), CANARIES) == set()


async def test_what_others_have_a_part_in_stays_with_them(shop: Running) -> None:
    """An order that bears another profile's customer stays theirs, without her number; her own page is told of them."""
    profiles = await carla(shop)
    store = shop.here.store.brand("glow")
    look = await look_at_erasure(store, forgetting_of(shop), profiles[:1], shop.here.clock.now())
    assert look is not None
    assert profiles[1] in look.others
    await erased(shop, profiles[:1])
    theirs = await find_profile(store, profiles[1])
    assert theirs is not None
    assert [order.number for member in theirs.members for order in member.fragment.orders] == ["#7771"]
    assert found_in(await whole_store(shop), (PHONE, PHONE[1:], SENDER, "4711-K")) == set()


async def test_profiles_that_were_merged_go_together(shop: Running) -> None:
    """Her page stands for all that is one in it; verdicts, journal and candidates about them go as well."""
    profiles = await carla(shop)
    crm = await record_of(shop, "770077", first_name="Carla", last_name="Unmistakable", email=EMAIL)
    other = await record_of(shop, "880088", first_name="Carla", last_name="Unmistakable", email=EMAIL)
    store, now = shop.here.store.brand("glow"), shop.here.clock.now()
    for each in (profiles[1], crm):
        await merge_profiles(store, profiles[0], each, rule="review.person", by="bea", now=now, note="Carla herself",
                             despite=True)  # fmt: skip
    look = await look_at_erasure(store, forgetting_of(shop), profiles[:1], now)
    assert look is not None
    assert (look.counts["profiles"], look.others) == (3, (other,))
    await erased(shop, [crm])
    left = await whole_store(shop)
    assert found_in(left, (PHONE, SENDER, "770077", "Carla herself", profiles[0], crm)) == set()
    verdicts = [each.record.id async for batch in store.scan(Verdict) for each in batch]
    assert verdicts == []
    assert "880088" in {needle for needle, _ in found_in(left, ["880088"])}, "another record is another profile"


async def test_a_message_under_way_ends_first(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another worker has the lane nothing is deleted; what comes meanwhile of before is dropped all the same."""
    profiles = await carla(shop)
    store, forgetting, clock = shop.here.store.brand("glow"), forgetting_of(shop), shop.here.clock
    key, later = await sender_key(shop), clock.now() + timedelta(hours=1)
    stored = (await store.get(Identity, [key]))[key]
    held = Lease(owner="another", fence=99, until=clock.now() + timedelta(seconds=60))
    assert await store.write(stored.put(stored.record.model_copy(update={"lease": held}))) == (True,)
    begun = await begin_erasure(store, forgetting, profiles, by="ada", cause="c", now=clock.now(), first_look=later)
    monkeypatch.setattr(underway, "_LONGEST", 0.1)
    with pytest.raises(StillAtWork):
        await carry_on_erasure(store, forgetting, begun.id, clock)
    await shop.say("whatsapp", sender=SENDER, phone=PHONE, text=SAID, message_id="wamid.carla5",
                   at=clock.now() - timedelta(minutes=1))  # fmt: skip
    await shop.quiet()
    assert profiles[0] in await store.get(Profile, profiles)
    stored = (await store.get(Identity, [key]))[key]
    assert await store.write(stored.put(stored.record.model_copy(update={"lease": None}))) == (True,)
    done = await carry_on_erasure(store, forgetting, begun.id, clock)
    assert done.phase == "done"
    await shop.jobs_over()
    assert found_in(await whole_store(shop), CANARIES) == set()


class Killed(Exception):  # noqa: N818 - no error
    """Stands for the end of the process."""


POINTS = ("erase_hashed", "erase_gathering", "erase_deleting", "erase_emptied", "erase_events_deleted",
          "erase_identities_deleted", "erase_sweeping")  # fmt: skip


async def test_it_goes_on_after_a_crash_at_every_step(shop: Running) -> None:
    """Ended at each step in turn, it goes on to the same end; the receipt counts everything that was shown."""
    profiles = await carla(shop)
    store, forgetting, clock = shop.here.store.brand("glow"), forgetting_of(shop), shop.here.clock
    look = await look_at_erasure(store, forgetting, profiles, clock.now())
    assert look is not None
    later = clock.now() + timedelta(hours=1)
    begun = await begin_erasure(store, forgetting, profiles, by="ada", cause="c", now=clock.now(), first_look=later)
    for point in POINTS:

        def dies(told: str, at: str = point) -> None:
            if told == at:
                raise Killed

        with pytest.raises(Killed):
            await carry_on_erasure(store, forgetting, begun.id, clock, dies)
    done = await carry_on_erasure(store, forgetting, begun.id, clock)
    assert (done.phase, done.work) == ("done", None)
    assert found_in(await whole_store(shop), CANARIES) == set()


@pytest.mark.parametrize("stage", ["resolved", "absorbed", "decided", "carried_out", "claimed"])
async def test_an_erasure_beside_a_message_leaves_nothing(shop: Running, stage: str) -> None:
    """Begun at each point on the path of her message, with the worker going on: her reply may go, nothing stays."""
    profiles = await carla(shop)
    tasks: list[asyncio.Task[Erasure]] = []
    passed = shop.here.process.checkpoint

    def begins(told: str) -> None:
        passed(told)
        if told == stage and not tasks:
            tasks.append(asyncio.get_running_loop().create_task(erased(shop, profiles)))

    object.__setattr__(shop.here.process, "checkpoint", begins)
    await shop.say("whatsapp", sender=SENDER, phone=PHONE, name=NAME, text="hello, order #7771?",
                   message_id="wamid.carla6")  # fmt: skip
    await until(lambda: _begun(tasks), "the erasure to begin")
    await tasks[0]
    await shop.jobs_over()
    assert found_in(await whole_store(shop), CANARIES) == set()


async def _begun(tasks: list[Any]) -> bool:
    return bool(tasks)
