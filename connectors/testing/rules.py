"""What the Graph API checks in a message before it accepts it: one function for each shape."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.testing.graph_api import ApiError, invalid

_SCOPED_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9]{5,20}", re.ASCII)
_MESSAGING_TYPES = frozenset({None, "RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"})
_RECIPIENTS = ("id", "user_ref", "comment_id", "notification_messages_token")
_PROMPTS = frozenset({"user_phone_number", "user_email"})
"""Quick replies whose title the platform writes itself."""

_PARAMETER_VALUE = 131009


@dataclass(frozen=True, slots=True)
class Content:
    """What a message that is in order says, and to whom. `said` is False for typing and read signs."""

    recipient: str
    text: str = ""
    quick_replies: tuple[tuple[str, str], ...] = ()
    key: str | None = None
    said: bool = True


def read(channel: str, body: Mapping[str, Any]) -> Content:
    """The message in a request of `channel`. Raises `ApiError` for what the platform would refuse."""
    return _whatsapp(body) if channel == "whatsapp" else _meta(channel, body)


def _meta(channel: str, body: Mapping[str, Any]) -> Content:
    recipient = _meta_recipient(body.get("recipient"))
    if "sender_action" in body:
        return Content(recipient, said=False)
    if body.get("messaging_type") not in _MESSAGING_TYPES:
        raise invalid("messaging_type")
    if body.get("messaging_type") == "MESSAGE_TAG" and body.get("tag") != "HUMAN_AGENT":
        raise invalid("tag: only HUMAN_AGENT is left")
    message = _object(body.get("message"), "message")
    text = _meta_text(channel, message)
    replies = tuple(_quick_reply(each) for each in _list(message.get("quick_replies"), "quick_replies", most=13))
    return Content(recipient, text, replies, _optional(message.get("metadata"), "metadata", 1000))


def _meta_recipient(value: object) -> str:
    recipient = _object(value, "recipient")
    named = [recipient[name] for name in _RECIPIENTS if name in recipient]
    if len(named) != 1:
        raise invalid("recipient must name exactly one person")
    return _text(named[0], "recipient", 1000)


def _meta_text(channel: str, message: Mapping[str, Any]) -> str:
    """The text: up to 2,000 characters on Messenger, up to 1,000 bytes on Instagram."""
    if "text" not in message:
        _object(message.get("attachment"), "message needs text or attachment")
        return ""
    if channel != "instagram":
        return _text(message["text"], "message[text]", 2000)
    text = _text(message["text"], "message[text]", 1000)
    if len(text.encode(errors="surrogatepass")) > 1000:  # noqa: PLR2004 - as documented above
        raise invalid("message[text] is longer than 1000 bytes")
    return text


def _quick_reply(value: object) -> tuple[str, str]:
    reply = _object(value, "quick_replies")
    kind = reply.get("content_type")
    if kind in _PROMPTS:
        return str(kind), ""
    if kind != "text":
        raise invalid("quick_replies[content_type]")
    return _text(reply.get("title"), "quick_replies[title]", 20), _text(
        reply.get("payload"), "quick_replies[payload]", 1000
    )


def _whatsapp(body: Mapping[str, Any]) -> Content:
    if body.get("status") == "read":
        return Content(_text(body.get("message_id"), "message_id", 1000), said=False)
    recipient = _whatsapp_recipient(body)
    kind = _text(body.get("type", "text"), "type", 30)
    text, replies = _WHATSAPP.get(kind, _anything)(_object(body.get(kind), kind))
    return Content(recipient, text, replies, _optional(body.get("biz_opaque_callback_data"), "callback data", 512))


def _whatsapp_recipient(body: Mapping[str, Any]) -> str:
    """A phone number in `to` or a business-scoped user id in `recipient`; with both the number counts."""
    field, pattern = ("to", _PHONE) if body.get("to") else ("recipient", _SCOPED_ID)
    recipient = _text(body.get(field), field, 200)
    if not pattern.fullmatch(recipient):
        raise ApiError(_PARAMETER_VALUE, "(#131009) Parameter value is not valid", details=field)
    return recipient


_Said = tuple[str, tuple[tuple[str, str], ...]]


def _whatsapp_text(part: Mapping[str, Any]) -> _Said:
    return _text(part.get("body"), "text[body]", 4096), ()


def _whatsapp_interactive(part: Mapping[str, Any]) -> _Said:
    text = _text(_object(part.get("body"), "interactive[body]").get("text"), "interactive[body]", 1024)
    action = _object(part.get("action"), "interactive[action]")
    kind = part.get("type")
    if kind == "button":
        return text, tuple(_button(each) for each in _list(action.get("buttons"), "buttons", most=3, least=1))
    if kind == "list":
        return text, _rows(action)
    return text, ()


def _button(value: object) -> tuple[str, str]:
    reply = _object(_object(value, "buttons").get("reply"), "buttons[reply]")
    return _text(reply.get("title"), "buttons[title]", 20), _text(reply.get("id"), "buttons[id]", 256)


def _rows(action: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    _text(action.get("button"), "action[button]", 20)
    sections = _list(action.get("sections"), "sections", most=10, least=1)
    rows = [row for section in sections for row in _list(_object(section, "sections").get("rows"), "rows", most=10)]
    return tuple(_row(row) for row in _list(rows, "rows", most=10, least=1))


def _row(value: object) -> tuple[str, str]:
    row = _object(value, "rows")
    return _text(row.get("title"), "rows[title]", 24), _text(row.get("id"), "rows[id]", 200)


def _anything(_: Mapping[str, Any]) -> _Said:
    """Templates, media and the like: there, and not looked into."""
    return "", ()


_WHATSAPP = {"text": _whatsapp_text, "interactive": _whatsapp_interactive}


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"{what} is required")
    return value


def _list(value: object, what: str, *, most: int, least: int = 0) -> list[object]:
    items = [] if value is None else value
    if not isinstance(items, list) or not least <= len(items) <= most:
        raise invalid(f"{what} takes {least} to {most}")
    return items


def _text(value: object, what: str, most: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{what} is required")
    if len(value) > most:
        raise invalid(f"{what} is longer than {most} characters")
    return value


def _optional(value: object, what: str, most: int) -> str | None:
    return None if value is None else _text(value, what, most)
