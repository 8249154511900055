"""One release of flows as a process says it: with the versions of templates that are published, exchanged whole.

A message is decided by one set of templates: the exchange is one assignment, and a decision looks there once. Nothing
is compiled on the event loop: a decision that meets a template that is not ready is made again once it is, by what is
published then.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import structlog

from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState
from middleware.domain.events import Event
from middleware.domain.messages import Reply
from middleware.domain.template_versions import (
    THE_FILE,
    PublishedSource,
    TemplateEdition,
    TemplateHead,
    TemplateVersion,
    version_id,
)
from middleware.domain.turn import Decision
from middleware.errors import NotCompiled
from middleware.pipeline.templates.edition import read_pages
from middleware.ports import BrandStore, TemplateDesk

log = structlog.get_logger(__name__)

CHECKED_AT_ONCE = 100
"""Versions that are checked and compiled before they are taken. Of more, which only a process that starts can find,
each is when it is first said: each takes some 30 ms of CPU in a thread, and thousands would hold up the start."""

_READ_AT_ONCE = 100
_NAMED_AT_MOST = 20

Told = Callable[[str], None]
"""Told `taken` or `refused` for every version that was looked at."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A published version that cannot be said here. The one before it goes on being said."""

    template: str
    number: int
    why: str


class SaidFlows:
    """The flows of one release, or of the files, with what is published of templates (`FlowRunner`)."""

    def __init__(self, desk: TemplateDesk, release: int, brand: str, told: Told) -> None:
        self.desk = desk
        """Where templates are checked before they are said."""
        self.release = release
        self.needs = desk.flows.needs
        self.told_of = desk.flows.told_of
        self.abandoned_after = desk.flows.abandoned_after
        self._brand = brand
        self._told = told
        self._now = desk.flows
        self._marks: Mapping[str, int] = {}
        self._numbers: dict[str, Mapping[str, int]] = {}
        """By page: the published numbers of the templates that flows say."""
        self._seen: dict[str, int] = {}
        """The number that was looked at last, taken or refused."""
        self._sources: dict[str, PublishedSource] = {}
        self._compiling = asyncio.Lock()
        """One at a time: several threads that compile would take turns at what the event loop needs."""
        self.published: Mapping[str, int] = {}
        """The numbers of the versions that are said, by name; a template that is not there is that of its file."""
        self.refusals: Mapping[str, Refusal] = {}
        """What was refused, by name."""

    @property
    def sources(self) -> Mapping[str, PublishedSource]:
        """The published versions that are said in place of files, by name."""
        return self._sources

    def held(self) -> "SaidFlows":
        """See `FlowRunner.held`."""
        return self

    def gathers(self, text: str) -> bool:
        """See `FlowRunner.gathers`."""
        return self._now.gathers(text)

    def guess_locale(self, text: str) -> str | None:
        """See `FlowRunner.guess_locale`."""
        return self._now.guess_locale(text)

    async def decide(self, event: Event, state: FlowState | None, context: Context, channel: Capabilities) -> Decision:
        """See `FlowRunner.decide`."""
        while True:
            try:
                decision = self._now.decide(event, state, context, channel)
                return decision.model_copy(update={"release": self.release})
            except NotCompiled as missing:
                await self.ready(missing.template)

    def source_of(self, name: str) -> str | None:
        """What stands in a template as it is said now; None if there is none of this name."""
        published = self._sources.get(name)
        return published.source if published is not None else self.desk.files.get(name)

    @property
    def names(self) -> frozenset[str]:
        """All templates, whether flows say them or not."""
        return frozenset({*self.desk.files, *self._sources})

    async def rendered(
        self, name: str, context: Context, channel: Capabilities, locale: str | None = None, *, window_open: bool
    ) -> Reply:
        """See `FlowSet.rendered`. Raises KeyError for a template that there is not."""
        while True:
            try:
                return self._now.rendered(name, context, channel, locale, window_open=window_open)
            except NotCompiled as missing:
                await self.ready(missing.template)

    async def ready(self, name: str) -> None:
        """Have a template ready that was taken unchecked, or was not said for long; that of its file if it is wrong."""
        async with self._compiling:
            wanted = self._sources.get(name)
            if wanted is None:
                return
            try:
                why = await self._errors(name, wanted.source)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong, the customer gets an answer
                why = f"it cannot be compiled: {type(error).__name__}"
            if why and self._sources.get(name) == wanted:
                sources = {other: each for other, each in self._sources.items() if other != name}
                published = {other: number for other, number in self.published.items() if other != name}
                refusals = {**self.refusals, name: Refusal(name, wanted.number, why)}
                self._take(sources, published, refusals)
                self.tell({name: wanted.number})

    async def look(self, store: BrandStore, edition: TemplateEdition) -> Mapping[str, int]:
        """Say from now on what is published; the numbers of what has changed, by name, whether it was taken or not.

        Reads nothing if nothing has changed. Raises StoreUnavailable; what was said goes on being said.
        """
        pages = await self._changed_pages(store, edition.marks)
        under_way = await self._heads(store, {each.name for each in edition.under_way})
        told = {name: number for page in {**self._numbers, **pages}.values() for name, number in page.items()}
        wanted = {name: number for name, number in {**told, **under_way}.items() if number != THE_FILE}
        before = {name: number for name, number in self._seen.items() if name in self.desk.said}
        changed = {name: wanted.get(name, THE_FILE) for name in before.keys() | wanted.keys()}
        changed = {name: number for name, number in changed.items() if number != before.get(name, THE_FILE)}
        if changed:
            await self._exchange(store, changed)
        self._marks = edition.marks
        self._numbers |= pages
        return changed

    async def _changed_pages(self, store: BrandStore, marks: Mapping[str, int]) -> dict[str, Mapping[str, int]]:
        ids = [page for page, mark in marks.items() if self._marks.get(page) != mark]
        pages = await read_pages(store, ids) if ids else {}
        return {page: self._said(stored.record.numbers) for page, stored in pages.items()}

    async def _heads(self, store: BrandStore, names: Collection[str]) -> Mapping[str, int]:
        heads = await store.get(TemplateHead, names) if names else {}
        return self._said({name: stored.record.published for name, stored in heads.items()})

    def _said(self, numbers: Mapping[str, int]) -> Mapping[str, int]:
        return {name: number for name, number in numbers.items() if name in self.desk.said}

    async def _exchange(self, store: BrandStore, changed: Mapping[str, int]) -> None:
        """Check what has changed, and put all that is right in place of what was said, at once."""
        sources, published = dict(self._sources), dict(self.published)
        refusals = {name: each for name, each in self.refusals.items() if name not in changed}
        check = len(changed) <= CHECKED_AT_ONCE
        waiting = list(changed.items())
        for some in (waiting[start : start + _READ_AT_ONCE] for start in range(0, len(waiting), _READ_AT_ONCE)):
            versions = await store.get(TemplateVersion, [version_id(*each) for each in some])
            for name, number in some:
                stored = versions.get(version_id(name, number))
                version = stored.record if stored is not None else None
                why = await self._why_not(name, number, version, check=check)
                if why:
                    refusals[name] = Refusal(name, number, why)
                    version = await self._before(store, version) if name not in published else None
                    if version is None:
                        continue
                published[name] = number if version is None else version.number
                sources.pop(name, None)
                if version is not None and version.repeats != THE_FILE:
                    sources[name] = PublishedSource(version.number, version.source)
        self._take(sources, {name: number for name, number in published.items() if number != THE_FILE}, refusals)
        self._seen |= changed

    def _take(
        self, sources: dict[str, PublishedSource], published: Mapping[str, int], refusals: Mapping[str, Refusal]
    ) -> None:
        """Say these from now on."""
        self._now = self.desk.over(sources)
        self._sources, self.published, self.refusals = sources, published, refusals

    async def _before(self, store: BrandStore, refused: TemplateVersion | None) -> TemplateVersion | None:
        """The latest version before a refused one that can be said: what a process says that runs for longer."""
        version = refused
        while version is not None and version.before != THE_FILE:
            key = version_id(version.name, version.before)
            stored = (await store.get(TemplateVersion, [key])).get(key)
            version = stored.record if stored is not None else None
            if version is not None and not await self._why_not(version.name, version.number, version, check=True):
                return version
        return None

    async def _why_not(self, name: str, number: int, version: TemplateVersion | None, *, check: bool) -> str:
        """Why a version cannot be said; empty if it can."""
        if number == THE_FILE:
            return ""
        if version is None:
            return "it is not in the store"
        if version.repeats == THE_FILE:
            return "" if name in self.desk.files else "there is no file of it any more"
        return await self._errors(name, version.source) if check else ""

    async def _errors(self, name: str, source: str) -> str:
        return "\n".join(map(str, await asyncio.to_thread(self.desk.compile, name, source)))

    def tell(self, changed: Mapping[str, int]) -> None:
        """Let log and metrics know what was taken, and what was refused."""
        taken = [f"{name} {number}" for name, number in changed.items() if name not in self.refusals]
        if taken:
            few = taken[:_NAMED_AT_MOST]
            log.info("templates are published", action="templates", brand=self._brand, count=len(taken), versions=few)
        for name, number in changed.items():
            refusal = self.refusals.get(name)
            self._told("taken" if refusal is None else "refused")
            if refusal is not None:
                log.error(
                    "a published template is refused here, the one before it is said",
                    action="template_refused", brand=self._brand, template=name, version=number, why=refusal.why,
                )  # fmt: skip
