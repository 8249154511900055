"""What was found, as tables: the same for the screen and for the page."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable

from tests.benchmarks.bench import Bench
from tests.benchmarks.turns import LEVELS, Level


@dataclass(frozen=True)
class Table:
    """A table with what it shows written above it. The first column is text, the others are numbers."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """As Markdown, without the title."""
        ruler = "|---|" + "---:|" * (len(self.header) - 1)
        lines = [f"| {' | '.join(row)} |" for row in (self.header, *self.rows)]
        return "\n".join([lines[0], ruler, *lines[1:]])

    def rich(self) -> RichTable:
        """For the screen."""
        table = RichTable(title=self.title, title_justify="left", box=SIMPLE_HEAD)
        for position, name in enumerate(self.header):
            table.add_column(name, justify="right" if position else "left")
        for row in self.rows:
            table.add_row(*row)
        return table


def tables(bench: Bench) -> Iterator[Table]:
    """The tables of what was measured."""
    shown = {"ingress": _ingress, "turns": _turns, "working": _working, "memory": _memory}
    for part in bench.options.only:
        yield shown[part](bench)


_SERVERS = {
    "bare": "bare aiohttp",
    "ours": "Throughline",
    "pywa": "pywa",
    "generator": "(generator)",
}


def _ingress(bench: Bench) -> Table:
    rows = [_server_row(bench, f"ingress.{name}", shown) for name, shown in _SERVERS.items()]
    header = ("server", "req/s", "(worst)", "CPU µs/req", "store µs", "p50 ms", "p99 ms")
    return Table("Accepting one webhook", header, tuple(rows))


def _server_row(bench: Bench, name: str, shown: str) -> tuple[str, ...]:
    row = bench.under(name)
    rounds = [
        row[f"round{each}.requests_per_s"] for each in range(1, bench.options.rounds + 1) if "round1.number" in row
    ]
    return (
        shown,
        f"{row['requests_per_s']:,.0f}",
        f"{min(rounds):,.0f}" if rounds else "-",
        f"{row['cpu_us']:.1f}",
        f"{row['store_cpu_us']:.0f}" if name == "ingress.ours" else "-",
        f"{row['p50_ms']:.2f}",
        f"{row['p99_ms']:.2f}",
    )


def _turns(bench: Bench) -> Table:
    header = ("turns", "turns/s", "p50 ms", "p99 ms", "CPU ms", "store ms", "commands", "MiB")
    return Table("Whole turns, from the webhook to the reply", header, tuple(_level_row(bench, at) for at in LEVELS))


def _level_row(bench: Bench, level: Level) -> tuple[str, ...]:
    row, name = bench.under("turn"), level.name
    return (
        name.replace("_", " "),
        f"{row[f'per_s_{name}']:.1f}",
        f"{row[f'p50_ms_{name}']:.1f}",
        f"{row[f'p99_ms_{name}']:.1f}",
        f"{row[f'cpu_ms_{name}']:.2f}",
        f"{row[f'store_cpu_ms_{name}']:.2f}",
        f"{row[f'commands_{name}']:.2f}",
        f"{row[f'rss_before_mib_{name}']:.0f} → {row[f'rss_mib_{name}']:.0f}",
    )


def _working(bench: Bench) -> Table:
    row = bench.under("working")
    header = ("offered", "p50 ms", "p99 ms", "most ms", "turns/s", "backlog")
    cells = (
        f"{row['offered_per_s']:g} requests/s",
        f"{row['accept_p50_ms']:.1f}",
        f"{row['accept_p99_ms']:.1f}",
        f"{row['accept_most_ms']:.1f}",
        f"{row['turns_per_s']:.1f}",
        f"{row['backlog_before']:,.0f} → {row['backlog_after']:,.0f}",
    )
    return Table("Accepting while the worker of the same process works off a backlog", header, (cells,))


def _memory(bench: Bench) -> Table:
    row = bench.under("memory")
    header = ("messages", "MiB before", "after half", "at the end", "bytes/message", "store MiB")
    cells = (
        f"{row['messages']:,.0f}",
        f"{row['rss_before_mib']:.1f}",
        f"{row['rss_half_mib']:.1f}",
        f"{row['rss_mib']:.1f}",
        f"{row['rss_slope_bytes']:.0f}",
        f"{row['store_rss_before_mib']:.0f} → {row['store_rss_mib']:.0f}",
    )
    return Table("Memory of our process over whole turns", header, (cells,))
