"""Asking engines: once, within their time, never blindly again, and whatever comes of it comes back as an event."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from middleware.domain.context import (
    Block,
    CartView,
    Context,
    IdentityView,
    LinkOffer,
    MessageView,
    Policy,
    ProductView,
)
from middleware.domain.engine_contract import ReplyTo
from middleware.domain.engines import EngineAnswer, EngineAsked, EngineOutcome, Question
from middleware.domain.events import Event
from middleware.domain.identifiers import Level
from middleware.domain.jobs import Job, JobKind
from middleware.domain.messages import Reply
from middleware.domain.turn import Decision, Turn, context_record, turn_id
from middleware.handover import turn_request
from middleware.jobs.asking import AskEngines
from middleware.jobs.claim import Claim, Later, Over
from middleware.pipeline.breaker import FAILURES_TO_OPEN
from middleware.pipeline.engines import LaterReplies, reply_key
from middleware.pipeline.parts import Brand, BrandEngine
from middleware.ports import InboxEntry, Put, Recorded
from tests.unit.middleware.builders import START, at, bsuid, message
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import brand_of

SAID = EngineAnswer(outcome=EngineOutcome.ANSWERED, replies=(Reply(text="It is on its way."),))
LEASE = timedelta(seconds=20)


class HandClock:
    """A clock that a test moves; pauses of the loop do not move it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """A moment after the start."""
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self.seconds


@dataclass
class Scripted:
    """An engine that answers what a test says, one after the other; the last one again and again."""

    answers: tuple[EngineAnswer, ...] = (SAID,)
    once: bool = False
    asked: list[Question] = field(default_factory=list)
    before: Callable[[], Any] = lambda: None

    async def ask(self, question: Question, *, timeout: float) -> EngineAnswer:  # noqa: ASYNC109 - the port's
        """See `Engine.ask`."""
        assert timeout > 0
        self.asked.append(question)
        self.before()
        await asyncio.sleep(0)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def _view(event: Event) -> MessageView | None:
    """The message as a context has it; of a burst it is the words of all."""
    said = event.message
    if said is None:
        return None
    text = f"hi\n{said.text}"
    return MessageView(id="m", channel="whatsapp", account="777", kind="text", text=text, sent_at=event.occurred_at)


class Desk:
    """One turn that asked an engine, and the job that asks it."""

    def __init__(self, engine: Scripted, **terms: Any) -> None:
        self.store, self.clock, self.engine = MemoryStore(), HandClock(), engine
        known = BrandEngine(
            engine=engine,
            timeout=timedelta(seconds=8),
            answer_within=timedelta(seconds=60),
            blocks=frozenset({"orders"}),
            values=lambda _: {"order": "#1001"},
            silence_is_an_answer=False,
        )
        self.brand: Brand = replace(brand_of(self.store), engines={"bot": replace(known, **terms)})
        self.told: list[EngineOutcome] = []
        self.asking = AskEngines(
            clock=self.clock,
            told=lambda _brand, _engine, outcome, _seconds: self.told.append(outcome),
            reply_url=lambda turn: f"https://hooks.example/v1/turns/{turn}/replies",
            longest=timedelta(seconds=8),
        )

    def turn(self, event: Event, **changes: Any) -> Turn:
        """The turn of an event, which asks `bot`, in the store with its event and its job."""
        context = Context(
            trace_id=event.key,
            at=at(0),
            message=_view(event),
            identity=IdentityView(level=Level.CHANNEL),
            policy=Policy(may_reply=True, may_promote=False),
        )
        known = Turn(
            id=turn_id("glow", event),
            event_key=event.key,
            conversation_id="c_1",
            profile_id="p_1",
            channel=event.connector,
            account=event.account,
            recipient=(),
            decided_at=START,
            sent_at=event.occurred_at,
            decision=Decision(flow="everything", effects=(EngineAsked(engine="bot", within=10, locale="de"),)),
            context=context_record(context),
        )
        turn = known.model_copy(update=changes)
        job = Job.of(JobKind.ENGINE, event.key, event.connector, event.account, START)
        for put in (Put(Recorded(id=event.key, event=event)), Put(turn), Put(job)):
            self.store._changed(put)
        return turn

    async def claim(self, event: Event) -> Claim:
        """The job of an event, taken."""
        stored = self.store.records[Job][f"engine|{event.key}"]
        claim = await Claim.taken(self.brand, stored, self.clock, LEASE, "one")
        assert claim is not None
        return claim

    async def work(self, event: Event) -> Over | Later:
        """One attempt, with its end written as the runner does."""
        claim = await self.claim(event)
        result = await self.asking.work(claim)
        if isinstance(result, Over):
            await claim.end(result)
        else:
            await claim.postpone(result.after or timedelta(0), result.reason, claim.job.attempts)
        return result

    def said(self) -> Mapping[str, EngineAnswer]:
        """What stands in the inbox, by key."""
        found = self.store.all(InboxEntry)
        return {key: entry.event.engine.answer for key, entry in found.items() if entry.event.engine is not None}


