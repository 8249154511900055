"""How a message looks in a terminal: its text, and under it its buttons, list, cards or file, as lines."""

from collections.abc import Callable, Iterator
from typing import Any

from flows.preview.showing import Shown
from middleware.cli.places import plain
from middleware.domain.fitting.bench import one_line
from middleware.domain.forms import (
    Approved,
    Ask,
    Button,
    Buttons,
    Card,
    Cards,
    Choices,
    Media,
    PhoneButton,
    Reaction,
    UrlButton,
)
from middleware.domain.messages import Reply
from middleware.domain.record import Record

_JOINER = "\N{ZERO WIDTH JOINER}"


def lines_of(reply: Reply) -> list[str]:
    """A message as lines; of an approved template the parameters, for its words are with the platform."""
    under = [f"( {one_line(each.title)} )" for each in reply.quick_replies]
    if reply.form is not None:
        under += _WAYS[type(reply.form)](reply.form)
    return [*reply.text.splitlines(), *under]


def _buttons(form: Buttons) -> Iterator[str]:
    yield from (_button(each) for each in form.buttons)


def _button(button: Button) -> str:
    match button:
        case UrlButton(title=title, url=url):
            return f"[ {one_line(title)} -> {url} ]"
        case PhoneButton(title=title, phone=phone):
            return f"[ {one_line(title)} -> {phone} ]"
    return f"[ {one_line(button.title)} ]"


def _list(form: Choices) -> Iterator[str]:
    yield f"[ {one_line(form.button)} v ]"
    for section in form.sections:
        if section.title:
            yield f"  {one_line(section.title)}"
        for row in section.rows:
            yield f"  - {one_line(row.title)}{f': {one_line(row.description)}' if row.description else ''}"


def _cards(form: Cards) -> Iterator[str]:
    for card in form.cards:
        yield from _card(card)


def _card(card: Card) -> Iterator[str]:
    yield f"| {one_line(card.title)}{' (picture)' if card.image_url else ''}"
    if card.subtitle:
        yield f"| {one_line(card.subtitle)}"
    yield from (f"| {_button(button)}" for button in card.buttons)


def _media(form: Media) -> Iterator[str]:
    yield f"<{form.type}: {form.url or form.file or form.media_id}>"
    if form.caption:
        yield from form.caption.splitlines()


def _approved(form: Approved) -> Iterator[str]:
    yield f"<approved template {form.name} ({form.language})>"
    if isinstance(form.header, Media):
        yield from _media(form.header)
    elif form.header is not None:
        yield f"header: {one_line(form.header)}"
    for number, parameter in enumerate(form.body, start=1):
        yield f"{{{{{number}}}}}: {one_line(parameter)}"
    yield from (f"button {each.index}: {one_line(each.value)}" for each in form.buttons)


def _ask(form: Ask) -> Iterator[str]:
    yield f"[ share your {form.what} ]"


def _reaction(form: Reaction) -> Iterator[str]:
    yield f"<reaction {form.emoji}>"


_WAYS: dict[type[Record], Callable[..., Iterator[str]]] = {
    Buttons: _buttons,
    Choices: _list,
    Cards: _cards,
    Media: _media,
    Approved: _approved,
    Ask: _ask,
    Reaction: _reaction,
}


def printable(text: str) -> str:
    """Text as it may be printed: nothing in it steers the terminal, and families of emoji stay together."""
    return _JOINER.join(map(plain, text.split(_JOINER)))


def as_json(outcome: Shown) -> dict[str, Any]:
    """What somebody would get, for programs."""
    return {
        "channel": outcome.channel.name,
        "locale": outcome.reply.locale,
        "lacks": outcome.lacks,
        "variant": outcome.reply.variant,
        "fallback": outcome.reply.fallback,
        "why": outcome.why,
        "notes": list(outcome.notes),
        "messages": [
            message.model_dump(mode="json", include={"text", "quick_replies", "form"}, exclude_none=True)
            for message in outcome.fitted.replies
        ],
    }
