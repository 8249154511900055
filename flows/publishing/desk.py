"""Where templates are looked at before customers get them: against the language, and against flows that say them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from flows.deciding import FALLBACK
from flows.files import Finding, FlowFileError, read_document
from flows.preview.customers import CUSTOMERS
from flows.publishing.previews import previews
from flows.publishing.published import Compiled, PublishedTemplates
from flows.runner import FILE_RECEIVED, Flows
from flows.templates import Template, check_template, load_template
from flows.templates.model import ChannelName
from middleware.domain.template_versions import Preview, PublishedSource, TemplateFinding


class Desk:
    """The flows and templates of a brand's files, and what can be published over the latter. Holds no state but what
    it has compiled.
    """

    def __init__(self, flows: Flows, *, compiled: Compiled | None = None) -> None:
        self.flows = flows
        self.files: Mapping[str, str] = flows.shelf.sources
        """The sources of the templates in files, by name."""
        said = {reply.template for flow in flows.shelf.flows.values() for reply in flow.replies()}
        self.said: frozenset[str] = frozenset({*said, FALLBACK, FILE_RECEIVED})
        """The names of the templates that flows say: customers get no others."""
        self.customers: tuple[str, ...] = tuple(CUSTOMERS)
        """The names of the made-up customers to whom templates are shown."""
        self.channels: tuple[str, ...] = get_args(ChannelName)
        self._compiled = compiled if compiled is not None else Compiled()

    def check(self, name: str, source: str, file: str = "") -> tuple[TemplateFinding, ...]:
        """Everything to mend in a template of this name, its file called `file`, errors that keep it from being
        published among it.
        """
        template, findings = _read(name, source, file or f"{name}.yaml")
        found = [*findings, *(self._disagreements(name, template) if template is not None else ())]
        if template is not None and not any(each.severity == "error" for each in found):
            self._compiled.keep(name, source, template)
        return _as_told(found)

    def over(self, published: Mapping[str, PublishedSource]) -> Flows:
        """The flows with these templates in place of those of the files. Compiles none of them."""
        return self.flows.saying(PublishedTemplates(self.flows.shelf.templates, published, self._compiled))

    def compile(self, name: str, source: str) -> tuple[TemplateFinding, ...]:
        """Have a template ready for `over`, if it is not yet; its errors, where these flows cannot say it."""
        compiled = self._compiled.get(name, source)
        if compiled is not None:
            return _as_told(self._disagreements(name, compiled))
        return tuple(each for each in self.check(name, source) if each.severity == "error")

    def template(self, name: str, source: str) -> Template | None:
        """The template of a source that was checked and has no error, if it is still kept."""
        return self._compiled.get(name, source)

    def said_by(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the flows that say a template, by its name."""
        found: dict[str, list[str]] = {}
        for name, flow in self.flows.shelf.flows.items():
            for template in dict.fromkeys(reply.template for reply in flow.replies()):
                found.setdefault(template, []).append(name)
        return {template: tuple(sorted(flows)) for template, flows in found.items()}

    def carrying(self, files: Mapping[str, str]) -> "Desk":
        """A desk with the flows of a release (text by file) in place of those of the brand's folder, and its templates.

        Raises FlowError. Whether the templates fit, `compile` and `lacks` say.
        """
        return Desk(self.flows.on(self.flows.shelf.carrying(files)), compiled=self._compiled)

    def lacks(self, published: Collection[str] = ()) -> tuple[TemplateFinding, ...]:
        """What keeps the flows from being said, but for the templates of these names: those that are published."""
        return _as_told(self.flows.shelf.disagreements(self.said - set(published)))

    def previews(
        self,
        name: str,
        source: str,
        customers: Sequence[str] = (),
        locales: Sequence[str] = (),
        channels: Sequence[str] = (),
    ) -> tuple[Preview, ...]:
        """What made-up customers would get of this source; without names all of them, everywhere.

        Raises FlowError for a source with errors, and KeyError for a customer or a channel that there is not.
        """
        template = self._compiled.get(name, source)
        if template is None:
            template = load_template(source, f"{name}.yaml")
        return previews(template, [CUSTOMERS[each] for each in customers or self.customers], locales, channels)

    def _disagreements(self, name: str, template: Template) -> Iterator[Finding]:
        shelf = self.flows.shelf
        return replace(shelf, templates={**shelf.templates, name: template}).disagreements({name})


def _read(name: str, source: str, file: str) -> tuple[Template | None, tuple[Finding, ...]]:
    try:
        template, findings = check_template(source, file)
    except FlowFileError as refused:
        return None, refused.findings
    if template is None or template.name == name:
        return template, findings
    line = read_document(source, file).line(("name",))
    wrong = Finding(file, line, "error", f"name is {template.name}, but this is the template {name}; write the same")
    return None, (*findings, wrong)


def _as_told(findings: Iterable[Finding]) -> tuple[TemplateFinding, ...]:
    return tuple(TemplateFinding.model_validate(_plain(each)) for each in sorted(findings))


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity,
        "message": finding.message,
        "code": finding.code,
    }
