"""Captures: what counts as an answer to a question, and what is kept of it: untrusted, cleaned, on one line."""

import re
from collections.abc import Callable
from typing import Literal

from flows.engine.intents import Heard, Phrase
from flows.engine.words import words_of
from flows.schema import ANSWER_LENGTH
from middleware.domain.events import Message
from middleware.domain.text import cleaned
from middleware.domain.typed import EMAIL, ORDER, PHONE, READ_AT_MOST

Capture = Literal["email", "phone", "order_reference", "name", "text", "number", "choice"]

Answer = str | int

_REFERENCE = re.compile(r"(?<![\w-])[A-Za-z]{1,8}-?\d{3,12}(?!\w)")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,9}(?![\w]|[.,]\d)")
_NAME = re.compile(r"[^\W\d_][^\d_@#/:!?<>{}()\[\]\n]{0,79}")
_LEAD_IN = re.compile(
    r"^(?:my name is|i am|i'm|it's|ich hei(?:ß|ss)e|mein name ist|ich bin|me llamo|mi nombre es|soy)\s+", re.IGNORECASE
)
_BRACKETS = str.maketrans("", "", "()")
_DIGITS_OF_PHONE = range(7, 16)
_WORDS_OF_NAME = 5
_WORDS_AROUND = 3

Choices = tuple[tuple[str, str], ...]
"""The titles of what can be tapped, each with its payload."""


def answer_in(capture: Capture, message: Message, choices: Choices) -> Answer | None:
    """The answer that a message holds, or None if it holds none, or several."""
    if capture == "choice":
        return _choice(message, choices)
    read = _READERS[capture]
    found = read(message.text[:READ_AT_MOST])
    # The platform's own button for an address or a number carries it in its payload.
    return found if found is not None or message.payload is None else read(message.payload[:READ_AT_MOST])


def _only(found: list[str]) -> str | None:
    different = set(found)
    return cleaned(different.pop(), ANSWER_LENGTH) if len(different) == 1 else None


def _email(text: str) -> Answer | None:
    return _only(EMAIL.findall(text))


def _phone(text: str) -> Answer | None:
    written = (found for found in PHONE.findall(text) if sum(map(str.isdecimal, found)) in _DIGITS_OF_PHONE)
    return _only([found.translate(_BRACKETS) for found in written])


def _order_reference(text: str) -> Answer | None:
    return _only([*_REFERENCE.findall(text), *ORDER.findall(_REFERENCE.sub(" ", text))])


def _name(text: str) -> Answer | None:
    """A name, without what people put before it. Nobody's name has a digit, or more than five words."""
    name = _LEAD_IN.sub("", " ".join(text.split())).strip(" .,")
    return cleaned(name, ANSWER_LENGTH) if _NAME.fullmatch(name) and len(name.split()) <= _WORDS_OF_NAME else None


def _text(text: str) -> Answer | None:
    return cleaned(text, ANSWER_LENGTH) or None


def _number(text: str) -> Answer | None:
    found = set(_NUMBER.findall(text))
    return int(found.pop()) if len(found) == 1 else None


def _choice(message: Message, choices: Choices) -> Answer | None:
    """The payload that was tapped, or that of the one title that was written, or of the number of its line."""
    payloads = list(dict.fromkeys(payload for _, payload in choices))
    if message.payload in payloads:
        return message.payload
    heard, text = Heard(message.text), message.text.strip().rstrip(".)")
    words = ((words_of(title), title, payload) for title, payload in choices)
    # "No" in a long sentence is no answer.
    near = (each for each in words if each[0] and len(heard.words) <= len(each[0]) + _WORDS_AROUND)
    said = {payload for each, title, payload in near if Phrase("", title, each).stands_in(heard)}
    if len(said) == 1:
        return said.pop()
    place = int(text) if text.isascii() and text.isdecimal() and len(text) <= 2 else 0  # noqa: PLR2004 - so many lines
    return payloads[place - 1] if 1 <= place <= len(payloads) else None


_READERS: dict[str, Callable[[str], Answer | None]] = {
    "email": _email,
    "phone": _phone,
    "order_reference": _order_reference,
    "name": _name,
    "text": _text,
    "number": _number,
}

OPEN: frozenset[Capture] = frozenset({"text"})
"""Captures that nearly every message is an answer to: only a flow of a higher priority is heard instead."""

WEAK: frozenset[Capture] = frozenset({"name"})
"""Captures whose answers look like anything: a phrase of another flow counts for more."""
