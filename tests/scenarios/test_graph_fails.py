"""The platform misbehaves: every message ends as the table of outcomes says, none is sent twice, others go on."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.testing import (
    Behaviour,
    Cut,
    GraphRequest,
    accept_then_reset,
    api_error,
    garbage,
    http_error,
    reset_before_accept,
    server_error,
    slow,
    slow_answer,
    too_many_requests,
)
from tests.running import Running, running, until
from tests.scenarios.looking import CHANNELS, Person, Said, customer, key_of, message_of, reports_to, together
from tests.stores import StoreServer

QUICK = {"lease": "5s", "send_timeout": "1s", "sends_at_once": 40}

HELLO = ("hello", "message", {})


@dataclass(frozen=True)
class Case:
    """One way to misbehave, and what must come of it: state, reason, how often it was asked, how often accepted."""

    behaviours: tuple[Behaviour, ...]
    state: str
    reason: str | None = None
    asked: int = 1
    accepted: int = 1


def _unknown(behaviour: Behaviour, *, accepted: int = 1) -> Case:
    return Case((behaviour,), "unknown", "unknown", accepted=accepted)


def _again(*behaviours: Behaviour) -> Case:
    return Case(behaviours, "sent", asked=len(behaviours) + 1)


def _failed(behaviour: Behaviour, reason: str) -> Case:
    return Case((behaviour,), "failed", reason, accepted=0)


def _gone(code: int, subcode: int | None = None) -> Case:
    return _failed(api_error(code, subcode=subcode), "recipient_gone")


EVERYWHERE: dict[str, Case] = {
    "slow beyond the time-out": _unknown(slow(1.6)),
    "accepted at once, answered after the time-out": _unknown(slow_answer(1.6)),
    "429 with Retry-After": _again(too_many_requests(retry_after=1)),
    "429 without Retry-After": _again(too_many_requests()),
    "429 twice": _again(too_many_requests(retry_after=0), too_many_requests(retry_after=0)),
    "429 from a proxy": _again(http_error(429, body=b"<html>slow down</html>", headers={"Retry-After": "1"})),
    "429 with a Retry-After that is none": _again(http_error(429, headers={"Retry-After": "soon"})),
    "rate code 4": _again(api_error(4)),
    "rate code in a 5xx": _again(api_error(4, status=503)),
    "code 1": _unknown(api_error(1), accepted=0),
    "code 2": _unknown(api_error(2), accepted=0),
    "500, recorded": _unknown(server_error(500, recorded=True)),
    "500, not recorded": _unknown(server_error(500), accepted=0),
    "502 from a proxy": _unknown(http_error(502), accepted=0),
    "503, recorded": _unknown(server_error(503, recorded=True)),
    "503 with Retry-After from a proxy": _unknown(http_error(503, headers={"Retry-After": "1"}), accepted=0),
    "token expired": _failed(api_error(190, subcode=463, status=401), "account_problem"),
    "permission missing": _failed(api_error(200, status=403), "account_problem"),
    "refused": _failed(api_error(100), "refused"),
    "a code that nobody knows": _failed(api_error(987654), "refused"),
    "404 from a proxy": _failed(http_error(404, body=b"<html>"), "refused"),
    "redirected": _failed(http_error(302, headers={"Location": "http://127.0.0.1:9/"}), "refused"),
    "reset before it is accepted": _unknown(reset_before_accept(), accepted=0),
    "reset after it is accepted": _unknown(accept_then_reset()),
    "cut off in the middle of the answer": _unknown(accept_then_reset(Cut.IN_ANSWER)),
    "garbage": _unknown(garbage()),
    "empty answer": _unknown(garbage(b"")),
    "JSON without an id": _unknown(garbage(b'{"messages":[{}],"message_id":null}')),
    "JSON that is no object": _unknown(garbage(b"[1]")),
    "garbage that was not recorded": _unknown(garbage(recorded=False), accepted=0),
}

ON_PAGES: dict[str, Case] = {
    "rate code 32": _again(api_error(32)),
    "rate code 613": _again(api_error(613)),
    "window closed": _failed(api_error(10, subcode=2018278, status=403), "window_closed"),
    "person unavailable": _gone(551),
    "no matching user": _gone(100, 2018001),
    "page restricted": _failed(api_error(10, subcode=1893063, status=403), "account_problem"),
}

ON_WHATSAPP: dict[str, Case] = {
    "rate code 130429": _again(api_error(130429)),
    "pair rate 131056": _again(api_error(131056)),
    "rate code 80007": _again(api_error(80007)),
    "something went wrong": _unknown(api_error(131000), accepted=0),
    "service unavailable": _unknown(api_error(131016, status=500), accepted=0),
    "window closed": _failed(api_error(131047), "window_closed"),
    "undeliverable": _gone(131026),
    "not in the allowed list": _gone(131030),
    "billing": _failed(api_error(131042), "account_problem"),
    "account locked": _failed(api_error(131031, status=403), "account_problem"),
}

CASES = {
    "messenger": {**EVERYWHERE, **ON_PAGES},
    "instagram": {**EVERYWHERE, **ON_PAGES},
    "whatsapp": {**EVERYWHERE, **ON_WHATSAPP},
}


@pytest.fixture
async def quick(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation that gives up on a call after a second and makes many at once."""
    async with running(store_server, tmp_path, worker=QUICK) as it:
        yield it


