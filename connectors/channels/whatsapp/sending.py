"""The bodies of the Cloud API.

Sources: WhatsApp Business Platform: Messages API; Text, Image, Video, Audio, Document, Sticker and Reaction messages;
Interactive reply buttons, list, call-to-action URL button and media carousel messages; Location request messages;
Business-scoped user IDs (request_contact_info); Templates; Contextual replies; Typing indicators.
"""

from collections.abc import Collection
from typing import Any

from middleware.domain.capabilities import Signal
from middleware.domain.forms import (
    Approved,
    ApprovedButton,
    Ask,
    Buttons,
    Card,
    Cards,
    Choices,
    Media,
    Reaction,
    ReplyButton,
    Row,
    Section,
    UrlButton,
)
from middleware.domain.messages import Reply

Body = dict[str, Any]

_TYPES = {"file": "document"}
"""What the Cloud API calls the types of media that it names otherwise."""
_ASKED = {
    "location": {"type": "location_request_message", "action": {"name": "send_location"}},
    "phone": {"type": "request_contact_info", "action": {"name": "request_contact_info"}},
}
_TEXT_BUTTON = {"reply": ("quick_reply", "payload"), "url": ("url", "text")}


def content(reply: Reply) -> Body:
    """The part of a body that says what is sent, for a reply that fits the channel."""
    quoted = {"context": {"message_id": reply.reply_to}} if reply.reply_to is not None else {}
    return {**_said(reply), **quoted}


def read_sign(message_id: str, signals: Collection[Signal]) -> Body:
    """The body that marks a message as read, and with `typing` shows that a reply is being written."""
    typing = {"typing_indicator": {"type": "text"}} if "typing" in signals else {}
    return {"messaging_product": "whatsapp", "status": "read", "message_id": message_id, **typing}


def _said(reply: Reply) -> Body:
    match reply.form:
        case Media():
            return _typed(_TYPES.get(reply.form.type, reply.form.type), _media(reply.form))
        case Approved():
            return _typed("template", _template(reply.form))
        case Reaction(message_id=message_id, emoji=emoji):
            return _typed("reaction", {"message_id": message_id, "emoji": emoji})
        case None:
            return _typed("text", {"body": reply.text, "preview_url": False})
    return _typed("interactive", _interactive(reply))


def _typed(kind: str, part: Body) -> Body:
    return {"type": kind, kind: part}


def _interactive(reply: Reply) -> Body:
    body = {"body": {"text": reply.text}}
    match reply.form:
        case Buttons(buttons=(UrlButton() as button,)):
            return {"type": "cta_url", **body, "action": _open_page(button)}
        case Buttons(buttons=buttons):
            replies = [_reply(button) for button in buttons if isinstance(button, ReplyButton)]
            return {"type": "button", **body, "action": {"buttons": replies}}
        case Choices(button=label, sections=sections):
            action = {"button": label, "sections": [_section(section) for section in sections]}
            return {"type": "list", **body, "action": action}
        case Cards(cards=cards):
            shown = [_card(index, card) for index, card in enumerate(cards)]
            return {"type": "carousel", **body, "action": {"cards": shown}}
        case Ask(what=what):
            return {**_ASKED[what], **body}
    raise ValueError("a form that does not fit the channel")


def _reply(button: ReplyButton) -> Body:
    return {"type": "reply", "reply": {"id": button.payload, "title": button.title}}


def _open_page(button: UrlButton) -> Body:
    return {"name": "cta_url", "parameters": {"display_text": button.title, "url": button.url}}


def _section(section: Section) -> Body:
    return {**({"title": section.title} if section.title else {}), "rows": [_row(row) for row in section.rows]}


def _row(row: Row) -> Body:
    return {"id": row.payload, "title": row.title, **({"description": row.description} if row.description else {})}


def _card(index: int, card: Card) -> Body:
    buttons = [_open_page(button) for button in card.buttons if isinstance(button, UrlButton)]
    return {
        "card_index": index,
        "type": "cta_url",
        "header": {"type": "image", "image": {"link": card.image_url}},
        "body": {"text": "\n".join(filter(None, (card.title, card.subtitle)))},
        "action": buttons[0],
    }


def _media(media: Media) -> Body:
    place = {"id": media.media_id} if media.media_id is not None else {"link": media.url}
    words = {"caption": media.caption, "filename": media.file_name}
    return {**place, **{name: word for name, word in words.items() if word}}


def _template(approved: Approved) -> Body:
    components: list[Body] = []
    if approved.header is not None:
        components.append({"type": "header", "parameters": [_parameter(approved.header)]})
    if approved.body:
        components.append({"type": "body", "parameters": [_parameter(each) for each in approved.body]})
    components += [_button(button) for button in approved.buttons]
    return {
        "name": approved.name,
        "language": {"code": approved.language},
        **({"components": components} if components else {}),
    }


def _parameter(value: str | Media) -> Body:
    if isinstance(value, str):
        return {"type": "text", "text": value}
    kind = _TYPES.get(value.type, value.type)
    return {"type": kind, kind: _media(value)}


def _button(button: ApprovedButton) -> Body:
    kind, field = _TEXT_BUTTON[button.kind]
    parameter = {"type": field, field: button.value}
    return {"type": "button", "sub_type": kind, "index": str(button.index), "parameters": [parameter]}
