"""The benchmark itself: that it runs, that it measures what it says, and that it would see what goes wrong.

Nothing here looks at a speed.
"""

import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks import reply_tools
from tests.benchmarks.bench import Bench
from tests.benchmarks.customers import ClosedLoop, Exchange
from tests.benchmarks.measures import percentile, slope
from tests.benchmarks.messages import Customer, Questions
from tests.benchmarks.options import options
from tests.benchmarks.wire import LOST, NoHttp, answering, framed, response

_LEVELS = ("alone", "at_8", "at_64")

_PROMISED = {
    *(f"ingress.{name}" for name in ("cpu_ratio", "requests_per_s", "vs_pywa", "cpu_us", "bare_cpu_us", "p50_ms")),
    "ingress.p99_ms",
    "turn.cpu_ms",
    *(f"turn.{name}_{level}" for level in _LEVELS for name in ("cpu_ms", "commands", "per_s", "p50_ms", "p99_ms")),
    "working.accept_p99_ms",
    "memory.rss_mib",
}


def _run(directory: Path, *arguments: str) -> str:
    """Run the command; what it prints. It must end well."""
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--directory", str(directory), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 - our own
    assert ended.returncode == 0, ended.stderr
    assert [each.name for each in directory.iterdir() if each.is_dir()] == [], "nothing is left behind"
    return ended.stdout


def test_a_quick_run(tmp_path: Path) -> None:
    """Everything is measured once, nothing fails, every promised number is there, and the page has all its tables."""
    page = tmp_path / "benchmarks.md"
    numbers = json.loads(_run(tmp_path, "--json", "--docs", str(page)))

    assert numbers == json.loads((tmp_path / "bench-quick.json").read_text())
    assert sorted(name for name in _PROMISED if not numbers.get(name, 0) > 0) == []
    assert {value for name, value in numbers.items() if "failed" in name} == {0}
    assert "memory.rss_slope_bytes" in numbers
    written = page.read_text()
    assert [
        start for start in ("bare aiohttp", "at 64", "50 requests/s", "24") if f"\n| {start} |" not in written
    ] == []


def test_a_profile_names_our_functions(tmp_path: Path) -> None:
    """`--profile` shows where our time goes, the driver's threads included, and writes no numbers."""
    shown = _run(tmp_path, "--profile", "ingress", "--lines", "200")

    assert "webhooks.py" in shown
    assert "pymongo" in shown
    assert {each.suffix for each in tmp_path.iterdir()} == {".pstats"}


@pytest.mark.parametrize("role", ["bare", "pywa"])
async def test_who_is_compared_with_checks_signatures(role: str, tmp_path: Path) -> None:
    """The servers that ours is compared with take what is signed and refuse what is not: they do the same work."""
    bench = Bench(replace(options([]), directory=tmp_path), tmp_path, None, None, print)
    question = Questions().of(Customer(0))

    async with bench.playing(role) as server:
        exchange = await Exchange.with_server(server.url)
        statuses = [await exchange.ask(each) for each in (question, question.replace(b"my order", b"MY ORDER"))]
        exchange.close()

    assert statuses in ([200, 401], [200, 403])


@pytest.mark.parametrize(
    ("answer", "failed", "statuses"),
    [
        (lambda: response("200 OK", b"ok"), 0, {"200": 20}),
        (lambda: response("503 Service Unavailable", b""), 20, {"503": 20}),
        (lambda: b"no HTTP at all\r\n\r\n", 4, {str(LOST): 4}),
    ],
    ids=["accepted", "refused", "cut"],
)
async def test_what_is_not_accepted_is_counted(
    answer: Callable[[], bytes], failed: int, statuses: dict[str, int]
) -> None:
    """A load counts every answer that is no 2xx, and every connection that ends; it ends even so."""
    server, url = await answering(lambda _head, _body: answer())
    tally = await ClosedLoop(deque([Questions().of(Customer(0))] * 20), 10.0).run(url, 4)
    server.close()

    assert tally.shown()["failed"] == failed
    assert tally.shown()["statuses"] == statuses


def test_messages_are_framed_however_they_arrive() -> None:
    """A message is found once it is complete, and what follows it is kept. One without a length is refused."""
    one = Questions().of(Customer(0))

    assert all(framed(one[:size]) is None for size in range(len(one)))
    assert framed(one + b"POST")[2] == b"POST"  # type: ignore[index]
    with pytest.raises(NoHttp):
        framed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


def test_no_two_questions_have_the_same_id() -> None:
    """Every question is a message of its own, also those of another run: none is a duplicate for who stores it."""
    made = [questions.of(Customer(0)) for questions in (Questions(), Questions()) for _ in range(100)]
    assert len(set(made)) == 200


def test_percentiles_and_slopes() -> None:
    """What the numbers are made with is right where it can be worked out by hand."""
    hundred = [float(each) for each in range(100)]

    assert [percentile(hundred, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 99.0]
    assert percentile([], 0.5) == 0.0
    assert slope([(x, 7.0 + 3.0 * x) for x in hundred]) == pytest.approx(3.0)
    assert slope([(1.0, 1.0)]) == 0.0


def test_what_is_around_a_reply_is_measured() -> None:
    """A preview, a forecast and a start with published templates: the measurement runs, and looks at no speed."""
    found = reply_tools.measured(conversations=2, published=120, compiled=2)
    assert (found["forecast.conversations"], found["start.templates"]) == (2, 120)
    assert min(found.values()) > 0
