"""A template file, as it is written."""

from typing import Annotated

from pydantic import Field, StringConstraints

from middleware.domain.messages import QuickReply
from middleware.domain.record import Record

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60, strict=True)]
LocaleName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$", strict=True)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, strict=True)]

WANTED_LOCALES = ("en", "de", "es")


class QuickReplyFile(Record):
    """A tappable answer. Its title is a plain text: values could make it too long for any button."""

    title: Words
    payload: Words

    def plain(self) -> QuickReply:
        """The same as it is sent."""
        return QuickReply(title=self.title, payload=self.payload)


class FormFile(Record):
    """The reply in one locale.

    `fallback` is said where a value of `text` is missing, and has no values itself.
    """

    text: Words
    fallback: Words
    quick_replies: tuple[QuickReplyFile, ...] = ()


class TemplateFile(Record):
    """One template file."""

    name: Name
    purpose: Words
    locales: Annotated[dict[LocaleName, FormFile], Field(min_length=1)]
