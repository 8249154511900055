"""The story that the demo tells, chapter by chapter, each with what must be true at its end."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.samples import SampleItem
from connectors.testing import SentMessage
from middleware.cli.demo_stage import AD, BUNDLE, Delivery, Stage
from middleware.domain.turn import Turn

ANA_INSTAGRAM = "17841400000007301"
ANA_PHONE = "34600111222"
ANA_EMAIL = "ana.ruiz@example.com"
BEN_MESSENGER = "7302000000000001"
ORDER = 1001
_CHECKOUT = "c0ffee5e5b7d49e2a6c4f1b2d3e4f5a6"

_LINK = re.compile(r"attributes%5Bthroughline%5D=([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story. `context` is what a reply used: level, and the state of each block."""

    role: str
    who: str
    text: str
    context: dict[str, Any] = field(default_factory=dict)

    def context_line(self) -> str:
        """The context in one line."""
        return ", ".join(f"{name} {value}" for name, value in self.context.items())


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must be true."""

    what: str
    holds: bool


@dataclass(slots=True)
class Chapter:
    """One part of the story."""

    title: str
    lines: list[Line] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def fact(self, text: str) -> None:
        """Something that happens."""
        self.lines.append(Line("fact", "", text))

    def check(self, what: str, *, holds: bool) -> None:
        """State what must be true, and whether it is."""
        self.checks.append(Check(what, holds))

    def as_dict(self) -> dict[str, Any]:
        """The chapter as plain data."""
        return asdict(self)

    async def exchange(self, stage: Stage, who: str, delivery: Delivery) -> str:
        """Deliver what somebody says, and note the reply with the context that it used. The reply's text."""
        assert delivery.event.message is not None  # noqa: S101 - only messages are exchanged
        self.lines.append(Line("customer", who, delivery.event.message.text))
        sent, turn = await stage.replied(delivery)
        text = "\n".join(message.text for message in sent)
        self.lines.append(Line("reply", "reply", text or "(nothing)", used_by(turn)))
        return text


def used_by(turn: Turn) -> dict[str, Any]:
    """What a turn knew: the sender's level, the state of each block that was handed over, and the flow."""
    context = turn.context
    used: dict[str, Any] = {"level": context["identity"]["level"]}
    for block in ("orders", "cart", "ad_click", "product"):
        if block in context:
            used[block] = context[block]["state"]
    used["flow"] = turn.decision.flow or f"none ({', '.join(turn.reasons)})"
    return used


async def ad_click(stage: Stage) -> Chapter:
    """Ana comes through an ad."""
    chapter = Chapter("Ana clicks an Instagram ad for a skincare bundle and asks a question")
    product = stage.delivery(
        "shopify",
        "product_created",
        items=(BUNDLE,),
        handle="glow-skincare-bundle",
        description="<p>Cleanser, serum and cream.</p><p>All three are vegan and free of perfume.</p>",
    )
    await stage.absorbed(product)
    chapter.fact("Shopify: the product Glow Skincare Bundle, with its description")
    said = stage.delivery(
        "instagram",
        "ad_message",
        ANA_INSTAGRAM,
        text="is it vegan?",
        ad_id=AD,
        ad_headline="Your skin, happier",
    )
    reply = await chapter.exchange(stage, "Ana on Instagram", said)
    chapter.check("the reply names the product of the ad", holds="Glow Skincare Bundle" in reply)
    chapter.check("and quotes what the shop's catalogue says", holds="“All three are vegan and" in reply)
    return chapter


async def order(stage: Stage) -> Chapter:
    """Her order arrives."""
    chapter = Chapter("Her order arrives from the shop, with her phone number on it")
    delivery = stage.delivery(
        "shopify", "order_paid", phone=f"+{ANA_PHONE}", email=ANA_EMAIL, order_number=ORDER, items=(BUNDLE,)
    )
    await stage.absorbed(delivery)
    chapter.fact(f"Shopify: order #{ORDER}, paid, phone +{ANA_PHONE}, e-mail {ANA_EMAIL}")
    return chapter


