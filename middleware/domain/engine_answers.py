"""The answer of an engine, read: from parsed JSON to what may be said. Pure, and the only place that does it.

The shape is that of the engine contract: what a webhook answers, what comes to `POST /v1/turns/{id}/replies`, and what
the connectors of other engines translate theirs into. All of it is untrusted. A wrong type is `Unreadable` and says
where; what is readable and cannot be shown is left out and noted. Neither ever says a word of the answer.

There is no way from here to a message tag, a template, a private reply, a file of the brand or an approved template.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from middleware.domain.engine_notes import fields_of, intent_of, tags_of
from middleware.domain.engine_reading import Notes, Unreadable, list_of, object_of, text_of
from middleware.domain.engine_text import is_opaque, on_one_line, sayable
from middleware.domain.engines import EngineAnswer, EngineOutcome
from middleware.domain.forms import (
    LONGEST_ADDRESS,
    Button,
    Buttons,
    Card,
    Cards,
    Form,
    Media,
    MediaType,
    PhoneButton,
    ReplyButton,
    UrlButton,
)
from middleware.domain.messages import QuickReply, Reply

MOST_BYTES = 64 * 1024
"""Of one answer."""
MOST_MESSAGES = 10
LONGEST_TEXT = 8_000
LONGEST_TITLE = 200
LONGEST_SUBTITLE = 1_000
LONGEST_PAYLOAD = 1_000
LONGEST_CAPTION = 1_000
LONGEST_FILE_NAME = 200
LONGEST_REASON = 300
MOST_CHOICES = 20
"""Quick replies, or buttons, of one message."""
MOST_CARDS = 20
MOST_BUTTONS_OF_A_CARD = 10

ASKED_FOR = "the engine asked for a person"
"""Why, when it did not say."""

_MEDIA: Mapping[str, MediaType] = {"image": "image", "audio": "audio", "video": "video", "file": "file"}
PHONE = r"\+[0-9]{5,15}"
"""A number with its country code, as a pattern."""
PLACE = r"[^\s/?#\\@]+(?:[/?#][^\s\\]*)?"
"""What stands behind the `//` of a web address, as a pattern: nobody's name and password, nothing unseen."""
_PHONE = re.compile(PHONE, re.ASCII)
_ADDRESS = re.compile(f"https?://{PLACE}")
_MESSAGE_KEYS = frozenset({"text", "quick_replies", "buttons", "media", "cards"})
_ANSWER_KEYS = frozenset({"messages", "hand_over", "set", "tags", "intent"})

_Made = TypeVar("_Made")


def read_answer(answer: object, notes: Notes | None = None) -> EngineAnswer:
    """What an answer of the engine contract comes to: ANSWERED, or SILENT for one without messages.

    `notes` has what was left out before. Raises `Unreadable` for another shape, and for messages of which nothing can
    be shown: a customer who gets nothing must not look like one who was to get nothing.
    """
    notes = notes or Notes()
    body = object_of(answer, "the answer")
    _note_others(body, _ANSWER_KEYS, "the answer", notes)
    messages, wanted = list_of(body.get("messages"), "messages"), _reason(body.get("hand_over"))
    if body.get("messages") is None and wanted is None:
        raise Unreadable('messages is missing; the one shape of an answer is {"messages": [{"text": "..."}]}')
    fields, tags = fields_of(body.get("set"), notes), tags_of(body.get("tags"), notes)
    intent = intent_of(body.get("intent"), notes)
    replies: list[Reply] = []
    for place, each in enumerate(messages[:MOST_MESSAGES]):
        where = f"messages[{place}]"
        _add(replies, object_of(each, where), where, notes)
    if len(messages) > MOST_MESSAGES:
        notes.add("messages", f"more than {MOST_MESSAGES}, the others are left out")
    kept = tuple(replies[:MOST_MESSAGES])
    if messages and not kept and wanted is None:
        raise Unreadable(f"nothing of it can be shown: {notes.said()}")
    outcome = EngineOutcome.ANSWERED if kept or wanted is not None else EngineOutcome.SILENT
    return EngineAnswer(
        outcome=outcome,
        replies=kept,
        hand_over=wanted,
        set=fields,
        tags=tags,
        intent=intent,
        detail=notes.said(),
    )


def _reason(value: object) -> str | None:
    if value is None or value is False:
        return None
    if value is True:
        return ASKED_FOR
    return on_one_line(text_of(value, "hand_over"), LONGEST_REASON) or None


def _add(replies: list[Reply], message: Mapping[str, Any], where: str, notes: Notes) -> None:
    """Put what one message comes to at the end of the replies: a reply for each thing that needs one of its own."""
    _note_others(message, _MESSAGE_KEYS, where, notes)
    text = sayable(given := text_of(message.get("text"), f"{where}.text"), LONGEST_TEXT)
    if len(given) > LONGEST_TEXT:
        notes.add(f"{where}.text", f"longer than {LONGEST_TEXT} characters, cut")
    choices = _read(message, "quick_replies", _quick_reply, MOST_CHOICES, where, notes)
    buttons = _read(message, "buttons", _button, MOST_CHOICES, where, notes)
    forms: list[Form | None] = [_media(message.get("media"), f"{where}.media", notes)]
    if cards := _read(message, "cards", _card, MOST_CARDS, where, notes):
        forms.append(Cards(cards=cards))
    if buttons:
        # One message has one content: beside buttons, quick replies are buttons, too.
        under = (*buttons, *(ReplyButton(title=each.title, payload=each.payload) for each in choices))
        forms.append(Buttons(buttons=under[:MOST_CHOICES]))
    shown = [form for form in forms if form is not None]
    if choices and not buttons:
        _add_choices(replies, text, shown, choices, (where, notes))
    elif shown:
        replies += [Reply(text="", form=form) for form in shown[:-1]]
        replies.append(Reply(text=text, form=shown[-1], split=True))
    elif text:
        replies.append(Reply(text=text, split=True))
    else:
        notes.add(where, "nothing to show")


