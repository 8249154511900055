"""Templates that people edit: what is kept of each, and what a preview shows.

What customers get is decided by one document, the head of a template. Everything else either never changes (versions)
or follows from the heads (pages, edition).
"""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from zlib import crc32

from pydantic import AfterValidator, Field, StringConstraints

from middleware.domain.journal import LONGEST_NOTE
from middleware.domain.record import Record

MOST_BYTES = 64 * 1024
"""Bytes of one template as UTF-8, as many as a file may have."""
LONGEST_AUTHOR = 200
MOST_TEMPLATES = 10_000
"""Templates of one brand that people have edited."""
THE_FILE = 0
"""The number of the version that stands in a file: of the brand's folder, else of the shipped library."""

PAGES = 64
EDITION = "edition"
"""The id of the only edition."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
_LONGEST_NAME = 60


def is_template_name(text: str) -> bool:
    """Whether a template can be called this."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def same_person(one: str, other: str) -> bool:
    """Whether two names are those of one person: letter case and spaces do not make another one."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _bounded(source: str) -> str:
    if len(source.encode()) > MOST_BYTES:
        raise ValueError(f"is larger than {MOST_BYTES:,} bytes")
    return source


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("has a character that cannot be shown")
    return name


TemplateSource = Annotated[str, AfterValidator(_bounded)]
"""A template file as it was written, byte for byte once it is UTF-8 again."""
Author = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_AUTHOR, strip_whitespace=True),
    AfterValidator(_printable),
]
Note = Annotated[str, Field(max_length=LONGEST_NOTE)]


class Draft(Record):
    """What somebody is writing. No customer gets it. `based_on` is the version that was published when it was saved.

    `asked_at`: since then its author asks others to publish it, as it is. Saved again it is asked for anew.
    """

    source: TemplateSource
    by: Author
    at: datetime
    note: Note = ""
    based_on: int = THE_FILE
    asked_at: datetime | None = None


class TemplateHead(Record):
    """The present state of a template; `id` is its name. The version of its document is the template's revision.

    `published` is the number of the version that customers get. `changed_by` wrote it last, at `changed_at`.
    """

    id: str
    draft: Draft | None = None
    published: int = THE_FILE
    changed_by: str = ""
    changed_at: datetime | None = None


class TemplateVersion(Record):
    """One version that was published: never changed, never removed. `id` is `name|number`.

    `before` is the number of the version that it replaced: whoever walks back along these sees what was published,
    and nothing that was only about to be. `repeats` is set by a rollback: the number of the version that it published
    anew; 0 gave the template back to its file.
    """

    id: str
    source: TemplateSource
    author: Author
    reviewer: Author
    at: datetime
    note: Note = ""
    before: int = THE_FILE
    repeats: int | None = None

    @property
    def name(self) -> str:
        """The template's name."""
        return self.id.rpartition("|")[0]

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return int(self.id.rpartition("|")[2])


class PublishedSource(NamedTuple):
    """What customers get of a template that does not stand in a file: the number of the version, and its text."""

    number: int
    source: str


def version_id(name: str, number: int) -> str:
    """The id of a version."""
    return f"{name}|{number}"


class TemplatePage(Record):
    """Some of the names that there are, each with the number of its published version. Follows the heads."""

    id: str
    numbers: dict[str, int] = Field(default_factory=dict)


def page_of_template(name: str) -> str:
    """The id of the page that a template stands on."""
    return f"{crc32(name.encode()) % PAGES:02}"


ALL_PAGES = tuple(f"{number:02}" for number in range(PAGES))


class UnderWay(Record):
    """A version that is being published: until this is gone, the head is asked and not the page."""

    version: str
    at: datetime

    @property
    def name(self) -> str:
        """The template's name."""
        return self.version.rpartition("|")[0]


class TemplateEdition(Record):
    """All published versions of a brand together, as far as it tells whether anything changed.

    `marks` has for each page the version of its document.
    """

    id: str = EDITION
    marks: dict[str, int] = Field(default_factory=dict)
    under_way: tuple[UnderWay, ...] = ()


class TemplateFinding(Record):
    """One thing to mend in a template, or in a flow that says it. Lines and columns count from 1.

    `code` is what kind of thing it is, whatever the message says.
    """

    file: str
    line: int
    column: int = 1
    severity: Literal["error", "hint"]
    message: str
    code: str = ""

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}" if self.column > 1 else f"{self.line}"
        return f"{self.file}:{where}: {self.message}"


class Preview(Record):
    """What a made-up customer would get on a channel: each message as lines of text."""

    customer: str
    locale: str
    channel: str
    messages: tuple[str, ...]
    fallback: bool
    notes: tuple[str, ...] = ()
