"""`throughline templates check`: what is wrong in template files, for people, programs and editors."""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.files import Finding
from flows.preview.checking import Checked
from flows.templates.approved import ApprovedTemplates, Platform
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import plain
from middleware.cli.templates.reading import STANDARD_INPUT, checked_file, files_at, text_of
from middleware.domain.identifiers import Level

_SEVERITIES = {"error": 1, "hint": 2}
"""As the Language Server Protocol counts them: error and warning."""
_LEVELS = {level.name.lower(): level for level in Level}
_WORD = re.compile(r"[\w.]+")


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    DIAGNOSTICS = "diagnostics"


def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE|FOLDER...", help="YAML, or a folder of it; *.j2, *.txt and - are bare sources"),
    ],
    approved: Annotated[
        list[Path] | None,
        typer.Option(help="What WhatsApp has approved: the answer of GET /<account>/message_templates, as JSON"),
    ] = None,
    approved_by_messenger: Annotated[
        list[Path] | None,
        typer.Option("--approved-messenger", help="The same of Messenger: the answer of GET /<page>/message_templates"),
    ] = None,
    level: Annotated[
        str, typer.Option(help=f"Who gets it ({', '.join(_LEVELS)}): a hint for each value that they are not told")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Refuse hints, too")] = False,
    form: Annotated[
        Format, typer.Option("--format", help="diagnostics: those of the Language Server Protocol")
    ] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json")] = False,
) -> None:
    """Check template files, or all those of a folder. Needs no server, store or settings.

    Exit code 1 if one of them is refused.
    """
    if level and level not in _LEVELS:
        fail(f"no level {level!r}; there are {', '.join(_LEVELS)}", USAGE)
    with reasons():
        platforms = [*_approved("whatsapp", approved), *_approved("messenger", approved_by_messenger)]
    results = [checked_file(file, platforms, _LEVELS.get(level)) for named in files for file in files_at(named)]
    accepted = [result.accepted(strict=strict) for result, _ in results]
    match Format.JSON if as_json else form:
        case Format.JSON:
            print_json({"accepted": all(accepted), "files": [_as_json(each, strict=strict) for each, _ in results]})
        case Format.DIAGNOSTICS:
            print_json([diagnostics(each.file, each.findings, text) for each, text in results])
        case Format.TEXT:
            say([finding for result, _ in results for finding in result.findings])
            shown.print(f"{sum(accepted)} of {len(accepted)} accepted", markup=False)
    if not all(accepted):
        raise typer.Exit(1)


def _approved(channel: Platform, saved: list[Path] | None) -> Iterator[ApprovedTemplates]:
    """What a platform has approved, where somebody has saved it."""
    if saved:
        yield ApprovedTemplates.read(channel, *((str(file), text_of(str(file))) for file in saved))


def say(findings: list[Finding]) -> None:
    """Findings for people: `file:line:column: error: message`."""
    for each in findings:
        line = f"{each.file}:{each.line}:{each.column}: {each.severity}: {each.message}"
        shown.print(plain(line), markup=False)


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding for programs."""
    return {
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
    }


def _as_json(result: Checked, *, strict: bool) -> dict[str, Any]:
    template = result.template
    return {
        "file": result.file,
        "accepted": result.accepted(strict=strict),
        "template": template.name if template is not None else None,
        "level": template.level.name.lower() if template is not None else None,
        "findings": [finding_as_json(finding) for finding in result.findings],
    }


def diagnostics(file: str, findings: Iterable[Finding], text: str) -> dict[str, Any]:
    """What a language server would publish for a file."""
    lines = re.split(r"\r\n|\r|\n", text)
    uri = f"untitled:{file}" if file == STANDARD_INPUT else Path(file).absolute().as_uri()
    return {"uri": uri, "diagnostics": [_diagnostic(finding, lines) for finding in findings]}


def _diagnostic(finding: Finding, lines: list[str]) -> dict[str, Any]:
    """A Diagnostic: lines from 0, characters from 0 in code units of UTF-16."""
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    start, end = _span(finding, line)
    return {
        "range": {
            "start": {"line": finding.line - 1, "character": _code_units(line[:start])},
            "end": {"line": finding.line - 1, "character": _code_units(line[:end])},
        },
        "severity": _SEVERITIES[finding.severity],
        "code": finding.code,
        "source": "throughline",
        "message": finding.message,
    }


def _span(finding: Finding, line: str) -> tuple[int, int]:
    """From where to where: the word that begins at the column, or all that is written on the line."""
    word = _WORD.match(line, finding.column - 1) if finding.column > 1 else None
    if word is not None:
        return word.span()
    end = len(line.rstrip())
    return min(end, max(finding.column - 1, len(line) - len(line.lstrip()))), end


def _code_units(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2
