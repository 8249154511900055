"""Countries by their names, what a record tells of its country, and how much commoner values are at home."""

import pytest

from middleware.identity.matching.countries import country_of
from middleware.identity.matching.lands import commoner_at_home, land_of, settled


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("DE", "Germany", "Deutschland", "ALLEMAGNE", "Niemcy", "deu"), "de"),
        (("US", "USA", "U.S.A.", "United States", "Estados Unidos"), "us"),
        (("ES", "España", "ESPANA", "Spain"), "es"),
        (("RU", "Россия", "Russia"), "ru"),
        (("GB", "UK", "United Kingdom", "England"), "gb"),
    ],
)
def test_a_country_has_many_names(names: tuple[str, ...], code: str) -> None:
    """Codes and names in several languages are one country."""
    assert {country_of(name) for name in names} == {code}


@pytest.mark.parametrize(("text", "expected"), [("", ""), ("Atlantis", "atlantis"), ("QQ", "qq")])
def test_what_is_no_country_stays_as_it_is(text: str, expected: str) -> None:
    """Nothing is made of a name that nobody knows."""
    assert country_of(text) == expected


@pytest.mark.parametrize(
    ("country", "phone", "email", "expected"),
    [
        ("Polska", "+49 171 1234567", "a@b.fr", "pl"),
        ("", "+49 171 1234567", "a@b.fr", "de"),
        ("", "00351 912345678", "", "pt"),
        ("", "0171 1234567", "a@b.fr", "fr"),
        ("", "0171 1234567", "a@b.com", ""),
        ("", "", "a@b.io", ""),
        ("", "+", "nobody", ""),
    ],
)
def test_what_a_record_tells_of_its_country(country: str, phone: str, email: str, expected: str) -> None:
    """Its country, else its calling code, else the end of its domain; else nothing."""
    assert land_of(country, phone, email) == expected


def test_a_record_without_a_country_belongs_where_its_names_do() -> None:
    """Names and places that others of a country have tell it."""
    values = [("f|nowak", "c|lodz"), ("f|nowak",), ("f|smith",), ("f|nowak", "c|lodz"), ("f|brandnew",), ()]
    assert settled(["pl", "pl", "us", "", "", ""], values) == ["pl", "pl", "us", "pl", "", ""]


def test_a_name_of_one_country_is_commoner_there() -> None:
    """What one country has is by as much commoner there as the others are many; what all have is not."""
    lands = ["pl"] * 200 + ["us"] * 800
    values = [("nowak", "anna") if land == "pl" else ("anna",) for land in lands]
    found = commoner_at_home(lands, values)
    assert found["nowak"] == pytest.approx(1000 / 220)
    assert found["anna"] == pytest.approx(1.0, abs=0.05)
    assert commoner_at_home(["pl"] * 3, [("nowak",)] * 3) == {}
