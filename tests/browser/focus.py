"""What has the focus on a page, whether that can be seen, and whether anything covers it."""

from typing import Any

from desks import Seat

FRAMES = 30

_FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const spots = [middle, [box.left + 3, box.top + 3], [box.right - 3, box.bottom - 3]];
  at.dataset.stop ??= String(document.querySelectorAll("[data-stop]").length + 1);
  return {
    stop: Number(at.dataset.stop),
    edits: Boolean(at.closest(".cm-editor")),
    asks: Boolean(document.querySelector(".htmx-request")),
    rings: style.outlineStyle !== "none" || style.boxShadow !== "none",
    sees: spots.some(([x, y]) => {
      const there = document.elementFromPoint(x, y);
      return there && (at.contains(there) || there.contains(at));
    }),
    html: at.outerHTML.slice(0, 200),
  };
}"""


async def focused(seat: Seat) -> dict[str, Any] | None:
    """What has the focus, once what it asks for is there and what still moves has come to rest."""
    at: dict[str, Any] | None = None
    for _ in range(FRAMES):
        at = await seat.page.evaluate(_FOCUSED)
        if at is not None and at["asks"]:
            await seat.page.wait_for_function("() => !document.querySelector('.htmx-request')")
        elif at is None or at["sees"]:
            break
        else:
            await seat.page.evaluate("() => new Promise(requestAnimationFrame)")
    return at


def unseen(at: dict[str, Any]) -> list[str]:
    """What is wrong with where the focus is. An editor shows it around all of itself."""
    wrong = [] if at["rings"] or at["edits"] else [f"cannot be seen: {at['html']}"]
    return wrong + ([] if at["sees"] else [f"is covered: {at['html']}"])
