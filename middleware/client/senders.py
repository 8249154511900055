"""Whose message a webhook of Meta is about: account and sender, read from the body and nothing more of it.

A bot that stands beside Throughline gets the same webhooks. What is read here is as trustworthy as the body: the bot
checks its signature as ever.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_CHANNELS = {"page": "messenger", "instagram": "instagram"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as the platform says it: channel, the account's id there, and the customer's id there."""

    channel: str
    account: str
    sender: str


def sender_of_meta(body: bytes) -> Sender | None:
    """The one customer whose messages a webhook of Messenger, Instagram or WhatsApp brings. Never raises.

    None where it brings no message, and where it brings those of several people or to a group: what is known of one
    must not be at hand when another is answered.
    """
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = set(_senders(parsed))
    return found.pop() if len(found) == 1 else None


def _senders(body: object) -> Iterator[Sender | None]:
    """The senders of all messages in a body; None for one whose sender it does not say, or that a group reads."""
    whole = _object(body)
    platform = whole.get("object")
    for entry in _objects(whole.get("entry")):
        if platform in _CHANNELS:
            yield from _of_page(_CHANNELS[str(platform)], entry)
        elif platform == "whatsapp_business_account":
            for change in _objects(entry.get("changes")):
                yield from _of_number(_object(change.get("value")))


def _of_page(channel: str, entry: dict[str, Any]) -> Iterator[Sender | None]:
    """Messages and pressed buttons of a page or an Instagram account; not what the page itself wrote."""
    for event in _objects(entry.get("messaging")):
        message = _object(event.get("message"))
        account, sender = _id(entry.get("id")), _id(_object(event.get("sender")).get("id"))
        if (message or "postback" in event) and not message.get("is_echo"):
            yield Sender(channel, account, sender) if account and sender else None


def _of_number(value: dict[str, Any]) -> Iterator[Sender | None]:
    """Messages to a WhatsApp number; by the business-scoped id, else by the phone number."""
    account = _id(_object(value.get("metadata")).get("phone_number_id"))
    for message in _objects(value.get("messages")):
        sender = _id(message.get("from_user_id")) or _id(message.get("from"))
        yield Sender("whatsapp", account, sender) if account and sender and not message.get("group_id") else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> Iterator[dict[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def _id(value: object) -> str:
    """An id as text; platforms write some as numbers."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
