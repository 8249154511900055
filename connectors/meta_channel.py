"""What Meta's three channels have in common as channels: how they are signed, verified, sent to and asked."""

from collections.abc import Mapping, Sequence
from typing import Literal

from connectors import meta, meta_profiles
from connectors.http import HttpClient
from connectors.meta_media import fetched
from connectors.meta_profiles import ProfileApi
from connectors.meta_sending import root_url
from middleware.domain.attachments import FetchOutcome, FetchResult
from middleware.domain.events import Attachment
from middleware.domain.identifiers import Identifier
from middleware.domain.sender_profile import ProfileAnswer, ProfileOutcome
from middleware.ports import Account, WebhookRequest


class MetaChannel:
    """A channel whose webhooks Meta signs and whose messages go out through the Graph API."""

    kind: Literal["channel", "source"] = "channel"
    default_base: str = "https://graph.facebook.com"
    profiles: ProfileApi | None = None
    """How senders are asked about; None: the channel has no profiles."""
    file_hosts: tuple[str, ...] = ()
    """The hosts that files come from; `*.` in front of a name stands for all below it."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """See `Connector.is_signed`: `X-Hub-Signature-256` with the app secret (on Instagram, the Instagram app's)."""
        return meta.is_signed(request, secret)

    def challenge(self, query: Mapping[str, str], verify_tokens: Sequence[str]) -> str | None:
        """See `Channel.challenge`."""
        return meta.challenge(query, verify_tokens)

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
        root = root_url(account, self.default_base)
        return await meta_profiles.ask(
            self._http, account, root, sender, self.profiles, name_only=name_only, seconds=timeout
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
        return await fetched(self._http.files, account, attachment.url, self.file_hosts, most=most, seconds=timeout)
