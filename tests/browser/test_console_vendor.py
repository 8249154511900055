"""Each file that the console's pages load, in a real browser under exactly the console's policy.

The policy allows no inline script, no inline style and no `eval`, and has no nonce. What had to be done for that:

- htmx writes a `<style>` for its indicators and compiles what stands in attributes, unless `includeIndicatorStyles` and
  `allowEval` are false: the page says so in its `htmx-config`.
- Alpine is its CSP build: expressions are read by a parser of its own, and components are registered by `Alpine.data`.
  `x-show` sets styles through the object model, which is allowed; a string bound to `style` would be an attribute,
  which is not.
- CodeMirror's styles are written by style-mod, which uses constructed style sheets in shadow roots only and a `<style>`
  in documents. The build changes that one condition, so that documents have them, too.
- cytoscape writes a `<style>` with one rule, unless an element of its id is there: the link to `cytoscape.css` has it.
- uPlot and Pico need nothing. Pico's images are `data:` addresses, which the policy allows.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from aiohttp import web
from pages import CHROMIUM, a_browser
from playwright.async_api import Browser, Page

from middleware.web.app import listening

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

VENDOR = Path(str(files("middleware") / "console" / "static" / "vendor"))
PAGE = Path(__file__).parent / "console_vendor"

NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""

DRAWN = """(canvas) => canvas.width > 0 && canvas.getContext("2d")
  .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)"""

COLOR = "(element) => getComputedStyle(element).color"
WIDTH = "(element) => element.clientWidth"


@dataclass
class Shown:
    """The page, and what the browser had to say against it."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    async def violations(self) -> list[str]:
        """What the policy has refused so far."""
        found: list[str] = await self.page.evaluate("() => window.violations")
        return found

    async def completions(self, typed: str) -> list[str]:
        """What the editor offers once this is typed into it and nothing else."""
        await self.page.evaluate("() => template.dispatch({changes: {from: 0, to: template.state.doc.length}})")
        await self.page.locator("#template .cm-tooltip-autocomplete").wait_for(state="detached")
        await self.page.locator("#template .cm-content").focus()
        await self.page.keyboard.type(typed)
        offered = self.page.locator("#template .cm-tooltip-autocomplete .cm-completionLabel")
        await offered.first.wait_for()
        return await offered.all_inner_texts()


def served(gone: asyncio.Event) -> web.Application:
    """The page under the policy, and what it asks for."""

    async def index(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html", headers={"Content-Security-Policy": POLICY})

    async def fragment(request: web.Request) -> web.Response:
        word = (await request.post())["word"]
        body = f'<b id="word">{word}</b><i x-data="counter" x-text="shown"></i>'
        return web.Response(text=body, content_type="text/html")

    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"event: told\ndata: <em>News</em>\n\n")
        await gone.wait()
        return response

    app = web.Application()
    app.router.add_get("/", index)
    app.router.add_post("/fragment", fragment)
    app.router.add_get("/events", events)
    app.router.add_static("/vendor", VENDOR)
    app.router.add_static("/page", PAGE)
    return app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visiting() -> AsyncIterator[tuple[Browser, str]]:
    """A browser, and where the page is."""
    gone = asyncio.Event()
    async with listening(served(gone), "127.0.0.1", 0) as origin, a_browser() as browser:
        try:
            yield browser, origin
        finally:
            gone.set()


@pytest_asyncio.fixture(loop_scope="module")
async def shown(visiting: tuple[Browser, str]) -> AsyncIterator[Shown]:
    """The page with everything on it; whatever a test does there, nothing of it may violate the policy."""
    browser, origin = visiting
    page = await browser.new_page()
    it = Shown(page)
    page.on("console", lambda told: it.troubles.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: it.troubles.append(str(error)))
    await page.add_init_script(NOTE_VIOLATIONS)
    await page.goto(origin)
    yield it
    assert await it.violations() == []
    assert it.troubles == []
    assert await page.locator("style").count() == 0
    await page.close()


async def test_what_the_policy_refuses_is_noted(shown: Shown) -> None:
    """The other tests are worth something: a refused style is a violation, and an error of the console."""
    await shown.page.evaluate("() => document.body.setAttribute('style', 'color: red')")
    await shown.page.wait_for_function("() => window.violations.length === 1")
    assert (await shown.violations())[0].startswith("style-src-attr inline")
    await shown.page.evaluate("() => { window.violations = []; }")
    assert len(shown.troubles) == 1
    shown.troubles.clear()


async def test_htmx_swaps_and_hears(shown: Shown) -> None:
    """A form is sent and its answer swapped in, with Alpine at work in it; the server's events arrive."""
    await shown.page.click("#swap")
    await shown.page.wait_for_selector("#word")
    assert await shown.page.inner_text("#word") == "mug"
    await shown.page.wait_for_function("() => document.querySelector('#swapped i').textContent === '0 times'")
    await shown.page.wait_for_selector("#told em")
    config: dict[str, Any] = await shown.page.evaluate("() => htmx.config")
    assert not config["includeIndicatorStyles"]
    assert not config["allowEval"]
    assert config["selfRequestsOnly"]


