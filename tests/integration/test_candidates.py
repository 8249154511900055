"""Candidates on a real store: one record at a time, in few commands, however many there are."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from middleware.domain.candidates import Block, Candidate, Indexed
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity, profile_id_of
from middleware.domain.journal import Verdict
from middleware.domain.profile import Member, Profile
from middleware.identity.weights import Weights, shipped_weights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.pipeline.merging import merge_profiles
from middleware.pipeline.review import Changed, Looked, NoCandidate, NotDecided, Queue
from middleware.ports import BrandStore, Put, Stored
from middleware.store.mongo import MongoBrandStore, connect
from tests.benchmarks.candidates import documents
from tests.commands import Commands
from tests.records import NOW, crowd, record_identity, record_key
from tests.stores import StoreServer

MOST_COMMANDS = 5
RULES = ReviewRules(0.0)
ANA = {
    "first_name": "Ana", "last_name": "Quintanilla", "email": "ana.quintanilla@web.example", "phone": "+34600111222",
    "city": "Sevilla", "postcode": "41001",
}  # fmt: skip
SHE = {**ANA, "first_name": "Ana María"}
BEN = {"first_name": "Ben", "last_name": "Oldenburg", "email": "ben@oldenburg.example", "city": "Kiel"}


@pytest.fixture
def commands() -> Commands:
    """What goes to the store."""
    return Commands()


@pytest.fixture
async def store(store_server: StoreServer, database: str, commands: Commands) -> AsyncIterator[MongoBrandStore]:
    """A brand's store whose commands are counted."""
    client = connect(store_server.uri, listeners=(commands,))
    store = MongoBrandStore(client, database)
    await store.ensure()
    try:
        yield store
    finally:
        await store.close()
        client.close()


async def put(store: BrandStore, identity: Identity) -> None:
    """Write the present state of an identity, as absorbing does."""
    known = (await store.get(Identity, [identity.id])).get(identity.id)
    assert await store.write(known.put(identity) if known is not None else Put(identity)) == (True,)


async def look(store: BrandStore, identity: Identity, weights: Weights | None = None) -> None:
    """Write an identity and look who it might be."""
    await put(store, identity)
    await match_record(store, identity.id, weights or shipped_weights(), RULES, NOW)


async def open_ones(store: BrandStore) -> list[Candidate]:
    """All open candidates."""
    return [each.record async for batch in store.scan(Candidate) for each in batch]


async def entry(store: BrandStore, key: str) -> Stored[Indexed] | None:
    """A document of the index."""
    return (await store.get(Indexed, [key])).get(key)


async def everything_in(store: BrandStore) -> list[Stored[Indexed] | Stored[Candidate]]:
    """Index and candidates as they are stored, with their versions."""
    found: list[Stored[Indexed] | Stored[Candidate]] = []
    async for indexed in store.scan(Indexed):
        found += indexed
    async for candidates in store.scan(Candidate):
        found += candidates
    return found


def profile_of(key: str) -> str:
    """The profile that an identifier founds."""
    return profile_id_of(Identifier.from_key(key))


async def joined(store: BrandStore, *keys: str) -> None:
    """Profiles of records, the later ones merged into the first."""
    home = profile_of(keys[0])
    members = tuple(Member(identifier=key, facts=1, home=profile_of(key)) for key in sorted(keys))
    await store.write(Put(Profile(id=home, created_at=NOW, members=members)))
    for key in keys[1:]:
        member = Member(identifier=key, facts=1)
        merged = Profile(id=profile_of(key), created_at=NOW, merged_into=home, members=(member,))
        await store.write(Put(merged))


async def test_two_records_of_one_person_are_a_candidate(store: MongoBrandStore) -> None:
    """Found by the second of them, with reasons, both records side by side, and the profiles of both."""
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", scope="zendesk:9", **SHE))

    (found,) = await open_ones(store)
    assert set(found.profiles) == {profile_of(record_key("1")), profile_of(record_key("2", scope="zendesk:9"))}
    assert found.bits > 0
    assert "the same phone number" in {each.words for each in found.reasons}
    row = next(each for each in found.fields if each.field == "first_name")
    assert {row.one, row.other} == {"Ana", "Ana María"}


async def test_strangers_are_none(store: MongoBrandStore) -> None:
    """Two who share nothing but a city."""
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **{**BEN, "city": "Sevilla"}))
    assert await open_ones(store) == []


async def test_doing_it_again_changes_nothing(store: MongoBrandStore) -> None:
    """A job that is repeated leaves index and candidates as they are, byte for byte and version for version."""
    one, two = record_identity("1", **ANA), record_identity("2", **SHE)
    await look(store, one)
    await look(store, two)
    before = await everything_in(store)
    for key in (one.id, two.id, one.id):
        await match_record(store, key, shipped_weights(), RULES, NOW.replace(hour=13))
    assert await everything_in(store) == before


