"""A folder of flows looked at before it becomes a release: checked as a whole, and its tests run."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flows.checking.folder import CheckedFile, Texts, checked_folder
from flows.engine import Flow, load_flow
from flows.files import Finding
from flows.publishing.published import Compiled
from flows.shelf import Shelf
from flows.templates import Template, load_template
from flows.trying.testing import FlowTests, Outcome, read_tests
from middleware.errors import FlowError


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of the check and of the tests; no test is run where a file is refused."""

    files: tuple[CheckedFile, ...]
    outcomes: tuple[Outcome, ...] = ()
    unrun: int = 0
    """Tests that were not begun."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was found."""
        return tuple(finding for file in self.files for finding in file.findings)

    @property
    def accepted(self) -> bool:
        """Whether no file is refused."""
        return all(file.accepted() for file in self.files)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The tests that failed."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)


@dataclass(frozen=True, slots=True)
class SoFar:
    """How far running the tests has come: `done` of `of`, and the file whose test is the next."""

    done: int
    of: int
    file: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What one set of flows has that another has not, by the names of flows; `tests`: files of tests that differ."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    tests: tuple[str, ...]


def tried(
    texts: Texts,
    brand: Shelf,
    published: Mapping[str, str],
    compiled: Compiled | None = None,
    goes_on: Callable[[SoFar], bool] = lambda _: True,
) -> Tried:
    """A folder checked, over the shipped flows and the templates of a brand: those of its files and, by name, the
    published ones. The folder's own templates go before these.

    `goes_on` is told before each test how far it has come, and says whether that is begun. `compiled` keeps published
    templates for the next time.
    """
    kept = compiled if compiled is not None else Compiled()
    beneath = Shelf(brand.beneath, {**brand.templates, **dict(_readable(published, kept))}, beneath=brand.beneath)
    files = checked_folder(texts, beneath)
    if not all(file.accepted() for file in files):
        return Tried(files)
    own = (load_template(text, file) for file, text in texts.templates.items())
    shelf = replace(beneath, templates={**beneath.templates, **{each.name: each for each in own}})
    shelf = shelf.carrying(texts.flows)
    tests = [read_tests(text, file) for file, text in texts.tests.items()]
    outcomes = tuple(_run(tests, shelf, goes_on))
    return Tried(files, outcomes, sum(len(each.names()) for each in tests) - len(outcomes))


def _run(tests: Sequence[FlowTests], shelf: Shelf, goes_on: Callable[[SoFar], bool]) -> Iterator[Outcome]:
    done, of = 0, sum(len(each.names()) for each in tests)
    for some in tests:
        outcomes = some.run(shelf)
        for _ in some.names():
            if not goes_on(SoFar(done, of, some.document.file)):
                return
            yield next(outcomes)
            done += 1


def said_in(texts: Iterable[str]) -> frozenset[str]:
    """The names of the templates that flows in these texts say, as far as they can be read."""
    return frozenset(reply.template for flow in _flows(texts) for reply in flow.replies())


def flow_names(texts: Iterable[str]) -> tuple[str, ...]:
    """The names of the flows in these texts."""
    return tuple(sorted(flow.name for flow in _flows(texts)))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """What differs between the files (by path) of two releases; a flow is known by its name, whatever its file."""
    one, other = _by_name(before), _by_name(after)
    tests = ({path: text for path, text in files.items() if "/" in path} for files in (before, after))
    return Changes(
        added=tuple(sorted(other.keys() - one.keys())),
        removed=tuple(sorted(one.keys() - other.keys())),
        changed=tuple(sorted(name for name in one.keys() & other.keys() if one[name] != other[name])),
        tests=tuple(sorted({path for path, _ in set.symmetric_difference(*(set(each.items()) for each in tests))})),
    )


def _by_name(files: Mapping[str, str]) -> dict[str, str]:
    """The texts of flows by name; one that cannot be read by this version has that of its file."""
    named: dict[str, str] = {}
    for path, text in files.items():
        if "/" not in path:
            named[next((flow.name for flow in _flows([text])), path)] = text
    return named


def _flows(texts: Iterable[str]) -> Iterator[Flow]:
    for text in texts:
        try:
            yield load_flow(text, "")
        except FlowError:
            continue


def _readable(published: Mapping[str, str], compiled: Compiled) -> Iterator[tuple[str, Template]]:
    """Templates by name, but for those that this version cannot read: processes refuse them, too."""
    for name, source in published.items():
        template = compiled.get(name, source)
        if template is None:
            try:
                template = load_template(source, f"{name}.yaml")
            except FlowError:
                continue
            compiled.keep(name, source, template)
        yield name, template
