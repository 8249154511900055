"""A builder changes a flow, in a real browser: from a mistake to a release and back again, by keyboard alone."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Seat, Size, desks
from pages import CHROMIUM
from playwright.async_api import Locator, expect

from middleware.console.flows import making
from tests.console import seated
from tests.integration.test_console_flow_editor import EDIT, TESTS, form_of, made, page
from tests.integration.test_console_flow_makings import Gate
from tests.scenarios.test_turns_again import GREETING, write_flows
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

HOSTILE = "</textarea><script>alert(1)</script> \u202egnp.exe {{ 7*7 }} " + "Donaudampfschiff" * 12 + " مرحبا"
PATH = "/glow/flows/edit/greeting.yaml"


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console and a browser, and a flow of the brand's own with a test."""
    write_flows(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "greeting.yaml").write_text(TESTS, encoding="utf-8")
    async with desks(store_server, tmp_path, brands={"glow": {"flows": str(tmp_path)}}) as it:
        yield it


def _troubles(seat: Seat) -> list[str]:
    """What went wrong in the browser. That htmx took back a request, as it should, it tells as if it were an error."""
    return [each for each in seat.troubles if not each.startswith(("htmx:sendAbort", "htmx:afterRequest"))]


async def _opened(seat: Seat) -> Locator:
    """The text of the flow, once it can be typed into."""
    await seat.go(PATH)
    await seat.page.locator("form[data-ready]").wait_for()
    return seat.page.get_by_role("textbox", name="The flow, as a file")


async def _pressed(seat: Seat, button: str) -> None:
    """A button reached and pressed without a mouse."""
    there = seat.page.get_by_role("button", name=button, exact=True)
    await there.focus()
    await seat.page.keyboard.press("Enter")


async def test_a_flow_is_changed_tried_published_and_taken_back(here: Desks) -> None:
    """A mistake is shown where it stands, mended by completion; a test that fails; a talk, a release, and back."""
    async with here.seat("bob", "builder", to="/glow/flows/flow/greeting") as seat:
        page_, keys = seat.page, seat.page.keyboard
        await page_.get_by_role("button", name="Edit").focus()
        await keys.press("Enter")
        await page_.locator("form[data-ready]").wait_for()
        text = page_.get_by_role("textbox", name="The flow, as a file")
        await text.focus()
        await keys.press("Control+End")
        await keys.type("  - hand_over: they are greete")
        await keys.press("Enter")
        await keys.press("Home")
        await keys.type("  - reply: greetin")
        await expect(page_.locator("#typed li.wrong")).to_contain_text("there is no template 'greetin'")
        await expect(page_.locator(".cm-lintRange-error")).to_have_text("greetin")
        await expect(page_.locator("#announced")).to_contain_text("1 error")
        await keys.press("Control+Space")
        await expect(page_.locator(".cm-tooltip-autocomplete li[aria-selected]")).to_contain_text("greeting")
        await page_.wait_for_timeout(100)
        await keys.press("Enter")
        await expect(page_.locator("#typed")).to_contain_text("No error")
        await expect(page_.locator("#saved")).to_contain_text("Draft of bob")
        await expect(page_.locator("#drawn img")).to_have_attribute("src", re.compile("revision=[1-9]"))
        await _pressed(seat, "Run the tests")
        await expect(page_.locator("#ran")).to_contain_text("0 passed, 1 failed")
        await text.focus()
        await keys.press("Control+End")
        await keys.press("Control+Shift+k")
        await _pressed(seat, "Run the tests")
        await expect(page_.locator("#ran")).to_contain_text("1 passed")
        await _pressed(seat, "Begin")
        await page_.get_by_label("Message", exact=True).fill("good morning")
        await keys.press("Enter")
        await expect(page_.locator("#talk")).to_contain_text("handed over (they are greete)")
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await page_.get_by_label("Why, for whoever asks later").fill("warmer")
        await _pressed(seat, "Release and publish")
        await expect(page_.get_by_role("status")).to_contain_text(["Release 1 is made and published"])
        await page_.locator("#making-next").focus()
        await keys.press("Enter")
        await expect(page_.get_by_role("heading", level=1)).to_have_text("Releases")
        assert here.shop.here.editions.flows["glow"].release == 1
        await page_.locator("summary", has_text="Go back to what was before").focus()
        await keys.press("Enter")
        await _pressed(seat, "Go back to what was before")
        await expect(page_.locator("#notices")).to_contain_text("earlier flows again")
        assert here.shop.here.editions.flows["glow"].release == 0
        assert _troubles(seat) == []


