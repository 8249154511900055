"""Look-ups over real HTTP: what is asked, and what each way to misbehave comes to."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from connectors.http import HttpClient
from connectors.look_ups import MOST_BYTES, HttpLookUp
from middleware.domain.look_ups import LookUpOutcome
from middleware.ports import LookUpSetup
from tests.odd_systems import BEHAVES, LARGE, System, a_system

TIMEOUT = 0.3

COMES_TO = {
    "drops the connection": (LookUpOutcome.FAILED, "no answer ("),
    "stops in the middle": (LookUpOutcome.FAILED, "no answer ("),
    "hangs": (LookUpOutcome.FAILED, "no answer ("),
    "sends byte by byte": (LookUpOutcome.FAILED, "no answer ("),
    "sends 10 MB": (LookUpOutcome.FAILED, "an answer of more than 64 KiB"),
    "sends 10 MB packed": (LookUpOutcome.FAILED, "the answer is no JSON object"),
    "answers 500": (LookUpOutcome.FAILED, "HTTP 500"),
    "answers 401": (LookUpOutcome.FAILED, "HTTP 401"),
    "answers 404": (LookUpOutcome.NONE, "there is none (HTTP 404)"),
    "redirects": (LookUpOutcome.FAILED, "HTTP 302, a redirect, which is not followed"),
    "answers HTML as JSON": (LookUpOutcome.FAILED, "the answer is no JSON object"),
    "answers JSON as HTML": (LookUpOutcome.FAILED, "the answer is no JSON object"),
    "answers a list": (LookUpOutcome.FAILED, "the answer is no JSON object"),
    "nests a thousand deep": (LookUpOutcome.FAILED, "the answer is no JSON object"),
    "is no HTTP": (LookUpOutcome.FAILED, "no answer ("),
    "lies about its type": (LookUpOutcome.ANSWERED, ""),
    "well": (LookUpOutcome.ANSWERED, ""),
}


@pytest.fixture
async def system() -> AsyncIterator[System]:
    """A system that runs."""
    async with a_system() as it:
        yield it


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    """The way out, as look-ups have it."""
    async with HttpClient(unpacks=False) as it:
        yield it


async def test_a_question_is_one_get_with_its_values_in_the_query(system: System, http: HttpClient) -> None:
    """Beside what the address has already, each value whole whatever stands in it; the token as bearer."""
    look_up = HttpLookUp(LookUpSetup(f"{system.url}?shop=1", SecretStr("the-token")), http)
    send = {"sku": "A&b=1#ü/../%0d%0a\r\nX-Evil: 1", "size": "XL"}
    answer = await look_up.ask(send, timeout=5)
    assert answer.body == {"left": 3}
    assert system.asked == [{"shop": "1", **send}]
    (headers,) = system.headers
    assert headers["authorization"] == "Bearer the-token"
    assert headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert "x-evil" not in headers


@pytest.mark.parametrize("behaves", sorted(BEHAVES))
async def test_whatever_a_system_does_asking_ends_in_one_of_a_closed_list(
    system: System, http: HttpClient, behaves: str
) -> None:
    """Nothing is raised, and no word of the system is in the detail. The client may ask once more where a connection
    was dropped without a word, within the same time.
    """
    system.behaves = behaves
    outcome, detail = COMES_TO[behaves]
    answer = await HttpLookUp(LookUpSetup(system.url), http).ask({"sku": "A1"}, timeout=TIMEOUT)
    assert (answer.outcome, answer.detail[: len(detail)]) == (outcome, detail)
    assert system.asked in ([{"sku": "A1"}], [{"sku": "A1"}] * 2)


async def test_where_nobody_listens_it_is_not_connected(http: HttpClient) -> None:
    """A port that is closed."""
    answer = await HttpLookUp(LookUpSetup("http://127.0.0.1:1/stock"), http).ask({}, timeout=TIMEOUT)
    assert (answer.outcome, answer.detail[:14]) == (LookUpOutcome.FAILED, "not connected ")


async def test_a_large_answer_is_not_read(system: System, http: HttpClient) -> None:
    """What is beyond 64 KiB stays with the system, but for what the machine's own buffers take."""
    system.behaves = "sends 10 MB"
    await HttpLookUp(LookUpSetup(system.url), http).ask({}, timeout=5)
    assert MOST_BYTES <= system.written < LARGE // 2 or system.written == 0


async def test_who_is_cancelled_leaves_no_connection_behind(system: System, http: HttpClient) -> None:
    """The deadline of a message ends a question at once; the next one goes over a connection of its own."""
    system.behaves = "hangs"
    asking = asyncio.ensure_future(HttpLookUp(LookUpSetup(system.url), http).ask({"n": "1"}, timeout=60))
    await system.was_asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    system.behaves = "well"
    answer = await HttpLookUp(LookUpSetup(system.url), http).ask({"n": "2"}, timeout=5)
    assert answer.body == {"left": 3}
