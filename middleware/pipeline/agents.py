"""Where what agents do comes in: it is looked at, put into the inbox, and from there goes the way of every event.

`acted` is what a console calls. It reads, and writes once: the acts are heard in the order of the customer's lane, and
a form that is sent twice is one act.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.agents import (
    MOST_REPLIES,
    Act,
    AgentAct,
    Noted,
    ProofAsked,
    Replied,
    TagsChanged,
    TookOver,
    Tried,
    replies_of,
)
from middleware.domain.channels import CHANNELS
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, EventKind, event_key
from middleware.domain.fitting import fit
from middleware.domain.identifiers import Identifier
from middleware.domain.messages import Reply
from middleware.domain.policy import (
    NO_PROMOTION,
    STOPPED,
    UNREACHABLE,
    WINDOW_CLOSED,
    may_send,
    owned_by_bot,
)
from middleware.domain.tag_names import name_of
from middleware.domain.turn import turn_id
from middleware.domain.unseen import seen
from middleware.domain.users import Login
from middleware.pipeline.act import as_person, tagged
from middleware.pipeline.pairing import pairings_of
from middleware.pipeline.parts import Brand
from middleware.pipeline.senders import senders_of
from middleware.ports import InboxEntry, Put, Recorded

NO_CONVERSATION, NOBODY, NO_ACCOUNT = "no_conversation", "nobody_to_write_to", "no_account"
NOTHING_TO_SAY, NO_TAG, BAD_KEY, TOO_MUCH = "nothing_to_say", "no_tag", "bad_key", "too_much"
NO_CODES, NO_ADDRESS, NOT_YOURS = "no_codes", "no_address", "not_yours"

WHY_NOT = {
    STOPPED: "The customer has said STOP. Nothing may be sent until they write START.",
    WINDOW_CLOSED: "The customer's last message is too long ago: the channel takes no free text any more."
    " Send an approved template, if the channel has them, or wait until they write.",
    UNREACHABLE: "The platform says that this customer cannot be written to. Wait until they write again.",
    NO_CONVERSATION: "There is no such conversation.",
    NOBODY: "The customer does not write in this conversation any more. Look for their newer one.",
    NO_ACCOUNT: "The account of this conversation is not in the settings any more, so nothing can be sent from it.",
    NOTHING_TO_SAY: "Nothing of it can be shown on this channel. Write a text.",
    NO_TAG: "A tag has letters, digits, - and _ only, 63 characters at most.",
    BAD_KEY: "The form was sent without its key. Load the page again.",
    NO_CODES: "This brand sends no codes by e-mail: its settings name no mail server (`proof`).",
    NO_ADDRESS: "The message with this address is not there any more, or names several that look alike. Ask the"
    " customer to write it again.",
    NOT_YOURS: "This conversation is not paired with you, or not any more: templates are tried out in one's own only.",
    TOO_MUCH: "This is too long for one message. Send it in parts.",
}
"""Why an act is refused, in words that a page can show, by reason."""

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Taken:
    """The act is in the inbox: `events` are for the worker of this process, if it has one. `again`: it was there.
    `turn` is the id that its turn has, or will have.
    """

    turn: str
    events: tuple[Event, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The act was not taken, and nothing was stored."""

    reasons: tuple[str, ...]

    def in_words(self) -> str:
        """Why, and what to do instead."""
        return " ".join(WHY_NOT.get(each, each) for each in self.reasons)


async def acted(
    brand: Brand, conversation_id: str, act: Act | Reply, by: Login, key: str, now: datetime
) -> Taken | Refused:
    """Put what an agent did into the inbox. A `Reply` takes the conversation over.

    `key` is made by the page with the form, 8 to 64 letters, digits, `-` and `_`: the same one is the same act.
    Raises StoreUnavailable: then the page may send the same form again. Four reads and one write at most.
    """
    if not _KEY.fullmatch(key):
        return Refused((BAD_KEY,))
    conversation = (await brand.store.get(Conversation, [conversation_id])).get(conversation_id)
    if conversation is None:
        return Refused((NO_CONVERSATION,))
    return await _taken(brand, conversation.record, act, by, key, now)


def refused(conversation: Conversation, reply: Reply, now: datetime) -> tuple[str, ...]:
    """Why an agent may not send this reply now; nothing if they may. Who owns the conversation holds nobody back."""
    return _refused(conversation, as_person(reply, conversation, now), now)


def _refused(conversation: Conversation, reply: Reply, now: datetime) -> tuple[str, ...]:
    """The same of a reply with the tag that it goes under."""
    allowed = may_send(conversation, asked_at=now, now=now, max_age=now - now, reply=reply, by_person=True)
    return tuple(reason for reason in allowed.reasons if reason not in NO_PROMOTION)


