"""The editor of flows over HTTP: what builders write is checked, kept, not written over unseen, and breaks nothing."""

import asyncio
import html
import io
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from middleware.bootstrap.reaching import releases_of, templates_of
from middleware.console.flows import making
from middleware.domain.flow_drafts import MOST_DRAFTS, FlowDraft
from middleware.domain.flow_releases import FlowFiles
from middleware.pipeline.audit import entries
from middleware.pipeline.releases.drafting import draft_of
from middleware.pipeline.releases.importing import bring_in
from middleware.pipeline.releases.publishing import publish
from middleware.pipeline.templates.editing import save_draft
from middleware.pipeline.templates.publishing import publish_draft
from middleware.ports import Put
from tests.console import Seated, seated
from tests.running import Running, running
from tests.scenarios.looking import customer
from tests.scenarios.test_turns_again import GREETING, write_flows
from tests.stores import StoreServer
from tests.unit.middleware.templates.editors import source

FLOWS = "/console/glow/flows"
EDIT = f"{FLOWS}/edit/greeting.yaml"
HTMX = {"HX-Request": "true"}
TESTS = """tests:
  - test: Greets whoever greets
    turns:
      - says: good morning
        replies: {contains: "Good morning"}
"""
_REVISION = re.compile(r'name="revision" value="([^"]*)"')


@asynccontextmanager
async def shop_of_flows(server: StoreServer, directory: Path, **brand: Any) -> AsyncIterator[Running]:
    """An installation with a flow of the brand's own and a test of it."""
    write_flows(directory)
    (directory / "tests").mkdir()
    (directory / "tests" / "greeting.yaml").write_text(TESTS, encoding="utf-8")
    async with running(server, directory, brands={"glow": {"flows": str(directory), **brand}}) as it:
        yield it


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """The same, where one person publishes."""
    async with shop_of_flows(store_server, tmp_path) as it:
        yield it


@pytest.fixture
async def bob(shop: Running) -> AsyncIterator[Seated]:
    """A builder."""
    async with seated(shop, "bob", "builder") as it:
        yield it


async def page(it: Seated, path: str, data: dict[str, str] | None = None, status: int = 200) -> str:
    """The page that comes of a request; of a form, the page that it leads to."""
    answer = await (it.get(path) if data is None else it.post(path, data))
    if answer.status == 303:
        answer = await it.get(answer.headers["Location"])
    text = await answer.text()
    assert answer.status == status, (answer.status, text)
    return html.unescape(text)


async def form_of(it: Seated, path: str = EDIT, **typed: str) -> dict[str, str]:
    """What the form of a page sends, with what is typed in it."""
    revision = _REVISION.search(await page(it, path))
    assert revision is not None
    return {"revision": revision[1], **typed}


async def made(it: Seated, path: str = EDIT, **form: str) -> str:
    """The page that says what came of making a release with this form, once it is over."""
    there = f"{path}/release"
    found = await page(it, there, form)
    async with asyncio.timeout(60):
        while "/release/stop" in found:
            await asyncio.sleep(0.1)
            found = await page(it, there)
    return found


async def published(shop: Running, by: str = "lee", **flows: str) -> int:
    """Publish these flows, as the command line does."""
    of, now = releases_of(shop.here, "glow"), shop.here.clock.now()
    files = FlowFiles.of({f"{name}.yaml": text for name, text in flows.items()})
    number = (await bring_in(of, files, list(flows), by="kim", now=now)).release.number
    await publish(of, number, by=by, now=now)
    await shop.here.editions.look()
    return number


async def written(shop: Running, file: str = "greeting.yaml") -> str | None:
    """What stands in the draft of a file."""
    draft = (await draft_of(shop.here.brands["glow"].store, file)).record.writing
    return draft.source if draft is not None else None


