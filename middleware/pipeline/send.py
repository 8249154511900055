"""Stage 10, send: permission and claim are one compare-and-set on the conversation; then the call; then its fate.

The one consumer of the closed table of outcomes. A message whose claim has run out without a result may have been
sent: it is `unknown`, and never sent again.
"""

import asyncio
import random
from datetime import datetime, timedelta

from middleware.domain.conversation import OutboxEntry
from middleware.domain.made_up import MADE_UP
from middleware.domain.messages import FATE, Outcome, SendResult, SendState
from middleware.domain.outgoing import claimed, postponed, settled, unsent
from middleware.domain.policy import ANOTHER_BOT, may_send
from middleware.domain.rates import traffic_of
from middleware.domain.turn import OutboundMessage, Turn
from middleware.errors import StoreUnavailable
from middleware.pipeline.carry_out import apply_turn, hear
from middleware.pipeline.left_carts import silence
from middleware.pipeline.pacing import Call, MustWait
from middleware.pipeline.passage import LaneBusy, NotYet, Passage
from middleware.ports import Delete, Put, Stored

OPEN = frozenset({SendState.QUEUED, SendState.SENDING})

_STORE_PAUSE = 0.5
_CLOSING_MARGIN = timedelta(seconds=2)
_SLOWEST_RETRY = 60.0
_LONGEST_WAIT = 3600.0
_CLAIM_RAN_OUT = "the worker that was sending it did not report back"


async def send(passage: Passage) -> None:
    """Send every message of the turn that is still open, in order, and end the work on the event.

    Raises NotYet when the platform has to be waited for, LaneBusy while another worker's claim lasts.
    """
    while (message := _next_open(passage)) is not None:
        await _send_one(passage, message)
    if not passage.closed:
        await finish(passage)


async def finish(passage: Passage) -> None:
    """Write what is left to write, and with it the end of the work on this event."""
    while not passage.closed:
        await passage.keep_lane()
        await passage.close_with(*_turn_is_done(passage), passage.conversation.put(passage.conversation.record))
        if not passage.closed:
            await _again(passage)


def _turn_is_done(passage: Passage) -> tuple[Put, ...]:
    if passage.turn.record.done:
        return ()
    return (passage.turn.put(passage.turn.record.model_copy(update={"done": True})),)


def _next_open(passage: Passage) -> OutboundMessage | None:
    return next((message for message in passage.turn.record.messages if message.state in OPEN), None)


async def _send_one(passage: Passage, message: OutboundMessage) -> None:
    """Bring one message a step further: settle what is known already, or claim it and make the call.

    A claim of our own under which no call was begun is one whose write we did not hear back from: it is as good as
    none.
    """
    entry = passage.conversation.record.entry(message.key)
    now = passage.now()
    ours = entry is not None and entry.by == passage.process.worker and message.key not in passage.process.calls
    if entry is None or (not ours and _claim_ran_out(entry, now)):
        await _settle(passage, message, SendState.UNKNOWN, reason=_CLAIM_RAN_OUT)
        return
    if entry.state is SendState.UNKNOWN:
        await _settle(passage, message, SendState.UNKNOWN, reason=message.reason)
        return
    if entry.state is SendState.SENDING and not ours:
        raise LaneBusy(entry.until or now)
    refused = _refusal(passage, message, now)
    if refused is not None:
        await _settle(passage, message, SendState.FAILED, reason=refused)
    elif entry.not_before is not None and now < entry.not_before:
        raise NotYet(entry.not_before)
    else:
        await _send_when_allowed(passage, message, entry)


async def _send_when_allowed(passage: Passage, message: OutboundMessage, entry: OutboxEntry) -> None:
    """Wait until the platform's limits allow a call, and make it. What takes longer than a moment holds nothing."""
    turn = passage.turn.record
    allowed = passage.process.pacing.call(
        (turn.channel, turn.account), turn.conversation_id, traffic_of(message.reply), entry.at
    )
    try:
        async with allowed as call:
            await _permit_and_call(passage, message, entry, call)
    except MustWait as limits:
        await _put_off(passage, message, entry.attempts, limits.seconds)


async def _permit_and_call(passage: Passage, message: OutboundMessage, entry: OutboxEntry, call: Call) -> None:
    # What a cart that was left is told for may be over since it was decided: an order must not be followed by it.
    refused = _refusal(passage, message, passage.now()) or await silence(passage)
    if refused is not None:
        await _settle(passage, message, SendState.FAILED, reason=refused)
    elif await _claim(passage, message):
        await call.leaves()
        result = await _call(passage, message)
        again_in = _wait(entry.attempts + 1, result)
        call.answered(result, again_in)
        await _after(passage, message, entry, result, again_in)


def _claim_ran_out(entry: OutboxEntry, now: datetime) -> bool:
    """Whether it was claimed and whoever claimed it certainly no longer works on it."""
    return entry.state is SendState.SENDING and (entry.until is None or now >= entry.until)


def _refusal(passage: Passage, message: OutboundMessage, now: datetime) -> str | None:
    """Why this may not be sent now, or None. Looked at right before the claim, on the state that the claim checks."""
    by_person = message.author is not None
    if not by_person and passage.brand.has_other_bot(passage.event.connector, passage.event.account):
        # Decided before the settings named another bot.
        return ANOTHER_BOT
    permission = may_send(
        passage.conversation.record,
        asked_at=passage.turn.record.sent_at,
        now=now,
        max_age=passage.brand.reply_max_age,
        reply=message.reply,
        by_person=by_person,
    )
    return None if permission.may_reply else permission.reasons[0]


