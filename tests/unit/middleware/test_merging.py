"""Merge, unmerge, split: whatever was joined can be taken apart again, with what came since where it belongs."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.clock import SystemClock
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import profile_id_of
from middleware.domain.jobs import JobKind
from middleware.domain.journal import JournalEntry, Verdict
from middleware.domain.profile import Profile
from middleware.errors import MergeRefused
from middleware.identity.disclosure import Sight
from middleware.jobs.claim import Claim, Over
from middleware.jobs.merging import carrying_on
from middleware.pipeline.merging import merge_profiles, split_profile, unmerge_profile
from middleware.pipeline.rolling_forward import carry_on
from tests.unit.middleware.builders import START, at, bsuid, message, order, phone, record, source_record
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import People

SENDERS = [(bsuid(f"ES.{n}"), phone(f"+3460011122{n}")) for n in range(3)]
RECORDS = [source_record(str(n)) for n in range(3)]
FOUNDERS: list[Identifier] = [*(sender for sender, _ in SENDERS), *RECORDS]
HOMES = [profile_id_of(each) for each in FOUNDERS]


async def known_people() -> People:
    """Three who write and three records of a source, each a profile of its own; the first is the oldest."""
    people = People()
    for number, (sender, number_of) in enumerate(SENDERS):
        await people.hears(message(sender, number_of, minutes=number))
    for number, each in enumerate(RECORDS):
        await people.told(record(each.value, minutes=10 + number, email=f"{number}@example.com"))
    return people


@cache
def _known() -> MemoryStore:
    """The store of those people, to be copied: making them takes longer than what is then done with them."""
    return asyncio.run(known_people()).store


async def merge(people: People, one: str, other: str, minutes: float = 60) -> JournalEntry:
    """A person makes two profiles one, and has seen what is against it."""
    return await merge_profiles(people.store, one, other, rule="review.person", by="eva", now=at(minutes), despite=True)


async def unmerge(people: People, profile: str, minutes: float = 70) -> JournalEntry:
    """A person takes a merged profile out again."""
    return await unmerge_profile(people.store, profile, by="eva", now=at(minutes))


def shown(people: People) -> dict[str, dict[str, str]]:
    """Root -> what it shows of each member: its content, without counts."""
    profiles = people.store.all(Profile)
    return {
        key: {member.identifier: member.model_copy(update={"facts": 0}).model_dump_json() for member in each.members}
        for key, each in profiles.items()
        if each.merged_into is None
    }


def refusals(people: People, profile: str) -> frozenset[str]:
    """The channels on which a profile refuses promotions."""
    return people.store.all(Profile)[profile].refused()


async def test_a_merge_is_a_pointer_on_the_younger_profile() -> None:
    """The older profile shows everything of both; the younger one keeps its id and resolves to it."""
    people = await known_people()
    entry = await merge(people, HOMES[4], HOMES[0])
    younger = people.store.all(Profile)[HOMES[4]]
    assert (entry.stays, entry.moves, younger.merged_into) == (HOMES[0], HOMES[4], HOMES[0])
    assert people.profile(RECORDS[1]).id == HOMES[0]
    assert set(shown(people)[HOMES[0]]) == {SENDERS[0][0].key, SENDERS[0][1].key, RECORDS[1].key}
    assert people.identity(RECORDS[1]).profile_id == HOMES[4]


async def test_a_merge_by_a_person_shows_the_sender_nothing_more() -> None:
    """A merge is no edge: what the sender could not reach before stays out of reach."""
    people = await known_people()
    before = Sight(people.profile(SENDERS[0][0]), SENDERS[0][0].key, START).levels
    await merge(people, HOMES[0], HOMES[3])
    assert Sight(people.profile(SENDERS[0][0]), SENDERS[0][0].key, START).levels == before


async def test_conflicting_records_are_refused() -> None:
    """Two records of one source, where a person has one, are merged by nobody who has not seen that."""
    people = await known_people()
    with pytest.raises(MergeRefused, match="two different records of hubspot:1"):
        await merge_profiles(people.store, HOMES[3], HOMES[4], rule="identity.match", by="rule", now=at(60))
    assert len(shown(people)) == len(HOMES)
    await merge(people, HOMES[3], HOMES[4])
    assert len(shown(people)) == len(HOMES) - 1


async def test_what_was_taken_apart_is_not_merged_by_a_rule_again() -> None:
    """An unmerge is remembered: an attested identifier that both come to share does not undo what a person decided."""
    people = await known_people()
    await merge(people, HOMES[0], HOMES[1])
    await unmerge(people, HOMES[1])
    both = message(SENDERS[0][0], SENDERS[1][1], minutes=80)
    passage = await people.hears(both.model_copy(update={"change": None}))
    assert people.store.all(Profile)[HOMES[1]].merged_into is None
    assert people.store.all(Verdict)
    assert passage.profile_id == HOMES[0]


async def test_what_is_not_there_is_refused_with_a_reason() -> None:
    """Unknown ids, one profile twice and an unmerged one are refused, and nothing changes."""
    people = await known_people()
    before = shown(people)
    for one, other in ((HOMES[0], "p_nobody"), (HOMES[0], HOMES[0])):
        with pytest.raises(MergeRefused):
            await merge(people, one, other)
    for profile in ("p_nobody", HOMES[0]):
        with pytest.raises(MergeRefused):
            await unmerge(people, profile)
    assert (shown(people), people.store.all(JournalEntry)) == (before, {})


async def test_new_identifiers_go_with_the_one_they_came_with() -> None:
    """A number that turned up beside a merged sender leaves with that sender."""
    people = await known_people()
    await merge(people, HOMES[0], HOMES[1])
    new_number = phone("+34600999000")
    await people.hears(message(SENDERS[1][0], new_number, minutes=65))
    assert new_number.key in shown(people)[HOMES[0]]
    await unmerge(people, HOMES[1])
    assert new_number.key in shown(people)[HOMES[1]]
    assert new_number.key not in shown(people)[HOMES[0]]


async def test_a_refusal_while_merged_stays_with_every_member() -> None:
    """STOP counts for all that were one profile when it came, and for each of them when they are taken apart."""
    people = await known_people()
    await merge(people, HOMES[0], HOMES[3])
    await people.hears(message(SENDERS[0][0], SENDERS[0][1], minutes=65, text="STOP"))
    await unmerge(people, HOMES[3])
    assert [refusals(people, each) for each in (HOMES[0], HOMES[3])] == [{"whatsapp"}, {"whatsapp"}]
    assert refusals(people, HOMES[1]) == frozenset()


async def test_the_most_restrictive_word_counts_while_merged() -> None:
    """One source's refusal is not outvoted by another's consent; taken apart, each has its own again."""
    people = await known_people()
    await people.told(record("0", minutes=20, consent="unsubscribed"), record("1", minutes=30, consent="subscribed"))
    await merge(people, HOMES[3], HOMES[4])
    assert refusals(people, HOMES[3]) == {"email"}
    await unmerge(people, HOMES[4])
    assert [refusals(people, each) for each in (HOMES[3], HOMES[4])] == [{"email"}, frozenset()]


async def test_a_split_moves_identifiers_and_keeps_them_apart() -> None:
    """What a person splits off is a profile of its own, and the channel's own word does not join it again."""
    people = await known_people()
    sender, number = SENDERS[0]
    entry = await split_profile(people.store, HOMES[0], [number.key], by="eva", now=at(60))
    assert people.profile(number).id == entry.moves
    await people.hears(message(sender, number, minutes=65))
    assert (people.profile(number).id, people.profile(sender).id) == (entry.moves, HOMES[0])
    assert set(Sight(people.profile(sender), sender.key, START).levels) == {sender.key}


