"""What Messenger and Instagram share: how they are heard, whom they write to, and how they take files."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from connectors import meta, meta_messaging, meta_parts
from connectors.batch import NEVER, alone
from connectors.meta_channel import MetaChannel, Recipient
from connectors.meta_items import Dialect
from connectors.meta_uploads import Way
from connectors.page_messages import signal_bodies
from middleware.domain.capabilities import Signal
from middleware.domain.events import Event, Rejected
from middleware.domain.forms import MediaType
from middleware.domain.identifiers import Identifier
from middleware.ports import Account, AccountLookup, SenderPart, WebhookRequest


class PageChannel(MetaChannel):
    """A channel that is written to through the Send API. `dialect` is what its webhooks say in their own way."""

    dialect: Dialect

    def normalise(
        self,
        body: Any,  # noqa: ANN401 - JSON is anything
        request: WebhookRequest,
        received_at: datetime,
        accounts: AccountLookup,  # noqa: ARG002 - its events say all there is to know of an account
    ) -> list[Event | Rejected]:
        """See `Connector.normalise`: events of the dialect's `object`."""
        return meta.collect(meta_messaging.slices(body, self.dialect, received_at), request)

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> dict[int, WebhookRequest]:
        """See `Connector.alone`."""
        return alone(meta_messaging.slices(body, self.dialect, NEVER), request, positions)

    def parts_by_sender(self, body: object) -> Sequence[SenderPart]:
        """See `PassesOn.parts_by_sender`."""
        return meta_parts.parts_of(body, partial(meta_messaging.leaves, dialect=self.dialect))

    def sender(self, account: Account, text: str) -> Identifier | None:
        """See `Channel.sender`."""
        return meta.scoped_id(self.dialect.person, account.id, text)

    @staticmethod
    def read_id(body: dict[str, Any]) -> object:
        """Where the Send API names the message."""
        return body.get("message_id")

    def _address(self, account: Account, recipient: Sequence[Identifier]) -> Recipient | None:
        """The first id that was given by this very account: another page's id names another person, or nobody."""
        mine = (each.value for each in recipient if each.kind is self.dialect.person and each.scope == account.id)
        to = next(mine, None)
        return None if to is None else {"id": to}

    def _signals(self, to: Recipient, signals: Collection[Signal], message_id: str | None) -> list[dict[str, Any]]:
        del message_id  # a signal is about the whole conversation
        return signal_bodies(to["id"], signals)


def attachment_upload(default_base: str, **platform: str) -> Way:
    """The Attachment Upload API: `POST /{id}/message_attachments`."""
    return Way(
        default_base=default_base,
        edge="message_attachments",
        fields=_fields(platform),
        file_field="filedata",
        read_id=lambda body: body.get("attachment_id"),
    )


def _fields(platform: dict[str, str]) -> Callable[[MediaType, str], dict[str, str]]:
    def fields(kind: MediaType, _: str) -> dict[str, str]:
        message = {"attachment": {"type": kind, "payload": {"is_reusable": True}}}
        return {**platform, "message": json.dumps(message)}

    return fields
