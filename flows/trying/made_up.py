"""Somebody made up who writes in a talk: their context out of plain values, as templates read them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flows.engine import guess_locale
from flows.runner import Flows
from flows.trying.blocks import blocks_of, blocks_on_demand
from flows.trying.people import Person
from flows.trying.talk import Code, Talk
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
from middleware.domain.conversation import Consent, Conversation
from middleware.domain.events import UNASKED_KINDS, Event, Referral
from middleware.domain.identifiers import Identifier, IdentifierKind, Level
from middleware.domain.news import is_of_cart
from middleware.domain.policy import CART_GONE, may_send
from middleware.domain.typed import EMAIL
from middleware.errors import NotEnriched

_MAX_AGE = timedelta(minutes=15)
_ACCOUNT = "made_up"
_KINDS: dict[str, IdentifierKind] = {
    "messenger": IdentifierKind.MESSENGER,
    "instagram": IdentifierKind.INSTAGRAM,
    "whatsapp": IdentifierKind.WHATSAPP,
    "webchat": IdentifierKind.VISITOR,
}


def talk_as(flows: Flows, person: Person, channel: Capabilities, now: datetime) -> Talk:
    """A talk as somebody made up, from `now` on."""
    return Talk(flows, MadeUp(person, channel, now), channel, now)


@dataclass
class MadeUp:
    """Somebody made up on one channel (`Writer`), who comes at `begins`."""

    person: Person
    channel: Capabilities
    begins: datetime
    _level: Level = field(init=False)

    def __post_init__(self) -> None:
        self._level = self.person.level

    @property
    def sender(self) -> Identifier:
        """Under which identifier they write."""
        return Identifier(_KINDS[self.channel.name], _ACCOUNT, self.person.name)

    @property
    def codes(self) -> bool:
        """Whether one-time codes are sent to them."""
        return self.person.codes

    @cached_property
    def conversation(self) -> Conversation:
        """Their conversation. Somebody who wrote before did so the day before."""
        before = None if self.person.first_message else self.begins - timedelta(days=1)
        known = self.person.values.get("conversation")
        noted = {name: known[name] for name in ("tags", "intent") if isinstance(known, dict) and known.get(name)}
        agreed = self.person.marketing
        return Conversation.model_validate(
            {
                "id": f"talk-{self.person.name}",
                "channel": self.channel.name,
                "account": _ACCOUNT,
                "aliases": (self.sender.key,),
                "started_at": before or self.begins,
                "last_inbound_at": before,
                "marketing": None if agreed is None else Consent(granted=agreed, at=before or self.begins),
                **noted,
            }
        )

    def heard(self, event: Event, code: Code) -> None:
        """A right code proves who they are; an ad or a link by which they come is their click from now on."""
        if code == "right":
            self._level = Level.VERIFIED
        if event.referral is not None:
            self._clicked(event.referral)

    def _clicked(self, referral: Referral) -> None:
        """Which product an ad is for only the brand knows: that of the customer stays."""
        known = self.person.values.get("ad_click")
        click = {name: each for name in ("headline", "ad_id", "ref") if (each := getattr(referral, name))}
        values = {**self.person.values, "ad_click": {**(known if isinstance(known, dict) else {}), **click}}
        self.person = replace(self.person, values=values)
        self._level = max(self._level, Level.CHANNEL)

    def on_demand(self, event: Event, context: Context, lacking: NotEnriched) -> Mapping[str, Block[Any]]:  # noqa: ARG002 - what is made up depends on no message
        """What they were given under these names."""
        return blocks_on_demand(self.person.values, lacking.blocks, self._level, context.at)

    def context(
        self, event: Event, conversation: Conversation, code: Code, blocks: Collection[str], now: datetime
    ) -> Context:
        """Their values as the blocks of a context, withheld above their level."""
        text = event.message.text if event.message is not None else ""
        known = blocks_of(self.person.values, self._level, now)
        return Context(
            schema="throughline.context/1",
            trace_id=event.key,
            at=now,
            message=_message_view(event, text),
            conversation=self._conversation_view(conversation, now),
            identity=IdentityView(level=self._level),
            profile=self._profile(conversation, now),
            policy=_policy(event, conversation, known, now),
            proof=ProofView.model_validate({"address": len(set(EMAIL.findall(text))) == 1, "code": code})
            if self.codes and event.message is not None
            else None,
            links=self._offers(),
            **{name: block for name, block in known.items() if name in blocks},
        )

    def _conversation_view(self, conversation: Conversation, now: datetime) -> ConversationView:
        lines = conversation.lines
        return ConversationView(
            id=conversation.id,
            owner=conversation.owner,
            window=conversation.window(now),
            first_message=self.person.first_message
            and len(lines) <= 1
            and all(line.by == "customer" for line in lines),
            lines=lines,
            flow=conversation.flow_state.flow if conversation.flow_state is not None else None,
            tags=conversation.tags,
            intent=conversation.intent,
        )

    def _profile(self, conversation: Conversation, now: datetime) -> ProfileView:
        known = self.person.values.get("profile")
        claimed = {"locale": self.person.locale, "time_zone": self.person.zone}
        return ProfileView(
            name=str(known["name"]) if isinstance(known, dict) and known.get("name") else None,
            locale=conversation.locale,
            claimed={name: ClaimedValue(value=value, as_of=now) for name, value in claimed.items() if value},
        )

    def _offers(self) -> dict[str, LinkOffer]:
        links = self.person.values.get("links")
        offered = links.items() if isinstance(links, dict) else ()
        return {purpose: LinkOffer(id=f"link-{purpose}", url=str(url)) for purpose, url in offered}


def _message_view(event: Event, text: str) -> MessageView | None:
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


def _policy(event: Event, conversation: Conversation, known: Mapping[str, Block[Any]], now: datetime) -> Policy:
    permission = may_send(
        conversation,
        asked_at=event.occurred_at,
        now=now,
        max_age=_MAX_AGE,
        unasked=event.kind in UNASKED_KINDS,
    )
    news = event.news
    if news is not None and is_of_cart(news) and known["cart"].value is None:
        return Policy(may_reply=False, may_promote=False, reasons=(*permission.reasons, CART_GONE))
    return Policy(**permission.model_dump())
