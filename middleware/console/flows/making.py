"""A release that this process makes, beside other work: how far it is stands in the store, where every process sees it.

The whole set is checked and every test run, one release after the other; what then becomes of it is what was wished.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from time import monotonic
from typing import Any

import structlog

from flows.publishing.importing import SoFar, flow_names
from flows.trying.testing import Outcome
from middleware.console.flows.checking import ALL_WITHIN, Checked, looked_at
from middleware.console.flows.page import difference
from middleware.console.parts import ConsoleBrand
from middleware.domain.flow_makings import LONGEST_TROUBLE, MOST_LINES, MOST_TROUBLES, FlowMaking, MakingTrouble, Then
from middleware.domain.flow_releases import FlowFiles
from middleware.errors import StoreUnavailable
from middleware.pipeline.audit import audit
from middleware.pipeline.releases.asking import ask_for_publication
from middleware.pipeline.releases.drafting import mark_released
from middleware.pipeline.releases.importing import Imported, bring_in
from middleware.pipeline.releases.making import Telling, begin_making
from middleware.pipeline.releases.publishing import publish
from middleware.pipeline.templates.errors import NotDone
from middleware.ports import Clock, Stored

log = structlog.get_logger(__name__)

_TELLS_EVERY = 1.0
_TELLS_AT_LEAST_EVERY = 10
"""Seconds after which it tells that it is still at it, where nothing has come of it."""
_TRIES_TO_END = 30
"""A second apart."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made: a whole set, out of the draft of `file` and those `along`, over the flows at `revision`."""

    file: str
    along: tuple[str, ...]
    sources: Mapping[str, str]
    revision: int
    by: str
    note: str
    then: Then


class _NotOurs(Exception):  # noqa: N818 - a state of the work
    """It was stopped, or somebody else has gone on with it."""


async def begin(brand: ConsoleBrand, clock: Clock, wish: Wish) -> bool:
    """Begin to make it beside other work; False where somebody makes one out of this draft already."""
    begun = await begin_making(brand.store, wish.file, by=wish.by, now=clock.now(), then=wish.then)
    if begun is None:
        return False
    brand.flow_editing.makings.begin(_carried_out(_Making(brand, clock, wish, begun), brand.flow_editing.makings.turn))
    return True


async def _carried_out(making: "_Making", turn: asyncio.Lock) -> None:
    telling = asyncio.create_task(making.tells())
    ended: dict[str, Any] = {"state": "failed"}
    tries = _TRIES_TO_END
    try:
        async with turn:
            ended = await making.made()
    except _NotOurs:
        return
    except asyncio.CancelledError:
        # The process ends: it does not wait for a store that is gone.
        ended, tries = {"state": "stopped"}, 1
    except Exception:
        log.exception("a release could not be made", action="making_failed", file=making.wish.file)
    finally:
        making.over.set()
        await asyncio.gather(telling, return_exceptions=True)
    await making.ends(ended, tries)


