"""The editions: every second each process sees whether other flows or templates are published."""

import asyncio
import contextlib
from collections.abc import Mapping

import structlog

from middleware.errors import StoreUnavailable
from middleware.pipeline.templates.live import LiveFlows
from middleware.ports import Clock, Store

log = structlog.get_logger(__name__)

LOOKS_EVERY = 1.0
"""Seconds: a version is said everywhere within two."""


class Editions:
    """What all brands of one process say. `flows` by the brand's name."""

    def __init__(
        self, flows: Mapping[str, LiveFlows], store: Store, clock: Clock, *, look_every: float = LOOKS_EVERY
    ) -> None:
        self.flows = flows
        self._store = store
        self._clock = clock
        self._look_every = look_every
        self._looking: asyncio.Task[None] | None = None

    @property
    def refused(self) -> int:
        """Published versions that cannot be said in this process."""
        return sum(len(each.refusals) for each in self.flows.values())

    @property
    def refused_releases(self) -> int:
        """Published releases of flows that cannot be said in this process."""
        return sum(each.refused is not None for each in self.flows.values())

    def start(self) -> None:
        """Look, and go on doing so."""
        self._looking = asyncio.create_task(self._look_for_ever(), name="editions")

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def look(self) -> None:
        """One look at all brands, side by side. What a brand says stays as it is while the store does not answer."""
        await asyncio.gather(*(self._look(name, flows) for name, flows in self.flows.items()))

    async def _look(self, brand: str, flows: LiveFlows) -> None:
        try:
            await flows.look(self._store.brand(brand), self._clock.now())
        except StoreUnavailable as error:
            log.warning("the store does not answer", action="templates", brand=brand, error=str(error))
        except Exception:
            log.exception("published flows or templates cannot be read", action="templates", brand=brand)

    async def _look_for_ever(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self._look_every)
