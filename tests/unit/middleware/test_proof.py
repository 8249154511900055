"""Proof by a one-time code: who gets one, what it proves, and what nobody learns from it."""

import asyncio
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind, Level
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job, JobKind
from middleware.domain.proof import CheckOutcome, CodeOutcome, CodeSent, Proof, ProofQuota
from middleware.identity.proof import (
    ASKED_LATELY,
    COUNTS_FOR,
    LIFETIME,
    LINKS_FOR,
    MOST_TRIES,
    OF_SENDER,
    OF_TARGET,
    RULE,
    code_in,
    level_of,
    new_code,
    proven_edge,
)
from middleware.identity.proving import Asking, Checked, check_code, request_code
from middleware.jobs.claim import Claim, Later, Over
from middleware.jobs.codes import BrandCodes, SendCodes
from middleware.ports import Put, Recorded
from tests.unit.middleware.builders import START, email
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import brand_of
from tests.unit.middleware.test_lead_jobs import told_of

KEY = b"a-key-of-at-least-thirty-two-characters"
ANA = Identifier(IdentifierKind.MESSENGER, "1001", "7301")
BEN = Identifier(IdentifierKind.MESSENGER, "1001", "7302")
MINUTE = timedelta(minutes=1)


class Mailbox:
    """A way for codes that keeps them, or fails as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str]] = []
        self.ends_in = CodeOutcome.SENT

    async def send(self, address: str, code: str, locale: str, *, timeout: float) -> CodeSent:  # noqa: ASYNC109
        """See `CodeSender.send`."""
        assert timeout > 0
        self.got.append((address, code, locale))
        return CodeSent(outcome=self.ends_in, detail="as told")


class Stage:
    """A brand that knows one address, its mailbox, and a clock that a test moves."""

    def __init__(self, *known: Identifier) -> None:
        self.store = MemoryStore()
        self.brand = brand_of(self.store)
        self.mailbox = Mailbox()
        self.moment = START
        self.jobs = SendCodes({"glow": BrandCodes(self.mailbox, KEY)}, self)
        for each in known:
            self.store._changed(Put(Identity(id=each.key)))
        self._number = 0

    def now(self) -> datetime:
        """The time that the test has set."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds since the start."""
        return (self.moment - START).total_seconds()

    def event(self, sender: Identifier) -> str:
        """The key of a message that the sender has just written."""
        self._number += 1
        key = f"messenger:1001:m{self._number}"
        written = told_of().model_copy(update={"key": key, "anchor": sender})
        self.store._changed(Put(Recorded(id=key, event=written)))
        return key

    async def asks(self, sender: Identifier = ANA, target: Identifier | None = None, event: str | None = None) -> None:
        """Somebody asks for a code."""
        asking = Asking(sender, target or email(), event or self.event(sender), "messenger", "1001", "en")
        await request_code(self.store, asking, KEY, self.moment)

    async def works(self) -> list[Over | Later]:
        """Every job that is due is done once."""
        done = []
        for stored in await self.store.due_jobs(JobKind.PROOF_CODE, self.moment, 100):
            claim = await Claim.taken(self.brand, stored, self, timedelta(minutes=2), "worker")
            assert claim is not None
            result = await self.jobs.work(claim)
            if isinstance(result, Over):
                await claim.end(result)
            done.append(result)
        return done

    async def code(self, sender: Identifier = ANA, target: Identifier | None = None) -> str:
        """A code that somebody asked for and got."""
        await self.asks(sender, target)
        await self.works()
        return self.mailbox.got[-1][1]

    async def gives(self, text: str, sender: Identifier = ANA, event: str | None = None) -> Checked:
        """Somebody writes something that may be a code."""
        return await check_code(self.store, sender, text, event or self.event(sender), KEY, self.moment)


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_a_right_code_is_a_proof() -> None:
    """The edge leads from the sender to the address, by the rule, at the time it was given."""
    it = Stage(email())
    code = await it.code()
    it.moment += MINUTE
    assert it.mailbox.got == [("ana@example.com", code, "en")]
    given = await it.gives(f" {code[:3]} {code[3:]} ")
    assert given.outcome is CheckOutcome.PROVEN
    assert given.edge == proven_edge(ANA, email(), it.moment)
    assert (given.edge.to, given.edge.evidence, given.edge.rule) == (email().key, Evidence.PROVEN, RULE)


