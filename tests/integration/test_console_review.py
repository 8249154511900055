"""The review queue in the console: what is shown, what is decided, and that it is what somebody looked at."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from middleware.console.language import LOCALES, Language
from middleware.console.review.telling import Telling
from middleware.domain.candidates import Because, Candidate
from middleware.domain.journal import JournalEntry, Verdict
from middleware.domain.profile import Profile
from middleware.identity.evidence import RULES
from middleware.identity.matching.levels import FIELDS
from middleware.pipeline.audit import entries
from middleware.pipeline.records import records
from middleware.ports import BrandStore
from tests.candidates import BIDI, HOSTILE, HUBSPOT, KLAVIYO, add_chat, add_customer, add_order, add_pair, refuse
from tests.console import Seated, seated
from tests.running import Running

_HIDDEN = re.compile(r'name="(seen|place)" value="([^"]*)"')
_HREF = re.compile(r'href="(/console/glow/review/p_[^"?]+)')


@pytest.fixture
def store(shop: Running) -> BrandStore:
    """The store of the brand."""
    return shop.here.brands["glow"].store


@pytest.fixture
async def ana(shop: Running) -> AsyncIterator[Seated]:
    """An agent."""
    async with seated(shop, "ana", "agent") as it:
        yield it


def _path(older: str, younger: str) -> str:
    return f"/console/glow/review/{quote('|'.join(sorted((older, younger))), safe='')}"


async def _looked(it: Seated, path: str) -> tuple[str, dict[str, str]]:
    """The page, and what its form sends along."""
    answer = await it.get(path)
    text = await answer.text()
    assert answer.status == 200, text
    return text, dict(_HIDDEN.findall(text))


async def _kinds(store: BrandStore) -> list[str]:
    return [each.what for each in await entries(store)]


async def test_the_list_is_paged_and_filtered(ana: Seated, store: BrandStore) -> None:
    """The surest first, each once, however many have come meanwhile; by rule and by score only what fits."""
    for number in range(27):
        await add_pair(store, number)
    first = await (await ana.get("/console/glow/review")).text()
    assert "27 open questions" in first
    (after,) = set(re.findall(r"after=([^\"&]+)", first))
    await add_pair(store, 90)
    second = await (await ana.get(f"/console/glow/review?after={after}")).text()
    seen = [*_HREF.findall(first), *_HREF.findall(second)]
    assert len(_HREF.findall(first)) == 25
    assert len(seen) == len(set(seen))
    assert len(seen) in {27, 28}
    assert "Nothing matches" in await (await ana.get("/console/glow/review?rule=whatsapp.sender")).text()
    unsure, *_ = [each async for each in records(store, Candidate)]
    await store.write(unsure.put(unsure.record.model_copy(update={"bits": 1.0})))
    assert "27 open" in await (await ana.get("/console/glow/review?rule=records.similar&least=3")).text()
    assert (await ana.get("/console/glow/review?after=nonsense")).status == 400
    assert "mann" not in await (await ana.get("/console/glow/review?masked=1")).text()


async def test_pairs_of_one_name_are_told_apart_in_the_list(ana: Seated, store: BrandStore) -> None:
    """Each row says whose records they are, how to reach them, and every reason for and against."""
    await add_pair(store, 1, "Ana", "Bea", last="Ruiz")
    row = (await (await ana.get("/console/glow/review")).text()).partition('class="queue"')[2].partition("</ol>")[0]
    known = await anext(records(store, Candidate))
    tell, reasons = Telling(Language()), (*known.record.reasons, *known.record.counter_reasons)
    assert len(reasons) > 1
    for words in (f"{HUBSPOT} · ", f"{KLAVIYO} · ", "@web.example", "Against it: ", *map(tell.because, reasons)):
        assert words in row


async def test_one_is_shown_with_all_that_comes_of_it(ana: Seated, store: BrandStore) -> None:
    """Fields with how they agree, reasons, what moves, whose consent counts, who would be told more; on record."""
    older, younger = await add_pair(store, 1, "Ana", "Anna")
    await add_chat(store, older)
    await add_order(store, younger)
    await refuse(store, younger, "email||ana@web.example")

    text, _ = await _looked(ana, _path(older, younger))

    for said in (
        "the same date of birth", "equal", "similar", "the stricter one counts", "1 sender would be told more",
        "1 order more", "WhatsApp <bdi>…22</bdi>",
    ):  # fmt: skip
        assert said in text, said
    assert "candidate.look" in await _kinds(store)
    masked = await (await ana.get(f"{_path(older, younger)}?masked=1")).text()
    assert "@web.example" in text
    assert re.search(r"[a-z]…@web.example", masked)
    assert not re.search(r"[a-z]{2}@web.example", masked)


async def test_nothing_is_disclosed_by_a_merge_of_records(ana: Seated, store: BrandStore) -> None:
    """Where no order bears the sender's number, the page says that nothing opens."""
    older, younger = await add_pair(store, 1)
    await add_chat(store, older)
    await add_order(store, younger, "+34699000111")
    text, _ = await _looked(ana, _path(older, younger))
    assert "A merge is no proof" in text


