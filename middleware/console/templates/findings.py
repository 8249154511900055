"""What is to be mended in a template, as the editor shows it: in which field, on which line of it, and the way out."""

from collections.abc import Iterable
from dataclasses import dataclass

from flows.files import Document
from flows.templates.fields import Spot, located
from middleware.console.drafts import meant_in
from middleware.domain.template_versions import TemplateFinding


@dataclass(frozen=True, slots=True)
class Found:
    """One finding. `line` and `column` count from 1 in its `field` where it has one, else in the file; column 0 is the
    whole line. `meant` is what was probably meant.
    """

    finding: TemplateFinding
    spot: Spot | None
    field: str
    line: int
    column: int
    meant: str

    @property
    def wrong(self) -> bool:
        """Whether it keeps the template from being published."""
        return self.finding.severity == "error"


def found_in(findings: Iterable[TemplateFinding], document: Document | None) -> list[Found]:
    """The findings, errors first."""
    ordered = sorted(findings, key=lambda each: (each.severity != "error", each.line, each.column))
    return [_found(each, document) for each in ordered]


def _found(finding: TemplateFinding, document: Document | None) -> Found:
    spot, name, place = located(document, finding.line) if document is not None else (None, "", ())
    line, column = finding.line, finding.column if finding.column > 1 else 0
    if document is not None and name:
        line = finding.line - document.line(place) + 1
        column = finding.column - document.columns.get(place, 0) if column else 0
    return Found(finding, spot, name, max(line, 1), max(column, 0), meant_in(finding.message))
