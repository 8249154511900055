"""A folder of flows as builders see it: each flow with its text and its tests, and what is to be mended in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Self

from flows.checking.folder import CheckedFile, Texts, checked_folder
from flows.checking.written import WrittenFlow, written_flow
from flows.engine.model import Triggers
from flows.runner import Flows
from flows.shelf import TEMPLATES, Shelf
from flows.trying.testing import FlowTests, read_tests
from middleware.errors import FlowError

TESTS = "tests"
"""The folder beside the flows that holds their tests."""

_PHRASES_SHOWN = 3


@dataclass(frozen=True)
class Folder:
    """The files of one folder, as they were when it was read."""

    texts: Texts
    """By path inside of the folder."""

    @classmethod
    def read(cls, folder: Traversable) -> Self:
        """The YAML files of a folder of flows, and of its templates and tests. What is no UTF-8 in them is replaced."""
        return cls(Texts(_texts(folder), _texts(folder, TEMPLATES), _texts(folder, TESTS)))

    def with_flows(self, sources: Mapping[str, str]) -> Self:
        """The same templates under other flows and tests, by path: those of a release."""
        tests = {path: text for path, text in sources.items() if path.startswith(f"{TESTS}/")}
        flows = {path: text for path, text in sources.items() if path not in tests}
        return type(self)(Texts(flows, self.texts.templates, tests))

    @cached_property
    def flows(self) -> Mapping[str, WrittenFlow]:
        """Its flows by name, those that can be read."""
        found: dict[str, WrittenFlow] = {}
        for file, text in self.texts.flows.items():
            try:
                written = written_flow(text, file)
            except FlowError:
                continue
            found[written.flow.name] = written
        return found

    @cached_property
    def checked(self) -> tuple[CheckedFile, ...]:
        """Every file checked, over the shipped ones. Takes seconds, once."""
        beneath = Shelf({}, {}) if self is shipped() else Shelf.read(_library())
        return checked_folder(self.texts, beneath)


@cache
def shipped() -> Folder:
    """The flows that come with Throughline."""
    return Folder.read(_library())


@dataclass(frozen=True, slots=True)
class Trigger:
    """One thing that starts a flow: its name in the file, and its words or its time. Of an intent the `locale`, the
    first phrases, and how many there are beside them.
    """

    name: str
    words: tuple[str, ...] = ()
    locale: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True)
class FlowShown:
    """One flow that a brand says: as it is written, and in which folder."""

    written: WrittenFlow
    folder: Folder
    is_own: bool

    @property
    def name(self) -> str:
        """Its name."""
        return self.written.flow.name

    @property
    def source(self) -> str:
        """The text of its file."""
        return self.folder.texts.flows[self.written.flow.file]

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """What starts it."""
        return tuple(_triggers(self.written.file.triggers))

    @property
    def templates(self) -> tuple[str, ...]:
        """The templates that it says."""
        return tuple(sorted({reply.template for reply in self.written.flow.replies()}))

    @property
    def tests(self) -> str | None:
        """The path of its tests: the file in `tests` that is called as the flow's own."""
        path = f"{TESTS}/{self.written.flow.file}"
        return path if path in self.folder.texts.tests else None

    def read_tests(self) -> FlowTests | None:
        """Its tests; None without any. Raises FlowFileError."""
        return read_tests(self.folder.texts.tests[self.tests], self.tests) if self.tests is not None else None

    def findings(self) -> tuple[CheckedFile, ...]:
        """What is to be mended in its file, in its tests, and in those of its templates that lie in the same folder.

        The whole folder is looked at for it the first time, which takes seconds.
        """
        own, said = {self.written.flow.file, self.tests}, set(self.templates)
        checked = self.folder.checked
        return tuple(each for each in checked if each.file in own or (each.kind == "template" and each.name in said))


def shown_flows(flows: Flows, own: Folder | None) -> tuple[FlowShown, ...]:
    """All flows that a brand says, in the order in which they are tried; `own` are its files over the shipped ones."""
    return tuple(_shown(flows, own))


def _shown(flows: Flows, own: Folder | None) -> Iterator[FlowShown]:
    for flow in flows.shelf.in_order():
        if own is not None and flow.name in own.flows:
            yield FlowShown(own.flows[flow.name], own, is_own=True)
        elif flow.name in shipped().flows:
            yield FlowShown(shipped().flows[flow.name], shipped(), is_own=False)


def _library() -> Traversable:
    return files("flows") / "library"


def _triggers(triggers: Triggers) -> Iterator[Trigger]:
    if triggers.payload:
        yield Trigger("payload", triggers.payload)
    for locale, phrases in triggers.intent.items():
        yield Trigger("intent", phrases[:_PHRASES_SHOWN], locale, max(0, len(phrases) - _PHRASES_SHOWN))
    written = triggers.model_dump(mode="json", exclude={"payload", "intent"}, exclude_defaults=True)
    for name, on in written.items():
        if on:
            yield Trigger(name, (on,) if isinstance(on, str) else ())


def _texts(folder: Traversable, inside: str = "") -> dict[str, str]:
    here = folder.joinpath(inside) if inside else folder
    if not here.is_dir():
        return {}
    found = sorted((file for file in here.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {f"{inside}/{file.name}" if inside else file.name: _text(file) for file in found}


def _text(file: Traversable) -> str:
    return file.read_bytes().decode(errors="replace")