async def test_a_code_counts_once_and_for_its_sender() -> None:
    """Given again, or by somebody else, it is worth nothing."""
    it = Stage(email())
    code = await it.code()
    assert (await it.gives(code, BEN)).outcome is CheckOutcome.NO_CODE
    assert (await it.gives(code)).outcome is CheckOutcome.PROVEN
    assert (await it.gives(code)).outcome is CheckOutcome.WRONG


async def test_the_same_event_is_compared_once() -> None:
    """A stage that is repeated gives the same answer and counts no try."""
    it = Stage(email())
    code = await it.code()
    events = [it.event(ANA), it.event(ANA)]
    assert [(await it.gives(wrong(code), event=events[0])).outcome for _ in range(9)] == [CheckOutcome.WRONG] * 9
    assert [(await it.gives(code, event=events[1])).outcome for _ in range(2)] == [CheckOutcome.PROVEN] * 2


async def test_a_right_code_stays_right_though_it_was_written_again() -> None:
    """A process died over the right code, and its sender wrote it once more meanwhile: the first time still proves."""
    it = Stage(email())
    code = await it.code()
    first, again = it.event(ANA), it.event(ANA)
    proven = await it.gives(code, event=first)
    assert proven.outcome is CheckOutcome.PROVEN
    assert (await it.gives(code, event=again)).outcome is CheckOutcome.WRONG
    assert await it.gives(code, event=first) == proven
    assert [(await it.gives(code, event=again)).outcome for _ in range(2)] == [CheckOutcome.WRONG] * 2


async def test_five_tries_and_no_more() -> None:
    """The right code as the fifth counts; after five wrong ones it does not."""
    for wrongs, outcome in ((MOST_TRIES - 1, CheckOutcome.PROVEN), (MOST_TRIES, CheckOutcome.WRONG)):
        it = Stage(email())
        code = await it.code()
        for _ in range(wrongs):
            assert (await it.gives(wrong(code))).outcome is CheckOutcome.WRONG
        assert (await it.gives(code)).outcome is outcome


async def test_many_at_once_are_five_tries() -> None:
    """Whoever tries side by side tries no more codes than one after the other."""
    it = Stage(email())
    code = await it.code()

    async def yields() -> None:
        await asyncio.sleep(0)

    it.store.before = yields
    await asyncio.gather(*(it.gives(f"{(int(code) + 1 + number) % 10**6:06}") for number in range(14)))
    assert it.store.all(Proof)[ANA.key].tries == 14
    assert (await it.gives(code)).outcome is CheckOutcome.WRONG


async def test_ten_minutes_and_no_more() -> None:
    """A code runs out, and one that was not sent by then is not sent any more."""
    it = Stage(email())
    code = await it.code()
    it.moment += LIFETIME - timedelta(milliseconds=1)
    assert (await it.gives(wrong(code))).outcome is CheckOutcome.WRONG
    it.moment += timedelta(milliseconds=1)
    assert (await it.gives(code)).outcome is CheckOutcome.WRONG
    await it.asks()
    it.moment += LIFETIME
    await it.works()
    assert len(it.mailbox.got) == 1


async def test_only_the_latest_code_counts() -> None:
    """A second request makes the first code worthless, whatever address it went to."""
    it = Stage(email(), email("work@example.com"))
    first = await it.code()
    second = await it.code(target=email("work@example.com"))
    if first != second:
        assert (await it.gives(first)).outcome is CheckOutcome.WRONG
    given = await it.gives(second)
    assert given.edge is not None
    assert given.edge.to == email("work@example.com").key


