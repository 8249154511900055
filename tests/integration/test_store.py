"""The store of a brand on a real server: what `BrandStore` promises, down to the socket."""

import asyncio
import signal
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from middleware.domain.conversation import Conversation, FlowState, Line
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job, JobKind
from middleware.domain.journal import JournalEntry
from middleware.errors import NotStorable, StoreUnavailable
from middleware.ports import Delete, InboxEntry, Put, Quarantined, Recorded, Stored
from middleware.store import timing
from middleware.store.collections import COLLECTIONS
from middleware.store.mongo import MongoBrandStore, MongoStore, R, connect
from tests.commands import Commands
from tests.stores import StoreServer

NOW = datetime(2026, 11, 5, 12, 0, 0, 123_000, tzinfo=UTC)
LONE_SURROGATE = "\ud800"


@pytest.fixture
async def store(store_server: StoreServer, database: str) -> AsyncIterator[MongoBrandStore]:
    """A brand's store in a database of its own."""
    client = connect(store_server.uri)
    try:
        yield MongoBrandStore(client, database)
    finally:
        await client.drop_database(database)
        client.close()


def event(key: str = "e1", **parts: Any) -> Event:
    """An event of a customer."""
    known: dict[str, Any] = {
        "key": key,
        "kind": EventKind.MESSAGE,
        "connector": "whatsapp",
        "account": "777",
        "occurred_at": NOW,
        "received_at": NOW,
        "anchor": Identifier(IdentifierKind.PHONE, "", "+34600111222"),
    }
    return Event(**{**known, **parts})


def entry(key: str = "e1", **parts: Any) -> InboxEntry:
    """An inbox entry."""
    return InboxEntry.of(event(key, **parts))


def identity(name: str, **parts: Any) -> Identity:
    """An identity under any key."""
    return Identity(id=name, **parts)


async def test_a_record_comes_back_as_it_was(store: MongoBrandStore) -> None:
    """Times to the millisecond and everything else, at version 1."""
    assert await store.write(Put(entry())) == (True,)
    found = await store.get(InboxEntry, ["e1"])
    assert (found["e1"].record, found["e1"].version) == (entry(), 1)


async def test_the_second_put_of_a_new_record_is_told_so(store: MongoBrandStore) -> None:
    """Version 0 means that it must not exist yet: False, and the first one stays."""
    assert await store.write(Put(identity("a", facts=1))) == (True,)
    assert await store.write(Put(identity("a", facts=2))) == (False,)
    assert (await store.get(Identity, ["a"]))["a"].record.facts == 1


async def test_one_key_twice_in_one_write_lands_once(store: MongoBrandStore) -> None:
    """A body that holds the same event twice."""
    assert sorted(await store.write(Put(entry()), Put(entry()))) == [False, True]
    assert len(await store.backlog(10)) == 1


async def test_a_put_lands_only_on_the_version_that_was_read(store: MongoBrandStore) -> None:
    """Compare-and-set: the second writer of one version is told so, and changes nothing."""
    await store.write(Put(identity("a")))
    read = (await store.get(Identity, ["a"]))["a"]
    assert await store.write(read.put(identity("a", facts=1))) == (True,)
    assert await store.write(read.put(identity("a", facts=2))) == (False,)
    found = (await store.get(Identity, ["a"]))["a"]
    assert (found.record.facts, found.version) == (1, 2)


async def test_a_put_with_a_version_makes_no_new_record(store: MongoBrandStore) -> None:
    """What was deleted meanwhile does not come back."""
    assert await store.write(Put(identity("a"), 3)) == (False,)
    assert await store.get(Identity, ["a"]) == {}


async def test_of_many_writers_of_one_version_one_wins(store: MongoBrandStore) -> None:
    """At the same time, each with its own connection."""
    await store.write(Put(identity("a")))
    answers = await asyncio.gather(*(store.write(Put(identity("a", facts=n), 1)) for n in range(1, 21)))
    assert sorted(answers) == [(False,)] * 19 + [(True,)]
    found = (await store.get(Identity, ["a"]))["a"]
    assert (answers.index((True,)) + 1, 2) == (found.record.facts, found.version)


