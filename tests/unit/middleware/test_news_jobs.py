"""Jobs that tell news: to one conversation, in which the customer may be told of it; done again it is once."""

from datetime import datetime, timedelta

import pytest

from middleware.domain.conversation import Consent, Conversation
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.jobs import Job, JobKind
from middleware.domain.news import NEW_FOR, news_in
from middleware.domain.signals import Ticket
from middleware.jobs.claim import Claim, Over
from middleware.jobs.news import NO_NEWS, NOBODY, TOLD, TellNews
from middleware.pipeline.carry_out import hear
from middleware.ports import InboxEntry, Put, Recorded, Stored
from tests.unit.middleware.builders import SHOP, at, message, order, phone
from tests.unit.middleware.people import People

DESK = "zendesk:1"


class Clock:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The time."""
        return self._now

    def monotonic(self) -> float:
        """The same, in seconds."""
        return self._now.timestamp()


def ordered(**parts: object) -> Event:
    """The shop tells of an order with the phone of the customer."""
    told = order(1001, **{"contacts": (phone().key,), "created_at": at(10), **parts})  # type: ignore[arg-type]
    return Event(
        key="shopify:order-1001",
        kind=EventKind.ORDER,
        connector="shopify",
        account=SHOP,
        occurred_at=at(10),
        received_at=at(10),
        anchor=Identifier(IdentifierKind.SHOP_ORDER, SHOP, told.id),
        order=told,
    )


def solved(requester: str) -> Event:
    """The help desk tells of a ticket that was solved."""
    ticket = Ticket(
        id="7", state="solved", version=order().version, created_at=at(1), solved_at=at(10), requester=requester
    )
    return Event(
        key="zendesk:ticket-7",
        kind=EventKind.TICKET,
        connector="zendesk",
        account="1",
        occurred_at=at(10),
        received_at=at(10),
        anchor=Identifier(IdentifierKind.TICKET, DESK, "7"),
        ticket=ticket,
    )


async def writes(people: People, minutes: float, account: str = "777", **state: object) -> Conversation:
    """The customer writes on an account, and their conversation is kept."""
    said = message(phone(), minutes=minutes, key=f"{account}-{minutes}", account=account)
    passage = await people.hears(said)
    hear(passage)
    here = passage.conversation.record.model_copy(update=state)
    await people.store.write(Put(here))
    return here


async def told(people: People, fact: Event, minutes: float = 20, times: int = 1) -> list[str]:
    """The results of a job about a fact that was absorbed."""
    await people.told(fact)
    clock = Clock(at(minutes))
    job = Job.of(JobKind.NEWS, fact.key, fact.connector, fact.account, fact.received_at)
    claim = Claim(people.brand, Stored(job, 1), clock, timedelta(minutes=1))
    results = []
    for _ in range(times):
        over = await TellNews(clock).work(claim)
        assert isinstance(over, Over)
        results.append(over.result)
        if over.event is not None:
            await people.store.write(Put(InboxEntry.of(over.event)))
    return results


def told_events(people: People) -> list[Event]:
    """What lies in the inbox."""
    return [entry.event for entry in people.store.all(InboxEntry).values()]


@pytest.mark.parametrize("fact", [ordered(), solved(phone().key)], ids=["an order", "a ticket"])
async def test_the_customer_hears_of_it_on_their_own_lane(fact: Event) -> None:
    """The event is anchored to the identifier under which they write; told again, also after a crash, it is once."""
    people = People()
    here = await writes(people, 5)
    assert await told(people, fact, times=3) == [TOLD] * 3
    (event,) = told_events(people)
    assert (event.kind, event.anchor, event.account) == (EventKind.NEWS, phone(), here.account)
    assert event.lane == phone().key
    await people.store.write(Put(Recorded(id=event.key, event=event)))
    assert await told(people, fact) == [NO_NEWS]


async def test_the_conversation_in_which_they_wrote_last() -> None:
    """Of two open conversations of a customer one hears of it."""
    people = People()
    await writes(people, 5)
    await writes(people, 7, "888")
    assert await told(people, ordered()) == [TOLD]
    (event,) = told_events(people)
    assert event.account == "888"


@pytest.mark.parametrize(
    ("wrote", "state"),
    [(-25 * 60, {}), (5, {"consent": Consent(granted=False, at=at(5))}), (None, {})],
    ids=["closed window", "a STOP", "nobody wrote"],
)
async def test_nobody_hears_of_it(wrote: float | None, state: dict[str, object]) -> None:
    """Outside of the window, after a STOP, and where there is no conversation."""
    people = People()
    if wrote is not None:
        await writes(people, wrote, **state)
    assert await told(people, ordered()) == [NOBODY]
    assert told_events(people) == []


@pytest.mark.parametrize("fact", [ordered(contacts=(phone("+34699999999").key,)), solved("email||x@example.com")])
async def test_strangers_hear_nothing(fact: Event) -> None:
    """What is somebody else's is told in no conversation."""
    people = People()
    await writes(people, 5)
    assert await told(people, fact) == [NOBODY]


async def test_what_may_not_be_told_by_now_is_not_told() -> None:
    """The number was taken off the order before the job came to it: its customer hears nothing."""
    people = People()
    await writes(people, 5)
    first = ordered()
    await people.told(first)
    moved = ordered(version=15, contacts=(phone("+34699999999").key,))
    await people.told(moved.model_copy(update={"key": "shopify:order-1001-moved"}))
    assert await told(people, first) == [NOBODY]


def test_what_is_news() -> None:
    """An order or a solved ticket of the last hour; no cancelled order, no open ticket, nothing else."""
    fresh, late = at(10) + NEW_FOR, at(10.1) + NEW_FOR
    assert news_in(ordered(), fresh) is not None
    assert news_in(ordered(), late) is None
    assert news_in(ordered(state="cancelled"), fresh) is None
    ticket = solved("")
    assert news_in(ticket, fresh) is not None
    assert news_in(ticket, late) is None
    assert ticket.ticket is not None
    open_again = ticket.ticket.model_copy(update={"state": "open"})
    assert news_in(ticket.model_copy(update={"ticket": open_again}), fresh) is None
    assert news_in(message(phone()), fresh) is None
