"""The other side, in a process of its own: the customers who write, and the platform that takes the replies.

Both ends of a turn are on one clock: the same process sends the webhook and receives the reply.
"""

import asyncio
import math
import time
from array import array
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import orjson

from tests.benchmarks.child import Answers, Ask
from tests.benchmarks.measures import percentile
from tests.benchmarks.messages import Customer, Questions, order
from tests.benchmarks.wire import LOST, Connection, answering, response

_OK = 200
_REPLY_WITHIN = 30.0


class Tally:
    """What became of the requests of one load: seconds that each took, and statuses (0: the connection was lost)."""

    def __init__(self) -> None:
        self.took = array("d")
        self.statuses: Counter[int] = Counter()
        self.begun = time.perf_counter()
        self.seconds = 0.0

    def end(self) -> "Tally":
        """Stop the clock."""
        self.seconds = time.perf_counter() - self.begun
        return self

    def shown(self) -> dict[str, Any]:
        """As an answer: milliseconds, and how many failed."""
        ordered = sorted(self.took)
        return {
            "number": len(ordered),
            "seconds": self.seconds,
            "sum_s": math.fsum(ordered),
            "failed": sum(number for status, number in self.statuses.items() if not 200 <= status < 300),
            "statuses": {str(status): number for status, number in self.statuses.items()},
            "p50_ms": 1000 * percentile(ordered, 0.50),
            "p99_ms": 1000 * percentile(ordered, 0.99),
            "most_ms": 1000 * percentile(ordered, 1.0),
        }


class ClosedLoop:
    """Prepared requests over so many connections, on each the next one as soon as the one before is answered."""

    def __init__(self, requests: deque[bytes], seconds: float) -> None:
        self._requests = requests
        self._seconds = seconds
        self._end = 0.0
        self._sent_at: dict[Connection, float] = {}
        self._over = asyncio.Event()
        self._tally = Tally()

    async def run(self, url: str, connections: int) -> Tally:
        """Until the time or the requests are over; what is under way then is waited for."""
        opened = [await Connection.to(url, self._answered) for _ in range(connections)]
        self._tally = Tally()
        self._end = self._tally.begun + self._seconds
        for connection in opened:
            self._next(connection, time.perf_counter())
        await self._over.wait()
        return self._tally.end()

    def _answered(self, connection: Connection, status: int) -> None:
        now = time.perf_counter()
        sent_at = self._sent_at.pop(connection, None)
        if sent_at is None:
            return
        self._tally.statuses[status] += 1
        if status != LOST:
            self._tally.took.append(now - sent_at)
            self._next(connection, now)
        elif not self._sent_at:
            self._over.set()

    def _next(self, connection: Connection, now: float) -> None:
        if self._requests and now < self._end:
            self._sent_at[connection] = now
            connection.send(self._requests.popleft())
        else:
            connection.close()
            if not self._sent_at:
                self._over.set()


