"""The console in a real browser: signed in, watched for whatever a page must not do, and looked at by axe."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pages import a_browser
from playwright.async_api import Browser, Page, expect

from middleware.domain.users import Role
from tests.console import add_user, ticket
from tests.running import Running, running
from tests.stores import StoreServer

# What comes by itself may take its time on a busy machine: what is waited for must come, not come quickly.
expect.set_options(timeout=20_000)

_AXE = files("axe_playwright_python").joinpath("axe.min.js")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

Size = Literal["wide", "narrow"]
SIZES: dict[Size, dict[str, int]] = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 390, "height": 844}}


@dataclass
class Seat:
    """One person at the console in a browser of their own."""

    page: Page
    shop: Running
    troubles: list[str] = field(default_factory=list)
    """Errors of the page and of its console: violations of the policy, failed requests, scripts that stumble."""

    async def go(self, path: str) -> None:
        """Open a page of the console."""
        await self.page.goto(f"{self.shop.url}/console{path}")

    async def findings(self) -> list[str]:
        """What axe finds on the page (WCAG 2.2, A and AA): rule, and where. Empty if there is nothing."""
        # Over the debugger, not as a script of the page: its policy lets nothing of others run.
        session = await self.page.context.new_cdp_session(self.page)
        await session.send("Runtime.evaluate", {"expression": _AXE.read_text(encoding="utf-8")})
        said: dict[str, Any] = await self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES
        )
        return [
            f"{found['id']}: {found['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:200]}"
            for found in said["violations"]
            for node in found["nodes"]
        ]

    async def picture(self, path: Path) -> None:
        """The page as it looks, for people to look at."""
        await self.page.screenshot(path=str(path), full_page=True)

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window: nobody should have to scroll sideways."""
        wide: int = await self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        return max(wide, 0)


def troubles(seat: Seat) -> list[str]:
    """What went wrong in the browser. That htmx took back a request, as it should, it tells as if it were an error, and
    the browser itself tells of a page that is an answer to what cannot be done.
    """
    told = re.compile("htmx:sendAbort|htmx:afterRequest|(status of|Status Error Code) 4(0[0-9]|2[29])")
    return [each for each in seat.troubles if not told.search(each)]


@dataclass
class Desks:
    """A running installation and a browser."""

    shop: Running
    browser: Browser

    @asynccontextmanager
    async def seat(
        self,
        login: str,
        *roles: Role,
        to: str = "",
        size: Size = "wide",
        dark: bool = False,
        locale: str = "en",
        brands: Sequence[str] = ("glow",),
    ) -> AsyncIterator[Seat]:
        """Somebody new with these roles, signed in at a page; with no role, nobody."""
        context = await self.browser.new_context(
            viewport=SIZES[size], locale=locale, color_scheme="dark" if dark else "light", timezone_id="Europe/Madrid"
        )  # fmt: skip
        page = await context.new_page()
        seat = Seat(page, self.shop)
        page.on("console", lambda told: seat.troubles.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: seat.troubles.append(str(error)))
        if roles:
            user = await add_user(self.shop.here, login, *roles, brands=brands)
            await page.goto(self.shop.url + await ticket(self.shop.here, user, f"/console{to}" if to else ""))
            await page.locator("main button").click()
            await page.wait_for_url(lambda url: "/link/" not in url)
        else:
            await seat.go(to)
        yield seat
        await context.close()


@asynccontextmanager
async def desks(server: StoreServer, directory: Path, /, **changes: Any) -> AsyncIterator[Desks]:
    """An installation and a browser."""
    async with running(server, directory, **changes) as shop, a_browser() as browser:
        yield Desks(shop, browser)
