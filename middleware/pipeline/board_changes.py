"""Which heads of a board changed, by number: from a number on whoever looks hears of each once."""

import asyncio
import re
import secrets
from collections import deque

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class ChangeLog:
    """The last changes, so many of them: who has missed more is told so."""

    def __init__(self, remembered: int) -> None:
        self.number = 0
        self.changed = asyncio.Event()
        """Set with the next change that is told; then there is another one."""
        self._log: deque[tuple[int, str]] = deque(maxlen=remembered)
        self._epoch = secrets.token_hex(4)
        """Numbers of another process, or of an earlier life of this one, say nothing here."""

    @property
    def mark(self) -> str:
        """Where a subscriber begins who has just loaded a page."""
        return f"{self._epoch}-{self.number}"

    def note(self, key: str) -> None:
        """One head has changed."""
        self.number += 1
        self._log.append((self.number, key))

    def tell(self) -> None:
        """Wake those who wait."""
        self.changed.set()
        self.changed = asyncio.Event()

    def since(self, seen: int | None) -> tuple[str, ...] | None:
        """The heads that changed after a number, each once; None where that is not known any more."""
        if seen is None or seen > self.number or (self.number - seen) > len(self._log):
            return None
        return tuple(dict.fromkeys(key for number, key in self._log if number > seen))

    def number_of(self, mark: str) -> int | None:
        """The number of a mark; None for one that is not of this life."""
        epoch, _, number = mark.partition("-")
        is_ours = epoch == self._epoch and _NUMBER.fullmatch(number)
        return int(number) if is_ours else None