def outcome_of(result: Over | Later) -> EngineOutcome | str:
    """What an attempt came to."""
    if isinstance(result, Later):
        return result.reason
    assert result.event is not None
    assert result.event.engine is not None
    return result.event.engine.answer.outcome


ASKS = message(bsuid("ana"), text="where is my order?")


async def test_the_engine_gets_the_turn_and_its_answer_comes_as_an_event_of_that_customer() -> None:
    """It is asked with what was decided on; what it says is on the customer's lane, as old as what they wrote."""
    desk = Desk(Scripted())
    turn = desk.turn(ASKS)

    result = await desk.work(ASKS)

    (question,) = desk.engine.asked
    assert (question.turn, question.conversation, question.text) == (turn.id, "c_1", "hi\nwhere is my order?")
    until = START + timedelta(seconds=60)
    reply = ReplyTo(url=f"https://hooks.example/v1/turns/{turn.id}/replies", until=until)
    known = Context.model_validate(turn.context)
    assert question.request == turn_request(
        turn.id, known, at=START, blocks={"orders"}, prompt=4_000, values={"order": "#1001"}, reply=reply
    )
    assert (question.values, question.locale) == ({"order": "#1001"}, "de")
    assert question.prompt.startswith("Context of one customer")
    assert isinstance(result, Over)
    assert result.event is not None
    assert (result.event.lane, result.event.occurred_at) == (ASKS.lane, ASKS.occurred_at)
    assert desk.said() == {reply_key(turn.id): SAID}
    assert not desk.store.all(Job)
    assert desk.told == [EngineOutcome.ANSWERED]


async def test_an_answer_comes_with_what_its_turn_was_offered() -> None:
    """The links of the turn that asked, as far as the engine was shown them: at once, and with a later answer."""
    desk = Desk(Scripted(), blocks=frozenset({"cart"}))
    links = {name: LinkOffer(id=f"id-of-{name}", url="https://shop.example") for name in ("cart", "product")}
    views: dict[str, Any] = {
        "cart": Block[CartView](state="fresh", needs_level=Level.CHANNEL, value=CartView(items=(), updated_at=at(0))),
        "product": Block[ProductView](
            state="fresh", needs_level=Level.NEW, value=ProductView(title="Rose", why="ad_click")
        ),
    }
    known = Context(
        trace_id="t",
        at=at(0),
        identity=IdentityView(level=Level.CARRIED),
        policy=Policy(may_reply=True, may_promote=False),
        links=links,
        **views,
    )
    turn = desk.turn(ASKS, context=context_record(known))

    at_once = await desk.work(ASKS)
    later = await LaterReplies({"glow": desk.brand}, desk.clock).take(frozenset({"glow"}), turn.id, "one", SAID)

    assert isinstance(at_once, Over)
    assert later is not None
    for event in (at_once.event, later[1]):
        assert event is not None
        assert event.engine is not None
        assert event.engine.offers == {"cart": "id-of-cart"}


