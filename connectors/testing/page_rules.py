"""What the Send API accepts of Messenger and Instagram. Its numbers are those of the documentation, written anew."""

import re
from collections.abc import Mapping
from typing import Any

from connectors.testing.checks import (
    Choice,
    Content,
    Known,
    a_file,
    a_list,
    a_text,
    an_address,
    an_object,
    maybe_text,
    one_of,
    only,
    template_of,
)
from connectors.testing.graph_api import ApiError, invalid

_MESSAGING_TYPES = frozenset({None, "RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"})
_RECIPIENTS = ("id", "user_ref", "comment_id", "notification_messages_token")
_ACTIONS = frozenset({"typing_on", "typing_off", "mark_seen", "react", "unreact"})
_PROMPTS = frozenset({"user_phone_number", "user_email"})
"""Quick replies whose title the platform writes itself."""
_MEDIA = frozenset({"image", "audio", "video", "file"})
_PHONE = re.compile(r"\+[0-9]{5,20}", re.ASCII)

_UNKNOWN_FILE = 2018074
"""Subcode of 100: the attachment id is not valid, or another page's."""


def read_page(channel: str, body: Mapping[str, Any], known: Known) -> Content:
    """The message in a request to the Send API."""
    recipient = _recipient(body.get("recipient"))
    if "sender_action" in body:
        _action(body)
        return Content(recipient, said=False)
    _right(channel, body)
    if "reply_to" in body and channel == "instagram":
        raise invalid("reply_to")
    if "reply_to" in body:
        a_text(an_object(body["reply_to"], "reply_to").get("mid"), "reply_to[mid]", 1000)
    message = an_object(body.get("message"), "message")
    alone = "comment_id" in body["recipient"]
    text, replies = _said(channel, message, known, alone=alone)
    return Content(recipient, text, replies, maybe_text(message.get("metadata"), "metadata", 1000))


def _recipient(value: object) -> str:
    recipient = an_object(value, "recipient")
    named = [recipient[name] for name in _RECIPIENTS if name in recipient]
    if len(named) != 1:
        raise invalid("recipient must name exactly one person")
    return a_text(named[0], "recipient", 1000)


def _action(body: Mapping[str, Any]) -> None:
    action = one_of(body["sender_action"], "sender_action", _ACTIONS)
    if action in {"react", "unreact"}:
        payload = an_object(body.get("payload"), "payload")
        a_text(payload.get("message_id"), "payload[message_id]", 1000)
        if action == "react":
            a_text(payload.get("reaction"), "payload[reaction]", 40)


def _right(channel: str, body: Mapping[str, Any]) -> None:
    """By which right it is sent."""
    kind = body.get("messaging_type")
    if kind not in _MESSAGING_TYPES:
        raise invalid("messaging_type")
    if kind == "MESSAGE_TAG" and body.get("tag") != "HUMAN_AGENT":
        raise invalid("tag: only HUMAN_AGENT is left")
    is_template = "template" in an_object(body.get("message"), "message")
    if (kind == "UTILITY") != is_template or (is_template and channel == "instagram"):
        raise invalid("a utility message is a template on Messenger")


def _said(channel: str, message: Mapping[str, Any], known: Known, *, alone: bool) -> tuple[str, tuple[Choice, ...]]:
    if alone:
        only(message, "message to a comment", {"text", "metadata"})
    only(message, "message", {"text", "quick_replies", "attachment", "attachments", "template", "metadata"})
    if sum(name in message for name in ("text", "attachment", "attachments", "template")) != 1:
        raise invalid("message takes one of text, attachment, template")
    replies = tuple(
        _quick_reply(channel, each) for each in a_list(message.get("quick_replies"), "quick_replies", most=13)
    )
    if "text" in message:
        return _text(channel, message["text"]), replies
    if "template" in message:
        _utility(an_object(message["template"], "template"), known)
        return "", replies
    if "attachments" in message and channel != "instagram":
        raise invalid("attachments")
    text, buttons = _attachment(channel, message.get("attachment", message.get("attachments")), known)
    return text, (*buttons, *replies)


def _text(channel: str, value: object) -> str:
    """Up to 2,000 characters on Messenger, up to 1,000 bytes on Instagram."""
    if channel != "instagram":
        return a_text(value, "message[text]", 2000)
    text = a_text(value, "message[text]", 1000)
    if len(text.encode(errors="surrogatepass")) > 1000:  # noqa: PLR2004 - as documented above
        raise invalid("message[text] is longer than 1000 bytes")
    return text


