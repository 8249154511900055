"""Forecasts that are being made in this process, and the last one of each person for a while after."""

import asyncio
from dataclasses import dataclass
from secrets import token_urlsafe

from middleware.domain.forecast import Forecast

_PEOPLE_AT_MOST = 50


@dataclass
class Running:
    """One forecast: how many customers were looked at, and what came of it once it has ended."""

    id: str
    by: str
    template: str
    looked: int = 0
    stopped: bool = False
    failed: bool = False
    found: Forecast | None = None
    task: asyncio.Task[None] | None = None

    def goes_on(self, looked: int) -> bool:
        """Told how far it has come; whether to go on."""
        self.looked = looked
        return not self.stopped


class Forecasts:
    """The last one of each person."""

    def __init__(self) -> None:
        self._of: dict[str, Running] = {}

    def begin(self, by: str, template: str) -> Running:
        """A new one in place of the one before, which is stopped."""
        before = self._of.pop(by, None)
        if before is not None:
            before.stopped = True
        while len(self._of) >= _PEOPLE_AT_MOST:
            self._of.pop(next(iter(self._of))).stopped = True
        self._of[by] = Running(token_urlsafe(12), by, template)
        return self._of[by]

    def get(self, by: str, named: str) -> Running | None:
        """The one with this id, for whoever has begun it."""
        found = self._of.get(by)
        return found if found is not None and found.id == named else None