async def test_of_many_makers_of_one_record_one_wins(store: MongoBrandStore) -> None:
    """The same delivery, many times at once."""
    answers = await asyncio.gather(*(store.write(Put(entry())) for _ in range(20)))
    assert sorted(answers) == [(False,)] * 19 + [(True,)]


async def test_changes_without_new_records_happen_in_order(store: MongoBrandStore) -> None:
    """The second change of one record stands on the first."""
    await store.write(Put(identity("a")))
    changes = (Put(identity("a", facts=1), 1), Put(identity("a", facts=2), 2), Delete(Identity, "a"))
    assert await store.write(*changes[:2]) == (True, True)
    assert (await store.get(Identity, ["a"]))["a"].record.facts == 2
    assert await store.write(*changes[2:], Put(identity("a", facts=9), 3)) == (True, False)
    assert await store.get(Identity, ["a"]) == {}


async def test_each_change_is_told_its_own_fate(store: MongoBrandStore) -> None:
    """New ones, duplicates, fitting and outdated versions and deletions of several kinds in one write."""
    await store.write(Put(entry("old")), Put(identity("a")), Put(identity("b")))
    landed = await store.write(
        Put(entry("new")),
        Put(entry("old")),
        Put(identity("a", facts=1), 1),
        Put(identity("b", facts=1), 7),
        Delete(InboxEntry, "nobody"),
        Put(Recorded(id="old", event=event("old"))),
        Put(identity("c"), 1),
        Put(identity("d")),
    )
    assert landed == (True, False, True, False, True, True, False, True)
    found = await store.get(Identity, ["a", "b", "c", "d"])
    assert {name: each.record.facts for name, each in found.items()} == {"a": 1, "b": 0, "d": 0}
    assert {each.id for each in await store.backlog(10)} == {"old", "new"}


async def test_deleting_what_is_not_there_is_fine(store: MongoBrandStore) -> None:
    """Doing it again changes nothing."""
    assert await store.write(Delete(InboxEntry, "e1")) == (True,)
    await store.write(Put(entry()))
    assert await store.write(Delete(InboxEntry, "e1")) == (True,)
    assert await store.write(Delete(InboxEntry, "e1")) == (True,)
    assert await store.backlog(10) == []


async def test_nothing_to_do_is_nothing_done(store: MongoBrandStore) -> None:
    """Neither an empty write nor an empty read is an error."""
    assert await store.write() == ()
    assert await store.get(Identity, []) == {}


_RAW = event().model_copy(update={"raw": {"big": 2**70}})
_NOT_STORABLE: dict[str, Put] = {
    "a big integer in raw": Put(InboxEntry.model_construct(id="x", event=_RAW)),
    "a lone surrogate in raw": Put(entry("x", raw={"text": LONE_SURROGATE})),
    "a lone surrogate as a key of raw": Put(entry("x", raw={LONE_SURROGATE: 1})),
    "a lone surrogate in a text": Put(entry("x", topic=LONE_SURROGATE)),
    "a lone surrogate in an id": Put(identity(LONE_SURROGATE)),
    "a big integer": Put(identity("x", facts=2**63)),
    "a key with a zero byte": Put(
        Conversation(
            id="x",
            channel="whatsapp",
            account="777",
            aliases=(),
            started_at=NOW,
            flow_state=FlowState(flow="f", since=NOW, answers={"a\0b": 1}),
        )
    ),
    "a big integer in a dict": Put(
        Conversation(
            id="x",
            channel="whatsapp",
            account="777",
            aliases=(),
            started_at=NOW,
            flow_state=FlowState(flow="f", since=NOW, answers={"a": 2**64}),
        )
    ),
}


@pytest.mark.parametrize("bad", _NOT_STORABLE.values(), ids=_NOT_STORABLE.keys())
async def test_a_record_that_does_not_fit_fails_alone(store: MongoBrandStore, bad: Put) -> None:
    """The caller is told which one it is, and nothing of the write has happened."""
    with pytest.raises(NotStorable) as refused:
        await store.write(Put(identity("before")), bad, Put(identity("after")))
    assert refused.value.position == 1
    assert await store.get(Identity, ["before", "after", "x"]) == {}
    assert await store.backlog(10) == []