def _to(request: GraphRequest) -> str:
    content = request.content or {}
    recipient = content.get("recipient")
    named = recipient.get("id") if isinstance(recipient, dict) else content.get("to") or recipient
    return str(named)


def misbehave(shop: Running, behaviours: Mapping[str, tuple[Behaviour, ...]]) -> None:
    """Treat the first messages to each of these people as said, and all others in the ordinary way."""
    waiting = {who: list(each) for who, each in behaviours.items()}

    def rule(request: GraphRequest) -> Behaviour | None:
        mine = waiting.get(_to(request))
        return mine.pop(0) if mine else None

    shop.graph.behave(rule)


def _asked(shop: Running) -> Counter[str]:
    return Counter(map(_to, shop.graph.requests))


def _accepted(shop: Running) -> Counter[str]:
    return Counter(each.recipient.lstrip("+") for each in shop.graph.sent)


def _fate(said: Said) -> str:
    return said.turn.messages[0].state.value if said.turn.messages else "silent"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_every_outcome_of_the_table(quick: Running, channel: str) -> None:
    """Each misbehaviour ends in the state, with the reason and the calls that the table says, and others go on."""
    cases = CASES[channel]
    people = {name: customer(quick, channel, number) for number, name in enumerate(cases)}
    misbehave(quick, {people[name].id: case.behaviours for name, case in cases.items()})

    said = await together(quick, [(who, *HELLO) for who in people.values()])
    await until(lambda: _all_accepted(quick, sum(case.accepted for case in cases.values())), "what is accepted late")

    expected = {name: (case.state, case.reason, case.asked, case.accepted) for name, case in cases.items()}
    assert _ends(quick, cases, people, said) == expected
    for name, each in zip(cases, said, strict=True):
        (message,) = each.turn.messages
        assert each.turn.done, name
        assert (message.message_id is not None) == (message.state == "sent"), name
        assert message.code is not None or message.state == "unknown", name

    # The next message is answered whatever became of the first, and nothing is sent again: whoever writes again can be
    # reached again.
    said = await together(quick, [(who, "where is my order?", "message", {}) for who in people.values()])

    assert dict(zip(cases, map(_fate, said), strict=True)) == dict.fromkeys(cases, "sent")
    asked = _asked(quick)
    assert {name: asked[people[name].id] for name in cases} == {name: case.asked + 1 for name, case in cases.items()}


def _ends(
    shop: Running, cases: Mapping[str, Case], people: Mapping[str, Person], said: list[Said]
) -> dict[str, tuple[str, str | None, int, int]]:
    """State and reason of each message, how often the platform was asked and how often it accepted."""
    asked, accepted = _asked(shop), _accepted(shop)
    ended = {}
    for name, each in zip(cases, said, strict=True):
        (message,) = each.turn.messages
        who = people[name].id
        ended[name] = (message.state.value, message.reason, asked[who], accepted[who])
    return ended


