"""Passwords: argon2id (RFC 9106), worked out in threads, a few at a time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from middleware.domain.users import LONGEST_PASSWORD, SHORTEST_PASSWORD

_AT_ONCE = 2
"""Each takes 47 MiB and some 50 ms of a core: more at once would take memory and time from messages."""

_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
"""OWASP, Password Storage Cheat Sheet: argon2id with m = 46 MiB, t = 1, p = 1."""


class Passwords:
    """Encodes passwords and compares them. A login that there is not takes as long as one that there is."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def encoded(self, password: str) -> str:
        """How a password is kept."""
        async with self._slots:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def fits(self, encoded: str | None, password: str) -> bool:
        """Whether this is the password; never for somebody who has none, or whom there is not (None)."""
        if self._nobodys is None:
            self._nobodys = await self.encoded("of nobody at all")
        async with self._slots:
            right = await asyncio.to_thread(_fits, encoded or self._nobodys, password[:LONGEST_PASSWORD])
        return right and encoded is not None


def why_no_password(password: str, login: str) -> str | None:
    """Why a new password is not taken: a key of the console's words; None for one that is."""
    if len(password) < SHORTEST_PASSWORD:
        return "password.too_short"
    if len(password) > LONGEST_PASSWORD:
        return "password.too_long"
    if login.partition("@")[0] in password.lower() or len(set(password)) < SHORTEST_PASSWORD // 2:
        return "password.too_easy"
    return None


def _fits(encoded: str, password: str) -> bool:
    try:
        return _HASHER.verify(encoded, password)
    except (Argon2Error, InvalidHashError):
        return False
