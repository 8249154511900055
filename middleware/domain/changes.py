"""How a conversation changes: what was heard and decided, and by whom else it is answered. Doing it twice is once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from middleware.domain.conversation import (
    KEPT_CLAIMS,
    KEPT_OUTBOX,
    KEPT_TAGS,
    KEPT_TURNS,
    MOST_ANSWERS,
    Awaiting,
    Claim,
    Consent,
    Conversation,
    Owner,
    Part,
    keep_last,
)
from middleware.domain.events import Event, EventKind, Message
from middleware.domain.late import TOO_OLD_FOR_BOT, answered, is_late, with_late
from middleware.domain.lines import has_line, line_of, with_line
from middleware.domain.outgoing import queued, without_settled
from middleware.domain.policy import TOO_OLD, consent_word
from middleware.domain.turn import (
    Effect,
    HandedOver,
    IntentNoted,
    NameClaimed,
    Tagged,
    Turn,
)

_LONG_AGO = timedelta(hours=1)

OPENS_WINDOW = frozenset({EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL, EventKind.REACTION})
"""What a customer does that lets us write for 24 hours (Meta: standard messaging window)."""

SAID_BY_CUSTOMER = frozenset({EventKind.MESSAGE, EventKind.POSTBACK, EventKind.STANDBY})
"""The kinds whose message is the customer's own words."""


def heard(conversation: Conversation, event: Event, claims: tuple[Claim, ...] = ()) -> Conversation:
    """The conversation after something the customer did."""
    changes: dict[str, object] = {}
    if _in_group(event):
        return conversation
    if event.kind in OPENS_WINDOW:
        changes["last_inbound_at"] = max(conversation.last_inbound_at or event.occurred_at, event.occurred_at)
    said = event.message if event.kind in SAID_BY_CUSTOMER else None
    if said is not None and not has_line(conversation, said.id):
        changes["lines"] = with_line(conversation, line_of(said, "customer", event.occurred_at))
        changes["claims"] = keep_last(_merged(conversation.claims, claims), KEPT_CLAIMS)
        if _is_latest(conversation, event):
            changes |= {"unreachable": None, "closed_at": None}
    if said is not None and (word := consent_word(said.text)) is not None:
        changes["consent"] = _latest(conversation.consent, Consent(granted=word, at=event.occurred_at))
    if event.optin is not None:
        marketing = Consent(granted=event.optin.granted, at=event.occurred_at)
        changes["marketing"] = _latest(conversation.marketing, marketing)
    return conversation.model_copy(update=changes)


def decided(conversation: Conversation, turn: Turn, now: datetime) -> Conversation:
    """The conversation after a turn: its messages wait in the outbox, its flow state is the present one."""
    if turn.id in conversation.applied or (turn.done and turn.messages) or _is_history(turn, now):
        return without_settled(conversation, turn)
    waiting = queued(turn, now)
    effects = turn.decision.effects
    handed_over = [_shown_reason(effect) for effect in effects if isinstance(effect, HandedOver)]
    intents = [effect.intent for effect in effects if isinstance(effect, IntentNoted)]
    named = (effect.masked for effect in effects if isinstance(effect, NameClaimed))
    claims = tuple(Claim(kind="name", masked=masked, at=turn.sent_at) for masked in named)
    if TOO_OLD in turn.reasons and not turn.unasked:
        handed_over.append(TOO_OLD_FOR_BOT)
    return conversation.model_copy(
        update={
            "applied": keep_last((*conversation.applied, turn.id), KEPT_TURNS),
            "outbox": keep_last((*conversation.outbox, *waiting), KEPT_OUTBOX),
            "answered_at": keep_last((*conversation.answered_at, *((now,) if waiting else ())), MOST_ANSWERS),
            "claims": keep_last(_merged(conversation.claims, claims), KEPT_CLAIMS),
            "flow_state": turn.decision.next_state,
            "awaiting": _awaiting(conversation, turn),
            "parts": _parts(conversation, turn),
            "tags": keep_last(tagged(conversation.tags, effects), KEPT_TAGS),
            "intent": intents[-1] if intents else conversation.intent,
            "locale": turn.decision.locale or conversation.locale,
            "needs_person": handed_over[-1] if handed_over else conversation.needs_person,
            **(with_late(conversation, turn, now) if is_late(turn) else {}),
        }
    )


