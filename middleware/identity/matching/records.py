"""A record of a person as a source gives it, and the form in which records are compared."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from middleware.identity.matching.contacts import Email, email_of, phone_of, tail_of
from middleware.identity.matching.countries import country_of
from middleware.identity.matching.folding import folded, sound
from middleware.identity.matching.lands import land_of
from middleware.identity.matching.nicknames import formal_names

_TITLES = frozenset(
    "mr mrs ms miss dr prof herr frau hr fr mme mlle m sr sra srta dna pan pani dhr mevr sig sigra".split()  # noqa: SIM905 - words, not a list to edit
)
_GENERATIONS = {
    "jr": "junior", "jun": "junior", "junior": "junior", "hijo": "junior", "filho": "junior", "fils": "junior",
    "ii": "junior", "jnr": "junior", "mladshii": "junior", "neto": "grandson", "iii": "grandson",
    "sr": "senior", "sen": "senior", "senior": "senior", "pere": "senior", "snr": "senior", "starshii": "senior",
}  # fmt: skip
_NEVER_LAST_WORD = 2
"""A name of fewer words keeps them all: `Neto` and `Junior` are surnames, too."""
_PARTICLES = frozenset(
    "de del de la las los da das do dos di du des der den van von vom zu zur ten ter te y e i el".split()  # noqa: SIM905 - words, not a list to edit
)
_STREET_WORDS = re.compile(
    r"(strase|strasse|straat|str|weg|gase|gasse|plaz|platz|alle|allee)$|"
    r"^(strase|strasse|str|straat|street|st|road|rd|avenue|ave|av|avenida|avda|calle|cl|c|rue|r|via|viale|ulica|ul|ulitsa|rua"
    r"|drive|dr|lane|ln|court|ct|crescent|cres|place|pl|close|way|blvd|boulevard|bd|circuit|parade|terrace|no|nr|n)$"
)
_NO_LETTER = re.compile(r"[\W\d_]+")
_DATE_PARTS = re.compile(r"\d+")
_DATE_DIGITS = 8


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """What one source knows of one person: any part of it."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    state: str = ""
    country: str = ""
    birth_date: str = ""
    personal_id: str = ""
    """A number that a person has one of: of a tax office, an insurance, a loyalty card."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A record in the form in which it is compared. Every text is folded; what is not known is empty."""

    given: str
    family: str
    generation: str
    """Junior, senior, grandson, if the name says so."""
    email: Email | None
    phone: str
    street: str
    house: str
    city: str
    postcode: str
    state: str
    country: str
    birth_date: str
    """Eight digits, year first, as far as they could be read; they need not be a date that exists."""
    personal_id: str
    source: str
    is_swapped: bool = False
    """Whether given name and surname stood in each other's field."""
    is_guessed: bool = False
    """Whether the given name was read out of the e-mail address: it may be that of somebody else in the family."""
    is_parted: bool = False
    """Whether one field had the whole name."""
    land: str = ""
    """The country that the record shows, be it only by its phone number or e-mail address."""


def normalised(record: PersonRecord) -> Person:
    """The form in which a record is compared."""
    given, family, generation = _name_of(record.first_name, record.last_name)
    street, house = street_of(record.street)
    email = email_of(record.email) if record.email else None
    guessed = _given_in(email, family) if family and not given and email is not None else ""
    return Person(
        given=given or guessed,
        family=family,
        generation=generation,
        email=email,
        phone=(phone_of(record.phone) or "") if record.phone else "",
        street=street,
        house=house,
        city=folded(record.city),
        postcode=folded(record.postcode).replace(" ", ""),
        state=folded(record.state),
        country=country_of(record.country),
        birth_date=birth_date_of(record.birth_date),
        personal_id=folded(record.personal_id).replace(" ", ""),
        source=record.source,
        is_guessed=bool(guessed),
        is_parted=bool(given and family) and not (record.first_name.strip() and record.last_name.strip()),
        land=land_of(record.country, record.phone, record.email),
    )


