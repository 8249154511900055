"""Messenger: a Facebook Page's conversations. Source: Messenger Platform reference."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from connectors import meta, meta_messaging, meta_profiles
from connectors.meta_channel import Recipient
from connectors.meta_items import Dialect
from connectors.page_channel import PageChannel, attachment_upload
from connectors.page_messages import page_body
from middleware.domain.channels import CHANNELS
from middleware.domain.events import Event, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import Reply
from middleware.ports import Account, AccountLookup, WebhookRequest

DEFAULT_BASE = "https://graph.facebook.com"

DIALECT = Dialect(connector="messenger", object_name="page", person=IdentifierKind.MESSENGER)


class Messenger(PageChannel):
    """The channel `messenger`. Accounts are Pages; customers are page-scoped ids."""

    name: str = DIALECT.connector
    person = DIALECT.person
    capabilities = CHANNELS[DIALECT.connector]
    way = attachment_upload(DEFAULT_BASE)
    profiles = meta_profiles.MESSENGER
    file_hosts = ("*.fbcdn.net", "cdn.fbsbx.com", "lookaside.fbsbx.com")

    def normalise(
        self,
        body: Any,  # noqa: ANN401 - JSON is anything
        request: WebhookRequest,
        received_at: datetime,
        accounts: AccountLookup,  # noqa: ARG002 - a page's events say all there is to know
    ) -> list[Event | Rejected]:
        """See `Connector.normalise`: events of `object: page`."""
        return meta.collect(meta_messaging.slices(body, DIALECT, received_at), request)

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> dict[int, WebhookRequest]:
        """See `Connector.alone`."""
        return meta.alone(meta_messaging.slices(body, DIALECT, meta.EPOCH), request, positions)

    def sender(self, account: Account, text: str) -> Identifier | None:
        """See `Channel.sender`."""
        return meta.scoped_id(DIALECT.person, account.id, text)

    def _body(self, to: Recipient, reply: Reply, key: str) -> dict[str, Any]:
        """`key` comes back as `metadata` of the echo."""
        return page_body(to["id"], reply, pictures="attachment", metadata=key)
