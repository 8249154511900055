"""The scan: the whole index, the weights and all candidates, anew. For a command that a person starts.

Each phase can be repeated, and where it stands is written down after what it has done, so a scan that was killed goes
on: reading along the identities, writing keys and comparing along the buckets. Records that come meanwhile find their
own candidates (`matching.py`); what both write is written by compare-and-set.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar

from middleware.domain.candidates import (
    MODEL,
    SCAN,
    Candidate,
    Indexed,
    LearntModel,
    ScanState,
    ValueCounts,
)
from middleware.domain.identifiers import IdentifierKind
from middleware.domain.identity import Identity
from middleware.errors import StoreUnavailable
from middleware.identity.bulk import BUCKETS, Bulk
from middleware.identity.comparable import comparable
from middleware.identity.matching.scoring import Scorer
from middleware.identity.matching.statistics import Statistics
from middleware.identity.weights import Weights, counts_ids, counts_of, learnt_model
from middleware.pipeline.learnt import read_weights
from middleware.pipeline.matching import ReviewRules
from middleware.pipeline.proposing import Proposals
from middleware.ports import TRIES_TO_LAND, BrandStore, Delete, Put, Stored

T = TypeVar("T")

Advance = Callable[[str, int, int | None], None]
"""Told of a phase's name, what of it is done, and how much it is if that is known."""

_AT_ONCE = 400
_SAVED_EVERY = 8
_PREFIXES = (f"{IdentifierKind.SHOP_CUSTOMER}|", f"{IdentifierKind.SOURCE_RECORD}|")
"""The identifiers under which there are records, in the order of their keys."""