async def test_a_split_of_everything_or_nothing_is_refused() -> None:
    """A profile keeps at least one identifier, and what came with a merged one is for unmerging."""
    people = await known_people()
    everything = [each.key for each in SENDERS[0]]
    await merge(people, HOMES[0], HOMES[3])
    for identifiers in ([], [*everything, RECORDS[0].key], ["phone||+1"], [RECORDS[0].key]):
        with pytest.raises(MergeRefused):
            await split_profile(people.store, HOMES[0], identifiers, by="eva", now=at(60))


@pytest.mark.parametrize("order_of", list(itertools.permutations([(0, 1), (1, 3), (3, 4)])), ids=str)
async def test_merging_commutes(order_of: Sequence[tuple[int, int]]) -> None:
    """In whatever order pairs are merged, and however often: one profile, the oldest, that shows the same."""
    people, straight = await known_people(), await known_people()
    for one, other in [(0, 1), (1, 3), (3, 4)]:
        await merge(straight, HOMES[one], HOMES[other])
    for one, other in order_of:
        await merge(people, HOMES[other], HOMES[one])
    for one, other in order_of:
        with pytest.raises(MergeRefused, match="already"):
            await merge(people, HOMES[one], HOMES[other])
    assert shown(people) == shown(straight)


class Crash(BaseException):
    """The process ends here."""


@dataclass
class DiesAt:
    """Before a store that ends the process at one of its calls."""

    call: int
    calls: int = 0

    async def __call__(self) -> None:
        self.calls += 1
        if self.calls == self.call:
            raise Crash


Deed = Callable[[People], Awaitable[JournalEntry]]

DEEDS: dict[str, Deed] = {
    "merge": lambda people: merge(people, HOMES[0], HOMES[4], 90),
    "merge of a merged one": lambda people: merge(people, HOMES[1], HOMES[4], 90),
    "unmerge": lambda people: unmerge(people, HOMES[3], 90),
    "unmerge in the middle": lambda people: unmerge(people, HOMES[1], 90),
    "split": lambda people: split_profile(people.store, HOMES[0], [SENDERS[0][1].key], by="eva", now=at(90)),
}


