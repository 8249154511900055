"""A file held against the language, whatever it is: a template, a bare source of one, or neither."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.files import Document, Finding, FlowFileError
from flows.language import LanguageError, Program, read_reply
from flows.templates import Template, check_template
from flows.templates.approved import ApprovedTemplates
from flows.templates.lint import source_findings
from flows.templates.loading import language_findings
from middleware.domain.identifiers import Level


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check. Neither template nor program is there where there is an error among the findings."""

    file: str
    findings: tuple[Finding, ...]
    template: Template | None = None
    program: Program | None = None

    def accepted(self, *, strict: bool = False) -> bool:
        """Whether it can be used; `strict` refuses hints, too."""
        return not any(strict or finding.severity == "error" for finding in self.findings)


def checked(text: str, file: str, platforms: Sequence[ApprovedTemplates] = (), level: Level | None = None) -> Checked:
    """A template file, in YAML; held against what platforms have approved, and the level of readers. Never raises."""
    try:
        template, findings = check_template(text, file, platforms, level)
    except FlowFileError as error:
        return Checked(file, error.findings)
    return Checked(file, findings, template)


def checked_source(source: str, file: str) -> Checked:
    """A bare source of the reply language. Never raises."""
    document = Document(file, source, {(): 1})
    try:
        read = read_reply(source)
    except LanguageError as error:
        return Checked(file, tuple(language_findings(document, (), error)))
    findings = tuple(sorted(set(source_findings(document, (), read))))
    refused = any(finding.severity == "error" for finding in findings)
    return Checked(file, findings, program=None if refused else read.compiled())


def unreadable(file: str, why: str) -> Checked:
    """A file that could not even be read."""
    return Checked(file, (Finding(file, 1, "error", why, code="unreadable"),))
