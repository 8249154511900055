"""How two records are compared, difficulty by difficulty."""

import pytest

from middleware.identity.matching.comparing import birth_level, compared, family_level, given_level
from middleware.identity.matching.contacts import email_of, phone_of, same_number, same_subscriber
from middleware.identity.matching.folding import folded
from middleware.identity.matching.levels import POSITIONS, Birth, Family, Given, Order, Shared
from middleware.identity.matching.records import PersonRecord, birth_date_of, normalised
from middleware.identity.matching.statistics import oriented


def levels(one: PersonRecord, other: PersonRecord, *shared: str) -> dict[str, int]:
    """The levels of two records by the names of the fields; `shared` are values that several people have."""
    found = compared(normalised(one), normalised(other), lambda _, value: value in shared)
    return {name: found[position] for name, position in POSITIONS.items()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "Mueller"),
        ("Müller", "MULLER"),
        ("Groß", "Gross"),
        ("Łukasz", "Lukasz"),
        ("José", "JOSE"),
        ("Сергей", "Sergei"),
        ("Γιώργος", "Giorgos"),
        ("O\u2019Brien", "O'Brien"),
        ("Anna-Maria", "Anna  Maria"),
    ],
)
def test_spellings_of_one_name_fold_into_one(one: str, other: str) -> None:
    """Case, accents, umlauts, other alphabets and punctuation make no other name."""
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("William", "Bill"),
        ("Johannes", "Hans"),
        ("Guillaume", "Gui"),
        ("José", "Pepe"),
        ("Giuseppe", "Beppe"),
        ("Francisco", "Chico"),
        ("Cornelis", "Kees"),
        ("Małgorzata", "Gosia"),
        ("Екатерина", "Katya"),
        ("Fernando", "Nando"),
        ("Eduard", "Эдик"),
    ],
)
def test_nicknames_of_nine_languages(one: str, other: str) -> None:
    """A nickname is known as one, in each language."""
    assert given_level(folded(one), folded(other)) == Given.NICKNAME


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("anna maria", "annamaria", Given.SAME),
        ("anna maria", "maria", Given.PART),
        ("k", "klara", Given.INITIAL),
        ("matthias", "mathias", Given.NICKNAME),
        ("florentine", "floretnine", Given.SLIP),
        ("francesco", "francesca", Given.ALIKE),
        ("sarah", "zachary", Given.ALIKE),
        ("connor", "olivia", Given.DIFFERENT),
        ("", "olivia", Given.UNKNOWN),
    ],
)
def test_given_names(one: str, other: str, expected: Given) -> None:
    """Joined names are the same, second ones a part, slips are slips, and two known names are none."""
    assert given_level(one, other) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("garcia lopez", "garcia", Family.PART),
        ("kowalski", "kowalska", Family.SLIP),
        ("ivanov", "ivanova", Family.SLIP),
        ("shcherbakov", "scherbakov", Family.SLIP),
        ("schmidt", "schmitd", Family.SLIP),
        ("bakker", "visser", Family.DIFFERENT),
    ],
)
def test_surnames(one: str, other: str, expected: Family) -> None:
    """Double surnames, endings by gender and slips."""
    assert family_level(one, other) == expected


def test_swapped_names_are_seen_as_swapped() -> None:
    """Given name and surname in each other's field agree, and the swap is told."""
    found = levels(PersonRecord("Ana", "Peña"), PersonRecord("Peña", "Ana"))
    assert (found["first_name"], found["last_name"]) == (Given.SAME, Family.SAME)
    assert found["name_order"] == Order.SWAPPED


@pytest.mark.parametrize(
    "whole",
    [
        PersonRecord("Ana Peña"),
        PersonRecord(last_name="Peña, Ana"),
        PersonRecord("Anapeña"),
        PersonRecord("Dr. Ana Peña"),
    ],
)
def test_a_whole_name_in_one_field(whole: PersonRecord) -> None:
    """A whole name in one field, in whatever order, is that name."""
    found = levels(PersonRecord("Ana", "Peña"), whole)
    assert (found["first_name"], found["last_name"]) == (Given.SAME, Family.SAME)


def test_a_surname_alone_keeps_its_particles() -> None:
    """A surname of several words in its own field is no whole name."""
    found = normalised(PersonRecord(last_name="van den Berg"))
    assert (found.given, found.family) == ("", "berg")


