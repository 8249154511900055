"""Mappings applied: what becomes of each sort of value, and that nothing in a body is ever raised."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.body import why_not_storable
from connectors.mapping import Mapped, mapped, read_mapping
from connectors.mapping.telling import Delivered, told
from connectors.mapping.unfit import Unfit
from middleware.domain.commerce import Version
from middleware.domain.events import Event
from middleware.domain.fragment import Fragment
from middleware.domain.identity import Identity
from middleware.domain.mapping import SourceMapping
from middleware.domain.source_record import Scalar
from middleware.identity.comparable import comparable
from middleware.pipeline.absorb_facts import named_in

AT = datetime(2026, 11, 5, 12, tzinfo=UTC)
VERSION = Version(at=AT, event="e1")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdefgh"), inner, max_size=6),
    max_leaves=15,
)

EVERYTHING = """
record:
  when: {from: h, is: [null, "", record, true]}
  id: [id, a]
  changed_at: {from: [a, b.a], written: unix_seconds}
  gone: {from: c, is: true}
  fields:
    email: a
    phone: [b, c]
    country: c
    birth_date: {from: d, written: DD.MM.YYYY}
    language: {from: e, invalid: leave_out}
    tags: f
    city: "g[a=x].b"
    full_name: {from: "a[0]", as: lower}
    custom.day: {from: a, as: date}
    custom.time: {from: b, as: datetime, time_zone: Europe/Madrid}
    custom.ms: {from: c, as: datetime, written: unix_milliseconds}
    custom.money: {from: d, as: money, currency_from: e, currency: EUR}
    custom.number: {from: e, as: number, written: comma}
    custom.whole: {from: f, as: integer}
    custom.yes: {from: g, as: boolean}
    custom.word: {from: a, choices: {x: y}, otherwise: z}
  consents:
    email: {from: a, subscribed: [yes, 1], unsubscribed: [no, 0], at: b}
    sms: {from: b, subscribed: x, unsubscribed: y, required: true}
ticket:
  when: {from: h, is: ticket}
  id: a
  created_at: b
  state: c
  requester: d
  subject: e
  tags: f
  url: g
order:
  id: a
  state: b
  states: {x: paid}
  created_at: c
  total: d
  currency: EUR
  email: e
  phone: f
  items: {each: g, title: a, quantity: b, price: c, sku: d, variant_id: e}
