"""What a builder works on: one file of flows with its tests, over the whole set that customers get."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aiohttp import web

from flows.engine import Flow, load_flow
from flows.folder import shipped
from middleware.console.visit import Visit
from middleware.domain.flow_drafts import (
    TESTS,
    FlowDraft,
    FlowWriting,
    digest_of_pair,
    is_flow_path,
    is_open,
    pair_of,
    pair_written,
)
from middleware.domain.flow_releases import THE_FILES, FlowHead
from middleware.domain.template_versions import is_template_name
from middleware.errors import FlowError
from middleware.pipeline.releases.drafting import draft_of
from middleware.pipeline.releases.looking import sources_of
from middleware.pipeline.releases.parts import read_head
from middleware.ports import Stored

ENDING = ".yaml"
_BEGUN = """flow: {name}
purpose: What it is for, in a sentence.
triggers:
  intent:
    en: [{words}]
steps:
  - reply: fallback
"""
_TESTS_BEGUN = """customer: ana
tests:
  - test: What must hold, in a sentence
    turns:
      - says: Where is my order?
        flow: order_status
"""

Origin = Literal["own", "tests", "shipped", "new"]
"""Where what is worked on begins: the brand's set, a file of tests in it that has no flow of its name, the shipped
flows, nowhere.
"""
Begin = Literal["flow", "tests", ""]
"""What somebody wants to begin where it is not there yet: a flow, or tests alone."""


@dataclass(frozen=True, slots=True)
class Work:
    """A file as it is: what is published, and what is worked on (the draft, else the same)."""

    file: str
    head: Stored[FlowHead]
    published: Mapping[str, str]
    stored: Stored[FlowDraft]
    origin: Origin
    source: str
    tests: str

    @property
    def draft(self) -> FlowWriting | None:
        """The draft, if there is one that is still to come."""
        return self.stored.record.writing if is_open(self.stored.record, self.published) else None

    @property
    def base(self) -> str:
        """The digest of what is published of it."""
        return digest_of_pair(self.published, self.file)

    @property
    def tests_only(self) -> bool:
        """Whether it is a file of tests, of several flows or of none in particular: it has no flow of its name."""
        is_flow = self.file in self.published or bool(self.source.strip())
        return not is_flow and (self.origin == "tests" or bool(self.tests.strip()))

    @property
    def mark(self) -> str:
        """What has to be the same yet for what is sent to be saved: the draft, and what is published."""
        return f"{self.stored.version}.{self.base}"

    @property
    def outdated(self) -> bool:
        """Whether others have published another text of it since the draft was begun."""
        return self.draft is not None and self.draft.base != self.base

    @property
    def changed(self) -> tuple[str, datetime | None]:
        """Who saved it last, and when."""
        return self.stored.record.changed_by, self.stored.record.changed_at

    @property
    def name(self) -> str:
        """The name of the flow, as far as it can be read; else that of its file."""
        flow = self.flow()
        return flow.name if flow is not None else self.file.removesuffix(ENDING)

    def flow(self) -> Flow | None:
        """What is worked on, read; None for what is refused."""
        try:
            return load_flow(self.source, self.file)
        except FlowError:
            return None

    def whole(self, source: str, tests: str) -> dict[str, str]:
        """The set that customers get, with these texts in place of what is published of this file."""
        mine = pair_of(self.published, self.file)
        others = {path: text for path, text in self.published.items() if path not in mine}
        return others | pair_written(self.file, source, tests)


async def set_of(visit: Visit, number: int) -> Mapping[str, str]:
    """The files of a release, by path; of 0 those of the brand's folder as this process has them. Raises NoRelease."""
    if number == THE_FILES:
        own = visit.brand.own_flows
        return {**own.texts.flows, **own.texts.tests} if own is not None else {}
    kept = visit.brand.flow_editing.sets
    if number not in kept:
        found = await sources_of(visit.brand.flow_editing.releases(), number)
        kept.clear()
        kept[number] = found.sources if found is not None else {}
    return kept[number]


async def set_now(visit: Visit) -> tuple[Stored[FlowHead], Mapping[str, str]]:
    """The set that customers get, and which it is."""
    head = await read_head(visit.brand.store)
    return head, await set_of(visit, head.record.release)


async def opened(visit: Visit) -> Work:
    """The file in the address. Raises HTTPNotFound for what no file of flows can be called."""
    file = visit.at("file")
    if not is_flow_path(file):
        raise web.HTTPNotFound
    head, published = await set_now(visit)
    stored = await draft_of(visit.brand.store, file)
    wanted: Begin = "flow" if visit.query("begin") == "flow" else "tests" if visit.query("begin") == "tests" else ""
    origin, begun = _begun(published, file, wanted)
    work = Work(file, head, published, stored, origin, *begun)
    if work.draft is None:
        return work
    source = begun[0] if wanted == "flow" and not work.draft.source.strip() else work.draft.source
    return Work(file, head, published, stored, origin, source, work.draft.tests)


def _begun(published: Mapping[str, str], file: str, wanted: Begin) -> tuple[Origin, tuple[str, str]]:
    """Where somebody begins who has no draft. Raises HTTPNotFound where nothing could be."""
    tests = published.get(TESTS + file)
    if file in published:
        return "own", (published[file], tests or "")
    if tests is not None and wanted != "flow":
        return "tests", ("", tests)
    name, there = file.removesuffix(ENDING), shipped().texts
    if wanted == "tests" and is_template_name(name):
        return "new", ("", _TESTS_BEGUN)
    if file in there.flows:
        # With its tests: as the brand's own it is not looked at by the shipped ones any more.
        return "shipped", (there.flows[file], there.tests.get(TESTS + file, "") if tests is None else tests)
    if not is_template_name(name):
        raise web.HTTPNotFound
    return "new", (_BEGUN.format(name=name, words=name.replace("_", " ")), tests or "")
