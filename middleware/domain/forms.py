"""The forms that a reply can have beside plain text and quick replies. What each channel has: `channels.py`."""

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from middleware.domain.record import Record

LONGEST_ADDRESS = 2000
"""Characters of a web address that we send (WhatsApp: URL buttons of templates; nothing else is documented)."""

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+[^\s]*$", max_length=LONGEST_ADDRESS)]
PlatformId = Annotated[str, StringConstraints(min_length=1, max_length=1000)]

MediaType = Literal["image", "audio", "video", "file", "sticker"]
AskedFor = Literal["location", "phone", "email"]


class ReplyButton(Record):
    """A button whose `payload` comes back when it is pressed."""

    kind: Literal["reply"] = "reply"
    title: str
    payload: str


class UrlButton(Record):
    """A button that opens a web page."""

    kind: Literal["url"] = "url"
    title: str
    url: Address


class PhoneButton(Record):
    """A button that dials a number, written with `+` and its country code."""

    kind: Literal["phone"] = "phone"
    title: str
    phone: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{5,15}$")]


Button = Annotated[ReplyButton | UrlButton | PhoneButton, Field(discriminator="kind")]


class Buttons(Record):
    """Buttons under the reply's text."""

    kind: Literal["buttons"] = "buttons"
    buttons: Annotated[tuple[Button, ...], Field(min_length=1, max_length=20)]


class Row(Record):
    """One line to choose in a list. Its `payload` comes back."""

    title: str
    payload: str
    description: str | None = None


class Section(Record):
    """Rows under one heading."""

    title: str | None = None
    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=50)]


class Choices(Record):
    """A list that opens behind a button under the reply's text."""

    kind: Literal["list"] = "list"
    button: str
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=20)]

    def rows(self) -> tuple[Row, ...]:
        """The rows of all sections."""
        return tuple(row for section in self.sections for row in section.rows)


class Card(Record):
    """One card of a row that is leafed through sideways."""

    title: str
    subtitle: str | None = None
    image_url: Address | None = None
    buttons: Annotated[tuple[Button, ...], Field(max_length=10)] = ()


class Cards(Record):
    """Cards side by side, introduced by the reply's text."""

    kind: Literal["cards"] = "cards"
    cards: Annotated[tuple[Card, ...], Field(min_length=1, max_length=20)]


class Media(Record):
    """A picture, a recording, a film, a file or a sticker, from exactly one place.

    `url` is fetched by the platform; `file` is a path below the brand's media directory, uploaded when it is first
    sent; `media_id` is what an upload gave. `file_name` is what the customer sees of a file.
    """

    kind: Literal["media"] = "media"
    type: MediaType
    url: Address | None = None
    file: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    media_id: PlatformId | None = None
    caption: str | None = None
    file_name: Annotated[str, StringConstraints(min_length=1, max_length=240)] | None = None

    @model_validator(mode="after")
    def _from_one_place(self) -> Self:
        if sum(place is not None for place in (self.url, self.file, self.media_id)) != 1:
            raise ValueError("comes from one place: url, file or media_id")
        return self

    def mime(self) -> str | None:
        """The MIME type that the name of its `file` stands for; None where it cannot be told."""
        return None if self.file is None else MIME_TYPES.get(PurePosixPath(self.file).suffix.lower())


class ApprovedButton(Record):
    """What fills in one button of an approved template: the payload that comes back, or the end of its address."""

    kind: Literal["reply", "url"]
    index: Annotated[int, Field(ge=0, le=9)]
    value: Annotated[str, StringConstraints(min_length=1)]


class Approved(Record):
    """A template that the platform has approved: WhatsApp's message templates, Messenger's utility templates.

    The platform has the words; only the parameters are ours. The reply's `text` is what it reads as: it is kept in
    the conversation, and said where a channel has no approved templates.
    """

    kind: Literal["approved"] = "approved"
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2,3})?$")]
    header: Annotated[str, StringConstraints(min_length=1)] | Media | None = None
    body: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    buttons: Annotated[tuple[ApprovedButton, ...], Field(max_length=10)] = ()


class Ask(Record):
    """The platform's own way to ask for something; the reply's text is the question."""

    kind: Literal["ask"] = "ask"
    what: AskedFor


class Reaction(Record):
    """An emoji on a message of the customer; an empty one takes it back."""

    kind: Literal["reaction"] = "reaction"
    message_id: PlatformId
    emoji: Annotated[str, StringConstraints(max_length=32)] = ""


Form = Annotated[Buttons | Choices | Cards | Media | Approved | Ask | Reaction, Field(discriminator="kind")]
FormKind = Literal["buttons", "list", "cards", "media", "approved", "ask", "reaction"]

MIME_TYPES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
    ".aac": "audio/aac", ".amr": "audio/amr", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg",
    ".wav": "audio/wav", ".mp4": "video/mp4", ".3gp": "video/3gp", ".mov": "video/quicktime",
    ".avi": "video/x-msvideo", ".webm": "video/webm", ".ogv": "video/ogg", ".txt": "text/plain",
    ".pdf": "application/pdf", ".doc": "application/msword", ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}  # fmt: skip
"""What the end of a file's name stands for. A name that is not here is not sent."""
