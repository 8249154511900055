"""A template file as a form shows it, spot by spot, and what a form that comes back changes in it.

A spot is one message of the file: of a locale, a variant of it, or what one channel gets instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, get_args

from flows.files import Document, Place
from flows.templates.model import BASE, ChannelName
from flows.templates.rewriting import Written

ON_THE_FORM = ("text", "fallback", "quick_replies", "buttons", "channels", "variants")
ACTS = ("payload", "url", "phone")
"""What a button can do."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One message of a file. `channel` is empty for all channels."""

    locale: str
    variant: str = BASE
    channel: str = ""

    @property
    def place(self) -> Place:
        """Where it stands."""
        of_variant = ("variants", self.variant) if self.variant != BASE else ()
        of_channel = ("channels", self.channel) if self.channel else ()
        return ("locales", self.locale, *of_variant, *of_channel)


@dataclass(frozen=True, slots=True)
class Choice:
    """A quick reply or a button: its title, what it does, and with what."""

    title: str
    act: str
    value: str

    def written(self) -> dict[str, str]:
        """As it stands in a file."""
        return {"title": self.title, self.act: self.value}


@dataclass(frozen=True, slots=True)
class Fields:
    """What one spot says. `beyond` are the parts of it that a form does not show."""

    text: str = ""
    fallback: str = ""
    quick_replies: tuple[Choice, ...] = ()
    buttons: tuple[Choice, ...] = ()
    beyond: tuple[str, ...] = field(default=(), compare=False)

    def marks(self) -> dict[str, str]:
        """A mark of each field, by which one that was changed is known from one that was not."""
        return {name: _mark(repr(getattr(self, name))) for name in ("text", "fallback", "quick_replies", "buttons")}


@dataclass(frozen=True, slots=True)
class Outline:
    """Which spots a file has. `weights` are those of its variants, as they are written."""

    locales: tuple[str, ...]
    variants: Mapping[str, tuple[str, ...]]
    channels: Mapping[tuple[str, str], tuple[str, ...]]
    weights: Mapping[str, int]


def outline(data: Any) -> Outline:  # noqa: ANN401 - a draft may say anything
    """The spots of a file, whatever else is wrong in it."""
    locales = {name: form for name, form in _group(data, "locales").items() if isinstance(form, dict)}
    variants = {name: (BASE, *_group(form, "variants")) for name, form in locales.items()}
    channels = {
        (name, variant): tuple(
            each for each in _group(_inside(form, variant), "channels") if each in get_args(ChannelName)
        )
        for name, form in locales.items()
        for variant in variants[name]
    }
    weights = {name: each for name, each in _group(data, "variants").items() if type(each) is int}
    return Outline(tuple(locales), variants, channels, weights)


def fields_at(data: Any, spot: Spot) -> Fields | None:  # noqa: ANN401 - the same
    """What a form shows of a spot; None if it is not there."""
    inside = data
    for key in spot.place:
        inside = inside.get(key) if isinstance(inside, dict) else None
    if not isinstance(inside, dict):
        return None
    quick, buttons = _choices(inside.get("quick_replies")), _choices(inside.get("buttons"))
    beyond = [name for name in inside if name not in ON_THE_FORM]
    beyond += [name for name in ("text", "fallback") if name in inside and not _is_typed(inside[name])]
    beyond += [name for name, read in (("quick_replies", quick), ("buttons", buttons)) if read is None]
    return Fields(
        text=_typed(inside.get("text")),
        fallback=_typed(inside.get("fallback")),
        quick_replies=quick or (),
        buttons=buttons or (),
        beyond=tuple(beyond),
    )


def changes(spot: Spot, marks: Mapping[str, str], wanted: Fields) -> dict[Place, Written]:
    """What a form that comes back changes: the fields whose `marks` are not those with which it was given out."""
    now, found = wanted.marks(), dict[Place, Written]()
    for name in ("text", "fallback"):
        if marks.get(name) != now[name]:
            found[*spot.place, name] = getattr(wanted, name) or ("" if name == "text" else None)
    for name in ("quick_replies", "buttons"):
        if marks.get(name) != now[name]:
            found[*spot.place, name] = [choice.written() for choice in getattr(wanted, name)] or None
    return found


def located(document: Document, line: int) -> tuple[Spot | None, str, Place]:
    """In which spot and field (`text`, `fallback`, ...) a line of the file lies, and the place of the field; no spot
    where it lies in none.
    """
    before = (place for place in document.lines if document.lines[place] <= line)
    place = max(before, key=lambda each: (document.lines[each], len(each)), default=())
    words = [str(each) for each in place]
    if len(words) < 2 or words[0] != "locales":  # noqa: PLR2004 - `locales` and one of them
        return None, "", ()
    spot = Spot(words[1])
    rest = words[2:]
    if rest[:1] == ["variants"] and len(rest) > 1:
        spot, rest = replace(spot, variant=rest[1]), rest[2:]
    if rest[:1] == ["channels"] and len(rest) > 1:
        spot, rest = replace(spot, channel=rest[1]), rest[2:]
    name = rest[0] if rest else ""
    return spot, name, (*spot.place, name) if name else spot.place


def _inside(form: Any, variant: str) -> Any:  # noqa: ANN401 - the same
    return form if variant == BASE else _group(form, "variants").get(variant)


def _group(data: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - the same
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _is_typed(value: object) -> bool:
    """Whether a text can be typed into a field of a page and comes back as it was."""
    return isinstance(value, str) and all(each == "\n" or each >= " " for each in value)


def _typed(value: object) -> str:
    return value.rstrip("\n") if isinstance(value, str) and _is_typed(value) else ""


def _choices(value: object) -> tuple[Choice, ...] | None:
    """Quick replies or buttons; None where they are written otherwise than a form can show."""
    if value is None:
        return ()
    read = list(_each(value)) if isinstance(value, list) else [None]
    return tuple(each for each in read if each is not None) if None not in read else None


def _each(value: list[Any]) -> Iterator[Choice | None]:
    for each in value:
        known = isinstance(each, dict) and len(each) == 2 and "title" in each  # noqa: PLR2004 - a title and what it does
        act = next((name for name in ACTS if known and name in each), None)
        if act is None or not all(isinstance(text, str) and text.isprintable() for text in each.values()):
            yield None
        else:
            yield Choice(each["title"], act, each[act])


def _mark(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()
