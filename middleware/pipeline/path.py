"""The path of one message, written once: which stage follows which, and why it stands there.

Before the acknowledgement, in the web process (`accept.py`):

    receive    the raw bytes, once, because signatures are over bytes
    verify     before anything is parsed: an unsigned body is nobody's
    normalise  one body to many events, so that each is stored, deduplicated and retried alone
    accept     stored before it is acknowledged: what we say 2xx to is ours to lose

After it, in the worker, one lane at a time:
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import IdentifierKind
from middleware.domain.jobs import Job, JobKind
from middleware.domain.news import news_in
from middleware.pipeline.absorb import absorb
from middleware.pipeline.absorb_facts import absorb_facts
from middleware.pipeline.absorb_product import absorb_product
from middleware.pipeline.act import act
from middleware.pipeline.beside import wanted_by_facts
from middleware.pipeline.bursts import gather
from middleware.pipeline.carry_out import carry_out, hear
from middleware.pipeline.decide import decide
from middleware.pipeline.engines import await_answer
from middleware.pipeline.enrich import enrich
from middleware.pipeline.forgetting import WAITS_FOR, Erased, ErasureUnderWay, drop
from middleware.pipeline.left_carts import wait_for
from middleware.pipeline.note import note
from middleware.pipeline.order import is_answered
from middleware.pipeline.parts import Brand, Process
from middleware.pipeline.passage import NotYet, Passage
from middleware.pipeline.resolve import resolve
from middleware.pipeline.send import send
from middleware.pipeline.signals import show_signals
from middleware.ports import Delete, InboxEntry, Put, Recorded


class Stage(NamedTuple):
    """One stage: what it does, the name under which its end is counted, and what follows from it in memory."""

    act: Callable[[Passage], Awaitable[None]]
    over: str
    then: Callable[[Passage], None] | None = None


ANSWER = (
    # First: whose lane is it, and is it free?
    Stage(resolve, "resolved"),
    # Before the lane is taken: who waits for an engine holds nothing.
    Stage(await_answer, "awaited"),
    # Facts before words: the reply may need what this very message brought (an ad click).
    Stage(absorb, "absorbed", then=hear),
    # What was heard by now is answered together.
    Stage(gather, "gathered"),
    # As late as possible, so that the context is as fresh as possible.
    Stage(enrich, "enriched"),
    # One insert: from here on nothing is decided again. It is certain now whether something is said, so that the
    # customer may see it; nothing waits for that.
    Stage(decide, "decided", then=show_signals),
    # Before sending: a link must work when the customer reads it.
    Stage(carry_out, "carried_out"),
    # Last: it cannot be taken back.
    Stage(send, "finished"),
)
"""The stages of an event that may call for an answer."""

NOTE = (
    Stage(resolve, "resolved"),
    Stage(absorb, "absorbed", then=hear),
    Stage(note, "finished"),
)
"""The stages of an event in a conversation that calls for none."""

ACT = (
    Stage(resolve, "resolved"),
    # No engine is waited for and nothing is gathered: a person does not stand in the queue behind a bot.
    Stage(absorb, "absorbed", then=hear),
    # One insert, as where something is decided: what is done is done once.
    Stage(act, "decided"),
    Stage(carry_out, "carried_out"),
    Stage(send, "finished"),
)
"""The stages of what an agent does: a turn of its own that no flow decides."""

_FACT_KINDS = frozenset(
    {
        IdentifierKind.SHOP_CUSTOMER,
        IdentifierKind.SHOP_ORDER,
        IdentifierKind.SHOP_CHECKOUT,
        IdentifierKind.SHOP_CART,
        IdentifierKind.SHOP_PRODUCT,
        IdentifierKind.SOURCE_RECORD,
        IdentifierKind.TICKET,
    }
)

FACTS = frozenset(
    {
        EventKind.ORDER,
        EventKind.REFUND,
        EventKind.SHIPMENT,
        EventKind.CART,
        EventKind.CUSTOMER,
        EventKind.RECORD,
        EventKind.TICKET,
        EventKind.EMAIL_ACTIVITY,
        EventKind.PAGE_VIEW,
        EventKind.LEAD,
    }
)

_SEEN_ON_SITE = frozenset({EventKind.PAGE_VIEW, EventKind.CART, EventKind.CART_LEFT})
"""What a visitor of the brand's site does without writing."""


async def work_off(process: Process, brand: Brand, event: Event, behind: Sequence[str] = ()) -> None:
    """Take one event from the inbox to its end; `behind` it on its lane wait events of these keys.

    Raises LaneBusy or NotYet when it has to be continued later, StoreUnavailable and LeaseLost when it has to be begun
    again: every stage may be repeated.
    """
    try:
        await _through(process, brand, event, behind)
    except Erased:
        await drop(brand.store, brand.name, event, brand.forgetting)
        process.checkpoint("dropped_erased")
    except ErasureUnderWay:
        raise NotYet(process.clock.now() + WAITS_FOR) from None


async def _through(process: Process, brand: Brand, event: Event, behind: Sequence[str]) -> None:
    """All stages of an event. Raises Erased for one of somebody who was erased."""
    if is_told(event):
        await _work_off_facts(process, brand, event)
        return
    passage = Passage(process, brand, event, behind)
    for stage in _stages(event):
        await stage.act(passage)
        if stage.then is not None:
            stage.then(passage)
        process.checkpoint(stage.over)


def _stages(event: Event) -> tuple[Stage, ...]:
    if event.kind is EventKind.AGENT:
        return ACT
    return ANSWER if is_answered(event) else NOTE


def is_told(event: Event) -> bool:
    """Whether it is told by a source, or about an account, and belongs to no conversation."""
    return event.anchor is None or event.anchor.kind in _FACT_KINDS or event.kind in _SEEN_ON_SITE


async def _work_off_facts(process: Process, brand: Brand, event: Event) -> None:
    """Facts of a shop, or news about an account: they change what is known and trigger nothing by themselves."""
    if event.kind in FACTS and event.anchor is not None:
        event = await absorb_facts(brand.store, event, brand.forgetting)
        # Before the inbox entry goes, so that a crash loses none; ids follow from the event.
        await _want_news(process, brand, event)
        await wait_for(brand, event, process.clock.now())
    elif event.product is not None:
        await absorb_product(brand, event, event.product)
    else:
        jobs = map(Put, wanted_by_facts(event))
        await brand.store.write(Put(Recorded(id=event.key, event=event)), *jobs)
        await _want_news(process, brand, event)
    process.checkpoint("absorbed")
    await brand.store.write(Delete(InboxEntry, event.key))
    process.checkpoint("finished")


async def _want_news(process: Process, brand: Brand, event: Event) -> None:
    """Have a customer told of it, if it is news and a flow starts by that."""
    news = news_in(event, process.clock.now())
    if news is not None and news.what in brand.flows.told_of:
        job = Job.of(JobKind.NEWS, event.key, event.connector, event.account, event.received_at)
        (landed,) = await brand.store.write(Put(job))
        if landed:
            process.wanted(brand.name, job)
