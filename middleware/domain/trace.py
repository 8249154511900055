"""The trace of a turn: how it was decided and what came of it, for people of the brand. Identifiers are masked."""

from datetime import datetime
from typing import Literal

from middleware.domain.context import BlockState, Reason
from middleware.domain.conversation import Claim
from middleware.domain.events import EventKind, MessageKind
from middleware.domain.identifiers import NamedLevel
from middleware.domain.messages import SendState
from middleware.domain.record import Record

Came = Literal["recorded", "waiting", "gone"]
"""Where an event is kept: on record, still in the inbox, or nowhere any more."""

TraceOutcome = Literal[
    "sent",
    "failed",
    "unknown",
    "under_way",
    "asked",
    "gathered",
    "handed_over",
    "silent",
    "acted",
]
"""What a turn came to. Of several messages the one that came least far counts. `asked`: an engine answers in a turn of
its own; `gathered`: it is answered with what was written next; `handed_over`: nothing is said, a person should look;
`acted`: an agent did something beside writing."""


class TraceEvent(Record):
    """What came in. `written_at` is when the customer wrote, as the platform says; `text` is None where it is not kept
    or not wanted.
    """

    key: str
    came: Came
    kind: EventKind | None = None
    written_at: datetime
    received_at: datetime | None = None
    message_id: str | None = None
    message_kind: MessageKind | None = None
    text: str | None = None
    payload: str | None = None
    attachments: tuple[str, ...] = ()
    """What sort of files came with it."""
    referral: str | None = None
    """The ad or link through which they came."""
    taken_back: bool = False
    """The customer took it back: its words and the context are gone."""


class TracePart(Record):
    """One message of a burst, and its turn."""

    turn: str
    at: datetime | None = None
    text: str | None = None


class TraceBurst(Record):
    """The burst to which the message belongs: the `parts` before it, or the turn that answers all of them.

    `answered_by` is None where it was not decided yet, or is too long ago.
    """

    parts: tuple[TracePart, ...] = ()
    answered_by: str | None = None


class TraceWho(Record):
    """Who wrote, as it was known then, and why we believed it."""

    profile_id: str | None
    sender: str
    level: NamedLevel | None = None
    """None where the context is not kept any more."""
    name: str | None = None
    """What they call themselves on the channel."""
    identifiers: tuple[str, ...] = ()
    why: tuple[Reason, ...] = ()
    claims: tuple[Claim, ...] = ()


class TraceBlock(Record):
    """One block of the context as it was handed over. `age` is its age then, in seconds."""

    name: str
    state: BlockState
    needs_level: NamedLevel
    source: str | None = None
    as_of: datetime | None = None
    age: float | None = None
    why: str | None = None
    """What is to be said of a block that was asked for while it was decided."""


class TraceTemplate(Record):
    """A template that was said. `version` 0 is its file; None: not known. It is worked out from when versions were
    published; `perhaps_before`: one was published within the moment that processes take to see it.
    """

    name: str
    locale: str | None = None
    variant: str | None = None
    version: int | None = None
    perhaps_before: bool = False
    fallback: bool = False
    """The fallback text was said: a value was missing."""


class TraceEngine(Record):
    """The engine that was asked in this turn, or whose answer it is.

    `outcome` is a word of `EngineOutcome`; `being_asked` or `awaited` while there is none, `lost` where none is known.
    `seconds` from asking to its answer. `asked_by` and `answered_by` are turns.
    """

    engine: str
    outcome: str
    detail: str = ""
    seconds: float | None = None
    until: datetime | None = None
    asked_by: str | None = None
    answered_by: tuple[str, ...] = ()


class TraceReceipt(Record):
    """What the platform reported of a message. `at` is None where only the fact is kept."""

    status: str
    at: datetime | None = None


class TraceMessage(Record):
    """One message, and what became of it. `text` is None where it is not wanted; `form` is what it is beside text."""

    key: str
    text: str | None
    form: str | None = None
    choices: tuple[str, ...] = ()
    """Its quick replies or buttons."""
    template: TraceTemplate | None = None
    state: SendState
    reason: str | None = None
    code: str | None = None
    attempts: int
    message_id: str | None = None
    settled_at: datetime | None = None
    not_before: datetime | None = None
    receipts: tuple[TraceReceipt, ...] = ()


class TraceTimes(Record):
    """Seconds between what is kept of the stages; None where an end of it is not there.

    `waited`: received until decided; `sending`: decided until the last message was settled; `whole`: received until
    then.
    """

    waited: float | None = None
    sending: float | None = None
    whole: float | None = None


class Trace(Record):
    """One turn, whole. `why` says step by step how it was decided; `reasons` why nothing is said, if nothing is."""

    turn: str
    brand: str
    conversation: str
    channel: str
    account: str
    decided_at: datetime
    outcome: TraceOutcome
    agent: str | None = None
    """The login of the agent whose act it is; None: the bot's turn."""
    flow: str | None
    locale: str | None
    release: int | None = None
    """The release of flows that it was decided by; 0 are those of files. None: no flow was asked, or not known."""
    event: TraceEvent
    burst: TraceBurst | None = None
    who: TraceWho
    blocks: tuple[TraceBlock, ...] = ()
    why: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    engine: TraceEngine | None = None
    messages: tuple[TraceMessage, ...] = ()
    times: TraceTimes = TraceTimes()
    notes: tuple[str, ...] = ()
    """What is not in it, and why."""


def without_words(trace: Trace) -> Trace:
    """The trace without a word that anybody wrote or calls themselves."""
    burst = trace.burst
    if burst is not None:
        burst = burst.model_copy(
            update={"parts": tuple(each.model_copy(update={"text": None}) for each in burst.parts)}
        )
    return trace.model_copy(
        update={
            "event": trace.event.model_copy(update={"text": None, "payload": None, "referral": None}),
            "who": trace.who.model_copy(update={"name": None}),
            "burst": burst,
            "messages": tuple(each.model_copy(update={"text": None, "choices": ()}) for each in trace.messages),
        }
    )
