"""What a tool writes down of somebody: the fields that it asks for, its way of writing, and what goes wrong."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from middleware.identity.matching.records import PersonRecord
from tests.unit.middleware.matching.lands import Land

_T = TypeVar("_T")
_SLIPS = 0.09
_SWAPPED = 0.03
_INITIAL = 0.015
_PLAIN = 0.12
_CAPITALS = 0.04
_WRONG_DATE = 0.03
_OLD_HOME = 0.25
_OTHER_CONTACT = 0.1


@dataclass(frozen=True)
class Home:
    """Where somebody lives or lived."""

    street: str
    city: str
    postcode: str
    state: str


@dataclass(frozen=True)
class Someone:
    """One person, in full."""

    land: Land
    names: tuple[str, ...]
    """The formal name first, then what else the person goes by."""
    family: str
    is_woman: bool
    born: int
    birth_date: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    homes: tuple[Home, ...]
    generation: str = ""

    @property
    def surname(self) -> str:
        """As this person writes it: women's end differently in Polish and Russian."""
        endings = {"PL": (("ski", "ska"), ("cki", "cka")), "RU": (("ский", "ская"), ("в", "ва"), ("ин", "ина"))}
        if self.is_woman:
            for man, woman in endings.get(self.land.codes[0], ()):
                if self.family.endswith(man):
                    return self.family.removesuffix(man) + woman
        return self.family


@dataclass(frozen=True)
class Tool:
    """What a tool knows of whom."""

    name: str
    knows: float
    """Of all people, how many are in it; and how many of these twice."""
    twice: float
    asks: Mapping[str, float]
    """How often it has a field; what is not named here it always lacks."""
    country: int = 0
    """Which of a country's names it writes."""
    joins: float = 0.0
    """How often the whole name stands in its first field for one."""
    nickname: float = 0.06
    national: float = 0.15
    """How often a number stands as it is dialled at home."""
    date: str = "{0}-{1}-{2}"
    latin: float = 0.2
    """How often what is written in Cyrillic is written in Latin letters."""
    forms: tuple[tuple[str, ...], ...] = field(default=())
    """A lead form has just these fields."""


TOOLS = (
    Tool("shop", 0.62, 0.10, {
        "first_name": 1.0, "last_name": 1.0, "email": 0.97, "phone": 0.65, "street": 0.95, "city": 0.97,
        "postcode": 0.95, "state": 0.7, "country": 1.0, "birth_date": 0.1,
    }),
    Tool("crm", 0.5, 0.06, {
        "first_name": 0.97, "last_name": 0.99, "email": 0.8, "phone": 0.7, "street": 0.6, "city": 0.75,
        "postcode": 0.6, "country": 0.8, "birth_date": 0.45,
    }, country=2, date="{2}.{1}.{0}"),
    Tool("desk", 0.35, 0.05, {
        "first_name": 0.97, "last_name": 0.9, "email": 0.85, "phone": 0.5, "city": 0.15, "country": 0.3,
    }, country=1, joins=0.06, nickname=0.1, national=0.3),
    Tool("mail", 0.4, 0.04, {"first_name": 0.9, "last_name": 0.6, "email": 1.0, "country": 0.3}, nickname=0.1),
    Tool("loyalty", 0.3, 0.02, {
        "first_name": 1.0, "last_name": 1.0, "phone": 0.7, "email": 0.5, "postcode": 0.85, "city": 0.6,
        "street": 0.35, "birth_date": 0.92,
    }, national=0.4, latin=0.2),
    Tool("leads", 0.18, 0.05, {
        "first_name": 1.0, "last_name": 1.0, "email": 1.0, "phone": 1.0, "city": 1.0, "postcode": 1.0,
    }, nickname=0.2, forms=(
        ("first_name", "email"), ("first_name", "email"), ("first_name", "email"), ("first_name", "phone"),
        ("last_name", "email"), ("last_name", "phone"), ("email", "phone"),
    )),
)  # fmt: skip

_BARE = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "æ": "ae"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya".split(" "),  # noqa: SIM905 - letter by letter
        strict=True,
    )
)


def in_latin(text: str) -> str:
    """A text in Latin letters, with their accents."""
    found = "".join(_CYRILLIC.get(each.lower(), each.lower()) if _is_cyrillic(each) else each for each in text)
    return found.title() if found != text else text


def _is_cyrillic(letter: str) -> bool:
    return "\u0400" <= letter <= "\u04ff"


def plain(text: str) -> str:
    """A text in small letters of the alphabet, as addresses are."""
    bare = unicodedata.normalize("NFKD", in_latin(text).translate(_BARE))
    return "".join(each for each in bare if not unicodedata.combining(each)).lower()


