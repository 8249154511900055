"""Web chat: the chat on the brand's own pages, and what the script there tells. Nobody's platform stands in between.

What pages send comes through `middleware/web/site/`, which looks at the visitor's key and makes the envelope that is
read here. A reply needs no call: it is in the conversation as soon as it counts as sent, and the page reads it there.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

from connectors import meta
from connectors.batch import NEVER, Unclear, alone
from connectors.channels.webchat.envelope import CONNECTOR, slices, visitor
from connectors.signatures import is_hex_signed
from middleware.domain.attachments import FetchOutcome, FetchResult
from middleware.domain.capabilities import Capabilities, Signal
from middleware.domain.channels import CHANNELS
from middleware.domain.events import Attachment, Event, Rejected
from middleware.domain.fitting import fit
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import Outcome, Reply, SendResult
from middleware.domain.sender_profile import ProfileAnswer, ProfileOutcome
from middleware.ports import Account, AccountLookup, WebhookRequest

SIGNATURE = "x-throughline-signature"
"""`sha256=` and the HMAC-SHA256 of the body in hex, keyed with a secret of the account: for the brand's own servers."""

_NO_RECIPIENT = SendResult(outcome=Outcome.REFUSED, detail="none of the identifiers is a visitor of this site")
_NOTHING_TO_SAY = SendResult(outcome=Outcome.REFUSED, detail="nothing of the reply can be said on this channel")


class WebChat:
    """The channel `webchat`. Accounts are sites; customers are visitors."""

    name: str = CONNECTOR
    kind: Literal["channel", "source"] = "channel"
    capabilities: Capabilities = CHANNELS[CONNECTOR]

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """See `Connector.is_signed`."""
        return is_hex_signed(request.headers.get(SIGNATURE), request.body, secret)

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> list[Event | Rejected]:
        """See `Connector.normalise`."""
        return meta.collect(slices(body, received_at, accounts), request)

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`."""
        return alone(slices(body, NEVER, lambda _: None), request, positions)

    def challenge(self, query: Mapping[str, str], verify_tokens: Sequence[str]) -> str | None:
        """See `Channel.challenge`: nobody asks for one."""
        del query, verify_tokens
        return None

    def sender(self, account: Account, text: str) -> Identifier | None:
        """See `Channel.sender`: the visitor's id, never the key."""
        try:
            return Identifier(IdentifierKind.VISITOR, account.id, visitor(text))
        except Unclear:
            return None

    async def send(
        self,
        account: Account,
        recipient: Sequence[Identifier],
        reply: Reply,
        key: str,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> SendResult:
        """See `Channel.send`. Nothing leaves: turn and conversation keep the reply, from where the page gets it."""
        del timeout
        here = (each for each in recipient if each.kind is IdentifierKind.VISITOR and each.scope == account.id)
        if next(here, None) is None:
            return _NO_RECIPIENT
        if not fit(reply, self.capabilities, alone=True).replies:
            return _NOTHING_TO_SAY
        return SendResult(outcome=Outcome.SENT, message_id=key)

    async def signal(
        self,
        account: Account,
        recipient: Sequence[Identifier],
        signals: Collection[Signal],
        message_id: str | None,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> None:
        """See `Channel.signal`: there are none."""

    async def sender_profile(
        self,
        account: Account,
        sender: Identifier,
        *,
        name_only: bool,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> ProfileAnswer:
        """See `Channel.sender_profile`: a visitor has none."""
        del account, sender, name_only, timeout
        return ProfileAnswer(outcome=ProfileOutcome.NO_PROFILE, detail="visitors have no profiles")

    async def attachment(
        self,
        account: Account,
        attachment: Attachment,
        *,
        most: int,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> FetchResult:
        """See `Channel.attachment`: visitors send no files."""
        del account, attachment, most, timeout
        return FetchResult(outcome=FetchOutcome.FAILED, reason="web chat has no files")
