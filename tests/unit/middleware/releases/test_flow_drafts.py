"""Drafts of flows: when they are still to come, and that nobody's is written over unseen."""

import asyncio
from datetime import UTC, datetime

import pytest

from middleware.domain.flow_drafts import FlowDraft, FlowWriting, digest_of_pair, is_open, put_into
from middleware.pipeline.releases.drafting import discard_draft, draft_of, mark_released, open_drafts, save_draft
from middleware.pipeline.releases.errors import DraftChanged, NoRelease
from middleware.pipeline.templates.errors import NotDone, NotNow
from middleware.ports import BrandStore
from tests.unit.middleware.releases.builders import Builders

NOW = datetime(2026, 5, 1, tzinfo=UTC)
BEFORE = {"a.yaml": "one", "tests/a.yaml": "test", "b.yaml": "b"}


@pytest.fixture
def store() -> BrandStore:
    """The store of a brand."""
    return Builders().of.store


def drafted(source: str, tests: str = "test", released: int = 0) -> FlowDraft:
    """A draft that was begun on what was published before."""
    base = digest_of_pair(BEFORE, "a.yaml")
    writing = FlowWriting(source=source, tests=tests, by="kim", at=NOW, base=base, released=released)
    return FlowDraft(id="a.yaml", writing=writing)


@pytest.mark.parametrize(
    ("draft", "published", "expected"),
    [
        (drafted("two"), BEFORE, True),
        (drafted("one", "other tests"), BEFORE, True),
        (drafted(" ", ""), BEFORE, True),
        (drafted("one"), BEFORE, False),
        (drafted("two"), {**BEFORE, "a.yaml": "two"}, False),
        (drafted("two", released=3), BEFORE, True),
        (drafted("two", released=3), {**BEFORE, "b.yaml": "c"}, True),
        (drafted("two", released=3), {**BEFORE, "a.yaml": "three"}, False),
        (drafted("two"), {**BEFORE, "a.yaml": "three"}, True),
        (FlowDraft(id="a.yaml"), BEFORE, False),
    ],
    ids=["changed", "its tests changed", "emptied", "the same", "published", "in a release that is not published",
         "and others without it", "and others with it", "others before it was released", "thrown away"],
)  # fmt: skip
def test_a_draft_is_open_until_it_is_published_or_passed_over(
    draft: FlowDraft, published: dict[str, str], *, expected: bool
) -> None:
    """What is published, and what was released before others were published over it, is nothing to go on with."""
    assert is_open(draft, published) is expected


def test_a_draft_stands_in_place_of_its_file_and_its_tests() -> None:
    """And of nothing else; an empty text takes both out."""
    assert put_into(BEFORE, [drafted("two", "")]) == {"a.yaml": "two", "b.yaml": "b"}
    assert put_into(BEFORE, [drafted("", " \n"), FlowDraft(id="b.yaml")]) == {"b.yaml": "b"}


async def _save(store: BrandStore, source: str, revision: int, by: str = "kim", file: str = "a.yaml") -> None:
    await save_draft(store, file, source, "", base=digest_of_pair({}, file), by=by, now=NOW, revision=revision)


async def test_of_two_who_save_at_once_one_does(store: BrandStore) -> None:
    """The other is told who it was; a revision comes never twice, also where the draft was thrown away."""
    done = await asyncio.gather(_save(store, "one", 0), _save(store, "two", 0, "lee"), return_exceptions=True)
    assert [type(each) for each in done] in ([type(None), DraftChanged], [DraftChanged, type(None)])
    with pytest.raises(DraftChanged, match=r"(kim|lee) has saved a\.yaml at 2026-05-01 00:00:00 UTC"):
        await _save(store, "three", 0)
    await discard_draft(store, "a.yaml", by="kim", now=NOW, revision=1)
    with pytest.raises(NotNow, match="no draft"):
        await discard_draft(store, "a.yaml", by="kim", now=NOW, revision=2)
    with pytest.raises(DraftChanged):
        await _save(store, "three", 1)
    assert (await draft_of(store, "a.yaml")).version == 2
    for wrong in ("tests/a.yaml", "../a.yaml", "a.yml", ""):
        with pytest.raises(NoRelease):
            await draft_of(store, wrong)
    with pytest.raises(NotDone, match="larger"):
        await _save(store, "ß" * 40_000, 2)


async def test_what_was_written_on_after_a_release_was_made_is_no_part_of_it(store: BrandStore) -> None:
    """Only a draft with the text of the release is marked with it."""
    await _save(store, "one", 0)
    await _save(store, "b", 0, file="b.yaml")
    await _save(store, "more", 1, file="b.yaml")
    await mark_released(store, ["a.yaml", "b.yaml", "c.yaml"], {"a.yaml": "one", "b.yaml": "b"}, 7)
    found = {each.id: each.writing.released for each in await open_drafts(store, {}) if each.writing is not None}
    assert found == {"a.yaml": 7, "b.yaml": 0}
