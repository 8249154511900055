"""The trace of a turn from what is kept of it. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import ValidationError

from middleware.domain.context import BLOCKS, LOOKUPS, Context
from middleware.domain.engines import EngineAsked
from middleware.domain.forms import Buttons, Choices
from middleware.domain.messages import Reply
from middleware.domain.record import Record
from middleware.domain.reply_results import Receipts
from middleware.domain.template_versions import THE_FILE
from middleware.domain.trace import (
    Trace,
    TraceBlock,
    TraceBurst,
    TraceEvent,
    TraceMessage,
    TracePart,
    TraceReceipt,
    TraceTemplate,
    TraceTimes,
    TraceWho,
)
from middleware.domain.turn import CodeRequested, HandedOver, LinkIssued, OutboundMessage, Paired, Turn
from middleware.pipeline.trace.engine import engine_of
from middleware.pipeline.trace.outcome import outcome_of, standing
from middleware.pipeline.trace.reading import REACHED, SEEN_WITHIN, Kept

_UNREADABLE = "the context was kept by another version of Throughline: who it was and what was known is left out"
_NO_CONTEXT = "the customer took the message back: its words and the context are gone"
_NO_EVENT = "the event is not on record any more"


def told(kept: Kept, now: datetime) -> Trace:
    """The trace, with all words."""
    turn = kept.turn
    notes: list[str] = []
    context = _context(turn, notes)
    if kept.event is None:
        notes.append(_NO_EVENT)
    messages = tuple(_message(kept, each) for each in turn.messages)
    return Trace(
        turn=turn.id,
        brand=kept.brand,
        conversation=turn.conversation_id,
        channel=turn.channel,
        account=turn.account,
        decided_at=turn.decided_at,
        outcome=outcome_of(turn, messages),
        agent=turn.act.by if turn.act is not None else None,
        flow=turn.decision.flow,
        locale=turn.decision.locale,
        release=turn.decision.release,
        event=_event(kept),
        burst=_burst(kept),
        who=_who(turn, context),
        blocks=tuple(_blocks(context)) if context is not None else (),
        why=turn.decision.why,
        reasons=turn.reasons,
        effects=tuple(effect_in_words(each) for each in turn.decision.effects),
        engine=engine_of(kept, now),
        messages=messages,
        times=_times(kept, messages),
        notes=tuple(notes),
    )


def _context(turn: Turn, notes: list[str]) -> Context | None:
    if not turn.context:
        notes.append(_NO_CONTEXT)
        return None
    try:
        return Context.model_validate(turn.context)
    except ValidationError:
        notes.append(_UNREADABLE)
        return None


def _event(kept: Kept) -> TraceEvent:
    turn, event = kept.turn, kept.event
    if event is None:
        return TraceEvent(key=turn.event_key, came="gone", written_at=turn.sent_at, taken_back=not turn.context)
    message, referral = event.message, event.referral
    came_by = (referral.headline or referral.ad_id or referral.ref or referral.source) if referral is not None else None
    return TraceEvent(
        key=event.key,
        came="waiting" if kept.is_waiting else "recorded",
        kind=event.kind,
        written_at=event.occurred_at,
        received_at=event.received_at,
        message_id=message.id if message is not None else None,
        message_kind=message.kind if message is not None else None,
        text=message.text if message is not None and turn.context else None,
        payload=message.payload if message is not None else None,
        attachments=tuple(each.kind for each in message.attachments) if message is not None else (),
        referral=came_by,
        taken_back=not turn.context,
    )


def _burst(kept: Kept) -> TraceBurst | None:
    turn = kept.turn
    if turn.part is not None:
        following = next((each for each in kept.after if each.ends_burst), None)
        return TraceBurst(answered_by=following.id if following is not None else None)
    parts: list[TracePart] = []
    for earlier in reversed(kept.before if turn.ends_burst else ()):
        if earlier.ends_burst:
            break
        if earlier.part is not None:
            event = kept.events.get(earlier.event_key)
            text = event.message.text if event is not None and event.message is not None else None
            parts.insert(0, TracePart(turn=earlier.id, at=earlier.part.at, text=text if earlier.context else None))
    return TraceBurst(parts=tuple(parts), answered_by=turn.id) if parts else None


def _who(turn: Turn, context: Context | None) -> TraceWho:
    sender = turn.recipient[0].masked() if turn.recipient else ""
    if context is None:
        return TraceWho(profile_id=turn.profile_id or None, sender=sender)
    identity = context.identity
    return TraceWho(
        profile_id=identity.profile_id or turn.profile_id or None,
        sender=sender,
        level=identity.level,
        name=context.profile.name,
        identifiers=identity.identifiers,
        why=identity.why,
        claims=identity.claims,
    )


def _blocks(context: Context) -> Iterable[TraceBlock]:
    """Every block that was handed over, with its age at that time; without its value."""
    looked_up = {f"{LOOKUPS}.{name}": each for name, each in (context.lookups or {}).items()}
    for name, block in {**{name: getattr(context, name) for name in BLOCKS}, **looked_up}.items():
        if block is not None:
            age = (context.at - block.as_of).total_seconds() if block.as_of is not None else None
            yield TraceBlock(
                name=name,
                state=block.state,
                needs_level=block.needs_level,
                source=block.source,
                as_of=block.as_of,
                age=max(0.0, age) if age is not None else None,
                why=block.why,
            )


def effect_in_words(effect: Record) -> str:
    """What follows from a decision beside its replies, in words."""
    match effect:
        case LinkIssued(purpose=purpose):
            return f"a personal link for {purpose}"
        case HandedOver(reason=reason):
            return f"handed over: {reason}"
        case CodeRequested():
            return "a one-time code is asked for"
        case Paired(login=login):
            return f"the conversation is paired with {login}"
        case EngineAsked(engine=engine):
            return f"engine {engine} is asked"
    return str(getattr(effect, "effect", "an effect")).replace("_", " ")


def _message(kept: Kept, message: OutboundMessage) -> TraceMessage:
    """A message. While its fate is open, the conversation's outbox knows more than the turn."""
    stands = standing(kept.conversation, message)
    return TraceMessage(
        key=message.key,
        text=message.reply.shown(),
        form=message.reply.form.kind if message.reply.form is not None else None,
        choices=choices_of(message.reply),
        template=_template(kept, message.reply),
        state=stands.state,
        reason=message.reason,
        code=message.code,
        attempts=stands.attempts,
        message_id=message.message_id,
        settled_at=message.settled_at,
        not_before=stands.not_before,
        receipts=tuple(_receipts(kept, message)),
    )


