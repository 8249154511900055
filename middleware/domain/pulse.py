"""Signs of life: when something outside was last heard of, and when it last failed."""

from datetime import datetime

from middleware.domain.record import Record


class Pulse(Record):
    """What is known of one account or engine, `id` being `account|<connector>|<id>` or `engine|<name>`.

    `first_at` and `at` are the first and the last time that it was heard of, `failed_at` when it last failed and `why`.
    """

    id: str
    first_at: datetime | None = None
    at: datetime | None = None
    failed_at: datetime | None = None
    why: str = ""

    @staticmethod
    def of_account(connector: str, account: str) -> str:
        """The id of an account's."""
        return f"account|{connector}|{account}"

    @staticmethod
    def of_engine(name: str) -> str:
        """The id of an engine's."""
        return f"engine|{name}"

    def with_other(self, other: "Pulse") -> "Pulse":
        """Both together, whichever was written first."""
        newer = max(self, other, key=lambda each: (each.failed_at is not None, each.failed_at))
        return Pulse(
            id=self.id,
            first_at=min((each.first_at for each in (self, other) if each.first_at is not None), default=None),
            at=max((each.at for each in (self, other) if each.at is not None), default=None),
            failed_at=newer.failed_at,
            why=newer.why,
        )

    def fails(self) -> bool:
        """Whether it has failed since it was last heard of."""
        return self.failed_at is not None and (self.at is None or self.at < self.failed_at)
