"""Hands on a keyboard, and ears: what they reach they reach by Tab, what they press they press with keys."""

from dataclasses import dataclass

from desks import Seat
from focus import focused, unseen
from playwright.async_api import Error, Locator, Page, expect

from tests.console import PASSWORD

NEAR = 25
"""Stops of the Tab key that people can be expected to go through to what they came for."""

_LISTEN = """
const LIVE = "[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]";
globalThis.heard = [];
globalThis.walked = false;
addEventListener("keydown", (event) => { walked ||= event.key === "Tab"; }, true);
addEventListener("DOMContentLoaded", () => {
  new MutationObserver((changes) => {
    const fresh = changes.flatMap((each) => [...each.addedNodes]);
    for (const { target } of changes) {
      const at = target instanceof Element ? target : target.parentElement;
      const region = at?.closest(LIVE);
      if (region && !fresh.some((each) => each.contains(region))) heard.push(region.textContent);
    }
    for (const each of fresh) {
      if (!(each instanceof Element)) continue;
      for (const alert of [each, ...each.querySelectorAll("*")]) {
        if (alert.matches("[role=alert]")) heard.push(alert.textContent);
      }
    }
  }).observe(document.documentElement, { subtree: true, childList: true, characterData: true });
});
"""
"""What is read out to people: changes in a region that was there before, and alerts. A region that comes together with
its words may stay unheard.
"""

_HEARD = """(text) => {
  const at = document.activeElement;
  const isLedThere = at.tabIndex === -1 && at !== document.body;
  return heard.some((each) => each.includes(text)) || (isLedThere && at.textContent.includes(text));
}"""


@dataclass
class Hands:
    """Somebody at the console who has no mouse. Wherever the focus comes, it must be seen."""

    seat: Seat

    @property
    def page(self) -> Page:
        """What they have before them."""
        return self.seat.page

    async def sign_in(self, login: str) -> None:
        """From the page where people sign in to wherever that leads."""
        page = self.page
        await page.add_init_script(_LISTEN)
        await self.seat.go("/sign-in")
        await self.write(page.get_by_label("Login"), login)
        await self.write(page.get_by_label("Password"), PASSWORD)
        await self.page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "/sign-in" not in url)

    async def opens(self, link: Locator, heading: str, *, most: int = NEAR, back: bool = False) -> None:
        """Follow a link or press what leads to a page with this heading, and skip to its content."""
        await self.leaves(link, most=most, back=back)
        await self.skip(heading)

    async def leaves(self, link: Locator, *, most: int = NEAR, back: bool = False) -> None:
        """Follow a link or press what leads to another page, until that is there."""
        await self.page.evaluate("() => { globalThis.before = true; }")
        await self.press(link, most=most, back=back)
        await self.page.wait_for_function("() => !globalThis.before && document.readyState === 'complete'")

    async def to_section(self, name: str, *, back: bool = False) -> None:
        """To a section: from a page that was just opened, or `back` from the beginning of its content."""
        sections = self.page.get_by_role("navigation", name="Sections")
        await self.opens(sections.get_by_role("link", name=name, exact=True), name, back=back)

    async def skip(self, heading: str) -> None:
        """To the content of a page that was just opened, once it is there."""
        page = self.page
        await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        await self.press(page.get_by_role("link", name="Skip to the content"), most=1)
        await expect(page.locator("main")).to_be_focused()

    async def press(self, there: Locator, key: str = "Enter", *, most: int = NEAR, back: bool = False) -> None:
        """Reach something and press a key on it."""
        await self.reach(there, most=most, back=back)
        await self.page.keyboard.press(key)

    async def write(self, there: Locator, text: str, *, most: int = NEAR) -> None:
        """Reach a field and type."""
        await self.reach(there, most=most)
        await self.page.keyboard.type(text)

    async def reach(self, there: Locator, *, most: int = NEAR, back: bool = False) -> None:
        """Press Tab until this has the focus; fails with all that was passed. `back`: the other way."""
        await expect(there).to_be_visible()
        await self.keeps_its_place()
        passed: list[str] = []
        while not await there.evaluate("(each) => each === document.activeElement"):
            assert len(passed) < most, f"{most} stops do not lead to {there}:\n" + "\n".join(passed)
            await self.page.keyboard.press("Shift+Tab" if back else "Tab")
            at = await focused(self.seat)
            passed.append(at["html"] if at is not None else "(the browser itself)")
            assert at is None or unseen(at) == []

    async def keeps_its_place(self) -> None:
        """Whoever went somewhere on this page is still somewhere, and not at its beginning again."""
        await self.page.wait_for_function("() => !walked || document.activeElement !== document.body")

    async def hears(self, text: str) -> None:
        """It was announced on this page, or the focus has gone to where it stands."""
        try:
            await self.page.wait_for_function(_HEARD, arg=text, timeout=20_000)
        except Error:
            raise AssertionError(f"{text!r} was not heard: {await self.page.evaluate('() => heard')}") from None