async def test_many_are_read_at_once(store: MongoBrandStore) -> None:
    """Those that exist, each once; those that do not are left out."""
    names = [f"id-{number:03}" for number in range(300)]
    assert all(await store.write(*(Put(identity(name, facts=len(name))) for name in names)))
    found = await store.get(Identity, [*names, *names, "nobody"])
    assert sorted(found) == names
    assert {each.version for each in found.values()} == {1}


async def test_the_backlog_is_what_is_not_finished(store: MongoBrandStore) -> None:
    """At most as many as were asked for."""
    await store.write(*(Put(entry(f"e{number}")) for number in range(5)))
    await store.write(Delete(InboxEntry, "e3"))
    assert {each.id for each in await store.backlog(10)} == {"e0", "e1", "e2", "e4"}
    assert len(await store.backlog(2)) == 2
    account = (await store.backlog(1))[0].event.account
    assert await store.backlog(10, besides={account}) == []
    assert len(await store.backlog(10, besides={"another"})) == 4


def job(key: str, kind: JobKind = JobKind.ATTACHMENTS, at: datetime = NOW) -> Job:
    """A job that may be taken from `at` on."""
    return Job.of(kind, key, "whatsapp", "777", at)


async def test_due_jobs_are_those_of_the_kind_whose_time_has_come(store: MongoBrandStore) -> None:
    """At most as many as were asked for, each with the version that taking it needs."""
    later = NOW + timedelta(milliseconds=1)
    await store.write(*(Put(job(f"e{number}")) for number in range(3)), Put(job("e3", at=later)))
    await store.write(Put(job("e4", JobKind.SENDER_PROFILE)))
    due = await store.due_jobs(JobKind.ATTACHMENTS, NOW, 10)
    assert {(each.record.event_key, each.version) for each in due} == {("e0", 1), ("e1", 1), ("e2", 1)}
    assert len(await store.due_jobs(JobKind.ATTACHMENTS, NOW, 2)) == 2
    assert len(await store.due_jobs(JobKind.ATTACHMENTS, later, 10)) == 4


async def test_a_job_that_is_taken_between_the_two_reads_is_not_due(store_server: StoreServer, database: str) -> None:
    """Ids are read first. Whoever takes a job or ends it before the job itself is read keeps it to themselves."""
    client = connect(store_server.uri)
    quicker = MongoBrandStore(client, database)
    taken, over = Stored(job("e0"), 1), job("e1")
    claimed = taken.record.model_copy(update={"not_before": NOW + timedelta(minutes=2)})

    class Slow(MongoBrandStore):
        async def get(self, kind: type[R], ids: Collection[str]) -> dict[str, Stored[R]]:
            assert set(ids) == {taken.record.id, over.id}
            await quicker.write(taken.put(claimed), Delete(Job, over.id))
            return await super().get(kind, ids)

    try:
        await quicker.write(Put(taken.record), Put(over))
        assert await Slow(client, database).due_jobs(JobKind.ATTACHMENTS, NOW, 10) == []
    finally:
        await client.drop_database(database)
        client.close()


async def test_ensure_is_idempotent(store: MongoBrandStore) -> None:
    """The first one makes every collection, the second one nothing; what is in them stays."""
    assert sorted(await store.ensure()) == sorted({each.name for each in COLLECTIONS.values()})
    await store.write(Put(entry()))
    assert await store.ensure() == []
    assert len(await store.backlog(10)) == 1


async def test_two_processes_may_ensure_at_once(store: MongoBrandStore) -> None:
    """Web and worker start at the same time: both end well, and everything is there."""
    made = await asyncio.gather(*(store.ensure() for _ in range(4)))
    assert {name for names in made for name in names} <= {each.name for each in COLLECTIONS.values()}
    assert await store.ensure() == []


