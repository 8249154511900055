"""What agents do in a conversation: the acts, as they come through the inbox. `by` is the login of who did it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from middleware.domain.identifiers import Identifier
from middleware.domain.messages import Reply
from middleware.domain.record import Record
from middleware.domain.tag_names import LONGEST_NAME
from middleware.domain.users import Login

TurnId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]

LONGEST_NOTE = 4_000
"""Characters of an internal note."""
MOST_REPLIES = 20
"""Messages that one reply may become."""

MOST_LATE = 20
"""Messages that are seen to at once: as many as a conversation keeps."""

TagName = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]


class Replied(Record):
    """A reply, as the messages that it becomes on the channel. With `takes_over` the conversation is a person's from
    then on, until then: for as long as the brand's `takeover_pause`, which is worked out when its turn is written.
    """

    what: Literal["reply"] = "reply"
    replies: Annotated[tuple[Reply, ...], Field(min_length=1, max_length=MOST_REPLIES)]
    takes_over: bool = True
    until: datetime | None = None


class ProofAsked(Record):
    """A code goes to an address that the customer named, and they are asked for it in the conversation. The address is
    not in it: it is the one that is masked so in the event `said_in`.
    """

    what: Literal["proof"] = "proof"
    said_in: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    masked: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    replies: Annotated[tuple[Reply, ...], Field(min_length=1, max_length=MOST_REPLIES)]


class Tried(Record):
    """A template as whoever edits it wants to see it, sent to a conversation that is paired with them: it answers
    nobody, and is counted in no results.
    """

    what: Literal["try"] = "try"
    template: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    replies: Annotated[tuple[Reply, ...], Field(min_length=1, max_length=MOST_REPLIES)]


class TookOver(Record):
    """The bot is silent until then; None: until the conversation is given back."""

    what: Literal["take_over"] = "take_over"
    until: datetime | None = None


class Paused(Record):
    """The bot is silent until then, and nobody has the conversation; None: until it is given back."""

    what: Literal["pause"] = "pause"
    until: datetime | None = None


class Released(Record):
    """The bot answers again."""

    what: Literal["release"] = "release"


class Closed(Record):
    """Nothing is left to do, until the customer writes again. Whoever had it gives it back to the bot."""

    what: Literal["close"] = "close"


class Reopened(Record):
    """It is not closed any more."""

    what: Literal["reopen"] = "reopen"


class Assigned(Record):
    """Who looks after it; None: nobody."""

    what: Literal["assign"] = "assign"
    to: Login | None = None


class TagsChanged(Record):
    """Tags of the conversation come and go."""

    what: Literal["tag"] = "tag"
    add: Annotated[tuple[TagName, ...], Field(max_length=20)] = ()
    remove: Annotated[tuple[TagName, ...], Field(max_length=20)] = ()


class SeenTo(Record):
    """Nobody has to answer any more what was too old for the bot: the turns of these messages, no later ones, and what
    is only counted and was known `until` then.
    """

    what: Literal["seen_to"] = "seen_to"
    late: Annotated[tuple[TurnId, ...], Field(max_length=MOST_LATE)]
    until: datetime | None = None


class Noted(Record):
    """An internal note: never sent, and in nobody's context."""

    what: Literal["note"] = "note"
    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NOTE)]


Act = Annotated[
    Replied
    | ProofAsked
    | Tried
    | TookOver
    | Paused
    | Released
    | Closed
    | Reopened
    | Assigned
    | TagsChanged
    | SeenTo
    | Noted,
    Field(discriminator="what"),
]

HEARD_AT_ONCE = frozenset({"take_over", "pause", "assign", "tag", "seen_to", "note"})
"""Acts that go before a message of their lane that waits for the platform or for an engine: the bot is silenced at
once, and what concerns nobody but agents waits for nothing. All others are heard in their order."""


def replies_of(act: Act) -> tuple[Reply, ...]:
    """What is sent to the customer with an act."""
    return act.replies if isinstance(act, Replied | ProofAsked | Tried) else ()


class AgentAct(Record):
    """What an agent did. `recipient` are the identifiers under which the customer writes, for a reply."""

    by: Login
    act: Act
    recipient: tuple[Identifier, ...] = ()


_PLAINLY = {
    "reply": "wrote",
    "proof": "asked for a proof of an e-mail address",
    "release": "gave it back to the bot",
    "close": "closed it",
    "reopen": "opened it again",
    "note": "wrote a note",
}


def in_words(did: AgentAct) -> str:
    """What was done, without a word of what was written: `ana (agent) closed it`."""
    match did.act:
        case TookOver(until=until):
            said = f"took it over {_until(until)}"
        case Paused(until=until):
            said = f"paused the bot {_until(until)}"
        case Assigned(to=to):
            said = f"assigned it to {to}" if to is not None else "assigned it to nobody"
        case TagsChanged(add=add, remove=remove):
            said = "tagged it " + ", ".join([*(f"+{each}" for each in add), *(f"-{each}" for each in remove)])
        case SeenTo(until=None):
            said = "has seen to what came too late for the bot"
        case SeenTo(until=until):
            said = f"has seen to what came too late for the bot, as of {until:%Y-%m-%d %H:%M} UTC"
        case Tried(template=template):
            return f"{did.by} tried the template {template} out: a test, and no answer"
        case _:
            said = _PLAINLY[did.act.what]
    return f"{did.by} (agent) {said}"


def _until(moment: datetime | None) -> str:
    return f"until {moment:%Y-%m-%d %H:%M} UTC" if moment is not None else "until it is given back"
