"""Whatever people write, wherever it is shown: it is text, it reads as it was written, and it moves nothing else."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.async_api")

from desks import SIZES, Desks, Seat, desks
from mischief import MAPPING, NOTES, RECORD, TEXTS, kept, person_of, set_aside, written
from pages import CHROMIUM
from playwright.async_api import expect

from middleware.bootstrap.serving import panel_links_of
from tests.scenarios.looking import conversation_of, customer
from tests.scenarios.mailroom import KEY
from tests.stores import StoreServer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it")

_WATCH = """
window.bad = [];
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = () => { window.bad.push(name); };
document.addEventListener("securitypolicyviolation", (told) => window.bad.push(told.violatedDirective));
"""

_LOOK = r"""() => {
  const bad = [...window.bad, ...(typeof window.ran === "number" ? [`it ran: ${window.ran}`] : [])];
  const ours = (address) => new URL(address, location).pathname.startsWith("/console/static/");
  for (const each of document.querySelectorAll("*")) {
    const name = each.localName;
    if (["iframe", "object", "embed", "base", "animate"].includes(name)) bad.push(each.outerHTML);
    if (name === "script" && !ours(each.src) || name === "link" && !ours(each.href)) bad.push(each.outerHTML);
    if (name === "style" && !document.querySelector(".cm-editor, #graph")) bad.push(each.outerHTML);
    for (const { name: key, value } of each.attributes) {
      if (/^(on|hx-on|x-)/i.test(key)) bad.push(`${key} of ${each.outerHTML}`);
      const leads = /^(href|src|action|formaction|hx-.*)$/i.test(key);
      if (leads && /^\s*(javascript|data:text)|elsewhere/i.test(value)) bad.push(each.outerHTML);
    }
  }
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.parentElement;
    if (!/[\u0590-\u08ff\u202a-\u202e\u2066-\u2069]/.test(walk.currentNode.textContent)) continue;
    if (!at.closest("bdi, .foreign, [dir=auto], option, textarea, .cm-editor")) bad.push(`not apart: ${at.outerHTML}`);
  }
  const written = [...document.querySelectorAll("input, textarea, option")].map((each) => each.value);
  const text = document.documentElement.textContent + written.join("\n");
  return { bad: bad.map((each) => each.slice(0, 300)), text };
}"""
"""What stands on the page that is not ours, and all text of it."""

CODES = {"key": KEY, "host": "127.0.0.1", "port": 1, "security": "none", "sender": "Glow <codes@glow.example>"}
"""How a brand sends codes by mail; nobody gets one here."""

_OPEN = "() => { for (const each of document.querySelectorAll('main details')) each.open = true; }"
_UNSEEN = re.compile(r"[\s\x00-\x1f]+")


class Looked:
    """One agent who may see everything, and what was found wrong on the pages that they opened."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.wrong: list[Any] = []

    async def at(self, path: str, texts: Sequence[str] = (), *, opens: bool = True) -> None:
        """Open a page and look at it: `texts` must stand there as they were written."""
        if opens:
            await self.seat.go(path)
            await self.seat.page.evaluate(_OPEN)
        found: dict[str, Any] = await self.seat.page.evaluate(_LOOK)
        shown = _UNSEEN.sub("", found["text"])
        missing = [each for each in texts if _UNSEEN.sub("", each) not in shown]
        seen = (found["bad"], missing, await self.seat.overflow(), list(self.seat.troubles))
        if any(seen):
            self.wrong.append((path, *seen))
        self.seat.troubles.clear()


async def test_whatever_is_written_is_text_everywhere(store_server: StoreServer, tmp_path: Path) -> None:
    """Every page that shows what customers, colleagues, sources and files say: nothing runs, nothing is loaded, nothing
    had to be stopped; it stands there to the letter, apart from what stands beside it, and nobody scrolls sideways.
    """
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    club = {"connector": "generic", "id": "club", "secrets": ["a-secret-of-the-club-0001"], "mapping": str(mapping)}
    brands = {"glow": {"proof": CODES, "accounts": {"club": club}}}
    changes: dict[str, Any] = {
        "brands": brands,
        "console": {"embed_in": ["https://desk.example"]},
        "server": {"public_url": "http://x"},
    }
    async with desks(store_server, tmp_path, **changes) as here:
        shop = here.shop
        person, conversation, (older, younger) = await person_of(shop), await written(shop), await kept(shop)
        await set_aside(shop, "root")
        url, _ = await panel_links_of(shop.here).make(
            brand="glow", profile_id=person, conversation="", by="kim", now=shop.here.clock.now()
        )
        async with here.seat("root", "admin", to="/glow/conversations") as seat:
            await seat.page.context.add_init_script(_WATCH)
            looked = Looked(seat)
            await _everything(looked, here, person, conversation, f"{older}%7C{younger}")
            await _set_aside(looked)
            await looked.at(f"/embed/{url.rpartition('/')[2]}", TEXTS[:8])
            await seat.page.set_viewport_size(SIZES["narrow"])
            for path in (
                "/glow/conversations",
                f"/glow/people/{person}",
                f"/glow/review/{older}%7C{younger}",
                "/users",
            ):
                await looked.at(path)
            assert looked.wrong == []


