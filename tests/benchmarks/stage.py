"""Our process on a fresh store, and the customers who write to it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import Child, Meter, Store, embedded_store

_LONG = 600.0
_NO_LIMIT = 1_000_000_000


@dataclass
class Stage:
    """Who takes part. `asked` is how many questions were put so far, by `known` customers or others."""

    bench: Bench
    store: Store
    customers: Child
    ours: Child
    asked: int = 0
    known: int = 0

    async def turns(
        self, *, at_once: int, customers: int, seconds: float = _LONG, most: int = _NO_LIMIT, pause: float = 0.0
    ) -> dict[str, Any]:
        """Let customers ask and wait for their replies."""
        answer = await self.customers.ask(
            "turns",
            url=self.ours.url,
            at_once=at_once,
            customers=customers,
            seconds=seconds,
            most=most,
            pause=pause,
        )
        self.bench.failed(f"turns, {at_once} at once", answer)
        self.asked += answer["number"]
        return answer

    async def make_known(self, customers: int) -> None:
        """Let customers buy, and ask once: everything is warm and everybody known."""
        if customers <= self.known:
            return
        self.bench.tell(f"{customers} customers buy something and ask for the first time")
        answer = await self.customers.ask("orders", url=self.ours.url, customers=customers)
        self.bench.failed("orders", answer)
        await self.quiet()
        await self.turns(at_once=16, customers=customers, most=customers)
        await self.quiet()
        self.known = customers

    async def quiet(self) -> dict[str, int]:
        """Wait until all work is over; the commands that were counted until then."""
        commands: dict[str, int] = (await self.ours.ask("quiet"))["commands"]
        return commands

    async def check_replies(self, what: str) -> None:
        """Every question had exactly one reply, and each named the customer's own order."""
        await self.quiet()
        answer = await self.customers.ask("replies")
        replies, wrong = answer["replies"], answer["wrong"]
        self.bench.check(holds=replies == self.asked, otherwise=f"{what}: {replies} replies to {self.asked} questions")
        self.bench.check(holds=not wrong, otherwise=f"{what}: {wrong} replies do not name the customer's order")

    def meter(self, server: Child | None = None) -> Meter:
        """Read from now on what a server (ours if none is named), the store and the customers use."""
        return Meter(server or self.ours, self.store, self.customers)


@asynccontextmanager
async def staged(bench: Bench, *, work: bool, count: bool) -> AsyncIterator[Stage]:
    """A fresh installation. With `work` it answers; with `count` its commands to the store are counted."""
    async with AsyncExitStack() as stack:
        # On the disk of the project, and not where a system keeps a memory disk: syncing has to cost what it costs.
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="store-", dir=bench.place)))
        store = await stack.enter_async_context(embedded_store(directory))
        customers = await stack.enter_async_context(bench.playing("customers", loop="uvloop"))
        ours = await stack.enter_async_context(
            bench.playing(
                "ours",
                data_directory=str(directory),
                graph=customers.announced["graph"],
                work=work,
                count=count,
                profiler=bench.options.profiler if bench.options.profile else None,
            )
        )
        yield Stage(bench, store, customers, ours)