async def test_accepting_merges_and_is_taken_back(ana: Seated, store: BrandStore) -> None:
    """The younger is merged away; the page behind it leads to taking it back, which makes them two again."""
    older, younger = await add_pair(store, 1)
    _, sent = await _looked(ana, _path(older, younger))
    answer = await ana.post(_path(older, younger), {**sent, "decision": "accept", "note": "called her"})
    assert answer.status == 303
    assert (await store.get(Profile, [younger]))[younger].record.merged_into == older
    told = await (await ana.get(answer.headers["Location"])).text()
    undo = f"/console/glow/review/undo/{younger}"
    assert undo in told

    _, sent = await _looked(ana, undo)
    assert (await ana.post(undo, sent)).status == 303
    assert (await store.get(Profile, [younger]))[younger].record.merged_into is None
    assert (await ana.post(undo, sent)).status == 404
    assert [each for each in await _kinds(store) if each in {"candidate.accept", "profile.unmerge"}] == [
        "profile.unmerge", "candidate.accept",
    ]  # fmt: skip


@pytest.mark.parametrize(("decision", "verdict"), [("reject", "rejected"), ("lock_one", "locked")])
async def test_the_others_are_kept_for_ever(ana: Seated, store: BrandStore, decision: str, verdict: str) -> None:
    """A verdict in the agent's name with the note, no open candidate, and whoever comes later is told."""
    older, younger = await add_pair(store, 1)
    path = _path(older, younger)
    _, sent = await _looked(ana, path)
    assert (await ana.post(path, {**sent, "decision": decision, "note": "twins"})).status == 303
    (found,) = [each.record async for each in records(store, Verdict)]
    assert (found.verdict, found.by, found.note) == (verdict, "ana", "twins")
    assert [each async for each in records(store, Candidate)] == []
    late = await ana.get(path)
    assert late.status == 404
    assert "Decided already" in await late.text()


async def test_a_double_click_decides_once(ana: Seated, store: BrandStore) -> None:
    """Of five that come at once one merges; the others are told, and none breaks."""
    older, younger = await add_pair(store, 1)
    _, sent = await _looked(ana, _path(older, younger))
    answers = await asyncio.gather(*(ana.post(_path(older, younger), {**sent, "decision": "accept"}) for _ in range(5)))
    assert {each.status for each in answers} <= {303, 404, 409}
    assert len([each async for each in records(store, JournalEntry)]) == 1
    assert (await _kinds(store)).count("candidate.accept") == 1


async def test_what_changed_meanwhile_is_shown_anew(ana: Seated, store: BrandStore) -> None:
    """An order that came since is reason enough: nothing is decided, the page says so, and then it can be."""
    older, younger = await add_pair(store, 1)
    path = _path(older, younger)
    _, sent = await _looked(ana, path)
    await add_order(store, younger)
    answer = await ana.post(path, {**sent, "decision": "accept"}, headers={"HX-Request": "true"})
    text = await answer.text()
    assert answer.status == 409
    assert "Something changed meanwhile" in text
    assert "<html" not in text
    assert (await store.get(Profile, [younger]))[younger].record.merged_into is None
    anew = dict(_HIDDEN.findall(text))
    assert anew["seen"] != sent["seen"]
    assert (await ana.post(path, {**anew, "decision": "accept"})).status == 303


async def test_the_next_one_comes_in_place(ana: Seated, store: BrandStore) -> None:
    """A fragment with the candidate behind it and its address; at the end, that there is none."""
    pairs = [await add_pair(store, number) for number in (1, 2)]
    path, other = _path(*pairs[0]), _path(*pairs[1])
    for here, pushed in ((path, other), (other, "/console/glow/review/done")):
        _, sent = await _looked(ana, here)
        answer = await ana.post(here, {**sent, "decision": "reject"}, headers={"HX-Request": "true"})
        assert answer.headers["HX-Push-Url"].startswith(pushed)
    assert "Nothing more to decide" in await answer.text()


async def test_ids_that_conflict_are_not_merged(ana: Seated, store: BrandStore) -> None:
    """Whatever a form says: with two customers of one shop nothing is merged, and the page says why."""
    older, younger = await add_pair(store, 1)
    for number, profile in enumerate((older, younger)):
        await add_customer(store, profile, str(number))
    path = _path(older, younger)
    text, sent = await _looked(ana, path)
    assert "two different customers of the shop glow.myshopify.com" in text
    answer = await ana.post(path, {**sent, "decision": "accept"})
    assert answer.status == 409
    assert (await store.get(Profile, [younger]))[younger].record.merged_into is None
    assert (await ana.post(path, {**sent, "decision": "nonsense"})).status == 400


async def test_names_read_as_they_were_written(ana: Seated, store: BrandStore) -> None:
    """Markup is text, on the list and on the page."""
    older, younger = await add_pair(store, 1, HOSTILE, HOSTILE, BIDI)
    for path in ("/console/glow/review", _path(older, younger)):
        text = await (await ana.get(path)).text()
        assert HOSTILE not in text
        assert "&lt;img src=x onerror=" in text


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_has_words(locale: str) -> None:
    """Whatever matching says is told in every language, and so is every rule of the evidence table."""
    tell = Telling(Language(locale))
    said = [
        tell.because(Because(field=field.name, words=level.words, bits=1.0))
        for field in FIELDS
        for level in field.levels
        if level.words != "not known"
    ]
    said += [tell.rule(rule) for rule in RULES]
    assert [each for each in said if 'lang="en"' in each] == []
