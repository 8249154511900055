"""The ports: what the core asks of the edges. Connectors, flows and store implement them; `bootstrap` joins them."""

from collections.abc import AsyncGenerator, Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import Field, SecretStr

from middleware.domain.attachments import FetchResult
from middleware.domain.capabilities import Capabilities, Signal
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState
from middleware.domain.events import Attachment, Event, Rejected
from middleware.domain.identifiers import Identifier
from middleware.domain.jobs import Job, JobKind
from middleware.domain.leads import LeadAnswer
from middleware.domain.mapping import SourceMapping
from middleware.domain.messages import Reply, SendResult
from middleware.domain.proof import CodeSent
from middleware.domain.record import Record
from middleware.domain.sender_profile import ProfileAnswer
from middleware.domain.turn import Decision


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> datetime:
        """The current time, aware, UTC, in whole milliseconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One webhook POST as it came: header names in lower case, the body's bytes untouched.

    `url` is the address as the platform knows it, with its query: where signatures are made over it. `address` is the
    account that the webhook address names, if it names one. `received_at` is when it came, for signatures that grow
    old; None where nobody asks for the signature any more.
    """

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    url: str = ""
    address: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One page, number, Instagram account or shop of a brand.

    `id` is what the platform calls it in its webhooks. `base_url` is where the provider's API is reached, without a
    slash at the end (empty: the provider's own); `api_version` goes into its paths; `sender_id` is the id to send as
    where it differs from `id` (the Page behind an Instagram account). `portfolio` scopes WhatsApp's business-scoped
    ids (empty: the brand has a single portfolio); `country` (ISO 3166) reads national phone numbers; `currency`
    (ISO 4217) is that of a shop's prices, whose products name none; `storefront` is the shop's public address, without
    a slash at the end. `profile_refresh` is after how long the platform is asked for a sender's profile again (None:
    never asked). `media` is the brand's directory of files that may be sent; `signals` are shown to customers before a
    reply. `messages_per_second` is how many this process may send (None: as many as the platform documents). `origins`
    are the pages that a site's script may report from; `shop` is the shop whose customer ids the site's tokens name.
    reply. `messages_per_second` is how many this process may send (None: as many as the platform documents).
    `pull_every`: how often a source is asked what changed (None: never by itself).
    `mapping` says how a source's bodies are read (None: the source needs none, or has got none).
    """

    brand: str
    name: str
    connector: str
    id: str
    secrets: tuple[SecretStr, ...] = ()
    token: SecretStr | None = None
    verify_token: SecretStr | None = None
    base_url: str = ""
    api_version: str = "v26.0"
    sender_id: str | None = None
    portfolio: str | None = None
    country: str | None = None
    currency: str | None = None
    storefront: str | None = None
    profile_refresh: timedelta | None = None
    media: Path | None = None
    signals: tuple[Signal, ...] = ()
    messages_per_second: float | None = None
    origins: tuple[str, ...] = ()
    shop: str | None = None
    pull_every: timedelta | None = None
    mapping: SourceMapping | None = None


ONLY_ACCOUNT = "*"
"""No account's id. Asked for it, an `AccountLookup` gives the account if the address speaks for one alone."""

AccountLookup = Callable[[str], Account | None]
"""From the account id in a body to the account, or None when the registry does not know it."""


