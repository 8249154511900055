"""An installation against a platform that enforces its limits: pacing keeps to them, and yields to the platform."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import Limits, Published
from tests.running import Running, running
from tests.scenarios.looking import customer, message_of
from tests.stores import StoreServer


@pytest.fixture
async def paced(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation whose WhatsApp number may send 20 messages a second, and whose page 15."""
    accounts: dict[str, Any] = {
        "whatsapp": {"messages_per_second": 20},
        "messenger": {"messages_per_second": 15},
    }
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as it:
        yield it


async def _everybody_says_hello(shop: Running, channel: str, number: int) -> None:
    await asyncio.gather(*(customer(shop, channel, each).posts("hello") for each in range(number)))


@pytest.mark.parametrize(("channel", "limit"), [("messenger", 15), ("whatsapp", 20)])
async def test_the_documented_rate_is_kept(paced: Running, channel: str, limit: int) -> None:
    """Sixty customers at once: everybody is answered, and the platform has to refuse nothing."""
    limits = Limits({channel: Published(limit, pair_every=6.0, pair_burst=45)})
    paced.graph.behave(limits)

    await _everybody_says_hello(paced, channel, 60)
    sent = await paced.replies(60)

    assert limits.refused == {}
    assert len({each.recipient for each in sent}) == len(sent) == 60
    assert (sent[-1].at - sent[0].at).total_seconds() >= 59 / limit - 0.1


@pytest.mark.parametrize("bare", [False, True], ids=["code 613", "429"])
async def test_a_lower_limit_than_documented_is_found(paced: Running, bare: bool) -> None:  # noqa: FBT001 - of the table
    """A platform that allows less than we think makes the account pause; everything is sent once, with few refusals."""
    limits = Limits({"messenger": Published(5)}, bare=bare)
    paced.graph.behave(limits)

    await _everybody_says_hello(paced, "messenger", 30)
    sent = await paced.replies(30)

    assert len({each.recipient for each in sent}) == len(sent) == 30
    assert 0 < sum(limits.refused.values()) <= 15


async def test_one_person_over_the_pair_rate_waits_alone(paced: Running) -> None:
    """Six messages of one customer where five can be borrowed: the sixth reply waits, another customer's does not."""
    limits = Limits({"whatsapp": Published(80, pair_every=1.5, pair_burst=5)})
    paced.graph.behave(limits)
    ana, ben = customer(paced, "whatsapp", 1), customer(paced, "whatsapp", 2)

    ids = [await ana.posts(f"hello {number}") for number in range(6)]
    await ben.posts("hello")
    sent = await paced.replies(7)

    assert sent[-1].recipient.lstrip("+") == ana.id
    assert limits.refused == {131056: limits.refused[131056]}
    assert [(await message_of(paced, "whatsapp", each)).message_id for each in ids] == [
        each.message_id for each in sent if each.recipient.lstrip("+") == ana.id
    ]


async def test_usage_slows_down_before_a_refusal(paced: Running) -> None:
    """An allowance that nears its end is not run into: the last replies come at long intervals, none is refused."""
    limits = Limits({"whatsapp": Published(80, allowance=44, period=600.0)})
    paced.graph.behave(limits)

    await _everybody_says_hello(paced, "whatsapp", 44)
    sent = await paced.replies(44)

    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(sent)]
    assert limits.refused == {}
    assert sum(gaps[-3:]) > 2 * 3 / 20
