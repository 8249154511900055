"""Flows of a brand that ask and wait, as its folder has them, and their timers let ring ahead of their time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from middleware.clock import SystemClock
from middleware.jobs.timers import ring
from tests.running import Running

NUDGE_WORDS = "remind me of the serum"
NUDGE, ASKED, THANKS = "Shall I keep the serum for you?", "Where can we write to?", "Thank you"

_FLOWS = {
    "nudge": """
triggers: {intent: {en: [remind me of the serum]}}
steps:
  - reply: nudge_begun
  - wait: WAIT
  - reply: nudge
""",
    "contact": """
triggers: {intent: {en: [please contact me]}}
steps:
  - ask: {template: contact_ask, capture: email, into: contact_email}
  - reply: contact_thanks
""",
    "ordered": """
needs: [orders]
triggers: {order_placed: true}
steps:
  - reply: ordered
""",
    "resellers": """
triggers: {intent: {en: [wholesale prices]}}
steps:
  - tag: reseller
  - set: {lifecycle_stage: lead}
  - intent: product_interest
  - reply: nudge_begun
  - hand_over: {reason: wants to resell, to: vip}
""",
    "consumers": """
triggers: {intent: {en: [only for myself]}}
steps:
  - untag: reseller
  - tag: consumer
  - reply: nudge_begun
""",
}
_TEMPLATES = {
    "nudge_begun": "I will remind you.",
    "nudge": NUDGE,
    "ordered": "Thank you for order {{ orders.latest.number }}!",
    "contact_ask": ASKED,
    "contact_thanks": THANKS + ", {{ answers.contact_email }}",
}


def talking_flows(folder: Path, *, wait: str = "2h") -> Path:
    """A folder with a flow that asks for an address and one that comes back after a while."""
    (folder / "templates").mkdir(parents=True)
    for name, text in _FLOWS.items():
        (folder / f"{name}.yaml").write_text(f"flow: {name}\npurpose: p\n{text.replace('WAIT', wait)}")
    for name, text in _TEMPLATES.items():
        content = f'name: {name}\npurpose: p\nlocales:\n  en: {{text: "{text}", fallback: "f"}}\n'
        (folder / "templates" / f"{name}.yaml").write_text(content)
    return folder


@dataclass(frozen=True)
class Ahead(SystemClock):
    """A clock that is ahead of the others."""

    by: timedelta = timedelta(hours=3)

    def now(self) -> datetime:
        """The time there."""
        return super().now() + self.by


async def ring_ahead(shop: Running, by: timedelta = timedelta(hours=3)) -> int:
    """Let ring what is due by then, and wait until all work is over; how many timers rang."""
    rung = await ring(shop.here.brands["glow"].store, Ahead(by), lambda _: None)
    await shop.quiet()
    return rung