class Scan:
    """One scan of one brand. `now` gives the time; `advance` is told how far it is."""

    def __init__(self, store: BrandStore, rules: ReviewRules, now: Callable[[], datetime], advance: Advance) -> None:
        self._store = store
        self._rules = rules
        self._now = now
        self._advance = advance
        self._state = Stored(ScanState(started_at=now()), 0)
        self._bulk = Bulk()

    async def run(self) -> ScanState:
        """Go on where the last scan was broken off, else begin anew; to the end. Raises StoreUnavailable."""
        known = (await self._store.get(ScanState, [SCAN])).get(SCAN)
        if known is not None:
            fresh = known.record.phase == "done"
            self._state = Stored(ScanState(started_at=self._now()) if fresh else known.record, known.version)
        if self._state.record.phase == "reading":
            await self._read()
            await self._save(phase="writing keys", after="", bucket=0)
        await self._load()
        if self._state.record.phase == "writing keys":
            await self._write_keys()
            await self._learn()
            await self._save(phase="comparing", bucket=0, pairs=0, candidates=0)
        weights = await read_weights(self._store)
        await self._compare(weights)
        await self._close_old(weights)
        await self._save(phase="done")
        return self._state.record

    async def _read(self) -> None:
        """What is compared of each record goes into the index; what is gone leaves it."""
        for prefix in _PREFIXES:
            after = self._state.record.after
            if after >= prefix and not after.startswith(prefix):
                continue
            number = 0
            async with aclosing(self._store.scan(Identity, after=after, prefix=prefix)) as batches:
                async for batch in batches:
                    await self._index([each.record for each in batch])
                    records = self._state.record.records + len(batch)
                    number += 1
                    self._state = self._with(records=records, after=batch[-1].record.id)
                    if number % _SAVED_EVERY == 0:
                        await self._save()
                    self._advance("reading records", records, None)

    async def _index(self, identities: Sequence[Identity]) -> None:
        for _ in range(TRIES_TO_LAND):
            known = await self._store.get(Indexed, [each.id for each in identities])
            changes: list[Put | Delete] = []
            for identity in identities:
                stored, own = known.get(identity.id), comparable(identity)
                if own is None:
                    changes += [Delete(Indexed, identity.id)] if stored is not None else []
                    continue
                stored = stored or Stored(Indexed(id=identity.id), 0)
                after = own.replacing(stored.record.comparable)
                if after != stored.record.comparable:
                    changes.append(stored.put(Indexed(id=identity.id, comparable=after)))
            if all(await self._store.write(*changes)):
                return
        raise StoreUnavailable("others keep changing the same records")

    async def _load(self) -> None:
        for prefix in _PREFIXES:
            async with aclosing(self._store.scan(Indexed, prefix=prefix)) as batches:
                async for batch in batches:
                    for each in batch:
                        if each.record.comparable is not None:
                            self._bulk.add(each.record.id, each.record.comparable)
                    self._advance("loading", len(self._bulk), None)
        self._advance("looking what is shared", 0, None)
        self._bulk.settle()

    async def _write_keys(self) -> None:
        for bucket in range(self._state.record.bucket, BUCKETS):
            blocks = [Indexed(id=key, block=block) for key, block in self._bulk.blocks(bucket)]
            for some in _parts(blocks):
                await self._write_blocks(some)
            if bucket % _SAVED_EVERY == _SAVED_EVERY - 1:
                await self._save(bucket=bucket + 1)
            self._advance("writing keys", bucket + 1, BUCKETS)

    async def _write_blocks(self, blocks: Sequence[Indexed]) -> None:
        """New ones first, as most are in a first scan; those that are there already are compared and replaced."""
        landed = await self._store.write(*map(Put, blocks))
        left = [each for each, there in zip(blocks, landed, strict=True) if not there]
        for _ in range(TRIES_TO_LAND):
            known = await self._store.get(Indexed, [each.id for each in left])
            changed = []
            for each in left:
                stored = known.get(each.id, Stored(each, 0))
                after = self._with_newcomers(each, known.get(each.id))
                if stored.version == 0 or after != stored.record:
                    changed.append((each, stored.put(after)))
            landed = await self._store.write(*(put for _, put in changed))
            left = [each for (each, _), there in zip(changed, landed, strict=True) if not there]
            if not left:
                return
        raise StoreUnavailable("others keep changing the same blocks")

    def _with_newcomers(self, block: Indexed, stored: Stored[Indexed] | None) -> Indexed:
        """The block with the members that came since the records were loaded."""
        known = stored.record.block if stored is not None else None
        if known is None or block.block is None:
            return block
        after = block.block
        for member in known.members:
            if member not in self._bulk.positions:
                after = after.with_member(member)
        return Indexed(id=block.id, block=after)

    async def _learn(self) -> None:
        """Learn the weights, and write the model last: what it names is there by then."""
        self._advance("learning", 0, None)
        known = (await self._store.get(LearntModel, [MODEL])).get(MODEL)
        version = 1 + (known.record.version if known is not None else 0)
        shares = self._bulk.shares()
        parts = counts_of(version, shares)
        for each in parts:
            await self._store.write(Put(each))
        model = learnt_model(version, len(self._bulk), self._now(), self._bulk.learnt(), shares, parts)
        await self._store.write(known.put(model) if known is not None else Put(model))
        if known is not None:
            await self._store.write(*(Delete(ValueCounts, each) for each in counts_ids(known.record)))

    async def _compare(self, weights: Weights) -> None:
        statistics = weights.statistics
        shared = self._bulk.statistics().shared
        scorer = Scorer(weights.model, Statistics(statistics.given, statistics.family, statistics.place, shared))
        proposals = Proposals(self._store, self._bulk, scorer, weights, self._now)
        for bucket in range(self._state.record.bucket, BUCKETS):
            compared, found = self._bulk.scored(bucket, scorer, self._rules.review_from)
            proposed_now = 0
            for some in _parts(found, _AT_ONCE // 4):
                proposed_now += await proposals.write(some)
            state = self._state.record
            self._state = self._with(
                bucket=bucket + 1, pairs=state.pairs + compared, candidates=state.candidates + proposed_now
            )
            if found or bucket % _SAVED_EVERY == _SAVED_EVERY - 1:
                await self._save()
            self._advance("comparing", bucket + 1, BUCKETS)
            await asyncio.sleep(0)

    async def _close_old(self, weights: Weights) -> None:
        """Candidates that this scan did not find again are no question any more."""
        async with aclosing(self._store.scan(Candidate)) as batches:
            async for batch in batches:
                old = [each for each in batch if each.record.model_version < weights.version]
                await self._store.write(*(Delete(Candidate, each.record.id, each.version) for each in old))

    def _with(self, **update: object) -> Stored[ScanState]:
        return Stored(self._state.record.model_copy(update=update), self._state.version)

    async def _save(self, **update: object) -> None:
        """Write down how far it is. Raises StoreUnavailable if another scan runs."""
        self._state = self._with(**update)
        (landed,) = await self._store.write(self._state.put(self._state.record))
        if not landed:
            raise StoreUnavailable("another scan of this brand is running")
        self._state = Stored(self._state.record, self._state.version + 1)


def _parts(whole: Sequence[T], size: int = _AT_ONCE) -> Iterable[Sequence[T]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
