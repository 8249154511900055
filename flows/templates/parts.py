"""The parts of a form against the table of the channels: what will be cut, left out, or shown as something else."""

from collections.abc import Iterator
from dataclasses import dataclass

from flows.files import Document, Finding, Place
from flows.templates.model import ButtonFile, ContentFile, MediaFile
from flows.templates.places import Placed
from middleware.domain.capabilities import Capabilities, Size
from middleware.domain.channels import CHANNELS
from middleware.domain.forms import Ask, Buttons, Cards, Choices, Form, FormKind


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a form: where it stands, and how long it may be on each channel that shows it as it is."""

    place: Place
    text: str
    what: str
    most: dict[str, int]
    opaque: bool = False
    """It must come back as it is: too long, its button or row is left out."""


def part_findings(document: Document, placed: Placed) -> Iterator[Finding]:
    """Hints for parts that are too long and for forms that a channel has not; errors for files that none takes."""
    place, form, channels = placed.place, placed.content, placed.channels()
    shown = {channel.name for channel in channels}
    for part in _parts(place, form):
        limits = {name: limit for name, limit in part.most.items() if name in shown}
        for most in sorted(set(limits.values())):
            if len(part.text) > most:
                names = ", ".join(name for name, limit in limits.items() if limit == most)
                message = f"{part.what} is longer than the {most} of {names}; {_fate(part)}"
                yield document.hint(part.place, message, "too-long")
    kind = _kind(form)
    lacking = [channel.name for channel in channels if kind is not None and kind not in channel.forms()]
    if lacking:
        message = f"{', '.join(lacking)}: no {kind}, the nearest thing is sent instead"
        yield document.hint((*place, str(kind)), message, "shown-otherwise")
    if form.ask is not None:
        words = [channel.name for channel in channels if form.ask not in channel.asks]
        if words:
            message = f"{', '.join(words)}: {form.ask} is asked for in words alone"
            yield document.hint((*place, "ask"), message, "shown-otherwise")
    if form.media is not None:
        yield from _media_findings(document, (*place, "media"), form.media)


def text_under(form: Form | None, channel: Capabilities) -> tuple[FormKind, Size] | None:
    """The form and the text that it stands under, where that may be shorter than a text alone."""
    match form:
        case Buttons():
            return "buttons", channel.buttons.text
        case Choices() if channel.list is not None:
            return "list", channel.list.text
        case Cards() if channel.cards.text is not None:
            return "cards", channel.cards.text
        case Ask(what=what) if what in channel.asks:
            return "ask", channel.asks[what].text
    return None


def room_of(form: Form | None, channel: Capabilities) -> Size:
    """How long the text of a message in this form may be on a channel."""
    carried = text_under(form, channel)
    return carried[1] if carried is not None and carried[1].most else channel.text.size


def _fate(part: Part) -> str:
    return "it is left out there" if part.opaque else "it is cut there"


def _kind(form: ContentFile) -> FormKind | None:
    written = form.form()
    return None if written is None or form.ask is not None else written.kind


def _media_findings(document: Document, place: Place, media: MediaFile) -> Iterator[Finding]:
    if media.file is None:
        return
    mime = media.plain().mime()
    kinds = {media.type, "file"} | ({"image"} if media.type == "sticker" else set())
    takes = [
        name
        for name, channel in CHANNELS.items()
        if any(mime in rule.mimes for kind, rule in channel.media.items() if kind in kinds)
    ]
    if not takes:
        yield document.error((*place, "file"), f"no channel takes such a file as {media.type}", "file-type")
    elif len(takes) < len(CHANNELS):
        message = f"only {', '.join(takes)} takes such a file as {media.type}"
        yield document.hint((*place, "file"), message, "file-type")


def _parts(place: Place, form: ContentFile) -> Iterator[Part]:
    # A channel without quick replies writes those out that do not fit on its buttons: nothing is cut there.
    quick = {name: channel.quick_replies for name, channel in CHANNELS.items() if channel.quick_replies is not None}
    for index, reply in enumerate(form.quick_replies):
        here = (*place, "quick_replies", index)
        titles = {name: rule.title for name, rule in quick.items()}
        payloads = {name: rule.payload for name, rule in quick.items()}
        yield Part((*here, "title"), reply.title, "the title", titles)
        yield Part((*here, "payload"), reply.payload, "the payload", payloads, opaque=True)
    yield from _buttons((*place, "buttons"), form.buttons)
    if form.list is not None:
        yield from _list((*place, "list"), form)
    if form.products is not None:
        titles = {name: channel.cards.button.title for name, channel in CHANNELS.items()}
        yield Part((*place, "products", "button"), form.products.button, "the button", titles)
    for index, card in enumerate(form.cards):
        here = (*place, "cards", index)
        yield Part((*here, "title"), card.title, "the title", _of_cards("title"))
        yield Part((*here, "subtitle"), card.subtitle or "", "the subtitle", _of_cards("subtitle"))
        yield from _buttons((*here, "buttons"), card.buttons)


def _buttons(place: Place, buttons: tuple[ButtonFile, ...]) -> Iterator[Part]:
    titles = {name: channel.buttons.title for name, channel in CHANNELS.items()}
    payloads = {name: channel.buttons.payload for name, channel in CHANNELS.items()}
    for index, button in enumerate(buttons):
        yield Part((*place, index, "title"), button.title, "the title", titles)
        yield Part((*place, index, "payload"), button.payload or "", "the payload", payloads, opaque=True)


def _list(place: Place, form: ContentFile) -> Iterator[Part]:
    rules = {name: channel.list for name, channel in CHANNELS.items() if channel.list is not None}
    sections = form.list.sections if form.list is not None else ()
    button = form.list.button if form.list is not None else ""
    yield Part((*place, "button"), button, "the button", {name: rule.button for name, rule in rules.items()})
    for at, section in enumerate(sections):
        here = (*place, "sections", at)
        headings = {name: rule.section_title for name, rule in rules.items()}
        yield Part((*here, "title"), section.title or "", "the heading", headings)
        for index, row in enumerate(section.rows):
            line: Place = (*here, "rows", index)
            titles = {name: rule.title for name, rule in rules.items()}
            payloads = {name: rule.payload for name, rule in rules.items()}
            descriptions = {name: rule.description for name, rule in rules.items()}
            yield Part((*line, "title"), row.title, "the title", titles)
            yield Part((*line, "payload"), row.payload, "the payload", payloads, opaque=True)
            yield Part((*line, "description"), row.description or "", "the description", descriptions)


def _of_cards(field: str) -> dict[str, int]:
    limits = {name: getattr(channel.cards, field) or channel.cards.body for name, channel in CHANNELS.items()}
    return {name: most for name, most in limits.items() if most}
