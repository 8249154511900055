"""What a turn should have brought against what it did bring: differences in words, with both sides."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flows.trying.model import EffectExpected, ReplyExpected, StateExpected, TurnFile
from flows.trying.talk import Said
from middleware.domain.conversation import FlowState
from middleware.domain.forms import Buttons, Cards, Choices
from middleware.domain.messages import Reply

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was expected. `about` is the key of the test file."""

    about: str
    expected: str
    actual: str


def differences(turn: TurnFile, said: Sequence[Said], state: FlowState | None) -> list[Difference]:
    """What is not as expected after a turn: what came of it, and where a flow waits now."""
    return [*_of_replies(turn, said), *_of_words(turn, said), *_of_effects(turn, said), *_of_state(turn, state)]


def titles(reply: Reply) -> tuple[tuple[str, str | None], ...]:
    """All that can be tapped: its title, and its payload where it comes back to us."""
    quick = tuple((each.title, each.payload) for each in reply.quick_replies)
    match reply.form:
        case Buttons(buttons=buttons):
            return tuple((each.title, getattr(each, "payload", None)) for each in buttons)
        case Choices(sections=sections):
            return tuple((row.title, row.payload) for section in sections for row in section.rows)
        case Cards(cards=cards):
            return tuple((each.title, getattr(each, "payload", None)) for card in cards for each in card.buttons)
    return quick


def _of_replies(turn: TurnFile, said: Sequence[Said]) -> Iterator[Difference]:
    if turn.replies is None:
        return
    actual = [reply for each in said for reply in each.decision.replies]
    if len(actual) != len(turn.replies):
        wanted = "\n".join(_wanted(each) for each in turn.replies) or NOTHING
        yield Difference("replies", wanted, "\n".join(_shown(reply) for reply in actual) or _silence(said))
        return
    for position, (expected, reply) in enumerate(zip(turn.replies, actual, strict=True), start=1):
        where = f"replies[{position}]" if len(actual) > 1 else "replies"
        yield from _of_reply(where, expected, reply)


def _of_reply(where: str, expected: ReplyExpected, reply: Reply) -> Iterator[Difference]:
    text = reply.shown()
    if expected.template is not None and expected.template != reply.template:
        yield Difference(f"{where}.template", expected.template, _shown(reply))
    if expected.equals is not None and expected.equals.strip() != text.strip():
        yield Difference(f"{where}.equals", expected.equals.strip(), text)
    for part in expected.contains:
        if part not in text:
            yield Difference(f"{where}.contains", part, text)
    for part in expected.lacks:
        if part in text:
            yield Difference(f"{where}.lacks", f"no {part!r}", text)
    tappable = [title for title, _ in titles(reply)]
    if expected.buttons is not None and list(expected.buttons) != tappable:
        yield Difference(f"{where}.buttons", "\n".join(expected.buttons), "\n".join(tappable) or NOTHING)
    if expected.fallback is not None and expected.fallback != reply.fallback:
        yield Difference(f"{where}.fallback", str(expected.fallback).lower(), str(reply.fallback).lower())


def _of_words(turn: TurnFile, said: Sequence[Said]) -> Iterator[Difference]:
    flow = next((each.decision.flow for each in reversed(said) if each.decision.flow), None)
    locale = next((each.decision.locale for each in reversed(said) if each.decision.locale), None)
    if turn.flow is not None and turn.flow != flow:
        yield Difference("flow", turn.flow, flow or NOTHING)
    if turn.locale is not None and turn.locale != locale:
        yield Difference("locale", turn.locale, locale or NOTHING)
    reasons = [reason for each in said for reason in each.decision.why]
    for part in turn.why:
        if not any(part in reason for reason in reasons):
            yield Difference("why", part, "\n".join(reasons) or NOTHING)
    if turn.silent is not None:
        replies = [_shown(reply) for each in said for reply in each.decision.replies]
        silent = [reason for each in said for reason in (*each.silent, *each.decision.why)] or [NOTHING]
        if replies:
            yield Difference("silent", turn.silent, "\n".join(replies))
        elif not any(turn.silent in reason for reason in silent):
            yield Difference("silent", turn.silent, "\n".join(silent))


def _of_effects(turn: TurnFile, said: Sequence[Said]) -> Iterator[Difference]:
    if turn.effects is None:
        return
    actual = [_plain(effect) for each in said for effect in each.decision.effects]
    wanted = [_plain(expected) for expected in turn.effects]
    fits = len(actual) == len(wanted) and all(
        one.items() <= other.items() for one, other in zip(wanted, actual, strict=True)
    )
    if not fits:
        yield Difference("effects", _lines(wanted), _lines(actual))


def _of_state(turn: TurnFile, state: FlowState | None) -> Iterator[Difference]:
    match turn.state:
        case None:
            return
        case StateExpected() as expected:
            wanted = expected.model_dump(exclude_none=True)
            actual = {name: getattr(state, name) for name in wanted} if state is not None else {}
            if actual != wanted:
                shown = {"flow": state.flow, "step": state.step, "answers": state.answers} if state is not None else {}
                yield Difference("state", _line(wanted), _line(shown) if shown else "none")
        case "none":
            if state is not None:
                yield Difference("state", "none", f"{state.flow} waits at {state.step}")


def _plain(effect: Any) -> dict[str, Any]:  # noqa: ANN401 - an effect, or what one should be
    """An effect as the test file writes it."""
    plain: dict[str, Any] = effect.model_dump(mode="json", exclude_none=True)
    if not isinstance(effect, EffectExpected):
        plain.pop("id", None)
    return plain


def _lines(effects: list[dict[str, Any]]) -> str:
    return "\n".join(map(_line, effects)) or NOTHING


def _line(value: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {_word(each)}" for name, each in value.items())


def _word(value: Any) -> str:  # noqa: ANN401 - plain data
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _wanted(expected: ReplyExpected) -> str:
    parts = {name: value for name, value in expected.model_dump(mode="json").items() if value not in (None, [])}
    return str(parts["template"]) if list(parts) == ["template"] else _line(parts)


def _shown(reply: Reply) -> str:
    return f"{reply.template or '(no template)'}: {reply.shown()}"


def _silence(said: Sequence[Said]) -> str:
    reasons = [reason for each in said for reason in each.silent]
    return f"{NOTHING} ({'; '.join(reasons)})" if reasons else NOTHING
