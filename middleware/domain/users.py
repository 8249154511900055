"""Users: people of the brand who sign in to the console, what they may do there, and their sessions."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from middleware.domain.record import Record

Role = Literal["agent", "marketer", "builder", "admin"]
"""What somebody does: answers customers, edits replies, builds flows, or all of it and looks after users."""

ROLES: tuple[Role, ...] = ("agent", "marketer", "builder", "admin")

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
"""Characters. Long ones are welcome, endless ones cost time (NIST SP 800-63B, 5.1.1.2: at least 64 allowed)."""

SESSION_LIVES = timedelta(hours=12)
"""From the sign-in on, whatever happens in it: a working day."""

SESSION_IDLES = timedelta(hours=4)
"""Without a request a session ends."""

TICKET_LIVES = timedelta(hours=24)

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._%+@-]{1,99}", re.ASCII)


def login_of(written: str) -> str | None:
    """The login that somebody means by what they wrote, or None where it can be none: an e-mail address or a word of
    2 to 100 letters, digits and `._%+@-`, in small letters.
    """
    login = written.strip().lower()
    return login if _LOGIN.fullmatch(login) else None


def _is_login(login: str) -> str:
    if login_of(login) != login:
        raise ValueError("is no login; write an e-mail address, or a word of small letters, digits and ._%+@-")
    return login


Login = Annotated[str, AfterValidator(_is_login)]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]


class User(Record):
    """Somebody who may sign in. `id` is the login; `brands` are the names of those that they may work for.

    `password` is encoded by argon2id; None for somebody who has set none yet, or signs in elsewhere. `epoch` rises
    with everything that ends sessions: another password, other roles, being disabled. `subject` is who they are at the
    identity provider: `issuer|sub`.
    """

    id: Login
    name: PersonName
    roles: tuple[Role, ...]
    brands: tuple[str, ...]
    password: str | None = None
    epoch: int = 0
    disabled: bool = False
    created_at: datetime
    subject: str | None = None
    locale: Literal["en", "de", "es"] | None = None

    def does(self, roles: Collection[Role]) -> bool:
        """Whether they have one of these roles. An admin has all of them."""
        return "admin" in self.roles or any(role in self.roles for role in roles)

    def with_end_of_sessions(self, **changes: object) -> "User":
        """The same with changes that end all sessions."""
        return self.model_copy(update={**changes, "epoch": self.epoch + 1})


class Session(Record):
    """One sign-in in one browser. `id` is random.

    What renews it is a secret that is used once: only its SHA-256 is kept (`renews`), beside that of the one before
    (`renewed`), which two requests at one moment may both come with. One that is older was stolen: that ends it.
    """

    id: str
    user: str
    epoch: int
    renews: str
    renewed: str | None = None
    begun_at: datetime
    renewed_at: datetime
    browser: Annotated[str, StringConstraints(max_length=200)] = ""
    ended: bool = False

    def counts(self, user: User, now: datetime) -> bool:
        """Whether it is in force for its user at `now`."""
        within = now < self.begun_at + SESSION_LIVES and now < self.renewed_at + SESSION_IDLES
        return within and not self.ended and not user.disabled and user.id == self.user and user.epoch == self.epoch


class Ticket(Record):
    """A link that works once: to sign in, or to set a password. `id` is the SHA-256 of what stands in the link."""

    id: str
    user: str
    epoch: int
    purpose: Literal["sign_in", "password"]
    expires_at: datetime
    to: str = ""
    """The page of the console to which it leads."""


class ConsoleKey(Record):
    """What sessions are signed with where the settings name no secret. `id` is `key`; `secret` 64 hex digits."""

    id: Literal["key"] = "key"
    secret: str


class AuditEntry(Record):
    """What somebody did or looked at, chained to the entry before: `hash` covers all of it and the hash before.

    Without personal data: people are ids, and `about` says which thing was meant by its id, never what it says.
    `id` is the entry's number, written with ten digits.
    """

    id: str
    at: datetime
    by: str
    what: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_.]{1,60}$")]
    about: Annotated[str, StringConstraints(max_length=200)] = ""
    details: dict[str, Annotated[str, StringConstraints(max_length=200)]] = Field(default_factory=dict)
    hash: str


class AuditHead(Record):
    """How many entries the audit log has, as far as is known: there may be newer ones. `id` is `audit`."""

    id: Literal["audit"] = "audit"
    count: int = 0
