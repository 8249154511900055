"""The bodies of the Send API, as Messenger and Instagram share them.

Sources: Messenger Platform: Send API reference, Quick replies, Button template, Generic template, Buttons, Sender
actions, Send a utility message, Private replies. Instagram Messaging: Send a Message, Button and Generic Template.
"""

from collections.abc import Collection
from typing import Any

from middleware.domain.capabilities import Signal
from middleware.domain.forms import (
    Approved,
    Ask,
    Button,
    Buttons,
    Card,
    Cards,
    Media,
    PhoneButton,
    Reaction,
    ReplyButton,
    UrlButton,
)
from middleware.domain.messages import Reply

Body = dict[str, Any]

_ASKED = {"phone": "user_phone_number", "email": "user_email"}
_SIGNALS = {"seen": "mark_seen", "typing": "typing_on"}


def page_body(to: str, reply: Reply, *, pictures: str, metadata: str | None = None) -> Body:
    """The body for a reply that fits the channel. `pictures` is the field that a picture stands in."""
    if isinstance(reply.form, Reaction):
        return _reaction(to, reply.form)
    body: Body = {**_recipient(to, reply), "message": {**_message(reply, pictures), **_optional(metadata=metadata)}}
    if reply.reply_to is not None:
        body["reply_to"] = {"mid": reply.reply_to}
    return body


def signal_bodies(to: str, signals: Collection[Signal]) -> list[Body]:
    """One body for each signal, in the order in which they make sense."""
    return [
        {"recipient": {"id": to}, "sender_action": action} for signal, action in _SIGNALS.items() if signal in signals
    ]


def _recipient(to: str, reply: Reply) -> Body:
    """Whom it goes to, and by which right: an answer, a person's late answer, a utility template, a comment."""
    if reply.to_comment is not None:
        return {"recipient": {"comment_id": reply.to_comment}}
    if isinstance(reply.form, Approved):
        return {"recipient": {"id": to}, "messaging_type": "UTILITY"}
    if reply.tag is not None:
        return {"recipient": {"id": to}, "messaging_type": "MESSAGE_TAG", "tag": reply.tag.upper()}
    return {"recipient": {"id": to}, "messaging_type": "RESPONSE"}


def _message(reply: Reply, pictures: str) -> Body:
    match reply.form:
        case Buttons(buttons=buttons):
            return _template("button", text=reply.text, buttons=[_button(button) for button in buttons])
        case Cards(cards=cards):
            return _template("generic", elements=[_element(card) for card in cards])
        case Media():
            return {pictures if reply.form.type == "image" else "attachment": _attachment(reply.form)}
        case Approved():
            return {"template": _approved(reply.form)}
        case Ask(what=what):
            return {"text": reply.text, "quick_replies": [{"content_type": _ASKED[what]}]}
    choices = [
        {"content_type": "text", "title": choice.title, "payload": choice.payload} for choice in reply.quick_replies
    ]
    return {"text": reply.text, **_optional(quick_replies=choices)}


def _template(kind: str, **payload: Any) -> Body:  # noqa: ANN401 - JSON is anything
    return {"attachment": {"type": "template", "payload": {"template_type": kind, **payload}}}


def _button(button: Button) -> Body:
    match button:
        case ReplyButton():
            return {"type": "postback", "title": button.title, "payload": button.payload}
        case UrlButton():
            return {"type": "web_url", "title": button.title, "url": button.url}
        case PhoneButton():
            return {"type": "phone_number", "title": button.title, "payload": button.phone}


def _element(card: Card) -> Body:
    buttons = [_button(button) for button in card.buttons]
    return {"title": card.title, **_optional(subtitle=card.subtitle, image_url=card.image_url, buttons=buttons)}


def _attachment(media: Media) -> Body:
    return {"type": media.type, "payload": _optional(url=media.url, attachment_id=media.media_id)}


def _approved(approved: Approved) -> Body:
    buttons = [
        {"type": "POSTBACK", "payload": each.value} if each.kind == "reply" else {"type": "URL", "url": each.value}
        for each in sorted(approved.buttons, key=lambda button: button.index)
    ]
    header = [approved.header] if isinstance(approved.header, str) else []
    given = {"header": [_text(each) for each in header], "body": [_text(each) for each in approved.body]}
    components = [{"type": kind, "parameters": parameters} for kind, parameters in given.items() if parameters]
    if buttons:
        components.append({"type": "buttons", "parameters": buttons})
    return {"name": approved.name, "language": {"code": approved.language}, "components": components}


def _text(parameter: str) -> Body:
    return {"type": "text", "text": parameter}


def _reaction(to: str, reaction: Reaction) -> Body:
    payload = {"message_id": reaction.message_id, **_optional(reaction=reaction.emoji)}
    return {
        "recipient": {"id": to},
        "sender_action": "react" if reaction.emoji else "unreact",
        "payload": payload,
    }


def _optional(**fields: Any) -> Body:  # noqa: ANN401 - JSON is anything
    """The fields that there is something in."""
    return {name: value for name, value in fields.items() if value}
