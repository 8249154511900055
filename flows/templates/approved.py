"""What WhatsApp and Messenger have approved, and whether what a template file sends fits it.

Read is what `GET /{WhatsApp business account}/message_templates` and `GET /{page}/message_templates` answer; of it only
what is named here. Both write the same, but for the names of what a button does.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from flows.files import Document, Finding, Place
from flows.language.suggest import did_you_mean
from flows.templates.model import ApprovedFile, MediaFile, TemplateFile
from flows.templates.places import contents_of
from middleware.domain.forms import ApprovedButton
from middleware.errors import FlowError

Platform = Literal["whatsapp", "messenger"]

_CALLED: dict[Platform, str] = {"whatsapp": "WhatsApp", "messenger": "Messenger"}
_PARAMETER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_MEDIA = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "file"}
_KINDS = {"QUICK_REPLY": "reply", "POSTBACK": "reply", "URL": "url"}


class _Read(BaseModel):
    """Part of the platform's answer: what it says beside this is not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ButtonOfPlatform(_Read):
    """A button: its `type` as the platform writes it, and where it leads."""

    type: str
    url: str = ""


class Component(_Read):
    """Header, body, footer or buttons."""

    type: str
    format: str = "TEXT"
    text: str = ""
    buttons: tuple[ButtonOfPlatform, ...] = ()

    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters, each once: `1`, `2`, or words."""
        return tuple(dict.fromkeys(_PARAMETER.findall(self.text)))


class PlatformTemplate(_Read):
    """One template in one language."""

    name: str
    language: str
    status: str
    components: tuple[Component, ...] = ()

    def component(self, kind: str) -> Component:
        """The component of this type; an empty one where there is none."""
        return next((each for each in self.components if each.type.upper() == kind), Component(type=kind))


class _Page(_Read):
    data: tuple[PlatformTemplate, ...] = Field(...)


@dataclass(frozen=True, slots=True)
class ApprovedTemplates:
    """All that a platform knows, by name and language."""

    channel: Platform
    by_name: dict[str, dict[str, PlatformTemplate]]

    @property
    def called(self) -> str:
        """The platform's name."""
        return _CALLED[self.channel]

    @classmethod
    def read(cls, channel: Platform, *files: tuple[str, str]) -> "ApprovedTemplates":
        """From the texts of JSON files, each with its name for messages: pages of the answer, or bare lists.

        Raises FlowError for a file that is neither.
        """
        known: dict[str, dict[str, PlatformTemplate]] = {}
        for file, text in files:
            for each in _templates(file, text):
                known.setdefault(each.name, {})[each.language] = each
        return cls(channel, known)


_LIST: TypeAdapter[tuple[PlatformTemplate, ...]] = TypeAdapter(tuple[PlatformTemplate, ...])


def _templates(file: str, text: str) -> tuple[PlatformTemplate, ...]:
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise FlowError(f"{file}:1: is no JSON; save what GET /<account>/message_templates answers") from None
    try:
        return _LIST.validate_python(data) if isinstance(data, list) else _Page.model_validate(data).data
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise FlowError(
            f"{file}:1: {where}: {first['msg']}; save what GET /<account>/message_templates answers"
        ) from None


def approved_findings(document: Document, written: TemplateFile, platform: ApprovedTemplates) -> Iterator[Finding]:
    """An error for everything that the platform would refuse."""
    for locale, form in written.locales.items():
        for placed in contents_of(locale, form):
            if placed.content.approved is not None and any(each.name == platform.channel for each in placed.channels()):
                yield from _against(document, (*placed.place, "approved"), placed.content.approved, platform)
        if form.outside_window is not None:
            yield from _against(document, ("locales", locale, "outside_window"), form.outside_window, platform)


