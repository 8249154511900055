"""The board: the heads of conversations, as agents see them in a list. Pure: filters, search, counts, paging.

Everything that depends on the time (who has it by now, whether the window is about to close) is worked out for a `now`.
"""

import base64
import heapq
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import Literal

from rapidfuzz import fuzz

from middleware.domain.channels import CHANNELS
from middleware.domain.conversation import WINDOW, Conversation, Intent, Late, Owner
from middleware.domain.naming import words_of
from middleware.domain.policy import is_the_bots

State = Literal["bot", "person", "paused", "waiting", "closed"]
"""Who answers: the bot; a person; nobody, as it is paused; nobody yet, as it waits for a person; nobody any more."""

LONGEST_LINE = 120
MOST_ROWS = 200
VIP = "vip"
UNSHOWN = (
    "consent", "marketing", "unreachable", "locale", "flow_state", "awaiting", "parts", "own_ids", "outbox", "applied",
    "answered_at", "claims", "guesses", "notes",
)  # fmt: skip
"""Fields of a conversation of which a head shows nothing; of its `lines` it shows the last."""

_MOMENT = re.compile(r"-?[0-9]{1,16}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALIKE = 83.0
"""How alike a word of a name has to be to one that is looked for, in percent (rapidfuzz `ratio`): one slip in six."""
_SHORTEST_WITH_SLIP = 5


@dataclass(frozen=True, slots=True)
class LastLine:
    """What was said last, cut."""

    text: str
    by: Literal["customer", "bot", "human"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """One conversation on the board. `version` is that of its document; `closes_at` when its window closes; `moved_at`
    when something was said last, by which the list is sorted; `words` are those of the name, as they are looked for.

    No record: there are many thousands of them, and a record takes three times the memory.
    """

    id: str
    version: int
    channel: str
    account: str
    owner: Owner
    moved_at: datetime
    owner_until: datetime | None = None
    needs_person: str | None = None
    closed_at: datetime | None = None
    closes_at: datetime | None = None
    last: LastLine | None = None
    last_inbound_at: datetime | None = None
    name: str | None = None
    words: tuple[str, ...] = ()
    assignee: str | None = None
    tags: tuple[str, ...] = ()
    intent: Intent | None = None
    late: tuple[Late, ...] = ()

    @property
    def rank(self) -> tuple[datetime, str]:
        """Order in time, ties by id."""
        return (self.moved_at, self.id)

    def state(self, now: datetime) -> State:
        """Who answers at `now`."""
        if self.closed_at is not None:
            return "closed"
        if self.needs_person is not None:
            return "waiting"
        if is_the_bots(self.owner, self.owner_until, now):
            return "bot"
        return "person" if self.owner is Owner.HUMAN else "paused"

    def is_vip(self) -> bool:
        """Whether it is tagged so, or was handed to those who look after special customers."""
        return VIP in self.tags or (self.needs_person or "").startswith(f"{VIP}: ")


def head_of(conversation: Conversation, version: int) -> Head:
    """What the board shows of a conversation."""
    channel = CHANNELS.get(conversation.channel)
    heard = conversation.last_inbound_at
    always_open = channel is not None and channel.always_open
    line = conversation.lines[-1] if conversation.lines else None
    last = LastLine(text=line.text[:LONGEST_LINE], by=line.by, at=line.at) if line is not None else None
    times = (conversation.started_at, heard, last.at if last is not None else None)
    return Head(
        id=conversation.id,
        name=conversation.name,
        channel=intern(conversation.channel),
        account=intern(conversation.account),
        owner=conversation.owner,
        owner_until=conversation.owner_until,
        needs_person=conversation.needs_person,
        closed_at=conversation.closed_at,
        closes_at=heard + WINDOW if heard is not None and not always_open else None,
        last=last,
        last_inbound_at=heard,
        moved_at=max(each for each in times if each is not None),
        assignee=conversation.assignee,
        tags=conversation.tags,
        intent=conversation.intent,
        late=conversation.late,
        version=version,
        words=words_of(conversation.name or ""),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations somebody wants to see; None: all of them. `name` is what the customer may be called."""

    state: State | None = None
    channel: str | None = None
    account: str | None = None
    tag: str | None = None
    vip: bool = False
    assignee: str | None = None
    unassigned: bool = False
    is_open: bool = False
    """It is not closed."""
    closes_within: timedelta | None = None
    """Its window is open, and closes within this time."""
    late: bool = False
    """Something in it was too old for the bot, and nobody has answered it or seen to it."""
    name: str = ""
    words: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", words_of(self.name))

    def holds(self, head: Head, now: datetime) -> bool:
        """Whether a conversation is wanted, whatever state it is in."""
        return (
            self.channel in {None, head.channel}
            and self.account in {None, head.account}
            and (self.tag is None or self.tag in head.tags)
            and (not self.vip or head.is_vip())
            and (not self.late or bool(head.late))
            and self.assignee in {None, head.assignee}
            and not (self.unassigned and head.assignee is not None)
            and not (self.is_open and head.closed_at is not None)
            and (self.closes_within is None or _closes(head, now, self.closes_within))
            and (not self.name.strip() or is_called(head, self.words))
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first. `next` asks for what is older; None at the end. `counts`: how many there are of each
    state, whatever state is wanted.
    """

    rows: tuple[Head, ...]
    next: str | None = None
    counts: Mapping[State, int] = field(default_factory=dict)


def page_of(heads: Iterable[Head], wanted: Wanted, now: datetime, *, before: str | None = None, most: int = 50) -> Page:
    """At most `most` (up to 200) of the heads that are wanted, newest first, older than the cursor `before`.

    What moves meanwhile comes to the top and shifts nothing below it. Raises ValueError for a cursor that no page gave.
    """
    mark = _mark(before)
    most = max(1, min(most, MOST_ROWS))
    # Of many thousands: whoever wants all of them is not asked about each.
    takes_all = wanted == Wanted(state=wanted.state)
    counts: dict[State, int] = {}
    found: list[Head] = []
    for head in heads:
        if takes_all or wanted.holds(head, now):
            state = head.state(now)
            counts[state] = counts.get(state, 0) + 1
            if (wanted.state is None or wanted.state == state) and (mark is None or head.rank < mark):
                found.append(head)
    rows = heapq.nlargest(most + 1, found, key=lambda head: head.rank)
    return Page(tuple(rows[:most]), _cursor(rows[most - 1]) if len(rows) > most else None, counts)


def is_called(head: Head, words: tuple[str, ...]) -> bool:
    """Whether a customer may be called by these words (`words_of`): each is the beginning of one of the name's, or
    nearly one of them. In writing without spaces between words it may stand anywhere.
    """
    return bool(words) and all(any(_is_alike(word, each) for each in head.words) for word in words)


def _is_alike(word: str, known: str) -> bool:
    if known.startswith(word) or (not word.isascii() and word in known):
        return True
    return len(word) >= _SHORTEST_WITH_SLIP and fuzz.ratio(word, known, score_cutoff=_ALIKE) > 0


def _closes(head: Head, now: datetime, within: timedelta) -> bool:
    return head.closes_at is not None and now < head.closes_at <= now + within


def _cursor(head: Head) -> str:
    told = f"{(head.moved_at - _EPOCH) // timedelta(microseconds=1)}|{head.id}"
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _mark(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    at, bar, identifier = raw.decode().partition("|")
    if not bar or not _MOMENT.fullmatch(at):
        raise ValueError("no page gave this cursor")
    return _EPOCH + timedelta(microseconds=int(at)), identifier
