"""Who is taken for one person, among a few hundred others: each difficulty by hand."""

from dataclasses import replace

import pytest

from middleware.identity.matching.evaluate import Matched, matched, pairs_within
from middleware.identity.matching.records import PersonRecord
from middleware.identity.matching.scoring import Score, Scorer
from tests.unit.middleware.matching.customers import Customers

CROWD = tuple(Customers(70, seed=7).records)

ANA = PersonRecord(
    "Ana",
    "Peñarrubia",
    "ana.penarrubia@mail.es",
    "+34611222333",
    "Calle Sol 4",
    "León",
    "24001",
    "",
    "ES",
    "1980-05-06",
)


def among_others(*records: PersonRecord) -> Matched:
    """The records, first, matched together with a crowd of made-up ones."""
    return matched((*records, *CROWD))


def are_one(*records: PersonRecord) -> bool:
    """Whether the records come into one group."""
    return (0, 1) in set(pairs_within(among_others(*records).groups))


def score(found: Matched) -> Score:
    """The score of the first two, with its reasons."""
    return Scorer(found.model, found.statistics).score(found.people[0], found.people[1])


@pytest.mark.parametrize(
    "other",
    [
        PersonRecord("ANA", "PENARRUBIA", "ANA.PENARRUBIA@mail.es"),
        PersonRecord("Peñarrubia", "Ana", phone="611 222 333"),
        PersonRecord("Ana Penarrubia", birth_date="06.05.1980"),
        PersonRecord("Anita", "Peñarubia", "anita77@mail.es", "+34 611 222 333"),
        replace(ANA, email="ana.p@work.es", phone="+34655000111", street="Gran Vía 8", city="Madrid", postcode="28013"),
        PersonRecord(email="ana.penarrubia@mail.es", phone="+34611222333"),
        PersonRecord("Ana", email="ana.penarrubia@mail.es"),
    ],
    ids=["capitals", "swapped", "joined", "nickname-and-slip", "moved", "contacts-only", "two-fields"],
)  # fmt: skip
def test_one_person_in_two_tools(other: PersonRecord) -> None:
    """Another spelling, a swap, a nickname, a move or a thin record hides nobody."""
    assert are_one(ANA, other)


@pytest.mark.parametrize(
    "other",
    [
        replace(ANA, first_name="Luis", birth_date="1978-11-30"),
        replace(ANA, first_name="Luis", birth_date=""),
        replace(ANA, email="", birth_date="2007-01-19"),
        PersonRecord("Luis", "Peñarrubia", city="León", postcode="24001"),
        PersonRecord("Ana", "Vega Luna", city="León"),
    ],
    ids=["husband", "husband-without-birth-date", "daughter-of-the-same-name", "relative", "namesake"],
)  # fmt: skip
def test_family_is_not_one_person(other: PersonRecord) -> None:
    """E-mail, phone and address of a family, and a mother's name, merge nobody."""
    assert not are_one(ANA, other)


def test_a_desks_mailbox_joins_nobody() -> None:
    """People who write from one role mailbox stay apart."""
    one = PersonRecord("Ana", "Peñarrubia", "info@glow.es")
    assert not are_one(one, PersonRecord("Luis", "Zubizarreta", "info@glow.es"))


def test_reasons_and_counter_reasons_stand_in_words() -> None:
    """A husband's score says what speaks for one person and what against it, the weightiest first."""
    husband = PersonRecord("Luis", "Peñarrubia", ANA.email, ANA.phone, birth_date="1949-11-30")

    found = score(among_others(ANA, husband))

    assert found.probability < 0.01
    assert "different first names" in [reason.words for reason in found.counter_reasons]
    assert {"dates of birth a generation apart"} & {reason.words for reason in found.counter_reasons}
    weights = [reason.weight for reason in found.counter_reasons]
    assert weights == sorted(weights)


def test_a_rare_surname_weighs_more_than_a_common_one() -> None:
    """Two who share a surname that nobody else has are likelier one person than two of the commonest."""
    common = [PersonRecord("Eva", "García") for _ in range(2)]
    rare = [PersonRecord("Eva", "Zubizarreta") for _ in range(2)]
    others = [PersonRecord(name, "García", city="Lugo") for name in ("Luis", "Pau", "Iker", "Sara", "Noa", "Leo")]
    found = among_others(*rare, *common, *others)
    scorer = Scorer(found.model, found.statistics)
    assert scorer.bits(found.people[0], found.people[1]) > scorer.bits(found.people[2], found.people[3]) + 0.5


def test_a_source_without_duplicates_gives_each_person_one_record() -> None:
    """Two lists that know each person once are learnt to be such, and no group has two of one list."""
    customers = Customers(500, seed=5)
    firsts = dict(zip(reversed(customers.truth), reversed(customers.records), strict=True)).values()
    known = [each for each in firsts if each.first_name and each.last_name and each.birth_date]
    lists = [PersonRecord(each.first_name, each.last_name, birth_date=each.birth_date, source=name)
             for name in ("a", "b") for each in known]  # fmt: skip
    found = matched(lists)
    assert found.model.single_sources == {"a", "b"}
    assert all(len({lists[each].source for each in group}) == len(group) for group in found.groups)


def test_nothing_merges_by_itself_against_a_counter_reason() -> None:
    """What would merge without being asked has the same names, nothing against it, and something of one's own."""
    found = among_others(ANA, replace(ANA, first_name="Luis", birth_date=""))
    scorer = Scorer(found.model, found.statistics)
    assert (0, 1) not in found.automatic
    for one, other in found.automatic:
        reasons = scorer.score(found.people[one], found.people[other]).counter_reasons
        assert {"first_name", "birth_date", "generation"}.isdisjoint(each.field for each in reasons)


def test_the_same_records_give_the_same_result() -> None:
    """Nothing is left to chance: matching twice gives equal scores and groups."""
    assert matched(CROWD) == matched(CROWD)


@pytest.mark.parametrize("records", [(), (ANA,), (ANA, ANA), (PersonRecord(), PersonRecord())])
def test_few_records_are_no_trouble(records: tuple[PersonRecord, ...]) -> None:
    """None, one, the same twice, and empty ones are matched without a fault."""
    assert sum(len(group) for group in matched(records).groups) == len(records)