def _name_of(first: str, last: str) -> tuple[str, str, str]:
    """Given names, surname and generation. A whole name in one field is taken apart, by its comma if it has one."""
    if not first.strip() or not last.strip():
        first, last = _taken_apart(first.strip() or last.strip(), is_surname=not first.strip())
    given = [word for word in folded(first).split() if word not in _TITLES]
    family = folded(last).split()
    words = len(given) + len(family)
    generation = ""
    for names in (given, family):
        if names and words > _NEVER_LAST_WORD and names[-1] in _GENERATIONS:
            generation = _GENERATIONS[names.pop()]
    return " ".join(given), " ".join(_without_particles(family)), generation


def _given_in(email: Email, family: str) -> str:
    """The given name in an address that is made of a name and this surname; empty if it is not."""
    parts = [folded(part) for part in _NO_LETTER.split(email.local)]
    surname = family.replace(" ", "")
    others = [part for part in parts if part and part != surname]
    return others[0] if surname in parts and len(others) == 1 else ""


def _taken_apart(whole: str, *, is_surname: bool) -> tuple[str, str]:
    before, comma, after = whole.partition(",")
    if comma and after.strip():
        return after, before
    words = [word for word in whole.split() if folded(word) not in _TITLES] or whole.split()
    cut = len(words) - 1
    while cut > 0 and folded(words[cut - 1]) in _PARTICLES:
        cut -= 1
    if cut > 0:
        return " ".join(words[:cut]), " ".join(words[cut:])
    return ("", whole) if is_surname or len(words) > 1 else (whole, "")


def _without_particles(names: list[str]) -> list[str]:
    return [name for name in names if name not in _PARTICLES] or names


def street_of(text: str) -> tuple[str, str]:
    """The name of a street without words like `street`, and the house number: the first that stands in it."""
    words = folded(text).split()
    numbers = [word for word in words if word[0].isdigit()]
    names = [_STREET_WORDS.sub("", word) for word in words if not word[0].isdigit() and len(word) > 1]
    return " ".join(name for name in names if name), numbers[0] if numbers else ""


def birth_date_of(text: str) -> str:
    """Eight digits, year first; empty if the text is no date in numbers."""
    parts: list[str] = _DATE_PARTS.findall(text.partition("T")[0])
    if len(parts) == 1 and len(parts[0]) == _DATE_DIGITS:
        return parts[0]
    if len(parts) < 3:  # noqa: PLR2004 - day, month, year
        return ""
    first, second, third = parts[:3]
    year, month, day = (first, second, third) if len(first) > 2 else (third, second, first)  # noqa: PLR2004 - 4 digits
    if int(month) > 12 >= int(day):  # noqa: PLR2004 - months of a year
        month, day = day, month
    if len(year) <= 2:  # noqa: PLR2004 - a year without its century
        year = str(int(year) + (1900 if int(year) > 26 else 2000))  # noqa: PLR2004 - nobody is older than a hundred
    return f"{int(year):04}{int(month):02}{int(day):02}"


def root_of(name: str) -> str:
    """How the first of given names sounds in its formal form: what nicknames share."""
    first = name.partition(" ")[0]
    formal = formal_names(first)
    return sound(min(formal) if formal else first)


def name_parts(person: Person) -> Iterable[str]:
    """How each part of a name sounds, whichever field it stands in."""
    found = [root_of(word) for word in person.given.split()[:2]]
    found += [root_of(word) for word in person.family.split()[:2]]
    return dict.fromkeys(part for part in found if part)


def phone_tail(person: Person) -> str:
    """The part of the phone number that all its spellings share."""
    return tail_of(person.phone) if person.phone else ""


def addresses_of(person: Person) -> tuple[str, ...]:
    """Street and house with the postcode, and with the city: where somebody lives."""
    if not person.street or not person.house:
        return ()
    return tuple(f"{person.street}|{person.house}|{place}" for place in (person.postcode, person.city) if place)
