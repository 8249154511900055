"""An audience's webhooks: forms with brackets, which nobody signs. The secret stands in the address they come to.

Source: Mailchimp's guide "Sync audience data with webhooks" (types, fields, the GET with which it looks whether
somebody is there). Opens and clicks do not come by them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

from connectors.batch import NEVER, Slice, alone, collect
from connectors.fields import as_id, as_text
from connectors.form import nested, read_form
from connectors.mapping import shipped_mapping
from connectors.signatures import is_same_secret
from connectors.sources.mailchimp.telling import CONNECTOR, Telling
from connectors.sources.mailchimp.types import READERS, unknown
from middleware.domain.events import Event, Rejected
from middleware.domain.mapping import SourceMapping
from middleware.domain.record import at_millisecond
from middleware.errors import BodyRefused
from middleware.ports import AccountLookup, WebhookRequest

_READS_NOTHING = SourceMapping()


class Mailchimp:
    """The connector of Mailchimp's audiences. An account's id is the audience's id.

    The webhook address ends in `?secret=` and one of the account's secrets.
    """

    name = CONNECTOR
    kind: Literal["source"] = "source"

    def __init__(self) -> None:
        self._mapping = shipped_mapping(self.name) or _READS_NOTHING

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether the address bears this secret. All there is: Mailchimp signs nothing."""
        return is_same_secret(request.query.get("secret"), secret)

    def probed(self) -> str:
        """Mailchimp asks the address by GET, and keeps it only if it is answered 200."""
        return "ok"

    def read_body(self, raw: bytes) -> object:
        """See `ReadsBodies`: `data[merges][FNAME]` is `FNAME` in `merges` in `data`."""
        return nested(read_form(raw))

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """See `Connector.normalise`: one event, of a changed address two."""
        return collect(self._slices(body, request.body, at_millisecond(received_at), accounts))

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`: the body is about one person, so it stands for each of its parts."""
        return alone(self._slices(body, request.body, NEVER, lambda _: None), request, positions)

    def _slices(self, body: object, whole: bytes, received_at: datetime, accounts: AccountLookup) -> Iterator[Slice]:
        """The slices of a delivery. Raises `BodyRefused` for what is none."""
        if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
            raise BodyRefused("no delivery of Mailchimp: data is missing")
        kind = as_text(body.get("type"))
        if kind is None:
            raise BodyRefused("no delivery of Mailchimp: type is missing")
        audience = as_id(body["data"].get("list_id"))
        account = accounts(audience) if audience is not None else None
        mapping = account.mapping if account is not None else None
        country = account.country if account is not None else None
        for place, reader in enumerate(READERS.get(kind, (unknown,))):
            telling = Telling(audience, kind, place, body, received_at, mapping or self._mapping, country)
            yield Slice(raw=body, account=audience, read=partial(reader, telling), alone=lambda: whole)
