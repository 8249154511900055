"""`docs/benchmarks.md`, written by a run."""

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.ingress import CONNECTIONS
from tests.benchmarks.measures import machine
from tests.benchmarks.tables import Table, tables

_BUSY = 0.1
"""Of a core: from here on the page warns."""

_PAGE = """\
# Benchmarks

Written by `make bench`; do not edit. Everything below was measured in one run on one machine, side by side. Figures of
two machines, or of two runs on a busy one, do not compare; the ratios do.

{command}

{machine}

{places}

{busy}

## What a webhook costs until it is accepted

{ingress}

One process per server, {connections} connections, each with its next request as soon as the one before is answered.
Every request is a WhatsApp text message with an id that nobody had before, signed and written before the clock runs.
After a warm-up the servers take turns, in {rounds} rounds of {seconds:g} s each; a row shows the best round by
requests/s and, in brackets, the worst. Every answer was 2xx, ours had stored every message as a new one, and pywa's
handler had seen every one: else the run fails.

- **bare aiohttp** checks the signature and parses the body: what any aiohttp webhook must do, and nothing else. It is
  the ceiling. **pywa** checks the signature, makes its typed message and calls a handler that does nothing. Both store
  nothing. **Throughline** checks, normalises, and stores durably, once. **(generator)** is what the generator
  reaches against a server that answers without looking.
- **CPU µs/req** is the figure to compare: user and system time of the server's process. Ours costs
  **{cpu_ratio:.1f} times** the bare handler, best round against best round; the median of the rounds' own ratios is
  {cpu_ratio_median:.1f}. **store µs** is what the store's process uses beside it.
- **req/s** of ours counts what is stored (the embedded store syncs each commit, on the disk of this machine). Against
  pywa, which forgets what it is told, ours takes **{vs_pywa:.2f} times** as many.
- The store and the load generator share the other core, which was busy to {other:.0%} of one core while ours was
  loaded.
- p50 and p99 are those of a server under full load: mostly waiting in line.
- The bare handler and ours run on `{loop}`'s event loop; pywa on uvicorn with httptools and uvloop, its fastest form.

## What a whole turn costs

{turns}

A customer with an order asks where it is; webhook, identity, context, flow, template and reply. All customers write to
one account. A customer's next question follows the reply to the one before. Time runs from the first byte of the
webhook to the reply's arrival at the platform, which is a stand-in in the customers' process that answers at once. Each
question had exactly one reply, and it named the customer's own order: else the run fails.

- **CPU ms** is that of our process a turn, web and worker in one, until all its work is over; **store ms** that of the
  store's process.
- **alone**: one after the other, with 10 ms between a reply and the next question, which turns/s leaves out.
- **at 8** and **at 64**: so many customers at once, so that waiting is mostly for each other; at 64 after as many turns
  as open the window of the account, which begins with one call (see the message path).
- **commands** are the driver's, those of accepting included, counted in a process of its own. Left out are
  the finds on the inbox by which a worker looks once a second for what others left behind, and what belongs to a
  connection.

## Accepting while working

{working}

The process has a backlog of turns and works it off (turns/s). Requests come on top at a fixed rate, whatever comes
back, and time runs from the moment at which each was due. The backlog lasted to the end: else the run fails.

## Memory

{memory}

The resident set (MiB, here and above) of our process over whole turns, 64 at once. Bytes/message is the slope of a line
through the samples of the second half.

## What is left out

- The network, TLS and a proxy: everything speaks plain HTTP on one machine.
- The platform's time to answer, and the status webhooks that follow each reply.
- A replica set: the store is the embedded server. Production has MongoDB.
"""


def write_page(bench: Bench, path: Path) -> None:
    """Write the page of a whole run."""
    found = dict(zip(bench.options.only, tables(bench), strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _PAGE.format(
            command=_command(),
            machine=_machine().markdown(),
            places=_places(bench),
            connections=CONNECTIONS,
            cpu_ratio=bench.numbers["ingress.cpu_ratio"],
            cpu_ratio_median=bench.numbers["ingress.cpu_ratio_median"],
            vs_pywa=bench.numbers["ingress.vs_pywa"],
            other=bench.numbers["ingress.ours.other_core_share"],
            busy=_busy(bench),
            loop=bench.options.loop,
            rounds=bench.options.rounds,
            seconds=bench.options.seconds,
            **{part: table.markdown() for part, table in found.items()},
        )
    )


def _command() -> str:
    arguments = shlex.join(["python", "-m", "tests.benchmarks", *sys.argv[1:]])
    return f"`{arguments}` on {datetime.now(UTC):%Y-%m-%d}"


def _machine() -> Table:
    return Table("", ("", ""), tuple(machine().items()))


def _places(bench: Bench) -> str:
    if bench.server_core is None:
        return "Processes were not bound to cores."
    return (
        f"The server under measurement had core {bench.server_core}; store, load generator and platform shared "
        f"core {bench.other_core}."
    )


def _busy(bench: Bench) -> str:
    """What nobody of ours did meanwhile, and what that means."""
    shares = [value for key, value in bench.numbers.items() if key.endswith("elsewhere_share")]
    shared = sum(shares) / len(shares)
    said = f"Other processes used {shared:.0%} of a core meanwhile."
    return said if shared < _BUSY else f"**{said} So times and rates here say little, and only ratios something.**"
