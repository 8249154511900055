"""What one process says now: the flows of the release that is published, with the templates that are, exchanged whole.

A release is exchanged together with its templates: it is loaded and checked beside what is said, and then it is one
assignment. A message takes hold of one release before its context is put together (`held`), and is decided by that.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState
from middleware.domain.events import Event
from middleware.domain.flow_releases import THE_FILES, FlowHead
from middleware.domain.template_versions import PublishedSource, TemplateEdition
from middleware.domain.turn import Decision
from middleware.errors import FlowError, StoreUnavailable
from middleware.pipeline.releases.errors import NoRelease
from middleware.pipeline.releases.parts import desk_with, publications, read_head
from middleware.pipeline.templates.edition import end, left_behind, read_edition
from middleware.pipeline.templates.said import Refusal, SaidFlows, Told
from middleware.ports import BrandStore, TemplateDesk

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedRelease:
    """A published release that cannot be said here. The one before it goes on being said."""

    number: int
    why: str


class LiveFlows:
    """The flows of one brand as this process says them now (`FlowRunner`)."""

    def __init__(
        self, files: TemplateDesk, brand: str = "", told: Told = lambda _: None, told_release: Told = lambda _: None
    ) -> None:
        self.files = files
        """Where flows and templates of the files are: what a release stands over."""
        self._brand = brand
        self._told = told
        self._told_release = told_release
        self._said = SaidFlows(files, THE_FILES, brand, told)
        self._publication = 0
        """The one that was looked at last, taken or refused."""
        self._marks: Mapping[str, int] = {}
        self.refused: RefusedRelease | None = None
        """The release that is published, if it is refused here."""

    @property
    def release(self) -> int:
        """The number of the release that is said; 0 are the files."""
        return self._said.release

    @property
    def desk(self) -> TemplateDesk:
        """Where templates are checked before they are said: with the flows of this release."""
        return self._said.desk

    @property
    def sources(self) -> Mapping[str, PublishedSource]:
        """The published versions that are said in place of files, by name."""
        return self._said.sources

    @property
    def published(self) -> Mapping[str, int]:
        """The numbers of the versions that are said, by name; a template that is not there is that of its file."""
        return self._said.published

    @property
    def refusals(self) -> Mapping[str, Refusal]:
        """The published versions that are refused here, by name."""
        return self._said.refusals

    @property
    def needs(self) -> frozenset[str]:
        """See `FlowRunner.needs`."""
        return self._said.needs

    @property
    def told_of(self) -> frozenset[str]:
        """See `FlowRunner.told_of`."""
        return self._said.told_of

    @property
    def abandoned_after(self) -> tuple[timedelta, ...]:
        """See `FlowRunner.abandoned_after`."""
        return self._said.abandoned_after

    def held(self) -> SaidFlows:
        """See `FlowRunner.held`."""
        return self._said

    def gathers(self, text: str) -> bool:
        """See `FlowRunner.gathers`."""
        return self._said.gathers(text)

    def guess_locale(self, text: str) -> str | None:
        """See `FlowRunner.guess_locale`."""
        return self._said.guess_locale(text)

    async def decide(self, event: Event, state: FlowState | None, context: Context, channel: Capabilities) -> Decision:
        """See `FlowRunner.decide`."""
        return await self._said.decide(event, state, context, channel)

    async def look(self, store: BrandStore, now: datetime, *, read_only: bool = False) -> bool:
        """See whether another release or other templates are published, and say those from now on; whether any are.

        One read if nothing has changed. Raises StoreUnavailable; what was said goes on being said. `read_only`: what a
        process that died left behind is left to others.
        """
        # Both stand in one collection, and what is asked at the same time goes in one command.
        stored, head = await asyncio.gather(read_edition(store), read_head(store))
        edition = stored.record
        left = left_behind(edition, now)
        if left and not read_only:
            await end(store, left)
        exchanged = await self._look_at_release(store, head.record, edition)
        changed = await self._said.look(store, edition)
        if changed:
            self._said.tell(changed)
        self._marks = edition.marks
        return exchanged or bool(changed)

    async def _look_at_release(self, store: BrandStore, head: FlowHead, edition: TemplateEdition) -> bool:
        """Say another release if one is published; whether that is so."""
        # One that was refused may lack a template that has been published since.
        again = self.refused is not None and edition.marks != self._marks
        if head.publication == self._publication and not again:
            return False
        loaded = await self._loaded(store, head.release, edition) if head.release != self.release else self._said
        refused = loaded if isinstance(loaded, RefusedRelease) else None
        starts = self._publication == 0
        taken = loaded if isinstance(loaded, SaidFlows) else await self._earlier(store, head, edition, starts=starts)
        exchanged = taken is not self._said
        if exchanged:
            self._exchange(taken)
        self._publication, self.refused = head.publication, refused
        self._tell(head.release)
        return exchanged

    async def _loaded(self, store: BrandStore, number: int, edition: TemplateEdition) -> "SaidFlows | RefusedRelease":
        """A release with the templates that are published, beside what is said now."""
        try:
            said = SaidFlows(await desk_with(store, self.files, number), number, self._brand, self._told)
        except StoreUnavailable:
            raise
        except (FlowError, NoRelease) as error:
            return RefusedRelease(number, str(error))
        except Exception as error:  # noqa: BLE001 - whatever another version has written, what is said goes on
            return RefusedRelease(number, f"it cannot be loaded: {type(error).__name__}")
        await said.look(store, edition)
        lacking = await asyncio.to_thread(said.desk.lacks, said.sources.keys()) if number != THE_FILES else ()
        return RefusedRelease(number, "\n".join(map(str, lacking))) if lacking else said

    async def _earlier(self, store: BrandStore, head: FlowHead, edition: TemplateEdition, *, starts: bool) -> SaidFlows:
        """What is said where the published release is refused: what was said before it. A process that starts takes the
        latest one before it that is not refused.
        """
        tried = {head.release}
        async for publication in publications(store, head.publication if starts else 0):
            if publication.release == THE_FILES:
                break
            if publication.release not in tried:
                tried.add(publication.release)
                loaded = await self._loaded(store, publication.release, edition)
                if isinstance(loaded, SaidFlows):
                    return loaded
        return self._said

    def _exchange(self, taken: SaidFlows) -> None:
        """Say this one from now on. Of its templates only that is news which the one before did not say or refuse."""
        before, self._said = self._said, taken
        numbers = {**taken.published, **{name: each.number for name, each in taken.refusals.items()}}
        known = {**before.published, **{name: each.number for name, each in before.refusals.items()}}
        taken.tell(
            {
                name: number
                for name, number in numbers.items()
                if known.get(name) != number or (name in taken.refusals) != (name in before.refusals)
            }
        )

    def _tell(self, number: int) -> None:
        self._told_release("taken" if self.refused is None else "refused")
        if self.refused is None:
            log.info("flows are published", action="flows", brand=self._brand, release=number)
            return
        log.error(
            "a published release of flows is refused here, an earlier one is said",
            action="release_refused", brand=self._brand, release=number, said=self.release, why=self.refused.why,
        )  # fmt: skip
