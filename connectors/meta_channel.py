"""What Meta's three channels have in common as channels: how they are signed, verified and sent to."""

from collections.abc import Mapping, Sequence
from typing import Literal

from connectors import meta
from connectors.http import HttpClient
from middleware.ports import WebhookRequest


class MetaChannel:
    """A channel whose webhooks Meta signs and whose messages go out through the Graph API."""

    kind: Literal["channel", "source"] = "channel"

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """See `Connector.is_signed`: `X-Hub-Signature-256` with the app secret (on Instagram, the Instagram app's)."""
        return meta.is_signed(request, secret)

    def challenge(self, query: Mapping[str, str], verify_tokens: Sequence[str]) -> str | None:
        """See `Channel.challenge`."""
        return meta.challenge(query, verify_tokens)
