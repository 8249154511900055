"""The pure parts of candidates: what is compared, blocks, conflicts, verdicts by parts, rules that undo themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from middleware.domain.candidates import KEPT_DAYS, MOST_IN_A_BLOCK, Block, Comparable, RuleRecord
from middleware.domain.commerce import Version
from middleware.domain.customer import Customer
from middleware.domain.events import Event, EventKind
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity, profile_id_of
from middleware.domain.jobs import JobKind
from middleware.domain.profile import Member, Profile
from middleware.identity.bulk import BUCKETS, Bulk
from middleware.identity.candidates import (
    MOST_PARTNERS,
    conflicts_of,
    masked,
    matches,
    partners,
    parts_of,
    verdict_ids,
)
from middleware.identity.comparable import MOST_KEYS, comparable, comparable_of, wanted_for
from middleware.identity.merging import pair_id
from middleware.identity.weights import shipped_weights
from tests.records import NOW, crowd, record_identity, record_key, source_record

ANA = {"first_name": "Ana", "last_name": "Quintanilla", "email": "ana@quintanilla.example", "phone": "+34600111222"}


def own(number: str = "1", **values: str) -> Comparable:
    """What is compared of a record."""
    found = comparable(record_identity(number, **(values or ANA)))
    assert found is not None
    return found


def test_a_comparable_is_made_of_the_records_values() -> None:
    """Field by field; a whole name is taken apart later; further addresses stand in when the first is not there."""
    told = comparable_of(source_record("1", full_name="Ana Quintanilla", **{"email.work": "a@work.example"}))
    assert (told.first_name, told.last_name, told.email) == ("Ana Quintanilla", "", "a@work.example")
    assert comparable_of(source_record("1", **ANA)).first_name == "Ana"


def test_nothing_is_compared_of_what_is_gone_or_says_nothing() -> None:
    """A record that is gone, one without a name or contact, a shop's customer that is gone, another identifier."""
    assert comparable(record_identity("1", gone=True)) is None
    assert comparable(record_identity("1", country="ES")) is None
    gone = Customer(id="1", version=Version(at=NOW, event="e"), gone=True)
    fragment = Fragment(record=source_record("1", **ANA), customer=gone)
    assert comparable(Identity(id="shop_customer|glow.example|1", fragment=fragment)) is None
    assert comparable(Identity(id="messenger|1|1", fragment=Fragment(record=source_record("1", **ANA)))) is None


def test_keys_are_hashes() -> None:
    """Neither name nor contact stands in the id of a block, and however much a record says, they are bounded."""
    keys = own().keys
    assert keys
    assert not [each for each in keys if "quintanilla" in each or "0111222" in each]
    long = own(first_name="ab " * 9000, last_name="cd " * 9000, email=f"{'x' * 9000}@y.example")
    assert len(long.keys) <= MOST_KEYS
    assert all(len(value) <= 160 for value in long.values.values())


def test_values_with_lone_surrogates_and_bars_are_compared() -> None:
    """Whatever a source says, a record is compared or not, and nothing is raised."""
    assert own(first_name="\ud800", last_name="a|b", email="x|y@z").keys


def test_the_profile_is_the_one_the_identifier_is_in_or_founds() -> None:
    """As the identity says; until it has one, the one that it will found."""
    identity = record_identity("1", **ANA)
    assert own().profile_id == profile_id_of(Identifier.from_key(identity.id))
    settled = comparable(identity.model_copy(update={"profile_id": "p_1"}))
    assert settled is not None
    assert settled.profile_id == "p_1"


def event(**parts: object) -> Event:
    """An event of a source's record."""
    known: dict[str, object] = {
        "key": "hubspot:1:e1", "kind": EventKind.RECORD, "connector": "hubspot", "account": "1", "occurred_at": NOW,
        "received_at": NOW, "anchor": Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:1", "7"),
        "record": source_record("7"),
    }  # fmt: skip
    return Event.model_validate({**known, **parts})


