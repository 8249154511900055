"""A folder of flows, templates and tests, checked as a whole: every file, whatever is wrong with the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal, TypeVar

from flows.checking.between import between_findings, heard_phrases
from flows.checking.looked_up import look_up_findings
from flows.checking.reach import reach_findings
from flows.checking.uses import use_findings
from flows.checking.written import WrittenFlow, written_flow
from flows.engine import Flow
from flows.engine.intents import Heard
from flows.files import Finding, FlowFileError
from flows.shelf import Shelf
from flows.templates import Template, load_template
from flows.trying.testing import FlowTests, read_tests

Kind = Literal["flow", "template", "test"]

Part = TypeVar("Part", WrittenFlow, Template, FlowTests)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What came of the check of one file. `name` is that of the flow or template, where it could be read."""

    file: str
    kind: Kind
    name: str | None
    findings: tuple[Finding, ...]

    def accepted(self, *, strict: bool = False) -> bool:
        """Whether it can be used; `strict` refuses hints, too."""
        return not any(strict or finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Texts:
    """The files of a folder, by the name that findings give them."""

    flows: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    tests: Mapping[str, str] = field(default_factory=dict)


def checked_folder(texts: Texts, beneath: Shelf) -> tuple[CheckedFile, ...]:
    """Every file of a folder checked; `beneath` are the flows and templates over which it is read. Never raises."""
    flows = _read(texts.flows, "flow", written_flow, lambda each: each.flow.name, lambda each: each.flow.findings)
    templates = _read(texts.templates, "template", load_template, lambda each: each.name, lambda each: each.findings)
    tests = _read(texts.tests, "test", read_tests, lambda _: None, lambda _: ())
    shelf = Shelf(
        flows={**beneath.flows, **{each.flow.name: each.flow for each, _ in flows if each is not None}},
        templates={**beneath.templates, **{each.name: each for each, _ in templates if each is not None}},
    )
    broken = frozenset(PurePath(checked.file).stem for each, checked in templates if each is None)
    order = shelf.in_order()
    heard = heard_phrases((*order, *(each.flow for each, _ in flows if each is not None)))
    return (
        *(_with_others(written, checked, shelf, order, broken, heard) for written, checked in flows),
        *(checked for _, checked in templates),
        *(checked for _, checked in tests),
    )


def _read(
    texts: Mapping[str, str],
    kind: Kind,
    load: Callable[[str, str], Part],
    name_of: Callable[[Part], str | None],
    findings_of: Callable[[Part], tuple[Finding, ...]],
) -> list[tuple[Part | None, CheckedFile]]:
    """Every file as what it holds, if it could be read, and what was found in it."""
    read: list[tuple[Part | None, CheckedFile]] = []
    names: dict[str, str] = {}
    for file, text in texts.items():
        try:
            part = load(text, file)
        except FlowFileError as error:
            read.append((None, CheckedFile(file, kind, None, error.findings)))
            continue
        name, findings = name_of(part), list(findings_of(part))
        if name is not None and name in names:
            findings.append(Finding(file, 1, "error", f"{name} is in {names[name]} already"))
        elif name is not None:
            names[name] = file
        read.append((part, CheckedFile(file, kind, name, tuple(sorted(findings)))))
    return read


def _with_others(
    written: WrittenFlow | None,
    checked: CheckedFile,
    shelf: Shelf,
    order: tuple[Flow, ...],
    broken: frozenset[str],
    heard: Mapping[str, Heard],
) -> CheckedFile:
    """A flow's file with what is found between its steps, and between it and the others."""
    if written is None:
        return checked
    found = (
        *checked.findings,
        *reach_findings(written),
        *use_findings(written, shelf, broken),
        *look_up_findings(written, shelf, complete=not broken),
        *between_findings(written, order, heard),
    )
    return replace(checked, findings=tuple(sorted(set(found), key=lambda each: (each.line, each.column, each))))