"""


def mapping(fields: str) -> SourceMapping:
    """A mapping of a record with these fields."""
    return read_mapping(f"record:\n  fields:\n    {fields}\n", "test.yaml")


def read(fields: str, body: dict[str, Any], country: str | None = None, *, partial: bool = False) -> Mapped:
    """What the fields are in a body."""
    return mapped(mapping(fields), body, version=VERSION, country=country, partial=partial)


def value(fields: str, body: dict[str, Any], country: str | None = None) -> Scalar:
    """The one value in a body."""
    found = read(fields, body, country)
    assert found.problems == ()
    (only,) = found.values
    return only.value


@pytest.mark.parametrize(
    ("fields", "said", "becomes"),
    [
        ("email: x", " Ana@X.ES ", "ana@x.es"),
        ("email.work: x", "a@x.es", "a@x.es"),
        ("phone: x", "+34 600 111 222", "+34600111222"),
        ("phone: x", 34600111222, None),
        ("country: x", "es", "ES"),
        ("country: x", "DEU", "DE"),
        ("country: x", "Deutschland", "DE"),
        ("country: x", "España", "ES"),
        ("country: x", "Europe", None),
        ("language: x", "pt_br", "pt-BR"),
        ("language: x", "zh-hant-tw", "zh-Hant-TW"),
        ("language: x", "xx", None),
        ("birth_date: x", "1990-02-01", "1990-02-01"),
        ("birth_date: x", "1990-02-01T23:00:00+02:00", "1990-02-01"),
        ("birth_date: {from: x, written: DD.MM.YYYY}", "01.02.1990", "1990-02-01"),
        ("birth_date: {from: x, written: unix_milliseconds}", "633830400000", "1990-02-01"),
        ("birth_date: x", "31.02.1990", None),
        ("tags: x", ["b", "a", "b", 1], ("1", "a", "b")),
        ("tags: {from: x, separator: ;}", "vip; new ;", ("new", "vip")),
        ("tags: x", [["a"]], None),
        ("city: x", " Málaga ", "Málaga"),
        ("city: x", 7, "7"),
        ("city: x", {"a": 1}, None),
        ("city: x", "a\0b", None),
        ("city: x", "\ud800", None),
        ("city: x", "x" * 1001, None),
        ("city: x", 10**400, None),
        ("city: x", float("nan"), None),
        ("custom.a: {from: x, as: lower}", "ÀB", "àb"),
        ("custom.a: {from: x, as: integer}", "38", 38),
        ("custom.a: {from: x, as: integer}", 38.0, 38),
        ("custom.a: {from: x, as: integer}", "38.5", None),
        ("custom.a: {from: x, as: number}", "-1.5", -1.5),
        ("custom.a: {from: x, as: number, written: comma}", "1.234,5", 1234.5),
        ("custom.a: {from: x, as: number}", "1,5", None),
        ("custom.a: {from: x, as: boolean}", "Yes", True),
        ("custom.a: {from: x, as: boolean}", 0, False),
        ("custom.a: {from: x, as: boolean}", "perhaps", None),
        ("custom.a: {from: x, as: money, currency: JPY}", "1200", "1200 JPY"),
        ("custom.a: {from: x, as: money, currency: EUR}", 49.9, "49.90 EUR"),
        ("custom.a: {from: x, as: money, currency_from: y}", "1", None),
        ("custom.a: {from: x, as: datetime}", "2026-01-01T00:00:00+01:00", "2025-12-31T23:00:00.000Z"),
        ("custom.a: {from: x, as: datetime, time_zone: Europe/Madrid}", "2026-07-01 10:00", "2026-07-01T08:00:00.000Z"),
        ("custom.a: {from: x, as: datetime, written: unix_seconds}", 1790000000, "2026-09-21T14:13:20.000Z"),
        ("custom.a: {from: x, as: datetime}", "2026-07-01 10:00", None),
        ("custom.a: {from: x, as: datetime}", "9999-12-31T23:59:59-12:00", None),
        ("lifecycle_stage: {from: x, choices: {Lead: lead, MQL: qualified}}", "mql", "qualified"),
        ("lifecycle_stage: {from: x, choices: {Lead: lead}}", "else", None),
        ("lifecycle_stage: {from: x, choices: {Lead: lead}, otherwise: other}", "else", "other"),
        ("country: {from: x, choices: {Alemania del Sur: DE}}", "alemania del sur", "DE"),
    ],
)
def test_values_are_read_by_their_format(fields: str, said: object, becomes: Scalar) -> None:
    """Each format has one way to write a value; what does not fit is a problem that does not repeat it."""
    if becomes is not None:
        assert value(fields, {"x": said}) == becomes
        return
    found = read(fields, {"x": said})
    assert found.values == ()
    (problem,) = found.problems
    assert problem.startswith(fields.partition(":")[0])
    assert str(said)[:50] not in problem


def test_a_national_phone_is_read_in_the_records_own_country() -> None:
    """The record's country goes before the account's; without any, only +34... is a phone."""
    fields = "phone: x\n    country: c"
    assert read(fields, {"x": "600111222", "c": "Spain"}, "DE").values[1].value == "+34600111222"
    assert value("phone: x", {"x": "600111222"}, "ES") == "+34600111222"
    assert read("phone: x", {"x": "600111222"}).problems


def test_missing_and_empty_are_two_things() -> None:
    """What is not there gives no value; what is blank or null says that the field is empty."""
    assert read("city: x", {}).values == ()
    assert [each.value for each in read("city: x", {"x": " "}).values] == [None]
    assert [each.value for each in read("city: [x, y]", {"x": None, "y": "b"}).values] == ["b"]


def test_what_is_required_must_be_there() -> None:
    """Missing or blank is a problem; a body that tells of a change only may leave it out, and not blank it."""
    fields = "email: {from: x, required: true}"
    assert read(fields, {}).problems == ("email is required and missing",)
    assert read(fields, {"x": ""}).problems == ("email is required and empty",)
    assert read(fields, {}, partial=True).problems == ()
    assert read(fields, {"x": ""}, partial=True).problems == ("email is required and empty",)


def test_a_bad_value_can_be_left_out_unless_it_is_required() -> None:
    """`invalid: leave_out` loses one value, not the record."""
    assert read("country: {from: x, invalid: leave_out}\n    city: y", {"x": "?", "y": "a"}).problems == ()
    assert read("country: {from: x, invalid: leave_out, required: true}", {"x": "?"}).problems


def test_constants_are_always_there() -> None:
    """A value that does not come from the body."""
    assert value("custom.origin: {value: fair}", {}) == "fair"


def test_what_does_not_identify() -> None:
    """What a mapping marks is shown, and nobody is recognised by it: it is not compared, and nothing hears of it."""
    rules = read_mapping(
        "record: {id: i, fields: {email: a, email.team: {from: b, identifies: false}, phone: {from: c, "
        "identifies: false}, first_name: d, birth_date: {from: e, identifies: false}}}",
        "test.yaml",
    )
    body = {"i": "1", "a": "ana@x.es", "b": "team@x.es", "c": "+34600111222", "d": "Ana", "e": "1990-01-01"}
    event = told(rules, body, Delivered("generic", "shop", "d1", AT))
    assert event.record is not None
    assert event.anchor is not None
    assert event.record.texts("email") == ("ana@x.es", "team@x.es")
    assert named_in(event) == {event.anchor.key, "email||ana@x.es"}
    compared = comparable(Identity(id=event.anchor.key, fragment=Fragment(record=event.record)))
    assert compared is not None
    assert compared.values == {"email": "ana@x.es", "first_name": "Ana"}
    assert not any(key.startswith("p:") for key in compared.keys)


CONSENT = "record: {consents: {email: {from: x, subscribed: [yes, 1], unsubscribed: no, at: t%s}}}"


@pytest.mark.parametrize(
    ("body", "state", "problem"),
    [
        ({"x": True}, "subscribed", ""),
        ({"x": "YES"}, None, "consents.email is none of the words that the mapping lists"),
        ({"x": 1}, "subscribed", ""),
        ({"x": False, "t": "2026-01-01T00:00:00Z"}, "unsubscribed", ""),
        ({"x": {}}, None, "consents.email is no text"),
        ({"x": True, "t": "yesterday"}, None, "consents.email is no time"),
        ({}, None, ""),
        ({"x": ""}, None, ""),
    ],
)
def test_consent_is_read_by_the_words_of_the_mapping(body: dict[str, Any], state: str | None, problem: str) -> None:
    """YAML's yes is true; what is not listed is no consent but a problem; what is not there says nothing."""
    found = mapped(read_mapping(CONSENT % "", "m"), body, version=VERSION, country=None)
    assert [each.state for each in found.consents] == ([state] if state else [])
    assert found.problems == ((problem,) if problem else ())
    if body.get("t") and state:
        assert found.consents[0].version.at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("body", [{}, {"x": ""}, {"x": None}])
def test_a_required_consent_must_be_there(body: dict[str, Any]) -> None:
    """Without it the record does not enter."""
    found = mapped(read_mapping(CONSENT % ", required: true", "m"), body, version=VERSION, country=None)
    assert found.problems == ("consents.email is required and missing",)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefgh"), JSON, max_size=8), st.sampled_from([None, "ES", "??"]))
def test_no_body_raises(body: dict[str, Any], country: str | None) -> None:
    """Whatever stands in a body: values, consents and problems, and all values can be stored."""
    found = mapped(read_mapping(EVERYTHING, "m"), body, version=VERSION, country=country)
    assert why_not_storable([each.model_dump(mode="json") for each in found.values]) is None
    assert all(len(each) < 200 for each in found.problems)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefgh"), JSON, max_size=8))
def test_any_body_is_an_event_or_unfit(body: dict[str, Any]) -> None:
    """Record, ticket or order: nothing but `Unfit` is raised, and it does not repeat what stands there."""
    try:
        event = told(read_mapping(EVERYTHING, "m"), body, Delivered("generic", "own", "d1", AT, "ES"))
    except Unfit:
        return
    assert isinstance(event, Event)
    assert event.key.startswith("generic:own:")
    assert event.occurred_at <= AT
