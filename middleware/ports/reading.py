"""Reading what a source sends outside of a delivery: to see what would become of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from middleware.domain.events import Event, Rejected
from middleware.domain.mapping import SourceMapping
from middleware.ports.accounts import Account


class RecordReader(Protocol):
    """Reads bodies as the account's connector does, with the mapping that the account has. Nothing is stored."""

    def mapping(self, text: str) -> SourceMapping:
        """The mapping in a YAML text. Raises MappingError with everything that is wrong, line by line."""
        ...

    def parsed(self, text: str) -> Any:  # noqa: ANN401 - JSON is anything
        """The value of a JSON text. Raises BodyRefused."""
        ...

    def read(self, account: Account, body: object, at: datetime) -> tuple[Event | Rejected, ...]:
        """What is in a body, as if it came at `at`; also of a connector whose deliveries are lists of such bodies.

        Raises BodyRefused, naming fields and never their content.
        """
        ...

    def found(self, mapping: SourceMapping, body: object) -> Mapping[str, str]:
        """By field of a record, the path at which the body has it, of those that the mapping names."""
        ...
