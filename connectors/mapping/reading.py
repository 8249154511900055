"""Bodies of sources read anew, by the account's mapping of now or a changed one (`RecordReader`)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.body import read_json
from connectors.mapping.loading import read_mapping
from connectors.mapping.paths import MISSING, is_empty, read_path
from connectors.mapping.telling import Delivered, told
from connectors.mapping.unfit import Unfit
from middleware.domain.events import Event, Rejected
from middleware.domain.mapping import SourceMapping
from middleware.errors import BodyRefused
from middleware.ports import Account, Connector, WebhookRequest


@dataclass(frozen=True, slots=True)
class MappedBodies:
    """See `RecordReader`. `connectors` by name; a source that is none, such as a file, has nothing but its mapping."""

    connectors: Mapping[str, Connector]

    def mapping(self, text: str) -> SourceMapping:
        """See `RecordReader.mapping`."""
        return read_mapping(text, "mapping")

    def parsed(self, text: str) -> Any:  # noqa: ANN401 - JSON is anything
        """See `RecordReader.parsed`."""
        return read_json(text.encode(errors="surrogatepass"))

    def read(self, account: Account, body: object, at: datetime) -> tuple[Event | Rejected, ...]:
        """See `RecordReader.read`."""
        try:
            return tuple(self._read(account, body, at))
        except Unfit as unfit:
            raise BodyRefused(str(unfit)) from None

    def found(self, mapping: SourceMapping, body: object) -> dict[str, str]:
        """See `RecordReader.found`."""
        found: dict[str, str] = {}
        for rule in mapping.record.fields if mapping.record is not None else ():
            values = ((path.text, read_path(path, body)) for path in rule.paths)
            place = next((text for text, value in values if value is not MISSING and not is_empty(value)), None)
            if place is not None:
                found[rule.field] = place
        return found

    def _read(self, account: Account, body: object, at: datetime) -> Iterator[Event | Rejected]:
        connector = self.connectors.get(account.connector)
        if connector is None:
            if not isinstance(body, Mapping):
                raise BodyRefused("no record: write one JSON object")
            own = hashlib.blake2b(repr(body).encode(), digest_size=8).hexdigest()
            around = Delivered(account.connector, account.id, own, at, account.country)
            yield told(account.mapping or SourceMapping(), body, around)
            return
        request = WebhookRequest(headers={}, body=b"")
        refused: BodyRefused | None = None
        for each in (body, [body]):
            try:
                found = list(connector.normalise(each, request, at, lambda _: account))
            except BodyRefused as error:
                refused = refused or error
                continue
            yield from found
            return
        if refused is not None:
            raise refused
