"""The closed table of outcomes: what every documented answer means for a message that we sent."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.http import HttpReply
from connectors.meta_outcomes import LONGEST_WAIT, ROWS, judge, retry_after
from middleware.domain.messages import Outcome

NOT_ACCEPTED = (4, 17, 32, 341, 613, 80001, 80002, 80006, 80007, 130429, 131048, 131056, 131057, 133016, 368)
PERHAPS_ACCEPTED = (-1, 1, 2, 131000, 131016)
GONE = (551, 131026, 131050, 131030, 130472, 131021)
PROBLEM = (190, 10, 200, 230, 299, 3, 0, 102, 131005, 131031, 131042)

EXPECTED: tuple[tuple[int, int | None, Outcome], ...] = (
    *((code, None, Outcome.RETRY) for code in NOT_ACCEPTED),
    *((code, None, Outcome.UNKNOWN) for code in PERHAPS_ACCEPTED),
    (2, 2018344, Outcome.UNKNOWN),
    (-1, 2018344, Outcome.UNKNOWN),
    (131047, None, Outcome.WINDOW_CLOSED),
    (10, 2018278, Outcome.WINDOW_CLOSED),
    (1545041, None, Outcome.WINDOW_CLOSED),
    *((code, None, Outcome.RECIPIENT_GONE) for code in GONE),
    (100, 2018001, Outcome.RECIPIENT_GONE),
    *((code, None, Outcome.ACCOUNT_PROBLEM) for code in PROBLEM),
    (190, 463, Outcome.ACCOUNT_PROBLEM),
    (10, 1893063, Outcome.ACCOUNT_PROBLEM),
    (10, 4711, Outcome.ACCOUNT_PROBLEM),
    (100, None, Outcome.REFUSED),
    (100, 2018008, Outcome.REFUSED),
    (131008, None, Outcome.REFUSED),
    (131062, None, Outcome.REFUSED),
    (132001, None, Outcome.REFUSED),
    (300, None, Outcome.REFUSED),
    (987654, None, Outcome.REFUSED),
)


def _reply(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpReply:
    return HttpReply(status, body, headers or {})


def _error(code: object, subcode: object = None) -> dict[str, Any]:
    return {"error": {"message": "Ana Müller cannot be reached", "code": code, "error_subcode": subcode}}


@pytest.mark.parametrize(("code", "subcode", "outcome"), EXPECTED)
def test_a_code_means_one_outcome(code: int, subcode: int | None, outcome: Outcome) -> None:
    """Every documented code leads to its outcome, and shows as code without a word of the platform's text."""
    result = judge(_reply(400, _error(code, subcode)), None)
    assert result.outcome is outcome
    assert result.code == "/".join(str(part) for part in ("HTTP 400", code, subcode) if part is not None)
    assert result.message_id is None
    assert "Ana" not in result.detail
    assert 0 < len(result.detail) < 100


def test_no_code_stands_in_two_rows() -> None:
    """The table is unambiguous, and every row says why."""
    pairs = [pair for row in ROWS for pair in row.codes]
    assert len(pairs) == len(set(pairs))
    assert all(row.why and row.codes for row in ROWS)


def test_every_row_is_expected() -> None:
    """The expectations above cover every row of the table, so that a new row needs a new one."""
    covered = {(code, subcode) for code, subcode, _ in EXPECTED}
    assert all(covered & set(row.codes) for row in ROWS)


@pytest.mark.parametrize("status", [200, 201])
def test_a_success_with_an_id_is_sent(status: int) -> None:
    """2xx and the id of a message: sent."""
    result = judge(_reply(status, {"message_id": "m_1"}), "m_1")
    assert (result.outcome, result.message_id, result.code) == (Outcome.SENT, "m_1", f"HTTP {status}")


@pytest.mark.parametrize("body", [None, {}, [], "ok", {"error": {"code": 131047}}])
def test_a_success_without_an_id_is_unknown(body: object) -> None:
    """2xx without an id says that something happened, but not what."""
    assert judge(_reply(200, body), None).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", [None, {}, _error(2), _error(131047), _error(190), _error(100, 2018001)])
def test_a_broken_server_is_unknown(status: int, body: object) -> None:
    """5xx may come after the message was accepted, whatever the body says."""
    assert judge(_reply(status, body), None).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("code", NOT_ACCEPTED)
