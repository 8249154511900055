"""From a template and values to a reply; what the channel makes of it is fitting's work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from flows.language import Locality, MissingValue, Program, RenderFailure
from flows.language.program import Value
from flows.templates.loading import ApprovedForm, Content, Form, Template
from flows.templates.model import BASE
from flows.templates.parts import room_of
from flows.templates.product_cards import product_cards
from middleware.domain.capabilities import Capabilities, Size
from middleware.domain.forms import Approved
from middleware.domain.forms import Form as ReplyForm
from middleware.domain.messages import Reply

LAST_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a reply, and where.

    `locales` are those to try, best first (`locale_chain`); `zone` is their IANA time zone and `now` when they read
    it; `key` decides which variant of a split they get, each time the same; outside the `window` only an approved
    template goes out.
    """

    locales: tuple[str, ...]
    channel: Capabilities
    zone: str | None = None
    now: datetime | None = None
    key: str = ""
    window_open: bool = True

    def locality(self, locale: str | None = None) -> Locality:
        """How they write numbers and times, in this locale or in their best one."""
        return Locality.of(locale or self.locales[0], self.zone, self.now)


def locale_chain(wanted: str | None, default: str) -> tuple[str, ...]:
    """The locales to try, best first: as wanted, its language alone, the brand's default, English."""
    names = (name.replace("-", "_") for name in (wanted, default, LAST_LOCALE) if name)
    return tuple(dict.fromkeys(tag for name in names for tag in (name, name.partition("_")[0])))


def render(template: Template, reader: Reader, values: Mapping[str, Value]) -> Reply:
    """The reply in the reader's best locale that the template has, as it is written for their channel and variant.

    Where a value is missing or unfit, the fallback text is said instead, and `fallback` is true: never a half-filled
    sentence. Never raises.
    """
    locale, form, region = _choose(template, reader.locales)
    locality = reader.locality(region)
    variant, content = _content(template, form, reader)
    shown = _form(content, values, locality)
    text = _said(content.program, values, locality, room_of(shown, reader.channel))
    reply = Reply(
        text=text or content.fallback,
        quick_replies=content.quick_replies,
        form=shown,
        template=template.name,
        version=template.version,
        locale=locale,
        variant=variant if template.weights else None,
        fallback=not text,
        split=template.split,
    )
    return reply if reader.window_open else _outside(reply, form, reader, values, locality)


def shortfall(template: Template, reader: Reader, values: Mapping[str, Value]) -> str | None:
    """Why `render` says the fallback text: the path of the value that is missing, or what else is in the way.

    None where it does not. Says nothing of what the values are.
    """
    _, form, region = _choose(template, reader.locales)
    _, content = _content(template, form, reader)
    locality = reader.locality(region)
    try:
        text = content.program.render(values, locality, room_of(_form(content, values, locality), reader.channel))
    except MissingValue as error:
        return error.path
    except RenderFailure as error:
        return str(error)
    return None if text.strip() else "the text is empty"


def variant_of(template: Template, key: str) -> str:
    """The variant that somebody gets: always the same for one key, by the weights over all keys."""
    total = sum(template.weights.values())
    if not total:
        return BASE
    digest = blake2b(f"{template.name}\0{key}".encode(errors="replace"), digest_size=8).digest()
    place = int.from_bytes(digest) % total
    for name, weight in template.weights.items():
        place -= weight
        if place < 0:
            return name
    return BASE


def _content(template: Template, form: Form, reader: Reader) -> tuple[str, Content]:
    """The variant and what it says on the reader's channel; where the locale lacks the variant, its own content."""
    variant = variant_of(template, reader.key)
    if (variant, None) not in form.contents:
        variant = BASE
    on_channel = form.contents.get((variant, reader.channel.name))
    return variant, on_channel if on_channel is not None else form.contents[variant, None]


def _form(content: Content, values: Mapping[str, Value], locality: Locality) -> ReplyForm | None:
    """What is shown beside the text: as it is written, or as values fill it."""
    if content.products is not None:
        return product_cards(values, content.products, locality)
    return content.form if content.approved is None else _filled(content.approved, values, locality)


def _outside(reply: Reply, form: Form, reader: Reader, values: Mapping[str, Value], locality: Locality) -> Reply:
    """The approved template for outside of the window, where there is one and the channel has such; else as it was."""
    if form.outside_window is None or reader.channel.approved is None:
        return reply
    filled = _filled(form.outside_window, values, locality)
    return reply if filled is None else reply.model_copy(update={"form": filled, "quick_replies": ()})


def _said(program: Program, values: Mapping[str, Value], locality: Locality, room: Size | None = None) -> str:
    """What a program says; nothing if it cannot."""
    try:
        return program.render(values, locality, room).strip()
    except RenderFailure:
        return ""


def _filled(approved: ApprovedForm, values: Mapping[str, Value], locality: Locality) -> Approved | None:
    """An approved template with its parameters, or none at all if one of them is missing."""
    body = tuple(_said(program, values, locality) for program in approved.body)
    return approved.plain.model_copy(update={"body": body}) if all(body) else None


def _choose(template: Template, chain: tuple[str, ...]) -> tuple[str, Form, str]:
    """The locale, its form, and the locale by which numbers and dates are written (the wanted region, if any)."""
    locale = next((name for name in chain if name in template.forms), next(iter(template.forms)))
    region = next((name for name in chain if name.startswith(locale + "_")), locale)
    return locale, template.forms[locale], region
