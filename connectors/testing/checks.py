"""What the checks of the stand-in are made of: one function for each sort of value, raising `ApiError`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from connectors.testing.graph_api import ApiError, invalid

Choice = tuple[str, str]
"""Title and payload of something that can be tapped."""

_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*")


@dataclass(frozen=True, slots=True)
class ApprovedTemplate:
    """A template that the platform has approved: what its placeholders take, by component.

    `header` is `text`, `image`, `video` or `document` for a header with one placeholder, None for one without.
    """

    name: str
    language: str
    body: int = 0
    header: str | None = None
    buttons: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What the platform knows of an account. `media` None: any id of a file will do."""

    templates: Collection[ApprovedTemplate] = ()
    media: Collection[str] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Content:
    """What a message that is in order says, and to whom. `said` is False for what is no message: typing, read signs."""

    recipient: str
    text: str = ""
    quick_replies: tuple[Choice, ...] = ()
    key: str | None = None
    said: bool = True


def an_object(value: object, what: str) -> Mapping[str, object]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise invalid(f"{what} is required")
    return value


def a_list(value: object, what: str, *, most: int, least: int = 0) -> list[object]:
    """A list with so many elements."""
    items = [] if value is None else value
    if not isinstance(items, list) or not least <= len(items) <= most:
        raise invalid(f"{what} takes {least} to {most}")
    return items


def a_text(value: object, what: str, most: int) -> str:
    """A text that says something, in at most so many characters."""
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{what} is required")
    if len(value) > most:
        raise invalid(f"{what} is longer than {most} characters")
    return value


def maybe_text(value: object, what: str, most: int) -> str | None:
    """The same where it may be missing."""
    return None if value is None else a_text(value, what, most)


def an_address(value: object, what: str) -> str:
    """A web address."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise invalid(f"{what} is no web address")
    return value


def one_of(value: object, what: str, choices: Collection[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        raise invalid(what)
    return value


def only(value: Mapping[str, object], what: str, names: Collection[str]) -> None:
    """Refuse fields that are not documented."""
    unknown = sorted(set(value) - set(names))
    if unknown:
        raise invalid(f"{what}: unknown {', '.join(unknown)}")


def no_doubles(choices: Collection[Choice], what: str) -> None:
    """Refuse two with one title or one payload."""
    if len({title for title, _ in choices}) < len(choices) or len({payload for _, payload in choices}) < len(choices):
        raise invalid(f"{what}: titles and ids must be unique")


def a_file(value: object, known: Known, refusal: ApiError) -> str:
    """The id of an uploaded file."""
    media_id = a_text(value, "the id of the file", 1000)
    if known.media is not None and media_id not in known.media:
        raise refusal
    return media_id


def template_of(name: str, language: str, known: Known) -> ApprovedTemplate | None:
    """The approved template of this name in this language."""
    return next((each for each in known.templates if (each.name, each.language) == (name, language)), None)
