"""Signs of life: when something outside was last heard of, in which hours, and when it last failed."""

from datetime import datetime, timedelta

from pydantic import Field

from middleware.domain.record import Record
from middleware.domain.silence import Quiet, quiet_since, with_hours

UNSIGNED = "unsigned"
"""Why an account fails: what came for it was signed with none of its secrets."""

_MOST_PROCESSES = 20
_FORGOTTEN_AFTER = timedelta(hours=1)


class OpenBreaker(Record):
    """The circuit breaker of one process that lets nothing through until a time, and one call from then on.

    None: it is closed again.
    """

    process: str
    until: datetime | None


class Pulse(Record):
    """What is known of one account, engine, look-up or bot of an account; or of ourselves, under `ITSELF`.

    `first_at` and `at` are the first and the last time that it was heard of, `hours` those of the last weeks in which
    it was (`silence.py`), `failed_at` when it last failed and `why`. `asked_at` is when a platform last made sure that
    the address of an account is ours. `open` are the breakers of processes that do not ask it now.
    """

    id: str
    first_at: datetime | None = None
    at: datetime | None = None
    failed_at: datetime | None = None
    why: str = ""
    asked_at: datetime | None = None
    hours: dict[str, int] = Field(default_factory=dict)
    open: tuple[OpenBreaker, ...] = ()

    @staticmethod
    def of_account(connector: str, account: str) -> str:
        """The id of an account's."""
        return f"account|{connector}|{account}"

    @staticmethod
    def of_engine(name: str) -> str:
        """The id of an engine's."""
        return f"engine|{name}"

    @staticmethod
    def of_look_up(name: str) -> str:
        """The id of a look-up's."""
        return f"look_up|{name}"

    @staticmethod
    def of_bot(account: str) -> str:
        """The id of that of the bot which answers on an account, by the account's name."""
        return f"bot|{account}"

    def with_other(self, other: "Pulse") -> "Pulse":
        """Both together, whichever was written first. Of one process's breaker the other one knows better."""
        newer = max(self, other, key=lambda each: (each.failed_at is not None, each.failed_at))
        breakers = {each.process: each for each in (*self.open, *other.open)}.values()
        known = sorted((each for each in breakers if each.until is not None), key=lambda each: str(each.until))
        return Pulse(
            id=self.id,
            first_at=min((each.first_at for each in (self, other) if each.first_at is not None), default=None),
            at=max((each.at for each in (self, other) if each.at is not None), default=None),
            failed_at=newer.failed_at,
            why=newer.why,
            asked_at=max((each.asked_at for each in (self, other) if each.asked_at is not None), default=None),
            hours=with_hours(self.hours, other.hours),
            open=tuple(known[-_MOST_PROCESSES:]),
        )

    def fails(self) -> bool:
        """Whether it has failed since it was last heard of."""
        return self.failed_at is not None and (self.at is None or self.at < self.failed_at)

    def quiet(self, there: "Pulse | None", now: datetime) -> Quiet:
        """What is to be thought of its silence; `there` says when we were."""
        if self.at is None or there is None:
            return Quiet()
        return quiet_since(self.hours, there.hours, self.at, now)

    def breakers(self, now: datetime) -> tuple[OpenBreaker, ...]:
        """Those that are open, or were not long ago: of a process that has died nobody closes one."""
        return tuple(each for each in self.open if each.until is not None and now - each.until < _FORGOTTEN_AFTER)


ITSELF = "service"
"""The id of our own: the hours in which we were there to receive anything."""
