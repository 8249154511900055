"""Whatever people write, wherever it is shown: it is text, it reads as it was written, and it moves nothing else."""

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.async_api")

from desks import SIZES, Desks, Seat, desks
from pages import CHROMIUM
from playwright.async_api import expect

from middleware.bootstrap import panel_links_of
from middleware.console.users import save_user
from middleware.domain.commerce import LineItem, Money, Order, Version
from middleware.domain.conversation import Claim, Conversation
from middleware.domain.fragment import Fragment
from middleware.domain.fragment import Name as Shown
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.identity import Seat as Sits
from middleware.domain.profile import Profile
from middleware.domain.signals import Ticket
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.domain.users import User
from middleware.pipeline.audit import audit
from middleware.ports import Put, Quarantined
from tests.candidates import add_pair
from tests.running import PAGE, Running
from tests.scenarios.looking import conversation_of, customer
from tests.stores import StoreServer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it")

TEXTS = (
    "<script>window.ran=1</script>", "<img src=x onerror=window.ran=2>", '" autofocus onfocus=window.ran=3 x="',
    "' onmouseover='window.ran=4", "</title></textarea></script></bdi></main><svg onload=window.ran=5>",
    "<svg><animate onbegin=window.ran=6 attributeName=x>", "<iframe srcdoc='<script>parent.ran=7</script>'>",
    "javascript:window.ran=8//", "<a href='data:text/html,<script>opener.ran=9</script>'>see</a>",
    "<base href=//elsewhere.example><link rel=stylesheet href=//elsewhere.example/a.css>",
    "<style>*{display:none}</style><p style='position:fixed;inset:0'>over all</p>",
    "<form action=//elsewhere.example><button>Send", "<meta http-equiv=refresh content=0;url=//elsewhere.example>",
    "<div hx-get=/console/account hx-trigger=load hx-on::load='window.ran=10'>", "<p x-data x-init=window.ran=11>",
    "&lt;b&gt;&amp;&#60;&nbsp;", "{{ 7 * 7 }}{% if true %}${7*7}#{7*7}", "<!-- <![CDATA[ ]]> -->", '=HYPERLINK("//x")',
    "\u202egnorw\u202c way", "\u2067\u2066isolated",
    "عائشة 12 (شكرا)", "שלום 7, עולם!", "a\u0301\u0323" * 30 + "\u200d\u200b",
    "👩🏽‍🚀🏳️‍🌈", "Rindfleischetikettierungsueberwachung" * 6, "tab\tand\nline",
)  # fmt: skip
"""Of every class one: ways into a page, out of what holds them, what looks like code of ours, directions, sizes."""

_WATCH = """
window.bad = [];
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = () => { window.bad.push(name); };
document.addEventListener("securitypolicyviolation", (told) => window.bad.push(told.violatedDirective));
"""

_LOOK = r"""() => {
  const bad = [...window.bad, ...(window.ran === undefined ? [] : [`it ran: ${window.ran}`])];
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
    if (!at.closest("bdi, .foreign, [dir=auto], option, textarea")) bad.push(`not apart: ${at.outerHTML}`);
  }
  const written = [...document.querySelectorAll("input, textarea, option")].map((each) => each.value);
  const text = document.documentElement.textContent + written.join("\n");
  return { bad: bad.map((each) => each.slice(0, 300)), text };
}"""
"""What stands on the page that is not ours, and all text of it."""

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