async def test_a_request_that_was_replaced_sends_nothing() -> None:
    """Two requests before anything was sent: one e-mail, to the address that was named last."""
    it = Stage(email(), email("work@example.com"))
    await it.asks()
    await it.asks(target=email("work@example.com"))
    await it.works()
    assert [address for address, _, _ in it.mailbox.got] == ["work@example.com"]


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "12 34 56", "abcdef", "\u0661" * 6, "123456?", "my code is 123456", "\uff11" * 6]
)
async def test_what_is_no_code_is_no_try(text: str) -> None:
    """Talk goes on while a code is open."""
    it = Stage(email())
    await it.code()
    assert (await it.gives(text)).outcome is CheckOutcome.NO_CODE
    assert it.store.all(Proof)[ANA.key].tries == 0


@pytest.mark.parametrize(("text", "code"), [("012345", "012345"), (" 012 345\n", "012345"), ("012-345", "012345")])
def test_codes_are_read_as_people_write_them(text: str, code: str) -> None:
    """With a space or a hyphen in the middle, and zeros in front."""
    assert code_in(text) == code


def test_codes_are_six_digits_from_all_of_them() -> None:
    """Drawn below a million, with zeros in front."""
    drawn: list[int] = []

    def below(most: int) -> int:
        drawn.append(most)
        return 7

    assert new_code(below) == "000007"
    assert drawn == [1_000_000]


async def test_nobody_learns_whether_an_address_is_known() -> None:
    """The same reads and writes, and the same answers to any code."""
    seen = []
    for known in (email(), email("somebody@else.example")):
        it = Stage(known)
        calls: list[str] = []

        async def spies(calls: list[str] = calls) -> None:
            calls.append("call")

        it.store.before = spies
        await it.asks(event=it.event(ANA))
        kinds = {kind.__name__: sorted(found) for kind, found in it.store.records.items() if kind is not Identity}
        results = len(await it.works())
        asked = len(calls)
        gives = [(await it.gives("000000")).outcome for _ in range(MOST_TRIES + 1)]
        seen.append((kinds, results, asked, len(calls), gives if "000000" not in str(it.mailbox.got) else None))
    assert seen[0][:4] == seen[1][:4]


async def test_the_code_is_nowhere() -> None:
    """Neither the code nor a plain hash of it stands in the store; and the address not in the counts."""
    it = Stage(email())
    code = await it.code()
    proof = it.store.all(Proof)[ANA.key]
    everything = "".join(each.model_dump_json() for each in it.store.all(Proof).values())
    assert code not in everything.replace(proof.code_hash or "", "")
    assert proof.code_hash not in {hmac.digest(b"", code.encode(), "sha256").hex(), None}
    assert all("ana" not in each for each in it.store.all(ProofQuota))
    assert it.store.all(Job) == {}


async def test_limits_of_a_sender() -> None:
    """Three in an hour: for the fourth none is sent. After an hour there is room again."""
    it = Stage(email(), *(email(f"{number}@example.com") for number in range(9)))
    span, most = OF_SENDER[0]
    for number in range(most + 2):
        await it.asks(target=email(f"{number}@example.com"))
    await it.works()
    assert len(it.mailbox.got) == 0  # only the latest request counts, and that one was withheld
    it.moment += span
    await it.code()
    assert len(it.mailbox.got) == 1


async def test_limits_of_a_target() -> None:
    """Three in an hour, whoever asks; other addresses are not concerned."""
    it = Stage(email(), email("other@example.com"))
    most = OF_TARGET[0][1]
    senders = [Identifier(IdentifierKind.MESSENGER, "1001", str(number)) for number in range(most + 3)]
    for sender in senders:
        await it.asks(sender)
    await it.works()
    assert [address for address, _, _ in it.mailbox.got] == ["ana@example.com"] * most
    await it.code(senders[0], email("other@example.com"))
    assert it.mailbox.got[-1][0] == "other@example.com"