def _add_choices(
    replies: list[Reply], text: str, before: Sequence[Form], choices: tuple[QuickReply, ...], at: tuple[str, Notes]
) -> None:
    """Quick replies stand under a text: their own, or that of the message before."""
    replies += [Reply(text="", form=form) for form in before]
    if text:
        replies.append(Reply(text=text, quick_replies=choices, split=True))
    elif replies and replies[-1].form is None and not replies[-1].quick_replies:
        replies[-1] = replies[-1].model_copy(update={"quick_replies": choices})
    else:
        where, notes = at
        notes.add(f"{where}.quick_replies", "no text that they could stand under")


def _read(
    parent: Mapping[str, Any],
    key: str,
    made: Callable[[Mapping[str, Any], str, Notes], _Made | None],
    most: int,
    where: str,
    notes: Notes,
) -> tuple[_Made, ...]:
    """What a list of objects holds, without what cannot be shown."""
    place = f"{where}.{key}"
    given = list_of(parent.get(key), place)
    if len(given) > most:
        notes.add(place, f"more than {most}, the others are left out")
    objects = [
        (object_of(each, f"{place}[{number}]"), f"{place}[{number}]") for number, each in enumerate(given[:most])
    ]
    found = [made(each, at, notes) for each, at in objects]
    return tuple(each for each in found if each is not None)


def _quick_reply(given: Mapping[str, Any], where: str, notes: Notes) -> QuickReply | None:
    title, payload = _title(given, where, notes), _payload(given, where, notes)
    return QuickReply(title=title, payload=payload) if title and payload else None


def _button(given: Mapping[str, Any], where: str, notes: Notes) -> Button | None:
    title = _title(given, where, notes)
    kinds = [kind for kind in ("payload", "url", "phone") if given.get(kind) is not None]
    if len(kinds) != 1:
        notes.add(where, "has to have one of payload, url and phone")
        return None
    if not title:
        return None
    if kinds == ["url"]:
        url = _address(given["url"], f"{where}.url", notes)
        return UrlButton(title=title, url=url) if url else None
    if kinds == ["phone"]:
        phone = text_of(given["phone"], f"{where}.phone")
        if _PHONE.fullmatch(phone):
            return PhoneButton(title=title, phone=phone)
        notes.add(f"{where}.phone", "no number with + and country code")
        return None
    payload = _payload(given, where, notes)
    return ReplyButton(title=title, payload=payload) if payload else None


def _media(given: object, where: str, notes: Notes) -> Media | None:
    if given is None:
        return None
    media = object_of(given, where)
    kind = _MEDIA.get(text_of(media.get("type"), f"{where}.type"))
    url = _address(media.get("url"), f"{where}.url", notes, only="https://")
    name = on_one_line(text_of(media.get("file_name"), f"{where}.file_name"), LONGEST_FILE_NAME)
    if kind is None:
        notes.add(f"{where}.type", f"none of {', '.join(_MEDIA)}")
        return None
    caption = sayable(text_of(media.get("caption"), f"{where}.caption"), LONGEST_CAPTION)
    return Media(type=kind, url=url, caption=caption or None, file_name=name or None) if url else None


def _card(given: Mapping[str, Any], where: str, notes: Notes) -> Card | None:
    title = _title(given, where, notes)
    subtitle = on_one_line(text_of(given.get("subtitle"), f"{where}.subtitle"), LONGEST_SUBTITLE)
    picture = given.get("image_url")
    image = None if picture is None else _address(picture, f"{where}.image_url", notes, only="https://") or None
    buttons = _read(given, "buttons", _button, MOST_BUTTONS_OF_A_CARD, where, notes)
    return Card(title=title, subtitle=subtitle or None, image_url=image, buttons=buttons) if title else None


def _title(given: Mapping[str, Any], where: str, notes: Notes) -> str:
    title = on_one_line(text_of(given.get("title"), f"{where}.title"), LONGEST_TITLE)
    if not title:
        notes.add(f"{where}.title", "missing")
    return title


def _payload(given: Mapping[str, Any], where: str, notes: Notes) -> str:
    """The payload, if it can come back as it is: a part of one would be another one."""
    payload = text_of(given.get("payload"), f"{where}.payload")
    if len(payload) <= LONGEST_PAYLOAD and is_opaque(payload):
        return payload
    notes.add(f"{where}.payload", f"not 1 to {LONGEST_PAYLOAD} characters that can be seen")
    return ""


def _address(value: object, where: str, notes: Notes, *, only: str = "") -> str:
    address = text_of(value, where)
    fits = len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) and is_opaque(address)
    if fits and address.startswith(only):
        return address
    notes.add(where, f"no web address that begins with {only or 'https:// or http://'}")
    return ""


def _note_others(given: Mapping[str, Any], known: frozenset[str], where: str, notes: Notes) -> None:
    """Keys that nobody knows are ignored. They are words of the answer, so only their number is told."""
    others = sum(key not in known for key in given)
    if others:
        notes.add(where, f"{others} unknown key{'' if others == 1 else 's'} ignored")