async def recognised(stage: Stage) -> Chapter:
    """She is recognised on WhatsApp."""
    chapter = Chapter("She writes on WhatsApp from that phone. She never said who she is")
    said = stage.delivery("whatsapp", "message", ANA_PHONE, text="where is my order?")
    reply = await chapter.exchange(stage, "Ana on WhatsApp", said)
    chapter.check("the reply names the order and its state", holds=f"#{ORDER}" in reply and "paid" in reply)
    return chapter


async def stranger(stage: Stage) -> Chapter:
    """Ben tries to get at it."""
    chapter = Chapter("Ben, a stranger on Messenger, types Ana's e-mail address and her order number")
    real = stage.delivery("messenger", "message", BEN_MESSENGER, text=f"Where is my order #{ORDER}? I am {ANA_EMAIL}")
    made_up = stage.delivery(
        "messenger", "message", BEN_MESSENGER, text="Where is my order #9999? I am nobody@example.com"
    )
    about_real = await chapter.exchange(stage, "Ben on Messenger", real)
    about_none = await chapter.exchange(stage, "Ben on Messenger", made_up)
    chapter.check("the words are identical to those for an order that does not exist", holds=about_real == about_none)
    chapter.check("he learns nothing", holds=str(ORDER) not in about_real and "Ana" not in about_real)
    return chapter


async def three_times(stage: Stage) -> Chapter:
    """The platform repeats itself."""
    chapter = Chapter("WhatsApp delivers the same message three times")
    said = stage.delivery("whatsapp", "message", ANA_PHONE, text="any news about my order?")
    before = len(stage.graph.sent)
    await chapter.exchange(stage, "Ana on WhatsApp", said)
    for _ in range(2):
        await stage.absorbed(said)
        chapter.fact("the same delivery again, accepted with 200")
    chapter.check("one reply", holds=len(stage.graph.sent) - before == 1)
    return chapter


async def cart(stage: Stage) -> Chapter:
    """The cart comes back through a personal link."""
    chapter = Chapter("Ana opens the personal link from her Instagram chat, fills a cart and leaves")
    link = _link_of(stage.graph.sent[0])
    chapter.check("her first reply on Instagram carried a personal link", holds=bool(link))
    item = SampleItem(title="Rose Night Cream", variant="30 ml", sku="ROSE-30", variant_id=44100200777)
    checkout = stage.delivery(
        "shopify",
        "checkout_created",
        link_id=link,
        email=None,
        customer_id=None,
        items=(item,),
        checkout_token=_CHECKOUT,
    )
    await stage.absorbed(checkout)
    chapter.fact("Shopify: a checkout with Rose Night Cream that came through this link; no contact typed yet")
    back = stage.delivery("instagram", "message", ANA_INSTAGRAM, text="hi, I'm back")
    reply = await chapter.exchange(stage, "Ana on Instagram", back)
    fresh = _link_in(reply)
    chapter.check("the reply continues that cart", holds="Rose Night Cream" in reply)
    chapter.check("with a fresh link into it", holds=bool(fresh) and fresh != link)
    asks = stage.delivery("instagram", "message", ANA_INSTAGRAM, text="and where is my order?")
    reply = await chapter.exchange(stage, "Ana on Instagram", asks)
    chapter.fact("A link that comes back is not proof of who holds it: links get forwarded.")
    chapter.check("so her WhatsApp order is not told here", holds=f"#{ORDER}" not in reply)
    return chapter


def _link_of(sent: SentMessage) -> str | None:
    return _link_in(sent.text)


def _link_in(text: str) -> str | None:
    found = _LINK.search(text)
    return found[1] if found else None


Play = Callable[[Stage], Awaitable[Chapter]]
"""Plays one chapter."""

CHAPTERS: tuple[Play, ...] = (
    ad_click,
    order,
    recognised,
    stranger,
    three_times,
    cart,
)
"""The story, in order."""
