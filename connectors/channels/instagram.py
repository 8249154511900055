"""Instagram: an account's direct messages. Source: Instagram messaging reference."""

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

DEFAULT_BASE = "https://graph.instagram.com"

DIALECT = Dialect(connector="instagram", object_name="instagram", person=IdentifierKind.INSTAGRAM)


class Instagram(PageChannel):
    """The channel `instagram`. Accounts are professional accounts; customers are Instagram-scoped ids.

    Behind a Page, the account's `base_url` and `sender_id` say so.
    """

    name: str = DIALECT.connector
    person = DIALECT.person
    capabilities = CHANNELS[DIALECT.connector]
    way = attachment_upload(DEFAULT_BASE, platform="instagram")
    profiles = meta_profiles.INSTAGRAM
    file_hosts = ("*.cdninstagram.com", "*.fbcdn.net", "lookaside.fbsbx.com")

    def normalise(
        self,
        body: Any,  # noqa: ANN401 - JSON is anything
        request: WebhookRequest,
        received_at: datetime,
        accounts: AccountLookup,  # noqa: ARG002 - an account's events say all there is to know
    ) -> list[Event | Rejected]:
        """See `Connector.normalise`: events of `object: instagram`."""
        return meta.collect(meta_messaging.slices(body, DIALECT, received_at), request)

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> dict[int, WebhookRequest]:
        """See `Connector.alone`."""
        return meta.alone(meta_messaging.slices(body, DIALECT, meta.EPOCH), request, positions)

    def sender(self, account: Account, text: str) -> Identifier | None:
        """See `Channel.sender`."""
        return meta.scoped_id(DIALECT.person, account.id, text)

    def _body(self, to: Recipient, reply: Reply, key: str) -> dict[str, Any]:
        """No field for `key` is documented here: an echo is matched by its id and text."""
        del key
        return page_body(to["id"], reply, pictures="attachments")
