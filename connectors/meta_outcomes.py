"""What an answer of the Graph API means for a message that we sent: one closed table, decided on codes only.

Source: Meta's webhook and Send API references (error codes). Where Meta says "try again" although it
may have accepted the message, we do not: a message that was perhaps sent is never sent again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import orjson

from connectors.http import HttpReply
from middleware.domain.messages import Outcome, SendResult

LONGEST_WAIT = 86_400.0
"""Seconds. A platform that says to wait longer is asked again after a day."""

_TOO_MANY = 429
_PAIR_RATE = 131056
_REASONABLE = 2**53
_SHARES = ("call_count", "total_cputime", "total_time")


@dataclass(frozen=True, slots=True)
class Row:
    """Codes that mean the same: pairs of code and subcode, None standing for any subcode."""

    outcome: Outcome
    why: str
    codes: tuple[tuple[int, int | None], ...]


def _any_subcode(*codes: int) -> tuple[tuple[int, int | None], ...]:
    return tuple((code, None) for code in codes)


ROWS: tuple[Row, ...] = (
    Row(
        Outcome.RETRY,
        "rate limit: the call was refused before anything was sent",
        _any_subcode(4, 17, 32, 341, 613, 80001, 80002, 80006, 80007, 130429, 131056),
    ),
    Row(
        Outcome.RETRY,
        "blocked for a while for spam or policy: refused before anything was sent",
        _any_subcode(368, 131048),
    ),
    Row(
        Outcome.RETRY,
        "the account is in maintenance or registers too often: refused before anything was sent",
        _any_subcode(131057, 133016),
    ),
    Row(
        Outcome.UNKNOWN,
        # Also with subcode 2018344, "service temporarily unavailable"; messages have arrived despite code 1.
        "something went wrong on their side, perhaps after the message was accepted",
        _any_subcode(-1, 1, 2, 131000, 131016),
    ),
    Row(
        Outcome.WINDOW_CLOSED,
        "the time in which the channel lets us write is over",
        ((10, 2018278), *_any_subcode(131047, 1545041)),
    ),
    Row(
        Outcome.RECIPIENT_GONE,
        "the person cannot be reached, blocked us, opted out or is not who we may write to",
        ((100, 2018001), *_any_subcode(551, 131026, 131050, 131030, 130472, 131021)),
    ),
    Row(
        Outcome.ACCOUNT_PROBLEM,
        "token, permission, billing or a restriction of the account",
        ((10, 1893063), *_any_subcode(0, 3, 10, 102, 190, *range(200, 300), 131005, 131031, 131042)),
    ),
)

_BY_CODE = {pair: row for row in ROWS for pair in row.codes}

_TRY_LATER = Row(Outcome.RETRY, "too many requests: refused before anything was sent", ())
_BROKEN = Row(Outcome.UNKNOWN, "their server failed, perhaps after the message was accepted", ())
_NO_ID = Row(Outcome.UNKNOWN, "accepted, it seems, but the answer names no message", ())
_SENT = Row(Outcome.SENT, "", ())
_REFUSED = Row(Outcome.REFUSED, "the request was refused; the same one would be again", ())


def judge(reply: HttpReply, message_id: str | None, *, names_message: bool = True) -> SendResult:
    """The outcome of an answer; `message_id` is what the channel read from it. Not every success names a message."""
    code, subcode = codes_of(reply.json)
    known = None if code is None else _BY_CODE.get((code, subcode)) or _BY_CODE.get((code, None))
    row = _row(reply.status, known, named=bool(message_id) or not names_message)
    return SendResult(
        outcome=row.outcome,
        message_id=message_id if row.outcome is Outcome.SENT else None,
        code=shown(reply.status, code, subcode),
        detail=row.why,
        retry_after=retry_after(reply.headers) if row.outcome is Outcome.RETRY else None,
        of_pair=row.outcome is Outcome.RETRY and code == _PAIR_RATE,
        usage=usage(reply.headers),
    )


def _row(status: int, known: Row | None, *, named: bool) -> Row:
    """The row for a status, given the one that the body's code names."""
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP
        return _SENT if named else _NO_ID
    if status == _TOO_MANY:
        return _TRY_LATER
    if status >= 500:  # noqa: PLR2004 - HTTP
        # Only a code that says "not accepted" may overrule a server that failed half-way.
        return known if known and known.outcome is Outcome.RETRY else _BROKEN
    return known or _REFUSED


def codes_of(body: Any) -> tuple[int | None, int | None]:  # noqa: ANN401 - an answer is anything
    """Code and subcode of an error body; None where there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None, None
    code = _number(error.get("code"))
    return code, None if code is None else _number(error.get("error_subcode"))


def shown(status: int, code: int | None, subcode: int | None) -> str:
    """Status and codes of an answer for people: `HTTP 400/100/33`."""
    return "/".join((f"HTTP {status}", *(str(number) for number in (code, subcode) if number is not None)))


def _number(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,10}", value, re.ASCII):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _REASONABLE:
        return value
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the platform says: `Retry-After`, or else the longest time of the usage header."""
    given = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", given, re.ASCII):
        return min(float(given), LONGEST_WAIT)
    # Graph seldom sends Retry-After; it tells in minutes when access comes back.
    minutes = _minutes_to_regain(headers.get("x-business-use-case-usage", ""))
    return min(minutes * 60.0, LONGEST_WAIT) if minutes > 0 else None


def _minutes_to_regain(usage: str) -> float:
    found = [case.get("estimated_time_to_regain_access") for case in _business_cases(usage)]
    return max((value for value in found if _is_number(value)), default=0)


def usage(headers: Mapping[str, str]) -> float | None:
    """How much of what is allowed is used, in per cent: the highest number of both usage headers, None without any."""
    cases = [_object(headers.get("x-app-usage", "")), *_business_cases(headers.get("x-business-use-case-usage", ""))]
    found = [case.get(name) for case in cases for name in _SHARES]
    return max((float(value) for value in found if _is_number(value) and value >= 0), default=None)


def _business_cases(header: str) -> list[dict[str, Any]]:
    lists = [cases for cases in _object(header).values() if isinstance(cases, list)]
    return [case for cases in lists for case in cases if isinstance(case, dict)]


def _object(header: str) -> dict[str, Any]:
    try:
        found = orjson.loads(header)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _REASONABLE
