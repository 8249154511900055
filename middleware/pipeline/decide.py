"""Stage 8, decide and render: what is said, written down in one deciding insert, the turn.

If the turn exists already it is taken as it is: another clock, order or template version cannot change what was
decided. Until the insert nothing has happened; after it, everything follows from the turn.
"""

from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState, Part
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.domain.messages import Reply
from middleware.domain.turn import Decision, OutboundMessage, Turn, context_record, message_key, turn_id
from middleware.pipeline.passage import LaneBusy, Passage
from middleware.ports import FlowRunner, Put, Stored


async def decide(passage: Passage) -> None:
    """Fill in the turn: decided now, or as it was decided before."""
    identifier = turn_id(passage.brand.name, passage.event)
    if identifier in passage.conversation.record.applied:
        passage.turn = await _existing(passage, identifier)
        return
    turn = _decided(passage, identifier)
    (landed,) = await passage.write(Put(turn))
    passage.turn = Stored(turn, 1) if landed else await _existing(passage, identifier)


async def _existing(passage: Passage, identifier: str) -> Stored[Turn]:
    found = await passage.brand.store.get(Turn, [identifier])
    if identifier not in found:
        raise LaneBusy(passage.now())
    return found[identifier]


def _decided(passage: Passage, identifier: str) -> Turn:
    event, context = passage.event, passage.context
    decision = _decision(passage)
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
        messages=_messages(identifier, decision.replies),
        reasons=() if decision.replies else (context.policy.reasons or decision.why[-1:]),
        context=context_record(context),
        answers=event.engine.turn if event.engine is not None else None,
        part=_part(passage),
        ends_burst=event.message is not None and not passage.goes_on,
        done=not decision.replies,
    )


def _decision(passage: Passage) -> Decision:
    channel = passage.process.channels[passage.event.connector].capabilities
    state = passage.conversation.record.flow_state
    return decided_on(passage.brand.flows, passage.whole, state, passage.context, channel, goes_on=passage.goes_on)


def decided_on(
    flows: FlowRunner,
    event: Event,
    state: FlowState | None,
    context: Context,
    channel: Capabilities,
    *,
    goes_on: bool = False,
) -> Decision:
    """What the flows say, unless nothing may be said at all, or the message `goes_on`. Pure."""
    if not context.policy.may_reply:
        return Decision(next_state=state, why=tuple(f"silent: {reason}" for reason in context.policy.reasons))
    if goes_on:
        return Decision(next_state=state, why=("answered together with what was written next",))
    return untagged(flows.decide(event, state, context, channel))


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
