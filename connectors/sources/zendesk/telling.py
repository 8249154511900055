"""What a delivery of Zendesk adds to what it tells: whose it is, when it was told, and what names it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind

SOURCE = "zendesk"


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that is told. `at` is when it was, by Zendesk's clock where that is known.

    `own` names it within the account; `base` is where the help desk is reached, empty where that is not known.
    """

    account: str
    own: str
    topic: str
    at: datetime
    received_at: datetime
    country: str | None
    base: str
    raw: Mapping[str, object]

    @property
    def key(self) -> str:
        """The event's dedup key."""
        return f"{SOURCE}:{self.account}:{self.own}"

    def version(self, changed_at: datetime | None) -> Version:
        """The version of what changed at `changed_at`, in whole seconds; what is told later of one second is newer."""
        return Version(at=changed_at or self.at, told_at=self.at, event=self.key)

    def identifier(self, kind: IdentifierKind, own: str) -> Identifier:
        """The identifier of one of this account's records or tickets."""
        return Identifier(kind, f"{SOURCE}:{self.account}", own)

    def event(self, kind: EventKind, anchor: Identifier | None = None, **facts: object) -> Event:
        """The event that tells it."""
        return Event.model_validate(
            {
                **facts,
                "key": self.key,
                "kind": kind,
                "connector": SOURCE,
                "account": self.account,
                "occurred_at": self.at,
                "received_at": self.received_at,
                "anchor": anchor,
                "topic": self.topic,
                "raw": self.raw,
            }
        )