async def test_a_changed_record_leaves_its_old_keys(store: MongoBrandStore) -> None:
    """Who has her old e-mail address does not meet her any more, and the candidate it made is closed."""
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **SHE))
    first = await entry(store, record_key("1"))
    assert first is not None
    assert first.record.comparable is not None

    await look(store, record_identity("1", **BEN))

    assert await open_ones(store) == []
    for key in first.record.comparable.keys:
        block = await entry(store, key)
        assert block is None or block.record.block is None or record_key("1") not in block.record.block.members
    await look(store, record_identity("3", **ANA))
    assert {each for (found,) in [await open_ones(store)] for each in found.records} == {
        record_key("2"), record_key("3"),
    }  # fmt: skip


async def test_a_record_that_is_gone_disappears_from_everything(store: MongoBrandStore) -> None:
    """Its entry, its place in every block, and what is open about it."""
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **SHE))
    assert await open_ones(store)

    await look(store, record_identity("1", gone=True))

    assert await open_ones(store) == []
    everything = [each.record async for batch in store.scan(Indexed) for each in batch]
    assert record_key("1") not in {each.id for each in everything}
    assert not [each for each in everything if each.block is not None and record_key("1") in each.block.members]


async def test_a_key_that_too_many_share_is_passed_over(store: MongoBrandStore) -> None:
    """It is closed, holds nobody, and is not written any more."""
    await look(store, record_identity("1", **ANA))
    own = await entry(store, record_key("1"))
    assert own is not None
    assert own.record.comparable is not None
    for key in own.record.comparable.keys:
        stored = await entry(store, key)
        assert stored is not None
        await store.write(stored.put(Indexed(id=key, block=Block(count=61))))

    await look(store, record_identity("2", **ANA))

    assert await open_ones(store) == []
    for key in own.record.comparable.keys:
        stored = await entry(store, key)
        assert stored is not None
        assert (stored.record.block, stored.version) == (Block(count=61), 2)


async def test_two_looks_at_once_lose_nobody(store: MongoBrandStore) -> None:
    """Records that come at the same time are all in the block that they share."""
    identities = [record_identity(str(number), **{**ANA, "first_name": f"N{number}"}) for number in range(8)]
    await asyncio.gather(*(look(store, each) for each in identities))
    (mailbox,) = {
        key
        for each in identities
        if (stored := await entry(store, each.id)) is not None and stored.record.comparable is not None
        for key in stored.record.comparable.keys
        if key.startswith("m:")
    }
    stored = await entry(store, mailbox)
    assert stored is not None
    assert stored.record.block is not None
    assert set(stored.record.block.members) == {each.id for each in identities}


async def test_a_rejected_pair_never_comes_back(store: MongoBrandStore) -> None:
    """Not when the records change, nor by the index, nor when the index has forgotten and the verdict has not."""
    queue = Queue(store, merge_profiles)
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **SHE))
    (found,) = await open_ones(store)

    verdict = await queue.reject(found.id, by="kim", note="mother and daughter", now=NOW)

    assert (await store.get(Verdict, [found.id]))[found.id].record == verdict
    await look(store, record_identity("2", **{**SHE, "first_name": "Ana"}))
    await look(store, record_identity("1", **{**ANA, "city": "Madrid"}))
    assert await open_ones(store) == []
    with pytest.raises(NoCandidate):
        await queue.look(found.id)


async def test_a_rejected_pair_stays_so_after_a_merge(store: MongoBrandStore) -> None:
    """A third record, merged into one of the two, does not bring the question back."""
    queue = Queue(store, merge_profiles)
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **SHE))
    (found,) = await open_ones(store)
    await queue.reject(found.id, by="kim", note="", now=NOW)
    await joined(store, record_key("1"), record_key("3"))

    await look(store, record_identity("3", **SHE))

    assert await open_ones(store) == []


async def test_a_locked_profile_is_left_alone(store: MongoBrandStore) -> None:
    """What is open about it is closed, and no later record meets it."""
    queue = Queue(store, merge_profiles)
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **SHE))
    await queue.lock(profile_of(record_key("1")), by="kim", note="", now=NOW)
    assert await open_ones(store) == []

    await look(store, record_identity("3", **ANA))

    assert {each for (found,) in [await open_ones(store)] for each in found.records} == {
        record_key("2"), record_key("3"),
    }  # fmt: skip


async def test_a_profile_that_was_merged_resolves(store: MongoBrandStore) -> None:
    """Two records of one profile are no candidate, and one that was open when they were merged is closed."""
    await joined(store, record_key("1"), record_key("2"))
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **SHE))
    assert await open_ones(store) == []

    await look(store, record_identity("3", **ANA))
    (found,) = await open_ones(store)
    assert set(found.profiles) == {profile_of(record_key("1")), profile_of(record_key("3"))}