async def test_many_who_ask_at_once_are_counted_one_by_one() -> None:
    """Nobody's mailbox is filled by asking from many accounts in the same moment."""
    it = Stage(email())

    async def yields() -> None:
        await asyncio.sleep(0)

    it.store.before = yields
    senders = [Identifier(IdentifierKind.MESSENGER, "1001", str(number)) for number in range(12)]
    await asyncio.gather(*(it.asks(sender) for sender in senders))
    await it.works()
    assert len(it.mailbox.got) == OF_TARGET[0][1]


async def test_a_withheld_code_cannot_be_guessed() -> None:
    """Nothing proves anything while a limit is reached, not even the right digits."""
    it = Stage(email())
    for _ in range(OF_SENDER[0][1] + 1):
        await it.asks()
    drawn = replace(it.jobs, below=lambda _: 123_456)
    it.jobs = drawn
    await it.works()
    assert (await it.gives("123456")).outcome is CheckOutcome.WRONG


async def test_asking_twice_for_one_event_is_once() -> None:
    """A stage that is repeated sends no second code."""
    it = Stage(email())
    event = it.event(ANA)
    for _ in range(5):
        await it.asks(event=event)
    await it.works()
    await it.asks(event=event)
    await it.works()
    assert len(it.mailbox.got) == 1
    assert {len(each.requests) for each in it.store.all(ProofQuota).values()} == {1}


async def test_what_fails_is_sent_again_with_another_code() -> None:
    """A mail server that is away is tried again; only the code that came last counts."""
    it = Stage(email())
    it.mailbox.ends_in = CodeOutcome.RETRY
    await it.asks()
    assert [type(each) for each in await it.works()] == [Later]
    it.moment += 3 * MINUTE
    it.mailbox.ends_in = CodeOutcome.SENT
    await it.works()
    first, second = (code for _, code, _ in it.mailbox.got)
    if first != second:
        assert (await it.gives(first)).outcome is CheckOutcome.WRONG
    assert (await it.gives(second)).outcome is CheckOutcome.PROVEN


async def test_a_suspended_address_gets_nothing() -> None:
    """An address that is in doubt, or shared, proves nothing."""
    it = Stage()
    it.store._changed(Put(Identity(id=email().key, suspended="reaches too many people")))
    await it.asks()
    await it.works()
    assert it.mailbox.got == []


def test_a_proof_lifts_the_level_for_a_while() -> None:
    """Verified for 30 days, then no more than what an order attests."""
    edge = proven_edge(ANA, email(), datetime(2026, 11, 1, tzinfo=UTC))
    assert level_of(edge, edge.at + COUNTS_FOR - MINUTE) is Level.VERIFIED
    assert level_of(edge, edge.at + COUNTS_FOR) is Level.LINKED
    assert level_of(edge, edge.at + LINKS_FOR - MINUTE) is Level.LINKED
    assert level_of(edge, edge.at + LINKS_FOR) is Level.CHANNEL


async def test_six_digits_are_a_code_only_after_a_request() -> None:
    """Whoever asked for none, or long ago, has written a number: nothing is counted or said of it."""
    it = Stage(email())
    assert (await it.gives("123456")).outcome is CheckOutcome.NO_CODE
    code = await it.code()
    it.moment += ASKED_LATELY
    assert (await it.gives(code)).outcome is CheckOutcome.NO_CODE
    assert it.store.all(Proof)[ANA.key].tries == 0


async def test_a_message_that_comes_again_later_makes_no_proof_younger() -> None:
    """The proof counts from when the code was compared."""
    it = Stage(email())
    code, event = await it.code(), it.event(ANA)
    first = await it.gives(code, event=event)
    it.moment += COUNTS_FOR
    assert await it.gives(code, event=event) == first
