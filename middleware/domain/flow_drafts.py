"""Drafts of flows: what somebody writes in a file of flows and in the tests beside it. No customer gets it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from middleware.domain.flow_releases import THE_FILES, digest_of, is_release_path, is_test
from middleware.domain.record import Record
from middleware.domain.template_versions import Author, TemplateSource

MOST_DRAFTS = 1_000
"""Files of flows of one brand that people have written in."""

TESTS = "tests/"


class FlowWriting(Record):
    """What somebody is writing: the text of the file, and that of its tests; an empty one is no file.

    `base` is the digest of both as they were published when it was begun. `released` is the release that it became.
    """

    source: TemplateSource
    tests: TemplateSource = ""
    by: Author
    at: datetime
    base: str
    released: int = THE_FILES


class FlowDraft(Record):
    """The draft of one file of flows; `id` is its path. The version of its document is the draft's revision.

    `writing` is None once it was thrown away: the document stays, so that no revision ever comes twice.
    """

    id: str
    writing: FlowWriting | None = None
    changed_by: str = ""
    changed_at: datetime | None = None


class FlowRequest(Record):
    """That somebody asks others to publish a release, where that takes two persons. `id` is its number."""

    id: str
    by: Author
    at: datetime


def is_flow_path(path: str) -> bool:
    """Whether a file of flows, and not of tests, can be called this."""
    return is_release_path(path) and not is_test(path)


def pair_of(sources: Mapping[str, str], file: str) -> dict[str, str]:
    """A file and its tests out of a whole set, by path; what is not there is left out."""
    return {path: sources[path] for path in (file, TESTS + file) if path in sources}


def pair_written(file: str, source: str, tests: str) -> dict[str, str]:
    """What somebody wrote, as files of a set: an empty text is no file."""
    return {path: text for path, text in ((file, source), (TESTS + file, tests)) if text.strip()}


def digest_of_pair(sources: Mapping[str, str], file: str) -> str:
    """What tells what stands in a set for a file and its tests from anything else."""
    return digest_of(pair_of(sources, file))


def put_into(sources: Mapping[str, str], drafts: Iterable[FlowDraft]) -> dict[str, str]:
    """A whole set with what is written in drafts in place of these files."""
    put = dict(sources)
    for draft in drafts:
        if draft.writing is not None:
            for path in pair_of(put, draft.id):
                del put[path]
            put |= pair_written(draft.id, draft.writing.source, draft.writing.tests)
    return put


def lone_tests(sources: Mapping[str, str]) -> tuple[str, ...]:
    """The files of tests in a set that have no flow of their name, in order: what a draft of each is called."""
    names = (path.removeprefix(TESTS) for path in sources if is_test(path))
    return tuple(sorted(name for name in names if name not in sources))


def is_open(draft: FlowDraft, published: Mapping[str, str]) -> bool:
    """Whether it is still to come: not what is published, and not in a release over which others were published."""
    writing = draft.writing
    if writing is None or pair_written(draft.id, writing.source, writing.tests) == pair_of(published, draft.id):
        return False
    return not writing.released or writing.base == digest_of_pair(published, draft.id)
