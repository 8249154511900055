"""The chat of a site in a real browser: said, answered, still there, inert, and usable without a mouse."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from pages import CHROMIUM, Pages, Shown, pages
from playwright.async_api import expect

from middleware.domain.conversation import Conversation
from middleware.domain.forms import Buttons, Card, Cards, ReplyButton, UrlButton
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.messages import QuickReply, Reply
from middleware.domain.turn import Turn
from middleware.web.site.asking import visitor_of
from tests.running import SITE
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

HOSTILE = (
    "<script>window.bad=1</script>", "<img src=x onerror='window.bad=1'>", "</p><svg onload=window.bad=1>",
    "javascript:window.bad=1", "data:text/html,<script>1</script>", "{{7*7}}", "&lt;b&gt;", "\u202egnp.exe",
    'http://a.example/"onmouseover="window.bad=1', "https://shop.example/<b>",
)  # fmt: skip


@pytest_asyncio.fixture(loop_scope="module")
async def site(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Pages]:
    """The brand's site and a browser."""
    async with pages(store_server, tmp_path) as it:
        yield it


async def opened(shown: Shown) -> None:
    """Open the chat by its button."""
    await shown.page.get_by_role("button", name="Chat").click()
    await expect(shown.page.get_by_role("dialog", name="Chat")).to_be_visible()


async def say(shown: Shown, text: str) -> None:
    """Write something and send it by the keyboard."""
    field = shown.page.get_by_role("textbox", name="Your message")
    await field.fill(text)
    await field.press("Enter")


async def test_said_answered_and_still_there(site: Pages) -> None:
    """The bot's reply appears; after a reload, and in a new page of the same browser, the conversation is there."""
    context = await site.browser.new_context()
    async with site.open("data-chat", context=context) as shown:
        await opened(shown)
        assert await shown.stored() is None
        assert shown.requests == []
        await say(shown, "Hello, who is there?")
        await expect(shown.page.locator(".line")).to_have_count(2, timeout=20_000)
        await expect(shown.page.locator(".line.customer")).to_contain_text("Hello, who is there?")
        answer = await shown.page.locator(".line.bot p").first.inner_text()
        assert answer
        await shown.page.reload()
        await opened(shown)
        await expect(shown.page.locator(".line")).to_have_count(2, timeout=20_000)
        assert shown.troubles == []
    async with site.open("data-chat", context=context) as shown:
        await opened(shown)
        await expect(shown.page.locator(".line.bot")).to_contain_text(answer, timeout=20_000)
    await context.close()


async def test_another_browser_sees_nothing_of_it(site: Pages) -> None:
    """Whoever has another key has another conversation, which is empty."""
    async with site.open("data-chat") as shown:
        await opened(shown)
        await say(shown, "my secret wish")
        await expect(shown.page.locator(".line")).to_have_count(2, timeout=20_000)
    async with site.open("data-chat", script="localStorage.throughline = 'A'.repeat(43)") as shown:
        await opened(shown)
        await shown.page.wait_for_timeout(1_500)
        await expect(shown.page.locator(".line")).to_have_count(0)


async def _let_the_bot_have_said(site: Pages, key: str, reply: Reply) -> None:
    """The last turn of this visitor with another reply, as it stands in the store."""
    store = site.shop.here.brands["glow"].store
    await site.shop.quiet()
    identity = Identifier(IdentifierKind.VISITOR, SITE, visitor_of(SITE, key)).key
    seat = (await store.get(Identity, [identity]))[identity].record.seat("webchat", SITE)
    assert seat is not None
    stored = (await store.get(Conversation, [seat]))[seat]
    name = stored.record.applied[-1]
    turn = (await store.get(Turn, [name]))[name]
    messages = tuple(each.model_copy(update={"reply": reply}) for each in turn.record.messages)
    changed = stored.record.model_copy(update={"locale": "en"})
    await store.write(turn.put(turn.record.model_copy(update={"messages": messages})), stored.put(changed))


async def test_nothing_that_was_written_runs(site: Pages) -> None:
    """Hostile texts, from either side and in every part of a reply, are shown as they are and do nothing."""
    async with site.open("data-chat") as shown:
        await opened(shown)
        await say(shown, "\n".join(HOSTILE))
        await expect(shown.page.locator(".line")).to_have_count(2, timeout=20_000)
        key = (await shown.stored() or "")[:43]
        cards = tuple(
            Card(
                title=text[:80], subtitle=text[:80], buttons=(UrlButton(title=text[:40], url="https://shop.example/"),)
            )
            for text in HOSTILE
        )
        for reply in (
            Reply(
                text="\n".join(HOSTILE),
                quick_replies=tuple(QuickReply(title=text[:40], payload="p") for text in HOSTILE),
            ),
            Reply(text="", form=Cards(cards=cards)),
            Reply(
                text="x",
                form=Buttons(buttons=tuple(ReplyButton(title=text[:40], payload=text) for text in HOSTILE[:6])),
            ),
        ):
            await _let_the_bot_have_said(site, key, reply)
            await shown.page.reload()
            await opened(shown)
            await expect(shown.page.locator(".line.bot .choices").first).to_be_visible(timeout=20_000)
            found: dict[str, Any] = await shown.page.evaluate(
                """() => {
                  const root = [...document.querySelectorAll('div')].find((each) => each.shadowRoot).shadowRoot;
                  const all = [...root.querySelectorAll('*')];
                  return {
                    bad: window.bad === undefined,
                    tags: [...new Set(all.map((each) => each.localName))],
                    handlers: all.filter((each) => [...each.attributes].some((a) => /^(on|style)/.test(a.name))).length,
                    links: [...root.querySelectorAll('a')].map((each) => each.protocol),
                    said: root.querySelector('.customer p').textContent,
                  };
                }"""
            )
            assert found["bad"]
            assert found["handlers"] == 0
            assert not {"script", "img", "svg", "iframe", "style"} & set(found["tags"])
            assert set(found["links"]) <= {"http:", "https:"}
            assert found["said"] == "\n".join(HOSTILE)
        assert shown.troubles == []


