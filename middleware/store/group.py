"""Group commit: what many callers ask for at the same time goes to the store in one command.

At load the cost is the round trip, not the document. One caller alone waits for nobody: a command starts as soon as
the one before it is back, with whatever has come meanwhile. There is no timer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Again(Exception):  # noqa: N818 - a state of a question, caught here
    """This one was not carried out, because of another one in its group: it goes first into the next."""


class Grouped(Generic[Q, A]):
    """One queue of questions to the store. One group of them is under way at a time.

    `ask_all` carries out one group and gives for each question its answer or its own error, `Again` among them; what
    it raises is the error of all. `size` is what a question weighs; a group weighs `most` or is a single question.
    """

    def __init__(
        self,
        ask_all: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]],
        size: Callable[[Q], int],
        most: int,
    ) -> None:
        self._ask_all = ask_all
        self._size = size
        self._most = most
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """The answer to one question. Whoever is cancelled meanwhile does not hold up the others."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="group-commit")
        return await answer

    async def close(self) -> None:
        """End what is under way; whoever waits is cancelled, and nobody may ask any more."""
        for _, answer in self._waiting:
            answer.cancel()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        """Group after group, until nobody waits."""
        try:
            while self._waiting:
                await self._answer(self._next_group())
        finally:
            self._running = None

    def _next_group(self) -> list[tuple[Q, asyncio.Future[A]]]:
        """Those who wait longest, as many as fit; without those who have given up."""
        group: list[tuple[Q, asyncio.Future[A]]] = []
        weight = 0
        while self._waiting:
            question, answer = self._waiting[0]
            weight += self._size(question)
            if group and weight > self._most:
                break
            self._waiting.popleft()
            if not answer.done():
                group.append((question, answer))
        return group

    async def _answer(self, group: list[tuple[Q, asyncio.Future[A]]]) -> None:
        if not group:
            return
        try:
            answers = await self._ask_all([question for question, _ in group])
        except asyncio.CancelledError:
            for _, waiting in group:
                waiting.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, everybody in the group has to hear it
            answers = [error] * len(group)
        again = [asked for asked, answer in zip(group, answers, strict=True) if not _answered(asked[1], answer)]
        self._waiting.extendleft(reversed(again))


def _answered(waiting: asyncio.Future[A], answer: A | Exception) -> bool:
    """Hand over an answer; False if there is none yet."""
    if waiting.done():
        return True
    if isinstance(answer, Again):
        return False
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)
    return True