class _Making:
    """One release that is being made."""

    def __init__(self, brand: ConsoleBrand, clock: Clock, wish: Wish, begun: Stored[FlowMaking]) -> None:
        self.wish, self.over = wish, asyncio.Event()
        self._brand, self._clock = brand, clock
        self._telling = Telling(brand.store, clock, begun)
        self._so_far = SoFar(0, 0, "")

    async def tells(self) -> None:
        """Tell how far it is, until it is over."""
        told, silent = self._so_far, 0
        while not await self._is_over_within(_TELLS_EVERY):
            silent += 1
            if self._so_far == told and silent < _TELLS_AT_LEAST_EVERY:
                continue
            told, silent = self._so_far, 0
            with suppress(StoreUnavailable):
                if not await self._tell():
                    self.over.set()

    async def _is_over_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.over.wait()
        return self.over.is_set()

    async def made(self) -> dict[str, Any]:
        """Check the set, run its tests and make the release: what is to be told at the end. Raises _NotOurs."""
        looked = await self._checked()
        if self.over.is_set() or not await self._tell():
            raise _NotOurs
        if not looked.good:
            return {"state": "refused", **await asyncio.to_thread(_troubles, looked)}
        try:
            release = await self._brought_in()
        except NotDone as error:
            return {"state": "refused", "because": str(error)[:LONGEST_TROUBLE]}
        return {"state": "made", "release": release.release.number, **await self._after(release)}

    async def _after(self, made: Imported) -> dict[str, Any]:
        """What comes once it is a release: it stays one, whatever fails then."""
        files = [self.wish.file, *self.wish.along]
        try:
            await mark_released(self._brand.store, files, self.wish.sources, made.release.number)
            return await self._gone_on(made)
        except Exception:
            log.exception("what follows a release failed", action="making_failed", file=self.wish.file)
            return {"end": "unknown"}

    async def ends(self, ended: Mapping[str, Any], tries: int) -> None:
        """Tell how it ended; the store is given some time to be there again."""
        for _ in range(tries):
            try:
                await self._telling.tell(**ended)
            except StoreUnavailable:
                await asyncio.sleep(_TELLS_EVERY)
            else:
                return

    async def _tell(self) -> bool:
        so_far = self._so_far
        return await self._telling.tell(done=so_far.done, of=so_far.of, file=so_far.file)

    async def _checked(self) -> Checked:
        until: float | None = None

        def goes_on(so_far: SoFar) -> bool:
            nonlocal until
            # From the first test on: whatever was to be waited for before is no test's fault.
            until = until if until is not None else monotonic() + ALL_WITHIN
            self._so_far = so_far
            return not self.over.is_set() and monotonic() < until

        looked = await looked_at(self._brand, self.wish.sources, self.wish.file, goes_on)
        self._so_far = SoFar(len(looked.tried.outcomes), self._so_far.of, "")
        return looked

    async def _brought_in(self) -> Imported:
        """The set as a release, as long as the flows over which it was put together are published."""
        wish, files = self.wish, FlowFiles.of(self.wish.sources)
        await self._on_record("flows.release_made", wish.file)
        names = await asyncio.to_thread(flow_names, files.flows.values())
        of, now = self._brand.flow_editing.releases(), self._clock.now()
        return await bring_in(of, files, names, by=wish.by, now=now, note=wish.note, revision=wish.revision)

    async def _gone_on(self, made: Imported) -> dict[str, Any]:
        """Do with it what is wished. Where that cannot be done, it is a release all the same."""
        of, wish, number, now = self._brand.flow_editing.releases(), self.wish, made.release.number, self._clock.now()
        end = {"end": "same" if made.same else "released"}
        try:
            match wish.then:
                case "publish":
                    await self._on_record("flows.published", str(number))
                    await publish(of, number, by=wish.by, now=now, note=wish.note, revision=wish.revision)
                    # This process says it at once, and does not wait for the next look.
                    await self._brand.live.look(self._brand.store, now)
                    end = {"end": "published"}
                case "ask":
                    await self._on_record("flows.asked", str(number))
                    await ask_for_publication(of, number, by=wish.by, now=now)
                    end = {"end": "asked"}
        except NotDone as error:
            return {**end, "because": str(error)[:LONGEST_TROUBLE]}
        return end

    async def _on_record(self, what: str, about: str) -> None:
        await audit(self._brand.store, by=self.wish.by, what=what, now=self._clock.now(), about=about)


def _troubles(looked: Checked) -> dict[str, Any]:
    """What kept it from being made, no more than is kept."""
    errors = [
        MakingTrouble(
            file=each.finding.file,
            line=each.finding.line,
            column=each.finding.column,
            text=each.finding.message[:LONGEST_TROUBLE],
        )
        for each in looked.findings
        if each.wrong
    ]
    failed = looked.tried.failed
    kept = tuple(islice(chain(errors, map(_failed, failed)), MOST_TROUBLES))
    return {
        "troubles": kept,
        "more": len(errors) + len(failed) - len(kept),
        "unrun": 0 if errors else looked.tried.unrun,
    }


def _failed(outcome: Outcome) -> MakingTrouble:
    failed = outcome.failed
    test = outcome.test[:LONGEST_TROUBLE]
    if failed is None:
        return MakingTrouble(
            file=outcome.file, line=outcome.line, test=test, text=(outcome.error or "")[:LONGEST_TROUBLE]
        )  # fmt: skip
    lines = (f"{side}{line}" for each in failed.differences for side, line in (("", each.about), *difference(each)))
    return MakingTrouble(
        file=outcome.file,
        line=failed.line,
        test=test,
        text=failed.turn[:LONGEST_TROUBLE],
        lines=tuple(line[:LONGEST_TROUBLE] for line in islice(lines, MOST_LINES)),
    )
