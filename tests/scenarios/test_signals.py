"""Seen and typing: shown once it is certain that something is said, and never in the way of saying it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.testing import Behaviour, GraphRequest, api_error, http_error, reset_before_accept
from middleware.pipeline.signals import AT_ONCE
from tests.running import Running, minutes_ago, running, until
from tests.stores import StoreServer

BOTH = ["seen", "typing"]
SENDER = {"messenger": "7301", "instagram": "9201", "whatsapp": "34600111222"}


@pytest.fixture
async def signalling(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation whose accounts show both signals."""
    accounts = {name: {"signals": BOTH} for name in ("messenger", "instagram", "whatsapp")}
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as it:
        yield it


def is_signal(request: GraphRequest) -> bool:
    """Whether a request shows something rather than saying it."""
    content = request.content or {}
    return "sender_action" in content or content.get("status") == "read"


def signals(shop: Running) -> list[GraphRequest]:
    """What was shown."""
    return [request for request in shop.graph.requests if is_signal(request)]


@pytest.mark.parametrize(("channel", "count"), [("messenger", 2), ("instagram", 2), ("whatsapp", 1)])
async def test_signals_go_before_the_reply(signalling: Running, channel: str, count: int) -> None:
    """The customer's message is shown as seen, and that a reply is written; then comes the reply."""
    await signalling.say(channel, sender=SENDER[channel], text="Hello")
    await signalling.replies()
    await until(lambda: _true(len(signals(signalling)) == count), "signals")
    assert is_signal(signalling.graph.requests[0])
    assert len(signalling.graph.sent) == 1


async def _true(value: bool) -> bool:  # noqa: FBT001 - a tiny adapter
    return value


async def test_none_is_shown_unless_the_account_says_so(shop: Running) -> None:
    """Without the setting the platform hears of the reply alone."""
    await shop.say("messenger", sender="7301", text="Hello")
    await shop.replies()
    assert signals(shop) == []


async def test_none_is_shown_when_nothing_will_be_said(signalling: Running) -> None:
    """A STOP and a message that is too old are read in silence."""
    await signalling.say("messenger", sender="7301", text="STOP")
    await signalling.say("whatsapp", sender="34600111222", text="Hello", at=minutes_ago(30))
    await signalling.quiet()
    assert signalling.graph.requests == []


@pytest.mark.parametrize("failing", [api_error(190, status=401), http_error(500), reset_before_accept(), None])
async def test_a_signal_that_fails_costs_nothing(signalling: Running, failing: Behaviour | None) -> None:
    """Refused, broken or hanging: the reply goes out at once, and once."""
    hanging = failing is None

    def rule(request: GraphRequest) -> Behaviour | None:
        return (failing or Behaviour(delay=3)) if is_signal(request) else None

    signalling.graph.behave(rule)
    started = asyncio.get_running_loop().time()
    await signalling.say("messenger", sender="7301", text="Hello")
    await signalling.replies()
    took = asyncio.get_running_loop().time() - started
    assert len(signalling.graph.sent) == 1
    assert not hanging or (took < 3 and signalling.here.process.signalling)


async def test_a_turn_that_is_carried_out_again_shows_nothing_anew(signalling: Running) -> None:
    """While the platform refuses the reply and it is tried again, it is not told of typing over and over."""
    refusals = iter([api_error(613), api_error(613)])
    signalling.graph.behave(lambda request: None if is_signal(request) else next(refusals, None))
    await signalling.say("messenger", sender="7301", text="Hello")
    await signalling.replies()
    await until(lambda: _true(len(signals(signalling)) == 2), "signals")
    assert len([request for request in signalling.graph.requests if not is_signal(request)]) == 3
    assert len(signals(signalling)) == 2


async def test_signals_under_way_are_bounded(signalling: Running) -> None:
    """While so many are on their way that the platform cannot keep up, replies go without."""
    waiting = {asyncio.create_task(asyncio.sleep(60)) for _ in range(AT_ONCE)}
    signalling.here.process.signalling.update(waiting)
    await signalling.say("messenger", sender="7301", text="Hello")
    await signalling.replies()
    assert signals(signalling) == []
    for task in waiting:
        task.cancel()