def test_a_broken_server_with_a_rate_code_is_retried(code: int) -> None:
    """5xx with a code that says that nothing was accepted: that code decides."""
    assert judge(_reply(500, _error(code)), None).outcome is Outcome.RETRY


@pytest.mark.parametrize("body", [None, {}, _error(100), _error(131047)])
def test_too_many_requests_is_retried(body: object) -> None:
    """429 is refused at the door, whatever the body says."""
    assert judge(_reply(429, body), None).outcome is Outcome.RETRY


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 413, 422])
def test_any_other_refusal_is_final(status: int) -> None:
    """A refusal without a known code: the same request would be refused again."""
    result = judge(_reply(status, None), None)
    assert (result.outcome, result.code) == (Outcome.REFUSED, f"HTTP {status}")


@pytest.mark.parametrize(
    "body",
    [
        {"error": None}, {"error": []}, {"error": "131047"}, {"error": {}}, {"error": {"code": None}},
        {"error": {"code": True}}, {"error": {"code": 1.5}}, {"error": {"code": "1e3"}},
        {"error": {"code": [131047]}}, {"error": {"code": 10**40}}, [131047], "131047",
    ],
)  # fmt: skip
def test_a_malformed_error_has_no_code(body: object) -> None:
    """What is no code is not guessed at."""
    result = judge(_reply(400, body), None)
    assert (result.outcome, result.code) == (Outcome.REFUSED, "HTTP 400")


def test_codes_may_be_strings() -> None:
    """Some gateways write codes as strings."""
    assert judge(_reply(400, _error("10", "2018278")), None).code == "HTTP 400/10/2018278"


def _usage(*minutes: object) -> dict[str, str]:
    cases = [{"type": "messenger", "estimated_time_to_regain_access": each} for each in minutes]
    return {"x-business-use-case-usage": json.dumps({"1001": cases})}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "999999999"}, LONGEST_WAIT),
        ({"retry-after": "7", **_usage(3)}, 7.0),
        (_usage(3), 180.0),
        (_usage(3, 11, "x"), 660.0),
        (_usage(10**9), LONGEST_WAIT),
        (_usage(0), None),
        (_usage(-5), None),
        (_usage(), None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "\u0667"}, None),
        ({"x-business-use-case-usage": "no json"}, None),
        ({"x-business-use-case-usage": "[1, 2]"}, None),
        ({"x-business-use-case-usage": '{"1001": 7, "1002": ["x"]}'}, None),
        ({}, None),
    ],
)
def test_the_platform_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After in seconds, else the longest estimate (minutes) of the usage header, else nothing."""
    assert retry_after(headers) == seconds
    assert judge(_reply(429, None, headers), None).retry_after == seconds


def test_only_a_retry_waits() -> None:
    """What is not sent again needs no time to wait."""
    assert judge(_reply(400, _error(190), {"retry-after": "7"}), None).retry_after is None


def _shares(app: object, *business: object) -> dict[str, str]:
    return {"x-app-usage": json.dumps(app), "x-business-use-case-usage": json.dumps({"1001": business})}


@pytest.mark.parametrize(
    ("headers", "per_cent"),
    [
        (_shares({"call_count": 12, "total_cputime": 3, "total_time": 25.5}), 25.5),
        (_shares({"call_count": 12}, {"call_count": 96, "total_time": 1}), 96.0),
        (_shares({"call_count": 140}), 140.0),
        (_shares({"call_count": True, "total_time": "80"}), None),
        (_shares({"call_count": -5}), None),
        (_shares([1], "x", None), None),
        ({"x-app-usage": "5"}, None),
        ({"x-app-usage": "no json"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [200, 429])
def test_the_platform_says_how_much_is_used(headers: dict[str, str], per_cent: float | None, status: int) -> None:
    """The highest share of both usage headers, on a success as on a refusal; what is no number is none."""
    assert judge(_reply(status, {}, headers), "m_1").usage == per_cent


def test_only_the_pair_rate_is_of_one_person() -> None:
    """131056 concerns the account and one person; every other refusal concerns the account."""
    assert [code for code in NOT_ACCEPTED if judge(_reply(400, _error(code)), None).of_pair] == [131056]
    assert not judge(_reply(429), None).of_pair