def _quick_reply(channel: str, value: object) -> Choice:
    reply = an_object(value, "quick_replies")
    kind = reply.get("content_type")
    if kind in _PROMPTS and channel == "messenger":
        return str(kind), ""
    if kind != "text":
        raise invalid("quick_replies[content_type]")
    title = a_text(reply.get("title"), "quick_replies[title]", 20)
    return title, a_text(reply.get("payload"), "quick_replies[payload]", 1000)


def _attachment(channel: str, value: object, known: Known) -> tuple[str, tuple[Choice, ...]]:
    attachment = an_object(value, "attachment")
    payload = an_object(attachment.get("payload"), "attachment[payload]")
    if attachment.get("type") != "template":
        one_of(attachment.get("type"), "attachment[type]", _MEDIA)
        _media(payload, known)
        return "", ()
    kind = one_of(payload.get("template_type"), "template_type", {"button", "generic"})
    if kind == "button":
        buttons = a_list(payload.get("buttons"), "buttons", most=3, least=1)
        return a_text(payload.get("text"), "text", 640), tuple(_button(channel, each) for each in buttons)
    elements = a_list(payload.get("elements"), "elements", most=10, least=1)
    return "", tuple(choice for each in elements for choice in _element(channel, an_object(each, "elements")))


def _media(payload: Mapping[str, object], known: Known) -> None:
    if ("url" in payload) == ("attachment_id" in payload):
        raise invalid("attachment[payload] takes url or attachment_id")
    if "url" in payload:
        an_address(payload["url"], "attachment[payload][url]")
    else:
        unknown = ApiError(100, "(#100) Invalid attachment ID", subcode=_UNKNOWN_FILE)
        a_file(payload["attachment_id"], known, unknown)


def _button(channel: str, value: object) -> Choice:
    button = an_object(value, "buttons")
    title = a_text(button.get("title"), "buttons[title]", 20)
    match button.get("type"):
        case "postback":
            return title, a_text(button.get("payload"), "buttons[payload]", 1000)
        case "web_url":
            return title, an_address(button.get("url"), "buttons[url]")
        case "phone_number" if channel == "messenger":
            phone = a_text(button.get("payload"), "buttons[payload]", 30)
            if _PHONE.fullmatch(phone):
                return title, phone
    raise invalid("buttons[type]")


def _element(channel: str, element: Mapping[str, object]) -> tuple[Choice, ...]:
    """At least one property must be set in addition to the title."""
    only(element, "elements", {"title", "subtitle", "image_url", "default_action", "buttons"})
    a_text(element.get("title"), "elements[title]", 80)
    maybe_text(element.get("subtitle"), "elements[subtitle]", 80)
    if len(element) < 2:  # noqa: PLR2004 - as documented above
        raise invalid("elements: one property beside the title is required")
    if "image_url" in element:
        an_address(element["image_url"], "elements[image_url]")
    buttons = a_list(element.get("buttons"), "elements[buttons]", most=3, least=1) if "buttons" in element else []
    return tuple(_button(channel, each) for each in buttons)


def _utility(part: Mapping[str, object], known: Known) -> None:
    """An approved utility template, with as many parameters as it has placeholders."""
    name = a_text(part.get("name"), "template[name]", 512)
    code = a_text(an_object(part.get("language"), "template[language]").get("code"), "template[language][code]", 10)
    template = template_of(name, code, known)
    if template is None:
        raise invalid("there is no such template in this language")
    given = {"header": 0, "body": 0, "buttons": 0}
    for each in a_list(part.get("components"), "components", most=3):
        component = an_object(each, "components")
        kind = one_of(component.get("type"), "components[type]", given)
        parameters = a_list(component.get("parameters"), "components[parameters]", most=50, least=1)
        for parameter in parameters:
            _parameter(kind, an_object(parameter, "parameters"))
        given[kind] = len(parameters)
    if given != {"header": int(template.header is not None), "body": template.body, "buttons": template.buttons}:
        raise invalid("the number of parameters is not that of the template")


def _parameter(component: str, parameter: Mapping[str, object]) -> None:
    if component != "buttons" and parameter.get("type") != "text":
        raise invalid("parameters[type]")
    field = {"text": "text", "POSTBACK": "payload", "URL": "url"}.get(str(parameter.get("type")), "")
    a_text(parameter.get(field), f"parameters[{field}]", 1024)