async def test_what_is_noted_in_silence_is_kept() -> None:
    """Silence is a failure here, but what the engine noted of the customer is on its way to the flow."""
    desk = Desk(Scripted((EngineAnswer(outcome=EngineOutcome.SILENT, tags=("spam",)),)))
    turn = desk.turn(ASKS)

    assert outcome_of(await desk.work(ASKS)) is EngineOutcome.REFUSED
    assert desk.said()[reply_key(turn.id)].tags == ("spam",)


@pytest.mark.parametrize("landed", ["inbox", "recorded"])
async def test_an_answer_that_is_there_is_not_asked_for_again(landed: str) -> None:
    """The process died after the answer was stored: the job ends, and the engine hears nothing."""
    desk = Desk(Scripted())
    turn = desk.turn(ASKS)
    event = ASKS.model_copy(update={"key": reply_key(turn.id)})
    entry = InboxEntry.of(event) if landed == "inbox" else Recorded(id=event.key, event=event)
    desk.store._changed(Put(entry))

    assert isinstance(await desk.work(ASKS), Over)
    assert desk.engine.asked == []
    assert not desk.store.all(Job)


@pytest.mark.parametrize(("once", "asked"), [(False, 0), (True, 1)])
async def test_what_may_have_been_asked_is_asked_again_only_where_that_is_once(*, once: bool, asked: int) -> None:
    """A process began to ask and died: another one asks again only an engine that knows the turn's id."""
    desk = Desk(Scripted(once=once))
    desk.turn(ASKS)
    dead = await desk.claim(ASKS)
    await dead.begin()
    desk.clock.seconds += LEASE.total_seconds()

    result = await desk.work(ASKS)

    assert len(desk.engine.asked) == asked
    assert outcome_of(result) is (EngineOutcome.ANSWERED if once else EngineOutcome.UNKNOWN)


async def test_it_is_written_down_before_the_engine_is_asked() -> None:
    """Otherwise nobody would know that it may have been."""
    desk = Desk(Scripted())
    desk.turn(ASKS)
    begun: list[bool] = []
    desk.engine.before = lambda: begun.append(all(job.begun_at for job in desk.store.all(Job).values()))

    await desk.work(ASKS)

    assert begun == [True]


@pytest.mark.parametrize("second", [SAID, EngineAnswer(outcome=EngineOutcome.UNREACHABLE)])
async def test_what_did_not_arrive_is_asked_once_more(second: EngineAnswer) -> None:
    """No connection came about: a second try within its time, and no third."""
    desk = Desk(Scripted((EngineAnswer(outcome=EngineOutcome.UNREACHABLE), second, SAID)))
    desk.turn(ASKS)

    assert outcome_of(await desk.work(ASKS)) is second.outcome
    assert len(desk.engine.asked) == 2


@pytest.mark.parametrize("outcome", [EngineOutcome.UNKNOWN, EngineOutcome.REFUSED])
async def test_a_failure_is_told_and_not_repeated(outcome: EngineOutcome) -> None:
    """What it may have worked on, and what it refused, is not asked again: the flow hears of it."""
    desk = Desk(Scripted((EngineAnswer(outcome=outcome, detail="500"), SAID)))
    desk.turn(ASKS)

    assert outcome_of(await desk.work(ASKS)) is outcome
    assert len(desk.engine.asked) == 1


@pytest.mark.parametrize("allowed", [True, False])
async def test_silence_is_an_answer_only_where_the_settings_say_so(*, allowed: bool) -> None:
    """Some engines say nothing when they fail: else the customer would be left with nothing."""
    silent = EngineAnswer(outcome=EngineOutcome.SILENT)
    desk = Desk(Scripted((silent,)), silence_is_an_answer=allowed)
    desk.turn(ASKS)

    assert outcome_of(await desk.work(ASKS)) is (EngineOutcome.SILENT if allowed else EngineOutcome.REFUSED)