async def test_a_choice_is_said_by_pressing_it(site: Pages) -> None:
    """A quick reply is a button; pressed, its title is said and its payload goes along."""
    async with site.open("data-chat") as shown:
        await opened(shown)
        await say(shown, "hello")
        await expect(shown.page.locator(".line")).to_have_count(2, timeout=20_000)
        choices = (QuickReply(title="Where is my order?", payload="ORDER_STATUS"),)
        await _let_the_bot_have_said(
            site, (await shown.stored() or "")[:43], Reply(text="What now?", quick_replies=choices)
        )
        await shown.page.reload()
        await opened(shown)
        await shown.page.get_by_role("button", name="Where is my order?").click()
        await expect(shown.page.locator(".line.customer")).to_have_count(2)
        said = [item for item in shown.items if item["what"] == "message"]
        assert (said[-1]["text"], said[-1]["payload"]) == ("Where is my order?", "ORDER_STATUS")


async def test_what_could_not_be_sent_can_be_sent_again(site: Pages) -> None:
    """While nobody answers the message says so, and a button sends the same message, once."""
    async with site.open("data-chat") as shown:
        await opened(shown)
        await shown.page.route("**/events", lambda route: route.abort())
        await say(shown, "are you there?")
        again = shown.page.get_by_role("button", name="Try again")
        await expect(again).to_be_visible(timeout=20_000)
        await shown.page.unroute("**/events")
        await again.click()
        await expect(shown.page.locator(".line.bot")).to_have_count(1, timeout=20_000)
        await expect(shown.page.locator(".line.customer")).to_have_count(1)
        assert len({item["id"] for item in shown.items if item["what"] == "message"}) == 1


async def test_it_is_used_without_a_mouse(site: Pages) -> None:
    """Roles and names are there; focus goes in, stays in, and comes back; Escape closes; new lines are announced."""
    async with site.open("data-chat") as shown:
        page = shown.page
        launch = page.get_by_role("button", name="Chat")
        await expect(launch).to_have_attribute("aria-haspopup", "dialog")
        await expect(launch).to_have_attribute("aria-expanded", "false")
        await launch.focus()
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Chat")
        await expect(dialog).to_be_visible()
        await expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
        log = page.get_by_role("log")
        await expect(log).to_have_attribute("aria-live", "polite")
        await expect(page.get_by_role("heading", name="Chat")).to_be_visible()
        reached = set()
        for _ in range(10):
            await page.keyboard.press("Tab")
            reached.add(await page.evaluate(
                "() => { const at = document.activeElement; const inner = at.shadowRoot && at.shadowRoot.activeElement;"
                "return inner ? inner.localName + ':' + (inner.textContent || inner.ariaLabel) : at.localName; }"
            ))  # fmt: skip
        assert "a" not in reached
        assert {"button:Close", "button:Send"} <= reached
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(launch).to_be_focused()
        await launch.click()
        await page.get_by_role("button", name="Close").click()
        await expect(dialog).to_be_hidden()


async def test_it_follows_what_the_person_has_set(site: Pages) -> None:
    """Dark where dark is wanted, with enough contrast in both; the language of the page; targets that can be hit."""
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        context = await site.browser.new_context(color_scheme=scheme)
        async with site.open("data-chat", context=context) as shown:
            await opened(shown)
            colours: list[str] = await shown.page.evaluate(
                """() => {
                  const root = [...document.querySelectorAll('div')].find((each) => each.shadowRoot).shadowRoot;
                  const style = getComputedStyle(root.querySelector('dialog'));
                  const send = getComputedStyle(root.querySelector('form button'));
                  return [style.color, style.backgroundColor, send.color, send.backgroundColor];
                }"""
            )
            assert _contrast(colours[0], colours[1]) >= 4.5
            assert _contrast(colours[2], colours[3]) >= 4.5
            assert (_light(colours[1]) > 0.5) is (scheme == "light")
            for button in await shown.page.get_by_role("dialog").get_by_role("button").all():
                box = await button.bounding_box()
                assert box is not None
                assert min(box["width"], box["height"]) >= 24
        await context.close()


def _light(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
