"""The channel itself: what is asked of it, and what it sends. Source: WhatsApp Cloud API reference."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connectors import meta
from connectors.channels.whatsapp import envelope, media
from connectors.channels.whatsapp.items import CONNECTOR
from connectors.channels.whatsapp.people import identifier_of, scope_of
from connectors.meta_channel import MetaChannel
from connectors.meta_sending import NO_RECIPIENT, Call, deliver, messages_url
from middleware.domain.attachments import FetchResult
from middleware.domain.events import Attachment, Event, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import ChannelLimits, QuickReply, Reply, SendResult
from middleware.ports import Account, AccountLookup, WebhookRequest

DEFAULT_BASE = media.DEFAULT_BASE

LIMITS = ChannelLimits(text=4096, quick_replies=10, quick_reply_title=20, quick_reply_payload=256)

_ADDRESS = {IdentifierKind.PHONE: "to", IdentifierKind.WHATSAPP: "recipient"}

_BUTTONS = 3
_BUTTON_TEXT = 1024
"""Reply buttons: at most so many, under a text of at most so many characters."""


class WhatsApp(MetaChannel):
    """The channel `whatsapp`. Accounts are number ids; customers are business-scoped ids or phones."""

    name: str = CONNECTOR
    limits: ChannelLimits = LIMITS
    default_base: str = DEFAULT_BASE
    file_hosts: tuple[str, ...] = media.FILE_HOSTS

    def normalise(
        self,
        body: Any,  # noqa: ANN401 - JSON is anything
        request: WebhookRequest,
        received_at: datetime,
        accounts: AccountLookup,
    ) -> list[Event | Rejected]:
        """See `Connector.normalise`. The account's `portfolio` scopes business-scoped ids."""
        return meta.collect(envelope.slices(body, received_at, accounts), request)

    def sender(self, account: Account, text: str) -> Identifier | None:
        """See `Channel.sender`: a business-scoped id, or a phone number in digits."""
        try:
            return identifier_of(text, scope_of(account))
        except meta.Garbled:
            return None

    async def send(
        self,
        account: Account,
        recipient: Sequence[Identifier],
        reply: Reply,
        key: str,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> SendResult:
        """See `Channel.send`. `key` comes back as `biz_opaque_callback_data` of the statuses."""
        to = _recipient(recipient)
        if to is None:
            return NO_RECIPIENT
        payload = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **to,
            **_content(reply),
            "biz_opaque_callback_data": key,
        }
        call = Call(account, messages_url(account, DEFAULT_BASE), payload, _message_id)
        return await deliver(self._http, call, timeout)

    async def attachment(
        self,
        account: Account,
        attachment: Attachment,
        *,
        most: int,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> FetchResult:
        """See `Channel.attachment`. Source: WhatsApp Cloud API reference (media)."""
        return await media.fetched(self._http, account, attachment, most=most, seconds=timeout)


def _recipient(identifiers: Sequence[Identifier]) -> dict[str, str] | None:
    """The address: the identifiers under which the platform itself named the writer in the message answered.

    Given both, the platform writes to the phone; without one, to the business-scoped id.
    """
    fields = {_ADDRESS[each.kind]: each.value.removeprefix("+") for each in identifiers if each.kind in _ADDRESS}
    return fields or None


def _content(reply: Reply) -> dict[str, Any]:
    if _fits_buttons(reply):
        return {"type": "interactive", "interactive": _buttons(reply)}
    return {"type": "text", "text": {"body": _with_choices(reply), "preview_url": False}}


def _fits_buttons(reply: Reply) -> bool:
    choices = reply.quick_replies
    titles = {choice.title for choice in choices}
    payloads = {choice.payload for choice in choices}
    return (
        0 < len(choices) <= _BUTTONS
        and 0 < len(reply.text) <= _BUTTON_TEXT
        # The platform refuses two buttons with one title or one id.
        and len(titles) == len(payloads) == len(choices)
        and all(0 < len(title) <= LIMITS.quick_reply_title for title in titles)
        and all(0 < len(payload) <= LIMITS.quick_reply_payload for payload in payloads)
    )


def _buttons(reply: Reply) -> dict[str, Any]:
    return {
        "type": "button",
        "body": {"text": reply.text},
        "action": {"buttons": [_button(choice) for choice in reply.quick_replies]},
    }


def _button(choice: QuickReply) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": choice.payload, "title": choice.title}}


def _with_choices(reply: Reply) -> str:
    """The text with its choices as numbered lines, where they do not fit on buttons.

    Lists would carry more choices, but hide them behind one more tap. Where not even the lines fit, the text
    goes without them: rather a reply without choices than a refused one.
    """
    lines = [f"{number}. {choice.title}" for number, choice in enumerate(reply.quick_replies, start=1)]
    text = "\n".join([reply.text, "", *lines]) if lines else reply.text
    return text if len(text) <= LIMITS.text else reply.text


def _message_id(body: dict[str, Any]) -> object:
    messages = meta.parts(body.get("messages"))
    return messages[0].get("id") if messages else None
