"""Channels carry conversation; flows say what the bot says in it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from middleware.domain.attachments import FetchResult
from middleware.domain.capabilities import Capabilities, Signal
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState
from middleware.domain.events import Attachment, Event
from middleware.domain.identifiers import Identifier
from middleware.domain.messages import Reply, SendResult
from middleware.domain.proof import CodeSent
from middleware.domain.sender_profile import ProfileAnswer
from middleware.domain.turn import Decision
from middleware.ports.accounts import Account
from middleware.ports.connectors import (
    Connector,
)


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


class FlowSet(Protocol):
    """Flows with templates, which do not change: pure."""

    needs: frozenset[str]
    """The context blocks that any of its flows needs."""
    told_of: frozenset[str]
    """The news that start any of its flows."""
    abandoned_after: tuple[timedelta, ...]
    """How long a cart must not have changed before a flow starts by that, shortest first; empty if none does."""

    def gathers(self, text: str) -> bool:
        """Whether a text waits a moment for what is written next. False where a flow that it is meant for says so."""
        ...

    def guess_locale(self, text: str) -> str | None:
        """A guess at the language of a text, or None when it could be any."""
        ...

    def decide(self, event: Event, state: FlowState | None, context: Context, channel: Capabilities) -> Decision:
        """Choose a flow and run it: the same input gives the same decision.

        Raises NotCompiled for a published template that is not ready, NotEnriched for blocks on demand that the context
        lacks, and nothing else.
        """
        ...

    def rendered(
        self, name: str, context: Context, channel: Capabilities, locale: str | None = None, *, window_open: bool
    ) -> Reply:
        """What a template says to whoever this context is of.

        Raises KeyError for a template that there is not, and NotCompiled for one that is not ready.
        """
        ...


class FlowRunner(Protocol):
    """What the bot of a brand says now."""

    @property
    def needs(self) -> frozenset[str]:
        """The context blocks that any of its flows needs."""
        ...

    @property
    def told_of(self) -> frozenset[str]:
        """The news that start any of its flows."""
        ...

    def held(self) -> "FlowRunner":
        """The flows of this moment: they stay those of one release, whatever is published meanwhile."""
        ...

    @property
    def abandoned_after(self) -> tuple[timedelta, ...]:
        """How long a cart must not have changed before a flow starts by that, shortest first; empty if none does."""
        ...

    def gathers(self, text: str) -> bool:
        """Whether a text waits a moment for what is written next."""
        ...

    def guess_locale(self, text: str) -> str | None:
        """A guess at the language of a text, or None when it could be any."""
        ...

    async def decide(self, event: Event, state: FlowState | None, context: Context, channel: Capabilities) -> Decision:
        """Choose a flow and run it. Raises NotEnriched for blocks on demand that the context lacks, nothing else."""
        ...
