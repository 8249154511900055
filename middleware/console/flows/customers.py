"""As whom flows are tried: somebody made up, or a real customer as they are known now. Nothing of them is changed."""

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import web

from flows.preview.customers import CUSTOMERS
from flows.runner import Flows
from flows.trying.replaying import Act, Talked, gone_through, talked
from flows.trying.talk import Code, Talk
from middleware.console.people.masking import Eyes
from middleware.console.people.page import checked_id
from middleware.console.people.panel import eyes_of
from middleware.console.people.seen_by_bots import Seen, seen_by_bots
from middleware.console.templates.customers import REAL
from middleware.console.visit import Visit
from middleware.domain.channels import CHANNELS
from middleware.domain.context import Block, Context
from middleware.domain.conversation import Conversation, Owner
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.domain.policy import owned_by_bot
from middleware.domain.text import cleaned
from middleware.errors import NotEnriched
from middleware.identity.joined import join
from middleware.pipeline.person import read_person
from middleware.pipeline.recent_contexts import is_ours
from middleware.pipeline.talking import RealSender, sender_in_talk

USUAL = "ana"
_LONGEST_NAME = 120
_ANSWERED_WITHIN = 30.0
"""Seconds in which what is known has to be put together."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Real:
    """A real customer. `others` are their conversations, the one written in last first; `free`: talked to as if the
    bot had the conversation and no flow waited in it.
    """

    sender: RealSender
    name: str
    others: tuple[Conversation, ...]
    eyes: Eyes
    free: bool
    at: datetime

    @property
    def conversation(self) -> Conversation:
        """The conversation in which they write."""
        return self.sender.conversation

    @property
    def profile_id(self) -> str:
        """Who they are."""
        return self.sender.profile.id

    @property
    def stands(self) -> str:
        """Who has the conversation now: `bot`, `human`, or the bot that is `paused`."""
        return "bot" if owned_by_bot(self.conversation, self.at) else self.conversation.owner.value

    def talk(self, flows: Flows, loop: asyncio.AbstractEventLoop) -> Talk:
        """A talk as them, in a thread beside the loop."""
        sender = replace(self.sender, conversation=_freed(self.conversation)) if self.free else self.sender
        return Talk(flows, _Writing(sender, loop), sender.channel.capabilities, self.at)

    def seen(self, context: Context) -> Seen:
        """A context of theirs, as whoever looks on may see it."""
        return seen_by_bots(context, self.eyes)


@dataclass(frozen=True, slots=True)
class Chosen:
    """As whom somebody talks, and where. `named` is what forms keep of them; `real` None: somebody made up."""

    named: str
    channel: str
    real: Real | None = None

    def text(self, text: str) -> str:
        """A text as whoever looks on may see it: without contacts, where it is of somebody real."""
        return self.real.eyes.text(text) if self.real is not None else text

    async def talked(self, flows: Flows, acts: Sequence[Act], *, codes: bool) -> Talked:
        """What comes of these acts. Raises FlowError, NotCompiled."""
        if self.real is None:
            return await asyncio.to_thread(talked, flows, self.named, self.channel, acts, codes=codes)
        talk = self.real.talk(flows, asyncio.get_running_loop())
        return await asyncio.to_thread(gone_through, talk, acts)


async def chosen(visit: Visit, named: str, channel: str, *, free: bool = False, begins: bool = False) -> Chosen:
    """As whom a form or an address says; what it says of a channel counts for somebody made up. That somebody looks at
    a real customer goes on record, again with each talk that `begins`.

    Raises HTTPBadRequest and HTTPNotFound for nobody.
    """
    if named.startswith(REAL):
        real = await _real(visit, checked_id(named.removeprefix(REAL)), free=free)
        await _note(visit, real, begins=begins)
        return Chosen(named, real.conversation.channel, real)
    if named not in CUSTOMERS or channel not in CHANNELS:
        raise web.HTTPBadRequest
    return Chosen(named, channel)


async def latest_of(visit: Visit, profile_id: str) -> str:
    """How somebody is named who is known by their profile, in the conversation that they wrote in last; empty if they
    have never written. Raises HTTPNotFound.
    """
    person = await read_person(visit.brand.brand, checked_id(profile_id))
    if person is None:
        raise web.HTTPNotFound
    ours = (each for each in person.conversations if is_ours(visit.brand.brand, visit.console.channels, each))
    latest = next(ours, None)
    return f"{REAL}{latest.id}" if latest is not None else ""


async def _real(visit: Visit, conversation_id: str, *, free: bool) -> Real:
    brand, channels = visit.brand.brand, visit.console.channels
    sender = await sender_in_talk(brand, channels, conversation_id, visit.console.clock)
    person = await read_person(brand, sender.profile.id) if sender is not None else None
    if sender is None or person is None:
        raise web.HTTPNotFound
    name, eyes = join(sender.profile, brand.ownership).name, eyes_of(visit)
    called = eyes.text(cleaned(str(name.value), _LONGEST_NAME)) if name is not None else ""
    others = tuple(each for each in person.conversations if is_ours(brand, channels, each))
    return Real(sender, called, others, eyes, free, visit.now)


async def _note(visit: Visit, real: Real, *, begins: bool) -> None:
    """Once for each talk: it is gone through again with each thing that is done."""
    editing, looked = visit.brand.editing, (visit.session.id, f"talk:{real.conversation.id}")
    if begins or looked not in editing.looked_at:
        await visit.on_record("flows.talked_as", about=real.profile_id, conversation=real.conversation.id)
        editing.note(looked)


def _freed(conversation: Conversation) -> Conversation:
    """The conversation as if the bot had it and no flow waited."""
    return conversation.model_copy(update={"owner": Owner.BOT, "owner_until": None, "flow_state": None})


class _Writing:
    """A real customer in a talk that goes on in a thread (`Writer`): what is known of them is read on the loop, where
    messages read it, too.
    """

    codes = False
    """Nothing is proved in a talk: who they are is not asked anew."""

    def __init__(self, known: RealSender, loop: asyncio.AbstractEventLoop) -> None:
        self._known, self._loop = known, loop

    @property
    def sender(self) -> Identifier:
        """Under which identifier they write."""
        return self._known.sender

    @property
    def conversation(self) -> Conversation:
        """Their conversation as it stands."""
        return self._known.conversation

    def heard(self, event: Event, code: Code) -> None:  # noqa: ARG002 - nobody gives a code here
        """What the event says of them is known from now on, in this talk."""
        self._known = self._known.after(event)

    def context(
        self, event: Event, conversation: Conversation, code: Code, blocks: Collection[str], now: datetime
    ) -> Context:  # fmt: skip
        """The context as a message of theirs would have it."""
        del code

        async def known() -> Context:
            return self._known.context(event, conversation, blocks, now)

        return self._on_loop(known())

    def on_demand(self, event: Event, context: Context, lacking: NotEnriched) -> Mapping[str, Block[Any]]:
        """What fits is worked out; no other system is asked."""
        return self._on_loop(self._known.on_demand(event, context, lacking))

    def _on_loop(self, asked: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(_ANSWERED_WITHIN)
