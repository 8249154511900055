"""Brings a merge, an unmerge or a split to its end, whoever began it and however far they came.

A merge is decided by one write, the pointer on the younger profile; the copies on the older one go in the same command.
Whatever another worker changes meanwhile makes the write fail and be worked out again.
"""

from datetime import timedelta

from middleware.domain.identity import Identity
from middleware.domain.jobs import Job, JobKind
from middleware.domain.journal import JournalEntry
from middleware.domain.profile import Profile
from middleware.errors import StoreUnavailable
from middleware.identity.merging import merged, parted, split
from middleware.pipeline.profiles import read_profiles, roots
from middleware.ports import TRIES_TO_LAND, BrandStore, Delete, Stored

_CARRIED_ON_AFTER = timedelta(minutes=1)


async def carry_on(store: BrandStore, entry: JournalEntry) -> JournalEntry:
    """Bring an entry of the journal to its end; one that is done stays as it is."""
    if entry.state == "done":
        return entry
    match entry.kind:
        case "merge":
            await _merge(store, entry)
        case "unmerge":
            await _unmerge(store, entry)
        case "split":
            await _split(store, entry)
    done = entry.model_copy(update={"state": "done"})
    known = (await store.get(JournalEntry, [entry.id])).get(entry.id)
    if known is not None:
        await store.write(known.put(done), Delete(Job, job_of(entry).id))
    return done


async def _merge(store: BrandStore, entry: JournalEntry) -> None:
    for _ in range(TRIES_TO_LAND):
        found = await read_profiles(store, {entry.stays, entry.moves})
        younger = found[entry.moves]
        target = roots(found)[entry.stays]
        if younger.record.merged_into is None and target.id != entry.moves:
            older, pointing = merged(target, younger.record, entry.rule)
        else:
            # It points already, perhaps from a first try that got no further.
            target = roots(found)[entry.moves]
            older, pointing = target.with_members_of(younger.record), younger.record
        stored = {each.record.id: each for each in found.values()}
        puts = [stored[each.id].put(each) for each in (pointing, older) if each != stored[each.id].record]
        if not puts or all(await store.write(*puts)):
            return
    raise StoreUnavailable("others keep changing the same profiles")


async def _unmerge(store: BrandStore, entry: JournalEntry) -> None:
    for _ in range(TRIES_TO_LAND):
        found = await read_profiles(store, {entry.stays, entry.moves})
        child = found[entry.moves]
        holders = holders_of(found, entry.stays)
        alone, without = parted(child.record, [each.record for each in holders])
        # First the copies come home, while it still points: what is taken away next is nowhere else.
        home = alone.model_copy(update={"merged_into": child.record.merged_into, "merged_by": child.record.merged_by})
        if home != child.record:
            if not all(await store.write(child.put(home))):
                continue
            child = Stored(home, child.version + 1)
        puts = [holder.put(each) for holder, each in zip(holders, without, strict=True) if each != holder.record]
        if child.record != alone:
            puts.append(child.put(alone))
        if not puts or all(await store.write(*puts)):
            return
    raise StoreUnavailable("others keep changing the same profiles")


async def _split(store: BrandStore, entry: JournalEntry) -> None:
    for _ in range(TRIES_TO_LAND):
        profiles = await store.get(Profile, [entry.stays, entry.moves])
        identities = await store.get(Identity, entry.identifiers)
        held = profiles[entry.stays]
        done = split(held.record, [each.record for each in identities.values()], entry.moves)
        goes = profiles.get(entry.moves, Stored(done.goes, 0))
        after = goes.record.with_members_of(done.goes)
        puts = [identities[each.id].put(each) for each in done.identities if each != identities[each.id].record]
        puts += [goes.put(after)] if goes.version == 0 or after != goes.record else []
        puts += [held.put(done.stays)] if done.stays != held.record else []
        if not puts or all(await store.write(*puts)):
            return
    raise StoreUnavailable("others keep changing the same profile")


def holders_of(found: dict[str, Stored[Profile]], nearest: str) -> list[Stored[Profile]]:
    """A profile and all that it is merged into, nearest first."""
    holders: list[Stored[Profile]] = []
    key: str | None = nearest
    while key is not None and key in found and len(holders) < len(found):
        holders.append(found[key])
        key = found[key].record.merged_into
    return holders


def job_of(entry: JournalEntry) -> Job:
    """The job that carries an entry on, should the process die at it."""
    job = Job.of(JobKind.MERGING, entry.id, "", "", entry.at)
    return job.model_copy(update={"not_before": entry.at + _CARRIED_ON_AFTER})
