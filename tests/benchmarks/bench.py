"""One run: its options, its place, the cores, and what it has found so far."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.options import Options
from tests.benchmarks.processes import Child, playing


@dataclass
class Bench:
    """One run. `numbers` are all that was found, flat; `wrong` says what must not have happened."""

    options: Options
    place: Path
    server_core: int | None
    other_core: int | None
    tell: Callable[[str], None]
    numbers: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    profiles: list[str] = field(default_factory=list)

    def found(self, name: str, **numbers: float) -> None:
        """Keep numbers under a name."""
        for key, value in numbers.items():
            self.numbers[f"{name}.{key}"] = value

    def under(self, name: str) -> dict[str, float]:
        """The numbers that were kept under a name."""
        start = f"{name}."
        return {key.removeprefix(start): value for key, value in self.numbers.items() if key.startswith(start)}

    def check(self, *, holds: bool, otherwise: str) -> None:
        """Keep what is wrong: no number counts then."""
        if not holds:
            self.wrong.append(otherwise)

    def failed(self, what: str, answer: dict[str, Any]) -> None:
        """Check that every request of a load was answered with 2xx, and every turn with a reply."""
        self.check(holds=not answer["failed"], otherwise=f"{what}: {answer['failed']} failed, {answer['statuses']}")

    def playing(self, role: str, *, loop: str | None = None, **arguments: Any) -> Any:
        """A process in a role; servers have a core of their own, the others share one."""
        core = self.other_core if role == "customers" else self.server_core
        return playing(role, self.place, core=core, loop=loop or self.options.loop, **arguments)


@asynccontextmanager
async def profiled(bench: Bench, ours: Child, part: str) -> AsyncIterator[None]:
    """Profile our process meanwhile, if this part is to be profiled."""
    if bench.options.profile != part:
        yield
        return
    await ours.ask("profile")
    yield
    file = bench.options.directory.resolve() / f"bench-{part}"
    shown = await ours.ask("profiled", lines=bench.options.lines, file=str(file))
    bench.profiles.append(shown["profile"])
