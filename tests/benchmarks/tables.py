"""What was found, as tables: the same for the screen and for the page."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.table import Table as RichTable

from tests.benchmarks.bench import Bench
from tests.benchmarks.turns import LEVELS


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
        table = RichTable(title=self.title, title_justify="left")
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
}


def _ingress(bench: Bench) -> Table:
    rows = [_server_row(bench, f"ingress.{name}", shown) for name, shown in _SERVERS.items()]
    rows.append(_server_row(bench, "ingress.generator", "(load generator)"))
    header = ("server", "req/s", "each round", "CPU µs/req", "store µs", "p50 ms", "p99 ms", "MiB")
    return Table("Accepting one webhook", header, tuple(rows))


def _server_row(bench: Bench, name: str, shown: str) -> tuple[str, ...]:
    row = bench.under(name)
    rounds = [
        f"{row[key]:,.0f}"
        for number in range(1, bench.options.rounds + 1)
        if (key := f"round{number}.requests_per_s") in row
    ]
    store = f"{row['store_cpu_us']:.0f}" if name == "ingress.ours" else "-"
    return (
        shown,
        f"{row['requests_per_s']:,.0f}",
        " / ".join(rounds) or "-",
        f"{row['cpu_us']:.1f}",
        store,
        f"{row['p50_ms']:.2f}",
        f"{row['p99_ms']:.2f}",
        f"{row['rss_mib']:.0f}",
    )


def _turns(bench: Bench) -> Table:
    header = (
        "turns", "turns/s", "p50 ms", "p99 ms", "CPU ms/turn", "store ms", "commands", "MiB",
    )  # fmt: skip
    return Table("Whole turns, from the webhook to the reply", header, tuple(_level_row(bench, at) for at in LEVELS))


def _level_row(bench: Bench, level: object) -> tuple[str, ...]:
    row = bench.under("turn")
    name = level.name  # type: ignore[attr-defined]
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
    header = (
        "messages",
        "RSS MiB before",
        "after half",
        "at the end",
        "bytes/message in the second half",
        "store's MiB",
    )
    cells = (
        f"{row['messages']:,.0f}",
        f"{row['rss_before_mib']:.1f}",
        f"{row['rss_half_mib']:.1f}",
        f"{row['rss_mib']:.1f}",
        f"{row['rss_slope_bytes']:.0f}",
        f"{row['store_rss_before_mib']:.0f} → {row['store_rss_mib']:.0f}",
    )
    return Table("Memory of our process over whole turns", header, (cells,))