async def test_what_was_merged_meanwhile_is_closed_when_it_is_looked_at(store: MongoBrandStore) -> None:
    """The queue shows no pair that is one person by now."""
    queue = Queue(store, merge_profiles)
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **SHE))
    await joined(store, record_key("1"), record_key("2"))
    assert (await queue.page(10)).items == ()
    assert await open_ones(store) == []


async def test_ids_that_conflict_are_refused_with_the_reason(store: MongoBrandStore) -> None:
    """Two customers of one shop: in the queue, with the reason; accepting is refused and nothing is merged."""
    for number in ("1", "2"):
        identity = record_identity(number, **ANA).model_copy(update={"id": f"shop_customer|glow.example|{number}"})
        await look(store, identity)
    queue = Queue(store, merge_profiles)
    ((found,), _) = ((await queue.page(10)).items, None)
    assert found.conflicts == ("two different customers of the shop glow.example",)
    with pytest.raises(NotDecided, match="two different customers"):
        await queue.accept(found.id, by="kim", note="", now=NOW)
    assert [each.id for each in await open_ones(store)] == [found.id]


async def test_accepting_merges_the_younger_into_the_older(store: MongoBrandStore) -> None:
    """The merge is called once, with rule and name; the verdict is remembered, the candidate closed."""
    called: list[tuple[str, str, str, str, bool]] = []

    async def merge(
        of: BrandStore, one: str, other: str, *, rule: str, by: str, now: object, note: str = "", despite: bool = False
    ) -> None:
        del of, now, note
        called.append((one, other, rule, by, despite))

    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", **SHE))
    old, young = profile_of(record_key("1")), profile_of(record_key("2"))
    await store.write(Put(Profile(id=young, created_at=NOW)), Put(Profile(id=old, created_at=NOW.replace(year=2025))))
    (found,) = await open_ones(store)

    await Queue(store, merge).accept(found.id, by="kim", note="same person", now=NOW)

    assert [set(each[:2]) for each in called] == [{old, young}]
    assert called[0][2:] == ("records.similar", "kim", True)
    assert (await store.get(Verdict, [found.id]))[found.id].record.verdict == "accepted"
    assert await open_ones(store) == []


async def test_of_many_who_claim_one_gets_it(store: MongoBrandStore) -> None:
    """However they come at once, with what they all saw: one may decide; then it is another one than was seen."""
    for number in "12":
        await look(store, record_identity(number, **ANA))
    (found,) = await open_ones(store)
    queue = Queue(store, merge_profiles)
    seen = (await queue.look(found.id)).seen
    claimed = await asyncio.gather(*(queue.claim(found.id, seen) for _ in range(20)), return_exceptions=True)
    assert [type(each) for each in claimed].count(Looked) == 1
    assert [type(each) for each in claimed].count(Changed) == 19
    assert (await queue.look(found.id)).seen != seen


async def test_the_queue_is_paged_best_first(store: MongoBrandStore) -> None:
    """Page after page, each candidate once, the surest first."""
    await look(store, record_identity("1", **ANA))
    await look(store, record_identity("2", scope="zendesk:9", **SHE))
    await look(store, record_identity("3", scope="klaviyo:k", **{**ANA, "city": ""}))
    everything = sorted(await open_ones(store), key=lambda each: (-each.bits, each.id))
    assert len(everything) == 3
    queue, after, seen = Queue(store, merge_profiles), "", []
    while True:
        page = await queue.page(1, after)
        seen += page.items
        if page.after is None:
            break
        after = page.after
    assert [each.id for each in seen] == [each.id for each in everything]


@pytest.mark.parametrize("size", [1_000, 10_000])
async def test_a_look_takes_five_commands(store: MongoBrandStore, commands: Commands, size: int) -> None:
    """At most five for a new record with a candidate, and for a changed one that leaves keys, whatever is there."""
    await filled(store, size)

    async def counted(identity: Identity) -> list[str]:
        await put(store, identity)
        commands.seen.clear()
        await match_record(store, identity.id, shipped_weights(size), RULES, NOW)
        return list(commands.seen)

    assert 0 < len(await counted(record_identity("new", **ANA))) <= MOST_COMMANDS
    with_candidate = await counted(record_identity("again", **SHE))
    assert await open_ones(store)
    assert 0 < len(with_candidate) <= MOST_COMMANDS, with_candidate
    await counted(record_identity("other", **BEN))
    changed = await counted(record_identity("other", **{**BEN, "last_name": "Neuburg", "email": "", "city": "Ulm"}))
    assert 0 < len(changed) <= MOST_COMMANDS, changed


async def filled(store: MongoBrandStore, size: int) -> None:
    """An index of so many records, written as it is and not looked at one by one."""
    for some in documents(crowd(size // 2)[:size]):
        await store.write(*map(Put, some))
