"""What goes over the wire: what is asked of templates, and what is answered."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from middleware.domain.template_versions import Author, Note, Preview, TemplateFinding, TemplateSource, TemplateVersion
from middleware.pipeline.templates.looking import Difference, RenderedChange, Row
from middleware.pipeline.templates.publishing import Published
from middleware.web.problems import Problem

MOST_ROWS = 100
USUAL_ROWS = 20
MOST_CUSTOMERS = 10
MOST_LOCALES = 20
_MOST_NUMBER = 2**31

Word = Annotated[str, Field(min_length=1, max_length=60)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DraftWanted(_Shape):
    """A draft to save: a whole template file, `by` whom it is, and why."""

    source: TemplateSource
    by: Author
    note: Note = ""


class Signed(_Shape):
    """Who does something, and why."""

    by: Author
    note: Note = ""


class RollbackWanted(Signed):
    """The number of the version that customers get again; 0 is the template's file."""

    version: Annotated[int, Field(ge=0, lt=_MOST_NUMBER)]


class SourceWanted(_Shape):
    """A template file to check."""

    source: TemplateSource


class RenderWanted(_Shape):
    """What to render: a `source`, or else a `version`: its number, `draft` or `published`. Empty lists mean all."""

    source: TemplateSource | None = None
    version: Word = "published"
    customers: Annotated[tuple[Word, ...], Field(max_length=MOST_CUSTOMERS)] = ()
    locales: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")], ...], Field(max_length=MOST_LOCALES)
    ] = ()
    channels: Annotated[tuple[Word, ...], Field(max_length=MOST_CUSTOMERS)] = ()


class DraftRow(_Shape):
    """Whose draft there is, since when, and on which version it was based.

    `asked_at`: since then others are asked to publish it.
    """

    by: str
    at: datetime
    note: str
    based_on: int
    asked_at: datetime | None = None


class DraftShown(DraftRow):
    """The same with its text."""

    source: str


class TemplateRow(_Shape):
    """One template. `published` is the number of its version, 0 for that of a file; `said`: some flow says it."""

    name: str
    revision: int
    published: int
    said: bool
    in_file: bool
    draft: DraftRow | None = None
    changed_by: str
    changed_at: datetime | None = None


class TemplatesShown(_Shape):
    """A page of templates in the order of their names. `next` goes into `after` for the page behind it."""

    items: tuple[TemplateRow, ...]
    next: str | None = None


class TemplateShown(TemplateRow):
    """One template with what customers get, and its draft in full."""

    draft: DraftShown | None = None
    source: str | None = None


class VersionRow(_Shape):
    """One version that was published. `repeats`: a rollback to that version."""

    number: int
    author: str
    reviewer: str
    at: datetime
    note: str
    before: int
    repeats: int | None = None


class VersionShown(VersionRow):
    """The same with its text."""

    source: str


class VersionsShown(_Shape):
    """What was published, the latest first. `next` goes into `before` for the versions before these."""

    items: tuple[VersionRow, ...]
    next: int | None = None


class SavedShown(_Shape):
    """A draft that was saved, and what is to be mended in it before it can be published."""

    revision: int
    findings: tuple[TemplateFinding, ...]


class PublishedShown(_Shape):
    """What customers get from now on."""

    revision: int
    version: VersionRow


class DiscardedShown(_Shape):
    """The revision without the draft."""

    revision: int


class CheckedShown(_Shape):
    """Whether it can be published, and everything that is to be mended."""

    accepted: bool
    findings: tuple[TemplateFinding, ...]


class ChangeShown(_Shape):
    """What one made-up customer gets in both versions; nothing where a version has not that locale."""

    customer: str
    locale: str
    channel: str
    before: Preview | None = None
    after: Preview | None = None


class DifferenceShown(_Shape):
    """Between two versions: a unified diff of the text, and what changes for made-up customers.

    `compared` is how many results were; `unrendered` says why there are none.
    """

    one: str
    other: str
    text: str
    rendered: tuple[ChangeShown, ...]
    compared: int
    unrendered: str = ""


class RenderedShown(_Shape):
    """What made-up customers would get."""

    previews: tuple[Preview, ...]


class TemplateProblem(Problem):
    """A problem with everything that is to be mended, by line and column."""

    findings: tuple[TemplateFinding, ...]


def row_shown(row: Row) -> TemplateRow:
    """One template in a list."""
    draft = row.head.record.draft
    return TemplateRow(**_common(row), draft=DraftRow(**draft.model_dump(exclude={"source"})) if draft else None)


def template_shown(row: Row, source: str | None) -> TemplateShown:
    """One template whole."""
    draft = row.head.record.draft
    return TemplateShown(**_common(row), draft=DraftShown(**draft.model_dump()) if draft else None, source=source)


def version_row(version: TemplateVersion) -> VersionRow:
    """One version in a list."""
    return VersionRow(**_version(version))


def version_shown(version: TemplateVersion) -> VersionShown:
    """One version whole."""
    return VersionShown(**_version(version), source=version.source)


def published_shown(published: Published) -> PublishedShown:
    """What was published."""
    return PublishedShown(revision=published.revision, version=version_row(published.version))


def difference_shown(found: Difference) -> DifferenceShown:
    """A difference."""
    return DifferenceShown(
        one=found.one,
        other=found.other,
        text=found.text,
        rendered=tuple(map(_change, found.rendered)),
        compared=found.compared,
        unrendered=found.unrendered,
    )


def _change(change: RenderedChange) -> ChangeShown:
    return ChangeShown(
        customer=change.customer,
        locale=change.locale,
        channel=change.channel,
        before=change.before,
        after=change.after,
    )


def _common(row: Row) -> dict[str, object]:
    head = row.head.record
    return {
        "name": head.id,
        "revision": row.head.version,
        "published": head.published,
        "said": row.said,
        "in_file": row.in_file,
        "changed_by": head.changed_by,
        "changed_at": head.changed_at,
    }


def _version(version: TemplateVersion) -> dict[str, object]:
    return {"number": version.number, **version.model_dump(exclude={"id", "source"})}
