"""Merge, unmerge and split in the store: journal first, then the profiles, each step repeatable.

What the journal has and is not `done`, `rolling_forward.py` carries on, with the same result; a job sees to it.
"""

from collections.abc import Collection
from datetime import datetime

from middleware.domain.identity import opaque_id
from middleware.domain.journal import LONGEST_NOTE, JournalEntry, JournalKind, Verdict, journal_id
from middleware.domain.profile import Profile
from middleware.errors import MergeRefused, StoreUnavailable
from middleware.identity.merging import pair_id, pairs_of, why_apart
from middleware.identity.preview import Preview, of_merge, of_split, of_unmerge
from middleware.pipeline.apart import keep_apart
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.rolling_forward import carry_on, holders_of, job_of
from middleware.pipeline.rules import count_merge, count_unmerge
from middleware.ports import TRIES_TO_LAND, BrandStore, Put, Stored

BY_HAND = "review.person"
"""The rule of what a person merged."""


async def merge_profiles(
    store: BrandStore,
    one: str,
    other: str,
    *,
    rule: str,
    by: str,
    now: datetime,
    note: str = "",
    despite: bool = False,
    cause: str = "",
) -> JournalEntry:
    """Make two profiles one; the older one stays. Nothing happens if they are one already.

    `cause` is what makes doing it twice once (the nonce of a form); without one each call is a cause of its own.
    Raises `MergeRefused` if there is none of this id, or if their ids conflict or somebody decided that they are two
    people, unless `despite` says that whoever merges has seen that.
    """
    known = await _done_by(store, "merge", cause)
    if known is not None:
        return known
    first, second = await _two(store, one, other)
    if not despite:
        apart = await read_apart(store, first.record, second.record)
        why = why_apart(first.record, second.record, apart)
        if why is not None:
            raise MergeRefused(why)
    older, younger = sorted((first.record, second.record), key=Profile.age)
    entry = JournalEntry(
        id=_entry_id("merge", older.id, younger.id, cause, now),
        kind="merge",
        stays=older.id,
        moves=younger.id,
        rule=rule,
        by=by,
        at=now,
        note=note[:LONGEST_NOTE],
    )
    decided = Verdict(id=pair_id(older.id, younger.id), verdict="accepted", by=by, at=now, note=note[:LONGEST_NOTE])
    await _decide(store, decided)
    return await _written(store, entry)


async def unmerge_profile(
    store: BrandStore, profile: str, *, by: str, now: datetime, note: str = "", cause: str = ""
) -> JournalEntry:
    """Take a merged profile out of what it was merged into, with everything that came by its identifiers since.

    The two are kept apart from now on. `cause` as for `merge_profiles`. Raises `MergeRefused` if there is no such
    profile, or it is not merged.
    """
    known = await _done_by(store, "unmerge", cause)
    if known is not None:
        return known
    child = (await _merged_one(store, profile))[profile].record
    parent = child.merged_into or ""
    entry = JournalEntry(
        id=_entry_id("unmerge", parent, child.id, cause, now),
        kind="unmerge",
        stays=parent,
        moves=child.id,
        rule=child.merged_by or BY_HAND,
        by=by,
        at=now,
        note=note[:LONGEST_NOTE],
    )
    await _decide(store, Verdict(id=pair_id(entry.stays, entry.moves), verdict="rejected", by=by, at=now))
    return await _written(store, entry)


async def split_profile(
    store: BrandStore,
    profile: str,
    identifiers: Collection[str],
    *,
    by: str,
    now: datetime,
    note: str = "",
    cause: str = "",
) -> JournalEntry:
    """Move some identifiers of a profile into a profile of their own. The two are kept apart from now on.

    `cause` as for `merge_profiles`.

    Raises `MergeRefused` if the profile has not all of them, or would have nothing left, or was merged: its id is then
    that of the profile that it resolves to.
    """
    known = await _done_by(store, "split", cause)
    if known is not None:
        return known
    wanted = frozenset(identifiers)
    await _divisible(store, profile, wanted)
    new_id = opaque_id("p", profile, *sorted(wanted), cause or now.isoformat())
    entry = JournalEntry(
        id=_entry_id("split", profile, new_id, cause, now),
        kind="split",
        stays=profile,
        moves=new_id,
        rule=BY_HAND,
        by=by,
        at=now,
        identifiers=tuple(sorted(wanted)),
        note=note[:LONGEST_NOTE],
    )
    await _decide(store, Verdict(id=pair_id(profile, new_id), verdict="rejected", by=by, at=now))
    return await _written(store, entry)


async def preview_merge(store: BrandStore, one: str, other: str, now: datetime) -> Preview:
    """What `merge_profiles` would change. Raises `MergeRefused` where it would, conflicts apart: those it says."""
    first, second = await _two(store, one, other)
    return of_merge(first.record, second.record, now, await read_apart(store, first.record, second.record))


