"""What Meta's three channels have in common as channels: how they are signed, verified, sent to and asked."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from connectors import meta, meta_media, meta_parts, meta_profiles
from connectors.http import HttpClient, MaybeSent, NotConnected
from connectors.meta_profiles import ProfileApi
from connectors.meta_sending import NO_RECIPIENT, NO_TOKEN, NOTHING_TO_SAY, Call, ReadId, deliver, edge_url, node_url
from connectors.meta_uploads import Uploaded, Uploads, Way
from middleware.domain.attachments import FetchOutcome, FetchResult
from middleware.domain.capabilities import Capabilities, Signal
from middleware.domain.events import Attachment
from middleware.domain.fitting import fit
from middleware.domain.forms import Approved, Media, Reaction
from middleware.domain.identifiers import Identifier
from middleware.domain.messages import Outcome, Reply, SendResult
from middleware.domain.sender_profile import ProfileAnswer, ProfileOutcome
from middleware.ports import Account, WebhookRequest

Recipient = Mapping[str, str]
"""A customer as the channel's bodies address them."""

_UPLOAD_SHARE = 0.6
"""What an upload may take of the time of a send."""

_REFUSED_ID = "the id of the uploaded file is not taken any more: the file is uploaded again"


class MetaChannel(ABC):
    """A channel whose webhooks Meta signs and whose messages go out through the Graph API."""

    kind: Literal["channel", "source"] = "channel"
    capabilities: Capabilities
    way: Way
    read_id: ReadId
    reactions_are_named: bool = False
    profiles: ProfileApi | None = None
    """How senders are asked about; None: the channel has no profiles."""
    file_hosts: tuple[str, ...] = ()
    """The hosts that files come from; `*.` in front of a name stands for all below it."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._uploads = Uploads(http, self.capabilities, self.way)

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """See `Connector.is_signed`: `X-Hub-Signature-256` with the app secret (on Instagram, the Instagram app's)."""
        return meta.is_signed(request, secret)

    def challenge(self, query: Mapping[str, str], verify_tokens: Sequence[str]) -> str | None:
        """See `Channel.challenge`."""
        return meta.challenge(query, verify_tokens)

    def signature(self, body: bytes, secret: bytes, received: Mapping[str, str]) -> Mapping[str, str]:
        """See `PassesOn.signature`."""
        return meta_parts.signature(body, secret, received)

    async def send(
        self,
        account: Account,
        recipient: Sequence[Identifier],
        reply: Reply,
        key: str,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> SendResult:
        """See `Channel.send`. What does not fit the channel is fitted into one message."""
        deadline = asyncio.get_running_loop().time() + timeout
        to = self._address(account, recipient)
        fitted = fit(reply, self.capabilities, alone=True).replies
        if to is None or not fitted:
            return NO_RECIPIENT if to is None else NOTHING_TO_SAY
        if account.token is None:
            return NO_TOKEN
        uploaded = await self._file_of(account, fitted[0], timeout * _UPLOAD_SHARE)
        if isinstance(uploaded, SendResult):
            return uploaded
        ready = fitted[0] if uploaded is None else _with_id(fitted[0], uploaded.media_id)
        named = self.reactions_are_named or not isinstance(ready.form, Reaction)
        call = Call(account, self._messages(account), self._body(to, ready, key), self.read_id, names_message=named)
        result = await deliver(self._http, call, deadline - asyncio.get_running_loop().time())
        if uploaded is not None and not uploaded.fresh and result.outcome is Outcome.REFUSED:
            self._uploads.forget(uploaded.key)
            return result.model_copy(update={"outcome": Outcome.RETRY, "detail": _REFUSED_ID})
        return result

    async def signal(
        self,
        account: Account,
        recipient: Sequence[Identifier],
        signals: Collection[Signal],
        message_id: str | None,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> None:
        """See `Channel.signal`."""
        deadline = asyncio.get_running_loop().time() + timeout
        to = self._address(account, recipient)
        if to is None or account.token is None:
            return
        for body in self._signals(to, signals, message_id):
            left = deadline - asyncio.get_running_loop().time()
            try:
                if left > 0:
                    await self._http.post_json(self._messages(account), body, account.token, left)
            except (NotConnected, MaybeSent, ValueError):
                return

    async def sender_profile(
        self,
        account: Account,
        sender: Identifier,
        *,
        name_only: bool,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> ProfileAnswer:
        """See `Channel.sender_profile`."""
        if self.profiles is None:
            return ProfileAnswer(outcome=ProfileOutcome.NO_PROFILE, detail="the channel has no profiles")
        url = node_url(account, self.way.default_base, sender.value)
        return await meta_profiles.ask(
            self._http, account, url, sender, self.profiles, name_only=name_only, seconds=timeout
        )

    async def attachment(
        self,
        account: Account,
        attachment: Attachment,
        *,
        most: int,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> FetchResult:
        """See `Channel.attachment`: the message brings a signed address, which wants no token."""
        if attachment.url is None:
            return FetchResult(outcome=FetchOutcome.FAILED, reason="the message names no address")
        hosts = self.file_hosts
        return await meta_media.fetched(self._http.files, account, attachment.url, hosts, most=most, seconds=timeout)

    async def _file_of(self, account: Account, reply: Reply, seconds: float) -> Uploaded | SendResult | None:
        media = reply.form.header if isinstance(reply.form, Approved) else reply.form
        if not isinstance(media, Media) or media.file is None:
            return None
        return await self._uploads.id_of(account, media, seconds)

    def _messages(self, account: Account) -> str:
        return edge_url(account, self.way.default_base, "messages")

    @abstractmethod
    def _address(self, account: Account, recipient: Sequence[Identifier]) -> Recipient | None:
        """The customer's address here, or None if none of the identifiers can be written to."""

    @abstractmethod
    def _body(self, to: Recipient, reply: Reply, key: str) -> dict[str, Any]:
        """The body for a reply that fits and whose files are uploaded."""

    @abstractmethod
    def _signals(self, to: Recipient, signals: Collection[Signal], message_id: str | None) -> list[dict[str, Any]]:
        """The bodies that show these signals."""


def _with_id(reply: Reply, media_id: str) -> Reply:
    """The reply with the id of its uploaded file in place of the file."""
    found = {"file": None, "media_id": media_id}
    if isinstance(reply.form, Approved) and isinstance(reply.form.header, Media):
        form = reply.form.model_copy(update={"header": reply.form.header.model_copy(update=found)})
        return reply.model_copy(update={"form": form})
    assert isinstance(reply.form, Media)  # noqa: S101 - for the type checker
    return reply.model_copy(update={"form": reply.form.model_copy(update=found)})