async def test_a_later_answer_ends_the_waiting() -> None:
    """202, then the answer comes to the API: it is an event of the same customer, and the job is gone."""
    desk = Desk(Scripted((EngineAnswer(outcome=EngineOutcome.LATER),)))
    turn = desk.turn(ASKS)
    assert isinstance(await desk.work(ASKS), Later)

    later = LaterReplies({"glow": desk.brand}, desk.clock)
    for _ in range(2):
        taken = await later.take(frozenset({"glow"}), turn.id, "one", SAID)
        assert taken is not None
        assert taken[1].lane == ASKS.lane

    assert desk.said() == {reply_key(turn.id, "one"): SAID}
    assert not desk.store.all(Job)


async def test_a_later_answer_that_does_not_come_is_a_failure() -> None:
    """The customer is not left in silence: once its time is over, the flow hears of it, and it counts no more."""
    desk = Desk(Scripted((EngineAnswer(outcome=EngineOutcome.LATER),)))
    turn = desk.turn(ASKS)
    first = await desk.work(ASKS)
    assert isinstance(first, Later)
    assert first.after == timedelta(seconds=60)
    desk.clock.seconds = 60

    assert outcome_of(await desk.work(ASKS)) is EngineOutcome.OVERDUE
    assert len(desk.engine.asked) == 1
    later = LaterReplies({"glow": desk.brand}, desk.clock)
    assert await later.take(frozenset({"glow"}), turn.id, "one", SAID) is None


async def test_nobody_answers_a_turn_of_another_brand_or_one_that_asked_nothing() -> None:
    """Whoever may answer for one brand learns nothing of another's turns."""
    desk = Desk(Scripted())
    turn = desk.turn(ASKS)
    asked_nothing = desk.turn(message(bsuid("ben")), decision=Decision())
    later = LaterReplies({"glow": desk.brand}, desk.clock)

    assert await later.take(frozenset({"shine"}), turn.id, "one", SAID) is None
    assert await later.take(frozenset({"glow"}), asked_nothing.id, "one", SAID) is None
    assert await later.take(frozenset({"glow"}), "no such turn", "one", SAID) is None
    assert desk.said() == {}


async def test_an_engine_that_fails_again_and_again_is_left_alone() -> None:
    """Its breaker opens: others are told at once that it was not asked; after a while one of them is asked again."""
    desk = Desk(Scripted((EngineAnswer(outcome=EngineOutcome.UNKNOWN),) * FAILURES_TO_OPEN + (SAID,)))
    events = [message(bsuid(f"customer{number}")) for number in range(FAILURES_TO_OPEN + 2)]
    for event in events:
        desk.turn(event)

    outcomes = [outcome_of(await desk.work(event)) for event in events[:-1]]
    desk.clock.seconds += 31
    outcomes.append(outcome_of(await desk.work(events[-1])))

    assert outcomes == [EngineOutcome.UNKNOWN] * FAILURES_TO_OPEN + [EngineOutcome.NOT_ASKED, EngineOutcome.ANSWERED]
    assert len(desk.engine.asked) == FAILURES_TO_OPEN + 1


async def test_what_the_customer_took_back_goes_to_no_engine() -> None:
    """The context of the turn is gone with the message."""
    desk = Desk(Scripted())
    desk.turn(ASKS, context={})

    assert isinstance(await desk.work(ASKS), Over)
    assert desk.engine.asked == []
    assert desk.said() == {}


async def test_an_engine_that_the_settings_lost_is_a_failure() -> None:
    """The customer is answered by the fallback flow, not by nobody."""
    desk = Desk(Scripted())
    desk.turn(ASKS, decision=Decision(effects=(EngineAsked(engine="gone", within=10),)))

    assert outcome_of(await desk.work(ASKS)) is EngineOutcome.NOT_ASKED
