"""The table of one account, and what fits its connector."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from middleware.domain.rates import MOST_PER_SECOND
from middleware.sections.section import Section
from middleware.setting_values import (
    SHORTEST_SIGNING_SECRET,
    Address,
    Blocks,
    BotAddress,
    Currency,
    Duration,
    OptionalAddress,
    Origin,
    Secret,
    Secrets,
)

_WITH_PROFILES = frozenset({"messenger", "instagram"})
"""Connectors whose platform can be asked about a sender."""

_PASSED_ON = frozenset({"messenger", "instagram", "whatsapp"})
"""Connectors whose deliveries another bot can read."""

_PULLED = frozenset({"hubspot", "zendesk", "shopify"})
"""Connectors whose source can be asked what changed."""

_SITE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class AccountSettings(Section):
    """One page, number, Instagram account or shop. See `throughline.example.toml` for each key."""

    connector: Literal[
        "messenger",
        "instagram",
        "whatsapp",
        "shopify",
        "hubspot",
        "zendesk",
        "generic",
        "csv",
        "klaviyo",
        "mailchimp",
        "mandrill",
        "webchat",
    ]
    id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    token: Secret | None = None
    secrets: Secrets = ()
    verify_token: Secret | None = None
    base_url: OptionalAddress = ""
    api_version: Annotated[str, StringConstraints(pattern=r"^v\d{1,3}\.\d{1,2}$")] = "v26.0"
    sender_id: str | None = None
    portfolio: str | None = None
    currency: Currency | None = None
    storefront: Address | None = None
    signals: tuple[Literal["seen", "typing"], ...] = ()
    sender_profiles: bool | None = None
    messages_per_second: Annotated[float, Field(ge=0.1, le=1000)] | None = None
    origins: tuple[Origin, ...] = ()
    shop: str | None = None
    pull_every: Annotated[Duration, Field(ge=timedelta(minutes=1))] | None = None
    mapping: Path | None = None
    pass_to: BotAddress | None = None
    pass_context: Literal["header", "link", "none"] = "header"  # noqa: S105 - no password
    pass_secret: Secret | None = None
    pass_blocks: Blocks = ("orders", "cart", "ad_click", "product", "history")

    @property
    def asks_for_profiles(self) -> bool:
        """Whether the platform is asked about senders: unless it is switched off, wherever it can be asked."""
        return self.connector in _WITH_PROFILES and self.sender_profiles is not False

    @model_validator(mode="after")
    def _profiles_are_offered(self) -> Self:
        if self.sender_profiles and self.connector not in _WITH_PROFILES:
            raise ValueError(f"sender_profiles: {self.connector} cannot be asked about senders; remove it")
        return self

    @model_validator(mode="after")
    def _can_be_passed_on(self) -> Self:
        if self.pass_to is None:
            stray = sorted(self.model_fields_set & {"pass_context", "pass_secret", "pass_blocks"})
            if stray:
                raise ValueError(f"{', '.join(stray)}: without pass_to there is no bot; write pass_to or remove it")
            return self
        if self.connector not in _PASSED_ON:
            raise ValueError(f"pass_to: no bot takes the webhooks of {self.connector}; remove it")
        if not self.secrets:
            raise ValueError("pass_to needs secrets: what is passed on is signed with the app secret")
        secret = self.pass_secret.get_secret_value() if self.pass_secret is not None else ""
        gets_context = self.pass_context in {"header", "link"}
        if gets_context and len(secret.encode()) < SHORTEST_SIGNING_SECRET:
            raise ValueError(
                "pass_secret: signs the context for the bot; write at least 32 bytes, such as `openssl rand -hex 32` "
                'gives, or pass_context = "none"'
            )
        return self

    @model_validator(mode="after")
    def _is_a_site(self) -> Self:
        if self.connector != "webchat":
            if self.origins or self.shop:
                raise ValueError(f"origins and shop: a {self.connector} account has none; remove them")
            return self
        if not self.origins:
            raise ValueError('origins: name the pages that may use it; write origins = ["https://www.shop.example"]')
        if not _SITE_ID.fullmatch(self.id):
            raise ValueError("id: stands in web addresses; write letters, digits, ., - and _, at most 64")
        if any(len(each.get_secret_value().encode()) < SHORTEST_SIGNING_SECRET for each in self.secrets):
            raise ValueError("secrets: sign tokens; write at least 32 bytes, such as `openssl rand -hex 32` gives")
        return self

    @model_validator(mode="after")
    def _can_be_pulled(self) -> Self:
        if self.pull_every is None:
            return self
        if self.connector not in _PULLED:
            raise ValueError(f"pull_every: {self.connector} cannot be pulled; remove it")
        if self.token is None or (self.connector == "zendesk" and not self.base_url):
            raise ValueError("pull_every needs token, and for zendesk base_url; see throughline.example.toml")
        return self

    @model_validator(mode="after")
    def _within_the_documented(self) -> Self:
        most = MOST_PER_SECOND.get(self.connector)
        if self.messages_per_second is not None and (most is None or self.messages_per_second > most):
            allowed = f"at most {most:g}" if most is not None else "for channels only"
            raise ValueError(f"messages_per_second: {allowed} on {self.connector}; see throughline.example.toml")
        return self