def test_a_second_given_name_is_no_surname() -> None:
    """Two given names in one field are what they are by how names stand in the other records."""
    others = [PersonRecord(first, "Gil") for first in ("Teresa", "María Teresa", "Teresa", "Ana Teresa", "Teresa")]
    found = oriented([normalised(each) for each in (PersonRecord("María Teresa"), *others)])[0]
    assert (found.given, found.family) == ("maria teresa", "")


def test_junior_and_senior_are_two() -> None:
    """An addition to the name is compared by itself, and is no part of the surname."""
    found = levels(PersonRecord("Juan", "Gil Jr."), PersonRecord("Juan", "Gil Sr."))
    assert (found["last_name"], found["generation"]) == (Family.SAME, 3)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Ana@Shop.es", "ana@shop.ES", Shared.SAME),
        ("ana.pena+shop@gmail.com", "anapena@googlemail.com", Shared.VARIANT),
        ("ana.pena@shop.es", "anapena@shop.es", Shared.SLIP),
        ("blumenkind@web.de", "blumenkind@gmx.de", Shared.SLIP),
        ("blumenkind@web.de", "blumenknid@web.de", Shared.SLIP),
        ("info@glow.es", "info@glow.es", Shared.SHARED),
        ("family@home.es", "family@home.es", Shared.SHARED),
        ("ana@shop.es", "eva@shop.es", Shared.DIFFERENT),
        ("nobody", "eva@shop.es", Shared.UNKNOWN),
    ],
)
def test_email_addresses(one: str, other: str, expected: Shared) -> None:
    """Tags and dots of one mailbox are a level of their own; what is read by a desk is shared."""
    assert levels(PersonRecord(email=one), PersonRecord(email=other))["email"] == expected


def test_a_name_at_two_providers_is_no_slip() -> None:
    """Two people of one name have it as their address at two providers: that says no more than the name."""
    one, other = PersonRecord("Eva", "Gil", "eva.gil@web.de"), PersonRecord("Eva", "Gil", "eva.gil@gmx.de")
    assert levels(one, other)["email"] == Shared.DIFFERENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8 963 536-21-29", "+7 963 5362129"),
        ("+34 600 111 222", "600111222"),
        ("0049 (0)171 1234567", "0171/1234567"),
        ("+49 171 1234567", "0171 1234567"),
    ],
)
def test_one_number_in_two_spellings(one: str, other: str) -> None:
    """With or without the calling code it is one number."""
    assert same_number(phone_of(one) or "", phone_of(other) or "")


@pytest.mark.parametrize(
    ("one", "other"),
    [("+5511912345678", "+551112345678"), ("+5215512345678", "+525512345678"), ("+5491123456789", "+541123456789")],
)
def test_digits_that_countries_put_in(one: str, other: str) -> None:
    """Brazil's ninth digit, Mexico's 1 and Argentina's 9 are variants, not the same number and not another one."""
    assert levels(PersonRecord(phone=one), PersonRecord(phone=other))["phone"] == Shared.VARIANT
    assert not same_number(phone_of(one) or "", phone_of(other) or "")
    assert same_subscriber(phone_of(one) or "", phone_of(other) or "")


def test_a_shared_number_is_a_level_of_its_own() -> None:
    """A number that several people have is not as good as one's own."""
    one, other = PersonRecord(phone="+34600111222"), PersonRecord(phone="600 111 222")
    assert levels(one, other, "00111222")["phone"] == Shared.SHARED


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1980-02-03", "03.02.1980", Birth.SAME),
        ("1980-02-03", "1980-03-02", Birth.SLIP),
        ("19800203", "1980-02-08", Birth.SLIP),
        ("1980-02-03", "1951-07-12", Birth.GENERATION),
        ("1980-02-03", "1984-07-12", Birth.DIFFERENT),
        ("", "1984-07-12", Birth.UNKNOWN),
        ("in May", "1984-07-12", Birth.UNKNOWN),
    ],
)
def test_dates_of_birth(one: str, other: str, expected: Birth) -> None:
    """Any order of day, month and year; slips; and a generation apart."""
    assert birth_level(birth_date_of(one), birth_date_of(other)) == expected


@pytest.mark.parametrize("text", ["", "@", "a@", "@b", " ", "a b@c.de"])
def test_what_is_no_address(text: str) -> None:
    """Nothing is made of what is no e-mail address."""
    assert email_of(text) is None


def test_streets_in_two_spellings() -> None:
    """Words like street, and where the number stands, make no other address."""
    one, other = PersonRecord(street="Hauptstraße 5"), PersonRecord(street="5, Hauptstr.")
    assert levels(one, other)["street"] == Shared.SAME