def _awaiting(conversation: Conversation, turn: Turn) -> Awaiting | None:
    """Which engine's answer is awaited after a turn: that which it asked for, or still an earlier one."""
    asked = turn.asked()
    if asked is not None:
        return Awaiting(turn=turn.id, until=turn.decided_at + timedelta(seconds=asked.within))
    known = conversation.awaiting
    return None if known is not None and known.turn == turn.answers else known


def _parts(conversation: Conversation, turn: Turn) -> tuple[Part, ...]:
    """The parts of a burst that are still to be answered."""
    if turn.part is not None:
        return (*conversation.parts, turn.part)
    return () if turn.ends_burst else conversation.parts


def tagged(tags: Iterable[str], effects: Iterable[Effect]) -> tuple[str, ...]:
    """Tags after what a turn adds and takes away, sorted."""
    after = set(tags)
    for effect in effects:
        if isinstance(effect, Tagged):
            after = (after | set(effect.add)) - set(effect.remove)
    return tuple(sorted(after))


def _shown_reason(effect: HandedOver) -> str:
    return f"{effect.to}: {effect.reason}" if effect.to != "person" else effect.reason


def _is_history(turn: Turn, now: datetime) -> bool:
    """Whether the turn ended long ago: its delivery was told again, and more turns followed than are remembered."""
    return turn.done and now - turn.decided_at > _LONG_AGO


def taken_over(conversation: Conversation, echo: Message, at: datetime, pause: timedelta) -> Conversation:
    """The conversation after a person of the brand wrote: the bot is silent for `pause`. Told twice, it is once."""
    if has_line(conversation, echo.id):
        return conversation
    line = line_of(echo, "human", at)
    changes: dict[str, object] = {"lines": with_line(conversation, line), **answered(conversation, at)}
    grows = conversation.owner_until is None or conversation.owner_until < at + pause
    if grows:
        # What a flow was waiting for is the person's business now.
        changes |= {"needs_person": None, "flow_state": None, **held_by_person(conversation, at + pause)}
    return conversation.model_copy(update=changes)


def held_by_person(conversation: Conversation, until: datetime | None) -> dict[str, object]:
    """What changes when a person has the conversation until then at least; a longer hold, or pause, stays as it is."""
    if conversation.owner is not Owner.BOT and _lasts(conversation.owner_until, until):
        return {}
    return {"owner": Owner.HUMAN, "owner_until": until}


def _lasts(hold: datetime | None, until: datetime | None) -> bool:
    """Whether a hold lasts at least until then; None has no end."""
    return hold is None or (until is not None and hold >= until)


def said_by_other_bot(conversation: Conversation, echo: Message, at: datetime) -> Conversation:
    """The conversation after the bot wrote that answers here in our place. Told twice, it is once."""
    if has_line(conversation, echo.id):
        return conversation
    return conversation.model_copy(update={"lines": with_line(conversation, line_of(echo, "bot", at))})


def is_own_line(conversation: Conversation, message_id: str) -> bool:
    """Whether a platform message id is one that we know we sent."""
    return message_id in conversation.own_ids


def _is_latest(conversation: Conversation, event: Event) -> bool:
    """Whether nothing later has been heard: what is told again long after is no sign of life."""
    return conversation.last_inbound_at is None or event.occurred_at >= conversation.last_inbound_at


def _merged(known: tuple[Claim, ...], said: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """All claims, each once, as it was last made; in order of time, so that an old one told again changes nothing."""
    latest = {(claim.kind, claim.masked): claim for claim in sorted((*known, *said), key=_made)}
    return tuple(sorted(latest.values(), key=_made))


def _made(claim: Claim) -> tuple[datetime, str, str]:
    return (claim.at, claim.kind, claim.masked)


def _latest(known: Consent | None, said: Consent) -> Consent:
    """The later of two words; of two at one time the refusal."""
    if known is None:
        return said
    return max(known, said, key=lambda consent: (consent.at, not consent.granted))


def _in_group(event: Event) -> bool:
    return event.message is not None and event.message.group is not None
