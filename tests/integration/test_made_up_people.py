"""Made-up people: filled in through the pipeline, never sent anywhere, and taken out again with nothing else."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

from middleware.domain.candidates import Indexed
from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.made_up import MADE_UP, PHONES, MadeUp
from middleware.domain.pulse import Pulse
from middleware.domain.record import Record
from middleware.domain.users import AuditEntry, AuditHead
from middleware.pipeline.made_up import REMOVING_STEPS
from middleware.pipeline.merging import merge_profiles
from middleware.pipeline.records import records
from middleware.ports import Recorded
from middleware.store.collections import COLLECTIONS
from tests.console import seated
from tests.running import Running, running, until
from tests.stores import StoreServer

_OF_NOBODY = {MadeUp, AuditEntry, AuditHead, Pulse}
PATH = "/console/glow/start/made-up"


async def _all(shop: Running) -> Counter[tuple[type[Record], str]]:
    """Everything in the brand's store, by kind and content."""
    store = shop.here.brands["glow"].store
    found: Counter[tuple[type[Record], str]] = Counter()
    for kind in COLLECTIONS.keys() - _OF_NOBODY:
        async for some in store.scan(kind):
            found.update((kind, each.record.model_dump_json()) for each in some if not _is_empty_block(each.record))
    return found


def _is_empty_block(record: Record) -> bool:
    """Whether it is a block of the index without members: such a one stays for whoever comes next."""
    return isinstance(record, Indexed) and record.block is not None and not record.block.count


def _kinds(found: Counter[tuple[type[Record], str]]) -> Counter[type[Record]]:
    return Counter(kind for kind, _ in found.elements())


async def _real_people(shop: Running) -> None:
    await shop.say("shopify", "order_paid", phone="+34600111222", email="ana@example.com", order_number=1001)
    await shop.say("whatsapp", sender="34600111222", text="where is my order?")
    await shop.say("messenger", sender="7302000000000001", text="hello")
    await shop.replies(2)
    await shop.jobs_over()


async def test_they_come_and_go_and_nothing_else_does(shop: Running) -> None:
    """Nothing is sent to a platform; they have orders, a cart, a ticket; what was there before stays as it was."""
    await _real_people(shop)
    before, sent = await _all(shop), len(shop.graph.sent)
    store = shop.here.brands["glow"].store
    async with seated(shop, "root", "admin") as it, seated(shop, "bob", "builder") as builder:
        assert (await builder.post(f"{PATH}/fill")).status == 403
        answers = await asyncio.gather(*(it.post(f"{PATH}/fill") for _ in range(3)))
        assert sorted(each.headers["Location"].rpartition(".")[2] for each in answers) == [
            "begun",
            "under_way",
            "under_way",
        ]
        await shop.here.made_up.over("glow")
        assert (await shop.here.made_up.standing("glow")).state == "there"
        await shop.jobs_over()
        conversations = [each.record async for some in store.scan(Conversation) for each in some]
        theirs = [each for each in conversations if each.account == MADE_UP]
        assert len(theirs) == 5
        assert all(MADE_UP in each.tags for each in theirs)
        assert {each.name for each in theirs if each.channel == "whatsapp"} == {
            "Nora (made up)", "Omar (made up)", "Zoe (made up)",
        }  # fmt: skip
        said = [line.text for each in theirs for line in each.lines if line.by == "bot"]
        assert any("#9001" in text for text in said)
        kinds = {
            each.record.event.kind
            async for some in store.scan(Recorded, prefix="shopify:made-up.example:")
            for each in some
        }
        assert kinds == {"order", "cart"}
        first = await _all(shop)
        await it.post(f"{PATH}/fill")
        await shop.here.made_up.over("glow")
        await shop.jobs_over()
        assert _kinds(await _all(shop)) == _kinds(first)
        reply = {"nonce": "nonce-number-1", "text": "hello from a person"}
        assert (await it.post(f"/console/glow/conversations/{theirs[0].id}/reply", reply)).status == 303
        await shop.quiet()
        (written,) = (await store.get(Conversation, [theirs[0].id])).values()
        assert [(each.text, each.status) for each in written.record.lines if each.by == "human"] == [
            ("hello from a person", "sent")
        ]
        assert len(shop.graph.sent) == sent
        shop.here.made_up.settles = timedelta(0)
        await it.post(f"{PATH}/remove")
        await shop.here.made_up.over("glow")
        assert (await shop.here.made_up.standing("glow")).state == "none"
    after = await _all(shop)
    assert {kind.__name__ for kind, _ in (before - after)} == set()
    assert [(kind.__name__, text[:200]) for kind, text in (after - before)] == []


