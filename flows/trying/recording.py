"""Turns that were decided for real customers, written down as a test of flows.

What customers wrote, and what names, numbers and addresses there are of them, stays out unless it is wanted: the words
are then those of the phrase that matched.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any, get_args

import yaml

from flows.engine.model import shown_time
from flows.language.program import Value
from flows.preview.building import last_word, reworded
from flows.preview.real import customer_in
from flows.schema import Field
from middleware.domain.context import HANDED_OVER, LOOKUPS, Context
from middleware.domain.events import NewsKind
from middleware.domain.turn import Effect, Turn
from middleware.errors import FlowError

LEFT_OUT = "(left out: write what a customer would)"

_PHRASE = re.compile(r"intent '(.+)' \([a-z]{2,3}(?:_[A-Z]{2})?\)")
_NEWS = re.compile(rf"[a-z0-9_]+: ({'|'.join(get_args(NewsKind))})")
_BY_REFERRAL = "came through an ad or a link"
_WAITED = timedelta(seconds=60)
_LONGEST = timedelta(days=7)
_LARGEST = 9_999

_WORKED_OUT = frozenset({
    "orders.latest", "orders.asked", "orders.mentioned", "orders.count", "product.asked", "product.asks_price",
    "product.asks_stock", "product.sentence", "product.unanswered", "support.latest", "cart.count",
})  # fmt: skip
"""Values that come from the message, or from others."""

_SAMPLE = "sample"

_MADE_UP = {
    "name": "Sam Sample", "first_name": "Sam", "last_name": "Sample", "company": "Sample Ltd", "job_title": "Buyer",
    "subject": "A question", "carrier": "Post",
}  # fmt: skip
"""What stands for the words of a customer, by the last word of the value."""


def recorded(turns: Sequence[Turn], *, keep_text: bool = False) -> str:
    """A file of tests, in YAML: one test for each conversation, with its turns in the order of time.

    Raises FlowError where a turn cannot be the first of a test: a flow was waiting, or nobody wrote.
    """
    ordered = sorted(turns, key=lambda turn: (turn.conversation_id, turn.decided_at))
    tests = [
        _test(number, list(group), keep_text=keep_text)
        for number, (_, group) in enumerate(groupby(ordered, key=lambda turn: turn.conversation_id), start=1)
    ]
    return yaml.safe_dump({"tests": tests}, sort_keys=False, allow_unicode=True, width=110)


def _test(number: int, turns: list[Turn], *, keep_text: bool) -> dict[str, Any]:
    first, context = turns[0], _context(turns[0])
    conversation = context.conversation
    if first.unasked:
        raise FlowError(f"turn {first.id} was begun by a timer; name the turn before it, too")
    if conversation is not None and conversation.flow is not None:
        raise FlowError(f"before turn {first.id} {conversation.flow} was waiting; name the turns from its beginning on")
    written: list[dict[str, Any]] = []
    for before, turn in zip([None, *turns[:-1]], turns, strict=True):
        written += _turns(turn, _gap(before, turn), keep_text=keep_text)
    return {
        "test": f"recorded {number}",
        "customer": _customer(_with_all_look_ups(context, turns), keep_text=keep_text),
        "channel": first.channel,
        "at": first.decided_at.replace(microsecond=0).isoformat(),
        "turns": written,
    }


def _with_all_look_ups(context: Context, turns: list[Turn]) -> Context:
    """The context with what was looked up in any of the turns; of one look-up what it said first."""
    said = {name: each for turn in reversed(turns) for name, each in (_context(turn).lookups or {}).items()}
    return context.model_copy(update={"lookups": said or None})


def _gap(before: Turn | None, turn: Turn) -> timedelta:
    """How much time passed before a turn: before one that a timer began no less than that was set to."""
    if before is None:
        return timedelta()
    state = before.decision.next_state
    rings_at = state.rings_at if turn.unasked and state is not None else None
    return max(turn.decided_at, rings_at or turn.decided_at) - before.decided_at


def _shown(gap: timedelta) -> str:
    """A gap as files have it, rounded up: no more than four digits."""
    seconds = min(gap, _LONGEST).total_seconds()
    unit = next(unit for unit in (1, 60, 3_600) if ceil(seconds / unit) <= _LARGEST)
    return shown_time(timedelta(seconds=ceil(seconds / unit) * unit))


def _context(turn: Turn) -> Context:
    """The context as it was handed over. The lines of the conversation are not kept with a turn."""
    return Context.model_validate(turn.context)


def _turns(turn: Turn, gap: timedelta, *, keep_text: bool) -> list[dict[str, Any]]:
    """A turn as the file has it; time that passed before is one of its own, unless the turn came of it."""
    waited = {"waits": _shown(gap)}
    expected = _expected(turn)
    if turn.unasked:
        news = next((match[1] for each in turn.decision.why if (match := _NEWS.fullmatch(each))), None)
        return [{"news": news, **expected}] if news is not None else [{**waited, **expected}]
    done = {**_done(turn, keep_text=keep_text), **expected}
    return [waited, done] if gap >= _WAITED else [done]


def _done(turn: Turn, *, keep_text: bool) -> dict[str, Any]:
    """What the customer did."""
    context, why = _context(turn), turn.decision.why
    message = context.message
    by_ad = {"comes_by": {"source": "ADS"}} if message is None or any(_BY_REFERRAL in each for each in why) else {}
    if context.proof is not None and context.proof.code is not None:
        return {"gives_code": context.proof.code}
    if message is None:
        return by_ad
    if message.payload is not None:
        return {"presses": message.payload}
    if not message.text:
        return by_ad or {"sends": message.kind}
    phrase = next((match[1] for each in why if (match := _PHRASE.search(each))), LEFT_OUT)
    return {**by_ad, "says": message.text if keep_text else phrase}


def _expected(turn: Turn) -> dict[str, Any]:
    decision = turn.decision
    expected: dict[str, Any] = {"replies": [reply.template or {"equals": reply.text} for reply in decision.replies]}
    if decision.flow is not None:
        expected["flow"] = decision.flow
    if decision.locale is not None:
        expected["locale"] = decision.locale
    expected["effects"] = [_effect(effect) for effect in decision.effects]
    state = decision.next_state
    expected["state"] = {"flow": state.flow, "step": state.step} if state is not None else "none"
    return expected


def _effect(effect: Effect) -> str | dict[str, Any]:
    known = effect.model_dump(mode="json", exclude={"id", "masked"}, exclude_defaults=True)
    return {"effect": effect.effect, **known} if known else effect.effect


def _customer(context: Context, *, keep_text: bool) -> dict[str, Any]:
    claimed = {name: each.value for name, each in context.profile.claimed.items()}
    customer: dict[str, Any] = {"level": context.identity.level.name.lower()}
    locale = claimed.get("locale") or context.profile.locale
    if locale is not None:
        customer["locale"] = locale
    if "time_zone" in claimed:
        customer["zone"] = claimed["time_zone"]
    customer["first_message"] = context.conversation is not None and context.conversation.first_message
    customer["codes"] = context.proof is not None
    values = _values(context)
    customer["values"] = values if keep_text else reworded(values, _Renaming().words)
    return customer


def _values(context: Context) -> dict[str, Value]:
    """What the flows could read, without what comes of the message itself."""
    values = customer_in(context).values
    kept = {name: _kept(name, values[name]) for name in ("profile", *HANDED_OVER, "links") if values.get(name)}
    conversation = context.conversation
    if conversation is not None and (conversation.tags or conversation.intent):
        noted: dict[str, Value] = {"tags": list(conversation.tags), "intent": conversation.intent}
        kept["conversation"] = {name: value for name, value in noted.items() if value}
    profile = kept.get("profile")
    if isinstance(profile, dict):
        kept["profile"] = {name: value for name, value in profile.items() if name != "locale"}
    return {name: value for name, value in kept.items() if value}


def _kept(path: str, value: Value) -> Value:
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if f"{path}.{name}" not in _WORKED_OUT}


def _of_another_system(field: Field, before: str) -> str:
    """What stands for a text that a look-up said: a time as it was, or else nothing of it."""
    try:
        datetime.fromisoformat(before)
    except ValueError:
        is_link = before.startswith(("https://", "http://"))
        return f"https://shop.example/{field.path.replace('.', '/')}" if is_link else _SAMPLE
    return before


class _Renaming:
    """Made-up words in place of a customer's; the same number is the same again."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def words(self, field: Field, before: str) -> str:
        """What stands for a text."""
        word = last_word(field.path)
        if field.path.startswith(f"{LOOKUPS}."):
            return _of_another_system(field, before)
        if word == "number":
            return self._numbers.setdefault(before, f"#{1001 + len(self._numbers)}")
        if word == "url" or field.path.startswith("links."):
            return f"https://shop.example/{field.path.replace('.', '/')}"
        return _MADE_UP.get(word, before)
