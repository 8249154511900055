"""From a template file to a template: every text compiled once, every finding with its line."""

from dataclasses import dataclass

from flows.files import Document, Finding, Place, parse, read_document, refuse
from flows.language import LanguageError, Program, compile_reply
from flows.templates.lint import form_findings, missing_locales
from flows.templates.model import FormFile, TemplateFile
from middleware.domain.forms import Form as ReplyForm
from middleware.domain.messages import QuickReply


@dataclass(frozen=True, slots=True)
class Form:
    """The reply in one locale. `fallback` is a plain text; `parameters` fill in the body of an approved template."""

    program: Program
    fallback: str
    quick_replies: tuple[QuickReply, ...]
    form: ReplyForm | None = None
    parameters: tuple[Program, ...] = ()

    def names(self) -> frozenset[str]:
        """The values that anything of it reads."""
        return frozenset(name for program in (self.program, *self.parameters) for name in program.names)


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
    findings: list[Finding] = []
    programs = {locale: _programs(document, locale, form, findings) for locale, form in written.locales.items()}
    for locale, compiled in programs.items():
        if compiled is not None:
            findings += form_findings(document, locale, written.locales[locale], *compiled)
    findings += missing_locales(document, written)
    refuse(findings)
    forms = {locale: _form(written.locales[locale], *found) for locale, found in programs.items() if found is not None}
    return Template(written.name, written.purpose, file, forms, tuple(sorted(findings)))


def _programs(
    document: Document, locale: str, form: FormFile, findings: list[Finding]
) -> tuple[Program, tuple[Program, ...]] | None:
    """The text and the parameters of an approved template, compiled; None, with findings, if one is not right."""
    place: Place = ("locales", locale)
    body = form.approved.body if form.approved is not None else ()
    parameters: list[tuple[Place, str]] = [
        ((*place, "approved", "body", index), source) for index, source in enumerate(body)
    ]
    compiled = []
    for where, source in [((*place, "text"), form.text), *parameters]:
        try:
            compiled.append(compile_reply(source))
        except LanguageError as error:
            findings += language_findings(document, where, error)
    return (compiled[0], tuple(compiled[1:])) if len(compiled) == 1 + len(parameters) else None


def language_findings(document: Document, place: Place, error: LanguageError) -> list[Finding]:
    """The problems of a source as findings of the file that it stands in."""
    first = document.line(place)
    return [
        Finding(document.file, first + problem.line - 1, "error", f"{problem.message} (column {problem.column})")
        for problem in error.problems
    ]


def _form(written: FormFile, program: Program, parameters: tuple[Program, ...]) -> Form:
    quick_replies = tuple(reply.plain() for reply in written.quick_replies)
    return Form(program, written.fallback, quick_replies, written.form(), parameters)