async def test_typing_says_what_publishing_would_and_keeps_nothing(shop: Running, bob: Seated) -> None:
    """File, line and column of each mistake, in the flow, in its tests, and against templates and settings."""
    form = await form_of(bob)
    wrong = GREETING.replace("reply: greeting", "reply: greetin")
    found = await page(bob, f"{EDIT}/typing", {**form, "source": wrong})
    assert 'data-field="source" data-line="5" data-column="12"' in found
    assert "there is no template 'greetin' - did you mean greeting?" in found
    assert 'data-meant="greeting"' in found
    engine = GREETING.replace("reply: greeting", "ask_engine: nobody")
    assert "there is no engine 'nobody'" in await page(bob, f"{EDIT}/typing", {**form, "source": engine})
    tests = await page(bob, f"{EDIT}/typing", {**form, "source": GREETING, "tests": "tests:\n  - tst: x\n"})
    assert 'data-field="tests" data-line="2"' in tests
    twice = await page(bob, f"{FLOWS}/edit/second.yaml/typing", {**form, "source": GREETING})
    assert "greeting is in greeting.yaml already" in twice
    assert "No error" in await page(bob, f"{EDIT}/typing", {**form, "source": GREETING, "tests": TESTS})
    for nonsense in ("", "[", "\x00", "a: &a [*a, *a]", "flow: " + "x" * 60_000, "- " * 3_000, "\ud7ff\u202e: {"):
        assert (
            "errors" in await page(bob, f"{EDIT}/typing", {**form, "source": nonsense, "tests": nonsense})
            or not nonsense
        )
    assert await written(shop) is None


async def test_what_can_be_completed_and_what_a_published_template_changes(shop: Running, bob: Seated) -> None:
    """Keys with what they mean, values with sort and example, names of templates; a flow may say one that stands in no
    file, once it is published.
    """
    answer = await (await bob.get(f"{FLOWS}/words", headers=HTMX)).json()
    steps = answer["schemas"]["source"]["$defs"]["Step"]
    assert "says the template of this name" in str(steps)
    orders = next(each for each in answer["values"] if each["path"] == "orders.latest.number")
    assert "such as" in orders["detail"]
    assert {"label": "greeting", "info": "A greeting."} in answer["templates"]
    form = await form_of(bob, source=GREETING.replace("reply: greeting", "reply: wrap"))
    assert "there is no template 'wrap'" in await page(bob, f"{EDIT}/typing", form)
    of, now = templates_of(shop.here, "glow"), shop.here.clock.now()
    await save_draft(of, "wrap", source("Three euros!", "wrap"), by="mia", now=now)
    await publish_draft(of, "wrap", by="mia", now=now)
    assert "No error" in await page(bob, f"{EDIT}/typing", form)
    await page(bob, f"{EDIT}/draft", form)
    talk = {"customer": "ben", "channel": "messenger", "acts": "[]", "say": "good morning"}
    assert "Three euros!" in await page(bob, f"{EDIT}/try", talk)


async def test_a_draft_is_kept_whatever_is_wrong_with_it_and_shown_to_all_builders(shop: Running, bob: Seated) -> None:
    """With who and when, in the list, too; its diagram once it can be read; thrown away it is gone. The text as it was
    given out, with the line ends of browsers, makes none.
    """
    same = await form_of(bob, source=GREETING.replace("\n", "\r\n"), tests=TESTS.replace("\n", "\r\n"))
    await page(bob, f"{EDIT}/draft", same)
    assert (await draft_of(shop.here.brands["glow"].store, "greeting.yaml")).version == 0
    changed = GREETING.replace("Greets by name", "Greets <b>everybody</b>")
    form = await form_of(bob, source=changed.replace("\n", "\r\n"), tests=TESTS)
    assert "Draft of bob" in await page(bob, f"{EDIT}/draft", form)
    assert await written(shop) == changed
    listed = await page(bob, FLOWS)
    assert "greeting.yaml</a> Draft of bob" in listed
    text = await (await bob.get(EDIT)).text()
    assert "Greets &lt;b&gt;everybody" in text
    assert "<b>everybody" not in text
    image = await bob.get(f"{EDIT}/diagram")
    assert (image.status, image.content_type) == (200, "image/svg+xml")
    for nonsense in ("\x00", "a: &a [*a, *a]", "- " * 9_000, "\u202e\u2028{", "flow: ["):
        broken = await form_of(bob, source=nonsense, tests=nonsense)
        await page(bob, f"{EDIT}/draft", broken)
        assert await written(shop) == nonsense
    broken = await form_of(bob, source="flow: [", tests=TESTS)
    assert "It can be drawn once the text can be read" in await page(bob, f"{EDIT}/draft", broken)
    assert (await bob.get(f"{EDIT}/diagram")).status == 404
    assert "Mend its errors first" in await page(bob, f"{EDIT}/try")
    assert GREETING in await page(bob, f"{EDIT}/discard", await form_of(bob))
    assert await written(shop) is None
    store = shop.here.brands["glow"].store
    assert [each.what for each in await entries(store)][:2] == ["flow.discarded", "flow.drafted"]


