"""Conversations: who owns them, whether the channel lets us write, and what has been said lately."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from middleware.domain.capabilities import Capabilities
from middleware.domain.channels import CHANNELS
from middleware.domain.messages import SendState
from middleware.domain.record import Record
from middleware.domain.untrusted import HiddenId, RawId, Word, Words

KEPT_LINES = 20
KEPT_OUTBOX = 20
KEPT_TURNS = 50
KEPT_CLAIMS = 10
KEPT_OWN_IDS = 200
KEPT_TAGS = 50
KEPT_NOTES = 30
KEPT_LATE = 20
MOST_ANSWERS = 60
"""The most automatic replies a minute that a brand can allow; so many times are kept."""

WINDOW = timedelta(hours=24)
"""Messenger, Instagram and WhatsApp alike: 24 hours from the customer's last message or button
(Meta: standard messaging window)."""

HUMAN_WINDOW = timedelta(days=7)
"""How long a person of the brand may answer on Messenger and Instagram (Meta: Human Agent tag)."""


Intent = Literal["product_interest", "support_issue", "lead"]
"""What a customer is after."""


class Owner(StrEnum):
    """Who answers."""

    BOT = "bot"
    HUMAN = "human"
    PAUSED = "paused"


class Line(Record):
    """One line of the conversation. `by` says who wrote it."""

    id: RawId
    by: Literal["customer", "bot", "human"]
    text: Words
    at: datetime
    status: str | None = None
    """How far our own message has come: sent, delivered, read, failed."""
    author: HiddenId | None = None
    """The login of the agent who wrote it here. None: not a person, or one who wrote elsewhere."""


class Note(Record):
    """What an agent wrote for other agents. `id` is the dedup key of its event."""

    id: str
    by: str
    at: datetime
    text: str


class Late(Record):
    """Something that the customer wrote at `at` and the bot did not answer because of its age, known `since`.

    `id` is its turn, `message` the platform's id of it, where there are words. Agents see to it.
    """

    id: str
    message: RawId | None = None
    text: Words = ""
    at: datetime
    since: datetime


class LateBefore(Record):
    """What was too late as well and is only counted, since there is more of it than a conversation keeps.

    The first of them was written at `at`, as the platform's `message`, where there are words; `since` is when the
    latest of them was known. `last` is the turn that was counted last.
    """

    count: int
    at: datetime
    message: RawId | None = None
    since: datetime
    last: str


class OutboxEntry(Record):
    """A message that waits, is on its way, or may have gone: what permission and claim are written on.

    `by` is the worker that claimed it and `until` when its claim is certainly over (its lease); `hash` finds the echo
    of a message whose answer never came. `attached`: it goes out as an attachment, whose echo may come without words.
    """

    key: str
    hash: str
    state: SendState
    at: datetime
    by: str | None = None
    until: datetime | None = None
    not_before: datetime | None = None
    attempts: int = 0
    attached: bool = False


class FlowState(Record):
    """Where a flow that spans messages stands: at a step that waits.

    `step` is the step's name within the flow, which stays the same when others are put before it; `version` that of
    the flow's file, by which a change is noticed. `since` is when it began to wait.
    """

    flow: str
    version: str = ""
    step: str = ""
    since: datetime
    expires_at: datetime | None = None
    """From then on nothing goes on any more."""
    rings_at: datetime | None = None
    """When it goes on by itself, if it does."""
    tries: int = 0
    """Messages so far that were no answer."""
    answers: dict[str, Any] = Field(default_factory=dict)
    """What was answered so far, by name: cleaned and bounded texts and whole numbers. Untrusted."""


class Part(Record):
    """A message of a burst that is answered together with the next one. `at` is when it came in."""

    message_id: str
    at: datetime


class Awaiting(Record):
    """An engine was asked for a turn. Until it has answered, or `until`, what the customer writes next has to wait."""

    turn: str
    until: datetime


class Claim(Record):
    """Something the customer typed about themselves, masked. It never identifies and never discloses."""

    kind: Literal["email", "phone", "order_number", "name"]
    masked: Word
    at: datetime


class Consent(Record):
    """What the customer last said about being written to, and when. The latest word counts."""

    granted: bool
    at: datetime


class Window(Record):
    """Whether the channel lets us write, until when, what kinds, and why."""

    open: bool
    closes_at: datetime | None = None
    allowed_kinds: tuple[str, ...] = ()
    why: str


class Conversation(Record):
    """One conversation: one for (channel, account, person), under an opaque id.

    `aliases` are the identifier keys under which the person has written here. `applied` are the turns whose
    consequences are already in this state.
    """

    id: str
    channel: str
    account: str
    aliases: tuple[str, ...]
    started_at: datetime
    owner: Owner = Owner.BOT
    owner_until: datetime | None = None
    """A person took over, or the bot is paused, until then; a later message of theirs moves it. None: until it is given
    back."""
    last_inbound_at: datetime | None = None
    consent: Consent | None = None
    """STOP or START as a whole message. None: nothing was said, so replies are welcome."""
    marketing: Consent | None = None
    """Marketing opt-in or opt-out as the platform reports it."""
    unreachable: str | None = None
    locale: str | None = None
    flow_state: FlowState | None = None
    awaiting: Awaiting | None = None
    parts: tuple[Part, ...] = ()
    """What was written and is not answered yet, because more of it comes."""
    needs_person: str | None = None
    """Why a person should look at it."""
    tags: tuple[str, ...] = ()
    """Set by flows, sorted."""
    intent: Intent | None = None
    """What the customer was after last, as a flow noted it."""
    lines: tuple[Line, ...] = ()
    own_ids: tuple[str, ...] = ()
    """The platform's ids of what we sent lately: by these an echo is known to be ours."""
    outbox: tuple[OutboxEntry, ...] = ()
    applied: tuple[str, ...] = ()
    answered_at: tuple[datetime, ...] = ()
    """When automatic replies were decided lately: what stops two bots from talking to each other for ever."""
    claims: tuple[Claim, ...] = ()
    name: str | None = None
    """What the customer calls themselves: a claim."""
    assignee: str | None = None
    """The login of the agent who looks after it."""
    closed_at: datetime | None = None
    """None: it is open. A new message of the customer opens it again."""
    late: tuple[Late, ...] = ()
    """What was too old for the bot and nobody has answered or seen to, oldest first: the latest ones."""
    late_before: LateBefore | None = None
    """How many more there are, written before those."""
    guesses: tuple[datetime, ...] = ()
    """When something was written that looked like a code for pairing and was none."""
    notes: tuple[Note, ...] = ()
    """The latest ones: for agents only, all of them are events on record."""
    erased_at: datetime | None = None
    """The person was erased: this is the emptied shell, there for a moment so that every board learns of it."""

    def window(self, now: datetime) -> Window:
        """Whether we may write freely at `now`, and what may go otherwise."""
        closed = self._allowed_outside(now)
        channel = CHANNELS.get(self.channel)
        if self.last_inbound_at is None:
            return Window(open=False, allowed_kinds=closed, why="the customer has not written yet")
        if channel is not None and channel.always_open:
            return Window(open=True, allowed_kinds=_all_kinds(channel), why="the brand's own channel is always open")
        closes_at = self.last_inbound_at + WINDOW
        if now >= closes_at:
            why = "24 hours since the customer's last message"
            return Window(open=False, closes_at=closes_at, allowed_kinds=closed, why=why)
        return Window(
            open=True,
            closes_at=closes_at,
            allowed_kinds=_all_kinds(channel),
            why="the customer wrote within 24 hours",
        )

    def within_human_window(self, now: datetime) -> bool:
        """Whether a person of the brand may still answer the customer's last message."""
        return self.last_inbound_at is not None and now < self.last_inbound_at + HUMAN_WINDOW

    def _allowed_outside(self, now: datetime) -> tuple[str, ...]:
        """What may be sent while the window is closed: approved templates, and for a week a person's answer."""
        channel = CHANNELS.get(self.channel)
        if channel is None:
            return ()
        approved = ("approved",) if channel.approved is not None else ()
        return (*approved, *(channel.tags if self.within_human_window(now) else ()))

    def answers_since(self, moment: datetime) -> int:
        """How many automatic replies were decided after `moment`."""
        return sum(at > moment for at in self.answered_at)

    def stopped(self) -> bool:
        """Whether the customer's latest word was STOP."""
        return self.consent is not None and not self.consent.granted

    def entry(self, key: str) -> OutboxEntry | None:
        """The outbox entry of one message, if it is still kept."""
        return next((entry for entry in self.outbox if entry.key == key), None)


def _all_kinds(channel: Capabilities | None) -> tuple[str, ...]:
    """What may be sent while the window is open."""
    return ("text", "quick_replies", *(channel.forms() if channel is not None else ()))


def keep_last(items: tuple[Any, ...], most: int) -> tuple[Any, ...]:
    """The last `most` items."""
    return items[-most:]