def choices_of(reply: Reply) -> tuple[str, ...]:
    """The titles of what a customer can press: its quick replies, buttons or rows."""
    match reply.form:
        case Buttons(buttons=buttons):
            return tuple(each.title for each in buttons)
        case Choices(sections=sections):
            return tuple(row.title for section in sections for row in section.rows)
    return tuple(each.title for each in reply.quick_replies)


def _template(kept: Kept, reply: Reply) -> TraceTemplate | None:
    if reply.template is None:
        return None
    version, perhaps_before = _version(kept, reply.template)
    return TraceTemplate(
        name=reply.template,
        locale=reply.locale,
        variant=reply.variant,
        version=version,
        perhaps_before=perhaps_before,
        fallback=reply.fallback,
    )


def _version(kept: Kept, name: str) -> tuple[int | None, bool]:
    """The version that was published when it was decided, and whether the one before it may have been said yet."""
    at, versions = kept.turn.decided_at, kept.versions.get(name, ())
    for version in versions:
        if version.at <= at:
            return version.number, at - version.at < SEEN_WITHIN
    if not versions or versions[-1].before == THE_FILE:
        return THE_FILE, False
    return None, False


def _receipts(kept: Kept, message: OutboundMessage) -> Iterable[TraceReceipt]:
    """What the platform reported of a message, each status when it was reported first."""
    seen: dict[str, datetime | None] = {}
    for report in kept.reports:
        if report.receipt is not None:
            for status in Receipts([report.receipt]).of(message):
                seen.setdefault(status, report.occurred_at)
    lines = kept.conversation.lines if kept.conversation is not None else ()
    line = next((each for each in lines if each.id in {message.message_id, message.key}), None)
    if line is not None and line.status not in {None, "sent"}:
        seen.setdefault(str(line.status), None)
    order = sorted(seen, key=lambda status: (REACHED.index(status) if status in REACHED else len(REACHED), status))
    return (TraceReceipt(status=status, at=seen[status]) for status in order)


def _times(kept: Kept, messages: tuple[TraceMessage, ...]) -> TraceTimes:
    received = kept.event.received_at if kept.event is not None else None
    settled = max((each.settled_at for each in messages if each.settled_at is not None), default=None)
    decided = kept.turn.decided_at
    return TraceTimes(
        waited=_seconds(received, decided), sending=_seconds(decided, settled), whole=_seconds(received, settled)
    )


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    return (end - begin) / timedelta(seconds=1) if begin is not None and end is not None else None
