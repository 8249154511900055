"""`throughline serve`, `worker` and `trigger`: real processes, a real store, the stand-in as the platform."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import Behaviour, GraphStandIn
from middleware.ports import InboxEntry
from middleware.store.timing import in_time
from tests.integration.cli import Ended, command, serving, write_config
from tests.running import INSTAGRAM, TOKEN, Running, until
from tests.stores import StoreServer


@pytest.fixture
async def graph() -> AsyncIterator[GraphStandIn]:
    """The platform."""
    async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as it:
        yield it


def _terminate(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)


def _interrupt(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGINT)


async def trigger(config: Path, url: str, channel: str, kind: str = "message", *more: str, **how: Any) -> Ended:
    """Send one sample to a running server."""
    return await command("trigger", channel, kind, "--url", url, "--json", *more, config=config, **how)


async def _sent(graph: GraphStandIn, number: int) -> bool:
    return len(graph.sent) >= number


async def test_message_is_accepted_and_answered(store_server: StoreServer, tmp_path: Path, graph: GraphStandIn) -> None:
    """`serve` on a free port answers what `trigger` sends on every channel, shows metrics, and ends on SIGTERM."""
    config = write_config(tmp_path, store_server.uri, graph.url)
    async with serving("serve", "--port", "0", config=config) as served:
        listening = await served.line("listening")
        url = listening["url"]
        answers = await asyncio.gather(
            trigger(config, url, "messenger"),
            trigger(config, url, "instagram", "ad_message", "--text", "is it vegan?"),
            trigger(config, url, "whatsapp", "message", "--sender", "34600111222"),
            trigger(config, url, "shopify", "order_paid", "--set", "order_number=1001", "--set", "phone=+34600111223"),
        )
        await until(lambda: _sent(graph, 3), "three replies")
        code = await served.stop(_terminate)

    assert [(answer.code, answer.json["status"]) for answer in answers] == [(0, 200)] * 4
    assert listening["metrics"].startswith("http://127.0.0.1:")
    assert listening["metrics"] != f"{url}/metrics"
    assert {each.channel for each in graph.sent} == {"messenger", "instagram", "whatsapp"}
    assert code == 0
    assert served.lines[-1]["action"] == "stopping"


async def test_end_waits_for_what_is_under_way(store_server: StoreServer, tmp_path: Path, graph: GraphStandIn) -> None:
    """A send that is under way when the process is asked to end is finished and written down, not left unknown."""
    config = write_config(tmp_path, store_server.uri, graph.url)
    graph.fail_next(Behaviour(answer_delay=1.5))
    async with serving("serve", "--port", "0", config=config) as served:
        url = (await served.line("listening"))["url"]
        assert (await trigger(config, url, "messenger", alone=True)).code == 0
        await until(lambda: _sent(graph, 1), "the call")
        assert await served.stop(_interrupt) == 0
    context = await command(
        "context", "--channel", "messenger", "--account", "messenger", "--sender", "7301", "--json", config=config
    )

    assert [line["by"] for line in context.json["conversation"]["lines"]] == ["customer", "bot"]
    assert len(graph.requests) == 1


async def test_end_is_not_missed_when_the_store_answers_just_then(
    shop: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is asked to end in the very moment in which the store answers ends all the same."""
    asked, answer = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def backlog(_most: int, _known: object, _besides: object) -> list[InboxEntry]:
        asked.set()
        await in_time(answer)
        return []

    monkeypatch.setattr(shop.here.brands["glow"].store, "backlog", backlog)
    await asked.wait()

    ended = asyncio.create_task(shop.here.worker.stop())
    answer.set_result([])
    done, _ = await asyncio.wait([ended], timeout=10)
    ended.cancel()

    assert done == {ended}


async def test_web_and_worker_apart_on_the_embedded_store(tmp_path: Path, graph: GraphStandIn) -> None:
    """`serve --no-worker` accepts, `worker` answers; both find the embedded store of the data directory."""
    config = write_config(tmp_path, None, graph.url)
    async with (
        serving("serve", "--no-worker", "--port", "0", config=config) as web,
        serving("worker", config=config) as worker,
    ):
        url = (await web.line("listening"))["url"]
        await worker.line("working")
        assert (await trigger(config, url, "messenger")).code == 0
        await until(lambda: _sent(graph, 1), "the reply")
        codes = await asyncio.gather(worker.stop(_terminate), web.stop(_terminate))

    assert list(codes) == [0, 0]
    assert len(graph.sent) == 1
    assert (tmp_path / "data").is_dir()


async def test_without_a_worker_nothing_is_answered_and_nothing_lost(
    store_server: StoreServer, tmp_path: Path, graph: GraphStandIn
) -> None:
    """What `serve --no-worker` accepted is answered by a worker that is started later."""
    config = write_config(tmp_path, store_server.uri, graph.url)
    async with serving("serve", "--no-worker", "--port", "0", config=config) as web:
        url = (await web.line("listening"))["url"]
        assert (await trigger(config, url, "messenger")).code == 0
        assert await web.stop(_terminate) == 0
    assert graph.requests == []

    async with serving("worker", config=config) as worker:
        await until(lambda: _sent(graph, 1), "the reply")
        assert await worker.stop(_terminate) == 0


async def test_port_that_is_taken_is_said_in_one_line(
    store_server: StoreServer, tmp_path: Path, graph: GraphStandIn
) -> None:
    """A port that is taken ends with exit code 1 and says which, without a traceback."""
    config = write_config(tmp_path, store_server.uri, graph.url)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = await command("serve", "--port", str(taken.getsockname()[1]), config=config)

    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert "throughline: " in ended.err


async def test_trigger_without_a_server_says_so(store_server: StoreServer, tmp_path: Path) -> None:
    """`trigger` at an address where nobody listens ends with exit code 1 and asks whether `serve` runs there."""
    config = write_config(tmp_path, store_server.uri, "http://127.0.0.1:9")

    ended = await trigger(config, "http://127.0.0.1:9", "messenger")

    assert ended.code == 1
    assert "throughline serve" in ended.err


USAGE = (
    (("telegram", "message"), "messenger, instagram, whatsapp, shopify"),
    (("messenger", "nothing"), "ad_message"),
    (("messenger", "message", "--set", "colour=red"), "message_id"),
    (("messenger", "message", "--set", "text"), "name=value"),
)


async def test_trigger_says_what_there_is(tmp_path: Path) -> None:
    """A wrong channel, kind or part is a usage error that lists what there is."""
    config = write_config(tmp_path, "mongodb://127.0.0.1:9", "http://127.0.0.1:9")

    all_ended = await asyncio.gather(*(command("trigger", *arguments, config=config) for arguments, _ in USAGE))

    for ended, (_, helps) in zip(all_ended, USAGE, strict=True):
        assert ended.code == 2
        assert helps in ended.err