def test_a_job_is_wanted_for_a_record_and_for_nothing_else() -> None:
    """With the identifier that it is about, once for each event; also when a shop's customer is gone."""
    (job,) = wanted_for(event())
    assert (job.kind, job.about, job.event_key) == (JobKind.CANDIDATES, record_key("7"), "hubspot:1:e1")
    assert wanted_for(event()) == (job,)
    assert wanted_for(event(record=None, kind=EventKind.EMAIL_ACTIVITY)) == ()
    assert wanted_for(event(anchor=Identifier(IdentifierKind.MESSENGER, "1", "7"))) == ()
    gone = Customer(id="7", version=Version(at=NOW, event="e"), gone=True)
    shop = Identifier(IdentifierKind.SHOP_CUSTOMER, "glow.example", "7")
    assert len(wanted_for(event(record=None, customer=gone, anchor=shop))) == 1


def test_a_block_closes_at_one_too_many_for_good() -> None:
    """It forgets its members, stops growing, and nobody who leaves opens it again."""
    block = Block()
    for number in range(MOST_IN_A_BLOCK):
        block = block.with_member(f"{number:03}")
    assert (len(block.members), block.is_closed) == (MOST_IN_A_BLOCK, False)
    assert block.with_member("007") == block
    closed = block.with_member("one more")
    assert (closed.members, closed.is_closed) == ((), True)
    assert closed.with_member("another").without_member("007") == closed
    assert len(block.without_member("007").members) == MOST_IN_A_BLOCK - 1


def test_partners_are_bounded_and_those_who_share_most_come_first() -> None:
    """A rare key counts more than a common one; a closed one counts nothing; nobody is their own partner."""
    crowded = Block(members=tuple(f"{each:03}" for each in range(60)), count=60)
    blocks = {"a": crowded, "b": Block(members=("me", "rare"), count=2), "c": Block(count=61)}
    found = partners("me", ("a", "b", "c"), blocks)
    assert found[0] == "rare"
    assert "me" not in found
    assert len(found) == MOST_PARTNERS


def test_who_was_decided_on_is_not_asked_about() -> None:
    """Apart, locked, on either side, or one profile already."""
    weights = shipped_weights(1000)
    one, other = own("1"), own("2")
    assert [each.key for each in matches(one, {"2": other}, weights, 0.0)] == ["2"]
    for ours, theirs in (
        ({"apart": (other.profile_id,)}, {}),
        ({}, {"apart": (one.profile_id,)}),
        ({"locked": True}, {}),
        ({}, {"locked": True}),
        ({}, {"profile_id": one.profile_id}),
    ):
        assert matches(one.model_copy(update=ours), {"2": other.model_copy(update=theirs)}, weights, 0.0) == []


def test_an_address_that_different_names_share_is_seen_in_the_records_at_hand() -> None:
    """The same two records are less likely one person once a third shows that the address is a family's."""
    weights = shipped_weights(1000)
    mail = {"email": "home@family.example", "last_name": "Quintanilla"}
    one, other = own("1", first_name="Ana", **mail), own("2", first_name="Ana", **mail)
    child = own("3", first_name="Benedikt", **mail)
    alone = matches(one, {"2": other}, weights, -60)[0].score.bits
    among = {each.key: each.score.bits for each in matches(one, {"2": other, "3": child}, weights, -60)}
    assert among["2"] < alone


SHOP = IdentifierKind.SHOP_CUSTOMER


def test_ids_of_which_a_person_has_one_conflict() -> None:
    """Two customers of one shop; two records of a source that knows each person once. Of two shops, or the same: no."""
    one, two = (Identifier(SHOP, "glow.example", each).key for each in "12")
    elsewhere = Identifier(SHOP, "other.example", "2").key
    assert conflicts_of([one], [two], ()) == ("two different customers of the shop glow.example",)
    assert conflicts_of([one], [one], ()) == ()
    assert conflicts_of([one], [elsewhere], ()) == ()
    first, second = record_key("1"), record_key("2")
    assert conflicts_of([first], [second], ()) == ()
    (said,) = conflicts_of([first], [second], ("hubspot:1",))
    assert "hubspot:1" in said


