"""A conversation with the flows: turn by turn as the pipeline goes, by a clock of its own, without store or network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flows.engine import guess_locale
from flows.runner import Flows
from flows.trying.blocks import blocks_of, blocks_on_demand
from flows.trying.people import Person
from middleware.domain import changes, outgoing
from middleware.domain.capabilities import Capabilities
from middleware.domain.context import (
    Block,
    ClaimedValue,
    Context,
    ConversationView,
    IdentityView,
    LinkOffer,
    MessageView,
    Policy,
    ProfileView,
    ProofView,
)
from middleware.domain.conversation import Consent, Conversation, FlowState
from middleware.domain.events import UNASKED_KINDS, Event, EventKind, Message, MessageKind, News, NewsKind, Referral
from middleware.domain.identifiers import Identifier, IdentifierKind, Level
from middleware.domain.messages import SendState
from middleware.domain.news import is_of_cart
from middleware.domain.on_demand import with_blocks
from middleware.domain.policy import CART_GONE, NO_PROMOTION, may_send
from middleware.domain.timers import Timer
from middleware.domain.turn import Decision, OutboundMessage, Turn
from middleware.domain.typed import EMAIL
from middleware.errors import FlowError, NotEnriched

PAUSE = timedelta(seconds=10)
"""Between two things that a customer does."""

_MAX_AGE = timedelta(minutes=15)
_ACCOUNT = "made_up"
_KINDS: dict[str, IdentifierKind] = {
    "messenger": IdentifierKind.MESSENGER,
    "instagram": IdentifierKind.INSTAGRAM,
    "whatsapp": IdentifierKind.WHATSAPP,
    "webchat": IdentifierKind.VISITOR,
}


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
    person: Person
    channel: Capabilities
    now: datetime
    conversation: Conversation = field(init=False)
    _count: int = field(init=False, default=0)
    _timer: Timer | None = field(init=False, default=None)
    _level: Level = field(init=False)

    def __post_init__(self) -> None:
        # Somebody who wrote before did so yesterday.
        before = None if self.person.first_message else self.now - timedelta(days=1)
        known = self.person.values.get("conversation")
        noted = {name: known[name] for name in ("tags", "intent") if isinstance(known, dict) and known.get(name)}
        agreed = self.person.marketing
        self._level = self.person.level
        self.conversation = Conversation.model_validate(
            {
                "id": f"talk-{self.person.name}",
                "channel": self.channel.name,
                "account": _ACCOUNT,
                "aliases": (self._anchor.key,),
                "started_at": before or self.now,
                "last_inbound_at": before,
                "marketing": None if agreed is None else Consent(granted=agreed, at=before or self.now),
                **noted,
            }
        )

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
        if not self.person.codes:
            raise FlowError(f"no one-time codes are sent to {self.person.name}; give the customer codes: true")
        if right:
            self._level = Level.VERIFIED
        return self._writes("text", text="123456", code="right" if right else "wrong")

    def comes_by(self, referral: Referral, text: str = "") -> Said:
        """The customer comes through an ad or a link, with the words that they write there, if any.

        It is their ad click from now on. Which product an ad is for only the brand knows: that of the customer stays.
        """
        known = self.person.values.get("ad_click")
        click = {name: each for name in ("headline", "ad_id", "ref") if (each := getattr(referral, name))}
        values = {**self.person.values, "ad_click": {**(known if isinstance(known, dict) else {}), **click}}
        self.person = replace(self.person, values=values)
        self._level = max(self._level, Level.CHANNEL)
        if text:
            return self._writes("text", text=text, referral=referral)
        self._count += 1
        self.now += PAUSE
        return self._turn(self._event(EventKind.REFERRAL, referral=referral))

    def told(self, what: NewsKind) -> Said:
        """A source tells of something that concerns the customer, or their cart was left."""
        self._count += 1
        self.now += PAUSE
        return self._turn(self._event(EventKind.NEWS, news=News(what=what, about=_ACCOUNT)))

    def waits(self, length: timedelta) -> list[Said]:
        """Time passes; what the flows say by themselves meanwhile."""
        until, said = self.now + length, []
        while self._timer is not None and self._timer.rings_at <= until:
            timer, self._timer = self._timer, None
            self.now = max(self.now, timer.rings_at)
            said.append(self._turn(timer.rung(self.now)))
        self.now = max(self.now, until)
        return said

    @property
    def _anchor(self) -> Identifier:
        return Identifier(_KINDS[self.channel.name], _ACCOUNT, self.person.name)

    def _writes(
        self,
        kind: MessageKind,
        *,
        text: str = "",
        payload: str | None = None,
        code: str | None = None,
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
            account=_ACCOUNT,
            occurred_at=self.now,
            received_at=self.now,
            anchor=self._anchor,
            message=message,
            referral=referral,
            news=news,
        )

    def _turn(self, event: Event, code: str | None = None) -> Said:
        self.conversation = changes.heard(self.conversation, event)
        context = self._context(event, code)
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
                context = with_blocks(
                    context, blocks_on_demand(self.person.values, lacking.blocks, self._level, self.now)
                )
        reasons = (reason for reason in context.policy.reasons if reason not in NO_PROMOTION)
        ended = (f"{state.flow} ends at {state.step}",) if state is not None else ()
        return Decision(why=(*ended, *(f"silent: {reason}" for reason in reasons))), context

    def _carry_out(self, event: Event, decision: Decision, silent: tuple[str, ...]) -> None:
        """What the turn changes in the conversation: as if everything had been sent at once."""
        turn = Turn(
            id=event.key,
            event_key=event.key,
            conversation_id=self.conversation.id,
            profile_id=_ACCOUNT,
            channel=event.connector,
            account=event.account,
            recipient=(self._anchor,),
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

    def _context(self, event: Event, code: str | None) -> Context:
        person, text = self.person, event.message.text if event.message is not None else ""
        blocks = blocks_of(person.values, self._level, self.now)
        view = ConversationView(
            id=self.conversation.id,
            owner=self.conversation.owner,
            window=self.conversation.window(self.now),
            first_message=self._is_first(),
            lines=self.conversation.lines,
            flow=self.conversation.flow_state.flow if self.conversation.flow_state is not None else None,
            tags=self.conversation.tags,
            intent=self.conversation.intent,
        )
        return Context(
            schema="throughline.context/1",
            trace_id=event.key,
            at=self.now,
            message=self._message_view(event, text),
            conversation=view,
            identity=IdentityView(level=self._level),
            profile=self._profile(),
            policy=self._policy(event, blocks),
            proof=ProofView.model_validate({"address": len(set(EMAIL.findall(text))) == 1, "code": code})
            if person.codes and event.message is not None
            else None,
            links=self._offers(),
            **{name: block for name, block in blocks.items() if name in self.flows.needs},
        )

    def _is_first(self) -> bool:
        lines = self.conversation.lines
        return self.person.first_message and len(lines) <= 1 and all(line.by == "customer" for line in lines)

    def _message_view(self, event: Event, text: str) -> MessageView | None:
        message = event.message
        if message is None:
            return None
        return MessageView(
            id=message.id,
            channel=event.connector,
            account=event.account,
            kind=message.kind,
            text=text,
            payload=message.payload,
            sent_at=event.occurred_at,
            locale=guess_locale(text),
        )

    def _profile(self) -> ProfileView:
        known, claimed = (
            self.person.values.get("profile"),
            {"locale": self.person.locale, "time_zone": self.person.zone},
        )
        return ProfileView(
            name=str(known["name"]) if isinstance(known, dict) and known.get("name") else None,
            locale=self.conversation.locale,
            claimed={name: ClaimedValue(value=value, as_of=self.now) for name, value in claimed.items() if value},
        )

    def _policy(self, event: Event, blocks: Mapping[str, Block[Any]]) -> Policy:
        permission = may_send(
            self.conversation,
            asked_at=event.occurred_at,
            now=self.now,
            max_age=_MAX_AGE,
            unasked=event.kind in UNASKED_KINDS,
        )
        news = event.news
        if news is not None and is_of_cart(news) and blocks["cart"].value is None:
            return Policy(may_reply=False, may_promote=False, reasons=(*permission.reasons, CART_GONE))
        return Policy(**permission.model_dump())

    def _offers(self) -> dict[str, LinkOffer]:
        links = self.person.values.get("links")
        offered = links.items() if isinstance(links, dict) else ()
        return {purpose: LinkOffer(id=f"link-{purpose}", url=str(url)) for purpose, url in offered}
