"""Pairing: a user of the console shows that a conversation is their own, by a code that they write in it. Pure.

Only there templates can be tried out. Ten signs, ten minutes, once; whoever writes codes that do not count is soon no
longer looked at, and what they write is an ordinary message all the while.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from middleware.domain.events import Event, EventKind
from middleware.domain.record import Record
from middleware.domain.users import Login

LIVES = timedelta(minutes=10)
GUESSES_COUNT_FOR = timedelta(hours=1)
MOST_GUESSES = 5
"""Wrong codes within that time after which a conversation's are not looked at any more."""
MADE_COUNT_FOR = timedelta(hours=1)
MOST_MADE = 10
"""Codes that one user gets within that time."""
MOST_PAIRED = 10
"""Conversations of one user; the oldest gives way."""

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without those that look like others (Crockford's base 32)."""
_HALF = 5
_CODE = re.compile(rf"TEST-[{_SIGNS}]{{{_HALF}}}-[{_SIGNS}]{{{_HALF}}}", re.ASCII)


class PairingCode(Record):
    """A code that was shown to a user. `id` is its SHA-256; `used_in` the conversation in which it was written."""

    id: str
    login: Login
    expires_at: datetime
    used_in: str | None = None

    def counts_in(self, conversation: str, now: datetime) -> bool:
        """Whether it pairs this conversation at `now`."""
        return now < self.expires_at and self.used_in in {None, conversation}

    def is_over(self, now: datetime) -> bool:
        """Whether nobody needs it any more: the message with it is worked off."""
        return now >= self.expires_at + timedelta(hours=1)


class Pairing(Record):
    """A conversation that is a user's own."""

    conversation: str
    channel: str
    account: str
    since: datetime


class Pairings(Record):
    """The conversations of one user. `id` is the login, `code` the id of the code that was shown last, `made` when
    codes were made lately.
    """

    id: Login
    code: str | None = None
    made: tuple[datetime, ...] = ()
    paired: tuple[Pairing, ...] = ()

    def of(self, conversation: str) -> Pairing | None:
        """One of them."""
        return next((each for each in self.paired if each.conversation == conversation), None)

    def with_pairing(self, pairing: Pairing) -> "Pairings":
        """The same with one more, or with one paired anew; the oldest gives way where there are too many."""
        others = tuple(each for each in self.paired if each.conversation != pairing.conversation)
        return self.model_copy(update={"paired": (*others, pairing)[-MOST_PAIRED:]})

    def without(self, conversation: str) -> "Pairings":
        """The same without one."""
        return self.model_copy(update={"paired": tuple(x for x in self.paired if x.conversation != conversation)})

    def has_room(self, now: datetime) -> bool:
        """Whether another code may be made."""
        return sum(now - each < MADE_COUNT_FOR for each in self.made) < MOST_MADE

    def with_code(self, code: str, now: datetime) -> "Pairings":
        """The same with a code that was just made."""
        return self.model_copy(update={"code": code, "made": (*self.made, now)[-MOST_MADE:]})


def new_pairing_code(below: Callable[[int], int]) -> str:
    """A code as it is shown. `below` draws a number: `secrets.randbelow`."""
    signs = [_SIGNS[below(len(_SIGNS))] for _ in range(2 * _HALF)]
    return f"TEST-{''.join(signs[:_HALF])}-{''.join(signs[_HALF:])}"


def pairing_code_in(text: str) -> str | None:
    """The code that a message is, if it is one and nothing else. Small letters are as good."""
    written = text.strip().upper() if text.isascii() else ""
    return written if _CODE.fullmatch(written) else None


def code_id(code: str) -> str:
    """Under which id a code is kept."""
    return hashlib.sha256(code.encode()).hexdigest()


def pairing_code_of(event: Event) -> str | None:
    """The code that an event is: a plain text that somebody wrote for themselves."""
    message = event.message
    if event.kind is not EventKind.MESSAGE or message is None or message.kind != "text" or message.group is not None:
        return None
    return pairing_code_in(message.text)


def may_guess(guesses: Sequence[datetime], now: datetime) -> bool:
    """Whether a code in a conversation with these wrong ones is looked at."""
    return sum(now - each < GUESSES_COUNT_FOR for each in guesses) < MOST_GUESSES


def with_guess(guesses: Sequence[datetime], at: datetime) -> tuple[datetime, ...]:
    """The wrong codes of a conversation with one more, told twice it is one."""
    return tuple(sorted({*guesses, at}))[-MOST_GUESSES:]
