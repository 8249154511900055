"""Stage 8, decide and render: what is said, written down in one deciding insert, the turn.

If the turn exists already it is taken as it is: another clock, order or template version cannot change what was
decided. Until the insert nothing has happened; after it, everything follows from the turn.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Block, Context, Policy
from middleware.domain.conversation import FlowState, Part
from middleware.domain.events import UNASKED_KINDS, Event, EventKind
from middleware.domain.identifiers import Identifier
from middleware.domain.messages import Reply
from middleware.domain.on_demand import with_blocks
from middleware.domain.pairing import PairingCode
from middleware.domain.policy import HUMAN_OWNER, NO_PROMOTION, PAUSED, TOO_OLD
from middleware.domain.turn import (
    Decision,
    HandedOver,
    OutboundMessage,
    Paired,
    Turn,
    context_record,
    message_key,
    turn_id,
)
from middleware.errors import NotEnriched
from middleware.pipeline.enriching import Enriching, Wanted
from middleware.pipeline.passage import LaneBusy, Passage
from middleware.ports import FlowRunner, Put, Stored

Enrich = Callable[[Context, NotEnriched], Awaitable[Mapping[str, Block[Any]]]]
"""Given a context and what it lacks, a block for each of those names."""

_MINUTE = timedelta(minutes=1)
_TOO_MANY = "automatic replies within a minute: the other side may be a machine"


async def decide(passage: Passage) -> None:
    """Fill in the turn: decided now, or as it was decided before."""
    await write_once(passage, _decided)


async def write_once(passage: Passage, decided: Callable[[Passage, str], Awaitable[Turn]]) -> None:
    """Fill in the turn: what `decided` gives for its id, in one deciding insert, or as it is there already."""
    identifier = turn_id(passage.brand.name, passage.event)
    if identifier in passage.conversation.record.applied:
        passage.turn = await _existing(passage, identifier)
        return
    turn = await decided(passage, identifier)
    (landed,) = await passage.write(Put(turn))
    passage.turn = Stored(turn, 1) if landed else await _existing(passage, identifier)


async def _existing(passage: Passage, identifier: str) -> Stored[Turn]:
    found = await passage.brand.store.get(Turn, [identifier])
    if identifier not in found:
        raise LaneBusy(passage.now())
    return found[identifier]


async def _decided(passage: Passage, identifier: str) -> Turn:
    decision = await _decision(passage)
    event, context = passage.event, passage.context
    return Turn(
        id=identifier,
        event_key=event.key,
        conversation_id=passage.conversation.record.id,
        profile_id=passage.profile_id,
        channel=event.connector,
        account=event.account,
        recipient=_recipient(event),
        decided_at=passage.now(),
        sent_at=event.occurred_at,
        decision=decision,
        state=passage.conversation.record.flow_state,
        messages=_messages(identifier, decision.replies),
        reasons=_reasons(decision, context.policy) if passage.pairing is None else decision.why,
        context=context_record(context),
        answers=event.engine.turn if event.engine is not None else None,
        part=_part(passage),
        ends_burst=event.message is not None and not passage.goes_on and passage.pairing is None,
        done=not decision.replies,
        unasked=event.kind in UNASKED_KINDS,
    )


def _reasons(decision: Decision, policy: Policy) -> tuple[str, ...]:
    """Why nothing is said, if nothing is."""
    if decision.replies:
        return ()
    return decision.why[-1:] if policy.may_reply else _for_silence(policy)


def _for_silence(policy: Policy) -> tuple[str, ...]:
    return tuple(reason for reason in policy.reasons if reason not in NO_PROMOTION)


async def _decision(passage: Passage) -> Decision:
    """What the flows say, unless nothing may be said at all; the context is then what they decided on. Of news a flow
    that waits knows nothing: it waits on.
    """
    state = passage.conversation.record.flow_state
    if passage.pairing is not None:
        return _paired(passage.pairing, state)
    if passage.event.kind is not EventKind.NEWS:
        return await _decision_on(passage, state)
    decision = await _decision_on(passage, None)
    return decision.model_copy(update={"next_state": decision.next_state or state})


async def _decision_on(passage: Passage, state: FlowState | None) -> Decision:
    context, conversation = passage.context, passage.conversation.record
    if not context.policy.may_reply:
        return _silent(_for_silence(context.policy), state, conversation.owner_until)
    if passage.goes_on:
        return Decision(next_state=state, why=("answered together with what was written next",))
    most = passage.brand.replies_per_minute
    if most and conversation.answers_since(passage.now() - _MINUTE) >= most:
        why = f"{most} {_TOO_MANY}"
        asked = passage.event.kind not in UNASKED_KINDS
        return Decision(effects=(HandedOver(reason=why),) if asked else (), why=(f"silent: {why}",))
    channel = passage.process.channels[passage.event.connector].capabilities
    decision, passage.context = await decided_on(
        passage.flows, passage.whole, state, context, channel, _enrich(passage)
    )
    return decision


def _paired(code: PairingCode, state: FlowState | None) -> Decision:
    """A user of the console says that this is their own conversation: no bot is asked, and nothing else changes."""
    why = f"the conversation is that of {code.login}: templates can be tried out in it"
    return Decision(effects=(Paired(login=code.login, code=code.id),), next_state=state, why=(why,))


def too_many(decision: Decision) -> bool:
    """Whether nothing was said because too much was said already."""
    return any(why.endswith(_TOO_MANY) for why in decision.why)


def _enrich(passage: Passage) -> Enrich:
    """How this message gets the blocks that its flows want."""
    enrichers = passage.brand.enrichers_for(passage.event.connector, passage.event.account)
    enriching = Enriching(enrichers, passage.brand.enrich_within)

    async def blocks(context: Context, lacking: NotEnriched) -> Mapping[str, Block[Any]]:
        wanted = Wanted(
            context=context,
            event=passage.whole,
            profile=passage.profile,
            sender=passage.sender.record.id,
            answers=lacking.answers,
            signed_in=passage.signed_in,
        )
        await passage.keep_lane(passage.brand.enrich_within)
        return await enriching.blocks(wanted, lacking.blocks)

    return blocks


async def decided_on(
    flows: FlowRunner,
    event: Event,
    state: FlowState | None,
    context: Context,
    channel: Capabilities,
    enrich: Enrich,
) -> tuple[Decision, Context]:
    """What the flows say, where something may be said, and the context that they decided on.

    A flow that wants a block on demand is asked again once there is one: flows are pure, so nothing has happened.
    """
    while True:
        try:
            decision = await flows.decide(event, state, context, channel)
        except NotEnriched as lacking:
            context = with_blocks(context, await enrich(context, lacking))
        else:
            return untagged(decision), context


def _silent(reasons: tuple[str, ...], state: FlowState | None, owner_until: datetime | None) -> Decision:
    """Nothing may be said, and until when where that is known.

    What a flow was waiting for ends: a STOP, or a person who took over, is no answer. What was merely told too late
    says nothing of what was asked since.
    """
    kept = state if TOO_OLD in reasons else None
    until = f" until {owner_until:%Y-%m-%d %H:%M} UTC" if owner_until is not None else ""
    why = tuple(f"silent: {reason}{until if reason in {HUMAN_OWNER, PAUSED} else ''}" for reason in reasons)
    ended = (f"{state.flow} ends at {state.step}",) if state is not None and kept is None else ()
    return Decision(next_state=kept, why=(*why, *ended))


def untagged(decision: Decision) -> Decision:
    """The decision without tags: they say that a person wrote, and no flow or engine is one."""
    if all(reply.tag is None for reply in decision.replies):
        return decision
    replies = tuple(reply.model_copy(update={"tag": None}) for reply in decision.replies)
    why = (*decision.why, "a tag that is for people only is left out")
    return decision.model_copy(update={"replies": replies, "why": why})


def _part(passage: Passage) -> Part | None:
    """The event as a part of a burst that goes on."""
    message = passage.event.message
    if message is None or not passage.goes_on:
        return None
    return Part(message_id=message.id, at=passage.event.received_at)


def _messages(turn: str, replies: tuple[Reply, ...]) -> tuple[OutboundMessage, ...]:
    return tuple(
        OutboundMessage(key=message_key(turn, position), reply=reply) for position, reply in enumerate(replies)
    )


def _recipient(event: Event) -> tuple[Identifier, ...]:
    """The identifiers to answer to: those under which the customer wrote, the anchor first."""
    return tuple(each for each in (event.anchor, *event.also) if each is not None)
