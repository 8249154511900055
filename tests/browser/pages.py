"""A brand's page in a real browser: served from an origin of its own under a strict policy, with the script on it."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from middleware.web.app import listening
from tests.running import SITE, Running, running
from tests.stores import StoreServer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

_kept: dict[asyncio.AbstractEventLoop, "_Kept"] = {}


@dataclass
class _Kept:
    """The browser of a loop, once somebody wanted it."""

    ends: AsyncExitStack
    browser: Browser | None = None


@asynccontextmanager
async def keeping_one_browser() -> AsyncIterator[None]:
    """As long as it lasts, whoever wants a browser on this loop has the same one."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as ends:
        _kept[loop] = _Kept(ends)
        try:
            yield
        finally:
            del _kept[loop]


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """The one that is kept on this loop, or else one of its own. Nobody finds in it what somebody else left there."""
    kept = _kept.get(asyncio.get_running_loop())
    if kept is None:
        async with _launched() as browser:
            yield browser
        return
    if kept.browser is None or not kept.browser.is_connected():
        kept.browser = await kept.ends.enter_async_context(_launched())
    assert kept.browser.contexts == []
    try:
        yield kept.browser
    finally:
        # Cookies and storage go with their context, and its connections before the server that they lead to.
        for context in kept.browser.contexts:
            await context.close()


@asynccontextmanager
async def _launched() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        await browser.close()


_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<script src="{host}/site/{site}/throughline.js" {attributes} defer></script>
{head}
</head>
<body>
<main><h1>A page of the brand</h1><a href="/other">Elsewhere</a>{body}</main>
</body>
</html>
"""


@dataclass
class Shown:
    """One page of the brand, and what the browser did with it."""

    page: Page
    shop: Running
    origin: str
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, address and body of every request to our own host, but those for scripts."""
    troubles: list[str] = field(default_factory=list)
    """Errors of the page and of its console; a violation of the policy is one."""

    @property
    def items(self) -> list[dict[str, Any]]:
        """Everything that was reported, in order."""
        reported = [json.loads(body) for _, url, body in self.requests if url.endswith("/events")]
        return [item for body in reported for item in body["events"]]

    async def stored(self) -> str | None:
        """What the script keeps in this browser."""
        kept: dict[str, str] = await self.page.evaluate("() => ({...localStorage})")
        assert set(kept) <= {"throughline"}
        return kept.get("throughline")


@dataclass
class Pages:
    """The brand's web server, and a browser."""

    shop: Running
    origin: str
    browser: Browser
    html: dict[str, str]
    policy: str

    @asynccontextmanager
    async def open(
        self,
        attributes: str = "",
        *,
        path: str = "/",
        context: BrowserContext | None = None,
        script: str = "",
        title: str = "Shop",
        body: str = "",
        head: str = "",
    ) -> AsyncIterator[Shown]:
        """A page with the script; `script` runs in it before everything else, such as to set what a browser says."""
        self.html["page"] = _HTML.format(
            host=self.shop.url, site=SITE, attributes=attributes, title=title, body=body, head=head
        )
        mine = context or await self.browser.new_context()
        page = await mine.new_page()
        shown = Shown(page, self.shop, self.origin)
        if script:
            await page.add_init_script(script)
        page.on("request", lambda request: self._note(shown, request))
        page.on("console", lambda told: shown.troubles.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: shown.troubles.append(str(error)))
        await page.goto(self.origin + path)
        await page.wait_for_function("() => window.throughline")
        try:
            yield shown
        finally:
            await page.close()
            if context is None:
                await mine.close()

    def _note(self, shown: Shown, request: Any) -> None:
        if request.url.startswith(self.shop.url) and not request.url.endswith(".js"):
            shown.requests.append((request.method, request.url, request.post_data or ""))


@asynccontextmanager
async def pages(server: StoreServer, directory: Path) -> AsyncIterator[Pages]:
    """An installation, the brand's own web server on another origin, and a browser."""
    html: dict[str, str] = {"page": "", "policy": ""}

    async def answer(_: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": html["policy"]}
        return web.Response(text=html["page"], content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with listening(app, "127.0.0.1", 0) as origin:
        site = {"origins": [origin]}
        async with (
            running(server, directory, brands={"glow": {"accounts": {"site": site}}}) as shop,
            a_browser() as browser,
        ):
            html["policy"] = (
                f"default-src 'none'; script-src 'self' {shop.url}; connect-src {shop.url}; base-uri 'none'; "
                "form-action 'none'"
            )
            yield Pages(shop, origin, browser, html, html["policy"])