async def _everything(looked: Looked, here: Desks, person: str, conversation: str, pair: str) -> None:
    page = looked.seat.page
    await looked.seat.go("/glow/conversations")
    await expect(page.locator(".talk")).not_to_have_count(0)
    await looked.at("/glow/conversations?channel=whatsapp", [each for each in TEXTS if len(each) < 60])
    await looked.at(f"/glow/conversations/{conversation}", TEXTS[-15:])
    for text in TEXTS[:3]:
        await page.evaluate(_OPEN)
        await page.locator("#note-text").fill(text)
        await page.get_by_role("button", name="Save note").click()
        await expect(page.locator(".line.note .foreign").last).to_have_text(text)
    await looked.at("notes", TEXTS[:3], opens=False)
    await looked.at(f"/glow/people/{person}", TEXTS)
    for path in ("graph", "edit", "split", "journal", "merge"):
        await looked.at(f"/glow/people/{person}/{path}")
    await looked.at(f"/glow/review/{pair}", [TEXTS[1], TEXTS[4]])
    await looked.at("/glow/review")
    await looked.at("/glow/audit", [each[:200] for each in TEXTS])
    await looked.at("/glow/operations/kept", TEXTS)
    for at in (4, 26):
        await looked.at(f"/glow/operations/quarantine/q{at}", [TEXTS[at]])
    await looked.at("/users", [each[:80] for each in TEXTS])
    turn = (await conversation_of(here.shop, customer(here.shop, "whatsapp", 4).id, "whatsapp")).id
    await looked.at(f"/glow/traces/{turn}", [TEXTS[4]])
    await _typed(looked)


async def _set_aside(looked: Looked) -> None:
    """What waits for somebody to see to it, and what builders write and release."""
    await looked.at("/glow/conversations?tab=late", TEXTS)
    await looked.at("/glow/conversations/c_late0", TEXTS[:3])
    await looked.at("/glow/conversations/c_late0/proof", TEXTS[:3])
    await looked.at("/glow/test-chats", TEXTS[::3])
    await looked.at("/account", TEXTS[::3])
    await looked.at("/glow/reports/merges", TEXTS)
    await looked.at("/glow/flows/edit/greeting.yaml", TEXTS)
    await looked.at("/glow/flows/releases", NOTES)
    await looked.at("/glow/flows/releases/difference?one=1&other=2", [json.dumps(each) for each in NOTES[:2]])
    await looked.seat.go("/glow/mapping/simulate")
    page = looked.seat.page
    await page.locator("#account").select_option("club")
    await page.locator("#body").fill(RECORD)
    await page.locator("#body").evaluate("(it) => it.form.submit()")
    await expect(page.locator("#outcome h2")).to_have_count(1)
    await looked.at("simulated", TEXTS, opens=False)


async def _typed(looked: Looked) -> None:
    """What is tried and edited here comes back at once."""
    page = looked.seat.page
    await looked.seat.go("/glow/flows/try?customer=right_to_left")
    for number, text in enumerate(TEXTS[:5], 1):
        await page.get_by_label("Message").fill(text)
        await page.keyboard.press("Enter")
        await expect(page.locator(".exchange")).to_have_count(number)
    await looked.at("trying", TEXTS[:5], opens=False)
    await looked.seat.go("/glow/templates/fallback?locale=en")
    await page.locator("form[data-ready]").wait_for()
    await page.locator(".cm-content").first.focus()
    for text in (TEXTS[0], TEXTS[4], TEXTS[21]):
        await page.keyboard.press("Control+A")
        await page.keyboard.insert_text(text)
        await expect(page.locator("#previews .bubble").first).to_contain_text(text)
        await looked.at("previews", [text], opens=False)
