"""Releases of flows: what is kept of each, and which one customers get.

What customers get is decided by one document, the head. Everything else never changes once it is written.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

from middleware.domain.record import Record
from middleware.domain.template_versions import Author, Note

MOST_FILES = 500
"""Files of one release."""
MOST_RELEASE_BYTES = 4 * 1024 * 1024
"""Bytes of all files of one release, as UTF-8."""
THE_FILES = 0
"""The number of the release that stands in files: the folder that the settings name."""
FLOW_HEAD = "flows"
"""The id of the only head."""

_PATH = re.compile(r"(tests/)?[^/\\\x00-\x1f\x7f]{1,150}\.yaml")
_DIGITS = 9


def is_release_path(path: str) -> bool:
    """Whether a file of a release can be called this: a YAML file of the folder, or of `tests` in it."""
    return _PATH.fullmatch(path) is not None and not path.rpartition("/")[2].startswith(".")


def is_test(path: str) -> bool:
    """Whether a file of a release holds tests of flows, and not a flow."""
    return path.startswith("tests/")


def _named_right(path: str) -> str:
    if not is_release_path(path):
        raise ValueError("is no name of a file of flows")
    return path


class FlowFile(Record):
    """One file of a release: where it stands in the folder, and its text, byte for byte once it is UTF-8 again."""

    path: Annotated[str, AfterValidator(_named_right)]
    source: str


class FlowFiles(Record):
    """All files of a release, in the order of their paths. `id` is the digest of them: the same files are kept once."""

    id: str
    files: tuple[FlowFile, ...]

    @classmethod
    def of(cls, sources: Mapping[str, str]) -> "FlowFiles":
        """The files of these sources, by path."""
        files = tuple(FlowFile(path=path, source=source) for path, source in sorted(sources.items()))
        return cls(id=digest_of(sources), files=files)

    @property
    def sources(self) -> dict[str, str]:
        """The sources by path."""
        return {file.path: file.source for file in self.files}

    @property
    def flows(self) -> dict[str, str]:
        """Those of the flows alone, without their tests."""
        return {path: source for path, source in self.sources.items() if not is_test(path)}


def digest_of(sources: Mapping[str, str]) -> str:
    """What tells one set of files from another: 32 hex digits."""
    digest = hashlib.blake2b(digest_size=16)
    for path, source in sorted(sources.items()):
        for part in (path.encode(), source.encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


class FlowRelease(Record):
    """One set of flows that somebody imported: never changed, never removed. `id` is its number.

    `files` is the digest of its files. `based_on` is the release that was published when it was imported. `failing` are
    tests that failed then: it was imported all the same.
    """

    id: str
    files: str
    by: Author
    at: datetime
    note: Note = ""
    based_on: int = THE_FILES
    flows: tuple[str, ...] = ()
    """The names of its flows."""
    failing: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return int(self.id)


class FlowPublication(Record):
    """One time that customers got another release. `id` is its number, from 1.

    `before` is the number of the publication that it followed: whoever walks back along these sees what was published,
    and nothing that was only about to be. `behind` is the release that a rollback goes to from here.
    """

    id: str
    release: int
    by: Author
    at: datetime
    note: Note = ""
    before: int = 0
    behind: int = THE_FILES
    back: bool = False
    """It is a rollback."""

    @property
    def number(self) -> int:
        """Its number."""
        return int(self.id)


class FlowHead(Record):
    """Which release customers get. The version of its document is the revision of the brand's flows.

    `publication` is the number of the latest one; 0: nothing was ever published, customers get the files.
    """

    id: str = FLOW_HEAD
    release: int = THE_FILES
    publication: int = 0
    changed_by: str = ""
    changed_at: datetime | None = None


def numbered(number: int) -> str:
    """A number as an id: ids are in the order of their numbers."""
    return f"{number:0{_DIGITS}}"