def fitted(conversation: Conversation, reply: Reply) -> tuple[tuple[Reply, ...], tuple[str, ...]]:
    """The messages that a reply becomes on the channel of the conversation, and what was changed for it."""
    channel = CHANNELS.get(conversation.channel)
    if channel is None:
        return (), ()
    found = fit(reply.model_copy(update={"split": True, "tag": None}), channel)
    return tuple(each for each in found.replies if each.form is not None or each.text.strip()), found.notes


async def _taken(
    brand: Brand, conversation: Conversation, act: Act | Reply, by: Login, key: str, now: datetime
) -> Taken | Refused:
    senders = await senders_of(brand.store, conversation)
    ready = _ready(brand, conversation, act, now)
    if isinstance(ready, Refused):
        return ready
    if not senders:
        return Refused((NOBODY,))
    if isinstance(ready, Tried) and (await pairings_of(brand.store, by)).of(conversation.id) is None:
        return Refused((NOT_YOURS,))
    event = _event(conversation, senders, AgentAct(by=by, act=ready, recipient=senders), key, now)
    turn = turn_id(brand.name, event)
    if event.key in await brand.store.get(Recorded, [event.key]):
        return Taken(turn, again=True)
    events = [event]
    if isinstance(ready, Replied) and ready.takes_over and owned_by_bot(conversation, now):
        # Heard at once, like a STOP, so that the bot is silent although its message, or an engine, is waited for.
        hold = AgentAct(by=by, act=TookOver(until=now + brand.takeover_pause))
        events.insert(0, _event(conversation, senders, hold, f"{key}:takes", now))
    landed = await brand.store.write(*(Put(InboxEntry.of(each)) for each in events))
    return Taken(turn, tuple(events), again=not landed[-1])


def _ready(brand: Brand, conversation: Conversation, act: Act | Reply, now: datetime) -> Act | Refused:
    """The act as it is put into the inbox: cleaned, and a reply as its channel can show it."""
    if isinstance(act, Reply):
        act = Replied(replies=(act,))
    if isinstance(act, Noted):
        text = seen(act.text, lines=True).strip()
        return Noted(text=text) if text else Refused((NOTHING_TO_SAY,))
    if isinstance(act, TagsChanged):
        return _tags(act)
    if isinstance(act, ProofAsked) and brand.codes is None:
        return Refused((NO_CODES,))
    if isinstance(act, Replied | ProofAsked | Tried):
        fits = _fitting(brand, conversation, act, now)
        return fits if isinstance(fits, Refused) else act.model_copy(update={"replies": fits})
    return act


def _tags(act: TagsChanged) -> TagsChanged | Refused:
    add, remove = ([name_of(each)[0] for each in tags] for tags in (act.add, act.remove))
    if None in add or not (act.add or act.remove):
        return Refused((NO_TAG,))
    # What is taken away may have been called anything.
    kept = {*act.remove, *filter(None, remove)}
    return TagsChanged(add=tuple(filter(None, add)), remove=tuple(sorted(kept)))


def _fitting(
    brand: Brand, conversation: Conversation, act: Act, now: datetime
) -> tuple[Reply, ...] | Refused:  # fmt: skip
    """The messages that what is said becomes on the channel, where they may go."""
    if (conversation.channel, conversation.account) not in brand.accounts:
        return Refused((NO_ACCOUNT,))
    said = replies_of(act)
    if any(len(each.text) > _MOST_TEXT for each in said):
        return Refused((TOO_MUCH,))
    replies = [each for reply in said for each in fitted(conversation, reply)[0]]
    if not replies:
        return Refused((NOTHING_TO_SAY,))
    if len(replies) > MOST_REPLIES:
        return Refused((TOO_MUCH,))
    reasons = {
        reason for each in replies for reason in _refused(conversation, tagged(act, each, conversation, now), now)
    }
    if reasons:
        return Refused(tuple(sorted(reasons)))
    return tuple(replies)


def _event(conversation: Conversation, senders: Sequence[Identifier], did: AgentAct, key: str, now: datetime) -> Event:
    """What an agent did, on the lane of the customer."""
    return Event(
        key=event_key(conversation.channel, conversation.account, f"agent:{conversation.id}:{key}"),
        kind=EventKind.AGENT,
        connector=conversation.channel,
        account=conversation.account,
        occurred_at=now,
        received_at=now,
        anchor=senders[0],
        agent=did,
    )
