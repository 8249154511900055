"""A turn decided again from what it keeps: the same function as then, nothing read, written or sent."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from middleware.domain.again import Told, TurnAgain, Verdict, What
from middleware.domain.context import Block, Context
from middleware.domain.engines import EngineAsked
from middleware.domain.events import Event
from middleware.domain.messages import Reply
from middleware.domain.on_demand import NOBODY_ASKED, all_missing
from middleware.domain.turn import Decision, Effect, Paired, Turn
from middleware.errors import NotEnriched
from middleware.pipeline.decide import decided_on, too_many
from middleware.pipeline.trace.telling import choices_of, effect_in_words
from middleware.ports import Channel, FlowRunner

TAKEN_BACK = "the customer took the message back: its words and the context are gone"
BY_AGENT = "an agent did it: no flow was asked"
NO_EVENT = "the event is not on record any more"
OTHER_CONTEXT = "the context was kept by another version of Throughline"

_LINES = "the earlier lines of the conversation: they tell a language only where the message and the profile do not"

_SHOWN = {"flow", "locale", "replies", "effects", "why", "release"}
"""What of a decision is compared by itself, or not at all; the locale is that of its messages. All else is state."""


async def decided_again(
    turn: Turn, event: Event | None, flows: FlowRunner, channels: Mapping[str, Channel]
) -> TurnAgain:
    """The turn as it would be decided now, on the context and the state that it was decided on.

    Whether anything may be said stays as it was then; an engine is not asked, and nothing is looked up.
    """
    channel = channels.get(turn.channel)
    if turn.act is not None:
        return _not_possible(turn, BY_AGENT)
    if not turn.context:
        return _not_possible(turn, TAKEN_BACK)
    if event is None:
        return _not_possible(turn, NO_EVENT)
    if channel is None:
        return _not_possible(turn, f"there is no channel {turn.channel} any more")
    try:
        context = Context.model_validate(turn.context)
    except ValidationError:
        return _not_possible(turn, OTHER_CONTEXT)
    now, decided_with = turn.decision, context
    if not _stays(turn, context):
        whole = _whole(event, context)
        now, decided_with = await decided_on(flows, whole, turn.state, context, channel.capabilities, _nobody_asked)
    differs = _differs(turn.decision, now)
    return TurnAgain(
        turn=turn.id,
        event=turn.event_key,
        channel=turn.channel,
        decided_at=turn.decided_at,
        verdict=_verdict(differs),
        differs=differs,
        then=_told(turn.decision),
        now=_told(now),
        diff=_diff(_told(turn.decision), _told(now)),
        not_restored=_not_restored(turn, context, now, decided_with),
    )


def _not_possible(turn: Turn, because: str) -> TurnAgain:
    return TurnAgain(
        turn=turn.id,
        event=turn.event_key,
        channel=turn.channel,
        decided_at=turn.decided_at,
        verdict="not_possible",
        then=_told(turn.decision),
        because=because,
    )


def _whole(event: Event, context: Context) -> Event:
    """The event as it was decided on: with the words of its burst, as the context has them."""
    if event.message is None or context.message is None:
        return event
    return event.model_copy(update={"message": event.message.model_copy(update={"text": context.message.text})})


def _stays(turn: Turn, context: Context) -> bool:
    """Whether no flow was asked then: nothing could be said, more was being written, a conversation was
    paired, or too much was said already.
    """
    is_paired = any(isinstance(each, Paired) for each in turn.decision.effects)
    return turn.part is not None or is_paired or not context.policy.may_reply or too_many(turn.decision)


async def _nobody_asked(_: Context, lacking: NotEnriched) -> dict[str, Block[Any]]:
    """What was not asked for then is missing now."""
    return all_missing(lacking.blocks)


def _not_restored(turn: Turn, context: Context, now: Decision, decided_with: Context) -> tuple[str, ...]:
    """What the decision may have read and the turn does not keep; and what nobody knows of the new one."""
    if _stays(turn, context):
        return ()
    conversation, found = context.conversation, []
    if conversation is not None and not conversation.first_message:
        found.append(_LINES)
    if conversation is not None and conversation.flow is not None and turn.state is None:
        found.append(f"where the flow {conversation.flow} stood")
    asked_then = {each.engine for each in turn.decision.effects if isinstance(each, EngineAsked)}
    asked_now = {each.engine for each in now.effects if isinstance(each, EngineAsked)}
    found += [f"what the engine {each} would say: it was not asked then" for each in sorted(asked_now - asked_then)]
    found += [f"{name}: it was not asked for then" for name in _lacking(decided_with)]
    return tuple(found)


def _lacking(context: Context) -> Iterator[str]:
    """The blocks on demand that the flows wanted now, and that the turn does not keep."""
    for name, block in (context.lookups or {}).items():
        if block.why == NOBODY_ASKED:
            yield f"what the look-up {name} would say"
    if context.recommendations is not None and context.recommendations.why == NOBODY_ASKED:
        yield "what would be recommended"


def _differs(then: Decision, now: Decision) -> tuple[What, ...]:
    pairs: tuple[tuple[What, object, object], ...] = (
        ("flow", then.flow, now.flow),
        ("messages", then.replies, now.replies),
        ("effects", tuple(map(_essence, then.effects)), tuple(map(_essence, now.effects))),
        ("state", then.model_dump(exclude=_SHOWN), now.model_dump(exclude=_SHOWN)),
        ("why", then.why, now.why),
    )
    return tuple(what for what, one, other in pairs if one != other)


def _essence(effect: Effect) -> Effect:
    """The effect without what the settings say of it: how long an engine may take is no decision."""
    return effect.model_copy(update={"within": 0.0}) if isinstance(effect, EngineAsked) else effect


def _verdict(differs: tuple[What, ...]) -> Verdict:
    if not differs:
        return "same"
    return "other_reasons" if differs == ("why",) else "different"


def _told(decision: Decision) -> Told:
    return Told(
        flow=decision.flow,
        messages=tuple(map(_in_lines, decision.replies)),
        effects=tuple(map(effect_in_words, decision.effects)),
        why=decision.why,
    )


def _in_lines(reply: Reply) -> str:
    """A message as lines that can be compared: where it comes from, its words, what it is beside them."""
    variant = f", variant {reply.variant}" if reply.variant else ""
    fallback = ", its fallback" if reply.fallback else ""
    source = f"template {reply.template}" if reply.template is not None else "no template"
    lines = [f"[{source}, {reply.locale or 'no locale'}{variant}{fallback}]", *reply.text.splitlines()]
    lines += [f"[choice] {each}" for each in choices_of(reply)]
    if reply.form is not None:
        lines.append(f"[{reply.form.kind}] {reply.form.model_dump_json(exclude_none=True)}")
    return "\n".join(lines)


def _diff(then: Told, now: Told) -> str:
    """A unified diff of the messages; empty where they are the same."""
    before, after = ("\n\n".join(each.messages).splitlines() for each in (then, now))
    return "\n".join(difflib.unified_diff(before, after, "then", "now", lineterm=""))
