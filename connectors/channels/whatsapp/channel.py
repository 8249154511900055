"""The channel itself: what is asked of it, and what it sends. Source: WhatsApp Cloud API reference."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from connectors import meta, meta_parts
from connectors.batch import NEVER, Unclear, alone
from connectors.channels.whatsapp import envelope, media
from connectors.channels.whatsapp.items import CONNECTOR
from connectors.channels.whatsapp.people import identifier_of, scope_of
from connectors.channels.whatsapp.sending import content, read_sign
from connectors.meta_channel import MetaChannel, Recipient
from connectors.meta_uploads import Way
from middleware.domain.attachments import FetchResult
from middleware.domain.capabilities import Signal
from middleware.domain.channels import CHANNELS
from middleware.domain.events import Attachment, Event, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import Reply
from middleware.ports import Account, AccountLookup, SenderPart, WebhookRequest

DEFAULT_BASE = media.DEFAULT_BASE

_ADDRESS = {IdentifierKind.PHONE: "to", IdentifierKind.WHATSAPP: "recipient"}


class WhatsApp(MetaChannel):
    """The channel `whatsapp`. Accounts are number ids; customers are business-scoped ids or phones."""

    name: str = CONNECTOR
    capabilities = CHANNELS[CONNECTOR]
    file_hosts = media.FILE_HOSTS
    reactions_are_named = True
    way = Way(
        default_base=DEFAULT_BASE,
        edge="media",
        fields=lambda _, mime: {"messaging_product": "whatsapp", "type": mime},
        file_field="file",
        read_id=lambda body: body.get("id"),
    )

    @staticmethod
    def read_id(body: dict[str, Any]) -> object:
        """Where the Cloud API names the message."""
        messages = meta.parts(body.get("messages"))
        return messages[0].get("id") if messages else None

    def normalise(
        self,
        body: Any,  # noqa: ANN401 - JSON is anything
        request: WebhookRequest,
        received_at: datetime,
        accounts: AccountLookup,
    ) -> list[Event | Rejected]:
        """See `Connector.normalise`. The account's `portfolio` scopes business-scoped ids."""
        return meta.collect(envelope.slices(body, received_at, accounts), request)

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> dict[int, WebhookRequest]:
        """See `Connector.alone`."""
        return alone(envelope.slices(body, NEVER, lambda _: None), request, positions)

    def parts_by_sender(self, body: object) -> Sequence[SenderPart]:
        """See `PassesOn.parts_by_sender`."""
        return meta_parts.parts_of(body, envelope.leaves)

    def sender(self, account: Account, text: str) -> Identifier | None:
        """See `Channel.sender`: a business-scoped id, or a phone number in digits."""
        try:
            return identifier_of(text, scope_of(account))
        except Unclear:
            return None

    def _address(self, account: Account, recipient: Sequence[Identifier]) -> Recipient | None:
        """The identifiers under which the platform itself named the writer in the message that is answered.

        Given both, the platform writes to the phone; without one, to the business-scoped id.
        """
        del account
        fields = {_ADDRESS[each.kind]: each.value.removeprefix("+") for each in recipient if each.kind in _ADDRESS}
        return fields or None

    def _body(self, to: Recipient, reply: Reply, key: str) -> dict[str, Any]:
        """`key` comes back as `biz_opaque_callback_data` of the statuses."""
        return {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **to,
            **content(reply),
            "biz_opaque_callback_data": key,
        }

    async def attachment(
        self,
        account: Account,
        attachment: Attachment,
        *,
        most: int,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> FetchResult:
        """See `Channel.attachment`: the message brings an id, of which the address is asked."""
        return await media.fetched(self._http, account, attachment, most=most, seconds=timeout)

    def _signals(self, to: Recipient, signals: Collection[Signal], message_id: str | None) -> list[dict[str, Any]]:
        del to  # the message says whose it is
        return [read_sign(message_id, signals)] if message_id and signals else []