async def chained() -> People:
    """Two merged profiles in a row below the first, with events since."""
    people = await known_people()
    await merge(people, HOMES[1], HOMES[3])
    await merge(people, HOMES[0], HOMES[1])
    await people.hears(message(SENDERS[1][0], phone("+34600999000"), minutes=65, text="STOP"))
    return people


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
async def test_a_crash_leaves_before_or_after(deed: Deed) -> None:
    """At whichever step the process dies: everybody sees the profiles as before or as after, and it can be ended."""
    before, after = shown(await chained()), await chained()
    await deed(after)
    for call in itertools.count(1):
        people = await chained()
        people.store.before = dies = DiesAt(call)
        with contextlib.suppress(Crash):
            await deed(people)
        people.store.before = DiesAt(0)
        assert shown(people) in (before, shown(after)), call
        if dies.calls < call:
            break
        for entry in people.store.all(JournalEntry).values():
            await carry_on(people.store, entry)
            await carry_on(people.store, entry.model_copy(update={"state": "begun"}) if entry.at == at(90) else entry)
        begun = [each for each in people.store.all(JournalEntry).values() if each.at == at(90)]
        assert shown(people) == (shown(after) if begun else before), call


async def test_a_job_carries_on_what_a_process_died_at() -> None:
    """A merge whose process died after the journal was written comes about by itself, and is wanted no more."""
    for call in itertools.count(1):
        people = await known_people()
        people.store.before = DiesAt(call)
        with contextlib.suppress(Crash):
            await merge(people, HOMES[0], HOMES[3])
        people.store.before = DiesAt(0)
        if people.store.all(JournalEntry):
            break
    assert people.store.all(Profile)[HOMES[3]].merged_into is None
    (job,) = await people.store.due_jobs(JobKind.MERGING, at(120), 10)
    claim = await Claim.taken(people.brand, job, SystemClock(), timedelta(minutes=1), "other")
    assert claim is not None
    assert await carrying_on().work(claim) == Over("carried_on")
    assert people.store.all(Profile)[HOMES[3]].merged_into == HOMES[0]
    assert not await people.store.due_jobs(JobKind.MERGING, at(120), 10)


Step = tuple[str, int, int]

STEPS = st.lists(
    st.tuples(st.sampled_from(["merge", "unmerge", "writes", "stops", "tells", "new number", "orders"]),
              st.integers(0, 5), st.integers(0, 5)),
    min_size=1, max_size=12,
)  # fmt: skip


def happens(step: Step, number: int) -> tuple[list[Event], list[Event]]:
    """What is heard and what is told when somebody does something; nothing for what a person does with profiles."""
    what, who, other = step
    minutes = 100.0 + number
    sender, own_phone = SENDERS[who % 3]
    if what == "writes":
        return [message(sender, own_phone, minutes=minutes)], []
    if what == "stops":
        return [message(sender, own_phone, minutes=minutes, text="STOP" if other % 2 else "START")], []
    if what == "new number":
        return [message(sender, phone(f"+346009{who % 3}{number:03}"), minutes=minutes)], []
    if what == "tells":
        consent = ("subscribed", "unsubscribed", None)[other % 3]
        return [], [record(str(who % 3), minutes=minutes, consent=consent, first_name=f"Ana{other}")]
    return [], []


async def lives(people: People, step: Step, number: int) -> None:
    """Somebody does something."""
    heard, told = happens(step, number)
    await people.hears(*heard) if heard else None
    await people.told(*told)
    if step[0] == "orders":
        await people.learns(order(1000 + number, version=number, contacts=(SENDERS[step[1] % 3][1].key,)))


async def _restored(known: MemoryStore, steps: Sequence[Step]) -> None:
    people, apart = People(known.copied()), People(known.copied())
    for number, step in enumerate(steps):
        what, one, other = step
        profiles = people.store.all(Profile)
        if what == "merge" and one != other:
            try:
                await merge(people, HOMES[one], HOMES[other], 100 + number)
            except MergeRefused as refused:
                assert "already" in str(refused)  # noqa: PT017 - both outcomes are right
        elif what == "unmerge" and profiles[HOMES[one]].merged_into is not None:
            await unmerge(people, HOMES[one], 100 + number)
        await lives(people, step, number)
        await lives(apart, step, number)
    for home in reversed(HOMES):
        if people.store.all(Profile)[home].merged_into is not None:
            await unmerge(people, home, 500)
    assert shown(people) == shown(apart)
    for home in HOMES:
        assert refusals(people, home) >= refusals(apart, home)


@given(STEPS)
@settings(max_examples=5_000, deadline=None)
def test_taken_apart_everything_is_as_if_never_joined(steps: list[Step]) -> None:
    """Any merges, unmerges and events in between: once all is apart, each profile has what its identifiers brought.

    Refusals that came while merged stay with every member, the one exception.
    """
    asyncio.run(_restored(_known(), steps))
