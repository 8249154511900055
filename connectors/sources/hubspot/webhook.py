"""HubSpot's webhooks, and pages of its contacts: signature, and one event for each thing that a body tells.

Source: HubSpot developers, "Webhooks API" (subscription types and payloads) and "Contacts". A delivery is a list of up
to 100 notices that can come from several portals; an account's id is the portal's. A notice tells of one contact by its
id and at most one value; a page `{"portalId": ..., "contacts": [...]}` tells of whole contacts.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from connectors.batch import NEVER, Slice, alone, collect
from connectors.fields import as_id
from connectors.http import HttpClient
from connectors.mapping import shipped_mapping
from connectors.sources.hubspot.contact import Reader
from connectors.sources.hubspot.notices import notice_slices
from connectors.sources.hubspot.page import CONTACTS, PORTAL, contact_slices
from connectors.sources.hubspot.pull import OVERLAP, STREAMS, page_after
from connectors.sources.hubspot.signature import is_signed
from middleware.domain.events import Event, Rejected
from middleware.domain.mapping import SourceMapping
from middleware.domain.record import at_millisecond
from middleware.errors import BodyRefused
from middleware.ports import Account, AccountLookup, PullAnswer, PullPosition, WebhookRequest

_READS_NOTHING = SourceMapping()


class HubSpot:
    """The connector of HubSpot portals. An account's id is the portal id, such as `62515`."""

    name = "hubspot"
    kind: Literal["source"] = "source"

    streams = STREAMS
    overlap = OVERLAP

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._mapping = shipped_mapping(self.name) or _READS_NOTHING

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether the request is signed with this client secret: v3, or v1 where no v3 came along."""
        return is_signed(request, secret)

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """The events of one delivery or page. Raises `BodyRefused` for what is neither."""
        del request
        return collect(self._slices(body, at_millisecond(received_at), accounts))

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`: a list with that one notice, or a page with that one contact."""
        return alone(self._slices(body, NEVER, lambda _: None), request, positions)

    async def page(
        self,
        account: Account,
        position: PullPosition,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> PullAnswer:
        """See `PullSource.page`."""
        return await page_after(self._http, account, account.mapping or self._mapping, position, timeout)

    def _slices(self, body: object, received_at: datetime, accounts: AccountLookup) -> Iterator[Slice]:
        def reader_of(portal: str) -> Reader:
            account = accounts(portal)
            if account is None:
                return Reader(self._mapping, None)
            return Reader(account.mapping or self._mapping, account.country)

        if isinstance(body, list):
            return (each for item in body for each in notice_slices(item, received_at, reader_of))
        if isinstance(body, dict) and isinstance(body.get(CONTACTS), list):
            portal = as_id(body.get(PORTAL))
            reader = reader_of(portal) if portal is not None else None
            return contact_slices(body[CONTACTS], portal, received_at, reader)
        raise BodyRefused("a body of HubSpot is a list of notices")