async def test_alpine_runs_a_registered_component(shown: Shown) -> None:
    """It counts clicks, says so, and shows what depends on them."""
    counting = shown.page.locator("#counting")
    assert not await counting.locator("#many").is_visible()
    await counting.locator("#add").click()
    await counting.locator("#add").click()
    await counting.locator("#many").wait_for(state="visible")
    assert await counting.locator("output").inner_text() == "2 times"


async def test_the_editor_shows_a_template(shown: Shown) -> None:
    """Its own styles hold without a nonce; tags, variables and plain text have colours of their own."""
    page = shown.page
    scroller = page.locator("#template .cm-scroller")
    assert await scroller.evaluate("(element) => getComputedStyle(element).display") == "flex"
    colors = {
        await page.locator(f"#template .cm-line >> text='{each}'").first.evaluate(COLOR) for each in ("if", "cart")
    }
    plain = await page.locator("#template .cm-line").first.evaluate(COLOR)
    assert len(colors | {plain}) == 3
    key = page.locator("#flow .cm-line span").first
    assert await key.inner_text() == "flow"
    assert await key.evaluate(COLOR) != plain


async def test_the_editor_marks_what_is_wrong(shown: Shown) -> None:
    """In the text and in the gutter; the mark's picture is a `data:` address, which the policy lets pass."""
    await shown.page.wait_for_selector("#template .cm-lintRange-error")
    assert await shown.page.inner_text("#template .cm-lintRange-error") == "cart.totel"
    marker = await shown.page.wait_for_selector("#template .cm-lint-marker-error")
    assert "data:image/svg+xml" in await marker.evaluate("(element) => getComputedStyle(element).content")


async def test_the_editor_completes_what_the_page_knows(shown: Shown) -> None:
    """Variables, properties, filters, tests and tags of the page; of Jinja's own only what the page names."""
    assert await shown.completions("{{ c") == ["cart"]
    assert await shown.completions("{{ cart.") == ["items", "total"]
    assert await shown.completions("{{ cart.total | m") == ["money"]
    assert await shown.completions("{% e") == ["endif"]
    assert await shown.completions("{% if cart.total is d") == ["defined"]


async def test_the_editor_offers_nothing_in_plain_text(shown: Shown) -> None:
    """A word of the reply is no variable: only within tags is there anything to ask for completions."""
    asked = "([at]) => window.template.state.languageDataAt('autocomplete', at).length"
    assert await shown.page.evaluate(asked, [3]) == 0
    assert await shown.page.evaluate(asked, [15]) == 1


async def test_tab_leaves_the_editor(shown: Shown) -> None:
    """No trap for the keyboard."""
    await shown.page.locator("#template .cm-content").focus()
    await shown.page.keyboard.press("Tab")
    assert await shown.page.evaluate("() => document.activeElement.id") == "after"


async def test_the_editor_searches(shown: Shown) -> None:
    """Its panel opens by key and finds; Pico neither stretches its fields over the width nor paints its buttons."""
    await shown.page.locator("#template .cm-content").focus()
    await shown.page.keyboard.press("Control+f")
    await shown.page.keyboard.type("cart")
    await shown.page.wait_for_selector("#template .cm-searchMatch")
    await shown.page.keyboard.press("Enter")
    await shown.page.wait_for_selector("#template .cm-searchMatch-selected")
    field, panel, button = (
        shown.page.locator(f"#template {each}") for each in (".cm-textfield[name=search]", ".cm-panel", "[name=next]")
    )
    assert await field.evaluate(WIDTH) < await panel.evaluate(WIDTH) / 2
    assert await button.evaluate(COLOR) == await panel.evaluate(COLOR)


async def test_uplot_draws(shown: Shown) -> None:
    """There is something on its canvas, and its style sheet holds."""
    canvas = shown.page.locator("#chart canvas")
    await shown.page.wait_for_function(f"() => ({DRAWN})(document.querySelector('#chart canvas'))")
    assert await canvas.evaluate("(element) => getComputedStyle(element).position") == "relative"


async def test_cytoscape_draws(shown: Shown) -> None:
    """There is something on its canvas of nodes, and its container is what its one rule makes it."""
    await shown.page.wait_for_function(f"() => ({DRAWN})(document.querySelector('#graph canvas[data-id=layer2-node]'))")
    graph = shown.page.locator("#graph")
    assert await graph.evaluate("(element) => getComputedStyle(element).position") == "relative"


async def test_light_and_dark(shown: Shown) -> None:
    """Page and editor are as the system prefers, unless the page says otherwise by `data-theme`."""

    async def colors() -> list[str]:
        found: list[str] = await shown.page.evaluate(
            "() => ['body', '#template .cm-editor', '#template .cm-line span']"
            ".map((each) => getComputedStyle(document.querySelector(each)).color)"
        )
        return found

    await shown.page.emulate_media(color_scheme="light")
    light = await colors()
    await shown.page.emulate_media(color_scheme="dark")
    dark = await colors()
    assert not set(light) & set(dark)
    await shown.page.evaluate("() => document.documentElement.setAttribute('data-theme', 'light')")
    assert await colors() == light