async def preview_unmerge(store: BrandStore, profile: str) -> Preview:
    """What `unmerge_profile` would change. Raises `MergeRefused` where it would."""
    found = await _merged_one(store, profile)
    holders = holders_of(found, found[profile].record.merged_into or "")
    return of_unmerge(found[profile].record, [each.record for each in holders])


async def preview_split(store: BrandStore, profile: str, identifiers: Collection[str]) -> Preview:
    """What `split_profile` would change. Raises `MergeRefused` where it would."""
    return of_split(await _divisible(store, profile, frozenset(identifiers)), identifiers)


async def read_apart(store: BrandStore, one: Profile, other: Profile) -> frozenset[str]:
    """The pairs of two profiles about which somebody decided that they are two people."""
    found = await store.get(Verdict, pairs_of(one, other))
    return frozenset(key for key, each in found.items() if each.record.verdict == "rejected")


async def was_done(store: BrandStore, kind: JournalKind, cause: str) -> bool:
    """Whether a cause has done its deed, or begun to."""
    key = journal_id(kind, "", "", cause)
    return key in await store.get(JournalEntry, [key])


def _entry_id(kind: JournalKind, stays: str, moves: str, cause: str, now: datetime) -> str:
    return journal_id(kind, "", "", cause) if cause else journal_id(kind, stays, moves, now.isoformat())


async def _done_by(store: BrandStore, kind: JournalKind, cause: str) -> JournalEntry | None:
    """What a cause has done before, brought to its end; None if it has done nothing yet."""
    key = journal_id(kind, "", "", cause)
    known = (await store.get(JournalEntry, [key])).get(key) if cause else None
    return await carry_on(store, known.record) if known is not None else None


async def _written(store: BrandStore, entry: JournalEntry) -> JournalEntry:
    """Write the intention down, with a job that carries it on should this process die at it; then carry it out. One
    that somebody else has written down meanwhile, by the same cause, is theirs.
    """
    is_new, _ = await store.write(Put(entry), Put(job_of(entry)))
    if not is_new:
        known = (await store.get(JournalEntry, [entry.id]))[entry.id].record
        return await carry_on(store, known)
    done = await carry_on(store, entry)
    await _counted(store, done)
    return done


async def _counted(store: BrandStore, entry: JournalEntry) -> None:
    """Count for the rule, and tell the index of matching whom it need not propose any more."""
    if entry.kind == "merge":
        await count_merge(store, entry.rule, entry.at)
        return
    if entry.kind == "unmerge":
        await count_unmerge(store, entry.rule, entry.at)
    found = await store.get(Profile, [entry.stays, entry.moves])
    one, other = (_indexed(found[each].record) for each in (entry.stays, entry.moves))
    await keep_apart(store, one, other)


def _indexed(profile: Profile) -> tuple[Collection[str], Collection[str]]:
    """A profile as the index of matching knows it: its identifiers, and what it is put together from."""
    return [member.identifier for member in profile.members], profile.homes


async def _decide(store: BrandStore, verdict: Verdict) -> None:
    """Write a decision about a pair; a later one replaces an earlier one."""
    for _ in range(TRIES_TO_LAND):
        known = (await store.get(Verdict, [verdict.id])).get(verdict.id)
        put = Put(verdict) if known is None else known.put(verdict)
        if all(await store.write(put)):
            return
    raise StoreUnavailable("others keep deciding about the same pair")


async def _two(store: BrandStore, one: str, other: str) -> tuple[Stored[Profile], Stored[Profile]]:
    """The two profiles that these ids resolve to."""
    found = await read_profiles(store, {one, other})
    resolved = roots(found)
    if not {one, other} <= resolved.keys():
        raise MergeRefused("there is no profile with this id")
    first, second = (found[resolved[each].id] for each in (one, other))
    if first.record.id == second.record.id:
        raise MergeRefused("they are one profile already")
    return first, second


async def _merged_one(store: BrandStore, profile: str) -> dict[str, Stored[Profile]]:
    """A merged profile with all that it is merged into, by id."""
    found = await read_profiles(store, {profile})
    if profile not in found:
        raise MergeRefused("there is no profile with this id")
    if found[profile].record.merged_into is None:
        raise MergeRefused("this profile is not merged into another one")
    return found


async def _divisible(store: BrandStore, profile: str, wanted: frozenset[str]) -> Profile:
    """A profile of which these identifiers can be split off."""
    held = (await store.get(Profile, [profile])).get(profile)
    if held is None or held.record.merged_into is not None:
        raise MergeRefused("there is no profile with this id, or it is merged into another one")
    members = held.record.members
    if not wanted or not wanted < {member.identifier for member in members}:
        raise MergeRefused("name some, and not all, of the profile's identifiers")
    if any(member.home not in {None, profile} for member in members if member.identifier in wanted):
        raise MergeRefused("some came with a profile that was merged into this one: unmerge that one")
    return held.record