@pytest.mark.parametrize("channel", CHANNELS)
async def test_next_message_does_not_wait_for_one_that_is_under_way(quick: Running, channel: str) -> None:
    """A message that was posted while an earlier one runs into its time-out is answered without a resend of that."""
    quick.graph.fail_next(slow_answer(1.6))
    person = customer(quick, channel)
    first = await person.posts("hello")
    second = await person.posts("where is my order?")
    await quick.quiet()

    assert (await message_of(quick, channel, first)).state == "unknown"
    assert (await message_of(quick, channel, second)).state == "sent"
    assert len(quick.graph.requests) == 2
    assert [entry.state for entry in (await person.conversation()).outbox] == ["unknown"]


async def test_retry_waits_as_long_as_the_platform_says(quick: Running) -> None:
    """Between a 429 with Retry-After and the next attempt at least that time passes, and order is kept."""
    quick.graph.fail_next(too_many_requests(retry_after=2))
    person = customer(quick, "whatsapp")
    ids = [await person.posts("hello"), await person.posts("where is my order?")]
    await quick.replies(2)

    first, again, _ = quick.graph.requests
    assert (again.at - first.at).total_seconds() >= 1.99
    sent = [(await message_of(quick, "whatsapp", each)).message_id for each in ids]
    assert [each.message_id for each in quick.graph.sent] == sent


@pytest.mark.parametrize("pooled", [False, True], ids=["no connection", "connection open"])
async def test_connection_refused_is_tried_again(quick: Running, pooled: bool) -> None:  # noqa: FBT001 - of the table
    """While nobody listens the replies wait; once somebody does, each is sent once. On all channels."""
    people = [customer(quick, channel) for channel in CHANNELS]
    if pooled:
        await together(quick, [(who, *HELLO) for who in people])
    port = urlsplit(quick.graph.url).port
    assert port is not None
    await quick.graph.close()
    before = len(quick.graph.sent)

    ids = [await who.posts("where is my order?") for who in people]
    await until(lambda: _all_tried(people), "an attempt each")
    await quick.graph.start(port)
    await quick.replies(before + 3)

    for who, message_id in zip(people, ids, strict=True):
        message = await message_of(quick, who.channel, message_id)
        assert (who.channel, message.state) == (who.channel, "sent")
    assert len(quick.graph.sent) == before + 3


async def _all_tried(people: list[Person]) -> bool:
    try:
        found = [await each.conversation() for each in people]
    except AssertionError:
        return False
    return all(any(entry.attempts for entry in each.outbox) for each in found)


LOST_ANSWERS = {
    "reset": accept_then_reset(),
    "half an answer": accept_then_reset(Cut.IN_ANSWER),
    "late": slow(1.6),
    "answered late": slow_answer(1.6),
    "500": server_error(500, recorded=True),
    "garbage": garbage(),
}


@pytest.mark.parametrize("channel", CHANNELS)
async def test_report_settles_what_is_unknown(quick: Running, channel: str) -> None:
    """An echo or a status says that it was sent after all: by our key, on Instagram by conversation, text and time."""
    reports_to(quick, channel, delay=0.3, statuses=("sent", "delivered"))
    people = {name: customer(quick, channel, number) for number, name in enumerate(LOST_ANSWERS)}
    misbehave(quick, {people[name].id: (behaviour,) for name, behaviour in LOST_ANSWERS.items()})

    said = await together(quick, [(who, *HELLO) for who in people.values()])
    await until(lambda: _all_accepted(quick, len(people)), "all messages")
    await quick.graph.settled()
    await quick.quiet()

    given = {each.recipient.lstrip("+"): each.message_id for each in quick.graph.sent}
    for name, each in zip(people, said, strict=True):
        message = await message_of(quick, channel, each.message_id)
        conversation = await people[name].conversation()
        assert (name, message.state, message.message_id) == (name, "sent", given[people[name].id])
        assert [line.id for line in conversation.lines if line.by == "bot"] == [message.message_id], name
        assert conversation.outbox == (), name
        assert conversation.owner == "bot", name
    assert set(_asked(quick).values()) == {1}


async def _all_accepted(shop: Running, number: int) -> bool:
    return len(shop.graph.sent) >= number


