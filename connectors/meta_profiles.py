"""Asking Meta what a sender has set about themselves, and what an answer means. Decided on codes only.

Source: Messenger Platform and Instagram references (User Profile API).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors import meta
from connectors.http import HttpClient, HttpReply
from connectors.meta_asking import ACCOUNT_PROBLEM, BROKEN, NOT_PERMITTED, OK, TOO_MANY, TRY_LATER, Unanswered, asked
from connectors.meta_outcomes import codes_of, retry_after, shown
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.sender_profile import ProfileAnswer, ProfileOutcome
from middleware.ports import Account

_LOCALE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?", re.ASCII)
_FARTHEST = 14
"""Hours from UTC."""

_TRY_LATER = TRY_LATER | {80007}
_NO_PROFILE = frozenset({(100, 33), (100, 2018001), (100, 2018218), (2018218, None), (9010, None)})
"""Nobody by this id, a person who has only a phone number, or one who is not to be found by this account."""
_GENERIC = 100


@dataclass(frozen=True, slots=True)
class ProfileApi:
    """How one channel is asked. `further` are fields that need permissions of their own; `consent` is the code for
    a sender who has not agreed.
    """

    person: IdentifierKind
    fields: tuple[str, ...]
    further: tuple[str, ...] = ()
    consent: frozenset[int] = frozenset()


MESSENGER = ProfileApi(IdentifierKind.MESSENGER, ("name", "first_name", "last_name"), ("locale", "timezone"))
INSTAGRAM = ProfileApi(IdentifierKind.INSTAGRAM, ("name",), consent=frozenset({230}))


async def ask(
    http: HttpClient,
    account: Account,
    url: str,
    sender: Identifier,
    api: ProfileApi,
    *,
    name_only: bool,
    seconds: float,
) -> ProfileAnswer:
    """What the platform says of a sender, who is at `url`. Where language and time zone are not permitted, the name is
    asked for alone. Takes at most `seconds` and never raises.
    """
    if sender.kind is not api.person or sender.scope != account.id:
        return ProfileAnswer(outcome=ProfileOutcome.NO_PROFILE, detail="not a sender of this account")
    if name_only or not api.further:
        return await _answer(http, account, url, api, api.fields, seconds)
    answer = await _answer(http, account, url, api, api.fields + api.further, seconds / 2)
    if answer.outcome is not ProfileOutcome.NOT_PERMITTED:
        return answer
    name = await _answer(http, account, url, api, api.fields, seconds / 2)
    return name.model_copy(update={"limited": name.outcome is not ProfileOutcome.NOT_PERMITTED, "code": answer.code})


async def _answer(
    http: HttpClient,
    account: Account,
    url: str,
    api: ProfileApi,
    fields: tuple[str, ...],
    seconds: float,
) -> ProfileAnswer:
    reply = await asked(http, account, url, fields, seconds)
    if isinstance(reply, Unanswered):
        return ProfileAnswer(outcome=ProfileOutcome(reply.outcome), detail=reply.detail)
    return _judged(reply, api)


def _judged(reply: HttpReply, api: ProfileApi) -> ProfileAnswer:
    code, subcode = codes_of(reply.json)
    if reply.status == OK and isinstance(reply.json, dict) and "error" not in reply.json:
        return _read(reply.json)
    outcome = _outcome(reply.status, code, subcode, api)
    said = shown(reply.status, code, subcode)
    return ProfileAnswer(
        outcome=outcome,
        code=said,
        detail=said,
        retry_after=retry_after(reply.headers) if outcome is ProfileOutcome.RETRY else None,
    )


def _outcome(status: int, code: int | None, subcode: int | None, api: ProfileApi) -> ProfileOutcome:
    if {(code, subcode), (code, None)} & _NO_PROFILE:
        return ProfileOutcome.NO_PROFILE
    if code in api.consent:
        return ProfileOutcome.NEEDS_CONSENT
    if code in ACCOUNT_PROBLEM:
        return ProfileOutcome.ACCOUNT_PROBLEM
    if status == TOO_MANY or status >= BROKEN or code in _TRY_LATER:
        return ProfileOutcome.RETRY
    if code in NOT_PERMITTED:
        return ProfileOutcome.NOT_PERMITTED
    return ProfileOutcome.NO_PROFILE if code == _GENERIC and subcode is None else ProfileOutcome.REFUSED


def _read(body: Mapping[str, Any]) -> ProfileAnswer:
    """What was told, bounded like any input. Where nothing may be told the answer is an empty object."""
    parts = (meta.title(body.get("first_name")), meta.title(body.get("last_name")))
    name = meta.title(body.get("name")) or " ".join(filter(None, parts)) or None
    locale, zone = _locale(body.get("locale")), _time_zone(body.get("timezone"))
    known = ProfileOutcome.ANSWERED if name or locale or zone else ProfileOutcome.NO_PROFILE
    return ProfileAnswer(outcome=known, name=name, locale=locale, time_zone=zone)


def _locale(value: object) -> str | None:
    return value.replace("-", "_") if isinstance(value, str) and _LOCALE.fullmatch(value) else None


def _time_zone(value: object) -> str | None:
    """Meta writes the hours from UTC as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_FARTHEST <= value <= _FARTHEST:
        return None
    minutes = round(value * 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
