"""What one delivery of an audience tells, and how its parts are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.batch import Unclear
from connectors.body import digest
from connectors.contacts import address_hash, email_identifier
from connectors.fields import as_object, as_text
from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.mapping import SourceMapping

CONNECTOR = "mailchimp"
_FIRED_AT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Telling:
    """One part of a delivery. `place` tells the parts of one body apart; `country` reads national phone numbers."""

    audience: str | None
    type: str
    place: int
    body: dict[str, Any]
    received_at: datetime
    mapping: SourceMapping
    country: str | None

    @property
    def account(self) -> str:
        """The audience. Raises Unclear."""
        if self.audience is None:
            raise Unclear("data.list_id is missing")
        return self.audience

    @property
    def data(self) -> Mapping[str, Any]:
        """What the delivery is about."""
        return as_object(self.body.get("data"))

    @property
    def at(self) -> datetime:
        """When it happened. Mailchimp writes UTC, without saying so. Raises Unclear."""
        given = as_text(self.body.get("fired_at")) or ""
        try:
            return datetime.strptime(given, _FIRED_AT).replace(tzinfo=UTC)
        except ValueError:
            raise Unclear("fired_at is no time") from None

    @property
    def key(self) -> str:
        """Mailchimp gives a delivery no id: the same content is the same event."""
        content = digest(self.body)
        return f"{CONNECTOR}:{self.account}:{content}" + (f":{self.place}" if self.place else "")

    @property
    def version(self) -> Version:
        """The version of what this event tells."""
        return Version(at=self.at, event=self.key)

    def address(self, field: str) -> str:
        """The e-mail address in a field. Raises Unclear."""
        given = self.data.get(field)
        found = email_identifier(given) if isinstance(given, str) else None
        if found is None:
            raise Unclear(f"data.{field} is no address")
        return found.value

    def member(self, field: str) -> Identifier:
        """The member with the address in a field. Raises Unclear."""
        own = address_hash(self.address(field))
        return Identifier(IdentifierKind.SOURCE_RECORD, f"{CONNECTOR}:{self.account}", own)

    def event(self, kind: EventKind, anchor: Identifier | None, **facts: Any) -> Event:  # noqa: ANN401 - fields of Event
        """The event of this part."""
        return Event(
            key=self.key,
            kind=kind,
            connector=CONNECTOR,
            account=self.account,
            occurred_at=self.at,
            received_at=self.received_at,
            anchor=anchor,
            topic=self.type,
            raw=self.body,
            **facts,
        )