async def _person(shop: Running) -> str:
    """Somebody in all of whose fields stands something: the profile's id."""
    store, now, profile_id = shop.here.brands["glow"].store, shop.now, "p_" + "cd" * 12
    version = Version(at=now, event="messenger:1:x")
    sender = Identifier(IdentifierKind.MESSENGER, PAGE, "667").key
    record = Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:1", "667").key
    bought = Identifier(IdentifierKind.SHOP_CUSTOMER, "glow.myshopify.com", "667").key
    price = Money.parse(Decimal("12.50"), "EUR")
    orders = tuple(
        Order(id=f"o{at}", number=f"#{at}", state="paid", created_at=now - timedelta(days=at), version=version,
              total=price, items=(LineItem(title=text, quantity=1),))
        for at, text in enumerate(TEXTS)
    )  # fmt: skip
    values = [FieldValue(field=f"custom.f{at:02}", value=text, version=version) for at, text in enumerate(TEXTS)]
    tags = FieldValue(field="tags", value=TEXTS, version=version)
    tickets = tuple(
        Ticket(id=f"t{at}", version=version, state="open", created_at=now, subject=text, requester=record, url=text)
        for at, text in enumerate(TEXTS[:8])
    )
    name = Shown(value=TEXTS[21], at=now, event="e", source="messenger")
    identities = (
        Identity(id=bought, profile_id=profile_id, fragment=Fragment(orders=orders)),
        Identity(id=sender, profile_id=profile_id, fragment=Fragment(name=name, first_seen=now),
                 seats=(Sits(channel="messenger", account=PAGE, conversation_id="c_x"),)),
        Identity(id=record, profile_id=profile_id, fragment=Fragment(
            record=SourceRecord(id="667", source="hubspot", version=version, values=(*values, tags)), tickets=tickets)),
    )  # fmt: skip
    profile = Profile(id=profile_id, created_at=now)
    for each in identities:
        profile = profile.with_member(each)
    conversation = Conversation(
        id="c_x", channel="messenger", account=PAGE, aliases=(sender,), started_at=now, last_inbound_at=now,
        needs_person=TEXTS[4], name=TEXTS[21], claims=(Claim(kind="name", masked=TEXTS[1], at=now),),
    )  # fmt: skip
    assert all(await store.write(*map(Put, (*identities, profile, conversation))))
    return profile_id


async def _written(shop: Running) -> str:
    """Everybody's name and message, and all messages of one; the latter's conversation."""
    for at, text in enumerate(TEXTS):
        await customer(shop, "whatsapp", at, text).posts(text)
        await customer(shop, "messenger", 1).posts(text)
        await shop.say(
            "whatsapp", "document", sender="34699000111", file_name=text, media_id=f"m{at}", message_id=f"d{at}"
        )
    await shop.quiet()
    return (await conversation_of(shop, customer(shop, "messenger", 1).id)).id


async def _kept(shop: Running) -> tuple[str, str]:
    """Users, entries of the audit log, bodies in quarantine and a pair to review; the pair's profiles."""
    store, now = shop.here.brands["glow"].store, shop.now
    for at, text in enumerate(TEXTS):
        await save_user(
            shop.here.store.common,
            User(id=f"u{at}", name=text[:80], roles=("agent",), brands=("glow",), created_at=now),
        )
        await store.write(
            Put(Quarantined(id=f"q{at}", connector="whatsapp", reason=text, raw=text.encode(), received_at=now))
        )
        await audit(store, by="kim", what="profile.view", now=now, about=text[:200], details={"field": text[:200]})
    return await add_pair(store, 1, TEXTS[1], TEXTS[4], TEXTS[19])


async def test_whatever_is_written_is_text_everywhere(store_server: StoreServer, tmp_path: Path) -> None:
    """Every page that shows what customers, colleagues, sources and files say: nothing runs, nothing is loaded, nothing
    had to be stopped; it stands there to the letter, apart from what stands beside it, and nobody scrolls sideways.
    """
    changes: dict[str, Any] = {"console": {"embed_in": ["https://desk.example"]}, "server": {"public_url": "http://x"}}
    async with desks(store_server, tmp_path, **changes) as here:
        shop = here.shop
        person, conversation, (older, younger) = await _person(shop), await _written(shop), await _kept(shop)
        url, _ = await panel_links_of(shop.here).make(
            brand="glow", profile_id=person, conversation="", by="kim", now=shop.here.clock.now()
        )
        async with here.seat("root", "admin", to="/glow/conversations") as seat:
            await seat.page.context.add_init_script(_WATCH)
            looked = Looked(seat)
            await _everything(looked, here, person, conversation, f"{older}%7C{younger}")
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
