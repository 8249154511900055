"""Instagram: an account's direct messages. Source: Instagram messaging reference."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connectors import meta, meta_messaging, meta_profiles
from connectors.meta_channel import MetaChannel
from connectors.meta_items import Dialect
from connectors.meta_profiles import ProfileApi
from connectors.meta_sending import (
    NO_RECIPIENT,
    Call,
    deliver,
    messages_url,
    page_message_id,
    page_payload,
    page_recipient,
)
from middleware.domain.events import Event, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import ChannelLimits, Reply, SendResult
from middleware.ports import Account, AccountLookup, WebhookRequest

DEFAULT_BASE = "https://graph.instagram.com"

DIALECT = Dialect(connector="instagram", object_name="instagram", person=IdentifierKind.INSTAGRAM)


class Instagram(MetaChannel):
    """The channel `instagram`. Accounts are professional accounts; customers are Instagram-scoped ids."""

    name: str = DIALECT.connector
    default_base: str = DEFAULT_BASE
    profiles: ProfileApi | None = meta_profiles.INSTAGRAM
    file_hosts: tuple[str, ...] = ("*.cdninstagram.com", "*.fbcdn.net", "lookaside.fbsbx.com")
    limits: ChannelLimits = ChannelLimits(
        text=1000, text_in_bytes=True, quick_replies=13, quick_reply_title=20, quick_reply_payload=1000
    )

    def normalise(
        self,
        body: Any,  # noqa: ANN401 - JSON is anything
        request: WebhookRequest,
        received_at: datetime,
        accounts: AccountLookup,  # noqa: ARG002 - an account's events say all there is to know
    ) -> list[Event | Rejected]:
        """See `Connector.normalise`: events of `object: instagram`."""
        return meta.collect(meta_messaging.slices(body, DIALECT, received_at), request)

    def sender(self, account: Account, text: str) -> Identifier | None:
        """See `Channel.sender`."""
        return meta.scoped_id(DIALECT.person, account.id, text)

    async def send(
        self,
        account: Account,
        recipient: Sequence[Identifier],
        reply: Reply,
        key: str,  # noqa: ARG002 - no field for it is documented here: an echo is matched by its id and text
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> SendResult:
        """See `Channel.send`. Behind a Page, the account's `base_url` and `sender_id` say so."""
        to = page_recipient(recipient, DIALECT.person, account)
        if to is None:
            return NO_RECIPIENT
        payload = page_payload(to, reply)
        call = Call(account, messages_url(account, DEFAULT_BASE), payload, page_message_id)
        return await deliver(self._http, call, timeout)
