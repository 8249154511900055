"""What it takes to be asked: over HTTP, or in the process of Throughline itself."""

from collections.abc import Collection
from typing import Protocol

import structlog

from middleware.client.errors import AskFailed, NoSuchAccount, NotAllowed, QuestionRefused
from middleware.domain.context import BLOCKS, Context
from middleware.errors import StoreUnavailable
from middleware.handover import hand_over
from middleware.pipeline.look_up import LookUp

log = structlog.get_logger(__name__)


class Asks(Protocol):
    """Whoever can be asked for a context."""

    async def context(
        self, *, channel: str, account: str, sender: str, blocks: Collection[str] | None = None
    ) -> Context:
        """The context of one sender, with these blocks or all that may be seen. Raises AskFailed."""
        ...


class InProcess:
    """Asks the installation in this process, without HTTP: `InProcess(look_up_of(here), brands={"glow"})`.

    The limits are those of a client: it sees these brands and these blocks and no others, and what is handed over is
    what `GET /v1/context` answers.
    """

    def __init__(self, look_up: LookUp, *, brands: Collection[str], blocks: Collection[str] = BLOCKS) -> None:
        self._look_up = look_up
        self._brands = frozenset(brands)
        self._blocks = frozenset(blocks)

    async def context(
        self, *, channel: str, account: str, sender: str, blocks: Collection[str] | None = None
    ) -> Context:
        """See `Asks.context`. Raises StoreUnavailable while the store does not answer."""
        wanted = self._blocks if blocks is None else named(blocks)
        if unseen := wanted - self._blocks:
            raise NotAllowed(f"not among the blocks that may be seen here: {', '.join(sorted(unseen))}")
        found = self._look_up.account(channel, account, self._brands)
        if found is None:
            raise NoSuchAccount
        context = await self._look_up.context(found, sender, wanted)
        if context is None:
            raise QuestionRefused(f"this is no sender id of {channel}")
        return Context.model_validate(hand_over(context, blocks=wanted))

    async def context_or_none(
        self, *, channel: str, account: str, sender: str, blocks: Collection[str] | None = None
    ) -> Context | None:
        """See `asking.context_or_none`: never an error, what went wrong is logged."""
        return await context_or_none(self, channel=channel, account=account, sender=sender, blocks=blocks)


async def context_or_none(
    asks: Asks, *, channel: str, account: str, sender: str, blocks: Collection[str] | None = None
) -> Context | None:
    """The context, or None where it cannot be had: what went wrong is logged, and the bot goes on without."""
    try:
        return await asks.context(channel=channel, account=account, sender=sender, blocks=blocks)
    except (AskFailed, StoreUnavailable) as error:
        why = type(error).__name__
        log.warning("no context", action="context_missing", channel=channel, why=why, detail=str(error))
        return None


def named(blocks: Collection[str]) -> frozenset[str]:
    """The blocks that were named. Raises QuestionRefused where none is: over HTTP that would mean all of them."""
    if isinstance(blocks, str) or not blocks:
        raise QuestionRefused('name blocks in a collection, such as {"orders"}; None means all that may be seen')
    return frozenset(blocks)