async def test_who_was_not_the_first_sees_both_and_chooses(shop: Running, bob: Seated) -> None:
    """Told who saved and what differs, also while typing; nothing is lost, and mine goes over theirs if I say."""
    mine = await form_of(bob, source=GREETING.replace("by name", "warmly"))
    async with seated(shop, "kim", "builder") as kim:
        await page(kim, f"{EDIT}/draft", await form_of(kim, source=GREETING.replace("by name", "coldly")))
    assert "kim has saved or published this flow meanwhile" in await page(bob, f"{EDIT}/typing", mine)
    told = await page(bob, f"{EDIT}/draft", mine, status=409)
    assert "kim has saved this flow meanwhile" in told
    assert "Greets warmly" in told
    assert "Greets coldly" in told
    part = await bob.post(f"{EDIT}/draft", mine, headers=HTMX)
    assert (part.status, part.headers["HX-Retarget"]) == (409, "#conflict")
    for act in ("release", "discard"):
        assert "kim has saved this flow" in await page(bob, f"{EDIT}/{act}", mine, status=409)
    assert "coldly" in (await written(shop) or "")
    over = re.search(r'name="over" value="([^"]*)"', told)
    assert over is not None
    await page(bob, f"{EDIT}/draft", {**mine, "over": over[1]})
    assert "warmly" in (await written(shop) or "")


async def test_what_was_published_meanwhile_is_told_too(shop: Running, bob: Seated) -> None:
    """Another text of the same flow is a conflict; a release that leaves this flow as it is, is none."""
    form = await form_of(bob, source=GREETING.replace("by name", "warmly"))
    other = GREETING.replace("greeting\n", "hello\n", 1).replace("good morning", "hi there")
    await published(shop, greeting=GREETING, hello=other)
    told = await page(bob, f"{EDIT}/draft", {**form, "tests": ""}, status=409)
    assert "lee has published another text of this flow meanwhile" in told
    form = await form_of(bob, source=GREETING.replace("by name", "warmly"))
    await published(shop, greeting=GREETING, hello=other.replace("hi there", "hey there"))
    await page(bob, f"{EDIT}/draft", form)
    assert "warmly" in (await written(shop) or "")
    await published(shop, greeting=GREETING.replace("by name", "loudly"))
    assert "Release 3 has another text of this flow" in await page(bob, EDIT)
    assert "Greets loudly" in await page(bob, f"{EDIT}/draft", form, status=409)


async def test_what_is_typed_is_tested_and_tried(bob: Seated) -> None:
    """The tests of the form against the flow of the form, unsaved; the talk with the draft as it was saved."""
    form = await form_of(bob, source=GREETING.replace("good morning", "good evening"), tests=TESTS)
    assert "0 passed, 1 failed" in await page(bob, f"{EDIT}/tests", form)
    assert "1 passed" in await page(bob, f"{EDIT}/tests", {**form, "source": GREETING})
    assert "1 error has to be mended first" in await page(bob, f"{EDIT}/tests", {**form, "tests": "tests: ["})
    await page(bob, f"{EDIT}/draft", form)
    talk = {"customer": "ben", "channel": "messenger", "acts": "[]", "say": "good evening"}
    said = await page(bob, f"{EDIT}/try", talk)
    assert "Good morning" in said
    assert f'action="{EDIT}/try"' in said
    assert "Good morning" not in await page(bob, f"{FLOWS}/try", talk)


async def test_real_turns_are_decided_again_with_what_is_typed(shop: Running, bob: Seated) -> None:
    """One by its id, and the last ones as numbers; on record, nothing sent, and nothing for what is no flow."""
    said = await customer(shop, "messenger", name="Eve").says("good evening")
    await shop.quiet()
    sent = len(shop.graph.sent)
    form = await form_of(bob, source=GREETING.replace("good morning", "good evening"), tests=TESTS)
    one = await page(bob, f"{EDIT}/again", {**form, "turn": said.turn.id})
    assert "Good morning!" in one
    several = await page(bob, f"{EDIT}/again", form)
    assert "1 turn was decided again" in several
    assert "1 would be different" in several
    assert f"/console/glow/traces/{said.turn.id}" in several.replace("%3A", ":")
    assert "0 would be different" in await page(bob, f"{EDIT}/again", {**form, "source": GREETING})
    assert "There is no turn for" in await page(bob, f"{EDIT}/again", {**form, "turn": "<b>none"})
    assert "Mend its errors first" in await page(bob, f"{EDIT}/again", {**form, "source": "flow: ["})
    assert len(shop.graph.sent) == sent
    assert [each.what for each in await entries(shop.here.brands["glow"].store)][:4] == ["trace.decide_again"] * 4


