"""How a conversation changes: what was heard, decided, claimed, sent and reported. Pure; doing it twice is once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from middleware.domain.conversation import (
    KEPT_CLAIMS,
    KEPT_LINES,
    KEPT_OUTBOX,
    KEPT_OWN_IDS,
    KEPT_TAGS,
    KEPT_TURNS,
    MOST_ANSWERS,
    Awaiting,
    Claim,
    Consent,
    Conversation,
    Line,
    OutboxEntry,
    Owner,
    Part,
    keep_last,
)
from middleware.domain.events import Event, EventKind, Message, Receipt
from middleware.domain.late import TOO_OLD_FOR_BOT, answered, is_late, reworded, with_late
from middleware.domain.messages import SendState
from middleware.domain.policy import ANOTHER_BOT, HUMAN_OWNER, NOT_LEFT, PAUSED, STOPPED, TOO_OLD, consent_word
from middleware.domain.turn import (
    Effect,
    HandedOver,
    IntentNoted,
    NameClaimed,
    OutboundMessage,
    Tagged,
    Turn,
    text_hash,
)

UNKNOWN_REPLY = "a reply may not have been sent"

AS_WANTED = frozenset({STOPPED, HUMAN_OWNER, PAUSED, ANOTHER_BOT, *NOT_LEFT})
"""Reasons for which a reply that is not sent needs nobody's attention."""

SHOWN_TEXT = 1_000
"""Characters of a message that the conversation keeps; the event has all of it."""

_LONG_AGO = timedelta(hours=1)

ECHO_MATCHES_WITHIN = timedelta(minutes=10)

OPENS_WINDOW = frozenset({EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL, EventKind.REACTION})
"""What a customer does that lets us write for 24 hours (Meta: standard messaging window)."""

SAID_BY_CUSTOMER = frozenset({EventKind.MESSAGE, EventKind.POSTBACK, EventKind.STANDBY})
"""The kinds whose message is the customer's own words."""

_RANK = {"sent": 1, "delivered": 2, "read": 3, "played": 4, "failed": 5}


def heard(conversation: Conversation, event: Event, claims: tuple[Claim, ...] = ()) -> Conversation:
    """The conversation after something the customer did."""
    changes: dict[str, object] = {}
    if _in_group(event):
        return conversation
    if event.kind in OPENS_WINDOW:
        changes["last_inbound_at"] = max(conversation.last_inbound_at or event.occurred_at, event.occurred_at)
    said = event.message if event.kind in SAID_BY_CUSTOMER else None
    if said is not None and not _has_line(conversation, said.id):
        changes["lines"] = _with_line(conversation, _line(said, "customer", event.occurred_at))
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


