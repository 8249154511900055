"""Accounts, and what a webhook POST is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from pydantic import SecretStr

from middleware.domain.capabilities import Signal
from middleware.domain.mapping import SourceMapping


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
class PassTo:
    """The bot that answers on an account in our place: where its webhook is, and what of the context it gets.

    `secret` signs the context, never the body: that is signed with the account's own.
    """

    url: str = field(repr=False)
    context: Literal["header", "link", "none"] = "header"
    secret: SecretStr | None = None
    blocks: frozenset[str] = frozenset()


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
    `pull_every`: how often a source is asked what changed (None: never by itself).
    `mapping` says how a source's bodies are read (None: the source needs none, or has got none).
    `pass_to` is the bot that answers here; then we say nothing ourselves. `made_up`: of people who do not exist;
    nobody outside is told or asked anything for it.
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
    pass_to: PassTo | None = None
    made_up: bool = False


ONLY_ACCOUNT = "*"
"""No account's id. Asked for it, an `AccountLookup` gives the account if the address speaks for one alone."""


AccountLookup = Callable[[str], Account | None]
"""From the account id in a body to the account, or None when the registry does not know it."""
