"""The ports: what the core asks of the edges. Connectors, flows and the store implement them; `bootstrap` joins them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import SecretStr

from middleware.domain.context import Context
from middleware.domain.conversation import FlowState
from middleware.domain.events import Event, Rejected
from middleware.domain.identifiers import Identifier
from middleware.domain.messages import ChannelLimits, Reply, SendResult
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
    """One webhook POST as it came: header names in lower case, the body's bytes untouched."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """One page, number, Instagram account or shop of a brand.

    `id` is what the platform calls it in its webhooks. `base_url` is where the provider's API is reached, without a
    slash at the end (empty: the provider's own); `api_version` goes into its paths; `sender_id` is the id to send as
    where it differs from `id` (the Page behind an Instagram account). `portfolio` scopes WhatsApp's business-scoped ids; `country` (ISO 3166) reads national phone
    numbers; `storefront` is the shop's public address, without a slash at the end.
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
    storefront: str | None = None


AccountLookup = Callable[[str], Account | None]
"""From the account id in a body to the account, or None when the registry does not know it."""


class Connector(Protocol):
    """One system that sends us webhooks."""

    name: str
    kind: Literal["channel", "source"]

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether the request carries a valid signature made with `secret` over the bytes as received.

        Constant time, bytes compared; a missing, malformed or non-ASCII header is False, never an exception.
        """
        ...

    def normalise(
        self, body: Any, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """The events in one parsed JSON body, in the order of the body.

        What is no delivery of this connector at all raises `BodyRefused`; a part that cannot be understood becomes
        `Rejected`; a kind that is not known becomes an `unknown` event. Nothing else is ever raised. Accounts that
        the lookup does not know are normalised all the same.
        """
        ...


class Channel(Connector, Protocol):
    """A connector that carries conversation."""

    limits: ChannelLimits

    def challenge(self, query: Mapping[str, str], verify_tokens: Sequence[str]) -> str | None:
        """The answer to the verification handshake (`hub.challenge`), or None to refuse it."""
        ...

    async def send(
        self, account: Account, recipient: Sequence[Identifier], reply: Reply, key: str, *, timeout: float
    ) -> SendResult:
        """Send one reply to the person behind `recipient` (identifiers of this channel, best first).

        `key` travels along as correlation key where the platform carries one. Takes at most `timeout` seconds and
        never raises: whatever happens is one of the closed list of outcomes.
        """
        ...


class FlowRunner(Protocol):
    """What the bot says."""

    needs: frozenset[str]
    """The context blocks that any of its flows needs."""

    def decide(self, event: Event, state: FlowState | None, context: Context, limits: ChannelLimits) -> Decision:
        """Choose a flow and run it: pure, the same input gives the same decision. Never raises."""
        ...