def test_a_verdict_is_looked_for_under_all_parts_of_both() -> None:
    """What was put together answers to the names of all that it was put together from."""
    keys = [record_key(each) for each in "12"]
    members = tuple(Member(identifier=key, facts=1, home=profile_id_of(Identifier.from_key(key))) for key in keys)
    profile = Profile(id="p_home", created_at=NOW, members=members)
    parts = parts_of("p_home", profile, record_key("1"))
    assert set(parts) == {"p_home", *(profile_id_of(Identifier.from_key(record_key(each))) for each in "12")}
    assert pair_id("p_x", parts[0]) in verdict_ids(parts, ["p_x"])
    assert {*parts, "p_x"} <= set(verdict_ids(parts, ["p_x"]))


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("email", "ana@web.example", "a…@web.example"), ("phone", "+34600111222", "…22"), ("last_name", "Roe", "R…"),
        ("birth_date", "1980-02-29", "1980…"), ("source", "hubspot:1", "hubspot:1"), ("city", "", ""),
    ],
)  # fmt: skip
def test_masked_values_tell_apart_and_say_no_more(field: str, value: str, shown: str) -> None:
    """Enough to compare two sides."""
    assert masked(field, value) == shown


def test_a_rule_that_is_undone_too_often_only_proposes() -> None:
    """Above 5 % of at least 20 merges, from then on; it says since when."""
    rule = RuleRecord(id="r")
    for _ in range(19):
        rule = rule.after(NOW, merges=1)
    assert not rule.after(NOW, unmerges=5).is_review_only
    rule = rule.after(NOW, merges=1).after(NOW, unmerges=1)
    assert not rule.is_review_only, "5 % is not above 5 %"
    later = NOW + timedelta(days=2)
    rule = rule.after(later, unmerges=1)
    assert rule.review_only_since == later
    assert rule.after(later + timedelta(days=1), unmerges=1).review_only_since == later


def test_a_rule_forgets_what_is_behind_its_window() -> None:
    """It keeps at most 90 days, and what happened before does not count."""
    rule = RuleRecord(id="r")
    for day in range(200):
        rule = rule.after(NOW + timedelta(days=day), merges=2, unmerges=1)
    assert len(rule.days) == KEPT_DAYS
    assert rule.is_review_only
    assert (rule.merges, rule.unmerges) == (2 * KEPT_DAYS, KEPT_DAYS)
    calm = rule.at(NOW + timedelta(days=400))
    assert (calm.days, calm.is_review_only) == ((), False)


def test_in_bulk_each_pair_is_compared_once() -> None:
    """Whatever the two share, they meet in one block of one bucket; a closed block makes no pair."""
    bulk = Bulk()
    for identity in crowd(60):
        found = comparable(identity)
        if found is not None:
            bulk.add(identity.id, found)
    bulk.settle()
    pairs = [tuple(sorted(pair)) for bucket in range(BUCKETS) for pair in bulk.pairs(bucket)]
    assert len(pairs) == len(set(pairs))
    blocks = [block for bucket in range(BUCKETS) for _, block in bulk.blocks(bucket)]
    wanted = {
        tuple(sorted((bulk.positions[one], bulk.positions[other])))
        for block in blocks
        for one in block.members
        for other in block.members
        if one < other
    }
    assert set(pairs) == wanted


def test_a_moment_is_a_day_in_utc() -> None:
    """Counted on the day on which it was in UTC, whatever the machine thinks."""
    late = datetime(2026, 11, 5, 23, 59, tzinfo=UTC)
    assert RuleRecord(id="r").after(late, merges=1).days[0].day == "2026-11-05"
