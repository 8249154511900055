"""Passing on to a bot that answers on an account in our place: what it takes from the edges."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from middleware.domain.passing import PassResult


@dataclass(frozen=True, slots=True)
class SenderPart:
    """What a body says of one customer of one account. `account` and `sender` are ids as the channel writes them.

    `account` None: it names none; `sender` None: it is about nobody in particular, or cannot be understood. `body`
    makes a body of the same channel that holds this part and nothing else; it raises ValueError where none can be made.
    """

    account: str | None
    sender: str | None
    body: Callable[[], bytes]


@runtime_checkable
class PassesOn(Protocol):
    """A channel whose deliveries can be passed on to a bot."""

    def parts_by_sender(self, body: object) -> Sequence[SenderPart]:
        """All of a body that `normalise` took, by account and sender, in the order of their first appearance.

        Nothing of it is left out, understood or not; within a part the order is that of the body. Never raises.
        """
        ...

    def signature(self, body: bytes, secret: bytes, received: Mapping[str, str]) -> Mapping[str, str]:
        """The headers that sign a body as the platform does: those of them that the delivery was `received` with."""
        ...


class BotDoor(Protocol):
    """The way to a bot's webhook."""

    async def hand(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> PassResult:
        """POST these very bytes. Takes at most `timeout` seconds and never raises."""
        ...
