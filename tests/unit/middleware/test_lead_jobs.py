"""Fetching leads: asked for once, told through the inbox, and never lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from connectors.channels.messenger import Messenger
from connectors.http import HttpClient
from connectors.testing import GraphStandIn, Lead
from middleware.clock import SystemClock
from middleware.domain.events import Event, EventKind, Referral
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.jobs import Job, JobKind
from middleware.jobs.claim import Claim, Later, Over
from middleware.jobs.leads import FetchLeads, lead_of
from middleware.pipeline.beside import wanted_by_facts
from middleware.ports import Account, DeadLetter, InboxEntry, Put, Recorded
from tests.unit.middleware.builders import START
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import brand_of

LEAD = "88812345678901234"
ANSWER_KEY = f"messenger:1001:lead:{LEAD}"
TOKEN = "a-token-of-the-page"


def told_of(lead: object = LEAD, topic: str = "leadgen") -> Event:
    """What the webhook brings: an id."""
    return Event(
        key=f"messenger:1001:leadgen:{lead}",
        kind=EventKind.LEAD,
        connector="messenger",
        account="1001",
        occurred_at=START,
        received_at=START,
        topic=topic,
        raw={"field": "leadgen", "value": {"leadgen_id": lead, "page_id": "1001", "form_id": "7"}},
    )


@dataclass
class Stage:
    """One brand, the stand-in, and the job."""

    store: MemoryStore
    graph: GraphStandIn
    fetch: FetchLeads
    claim: Claim

    async def works(self) -> Over | Later:
        """One attempt; what follows is written."""
        result = await self.fetch.work(self.claim)
        if isinstance(result, Over):
            await self.claim.end(result)
        return result

    def answer(self) -> Event:
        """The event that came of it."""
        return self.store.all(InboxEntry)[ANSWER_KEY].event


@asynccontextmanager
async def stage(event: Event | None = None, *, known: bool = True) -> AsyncIterator[Stage]:
    """A lead that was told of, its job taken."""
    event = event or told_of()
    async with GraphStandIn(tokens=[TOKEN]) as graph, HttpClient() as http:
        account = Account(
            brand="glow", name="page", connector="messenger", id="1001", token=SecretStr(TOKEN), base_url=graph.url
        )
        store, clock = MemoryStore(), SystemClock()
        brand = replace(brand_of(store), accounts={("messenger", "1001"): account} if known else {})
        jobs = wanted_by_facts(event) or (Job.of(JobKind.LEAD, event.key, "messenger", "1001", START),)
        await store.write(Put(Recorded(id=event.key, event=event)), *map(Put, jobs))
        (stored,) = await store.due_jobs(JobKind.LEAD, clock.now(), 1)
        claim = await Claim.taken(brand, stored, clock, timedelta(minutes=2), "worker")
        assert claim is not None
        yield Stage(store, graph, FetchLeads({"messenger": Messenger(http)}, clock), claim)


async def test_the_answers_come_through_the_inbox() -> None:
    """A record of its own, at the lead's own identifier, with the ad that led to the form."""
    async with stage() as it:
        it.graph.shelf.leads[LEAD] = Lead({"email": ["Ana@Example.com"], "full_name": ["Ana Ruiz"]})
        result = await it.works()
        event = it.answer()
    assert (result.result if isinstance(result, Over) else None) == "answered"
    assert (event.key, event.kind, event.topic) == (ANSWER_KEY, EventKind.LEAD, "lead")
    assert event.anchor == Identifier(IdentifierKind.SOURCE_RECORD, "leads:1001", LEAD)
    assert event.record is not None
    assert (event.record.source, event.record.value("email"), event.record.value("full_name")) == (
        "leads", "ana@example.com", "Ana Ruiz",
    )  # fmt: skip
    assert event.referral == Referral(source="ADS", kind="LEAD_FORM", ref="700100200300", ad_id="23851234567890123")
    assert event.also == ()
    assert it.store.all(Job) == {}


async def test_an_organic_lead_came_by_no_ad() -> None:
    """The form is said, and no ad."""
    async with stage() as it:
        it.graph.shelf.leads[LEAD] = Lead({"email": ["ana@example.com"]}, ad_id=None)
        await it.works()
        referral = it.answer().referral
    assert referral == Referral(kind="LEAD_FORM", ref="700100200300")


async def test_what_is_known_is_not_asked_again() -> None:
    """Once the answer is in the timeline the platform is left alone."""
    async with stage() as it:
        await it.store.write(Put(Recorded(id=ANSWER_KEY, event=told_of().model_copy(update={"key": ANSWER_KEY}))))
        await it.works()
        assert it.graph.shelf.asked == []
        assert it.store.all(InboxEntry) == {}


async def test_an_answer_is_no_reason_to_ask() -> None:
    """Neither the answer itself nor a form that brought its answers wants the job."""
    assert wanted_by_facts(told_of(topic="lead")) == ()
    assert len(wanted_by_facts(told_of())) == 1


@pytest.mark.parametrize("why", ["permission", "gone", "token"])
async def test_a_lead_that_cannot_be_asked_for_is_kept(why: str) -> None:
    """A dead letter with the event that told of it, so that it can be replayed once that is mended."""
    async with stage() as it:
        if why != "gone":
            it.graph.shelf.leads[LEAD] = Lead({})
        it.graph.shelf.leads_permitted = why != "permission"
        if why == "token":
            it.graph.shelf.tokens = ["another"]
        await it.works()
        (letter,) = it.store.all(DeadLetter).values()
    assert letter.event == told_of()
    expected = {"permission": "leads_retrieval", "gone": "no such lead", "token": "token is not taken"}
    assert expected[why] in letter.reason
    assert TOKEN not in letter.reason
    assert it.store.all(Job) == {}


async def test_at_the_limit_the_platform_is_left_alone() -> None:
    """For as long as it says, and without asking again before."""
    async with stage() as it:
        it.graph.shelf.leads[LEAD] = Lead({})
        it.graph.shelf.lead_calls = 0
        first, second = await it.works(), await it.works()
        assert len(it.graph.shelf.asked) == 1
    assert isinstance(first, Later)
    assert isinstance(second, Later)
    assert first.after == timedelta(minutes=5)
    assert second.after is not None
    assert second.after > timedelta(minutes=4)


async def test_a_lead_that_is_given_up_is_kept() -> None:
    """After the last attempt the event is a dead letter, too."""
    async with stage() as it:
        over = await it.fetch.give_up(it.claim, "HTTP 500/1")
        await it.claim.end(over)
        (letter,) = it.store.all(DeadLetter).values()
    assert (letter.event, letter.reason) == (told_of(), "HTTP 500/1")


async def test_an_account_that_is_gone_asks_nothing() -> None:
    """The settings do not have it any more."""
    async with stage(known=False) as it:
        await it.works()
        assert it.graph.shelf.asked == []


@pytest.mark.parametrize("odd", [None, "", "1|2", "../1", "1" * 41, "١٢", True, {"$ne": 1}, 1.5])
def test_odd_ids_are_never_asked_for(odd: object) -> None:
    """What stands in an address is digits."""
    assert lead_of(told_of(odd)) is None


def test_an_id_may_be_a_number() -> None:
    """The platform writes it as either."""
    assert lead_of(told_of(444444444444)) == "444444444444"
