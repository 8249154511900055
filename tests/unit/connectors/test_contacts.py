"""Phone numbers and e-mail addresses as identifiers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contacts import email_identifier, phone_identifier
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.identity.matching.blocking import keys_of
from middleware.identity.matching.contacts import same_subscriber
from middleware.identity.matching.records import PersonRecord, normalised

COUNTRIES = st.sampled_from([None, "", "DE", "us", "XX", "Deutschland", "\ud800"])


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+33612345678", None, "+33612345678"),
        ("+33 (0)6 12 34 56 78", "FR", "+33612345678"),
        ("+49 151 23456789", "US", "+4915123456789"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("0151 23456789", "de", "+4915123456789"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("0049 151 23456789", "DE", "+4915123456789"),
        ("06 12 34 56 78", " FR ", "+33612345678"),
        pytest.param("＋４９１５１２３４５６７８９", None, "+4915123456789", id="full-width"),  # noqa: RUF001
        pytest.param("٠٥٠١٢٣٤٥٦٧", "SA", "+966501234567", id="arabic-indic digits"),
        ("0052 1 55 1234 5678", "MX", "+5215512345678"),
        ("5215512345678", "MX", "+5215512345678"),
    ],
)
def test_numbers_in_any_spelling_become_e164(text: str, country: str | None, number: str) -> None:
    """One number has one identifier, however it is written."""
    assert phone_identifier(text, country) == Identifier(IdentifierKind.PHONE, "", number)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "DE"),
        ("none", "DE"),
        ("0151 23456789", None),
        ("0151 23456789", "XX"),
        ("+49 30", None),
        ("+999 12345678", None),
        ("12345", "DE"),
        ("555-0100", "US"),
        ("+1 212 555 0100 ext. 12", "US"),
        ("1" * 100_000, "US"),
        ("\ud800", "US"),
        ("1 55 1234 5678", "MX"),
        ("01 55 1234 5678", "MX"),
        ("+52 01 55 1234 5678", None),
        ("+52 1 55 1234 56789", None),
        ("+52 1 00 1234 5678", None),
    ],
)
def test_what_is_no_persons_number_gives_none(text: str, country: str | None) -> None:
    """Text, fragments, unknown countries and extensions identify nobody, and raise nothing."""
    assert phone_identifier(text, country) is None


def test_a_national_number_must_exist_in_the_country_it_is_read_with() -> None:
    """A guessed country has to fit: a possible length alone could make another person's number of it."""
    assert phone_identifier("0999 123456", "DE") is None
    assert phone_identifier("+49 999 123456", "DE") is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+52 1 55 1234 5678", "+52 55 1234 5678"),
        ("+54 9 11 2345 6789", "+54 11 2345 6789"),
        ("+55 11 98765 4321", "+55 11 8765 4321"),
    ],
    ids=["Mexico", "Argentina", "Brazil"],
)
def test_two_spellings_of_a_subscriber_stay_two_numbers(one: str, other: str) -> None:
    """Each is taken as it is written, rewritten into neither; who compares them sees that they are one subscriber."""
    first, second = phone_identifier(one, None), phone_identifier(other, None)
    assert first is not None
    assert second is not None
    assert first.value == one.replace(" ", "")
    assert second.value == other.replace(" ", "")
    person, same = (normalised(PersonRecord(phone=each.value)) for each in (first, second))
    assert same_subscriber(person.phone, same.phone)
    assert not set(keys_of(person)).isdisjoint(keys_of(same))


@given(st.text(), COUNTRIES)
def test_no_text_makes_the_phone_reader_raise(text: str, country: str | None) -> None:
    """Any text gives an E.164 number or None."""
    found = phone_identifier(text, country)
    assert found is None or (found.value[0] == "+" and found.value[1:].isascii() and found.value[1:].isdecimal())


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana@example.com", "ana@example.com"),
        (" Ana.Ruiz@Example.COM\n", "ana.ruiz@example.com"),
        ("ana+shop@example.com", "ana+shop@example.com"),
        ("a.na@gmail.com", "a.na@gmail.com"),
        ("ana@BÜCHER.example", "ana@bücher.example"),
        ("ana@xn--bcher-kva.example", "ana@bücher.example"),
        pytest.param("ana@ｅxample.com", "ana@example.com", id="full-width domain"),  # noqa: RUF001
        ("mu\u0308ller@example.com", "m\u00fcller@example.com"),
    ],
)
def test_addresses_are_normalised_and_lower_case(text: str, address: str) -> None:
    """Case and Unicode form do not matter; tags and dots do."""
    assert email_identifier(text) == Identifier(IdentifierKind.EMAIL, "", address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example",
        "ana@localhost",
        "ana@example..com",
        "a@b@example.com",
        "a b@example.com",
        "Ana <ana@example.com>",
        "ana@[127.0.0.1]",
        "a\ud800@example.com",
        "a" * 250 + "@example.com",
        "a" * 1_000_000 + "@example.com",
    ],
)
def test_what_is_no_address_gives_none(text: str) -> None:
    """Whatever mail could not be delivered to identifies nobody, and raises nothing."""
    assert email_identifier(text) is None


@pytest.mark.parametrize(
    "look_alike",
    [
        pytest.param("аna@example.com", id="cyrillic a"),  # noqa: RUF001
        pytest.param("ana@exаmple.com", id="cyrillic a in the domain"),  # noqa: RUF001
        pytest.param("ａna@example.com", id="full-width a"),  # noqa: RUF001
        pytest.param("ánа@example.com", id="accent"),  # noqa: RUF001
    ],
)
def test_look_alike_addresses_stay_different(look_alike: str) -> None:
    """A letter that only looks the same never makes two mailboxes one."""
    assert email_identifier(look_alike) != email_identifier("ana@example.com")


def test_a_letter_that_normalises_to_ascii_names_no_mailbox() -> None:
    """The Kelvin sign becomes a plain K when normalised: the address must not be taken for the plain one."""
    assert email_identifier("\u212aelly@example.com") is None
    assert email_identifier("Kelly@example.com") is not None


@given(st.text() | st.emails())
def test_normalising_an_address_twice_changes_nothing(text: str) -> None:
    """No text raises, and what comes out is its own normal form."""
    found = email_identifier(text)
    assert found is None or email_identifier(found.value) == found