async def test_settled_message_needs_nobody(quick: Running) -> None:
    """Once a report has settled an unknown reply, nobody has to look after it any more."""
    quick.graph.fail_next(accept_then_reset())
    person = customer(quick, "whatsapp")
    said = await person.says("where is my order?")
    (sent,) = quick.graph.sent
    assert said.turn.messages[0].state == "unknown"
    assert (await person.conversation()).needs_person is not None

    parts = {"status": "delivered", "metadata": key_of(sent), "other_message_id": sent.message_id}
    await quick.say("whatsapp", "status", sender=person.id, **parts)
    await quick.quiet()

    assert (await message_of(quick, "whatsapp", said.message_id)).state == "sent"
    assert (await person.conversation()).needs_person is None


async def test_failed_status_settles_what_is_unknown(quick: Running) -> None:
    """WhatsApp's status "failed" with our key says that it was not sent."""
    quick.graph.fail_next(server_error(500, recorded=True))
    person = customer(quick, "whatsapp")
    said = await person.says("hello")
    (sent,) = quick.graph.sent
    assert said.turn.messages[0].state == "unknown"

    parts = {"status": "failed", "metadata": key_of(sent), "other_message_id": sent.message_id}
    await quick.say("whatsapp", "status", sender=person.id, **parts)
    await quick.quiet()

    assert (await message_of(quick, "whatsapp", said.message_id)).state == "failed"
    assert (await person.conversation()).outbox == ()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_foreign_report_settles_nothing(quick: Running, channel: str) -> None:
    """A report with our key in another customer's conversation, or with a key that is not ours, settles nothing."""
    quick.graph.fail_next(reset_before_accept())
    person, other = customer(quick, channel, 1), customer(quick, channel, 2)
    said = await person.says("hello")
    await other.says("hello")
    (message,) = said.turn.messages
    kind = "status" if channel == "whatsapp" else "echo"

    for sender, key in ((other.id, message.key), (person.id, "0" * 32 + ".0"), (person.id, message.key + "0")):
        await quick.say(channel, kind, sender=sender, metadata=key, text="something else", at=said.turn.decided_at)
    await quick.quiet()

    settled = await message_of(quick, channel, said.message_id)
    assert (settled.state, settled.message_id) == ("unknown", None)


@pytest.mark.parametrize("channel", ["messenger", "instagram"])
async def test_person_with_other_words_does_not_settle_what_is_unknown(quick: Running, channel: str) -> None:
    """A person who writes while a reply is unknown takes over; the reply stays unknown."""
    quick.graph.fail_next(reset_before_accept())
    person = customer(quick, channel)
    said = await person.says("hello")

    await quick.say(channel, "echo", sender=person.id, text="Hi, this is Eva from the shop.")
    await quick.quiet()

    assert (await message_of(quick, channel, said.message_id)).state == "unknown"
    assert (await person.conversation()).owner == "human"


async def test_no_token_no_call(store_server: StoreServer, tmp_path: Path) -> None:
    """An account without a token sends nothing, says so, and the message is not lost."""
    accounts = {"messenger": {"token": None}}
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as shop:
        said = await customer(shop, "messenger").says("hello")

        assert (said.turn.messages[0].state, said.turn.messages[0].reason) == ("failed", "account_problem")
        assert shop.graph.requests == []


async def test_wrong_token_is_an_account_problem(store_server: StoreServer, tmp_path: Path) -> None:
    """A token that the platform does not know ends as a problem of the account, on every channel."""
    accounts = {channel: {"token": "not-the-token"} for channel in CHANNELS}
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as shop:
        said = await together(shop, [(customer(shop, channel), *HELLO) for channel in CHANNELS])

        assert [each.turn.messages[0].reason for each in said] == ["account_problem"] * 3
        assert shop.graph.sent == []


async def test_outage_of_all_conversations_ends_in_one_reply_each(quick: Running) -> None:
    """20 customers write while the platform throttles: everybody is answered once, nobody twice."""
    people = [customer(quick, CHANNELS[number % 3], number) for number in range(20)]
    misbehave(quick, {who.id: (too_many_requests(0), api_error(613), too_many_requests(0)) for who in people})

    await asyncio.gather(*(who.posts("hello") for who in people))
    await quick.replies(20)

    assert set(_accepted(quick).values()) == {1}
    assert set(_asked(quick).values()) == {4}