def queued(turn: Turn, now: datetime) -> tuple[OutboxEntry, ...]:
    """The messages of a turn as they wait to be sent."""
    return tuple(
        OutboxEntry(
            key=message.key,
            hash=text_hash(message.reply.text),
            state=SendState.QUEUED,
            at=now,
            attached=message.reply.form is not None,
        )
        for message in turn.messages
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


def without_settled(conversation: Conversation, turn: Turn) -> Conversation:
    """The conversation without outbox entries whose fate the turn knows already."""
    for message in turn.messages:
        entry = conversation.entry(message.key)
        if entry is not None and message.settled_at is not None and message.state is not entry.state:
            conversation = settled(conversation, message, message.settled_at)
    return conversation


def claimed(conversation: Conversation, key: str, by: str, until: datetime) -> Conversation:
    """The conversation with one message claimed for sending: in the write that carries this, permission is given."""
    return _with_entry(conversation, key, state=SendState.SENDING, by=by, until=until, not_before=None)


def postponed(conversation: Conversation, key: str, attempts: int, not_before: datetime) -> Conversation:
    """The conversation with one message waiting for its next attempt."""
    return _with_entry(
        conversation,
        key,
        state=SendState.QUEUED,
        by=None,
        until=None,
        attempts=attempts,
        not_before=not_before,
    )


def settled(conversation: Conversation, message: OutboundMessage, at: datetime) -> Conversation:
    """The conversation after the fate of one of its messages is known (or known to be unknown)."""
    if message.state is SendState.UNKNOWN:
        return _with_entry(conversation, message.key, state=SendState.UNKNOWN, by=None, until=None)
    changes: dict[str, object] = {"outbox": tuple(entry for entry in conversation.outbox if entry.key != message.key)}
    if message.state is SendState.SENT:
        changes |= _seen_as_sent(conversation, message)
        line = Line(
            id=message.message_id or message.key,
            by="human" if message.author is not None else "bot",
            author=message.author,
            text=message.reply.shown()[:SHOWN_TEXT],
            at=at,
            status="sent",
        )
        if not _has_line(conversation, line.id) and not _has_line(conversation, message.key):
            changes["lines"] = _with_line(conversation, line)
    return conversation.model_copy(update=changes)


def _seen_as_sent(conversation: Conversation, message: OutboundMessage) -> dict[str, object]:
    """What follows from a message of ours that certainly went out."""
    changes: dict[str, object] = {}
    if message.message_id is not None and message.message_id not in conversation.own_ids:
        changes["own_ids"] = keep_last((*conversation.own_ids, message.message_id), KEPT_OWN_IDS)
    if conversation.needs_person == UNKNOWN_REPLY:
        changes["needs_person"] = None
    return changes


def unsent(conversation: Conversation, turn: Turn, message: OutboundMessage, now: datetime) -> Conversation:
    """The conversation after a message of ours did not, or may not, go out: a person should look at it."""
    if message.reason in AS_WANTED:
        return conversation
    unknown = message.state is SendState.UNKNOWN
    why = UNKNOWN_REPLY if unknown else f"a reply was not sent: {message.reason}"
    late = with_late(conversation, turn, now) if message.reason == TOO_OLD else {}
    return conversation.model_copy(update={"needs_person": why, **late})


def reported(conversation: Conversation, receipt: Receipt) -> Conversation:
    """The conversation after the platform said how far our messages have come; a status never goes back."""

    def after(line: Line) -> Line:
        named = line.id in receipt.message_ids
        passed = receipt.watermark is not None and line.at <= receipt.watermark
        if line.by == "customer" or not (named or passed):
            return line
        if _RANK.get(receipt.status, 0) <= _RANK.get(line.status or "", 0):
            return line
        return line.model_copy(update={"status": receipt.status})

    return conversation.model_copy(update={"lines": tuple(after(line) for line in conversation.lines)})


def edited(conversation: Conversation, message_id: str, text: str | None, at: datetime) -> Conversation:
    """The conversation after the customer edited a message, or took it back (`text` None: our copy goes too).

    A message that was taken back before it came leaves an empty line, so that it is known when it comes.
    """
    conversation = conversation.model_copy(update={"late": reworded(conversation, message_id, text)})
    if text is None and not _has_line(conversation, message_id):
        empty = Line(id=message_id, by="customer", text="", at=at)
        return conversation.model_copy(update={"lines": _with_line(conversation, empty)})
    lines = tuple(
        line.model_copy(update={"text": (text or "")[:SHOWN_TEXT]}) if line.id == message_id else line
        for line in conversation.lines
    )
    return conversation.model_copy(update={"lines": lines})


def is_taken_back(conversation: Conversation, message: Message) -> bool:
    """Whether the customer took this message back before it came here."""
    said = bool(message.text or message.attachments)
    return said and any(line.id == message.id and not line.text for line in conversation.lines)


def entry_of_echo(conversation: Conversation, echo: Message, at: datetime) -> str | None:
    """The key of our own message that an echo without a key shows: same text, about the same time, fate open.

    Buttons, cards and media come back as an attachment without words; so does the first of ours that is one.
    """
    wanted = text_hash(echo.text)
    wordless = not echo.text and bool(echo.attachments)
    for entry in conversation.outbox:
        open_fate = entry.state in {SendState.SENDING, SendState.UNKNOWN}
        same = (entry.attached and wordless) or (entry.hash == wanted and not wordless)
        if open_fate and same and abs(at - entry.at) <= ECHO_MATCHES_WITHIN:
            return entry.key
    return None


def taken_over(conversation: Conversation, echo: Message, at: datetime, pause: timedelta) -> Conversation:
    """The conversation after a person of the brand wrote: the bot is silent for `pause`. Told twice, it is once."""
    if _has_line(conversation, echo.id):
        return conversation
    line = _line(echo, "human", at)
    changes: dict[str, object] = {"lines": _with_line(conversation, line), **answered(conversation, at)}
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
    if _has_line(conversation, echo.id):
        return conversation
    return conversation.model_copy(update={"lines": _with_line(conversation, _line(echo, "bot", at))})


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


def _line(message: Message, by: str, at: datetime) -> Line:
    text = message.text or f"[{message.kind}]"
    return Line.model_validate({"id": message.id, "by": by, "text": text[:SHOWN_TEXT], "at": at})


def _has_line(conversation: Conversation, line_id: str) -> bool:
    return any(line.id == line_id for line in conversation.lines)


def _with_line(conversation: Conversation, line: Line) -> tuple[Line, ...]:
    """In order of time; what has one time (WhatsApp knows whole seconds only) stays in the order it came."""
    lines = sorted((*conversation.lines, line), key=lambda each: each.at)
    return keep_last(tuple(lines), KEPT_LINES)


def _with_entry(conversation: Conversation, key: str, **changes: object) -> Conversation:
    outbox = tuple(entry.model_copy(update=changes) if entry.key == key else entry for entry in conversation.outbox)
    return conversation.model_copy(update={"outbox": outbox})


def _in_group(event: Event) -> bool:
    return event.message is not None and event.message.group is not None