async def _is_stalled(shop: Running, state: str) -> None:
    """Whoever was at it has died long ago."""
    store = shop.here.brands["glow"].store
    stored = (await store.get(MadeUp, [MADE_UP]))[MADE_UP]
    assert stored.record.state == state
    await store.write(stored.put(stored.record.model_copy(update={"at": stored.record.at.replace(year=2020)})))


async def test_shells_of_a_removal_that_was_broken_off_go_with_the_next(shop: Running) -> None:
    """Although nothing leads to them any more."""
    await _real_people(shop)
    before, people, store = await _all(shop), shop.here.made_up, shop.here.brands["glow"].store
    assert await people.begin("glow", "filling")
    await people.over("glow")
    await shop.jobs_over()
    people.settles = timedelta(hours=1)
    assert await people.begin("glow", "removing")

    async def only_shells_are_left() -> bool:
        return (await people.standing("glow")).done == REMOVING_STEPS - 1

    await until(only_shells_are_left, "all but the shells to go")
    await people.stop()
    await _is_stalled(shop, "removing")
    left = [each.record async for each in records(store, Conversation)]
    assert len([each for each in left if each.erased_at is not None]) == 5
    people.settles = timedelta(0)
    assert await people.begin("glow", "removing")
    await people.over("glow")
    assert await _all(shop) == before


async def test_what_was_broken_off_is_gone_on_with(store_server: StoreServer, tmp_path: Path) -> None:
    """A process that dies while it fills in or takes out leaves what the next one completes, either way."""
    async with running(store_server, tmp_path) as shop:
        await _real_people(shop)
        before, people = await _all(shop), shop.here.made_up
        people.settles = timedelta(0)
        assert await people.begin("glow", "filling")
        await asyncio.sleep(0)
        await people.stop()
        await _is_stalled(shop, "filling")
        await shop.jobs_over()
        assert await people.begin("glow", "removing")
        await people.over("glow")
        assert await _all(shop) == before


async def test_whoever_was_merged_with_somebody_real_stays(shop: Running) -> None:
    """With all that is theirs, until the two are taken apart; the others go."""
    await _real_people(shop)
    people, store = shop.here.made_up, shop.here.brands["glow"].store
    people.settles = timedelta(0)
    assert await people.begin("glow", "filling")
    await people.over("glow")
    await shop.jobs_over()
    real = (await shop.context("whatsapp", "34600111222")).identity.profile_id
    nora = Identifier(IdentifierKind.PHONE, "", PHONES[0]).key
    theirs = (await store.get(Identity, [nora]))[nora].record.profile_id
    await merge_profiles(store, str(real), str(theirs), rule="agent", by="ana", now=shop.here.clock.now())
    assert await people.begin("glow", "removing")
    await people.over("glow")
    standing = await people.standing("glow")
    assert (standing.state, standing.left) == ("there", 1)
    orders = [each.record async for each in records(store, Identity, prefix=f"{IdentifierKind.SHOP_ORDER}|made-up")]
    assert [each.fragment.orders[0].number for each in orders] == ["#9001"]
    conversations = [each.record async for each in records(store, Conversation)]
    assert [each.name for each in conversations if each.account == MADE_UP] == ["Nora (made up)"]
