"""Connectors: systems that send us webhooks, and those that can be asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable

from middleware.domain.events import Event, Rejected
from middleware.domain.leads import LeadAnswer
from middleware.ports.accounts import Account, AccountLookup, WebhookRequest


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
class PullPosition:
    """Which page of a pull is asked for.

    Of `stream` what changed since a time (`since` None: everything), from `cursor` on (None: from the beginning).
    """

    stream: str
    since: datetime | None = None
    cursor: str | None = None


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
        position: PullPosition,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> PullAnswer:
        """One page of what changed. One question, which takes at most `timeout` seconds; never raises."""
        ...