class Connector(Protocol):
    """One system that sends us webhooks."""

    @property
    def name(self) -> str:
        """What settings and webhook addresses call it."""
        ...

    @property
    def kind(self) -> Literal["channel", "source"]:
        """Whether it carries conversation or tells us facts."""
        ...

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether the request carries a valid signature made with `secret` over the bytes as received.

        Constant time, bytes compared; a missing, malformed or non-ASCII header is False, never an exception.
        """
        ...

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """The events in one parsed JSON body, in the order of the body.

        What is no delivery of this connector at all raises `BodyRefused`; a part that cannot be understood becomes
        `Rejected`; a kind that is not known becomes an `unknown` event. Nothing else is ever raised. Accounts that
        the lookup does not know are normalised all the same.
        """
        ...

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """A request of its own for some of the parts that `normalise` made of this body, by their position.

        It holds that part and nobody else's, and normalising it gives the part again, with the same dedup key: what
        is kept in quarantine and read again later. Left out for a part that cannot stand alone. Never raises for a
        body that `normalise` took.
        """
        ...


@runtime_checkable
class ReadsBodies(Protocol):
    """A connector whose bodies are no JSON."""

    def read_body(self, raw: bytes) -> object:
        """The value of a body, as `normalise` takes it. Raises `BodyRefused` for what is none."""
        ...


@runtime_checkable
class Probed(Protocol):
    """A connector whose platform asks the webhook address by GET, before it delivers anything to it."""

    def probed(self) -> str:
        """What it is answered. It says nothing but that somebody is there, so anybody may ask."""
        ...


@runtime_checkable
class LeadSource(Protocol):
    """A connector whose webhooks tell of a lead by its id alone: the answers are asked for."""

    async def lead(
        self,
        account: Account,
        lead_id: str,
        key: str,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> LeadAnswer:
        """What somebody answered in a lead form: one question. `key` is that of the event which will tell of it.

        Takes at most `timeout` seconds and never raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a pull, as a delivery that the connector's own `normalise` reads.

    `cursor` leads to the next page of the stream; None: this was its last. `wait` is how many seconds the source wants
    to be left alone before it is asked again.
    """

    delivery: WebhookRequest
    cursor: str | None = None
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class PullWaits:
    """No page this time: throttled, or nothing that can be read came back. `seconds` None: the source does not say."""

    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class PullRefused:
    """No page, and asking again will not help. `begin_again`: the cursor is no good any more."""

    reason: str
    begin_again: bool = False


PullAnswer = Page | PullWaits | PullRefused


@runtime_checkable
class PullSource(Protocol):
    """A connector whose source can be asked what changed.

    `streams` are pulled one after the other; `overlap` is how far a run goes back behind the start of the last one,
    because a source shows late what has changed.
    """

    streams: tuple[str, ...]
    overlap: timedelta

    async def page(
        self,
        account: Account,
        stream: str,
        since: datetime | None,
        cursor: str | None,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> PullAnswer:
        """One page of what changed since a time (None: everything), from the cursor on. One question; never raises."""
        ...


class Channel(Connector, Protocol):
    """A connector that carries conversation."""

    capabilities: Capabilities

    def challenge(self, query: Mapping[str, str], verify_tokens: Sequence[str]) -> str | None:
        """The answer to the verification handshake (`hub.challenge`), or None to refuse it."""
        ...

    def sender(self, account: Account, text: str) -> Identifier | None:
        """The identifier of a customer from the id as the platform writes it, or None if it is no such id."""
        ...

    async def send(
        self,
        account: Account,
        recipient: Sequence[Identifier],
        reply: Reply,
        key: str,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> SendResult:
        """Send one reply to the person behind `recipient` (identifiers of this channel, best first).

        `key` travels along as correlation key where the platform carries one. Takes at most `timeout` seconds and
        never raises: whatever happens is one of the closed list of outcomes. A file of the brand is uploaded first.
        """
        ...

    async def signal(
        self,
        account: Account,
        recipient: Sequence[Identifier],
        signals: Collection[Signal],
        message_id: str | None,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends silently, not in a cancellation
    ) -> None:
        """Show that the message `message_id` was seen, that a reply is being written.

        Best effort within `timeout` seconds: what fails is not told, and nothing is raised.
        """
        ...

    async def sender_profile(
        self,
        account: Account,
        sender: Identifier,
        *,
        name_only: bool,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> ProfileAnswer:
        """What the platform says of a sender: one question. `name_only` leaves out what needs further permissions.

        Takes at most `timeout` seconds and never raises. A channel without profiles answers `no_profile`.
        """
        ...

    async def attachment(
        self,
        account: Account,
        attachment: Attachment,
        *,
        most: int,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> FetchResult:
        """The bytes of a file that came in a message: at most `most`, within `timeout` seconds. Never raises.

        Only from hosts that the platform uses and addresses that are public, whatever the message says.
        """
        ...


class CodeSender(Protocol):
    """The way of a one-time code to a stored address, outside the conversation that asks for it."""

    async def send(
        self,
        address: str,
        code: str,
        locale: str,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> CodeSent:
        """Send one code. Takes at most `timeout` seconds and never raises."""
        ...


class FlowRunner(Protocol):
    """What the bot says."""

    needs: frozenset[str]
    """The context blocks that any of its flows needs."""

    def guess_locale(self, text: str) -> str | None:
        """A guess at the language of a text, or None when it could be any."""
        ...

    def decide(self, event: Event, state: FlowState | None, context: Context, channel: Capabilities) -> Decision:
        """Choose a flow and run it: pure, the same input gives the same decision. Never raises."""
        ...


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Stored(Generic[R]):
    """A record as it was read: what is written back must still have this version."""

    record: R
    version: int

    def put(self, record: R) -> "Put":
        """The change that writes `record` in place of this one."""
        return Put(record, self.version)


@dataclass(frozen=True, slots=True)
class Put:
    """Write a record: compare-and-set on `version`; version 0 means that it must not exist yet."""

    record: Record
    version: int = 0


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove one record of a kind by its id; removing what is not there is fine.

    With a `version`, only as long as the record still has it: what somebody has written since stays.
    """

    kind: type[Record]
    id: str
    version: int | None = None