class Exchange:
    """One connection, one request at a time, awaited."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answer: asyncio.Future[int] | None = None
        connection.answered = self._answered

    @classmethod
    async def with_server(cls, url: str) -> "Exchange":
        """Connect."""
        return cls(await Connection.to(url, lambda _connection, _status: None))

    async def ask(self, request: bytes) -> int:
        """Send a request; the status of its answer, or LOST."""
        self._answer = asyncio.get_running_loop().create_future()
        self._connection.send(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _answered(self, _: Connection, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)


class Platform:
    """Meta's side: takes every reply at once, counts it, and wakes the customer who waits for it."""

    def __init__(self) -> None:
        self.replies = 0
        self.wrong = 0
        """Replies that do not name the customer's own order."""
        self.url = ""
        self._customers: dict[str, Customer] = {}
        self._waiting: dict[int, asyncio.Future[float]] = {}
        self._ids = count()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; `url` is set then."""
        self._server, self.url = await answering(self._answer)

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def knows(self, customer: Customer) -> None:
        """Whom an address belongs to."""
        self._customers[customer.phone] = self._customers[customer.scoped_id] = customer

    def reply_to(self, customer: Customer) -> "asyncio.Future[float]":
        """The moment at which the next reply to a customer comes."""
        waiting: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[customer.number] = waiting
        return waiting

    def _answer(self, head: bytes, body: bytes) -> bytes:
        now = time.perf_counter()
        content = orjson.loads(body)
        if b"/messages " not in head[:200] or content.get("type") != "text":
            return response("200 OK", b'{"success":true}')
        address = (content.get("to") or content.get("recipient")).removeprefix("+")
        customer = self._customers.get(address)
        self.replies += 1
        if customer is None or customer.order not in content["text"]["body"]:
            self.wrong += 1
        if customer is not None and (waiting := self._waiting.pop(customer.number, None)) and not waiting.done():
            waiting.set_result(now)
        said = {"messages": [{"id": f"wamid.bench{next(self._ids):016d}", "message_status": "accepted"}]}
        return response("200 OK", orjson.dumps({"messaging_product": "whatsapp", **said}))


class Customers:
    """What the customers can be asked to do."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._prepared: deque[bytes] = deque()
        self.asks: Mapping[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            "prepare": self._prepare,
            "load": self._load,
            "orders": self._orders,
            "turns": self._turns,
            "open": self._open,
            "replies": self._replies,
        }

    async def answers(self, ask: Ask) -> dict[str, Any]:
        """Do what is asked."""
        return await self.asks[ask.pop("do")](**ask)

    async def _prepare(self, number: int, customers: int) -> dict[str, Any]:
        """Make that many questions, from so many customers in turn."""
        everybody = self._everybody(customers)
        questions = Questions()
        self._prepared = deque(questions.of(everybody[each % customers]) for each in range(number))
        return {}

    async def _load(
        self, url: str, connections: int, seconds: float = math.inf, most: int | None = None
    ) -> dict[str, Any]:
        """Send what was prepared in a closed loop, all or at most so many."""
        number = len(self._prepared) if most is None else most
        requests = deque(self._prepared.popleft() for _ in range(number))
        return (await ClosedLoop(requests, seconds).run(url, connections)).shown()

    async def _orders(self, url: str, customers: int) -> dict[str, Any]:
        """Let each customer buy something."""
        orders = deque(order(customer) for customer in self._everybody(customers))
        return (await ClosedLoop(orders, math.inf).run(url, 16)).shown()

    async def _turns(
        self, url: str, at_once: int, customers: int, seconds: float, most: int, pause: float
    ) -> dict[str, Any]:
        """Customers who ask and wait for their reply, `at_once` of them, the others in between; at most `most` turns.

        With a `pause` (seconds) nobody asks right when a reply came: what is left to do after it is over then.
        """
        free = deque(self._everybody(customers))
        questions, tally, left = Questions(), Tally(), count(most, -1)
        until = tally.begun + seconds

        async def one_of_them(exchange: Exchange) -> None:
            while time.perf_counter() < until and next(left) > 0:
                customer = free.popleft()
                await self._turn(exchange, customer, questions.of(customer), tally)
                free.append(customer)
                if pause:
                    await asyncio.sleep(pause)

        exchanges = [await Exchange.with_server(url) for _ in range(at_once)]
        tally.begun = time.perf_counter()
        await asyncio.gather(*map(one_of_them, exchanges))
        tally.end()
        for exchange in exchanges:
            exchange.close()
        return tally.shown()

    async def _turn(self, exchange: Exchange, customer: Customer, question: bytes, tally: Tally) -> None:
        reply = self._platform.reply_to(customer)
        asked_at = time.perf_counter()
        status = await exchange.ask(question)
        try:
            async with asyncio.timeout(_REPLY_WITHIN if status == _OK else 0):
                tally.took.append(await reply - asked_at)
        except TimeoutError:
            status = status if status != _OK else LOST
        tally.statuses[status] += 1

    async def _open(self, url: str, rate: float, seconds: float, connections: int) -> dict[str, Any]:
        """Send what was prepared at a fixed rate, whatever comes back; time runs from when it was due."""
        free: asyncio.LifoQueue[Exchange] = asyncio.LifoQueue()
        for _ in range(connections):
            free.put_nowait(await Exchange.with_server(url))
        tally = Tally()

        async def one(due: float, request: bytes) -> None:
            exchange = await free.get()
            tally.statuses[await exchange.ask(request)] += 1
            tally.took.append(time.perf_counter() - due)
            free.put_nowait(exchange)

        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                due = tally.begun + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(one(due, self._prepared.popleft()))
        tally.end()
        while not free.empty():
            free.get_nowait().close()
        return tally.shown()

    async def _replies(self) -> dict[str, Any]:
        return {"replies": self._platform.replies, "wrong": self._platform.wrong}

    def _everybody(self, number: int) -> list[Customer]:
        everybody = [Customer(each) for each in range(number)]
        for customer in everybody:
            self._platform.knows(customer)
        return everybody


@asynccontextmanager
async def customers() -> AsyncIterator[tuple[dict[str, Any], Answers]]:
    """Customers and platform, until the block ends."""
    platform = Platform()
    await platform.start()
    try:
        yield {"graph": platform.url}, Customers(platform).answers
    finally:
        platform.close()
