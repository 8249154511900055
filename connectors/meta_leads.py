"""Asking Meta for the answers of a lead form, and what an answer means. Decided on codes only.

Source: Marketing API, guides "Lead Ads: Retrieving" (fields, permissions) and "Rate Limits" (codes).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.fields import as_id, as_moment, as_objects, as_text
from connectors.http import HttpClient, HttpReply
from connectors.mapping import mapped
from connectors.meta_asking import ACCOUNT_PROBLEM, BROKEN, NOT_PERMITTED, OK, TOO_MANY, TRY_LATER, Unanswered, asked
from connectors.meta_outcomes import codes_of, retry_after, shown
from middleware.domain.commerce import Version
from middleware.domain.leads import LeadAnswer, LeadOutcome
from middleware.domain.mapping import SourceMapping
from middleware.domain.source_record import FieldValue, newest_values
from middleware.ports import Account

FIELDS = ("id", "created_time", "ad_id", "adset_id", "campaign_id", "form_id", "is_organic", "field_data")
_KEPT = frozenset(FIELDS)
_MAX_QUESTIONS = 100
_MAX_ANSWERS = 20

_TRY_LATER = TRY_LATER | {80000, 80005}
_NOT_THERE = frozenset({(100, 33), (100, None), (803, None)})

_NO_NAME = re.compile(r"[^a-z0-9]+", re.ASCII)
_MAX_NAME = 60


async def ask(
    http: HttpClient, account: Account, url: str, key: str, mapping: SourceMapping, *, seconds: float
) -> LeadAnswer:
    """What somebody answered in the form, at `url`. Takes at most `seconds` and never raises."""
    reply = await asked(http, account, url, FIELDS, seconds)
    if isinstance(reply, Unanswered):
        return LeadAnswer(outcome=LeadOutcome(reply.outcome), detail=reply.detail)
    return _judged(reply, account, key, mapping)


def _judged(reply: HttpReply, account: Account, key: str, mapping: SourceMapping) -> LeadAnswer:
    code, subcode = codes_of(reply.json)
    if reply.status == OK and isinstance(reply.json, dict) and "error" not in reply.json:
        return _read(reply.json, account, key, mapping)
    outcome, said = _outcome(reply.status, code, subcode), shown(reply.status, code, subcode)
    wait = retry_after(reply.headers) if outcome is LeadOutcome.RETRY else None
    return LeadAnswer(outcome=outcome, code=said, detail=said, retry_after=wait)


def _outcome(status: int, code: int | None, subcode: int | None) -> LeadOutcome:
    if code in ACCOUNT_PROBLEM:
        return LeadOutcome.ACCOUNT_PROBLEM
    if status in (TOO_MANY, OK) or status >= BROKEN or code in _TRY_LATER:
        return LeadOutcome.RETRY
    if code in NOT_PERMITTED:
        return LeadOutcome.NOT_PERMITTED
    return LeadOutcome.GONE if (code, subcode) in _NOT_THERE else LeadOutcome.REFUSED


def _read(body: Mapping[str, Any], account: Account, key: str, mapping: SourceMapping) -> LeadAnswer:
    """What was told, bounded like any input."""
    created = as_moment(body.get("created_time"))
    if created is None:
        return LeadAnswer(outcome=LeadOutcome.REFUSED, detail="created_time is no time")
    answers = dict(_answers(as_objects(body.get("field_data"), _MAX_QUESTIONS)))
    version = Version(at=created, event=key)
    known = mapped(mapping, answers, version=version, country=account.country)
    own = (FieldValue(field=field, value=said, version=version) for field, said in _own(answers, mapping))
    return LeadAnswer(
        outcome=LeadOutcome.ANSWERED,
        created_at=created,
        values=newest_values((*known.values, *own)),
        ad_id=as_id(body.get("ad_id")),
        form_id=as_id(body.get("form_id")),
        raw={name: _bounded(value) for name, value in body.items() if name in _KEPT},
    )


def _answers(questions: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The answers by question, several to one question with `, ` between them."""
    for question in questions:
        name, said = as_text(question.get("name")), _texts(question.get("values"))
        if name is not None and said:
            yield name, ", ".join(said)


def _own(answers: Mapping[str, str], mapping: SourceMapping) -> Iterator[tuple[str, str]]:
    """The answers to questions that the mapping does not read: fields of the brand's own."""
    rules = mapping.record.fields if mapping.record is not None else ()
    read = {path.steps[0] for rule in rules for path in rule.paths if path.steps}
    for name, said in answers.items():
        word = _NO_NAME.sub("_", name.lower()).strip("_")[:_MAX_NAME].strip("_")
        if name not in read and word:
            yield f"custom.{word}", said


def _texts(values: object) -> list[str]:
    found = values[:_MAX_ANSWERS] if isinstance(values, list) else []
    return [text for each in found if (text := as_text(each)) is not None]


def _bounded(value: object) -> object:
    """A value as it is kept: the questions with their answers, anything else as text."""
    if not isinstance(value, list):
        return value if isinstance(value, bool) else as_text(value)
    return [
        {"name": as_text(each.get("name")), "values": _texts(each.get("values"))}
        for each in as_objects(value, _MAX_QUESTIONS)
    ]