async def test_a_new_flow_and_a_shipped_one_become_the_brands_own(shop: Running, bob: Seated) -> None:
    """Begun by a name with something that holds, or with the shipped text and its tests; a wrong name is told."""
    begun = await page(bob, f"{FLOWS}/new", {"name": "gift_wrap"})
    assert "flow: gift_wrap" in begun
    assert "en: [gift wrap]" in begun
    assert "No error" in begun
    assert "There is a flow of that name already" in await page(bob, f"{FLOWS}/new", {"name": "greeting"})
    for name in ("", "Gift wrap", "../x", "x" * 61, "tests/x", "a\n"):
        assert "It cannot be called that" in await page(bob, f"{FLOWS}/new", {"name": name}) or name == "a\n"
    shipped = await page(bob, f"{FLOWS}/edit/vip.yaml")
    assert "flow: vip" in shipped
    assert "tests/vip.yaml" in shipped
    for path in ("none", "no such.yaml", ".yaml", "tests%2Fvip.yaml", "..%2Fvip.yaml", "%00.yaml"):
        assert (await bob.get(f"{FLOWS}/edit/{path}")).status == 404, path
    path = f"{FLOWS}/edit/gift_wrap.yaml"
    assert "Release 1 is made" in await made(bob, path, **await form_of(bob, path))
    assert "gift_wrap, greeting" in await page(bob, f"{FLOWS}/releases")
    assert shop.here.editions.flows["glow"].release == 0


async def test_nothing_wrong_becomes_a_release(shop: Running, bob: Seated) -> None:
    """An error in the flow, or a test that fails, keeps it from being made; what was typed is kept, but for a text
    larger than a file, and one file more than people may write in.
    """
    form = await form_of(bob, source=GREETING.replace("reply: greeting", "reply: greetin"), tests=TESTS)
    told = await page(bob, f"{EDIT}/release", form, status=422)
    assert "No release was made" in told
    assert "did you mean greeting?" in told
    form = await form_of(bob, source=GREETING.replace("good morning", "good evening"), tests=TESTS)
    told = await made(bob, **form)
    assert "No release was made" in told
    assert "tests/greeting.yaml:4" in told
    assert "Greets whoever greets" in told
    assert "says 'good morning'" in told
    assert re.search(r'expected</span> <span class="foreign">.*Good morning', told)
    assert "good evening" in (await written(shop) or "")
    assert "There is no release" in await page(bob, f"{FLOWS}/releases")
    form = await form_of(bob)
    large = {**form, "source": "# " + "ß" * 40_000}
    assert (await bob.post(f"{EDIT}/draft", large)).status == 413
    store = shop.here.brands["glow"].store
    await store.write(*[Put(FlowDraft(id=f"f{number}.yaml")) for number in range(MOST_DRAFTS)])
    more = f"{FLOWS}/edit/more.yaml"
    assert (await bob.post(f"{more}/draft", await form_of(bob, more, source="# x\n"))).status == 413
    assert "good evening" in (await written(shop) or "")


async def test_drafts_of_others_are_taken_along_only_if_ticked(shop: Running, bob: Seated) -> None:
    """A release holds this draft and those that were chosen, and leaves a flow out whose text was emptied."""
    async with seated(shop, "kim", "builder") as kim:
        for name in ("one", "two"):
            path = f"{FLOWS}/edit/{name}.yaml"
            text = f"flow: {name}\npurpose: A test.\ntriggers: {{payload: [{name}]}}\nsteps:\n  - reply: greeting\n"
            await page(kim, f"{path}/draft", await form_of(kim, path, source=text, tests=""))
    form = await form_of(bob, source="", tests="", **{"along:one.yaml": "1", "along:none.yaml": "1"})
    assert "Release 1 is made" in await made(bob, **form)
    packed = await (await bob.get(f"{FLOWS}/releases/1/export")).read()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == ["one.yaml"]


async def test_what_was_published_in_between_is_not_undone(
    shop: Running, bob: Seated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that is put together over one set is not made once another one is published."""
    checked = making.looked_at

    async def slow(*given: Any, **more: Any) -> Any:
        await published(shop, greeting=GREETING.replace("by name", "loudly"))
        return await checked(*given, **more)

    form = await form_of(bob, source=GREETING.replace("by name", "warmly"), tests=TESTS)
    monkeypatch.setattr(making, "looked_at", slow)
    told = await made(bob, **form)
    assert "No release was made" in told
    assert "lee has published release 1" in told
    assert "Release 1 has another text of this flow" in await page(bob, EDIT)
    assert "release 2" not in (await page(bob, f"{FLOWS}/releases")).casefold()