@pytest.mark.parametrize(
    "raw",
    [
        {"$where": "1", "a.b": {"": [1, 2.5, None, True]}, "": "", "é": "ü", "_id": 1, "\x00": "\x00"},
        {"$set": {"$inc": [{"$gt": 1}]}},
        {},
        {"n": 2**63 - 1, "m": -(2**63), "f": 1e308, "deep": {"a": {"b": {"c": {"d": []}}}}},
    ],
)
async def test_raw_slices_survive(store: MongoBrandStore, raw: dict[str, Any]) -> None:
    """Somebody else's keys, whatever they look like, come back as they were, with the events that hold them."""
    recorded = Recorded(id="e1", event=event(raw=raw))
    assert await store.write(Put(entry(raw=raw)), Put(recorded)) == (True, True)
    assert (await store.get(InboxEntry, ["e1"]))["e1"].record.event.raw == raw
    assert (await store.get(Recorded, ["e1"]))["e1"].record == recorded
    (waiting,) = await store.backlog(1)
    assert waiting.event.raw == raw


async def test_odd_keys_inside_a_record_survive(store: MongoBrandStore) -> None:
    """The state of a flow is somebody's data as well."""
    data = {"$where": 1, "a.b": {"$c": [1]}, "": ""}
    here = Conversation(
        id="c",
        channel="whatsapp",
        account="777",
        aliases=(),
        started_at=NOW,
        flow_state=FlowState(flow="f", since=NOW, answers=data),
    )
    assert await store.write(Put(here)) == (True,)
    assert await store.write(Put(here, 1)) == (True,)
    assert (await store.get(Conversation, ["c"]))["c"].record == here


async def test_bytes_survive(store: MongoBrandStore) -> None:
    """A body in quarantine is kept byte for byte."""
    kept = Quarantined(id="q", connector="shopify", reason="no JSON", raw=bytes(range(256)), received_at=NOW)
    await store.write(Put(kept))
    assert (await store.get(Quarantined, ["q"]))["q"].record == kept


async def test_ids_are_values_and_never_queries(store: MongoBrandStore) -> None:
    """An id that looks like a query finds nothing but itself."""
    await store.write(Put(identity("a")), Put(identity("$ne")))
    assert list(await store.get(Identity, ["$ne", "", ".", '{"$gt": ""}'])) == ["$ne"]


@pytest.mark.usefixtures("impatient")
async def test_a_frozen_store_is_said_to_be_unavailable(tmp_path: Path) -> None:
    """A server that hangs is given up in time, for each kind of call; when it goes on, so do we."""
    with StoreServer.started(tmp_path) as server:
        if server.process is None:
            pytest.skip("only a server of our own can be frozen")
        client = connect(server.uri)
        all_of_it = MongoStore(client, {"glow": "frozen"}, "frozen_common")
        store = all_of_it.brand("glow")
        try:
            await store.write(Put(identity("a")))
            server.process.send_signal(signal.SIGSTOP)
            calls = (
                store.get(Identity, ["a"]),
                store.write(Put(identity("b"))),
                store.backlog(1),
                all_of_it.ping(),
            )
            # Given up by ourselves, before the driver's own five seconds: a webhook waits for this answer.
            async with asyncio.timeout(timing.ANSWER_WITHIN + 2):
                answers = await asyncio.gather(*calls, return_exceptions=True)
            # Making collections may take longer: nobody waits for it but whoever starts the service.
            with pytest.raises(StoreUnavailable):
                await store.ensure()
            server.process.send_signal(signal.SIGCONT)

            assert [type(answer) for answer in answers] == [StoreUnavailable] * 4
            assert list(await store.get(Identity, ["a"])) == ["a"]
            assert await store.write(Put(identity("c"))) == (True,)
        finally:
            await all_of_it.close()


async def test_a_store_that_is_not_there_is_said_to_be_unavailable() -> None:
    """Nobody listens at the address."""
    client = connect("mongodb://127.0.0.1:9/?directConnection=true")
    try:
        with pytest.raises(StoreUnavailable):
            await MongoBrandStore(client, "nowhere").get(Identity, ["a"])
    finally:
        client.close()


