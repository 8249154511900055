"""Applying a mapping to a body: the values and consents in it, and what is wrong with it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.mapping.formats import Reading, as_text, formatted
from connectors.mapping.paths import MISSING, first_of, is_empty, read_path
from connectors.mapping.times import as_moment
from connectors.mapping.unfit import Unfit
from middleware.domain.commerce import Version
from middleware.domain.customer import SourceConsent
from middleware.domain.mapping import Condition, ConsentRule, FieldRule, RecordRule, SourceMapping, TimeRule
from middleware.domain.record import Record
from middleware.domain.source_record import FieldValue


class Mapped(Record):
    """What a mapping makes of a body.

    `values` are sorted by field. `problems` name the field and what is wrong, never its content: with any of them the
    body must not enter.
    """

    values: tuple[FieldValue, ...] = ()
    consents: tuple[SourceConsent, ...] = ()
    problems: tuple[str, ...] = ()


def mapped(
    mapping: SourceMapping,
    body: Mapping[str, Any],
    *,
    version: Version,
    country: str | None,
    partial: bool = False,
) -> Mapped:
    """Read a record of a person. Never raises, whatever the body.

    A field that does not stand in the body gives no value; one that is null or blank gives None: the source says that
    it is empty. `country` (ISO 3166) reads national phone numbers where the record names no country. `partial`: the
    body tells only of what changed, so that nothing required can be missing from it.
    """
    rule = mapping.record
    if rule is None:
        return Mapped(problems=("record: the mapping does not say how one is read",))
    reading = Reading(body, _country(rule, body) or country)
    problems: list[str] = []
    values = tuple(_values(rule, reading, version, problems, partial=partial))
    consents = tuple(_consents(rule, reading, version, problems, partial=partial))
    return Mapped(values=tuple(sorted(values, key=lambda each: each.field)), consents=consents, problems=(*problems,))


def _country(rule: RecordRule, body: Mapping[str, Any]) -> str | None:
    """The country that the record itself names, if it does."""
    own = next((each for each in rule.fields if each.field == "country"), None)
    if own is None:
        return None
    try:
        value = _value(own, Reading(body, None))
    except Unfit:
        return None
    return value if isinstance(value, str) else None


def _value(rule: FieldRule, reading: Reading) -> object:
    """The value of a field; None where it is empty, MISSING where the body says nothing of it. Raises Unfit."""
    if not rule.paths:
        return rule.constant
    found = first_of(rule.paths, reading.body)
    return found if found is MISSING or found is None else formatted(rule, found, reading)


def _values(
    rule: RecordRule, reading: Reading, version: Version, problems: list[str], *, partial: bool
) -> Iterator[FieldValue]:
    for each in rule.fields:
        try:
            value = _value(each, reading)
        except Unfit as unfit:
            if each.invalid == "refuse" or each.required:
                problems.append(f"{each.field} {unfit}")
            continue
        if each.required and (value is None or (value is MISSING and not partial)):
            problems.append(f"{each.field} is required and {'empty' if value is None else 'missing'}")
        elif value is not MISSING:
            told = {"field": each.field, "value": value, "version": version, "identifies": each.identifies}
            yield FieldValue.model_validate(told)


def _consents(
    rule: RecordRule, reading: Reading, version: Version, problems: list[str], *, partial: bool
) -> Iterator[SourceConsent]:
    for each in rule.consents:
        try:
            consent = _consent(each, reading, version)
        except Unfit as unfit:
            problems.append(f"consents.{each.channel} {unfit}")
            continue
        if consent is not None:
            yield consent
        elif each.required and not (partial and first_of(each.paths, reading.body) is MISSING):
            problems.append(f"consents.{each.channel} is required and missing")


def _consent(rule: ConsentRule, reading: Reading, version: Version) -> SourceConsent | None:
    """What the body says of consent on a channel; None if it says nothing. Raises Unfit."""
    found = first_of(rule.paths, reading.body)
    word = "" if found is None or found is MISSING else as_text(found)
    state = next((each.state for each in rule.words if each.said.casefold() == word.casefold()), None)
    if found is MISSING or (found is None and state is None):
        return None
    if state is None:
        raise Unfit("is none of the words that the mapping lists")
    at = read_time(rule.at, reading.body) if rule.at is not None else None
    return SourceConsent(
        channel=rule.channel,
        state=state,
        version=version if at is None else version.model_copy(update={"at": at}),
    )


def read_time(rule: TimeRule, body: Mapping[str, Any]) -> datetime | None:
    """The time that a rule finds, in UTC; None where there is none. Raises Unfit."""
    found = first_of(rule.paths, body)
    return None if found is MISSING or found is None else as_moment(as_text(found), rule.written, rule.time_zone)


def holds(condition: Condition | None, body: Mapping[str, Any]) -> bool:
    """Whether a condition holds for a body; none always does."""
    if condition is None:
        return True
    found = read_path(condition.path, body)
    try:
        word = "" if found is MISSING or is_empty(found) else as_text(found)
    except Unfit:
        return False
    return word.casefold() in {each.casefold() for each in condition.words}
