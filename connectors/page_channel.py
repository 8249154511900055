"""What Messenger and Instagram share beyond their bodies: whom they write to, and how they take files."""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from connectors.meta_channel import MetaChannel, Recipient
from connectors.meta_uploads import Way
from connectors.page_messages import signal_bodies
from middleware.domain.capabilities import Signal
from middleware.domain.forms import MediaType
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.ports import Account


class PageChannel(MetaChannel):
    """A channel that is written to through the Send API. `person` is the kind of its customers' ids."""

    person: IdentifierKind

    @staticmethod
    def read_id(body: dict[str, Any]) -> object:
        """Where the Send API names the message."""
        return body.get("message_id")

    def _address(self, account: Account, recipient: Sequence[Identifier]) -> Recipient | None:
        """The first id that was given by this very account: another page's id names another person, or nobody."""
        mine = (each.value for each in recipient if each.kind is self.person and each.scope == account.id)
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
