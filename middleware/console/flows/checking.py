"""A set of flows looked at as it is before it becomes a release and before it is published; and its tests, run."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from flows.checking.folder import Texts
from flows.files import Finding, FlowFileError
from flows.publishing import Desk
from flows.publishing.importing import SoFar, Tried, said_in, tried
from middleware.console.drafts import meant_in
from middleware.console.parts import ConsoleBrand
from middleware.console.visit import Visit
from middleware.domain.flow_drafts import TESTS
from middleware.domain.flow_releases import is_test
from middleware.domain.template_versions import TemplateFinding
from middleware.errors import FlowError
from middleware.pipeline.releases.parts import mistakes
from middleware.pipeline.templates.parts import published_sources

TESTS_WITHIN = 20.0
"""Seconds after which no further test of one flow is begun."""
ALL_WITHIN = 300.0
"""The same of a whole set, before it becomes a release: beside other work."""

Problem = Finding | TemplateFinding


@dataclass(frozen=True, slots=True)
class Found:
    """One finding, in which field of the form it lies: `source`, `tests`, or none: then it lies in another file."""

    finding: Problem
    field: str

    @property
    def wrong(self) -> bool:
        """Whether it keeps the set from becoming a release."""
        return self.finding.severity == "error"

    @property
    def meant(self) -> str:
        """What was probably meant."""
        return meant_in(self.finding.message)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it: findings of one file and its tests first, those of others, and the tests that were run."""

    findings: tuple[Found, ...]
    tried: Tried

    @property
    def errors(self) -> int:
        """How many things keep it from becoming a release."""
        return sum(each.wrong for each in self.findings)

    @property
    def good(self) -> bool:
        """Whether it can become a release: every test was run and holds."""
        return not self.errors and not self.tried.failed and not self.tried.unrun


async def checked(
    brand: ConsoleBrand, sources: Mapping[str, str], file: str, within: float = 0.0, *, of_file: bool = False
) -> Checked:
    """A whole set checked as importing and publishing do. Its tests, or those `of_file` alone, are begun `within` so
    many seconds; within none no test is run.
    """
    editing = brand.flow_editing
    until = monotonic() + within
    async with editing.testing if within else editing.checking:
        return await looked_at(brand, sources, file, lambda _: monotonic() < until, of_file=of_file)


async def looked_at(
    brand: ConsoleBrand,
    sources: Mapping[str, str],
    file: str,
    goes_on: Callable[[SoFar], bool],
    *,
    of_file: bool = False,
) -> Checked:
    """The same, whoever else is at it; `goes_on` is told in a thread before each test, and whether that is begun."""
    editing = brand.flow_editing
    texts = Texts(
        {path: text for path, text in sources.items() if not is_test(path)},
        {},
        {path: text for path, text in sources.items() if is_test(path) and (not of_file or path == TESTS + file)},
    )
    of = editing.releases()
    names = await asyncio.to_thread(said_in, texts.flows.values()) | of.desk.said
    published = {name: each.source for name, each in (await published_sources(of.store, names)).items()}
    result = await asyncio.to_thread(tried, texts, editing.files.shelf, published, editing.compiled, goes_on)
    problems: list[Problem] = [*result.findings]
    if result.accepted:
        problems += await _lacks(brand, texts.flows)
    found = (Found(each, _field(each.file, file)) for each in problems)
    # Of other files only what keeps all of it from becoming a release: their hints are there without this one.
    return Checked(tuple(sorted((each for each in found if each.field or each.wrong), key=_order)), result)


async def _lacks(brand: ConsoleBrand, flows: Mapping[str, str]) -> list[Problem]:
    """What publishing asks beside: engines and look-ups of the settings, and all published templates."""
    desk = brand.flow_editing.desk()
    try:
        carried = await asyncio.to_thread(desk.carrying, flows)
        return [*await mistakes(brand.store, carried)]
    except FlowFileError as error:
        return [*error.findings]
    except FlowError as error:
        return [Finding("", 1, "error", str(error))]


async def desk_of(visit: Visit, sources: Mapping[str, str]) -> Desk | None:
    """The flows of a set, with the templates of files; None where they cannot be said with those that are published."""
    desk = visit.brand.flow_editing.desk()
    flows = {path: text for path, text in sources.items() if not is_test(path)}
    try:
        carried = await asyncio.to_thread(desk.carrying, flows)
    except FlowError:
        return None
    return carried if not await mistakes(visit.brand.store, carried) else None


def _field(path: str, file: str) -> str:
    return {file: "source", TESTS + file: "tests"}.get(path, "")


def _order(found: Found) -> tuple[bool, str, bool, str, int, int]:
    """Those of the file first, errors before hints."""
    finding = found.finding
    return (not found.field, found.field, not found.wrong, finding.file, finding.line, finding.column)
