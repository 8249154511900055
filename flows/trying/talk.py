"""A conversation with the flows: turn by turn as the pipeline goes, by a clock of its own, without store or network."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from flows.runner import Flows
from middleware.domain import changes, outgoing
from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Block, Context
from middleware.domain.conversation import Conversation, FlowState
from middleware.domain.events import UNASKED_KINDS, Event, EventKind, Message, MessageKind, News, NewsKind, Referral
from middleware.domain.identifiers import Identifier
from middleware.domain.messages import SendState
from middleware.domain.on_demand import with_blocks
from middleware.domain.policy import NO_PROMOTION
from middleware.domain.timers import Timer
from middleware.domain.turn import Decision, OutboundMessage, Turn
from middleware.errors import FlowError, NotEnriched

PAUSE = timedelta(seconds=10)
"""Between two things that a customer does."""

Code = str | None
"""What came of a one-time code that was given: `right`, `wrong`, or none was."""


class Writer(Protocol):
    """Whoever writes in a talk, and what is known of them: somebody made up, or a real customer."""

    @property
    def sender(self) -> Identifier:
        """Under which identifier they write."""
        ...

    @property
    def conversation(self) -> Conversation:
        """Their conversation before anything is done in it."""
        ...

    @property
    def codes(self) -> bool:
        """Whether they can be asked for a one-time code, and prove who they are with it."""
        ...

    def heard(self, event: Event, code: Code) -> None:
        """Learn what an event says of them, before anything is decided on it."""
        ...

    def context(
        self, event: Event, conversation: Conversation, code: Code, blocks: Collection[str], now: datetime
    ) -> Context:
        """The context for an event of theirs, with these blocks."""
        ...

    def on_demand(self, event: Event, context: Context, lacking: NotEnriched) -> Mapping[str, Block[Any]]:
        """The blocks that a decision on this context lacks."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one event. `silent` are the reasons where nothing is said."""

    event: Event
    context: Context
    decision: Decision
    silent: tuple[str, ...]
    at: datetime


@dataclass
class Talk:
    """One customer's conversation on one channel, from `now` on."""

    flows: Flows
    writer: Writer
    channel: Capabilities
    now: datetime
    conversation: Conversation = field(init=False)
    _count: int = field(init=False, default=0)
    _timer: Timer | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.conversation = self.writer.conversation
        state = self.conversation.flow_state
        if state is not None:
            self._timer = Timer.of_waiting(state, self.conversation, self.writer.sender)

    def says(self, text: str) -> Said:
        """The customer writes."""
        return self._writes("text", text=text)

    def presses(self, payload: str, title: str = "") -> Said:
        """The customer presses what carries this payload and shows this title."""
        return self._writes("quick_reply", text=title, payload=payload)

    def sends(self, kind: MessageKind) -> Said:
        """The customer sends a picture, a recording, a file or a sticker, without words."""
        return self._writes(kind)

    def gives_code(self, *, right: bool) -> Said:
        """The customer answers with a one-time code. A right one proves who they are.

        Raises FlowError where the brand sends none.
        """
        if not self.writer.codes:
            raise FlowError("no one-time codes are sent to this customer; give the customer codes: true")
        return self._writes("text", text="123456", code="right" if right else "wrong")

    def comes_by(self, referral: Referral, text: str = "") -> Said:
        """The customer comes through an ad or a link, with the words that they write there, if any."""
        if text:
            return self._writes("text", text=text, referral=referral)
        self._count += 1
        self.now += PAUSE
        return self._turn(self._event(EventKind.REFERRAL, referral=referral))

    def told(self, what: NewsKind) -> Said:
        """A source tells of something that concerns the customer, or their cart was left."""
        self._count += 1
        self.now += PAUSE
        return self._turn(self._event(EventKind.NEWS, news=News(what=what, about=self.conversation.account)))

    def waits(self, length: timedelta) -> list[Said]:
        """Time passes; what the flows say by themselves meanwhile."""
        until, said = self.now + length, []
        while self._timer is not None and self._timer.rings_at <= until:
            timer, self._timer = self._timer, None
            self.now = max(self.now, timer.rings_at)
            said.append(self._turn(timer.rung(self.now)))
        self.now = max(self.now, until)
        return said

    def _writes(
        self,
        kind: MessageKind,
        *,
        text: str = "",
        payload: str | None = None,
        code: Code = None,
        referral: Referral | None = None,
    ) -> Said:
        self._count += 1
        self.now += PAUSE
        message = Message(id=f"m{self._count}", kind=kind, text=text, payload=payload)
        return self._turn(self._event(EventKind.MESSAGE, message=message, referral=referral), code)

    def _event(
        self,
        kind: EventKind,
        *,
        message: Message | None = None,
        referral: Referral | None = None,
        news: News | None = None,
    ) -> Event:
        return Event(
            key=f"talk:{self._count}",
            kind=kind,
            connector=self.channel.name,
            account=self.conversation.account,
            occurred_at=self.now,
            received_at=self.now,
            anchor=self.writer.sender,
            message=message,
            referral=referral,
            news=news,
        )

    def _turn(self, event: Event, code: Code = None) -> Said:
        self.conversation = changes.heard(self.conversation, event)
        self.writer.heard(event, code)
        context = self.writer.context(event, self.conversation, code, self.flows.needs, self.now)
        decision, context = self._decided(event, context)
        silent = () if decision.replies else decision.why[-1:]
        self._carry_out(event, decision, silent)
        return Said(event, context, decision, silent, self.now)

    def _decided(self, event: Event, context: Context) -> tuple[Decision, Context]:
        """Of news a flow that waits knows nothing: it waits on."""
        state = self.conversation.flow_state
        if event.news is None:
            return self._decision(event, context, state)
        decision, context = self._decision(event, context, None)
        return decision.model_copy(update={"next_state": decision.next_state or state}), context

    def _decision(self, event: Event, context: Context, state: FlowState | None) -> tuple[Decision, Context]:
        """What the flows say, and the context that they decided on: with what they asked for while they did."""
        while context.policy.may_reply:
            try:
                return self.flows.decide(event, state, context, self.channel), context
            except NotEnriched as lacking:
                context = with_blocks(context, self.writer.on_demand(event, context, lacking))
        reasons = (reason for reason in context.policy.reasons if reason not in NO_PROMOTION)
        ended = (f"{state.flow} ends at {state.step}",) if state is not None else ()
        return Decision(why=(*ended, *(f"silent: {reason}" for reason in reasons))), context

    def _carry_out(self, event: Event, decision: Decision, silent: tuple[str, ...]) -> None:
        """What the turn changes in the conversation: as if everything had been sent at once."""
        turn = Turn(
            id=event.key,
            event_key=event.key,
            conversation_id=self.conversation.id,
            profile_id=self.conversation.id,
            channel=event.connector,
            account=event.account,
            recipient=(self.writer.sender,),
            decided_at=self.now,
            sent_at=event.occurred_at,
            decision=decision,
            messages=tuple(self._messages(event, decision)),
            reasons=silent,
            unasked=event.kind in UNASKED_KINDS,
        )
        self.conversation = changes.decided(self.conversation, turn, self.now)
        for message in turn.messages:
            self.conversation = outgoing.settled(self.conversation, message, self.now)
        self._timer = Timer.of(turn, event)

    def _messages(self, event: Event, decision: Decision) -> Iterator[OutboundMessage]:
        for position, reply in enumerate(decision.replies):
            key = f"{event.key}.{position}"
            yield OutboundMessage(key=key, reply=reply, state=SendState.SENT)
