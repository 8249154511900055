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
    """Who takes part. `asked` is how many questions were put so far."""

    bench: Bench
    store: Store
    customers: Child
    ours: Child
    asked: int = 0

    async def orders(self, customers: int) -> None:
        """Let customers buy something; wait until it is known."""
        self.bench.tell(f"{customers} customers buy something")
        answer = await self.customers.ask("orders", url=self.ours.url, customers=customers)
        self.bench.failed("orders", answer)
        await self.ours.ask("quiet")

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

    async def known(self, customers: int) -> None:
        """Let customers buy, and ask once: everything is warm and everybody known."""
        await self.orders(customers)
        self.bench.tell(f"{customers} customers ask for the first time")
        await self.turns(at_once=16, customers=customers, most=customers)
        await self.ours.ask("quiet")

    async def check_replies(self, what: str) -> None:
        """Every question had exactly one reply, and each named the customer's own order."""
        await self.ours.ask("quiet")
        answer = await self.customers.ask("replies")
        replies, wrong = answer["replies"], answer["wrong"]
        self.bench.check(holds=replies == self.asked, otherwise=f"{what}: {replies} replies to {self.asked} questions")
        self.bench.check(holds=not wrong, otherwise=f"{what}: {wrong} replies do not name the customer's order")

    def meter(self) -> Meter:
        """Read from now on what our process, the store and the customers use."""
        return Meter(self.ours, self.store, self.customers)


@asynccontextmanager
async def staged(bench: Bench, *, work: bool, count: bool = False) -> AsyncIterator[Stage]:
    """A fresh installation. With `work` it answers; with `count` its commands to the store are counted."""
    async with AsyncExitStack() as stack:
        # On the disk of the project, and not where a system keeps a memory disk: syncing has to cost what it costs.
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="store-", dir=bench.place)))
        store = await stack.enter_async_context(embedded_store(directory))
        customers = await stack.enter_async_context(bench.playing("customers", loop="uvloop"))
        graph = customers.announced["graph"]
        profiler = bench.options.profiler if bench.options.profile else None
        ours = await stack.enter_async_context(
            bench.playing("ours", data_directory=str(directory), graph=graph, work=work, count=count, profiler=profiler)
        )
        yield Stage(bench, store, customers, ours)