async def test_a_release_is_waited_for_by_keyboard(
    here: Desks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Its progress has a name and comes by itself, the focus stays where it was, what came of it is announced; left and
    come back to, it is still there.
    """
    gate = Gate()
    monkeypatch.setattr(making, "looked_at", gate.looked_at)
    async with here.seat("bob", "builder", size="narrow") as seat:
        text = await _opened(seat)
        await text.focus()
        await seat.page.keyboard.type("# more")
        await seat.page.keyboard.press("Enter")
        await _pressed(seat, "Save as a release")
        bar = seat.page.get_by_role("progressbar", name="3 of 10 tests were run")
        await expect(bar).to_be_visible()
        await seat.picture(tmp_path / "making.png")
        assert (await seat.findings(), await seat.overflow(), _troubles(seat)) == ([], 0, [])
        await seat.go("/glow/flows")
        await seat.page.get_by_role("link", name="A release is being made").click()
        await seat.page.get_by_role("button", name="Stop").focus()
        gate.opens.set()
        await expect(seat.page.locator("#making-said[role=status]")).to_contain_text("is made. No customer gets it yet")
        await expect(seat.page.get_by_role("button", name="Releases", exact=True)).to_be_focused()
        await seat.picture(tmp_path / "made.png")
        assert (await seat.findings(), await seat.overflow(), _troubles(seat)) == ([], 0, [])


async def test_somebody_else_saves_meanwhile(here: Desks) -> None:
    """Told in place, with what differs; typing goes on, and what is kept goes over theirs."""
    async with seated(here.shop, "kim", "builder") as kim, here.seat("bob", "builder") as seat:
        text = await _opened(seat)
        theirs = await form_of(kim, source=GREETING.replace("by name", f"'{HOSTILE}'"), tests=TESTS)
        await page(kim, f"{EDIT}/draft", theirs)
        await text.focus()
        await seat.page.keyboard.press("Control+Home")
        await seat.page.keyboard.type("# mine")
        await seat.page.keyboard.press("Enter")
        told = seat.page.locator("#conflict")
        await expect(told).to_contain_text("kim has saved this flow meanwhile")
        await expect(told.locator("ins", has_text="# mine")).to_be_visible()
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await _pressed(seat, "Keep mine")
        await expect(seat.page.locator("#conflict")).to_be_empty()
        assert (await seat.page.locator("#source").input_value()).startswith("# mine")
        # The browser itself tells of the 409 that brought the news.
        assert [each for each in _troubles(seat) if "409" not in each] == []


_OFFERED = """([field, text]) => {
  const pos = text.indexOf("|");
  const state = CodeMirror.EditorState.create({doc: text.replace("|", "")});
  const before = state.doc.lineAt(pos).text.slice(0, pos - state.doc.lineAt(pos).from);
  const matchBefore = (like) => { const at = before.search(like); return {from: pos - before.length + at, to: pos}; };
  return FlowWords.complete(field)({state, pos, explicit: true, matchBefore})?.options.map((each) => each.label) ?? [];
}"""


async def test_what_is_offered_is_what_can_stand_there(here: Desks) -> None:
    """Keys of the group that the cursor is in, values of the key, names of the brand; in lists, in braces, in tests."""
    cases = {
        ("source", "|"): {"flow", "needs", "steps"},
        ("source", "flow: x\ntriggers:\n  |"): {"intent", "any_message"},
        ("source", "steps:\n  - |"): {"reply", "hand_over", "stop"},
        ("source", "steps:\n- |"): {"reply"},
        ("source", "steps:\n  - reply: x\n    |"): {"when"},
        ("source", "steps:\n  - if: orders\n    then:\n      - reply: |"): {"greeting", "fallback"},
        ("source", "steps:\n  - ask:\n      template: x\n      # why\n\n      |"): {"capture", "otherwise"},
        ("source", "steps:\n  - ask: {template: x, |"): {"capture"},
        ("source", "steps:\n  - ask: {template: x, capture: |"): {"email", "choice"},
        ("source", "steps:\n  - wait:\n      until: |"): {"customer_writes"},
        ("source", "needs: [orders, |"): {"cart"},
        ("source", "needs:\n  - |"): {"cart"},
        ("source", "steps:\n  - when: not |"): {"orders.latest.number", "defined"},
        ("tests", "tests:\n  - test: x\n    turns:\n      - |"): {"says", "replies"},
    }
    async with here.seat("bob", "builder") as seat:
        await _opened(seat)
        offered = {case: set(await seat.page.evaluate(_OFFERED, list(case))) for case in cases}
        assert {case: wanted - offered[case] for case, wanted in cases.items() if wanted - offered[case]} == {}
        assert "reply" not in offered["source", "|"]


@pytest.mark.parametrize(("size", "dark"), [("wide", False), ("narrow", True)])
async def test_pages_are_accessible_and_fit(here: Desks, tmp_path: Path, size: Size, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    """Every page and state: no finding of axe, nothing to scroll sideways, hostile words are read as they stand."""
    async with seated(here.shop, "kim", "builder") as kim:
        for note in (HOSTILE, "second"):
            text = f"# {HOSTILE} {note}\n{GREETING}"
            form = await form_of(kim, source=text, tests=TESTS, note=note, then="publish")
            assert "made and published" in await made(kim, **form)
        await page(kim, f"{EDIT}/draft", await form_of(kim, source=GREETING + f"  - what: '{HOSTILE}'\n", tests=TESTS))
    async with here.seat("bob", "builder", size=size, dark=dark) as seat:
        paths = (
            "", "/releases", "/releases/difference?one=0&other=2", "/edit/vip.yaml/try", "/edit/greeting.yaml/release",
            "/edit/all_of_it.yaml?begin=tests",
        )  # fmt: skip
        for number, path in enumerate(paths):
            await seat.go(f"/glow/flows{path}")
            await seat.picture(tmp_path / f"{number}.png")
            assert (path, await seat.findings(), await seat.overflow(), _troubles(seat)) == (path, [], 0, [])
        await _opened(seat)
        await expect(seat.page.locator("#typed li.wrong").first).to_be_visible()
        await seat.page.locator("details summary", has_text="What it changes").click()
        await seat.picture(tmp_path / "editor.png")
        assert (await seat.findings(), await seat.overflow(), _troubles(seat)) == ([], 0, [])
