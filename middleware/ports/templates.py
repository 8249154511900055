"""Templates that people edit, and the flows that say them: those of files, or of a release."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from middleware.domain.template_versions import Preview, PublishedSource, TemplateFinding
from middleware.ports.channels import FlowSet


class TemplateDesk(Protocol):
    """The flows of a brand's files or of a release, the templates of its files, and what can be published over these.

    All of it is pure and takes its time with large templates: call it in a thread.
    """

    @property
    def flows(self) -> FlowSet:
        """The flows with the templates of the files."""
        ...

    @property
    def files(self) -> Mapping[str, str]:
        """The sources of the templates in files, by name."""
        ...

    @property
    def said(self) -> frozenset[str]:
        """The names of the templates that flows say: customers get no others."""
        ...

    @property
    def customers(self) -> Sequence[str]:
        """The made-up customers of previews."""
        ...

    @property
    def channels(self) -> Sequence[str]:
        """The channels of previews."""
        ...

    def check(self, name: str, source: str, file: str = "") -> Sequence[TemplateFinding]:
        """Everything to mend in a template of this name, its file called `file` (default: `<name>.yaml`).

        With an error among it, it cannot be published.
        """
        ...

    def over(self, published: Mapping[str, PublishedSource]) -> FlowSet:
        """The flows with these templates in place of those of the files. Compiles none of them."""
        ...

    def compile(self, name: str, source: str) -> Sequence[TemplateFinding]:
        """Have a template ready for `over`, if it is not yet; its errors, where these flows cannot say it."""
        ...

    def carrying(self, files: Mapping[str, str]) -> "TemplateDesk":
        """A desk with the flows of a release (text by file) in place of those of the brand's folder, and its templates.

        Raises FlowError. Whether the templates fit, `compile` and `lacks` say.
        """
        ...

    def lacks(self, published: Collection[str] = ()) -> Sequence[TemplateFinding]:
        """What keeps the flows from being said, but for the templates of these names: those that are published."""
        ...

    def previews(
        self,
        name: str,
        source: str,
        customers: Sequence[str] = (),
        locales: Sequence[str] = (),
        channels: Sequence[str] = (),
    ) -> Sequence[Preview]:
        """What made-up customers would get of this source; without names all of them, everywhere.

        Raises FlowError for a source with errors, and KeyError for a customer or a channel that there is not.
        """
        ...
