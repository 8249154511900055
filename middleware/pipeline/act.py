"""In place of stage 8 for what an agent does: its turn, in one insert, so that it is done once.

What a reply may be sent as is settled here; whether it may be sent is looked at before it is taken (`agents.py`), and
again in the write that claims it (`send.py`).
"""

from datetime import datetime, timedelta

from middleware.domain.agents import Act, ProofAsked, Replied, Tried, in_words, replies_of
from middleware.domain.channels import CHANNELS
from middleware.domain.conversation import Conversation
from middleware.domain.messages import Reply
from middleware.domain.turn import CodeRequested, Decision, OutboundMessage, Turn, context_record, message_key
from middleware.pipeline.decide import write_once
from middleware.pipeline.enrich import enrich
from middleware.pipeline.passage import Passage

_SOON = timedelta(minutes=5)
"""What is sent when the window is about to close may arrive after it."""


async def act(passage: Passage) -> None:
    """Fill in the turn of what an agent did: written now, or as it was written before."""
    passage.whole = passage.event
    await enrich(passage)
    await write_once(passage, _turn)


async def _turn(passage: Passage, identifier: str) -> Turn:
    event, did, now = passage.event, passage.event.agent, passage.now()
    assert did is not None  # noqa: S101 - for the type checker
    assert event.anchor is not None  # noqa: S101 - for the type checker
    conversation = passage.conversation.record
    act_now = _as_it_holds(did.act, now + passage.brand.takeover_pause)
    effects = (CodeRequested(),) if isinstance(did.act, ProofAsked) else ()
    return Turn(
        id=identifier,
        event_key=event.key,
        conversation_id=conversation.id,
        profile_id=passage.profile_id,
        channel=event.connector,
        account=event.account,
        recipient=did.recipient or (event.anchor,),
        decided_at=now,
        sent_at=event.occurred_at,
        decision=Decision(effects=effects, why=(in_words(did),)),
        state=conversation.flow_state,
        messages=tuple(
            OutboundMessage(
                key=message_key(identifier, place), reply=tagged(did.act, reply, conversation, now), author=did.by
            )
            for place, reply in enumerate(replies_of(did.act))
        ),
        context=context_record(passage.context),
        act=did.model_copy(update={"act": act_now}),
    )


def _as_it_holds(done: Act, until: datetime) -> Act:
    """A reply that takes over does so for as long as the brand says."""
    is_hold = isinstance(done, Replied) and done.takes_over
    return done.model_copy(update={"until": until}) if is_hold else done


def tagged(done: Act, reply: Reply, conversation: Conversation, now: datetime) -> Reply:
    """The reply of an act with the tag that it goes under. What tries a template out is no person's answer: none."""
    if isinstance(done, Tried):
        return reply.model_copy(update={"tag": None})
    return as_person(reply, conversation, now)


def as_person(reply: Reply, conversation: Conversation, now: datetime) -> Reply:
    """The reply with the tag that says that a person wrote it, where it could not go without: outside the window."""
    channel = CHANNELS.get(conversation.channel)
    may_be_tagged = channel is not None and channel.tags and conversation.within_human_window(now)
    if not may_be_tagged or conversation.window(now + _SOON).open:
        return reply.model_copy(update={"tag": None})
    return reply.model_copy(update={"tag": "human_agent"})