def _unaccented(random: Random, text: str) -> str:
    text = text.translate(_UMLAUTS) if random.random() < 0.5 else text
    bare = unicodedata.normalize("NFKD", text.translate(_BARE))
    return "".join(each for each in bare if not unicodedata.combining(each))


def slip(random: Random, text: str) -> str:
    """One letter lost, doubled, mistaken, or two that changed places."""
    if len(text) < 4:
        return text
    at = random.randrange(1, len(text) - 1)
    wrong = random.choice("0123456789" if text[at].isdigit() else "aeinrstlo")
    return random.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + wrong + text[at + 1 :],
        )
    )


def entry(random: Random, tool: Tool, one: Someone) -> PersonRecord:
    """One record of a tool."""
    home = _mostly_first(random, one.homes, _OLD_HOME)
    record = PersonRecord(
        first_name=_given(random, tool, one),
        last_name=one.surname,
        email=_mostly_first(random, one.emails, _OTHER_CONTACT),
        phone=_dialled(random, tool, one),
        street=home.street,
        city=home.city,
        postcode=home.postcode,
        state=home.state,
        country=one.land.codes[tool.country],
        birth_date=_date(random, tool, one),
        source=tool.name,
    )
    return _as_kept(random, tool, _miswritten(random, tool, _as_written(random, tool, record, one)))


def _mostly_first(random: Random, values: tuple[_T, ...], others: float) -> _T:
    return random.choice(values[1:]) if len(values) > 1 and random.random() < others else values[0]


def _given(random: Random, tool: Tool, one: Someone) -> str:
    if len(one.names) > 1 and random.random() < tool.nickname:
        return random.choice(one.names[1:])
    return f"{one.names[0][0]}." if random.random() < _INITIAL else one.names[0]


def _dialled(random: Random, tool: Tool, one: Someone) -> str:
    number = _mostly_first(random, one.phones, _OTHER_CONTACT)
    if random.random() < tool.national:
        rest = number.removeprefix(f"+{one.land.calling}")
        return one.land.trunk + random.choice((rest, f"{rest[:3]} {rest[3:]}", f"{rest[:3]}-{rest[3:6]}-{rest[6:]}"))
    return random.choice((number, number, f"00{number[1:]}", f"{number[:3]} {number[3:6]} {number[6:]}"))


def _date(random: Random, tool: Tool, one: Someone) -> str:
    year, month, day = one.birth_date.split("-")
    if random.random() < _WRONG_DATE:
        year, month, day = random.choice(
            ((year, day, month), (year, month, f"{random.randint(1, 28):02}"), (slip(random, year), month, day))
        )
    return tool.date.format(year, month, day)


def _as_written(random: Random, tool: Tool, record: PersonRecord, one: Someone) -> PersonRecord:
    """Alphabet, accents, capitals, and an addition to the name where two are of one."""
    names = ("first_name", "last_name", "street", "city", "state", "country")
    texts = {name: getattr(record, name) for name in names}
    if one.land.codes[0] == "RU" and random.random() < tool.latin:
        texts = {name: in_latin(text) for name, text in texts.items()}
    if random.random() < _PLAIN:
        texts = {name: _unaccented(random, text) for name, text in texts.items()}
    if random.random() < _CAPITALS:
        texts = {name: text.upper() for name, text in texts.items()}
    if one.generation and random.random() < 0.3:
        texts["last_name"] += f" {one.generation.title()}."
    return replace(record, **texts)


def _miswritten(random: Random, tool: Tool, record: PersonRecord) -> PersonRecord:
    """A slip in a field, names in each other's field, or both in one."""
    if random.random() < _SLIPS:
        wrong = random.choice(("first_name", "last_name", "last_name", "email", "phone", "street", "city", "postcode"))
        record = replace(record, **{wrong: slip(random, getattr(record, wrong))})
    if random.random() < _SWAPPED:
        record = replace(record, first_name=record.last_name, last_name=record.first_name)
    if random.random() < tool.joins + 0.01:
        parts = (record.first_name, record.last_name)
        whole = " ".join(parts) if random.random() < 0.85 else f"{parts[1]}, {parts[0]}"
        record = replace(record, first_name=whole, last_name="")
    return record


def _as_kept(random: Random, tool: Tool, record: PersonRecord) -> PersonRecord:
    """Only what the tool asked for and got."""
    asked = random.choice(tool.forms) if tool.forms else tuple(tool.asks)
    kept = {name: getattr(record, name) for name in asked if random.random() < tool.asks[name]}
    return PersonRecord(source=tool.name, **kept)
