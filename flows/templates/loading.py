"""From a template file to a template: every text compiled once, every finding with its line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flows.files import Document, Finding, Place, parse, read_document, refuse
from flows.language import LanguageError, Program, Source, read_reply
from flows.templates.approved import ApprovedTemplates, approved_findings
from flows.templates.lint import content_findings, file_findings, level_findings, source_findings
from flows.templates.model import ApprovedFile, FormFile, TemplateFile
from flows.templates.places import Key, Placed, contents_of
from flows.templates.product_cards import PRODUCTS
from middleware.domain.context import level_of_paths
from middleware.domain.forms import Approved, Buttons, Choices, ReplyButton
from middleware.domain.forms import Form as ReplyForm
from middleware.domain.identifiers import Level
from middleware.domain.messages import QuickReply
from middleware.domain.template_versions import THE_FILE


@dataclass(frozen=True, slots=True)
class ApprovedForm:
    """An approved template, and the programs that fill in its body."""

    plain: Approved
    body: tuple[Program, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What is said and shown. `fallback` is a plain text; of an approved template only `approved` is there."""

    program: Program
    fallback: str
    quick_replies: tuple[QuickReply, ...] = ()
    form: ReplyForm | None = None
    approved: ApprovedForm | None = None
    products: str | None = None
    """The title of the button of each product's card, where products are shown."""

    def choices(self) -> tuple[tuple[str, str], ...]:
        """What can be tapped and comes back to us: title and payload."""
        quick = [(each.title, each.payload) for each in self.quick_replies]
        match self.form:
            case Buttons(buttons=buttons):
                return tuple((each.title, each.payload) for each in buttons if isinstance(each, ReplyButton))
            case Choices(sections=sections):
                return tuple((row.title, row.payload) for section in sections for row in section.rows)
        return tuple(quick)

    def programs(self) -> tuple[Program, ...]:
        """Its text, and what fills in its approved template."""
        return (self.program, *(self.approved.body if self.approved is not None else ()))


@dataclass(frozen=True, slots=True)
class Form:
    """The reply in one locale: its contents by variant and channel, and what may be sent outside the window."""

    contents: Mapping[Key, Content]
    outside_window: ApprovedForm | None = None

    def names(self) -> frozenset[str]:
        """The values that anything of it reads."""
        outside = self.outside_window.body if self.outside_window is not None else ()
        programs = (*(program for content in self.contents.values() for program in content.programs()), *outside)
        shown = {PRODUCTS} if any(content.products is not None for content in self.contents.values()) else set[str]()
        return frozenset(name for program in programs for name in program.names) | shown


@dataclass(frozen=True, slots=True)
class Template:
    """One template, ready to be rendered. `findings` are the hints that its check gave."""

    name: str
    purpose: str
    file: str
    forms: Mapping[str, Form]
    findings: tuple[Finding, ...]
    weights: Mapping[str, int] = field(default_factory=dict)
    split: bool = False
    version: int = THE_FILE
    """The number under which it was published; 0 for one that stands in a file."""

    def names(self) -> frozenset[str]:
        """The values that it reads, in any locale."""
        return frozenset(name for form in self.forms.values() for name in form.names())

    def choices(self) -> tuple[tuple[str, str], ...]:
        """All that can be tapped and comes back to us, in any locale: title and payload, as they stand in the file."""
        contents = (content for form in self.forms.values() for content in form.contents.values())
        return tuple(choice for content in contents for choice in content.choices())

    @property
    def level(self) -> Level:
        """The level of disclosure at which all of its values can be there."""
        return level_of_paths(self.names())


def load_template(text: str, file: str) -> Template:
    """The template in a YAML text; `file` is its name for messages. Raises FlowFileError with every error found."""
    template, findings = check_template(text, file)
    refuse(findings)
    if template is None:
        raise AssertionError("a template without errors is there")
    return template


def check_template(
    text: str, file: str, platforms: Sequence[ApprovedTemplates] = (), level: Level | None = None
) -> tuple[Template | None, tuple[Finding, ...]]:
    """The template in a YAML text, or None if it has errors, and all findings, sorted.

    With what `platforms` have approved, what is sent in their templates is held against it; with the `level` of who
    gets it, the values that it reads. Raises FlowFileError for a text that is no template file at all.
    """
    document = read_document(text, file)
    written = parse(TemplateFile, document)
    reading = _Reading(document, level)
    forms = {locale: reading.form(locale, form) for locale, form in written.locales.items()}
    of_platforms = (each for platform in platforms for each in approved_findings(document, written, platform))
    findings = tuple(sorted({*reading.findings, *file_findings(document, written), *of_platforms}))
    whole = {locale: form for locale, form in forms.items() if form is not None}
    if any(finding.severity == "error" for finding in findings):
        return None, findings
    weights, split = dict(written.variants), written.too_long == "split"
    return Template(written.name, written.purpose, file, whole, findings, weights, split), findings


def language_findings(document: Document, place: Place, error: LanguageError) -> list[Finding]:
    """The problems of a source as findings of the file that it stands in."""
    return [
        document.within(place, problem.line, problem.column, "error", problem.message) for problem in error.problems
    ]


class _Reading:
    """Compiles the sources of one file and gathers what is wrong with them."""

    def __init__(self, document: Document, level: Level | None) -> None:
        self._document = document
        self._level = level
        self.findings: list[Finding] = []

    def form(self, locale: str, written: FormFile) -> Form | None:
        """One locale; None, with findings, if anything in it cannot be compiled."""
        contents = {placed.key: self._content(placed) for placed in contents_of(locale, written)}
        outside = self._approved(written.outside_window, ("locales", locale, "outside_window"), locale)
        whole = {key: content for key, content in contents.items() if content is not None}
        return Form(whole, outside) if len(whole) == len(contents) else None

    def _content(self, placed: Placed) -> Content | None:
        written = placed.content
        source = self._read(written.text, (*placed.place, "text"), placed.locale)
        approved = self._approved(written.approved, (*placed.place, "approved"), placed.locale)
        self.findings += content_findings(self._document, placed, source)
        program = self._compiled(source)
        if program is None or (approved is None) is not (written.approved is None):
            return None
        quick_replies = tuple(reply.plain() for reply in written.quick_replies)
        products = written.products.button if written.products is not None else None
        return Content(program, placed.fallback, quick_replies, written.form(), approved, products)

    def _approved(self, written: ApprovedFile | None, place: Place, locale: str) -> ApprovedForm | None:
        if written is None:
            return None
        body = [self._read(source, (*place, "body", index), locale) for index, source in enumerate(written.body)]
        whole = tuple(program for program in map(self._compiled, body) if program is not None)
        return ApprovedForm(written.plain(), whole) if len(whole) == len(body) else None

    def _compiled(self, source: Source | None) -> Program | None:
        """The program; none once the file has an error, since nothing of it will be said."""
        if source is None or any(finding.severity == "error" for finding in self.findings):
            return None
        return source.compiled()

    def _read(self, text: str, place: Place, locale: str) -> Source | None:
        """A source as it is written, and what is wrong with it: nothing is found any more once it is compiled."""
        try:
            source = read_reply(text)
        except LanguageError as error:
            self.findings += language_findings(self._document, place, error)
            return None
        self.findings += source_findings(self._document, place, source, locale)
        if self._level is not None:
            self.findings += level_findings(self._document, place, source, self._level)
        return source
