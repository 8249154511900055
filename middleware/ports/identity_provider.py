"""Where people sign in elsewhere: an identity provider that speaks OpenID Connect."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class ProviderRefused(Exception):  # noqa: N818 - an outcome
    """The provider refused, or cannot be reached. The message is for the log: it has no secret in it."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What the provider gave for a code: its token, not looked at yet, and its published keys."""

    id_token: str
    keys: tuple[Mapping[str, Any], ...]


class IdentityProvider(Protocol):
    """One provider, for one client of it."""

    issuer: str
    client_id: str

    async def sign_in_url(self, *, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """Where a browser goes to sign in (OpenID Connect Core 1.0, 3.1.2.1; PKCE: RFC 7636, S256).

        Raises ProviderRefused.
        """
        ...

    async def exchange(self, code: str, *, redirect: str, verifier: str) -> Exchanged:
        """What a code stands for (OpenID Connect Core 1.0, 3.1.3). Raises ProviderRefused."""
        ...
