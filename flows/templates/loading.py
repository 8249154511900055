"""From a template file to a template: every text compiled once, every finding with its line."""

from dataclasses import dataclass

from flows.files import Document, Finding, Place, parse, read_document, refuse
from flows.language import LanguageError, Program, compile_reply
from flows.templates.lint import form_findings, missing_locales
from flows.templates.model import FormFile, TemplateFile
from middleware.domain.messages import QuickReply


@dataclass(frozen=True, slots=True)
class Form:
    """The reply in one locale. `fallback` is a plain text."""

    program: Program
    fallback: str
    quick_replies: tuple[QuickReply, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One template, ready to be rendered. `findings` are the hints that its check gave."""

    name: str
    purpose: str
    file: str
    forms: dict[str, Form]
    findings: tuple[Finding, ...]


def load_template(text: str, file: str) -> Template:
    """The template in a YAML text; `file` is its name for messages.

    Raises FlowError with every error found.
    """
    document = read_document(text, file)
    written = parse(TemplateFile, document)
    programs, findings = _programs(document, written)
    for locale, program in programs.items():
        findings += form_findings(document, locale, written.locales[locale], program)
    findings += missing_locales(document, written)
    refuse(findings)
    forms = {locale: _form(written.locales[locale], program) for locale, program in programs.items()}
    return Template(written.name, written.purpose, file, forms, tuple(sorted(findings)))


def _programs(document: Document, written: TemplateFile) -> tuple[dict[str, Program], list[Finding]]:
    programs: dict[str, Program] = {}
    findings: list[Finding] = []
    for locale, form in written.locales.items():
        try:
            programs[locale] = compile_reply(form.text)
        except LanguageError as error:
            findings += language_findings(document, ("locales", locale, "text"), error)
    return programs, findings


def language_findings(document: Document, place: Place, error: LanguageError) -> list[Finding]:
    """The problems of a source as findings of the file that it stands in."""
    first = document.line(place)
    return [
        Finding(document.file, first + problem.line - 1, "error", f"{problem.message} (column {problem.column})")
        for problem in error.problems
    ]


def _form(written: FormFile, program: Program) -> Form:
    quick_replies = tuple(reply.plain() for reply in written.quick_replies)
    return Form(program, written.fallback, quick_replies)
