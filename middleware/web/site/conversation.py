"""The conversation of one visitor as their page shows it: read from conversation and turns, kept nowhere else.

A page gets all lines that the conversation keeps, with a mark of their content, and asks for what is behind the mark.
So whatever was missed, while the page was away or an answer was lost, comes with the next one; every line has an id.
A reply whose sending nobody saw the end of is shown, too: showing it twice is showing it once.
"""

import hashlib
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from middleware.domain.channels import CHANNELS
from middleware.domain.conversation import Conversation, Line
from middleware.domain.fitting import fit
from middleware.domain.forms import Buttons, Cards, PhoneButton, ReplyButton, UrlButton
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.messages import Reply, SendState
from middleware.domain.turn import Turn, turn_of_key
from middleware.ports import BrandStore, Stored

CHANNEL = "webchat"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(_Shape):
    """A button: it says its `payload`, or opens its `url`."""

    title: str
    payload: str | None = None
    url: str | None = None


class PageCard(_Shape):
    """One card."""

    title: str
    subtitle: str | None = None
    choices: tuple[Choice, ...] = ()


class PageLine(_Shape):
    """One message."""

    id: str
    by: Literal["customer", "bot", "human"]
    at: datetime
    text: str
    status: str | None = None
    choices: tuple[Choice, ...] = ()
    cards: tuple[PageCard, ...] = ()


class PageConversation(_Shape):
    """The conversation, oldest line first. `mark` names this state of it."""

    mark: str
    lines: tuple[PageLine, ...]


class Reader:
    """Reads one visitor's conversation, as often as it is asked, and its parts only when something has changed."""

    def __init__(self, store: BrandStore, account: str, visitor: str) -> None:
        self._store = store
        self._account = account
        self._visitor = Identifier(IdentifierKind.VISITOR, account, visitor).key
        self._seat: str | None = None
        self._version = 0

    async def changed(self, mark: str) -> PageConversation | None:
        """The conversation, if it is another than the page has; None if not, or if there is none."""
        stored = await self._conversation()
        if stored is None or stored.version == self._version:
            return None
        self._version = stored.version
        found = await self._shown(stored.record)
        return found if found.mark != mark else None

    async def _conversation(self) -> Stored[Conversation] | None:
        if self._seat is None:
            identity = (await self._store.get(Identity, [self._visitor])).get(self._visitor)
            if identity is None or identity.record.suspended is not None:
                return None
            self._seat = identity.record.seat(CHANNEL, self._account)
        if self._seat is None:
            return None
        return (await self._store.get(Conversation, [self._seat])).get(self._seat)

    async def _shown(self, conversation: Conversation) -> PageConversation:
        lines = [*conversation.lines, *_in_doubt(conversation)]
        replies = await self._replies(conversation, lines)
        shown = tuple(_line(line, replies.get(line.id)) for line in lines if line.text or line.id in replies)
        told = "\n".join(line.model_dump_json() for line in shown)
        return PageConversation(mark=hashlib.sha256(told.encode()).hexdigest()[:24], lines=shown)

    async def _replies(self, conversation: Conversation, lines: list[Line]) -> dict[str, Reply]:
        """Our own messages among the lines, by their keys, with all that they hold."""
        named = {turn_of_key(line.id) for line in lines if line.by != "customer"} - {None}
        turns = await self._store.get(Turn, sorted({each[0] for each in named if each is not None}))
        mine = (each.record for each in turns.values() if each.record.conversation_id == conversation.id)
        return {message.key: message.reply for turn in mine for message in turn.messages}


def _in_doubt(conversation: Conversation) -> list[Line]:
    """Messages of ours of which nobody knows whether they were sent."""
    unknown = (each for each in conversation.outbox if each.state is SendState.UNKNOWN)
    return [Line(id=each.key, by="bot", text="", at=each.at) for each in unknown]


def _line(line: Line, reply: Reply | None) -> PageLine:
    if reply is None:
        return PageLine(id=line.id, by=line.by, at=line.at, text=line.text, status=line.status)
    fitted = fit(reply, CHANNELS[CHANNEL], alone=True).replies
    shown = fitted[0] if fitted else Reply(text=line.text)
    cards = shown.form.cards if isinstance(shown.form, Cards) else ()
    return PageLine(
        id=line.id,
        by=line.by,
        at=line.at,
        text=shown.text,
        status=line.status,
        choices=_choices(shown),
        cards=tuple(
            PageCard(title=card.title, subtitle=card.subtitle, choices=tuple(map(_choice, card.buttons)))
            for card in cards
        ),
    )


def _choices(reply: Reply) -> tuple[Choice, ...]:
    buttons = reply.form.buttons if isinstance(reply.form, Buttons) else ()
    quick = (Choice(title=each.title, payload=each.payload) for each in reply.quick_replies)
    return (*quick, *map(_choice, buttons))


def _choice(button: ReplyButton | UrlButton | PhoneButton) -> Choice:
    match button:
        case ReplyButton(title=title, payload=payload):
            return Choice(title=title, payload=payload)
        case UrlButton(title=title, url=url):
            return Choice(title=title, url=url)
        case PhoneButton(title=title):
            return Choice(title=title)