class InboxEntry(Record):
    """One event that was acknowledged and is not finished yet. `id` is the event's dedup key."""

    id: str
    lane: str
    event: Event

    @classmethod
    def of(cls, event: Event) -> "InboxEntry":
        """The entry of an event."""
        return cls(id=event.key, lane=event.lane, event=event)


class Recorded(Record):
    """One event in the timeline: append-only. `id` is the event's dedup key."""

    id: str
    event: Event


class Quarantined(Record):
    """Input that could not be understood, with the reason. Kept and replayable.

    `raw` is a body of its own that holds this part alone, or the part as it came where it cannot stand alone.
    `address` is the account that the webhook address named, if it named one; `seals` tell whose secret had signed the
    delivery (`pipeline/seals.py`). Documents that were kept before there were seals have none.
    """

    id: str
    connector: str
    reason: str
    raw: bytes
    received_at: datetime
    headers: dict[str, str] = Field(default_factory=dict)
    address: str | None = None
    seals: tuple[str, ...] = ()


class DeadLetter(Record):
    """Work that failed for good: the event with what went wrong. Kept and replayable."""

    id: str
    event: Event
    reason: str
    failed_at: datetime


class BrandStore(Protocol):
    """The store of one brand: its own database, nothing of any other brand in reach.

    Every call raises `StoreUnavailable` if the store does not answer in time; whether a write landed is then not
    known, and repeating it is harmless because its keys are the same. Calls are independent values, so that an
    implementation can put those of many callers into one command (group commit).
    """

    async def get(self, kind: type[R], ids: Collection[str]) -> dict[str, Stored[R]]:
        """The records with these ids, by id; what does not exist is left out."""
        ...

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """Carry out the changes; for each whether it landed. Raises `NotStorable`, before anything is written, for
        a record that does not fit.

        False for a `Put`: the record exists already (version 0) or is no longer at that version. Without a version-0
        `Put` among them they happen in this order and a crash leaves a first part of them; otherwise each stands for
        itself.
        """
        ...

    async def backlog(self, most: int, known: Container[str] = (), besides: Collection[str] = ()) -> list[InboxEntry]:
        """At most that many unfinished inbox entries, in no particular order.

        None of those whose ids are `known`, and none of the accounts `besides`.
        """
        ...

    async def due_jobs(self, kind: JobKind, now: datetime, most: int) -> list[Stored[Job]]:
        """At most that many jobs of a kind that may be taken at `now`, in no particular order."""
        ...

    def scan(self, kind: type[R], *, after: str = "", prefix: str = "") -> AsyncGenerator[list[Stored[R]], None]:
        """All records of a kind in the order of their ids, a bounded batch at a time.

        Only those whose id comes later than `after` and begins with `prefix`. For commands that people start, never
        for the path of a message: it reads what it passes. A walk that was broken off goes on with `after`.
        """
        ...


class Store(Protocol):
    """All databases of an installation."""

    def brand(self, name: str) -> BrandStore:
        """The store of a brand that the settings name."""
        ...

    @property
    def common(self) -> BrandStore:
        """What belongs to no brand: quarantined bodies that no account claims."""
        ...

    async def ping(self) -> None:
        """Return if the store answers; else raise `StoreUnavailable`."""
        ...
