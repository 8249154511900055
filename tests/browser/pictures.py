"""Pictures of the console for the docs: the demo is played, and every page is looked at, wide and narrow.

Run it from the top of the project: `.venv/bin/python tests/browser/pictures.py docs/console`.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from pages import a_browser
from playwright.async_api import Browser, Page

from middleware.cli.demo_console import console_link
from middleware.cli.demo_stage import Stage
from tests.played import played

PAGES = {
    "conversation": "",
    "people": "/glow/people",
    "review": "/glow/review",
    "templates": "/glow/templates",
    "template": "/glow/templates/order_status",
    "flows": "/glow/flows",
    "flow": "/glow/flows/flow/order_status",
    "flow_editor": "/glow/flows/edit/order_status.yaml",
    "releases": "/glow/flows/releases",
    "try": "/glow/flows/try",
    "mapping": "/glow/mapping",
    "traces": "/glow/traces",
    "simulation": "/glow/mapping/simulate",
    "operations": "/glow/operations",
    "reports": "/glow/reports/messages",
    "start": "/glow/start",
    "test_chats": "/glow/test-chats",
    "users": "/users",
    "audit": "/glow/audit",
}
"""By the name of the picture; the first one is where the demo's link leads."""

LOOKS = {
    "wide": ({"width": 1280, "height": 860}, "light"),
    "narrow": ({"width": 390, "height": 844}, "dark"),
}


async def take(browser: Browser, stage: Stage, link: str, look: str, folder: Path) -> None:
    """All pages in one look, signed in by the link."""
    size, scheme = LOOKS[look]
    context = await browser.new_context(viewport=size, color_scheme=scheme, locale="en", timezone_id="Europe/Madrid")
    page = await context.new_page()
    await page.goto(link)
    await page.locator("main button").click()
    await page.wait_for_url(lambda url: "/link/" not in url)
    there = page.url
    for name, path in PAGES.items():
        await page.goto(f"{stage.url}/console{path}" if path else there)
        await _settled(page)
        await page.screenshot(path=str(folder / f"{name}-{look}.jpg"), type="jpeg", quality=62)
    await context.close()


async def _settled(page: Page) -> None:
    """What comes after the page is there: panels and previews."""
    await page.wait_for_load_state("load")
    await page.wait_for_timeout(1_500)


async def main(folder: Path) -> None:
    """Play, look, and write the pictures into the folder."""
    with tempfile.TemporaryDirectory() as directory:
        async with played(Path(directory)) as stage, a_browser() as browser:
            for look in LOOKS:
                await take(browser, stage, await console_link(stage), look, folder)


if __name__ == "__main__":
    there = Path(sys.argv[1])
    there.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(there))