async def test_scan_goes_along_the_ids(store: MongoBrandStore) -> None:
    """Every record once, in the order of ids, in bounded batches; from where it was broken off, and by prefix."""
    keys = sorted(f"{channel}:{number:04}" for channel in ("messenger", "whatsapp") for number in range(250))
    for start in range(0, len(keys), 100):
        await store.write(*(Put(Recorded(id=key, event=event(key))) for key in keys[start : start + 100]))

    async def scanned(**span: str) -> list[list[str]]:
        return [[each.record.id for each in batch] async for batch in store.scan(Recorded, **span)]

    batches = await scanned()
    assert [key for batch in batches for key in batch] == keys
    assert max(map(len, batches)) <= 200
    for span, wanted in (
        ({"after": keys[123]}, keys[124:]),
        ({"prefix": "whatsapp:"}, keys[250:]),
        ({"prefix": "whatsapp:", "after": keys[300]}, keys[301:]),
        ({"prefix": "whatsapp:", "after": keys[3]}, keys[250:]),
        ({"prefix": "shopify:"}, []),
        ({"after": keys[-1]}, []),
    ):
        assert [key for batch in await scanned(**span) for key in batch] == wanted, span


async def test_scan_may_be_broken_off_and_what_it_passed_deleted(store: MongoBrandStore) -> None:
    """Deleting what was read does not disturb the walk, and leaving it half-way leaves nothing open."""
    await store.write(*(Put(entry(f"e{number:03}")) for number in range(300)))
    batches = store.scan(InboxEntry)
    first = await anext(batches)
    await store.write(*(Delete(InboxEntry, each.record.id) for each in first))
    rest = [each.record.id async for batch in batches for each in batch]
    assert len(first) + len(rest) == 300
    again = store.scan(InboxEntry)
    assert len(await anext(again)) == 100
    await again.aclose()


async def test_delete_of_a_version_leaves_what_was_written_since(store: MongoBrandStore) -> None:
    """A deletion that names a version takes that one only; both count as done."""
    await store.write(Put(identity("a")))
    await store.write(Put(identity("a", suspended="why"), 1))
    assert await store.write(Delete(Identity, "a", 1)) == (True,)
    assert "a" in await store.get(Identity, ["a"])
    assert await store.write(Delete(Identity, "a", 2)) == (True,)
    assert await store.get(Identity, ["a"]) == {}


async def test_one_command_for_many_and_the_truth_for_each(store_server: StoreServer, database: str) -> None:
    """What many write at the same time goes in few commands, and each is told what became of its own changes."""
    commands = Commands()
    client = connect(store_server.uri, listeners=(commands,))
    store = MongoBrandStore(client, database)
    try:
        await store.write(*(Put(identity(f"i{number}")) for number in range(40)))
        commands.seen.clear()
        told = await asyncio.gather(
            *(store.write(Put(entry(f"e{number // 2}"))) for number in range(40)),
            *(store.write(Put(identity(f"i{number}", facts=1), 1 + number % 2)) for number in range(40)),
            *(store.get(Identity, [f"i{number}", "nobody"]) for number in range(40)),
        )
    finally:
        await client.drop_database(database)
        client.close()
    assert len(commands.seen) <= 6, commands.seen
    assert [sum(map(all, told[number : number + 2])) for number in range(0, 40, 2)] == [1] * 20
    assert told[40:80] == [(number % 2 == 0,) for number in range(40)]
    assert [list(found) for found in told[80:]] == [[f"i{number}"] for number in range(40)]


async def test_what_does_not_fit_fails_its_own_caller_in_a_group(store: MongoBrandStore) -> None:
    """A record that cannot be stored, among many that are written at the same time."""
    told = await asyncio.gather(
        *(
            store.write(Put(entry(f"e{number}", raw={"a": LONE_SURROGATE if number == 7 else "b"})))
            for number in range(20)
        ),
        return_exceptions=True,
    )
    assert [type(each) for each in told] == [NotStorable if number == 7 else tuple for number in range(20)]
    assert len(await store.backlog(30)) == 19


@pytest.fixture
async def dated(store: MongoBrandStore) -> MongoBrandStore:
    """The same with all collections and indexes made."""
    await store.ensure()
    return store


def talk(number: int) -> Conversation:
    """A conversation."""
    return Conversation(id=f"c_{number:04}", channel="whatsapp", account="777", aliases=(), started_at=NOW)