async def _claim(passage: Passage, message: OutboundMessage) -> bool:
    """Claim the message: the write lands only on the state on which permission was just given."""
    await passage.keep_lane(passage.process.send_timeout + _CLOSING_MARGIN)
    lease = passage.sender.record.lease
    until = lease.until if lease is not None else passage.now()
    claim = claimed(passage.conversation.record, message.key, passage.process.worker, until)
    if await passage.save(claim):
        passage.process.checkpoint("claimed")
        return True
    await _again(passage)
    return False


async def _call(passage: Passage, message: OutboundMessage) -> SendResult:
    turn = passage.turn.record
    account = passage.brand.accounts[(turn.channel, turn.account)]
    if account.made_up:
        return SendResult(outcome=Outcome.SENT, message_id=f"{MADE_UP}.{message.key}")
    passage.process.calls.add(message.key)
    result = await passage.process.channels[turn.channel].send(
        account,
        turn.recipient,
        message.reply,
        message.key,
        timeout=passage.process.send_timeout.total_seconds(),
    )
    passage.process.checkpoint("sent")
    passage.process.told(account, result)
    return result


async def _after(
    passage: Passage, message: OutboundMessage, entry: OutboxEntry, result: SendResult, again_in: float
) -> None:
    """What follows from the outcome of a call: the fate that the table gives it."""
    state = FATE[result.outcome]
    if state is SendState.QUEUED:
        await _put_off(passage, message, entry.attempts + 1, again_in)
    reason = None if state is SendState.SENT else result.outcome.value
    await _settle(passage, message, state, reason=reason, result=result)


async def _put_off(passage: Passage, message: OutboundMessage, attempts: int, seconds: float) -> None:
    """Put the message back into the outbox, and give the lane back until it is time. Always raises NotYet."""
    again_at = passage.now() + timedelta(seconds=seconds)
    while True:
        await passage.keep_lane()
        waiting = postponed(passage.conversation.record, message.key, attempts, again_at)
        if await passage.save(waiting, passage.releasing()):
            passage.process.calls.discard(message.key)
            raise NotYet(again_at)
        await _again(passage)


def _wait(attempts: int, result: SendResult) -> float:
    """Seconds until the next attempt: what the platform said, else exponential, with jitter."""
    if result.retry_after is not None:
        return min(max(result.retry_after, 0.1), _LONGEST_WAIT)
    if result.of_pair:
        return min(4.0 ** (attempts - 1), _LONGEST_WAIT)  # as WhatsApp wants it
    return float(min(0.5 * 2**attempts, _SLOWEST_RETRY) * random.uniform(0.8, 1.2))  # noqa: S311 - jitter


async def _settle(
    passage: Passage,
    message: OutboundMessage,
    state: SendState,
    *,
    reason: str | None,
    result: SendResult | None = None,
) -> None:
    """Write the fate of a message into turn and conversation; with the last one, the end of the work as well.

    Does not give up while the store is away: what became of the call is known here and nowhere else.
    """
    fate = message.model_copy(
        update={
            "state": state,
            "reason": reason,
            "code": result.code if result is not None else message.code,
            "message_id": result.message_id if result is not None else message.message_id,
            "attempts": message.attempts + (result is not None),
            "settled_at": passage.now(),
        }
    )
    gone = result is not None and result.outcome is Outcome.RECIPIENT_GONE
    stale = False
    while True:
        try:
            if stale:
                await _again(passage)
            if _state_of(passage, message.key) in {state, SendState.SENT} or await _record(passage, fate, gone=gone):
                break
        except StoreUnavailable:
            await asyncio.sleep(_STORE_PAUSE)
        stale = True
    passage.process.calls.discard(message.key)


def _state_of(passage: Passage, key: str) -> SendState:
    return next(each.state for each in passage.turn.record.messages if each.key == key)


async def _record(passage: Passage, fate: OutboundMessage, *, gone: bool) -> bool:
    """Write one fate; whether nobody had changed turn or conversation meanwhile."""
    await passage.keep_lane()
    turn = with_fate(passage.turn.record, fate)
    conversation = settled(passage.conversation.record, fate, passage.now())
    if fate.state is not SendState.SENT and not turn.is_test:
        conversation = unsent(conversation, turn, fate, passage.now())
    if gone:
        conversation = conversation.model_copy(update={"unreachable": fate.code or fate.reason})
    changes: tuple[Put | Delete, ...] = (passage.turn.put(turn), passage.conversation.put(conversation))
    landed = await (passage.close_with(*changes) if turn.done else passage.write(*changes))
    if all(landed):
        passage.turn = Stored(turn, passage.turn.version + 1)
        passage.conversation = Stored(conversation, passage.conversation.version + 1)
    return all(landed)


def with_fate(turn: Turn, fate: OutboundMessage) -> Turn:
    """The turn with the fate of one message; done when the last one has one."""
    messages = tuple(fate if each.key == fate.key else each for each in turn.messages)
    return turn.model_copy(update={"messages": messages, "done": all(each.state not in OPEN for each in messages)})


async def _again(passage: Passage) -> None:
    """Somebody changed the conversation or the turn: start from what is there now."""
    await passage.reread()
    key = passage.turn.record.id
    passage.turn = (await passage.brand.store.get(Turn, [key])).get(key, passage.turn)
    hear(passage)
    apply_turn(passage)