def _against(document: Document, place: Place, written: ApprovedFile, platform: ApprovedTemplates) -> Iterator[Finding]:
    languages = platform.by_name.get(written.name)
    if languages is None:
        near = did_you_mean(written.name, platform.by_name)
        yield document.error((*place, "name"), f"{platform.called} knows no template {written.name}{near}", "approved")
        return
    known = languages.get(written.language)
    if known is None:
        message = f"{written.name} is there in {', '.join(sorted(languages))}, not in {written.language}"
        yield document.error((*place, "language"), message, "approved")
        return
    if known.status.upper() != "APPROVED":
        message = f"{written.name} is not approved: {platform.called} says {known.status}"
        yield document.error((*place, "name"), message, "approved")
    if any(each.type.upper() == "CAROUSEL" for each in known.components):
        yield document.error((*place, "name"), f"{written.name} has cards, and none can be filled in", "approved")
    buttons = _buttons_by_number if platform.channel == "whatsapp" else _buttons_in_order
    for part, compare in (("header", _header), ("body", _body), ("buttons", buttons)):
        for message in compare(written, known):
            yield document.error((*place, part), message, "approved")


def _body(written: ApprovedFile, known: PlatformTemplate) -> Iterator[str]:
    wanted = known.component("BODY").parameters()
    if not all(name.isdigit() for name in wanted):
        yield f"{known.name} has parameters with names ({', '.join(wanted)}); they are filled in by number alone"
    elif len(wanted) != len(written.body):
        yield f"{known.name} takes {len(wanted)} parameters in its body, and here are {len(written.body)}"


def _header(written: ApprovedFile, known: PlatformTemplate) -> Iterator[str]:
    wanted, given = _wanted_header(known), _given_header(written)
    if wanted != given:
        yield f"the header of {known.name} takes {wanted}, and here is {given}"


def _wanted_header(known: PlatformTemplate) -> str:
    header = known.component("HEADER")
    if header.format.upper() == "TEXT":
        return "a text" if header.parameters() else "nothing"
    return f"media: {_MEDIA.get(header.format.upper(), header.format.lower())}"


def _given_header(written: ApprovedFile) -> str:
    if isinstance(written.header, MediaFile):
        return f"media: {written.header.type}"
    return "a text" if written.header is not None else "nothing"


def _buttons_in_order(written: ApprovedFile, known: PlatformTemplate) -> Iterator[str]:
    """Messenger takes what fills buttons in without their numbers: the first for the first button, and so on."""
    there = known.component("BUTTONS").buttons
    given = {each.index: each for each in written.buttons}
    for index, filled in given.items():
        yield from _button(known.name, there[index] if index < len(there) else None, filled)
    for index, button in enumerate(there):
        if index not in given and (_PARAMETER.search(button.url) or index < max(given, default=0)):
            yield f"button {index} of {known.name} has to be filled in: Messenger takes them in their order"


def _buttons_by_number(written: ApprovedFile, known: PlatformTemplate) -> Iterator[str]:
    there, given = known.component("BUTTONS").buttons, {each.index: each for each in written.buttons}
    for index, button in enumerate(there):
        if index not in given and _PARAMETER.search(button.url):
            yield f"button {index} of {known.name} needs the end of its address: kind: url, index: {index}, value: ..."
        elif button.type.upper() == "COPY_CODE":
            yield f"button {index} of {known.name} copies a code, and none can be filled in"
    for index, filled in given.items():
        yield from _button(known.name, there[index] if index < len(there) else None, filled)
        if filled.kind == "url" and index < len(there) and _is_fixed(there[index]):
            yield f"button {index} of {known.name} has a fixed address; leave it out"


def _is_fixed(there: ButtonOfPlatform) -> bool:
    return there.type.upper() == "URL" and not _PARAMETER.search(there.url)


def _button(name: str, there: ButtonOfPlatform | None, filled: ApprovedButton) -> Iterator[str]:
    if there is None:
        yield f"{name} has no button {filled.index}; the first is 0"
    elif _KINDS.get(there.type.upper()) != filled.kind:
        yield f"button {filled.index} of {name} is {there.type}, which is not filled in by kind: {filled.kind}"
