"""Asking for a lead: what is told, and what each refusal means. Decided on codes only."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from scripted_server import ScriptedServer, fails

from connectors.channels.messenger import Messenger
from connectors.http import HttpClient
from connectors.testing import GraphStandIn, Lead
from middleware.domain.leads import LeadAnswer, LeadOutcome
from middleware.ports import Account, LeadSource
from tests.stand_ins import Answer, hangs, hangs_up, says

LEAD = "88812345678901234"
KEY = f"messenger:1001:lead:{LEAD}"
FORM = {
    "email": ["Ana@Example.com"],
    "phone_number": ["+34600111222"],
    "full_name": ["Ana Ruiz"],
    "date_of_birth": ["04/23/1990"],
    "what_is_your_skin_type?": ["dry", "oily"],
}


def _account(url: str, token: str | None = "EAAG-secret") -> Account:  # noqa: S107 - made up
    secret = SecretStr(token) if token is not None else None
    return Account(
        brand="glow", name="page", connector="messenger", id="1001", token=secret, base_url=url, country="ES"
    )


async def _asked(answer: Answer, *, seconds: float = 2.0) -> tuple[LeadAnswer, ScriptedServer]:
    async with ScriptedServer(answer) as server, HttpClient() as http:
        told = await Messenger(http).lead(_account(server.url), LEAD, KEY, timeout=seconds)
    return told, server


def _body(**changes: Any) -> dict[str, Any]:
    answers = [{"name": name, "values": values} for name, values in FORM.items()]
    known = {"id": LEAD, "created_time": "2026-11-05T11:58:00+0000", "ad_id": "2385", "form_id": "7001"}
    return {**known, "is_organic": False, "field_data": answers, **changes}


def _values(told: LeadAnswer) -> dict[str, Any]:
    return {each.field: each.value for each in told.values}


def test_messenger_is_where_leads_come_from() -> None:
    """Instagram and WhatsApp have no lead forms of their own."""
    assert isinstance(Messenger(HttpClient()), LeadSource)


async def test_what_is_told_is_read() -> None:
    """Each answer in the one form of its field; a brand's own question is a field of its own."""
    told, server = await _asked(says(200, _body()))
    assert (told.outcome, told.ad_id, told.form_id) == (LeadOutcome.ANSWERED, "2385", "7001")
    assert told.created_at == datetime(2026, 11, 5, 11, 58, tzinfo=UTC)
    assert _values(told) == {
        "email": "ana@example.com", "phone": "+34600111222", "full_name": "Ana Ruiz", "birth_date": "1990-04-23",
        "custom.what_is_your_skin_type": "dry, oily",
    }  # fmt: skip
    assert {(each.version.at, each.version.event) for each in told.values} == {(told.created_at, KEY)}
    assert server.seen[0].path == f"/v26.0/{LEAD}"
    assert server.seen[0].query.startswith("fields=id,created_time,ad_id,")
    assert server.seen[0].headers["Authorization"] == "Bearer EAAG-secret"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"field_data": None}, {}),
        ({"field_data": "x"}, {}),
        ({"field_data": [7, {}, {"name": "email"}, {"name": 7, "values": [1]}]}, {"custom.7": "1"}),
        ({"field_data": [{"name": "email", "values": ["no address"]}]}, {}),
        ({"field_data": [{"name": "date_of_birth", "values": ["yesterday"]}]}, {}),
        ({"field_data": [{"name": "city", "values": ["x" * 5_000]}]}, {"city": "x" * 300}),
        ({"field_data": [{"name": "email", "values": ["a@example.com"]}] * 500}, {"email": "a@example.com"}),
        ({"ad_id": {"$ne": None}, "form_id": "a|b", "field_data": []}, {}),
    ],
)
async def test_what_is_told_is_bounded(change: dict[str, Any], expected: dict[str, Any]) -> None:
    """Wrong types and impossible values are left out, and long ones cut."""
    told, _ = await _asked(says(200, _body(**change)))
    assert told.outcome is LeadOutcome.ANSWERED
    assert _values(told) == expected
    if "ad_id" in change:
        assert (told.ad_id, told.form_id) == (None, None)


def _error(code: int, subcode: int | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": "x", **({"error_subcode": subcode} if subcode else {})}}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says(403, _error(200)), LeadOutcome.NOT_PERMITTED),
        (says(403, _error(10)), LeadOutcome.NOT_PERMITTED),
        (says(400, _error(3)), LeadOutcome.NOT_PERMITTED),
        (says(401, _error(190, 463)), LeadOutcome.ACCOUNT_PROBLEM),
        (says(400, _error(100, 33)), LeadOutcome.GONE),
        (says(400, _error(80005)), LeadOutcome.RETRY),
        (says(400, _error(4)), LeadOutcome.RETRY),
        (says(400, _error(613)), LeadOutcome.RETRY),
        (says(429, {}), LeadOutcome.RETRY),
        (says(500, _error(1)), LeadOutcome.RETRY),
        (says(200, _error(2)), LeadOutcome.RETRY),
        (says(200, []), LeadOutcome.RETRY),
        (says(400, _error(2635)), LeadOutcome.REFUSED),
        (says(200, {"id": LEAD, "created_time": "soon"}), LeadOutcome.REFUSED),
        (fails(1, status=503), LeadOutcome.RETRY),
        (hangs_up, LeadOutcome.RETRY),
    ],
)
async def test_what_an_answer_means(answer: Answer, outcome: LeadOutcome) -> None:
    """A missing permission is not a lead that is gone, and a limit is neither."""
    told, _ = await _asked(answer)
    assert told.outcome is outcome
    assert told.values == ()


async def test_no_answer_in_time_is_asked_again() -> None:
    """Asking takes no longer than it may."""
    told, _ = await _asked(hangs, seconds=0.2)
    assert told.outcome is LeadOutcome.RETRY


@pytest.mark.parametrize("token", [None, "a\nb"])
async def test_without_a_token_nothing_is_asked(token: str | None) -> None:
    """A token that is missing or cannot be written is the account's problem."""
    async with ScriptedServer(says(200, _body())) as server, HttpClient() as http:
        told = await Messenger(http).lead(_account(server.url, token), LEAD, KEY, timeout=1)
    assert told.outcome is LeadOutcome.ACCOUNT_PROBLEM
    assert server.seen == []
    assert "a\nb" not in told.detail


async def test_the_stand_in_tells_what_the_platform_tells() -> None:
    """Answers, a missing permission, the documented limit with the time until it is over, and a lead that is gone."""
    async with GraphStandIn(tokens=["EAAG-secret"]) as graph, HttpClient() as http:
        account, messenger = _account(graph.url), Messenger(http)
        graph.shelf.leads[LEAD] = Lead(FORM, ad_id=None)
        told = await messenger.lead(account, LEAD, KEY, timeout=2)
        assert (told.outcome, told.ad_id, _values(told)["full_name"]) == (LeadOutcome.ANSWERED, None, "Ana Ruiz")
        graph.shelf.leads_permitted = False
        assert (await messenger.lead(account, LEAD, KEY, timeout=2)).outcome is LeadOutcome.NOT_PERMITTED
        graph.shelf.lead_calls = 0
        limited = await messenger.lead(account, LEAD, KEY, timeout=2)
        assert (limited.outcome, limited.retry_after) == (LeadOutcome.RETRY, 300.0)
        assert (await messenger.lead(account, "1", KEY, timeout=2)).outcome is LeadOutcome.GONE
