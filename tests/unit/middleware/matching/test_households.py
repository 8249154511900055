"""What a household shares, and what a group of records says together."""

from collections import Counter
from dataclasses import replace

import pytest

from middleware.identity.matching.comparing import Levels
from middleware.identity.matching.evaluate import matched, pairs_within
from middleware.identity.matching.learning import learnt, shares
from middleware.identity.matching.levels import EMAIL, FIELDS, POSITIONS, Birth, Family, Given, Shared
from middleware.identity.matching.model import as_shared, of_person, shipped
from middleware.identity.matching.records import PersonRecord
from tests.unit.middleware.matching.customers import Customers

CROWD = tuple(Customers(70, seed=7).records)


def pattern(**levels: int) -> Levels:
    """Levels by the names of fields; the others are not known."""
    return tuple(levels.get(name, 0) for name in POSITIONS)


NAMESAKES = {"first_name": int(Given.SAME), "last_name": int(Family.SAME), "email": int(Shared.SAME)}


def test_a_shared_address_need_not_show_that_it_is_shared() -> None:
    """In a household the same address is as likely whether or not first names show it; slips happen to it, too."""
    person = (1.0, 0.6, 0.1, 0.05, 0.1, 0.15)
    row = as_shared((1.0, 0.01, 0.29, 0.0, 0.01, 0.69), person, EMAIL)
    assert row[Shared.SAME] == row[Shared.SHARED] == pytest.approx(0.3)
    assert row[Shared.SLIP] == pytest.approx(0.3 / 0.7 * 0.1)


def test_that_somebody_lives_in_a_household_is_counted_once() -> None:
    """Shared e-mail, phone and home are for one person's likelihood shared once, and then the same."""
    shared = int(Shared.SHARED)
    found = of_person(pattern(email=shared, phone=shared, street=shared))
    assert [found[POSITIONS[name]] for name in ("email", "phone", "street")] == [shared, Shared.SAME, Shared.SAME]
    assert of_person(pattern(email=shared)) == pattern(email=shared)


def test_how_many_namesakes_a_household_has_is_learnt_from_dates_of_birth() -> None:
    """Where fathers and sons are many, the same name and address say less for one person."""
    families = {(pattern(**{**NAMESAKES, "first_name": int(Given.DIFFERENT), "email": int(Shared.SHARED),
                            "birth_date": int(Birth.DIFFERENT)}), 0, 0): 400}  # fmt: skip
    fathers = {(pattern(**NAMESAKES, birth_date=int(Birth.GENERATION)), 0, 0): 20}
    same = {(pattern(**NAMESAKES, birth_date=int(Birth.SAME)), 0, 0): 400}
    few = learnt(2000, Counter(families | same), Counter())
    many = learnt(2000, Counter(families | same | fathers), Counter())
    assert few.namesakes < many.namesakes
    assert shares(many, pattern(**NAMESAKES))[0] < shares(few, pattern(**NAMESAKES))[0]


def test_shipped_rows_are_probabilities() -> None:
    """Of each field the levels of one person and of strangers sum to one."""
    for table in (shipped(1000).person, shipped(1000).stranger):
        for row, each in zip(table, FIELDS, strict=True):
            assert sum(row[1:]) == pytest.approx(1.0) or each.is_given


ANA = PersonRecord("Ana", "Peñarrubia", "ana.p@mail.es", "+34611222333", "Calle Sol 4", "León", "24001", "", "España")


def test_forms_with_two_fields_find_a_person_whose_other_records_they_do_not_meet() -> None:
    """Pairs with nothing in common are no doubts: a form belongs where its one address does."""
    records = [
        ANA,
        replace(ANA, email="", country="ES"),
        replace(ANA, email="", phone="", country="Spain"),
        PersonRecord("Ana", email="ana.p@mail.es"),
    ]
    found = set(pairs_within(matched((*records, *CROWD)).groups))
    assert {(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)} <= found


def test_a_father_and_a_son_never_merge_by_themselves_without_dates_of_birth() -> None:
    """One name, one home and one number, and another e-mail address: people decide."""
    son = replace(ANA, email="ana77@work.es")
    assert (0, 1) not in matched((ANA, son, *CROWD)).automatic