async def test_what_an_indexed_field_says_is_found_once(dated: MongoBrandStore) -> None:
    """By any of the fields and of the values; a record for which both say it comes once. No other field is asked."""
    pairs = {"1": ("a", "b"), "2": ("b", "c"), "3": ("c", "d"), "4": ("b", "a")}
    for key, (stays, moves) in pairs.items():
        await dated.write(Put(JournalEntry(id=key, kind="merge", stays=stays, moves=moves, rule="r", by="x", at=NOW)))
    found = await dated.found_by(JournalEntry, ("stays", "moves"), {"a", "d"})
    assert sorted(each.record.id for each in found) == ["1", "3", "4"]
    assert [each.record.id for each in await dated.found_by(JournalEntry, ("moves",), ["c"])] == ["2"]
    with pytest.raises(AssertionError):
        await dated.found_by(JournalEntry, ("rule",), ["r"])
    assert {"stays_1", "moves_1"} <= (await dated._database["journal"].index_information()).keys()


async def test_what_was_written_in_a_span_is_read_by_its_index(dated: MongoBrandStore) -> None:
    """Every write of a dated collection moves the time of writing; a span reads what was written last in it."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    await asyncio.gather(*(dated.write(Put(talk(number))) for number in range(5)))
    await asyncio.sleep(0.01)
    middle = datetime.now(UTC)
    await dated.write(Put(talk(3).model_copy(update={"tags": ("vip",)}), 1))
    after = datetime.now(UTC) + timedelta(seconds=1)

    async def written(since: datetime, until: datetime) -> dict[str, int]:
        return await dated.written(Conversation, 100, newest="last_inbound_at", span=(since, until))

    assert await written(before, middle) == dict.fromkeys(("c_0000", "c_0001", "c_0002", "c_0004"), 1)
    assert await written(middle, after) == {"c_0003": 2}

    database = dated._database
    indexes = {
        name: sorted(await database[name].index_information()) for name in await database.list_collection_names()
    }
    assert indexes.pop("conversations") == ["_id_", "t_1"]
    assert indexes.pop("journal") == ["_id_", "moves_1", "stays_1"]
    assert all(each == ["_id_"] for each in indexes.values())


async def test_those_written_last_are_told_the_latest_time_first(dated: MongoBrandStore) -> None:
    """However many there are, as many as are wanted of those that were written last; documents of an older version,
    which have no time of writing, come after all others. What comes first is said by a field.
    """
    for number, minutes in enumerate((30, 10, None, 20)):
        at = NOW + timedelta(minutes=minutes) if minutes is not None else None
        await dated.write(Put(talk(number).model_copy(update={"last_inbound_at": at})))
        await asyncio.sleep(0.002)

    async def written(most: int) -> list[str]:
        return list(await dated.written(Conversation, most, newest="last_inbound_at"))

    assert await written(10) == ["c_0000", "c_0003", "c_0001", "c_0002"]
    assert await written(3) == ["c_0003", "c_0001", "c_0002"]
    await dated._database["conversations"].update_many({"_id": "c_0003"}, {"$unset": {"t": ""}})
    assert await written(3) == ["c_0000", "c_0001", "c_0002"]
    assert await written(4) == ["c_0000", "c_0003", "c_0001", "c_0002"]


async def test_an_outline_lacks_what_it_is_told_to(dated: MongoBrandStore) -> None:
    """The other fields are there, in the version of the document, and the last item of the one that is named."""
    lines = tuple(Line(id=f"m{number}", by="bot", text="hi", at=NOW) for number in range(3))
    whole = talk(1).model_copy(update={"lines": lines, "own_ids": ("m1",), "tags": ("vip",)})
    await dated.write(Put(whole))
    found = await dated.outlines(Conversation, ["c_0001", "c_0009"], without=("own_ids", "notes"), last_of="lines")
    assert found == [Stored(whole.model_copy(update={"lines": lines[-1:], "own_ids": ()}), 1)]


async def test_making_it_again_changes_nothing(dated: MongoBrandStore) -> None:
    """Collections and indexes that are there are left as they are."""
    assert await dated.ensure() == []
