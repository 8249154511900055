"""A template file, as it is written."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from middleware.domain.forms import (
    Address,
    Approved,
    ApprovedButton,
    Ask,
    AskedFor,
    Button,
    Buttons,
    Card,
    Cards,
    Choices,
    Form,
    Media,
    MediaType,
    PhoneButton,
    ReplyButton,
    Row,
    Section,
    UrlButton,
)
from middleware.domain.messages import QuickReply
from middleware.domain.record import Record

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60, strict=True)]
LocaleName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$", strict=True)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, strict=True)]

ChannelName = Literal["instagram", "messenger", "whatsapp", "webchat"]

WANTED_LOCALES = ("en", "de", "es")

BASE = "base"
"""The variant that is the content of the locale itself."""

FORMS = ("buttons", "list", "cards", "products", "media", "ask", "approved")


class QuickReplyFile(Record):
    """A tappable answer. Its title is a plain text: values could make it too long for any button."""

    title: Words
    payload: Words

    def plain(self) -> QuickReply:
        """The same as it is sent."""
        return QuickReply(title=self.title, payload=self.payload)


class ButtonFile(Record):
    """A button: a title, and what it does."""

    title: Words
    payload: Words | None = None
    url: Address | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{5,15}$")] | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if sum(each is not None for each in (self.payload, self.url, self.phone)) != 1:
            raise ValueError("does one thing: payload, url or phone")
        return self

    def plain(self) -> Button:
        """The same as it is sent."""
        if self.url is not None:
            return UrlButton(title=self.title, url=self.url)
        if self.phone is not None:
            return PhoneButton(title=self.title, phone=self.phone)
        return ReplyButton(title=self.title, payload=self.payload or "")


class RowFile(Record):
    """A line of a list."""

    title: Words
    payload: Words
    description: Words | None = None


class SectionFile(Record):
    """Lines of a list under one heading."""

    title: Words | None = None
    rows: Annotated[tuple[RowFile, ...], Field(min_length=1, max_length=50)]


class ListFile(Record):
    """A list behind a button."""

    button: Words
    sections: Annotated[tuple[SectionFile, ...], Field(min_length=1, max_length=20)]

    def plain(self) -> Choices:
        """The same as it is sent."""
        sections = (
            Section(title=each.title, rows=tuple(Row(**row.model_dump()) for row in each.rows))
            for each in self.sections
        )
        return Choices(button=self.button, sections=tuple(sections))


class CardFile(Record):
    """A card. Its words are plain."""

    title: Words
    subtitle: Words | None = None
    image: Address | None = None
    buttons: Annotated[tuple[ButtonFile, ...], Field(max_length=10)] = ()

    def plain(self) -> Card:
        """The same as it is sent."""
        buttons = tuple(button.plain() for button in self.buttons)
        return Card(title=self.title, subtitle=self.subtitle, image_url=self.image, buttons=buttons)


class ProductsFile(Record):
    """A card for each product that the flow recommends; where it recommends none, the text alone. The button opens the
    product's page.
    """

    button: Words


class MediaFile(Record):
    """A picture and the like, by address or from the brand's media directory. The form's text is its caption."""

    type: MediaType
    url: Address | None = None
    file: Words | None = None
    name: Words | None = None

    @model_validator(mode="after")
    def _from_one_place(self) -> Self:
        self.plain()
        return self

    def plain(self) -> Media:
        """The same as it is sent."""
        if (self.url is None) == (self.file is None):
            raise ValueError("comes from one place: url or file")
        return Media(type=self.type, url=self.url, file=self.file, file_name=self.name)


class ApprovedFile(Record):
    """An approved template. The parameters of its body are in the reply language, the others plain."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")]
    language: LocaleName
    header: Words | MediaFile | None = None
    body: Annotated[tuple[Words, ...], Field(max_length=50)] = ()
    buttons: Annotated[tuple[ApprovedButton, ...], Field(max_length=10)] = ()

    def plain(self) -> Approved:
        """The same as it is sent, with the parameters of its body as they are written."""
        header = self.header.plain() if isinstance(self.header, MediaFile) else self.header
        return Approved(name=self.name, language=self.language, header=header, body=self.body, buttons=self.buttons)


class ContentFile(Record):
    """What one message says and shows: a text, with one form beside it at most."""

    text: Words
    quick_replies: tuple[QuickReplyFile, ...] = ()
    buttons: Annotated[tuple[ButtonFile, ...], Field(max_length=20)] = ()
    list: ListFile | None = None
    cards: Annotated[tuple[CardFile, ...], Field(max_length=20)] = ()
    products: ProductsFile | None = None
    media: MediaFile | None = None
    ask: AskedFor | None = None
    approved: ApprovedFile | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        there = [name for name in ("quick_replies", *FORMS) if getattr(self, name)]
        if len(there) > 1:
            raise ValueError(f"has one of {' and '.join(there)} beside its text, not both")
        return self

    def form(self) -> Form | None:
        """The form that it is written in, if it is more than text and quick replies; none where values make it."""
        if self.buttons:
            return Buttons(buttons=tuple(button.plain() for button in self.buttons))
        if self.cards:
            return Cards(cards=tuple(card.plain() for card in self.cards))
        if self.ask is not None:
            return Ask(what=self.ask)
        written = self.list or self.media or self.approved
        return written.plain() if written is not None else None


class OverrideFile(ContentFile):
    """What is said instead, on one channel. Without a fallback of its own it has the one that it replaces."""

    fallback: Words | None = None


class VariantFile(OverrideFile):
    """What is said instead, to a part of the customers."""

    channels: dict[ChannelName, OverrideFile] = Field(default_factory=dict)


class FormFile(ContentFile):
    """The reply in one locale.

    `fallback` is said where a value of `text` is missing, and has no values itself. `outside_window` is the approved
    template that is sent where the channel has such and lets nothing else through.
    """

    fallback: Words
    channels: dict[ChannelName, OverrideFile] = Field(default_factory=dict)
    variants: dict[Name, VariantFile] = Field(default_factory=dict)
    outside_window: ApprovedFile | None = None


Weight = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class TemplateFile(Record):
    """One template file.

    `variants` are the weights of a split: `base` is the content of each locale itself. `too_long` says what becomes of
    a text that is longer than the channel takes: it is cut, or split into several messages.
    """

    name: Name
    purpose: Words
    too_long: Literal["cut", "split"] = "cut"
    variants: dict[Name, Weight] = Field(default_factory=dict, max_length=10)
    locales: Annotated[dict[LocaleName, FormFile], Field(min_length=1)]
