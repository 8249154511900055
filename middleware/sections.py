"""The tables of the settings: their keys, what each value may be, and what to write instead."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from middleware.domain.context import BLOCKS
from middleware.domain.conversation import MOST_ANSWERS
from middleware.domain.identifiers import NamedLevel
from middleware.domain.look_ups import FRESH, ORDERS, FieldType, LookUpName
from middleware.domain.rates import MOST_PER_SECOND
from middleware.setting_values import (
    Address,
    Blocks,
    BotAddress,
    Country,
    Currency,
    Database,
    Duration,
    EngineBlocks,
    Locale,
    Name,
    OptionalAddress,
    Origin,
    Person,
    Port,
    Secret,
    Secrets,
    SecureOrigin,
    SentName,
    TimeZone,
    ValueName,
)

_WITH_PROFILES = frozenset({"messenger", "instagram"})
"""Connectors whose platform can be asked about a sender."""

SHORTEST_TOKEN_SECRET = 32
"""Bytes of a secret that signs tokens (RFC 7518, 3.2: as long as the hash)."""

_SITE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SHORTEST_KEY = 32
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_PASSED_ON = frozenset({"messenger", "instagram", "whatsapp"})
"""Connectors whose deliveries another bot can read."""
_PULLED = frozenset({"hubspot", "zendesk", "shopify"})
"""Connectors whose source can be asked what changed."""


_SHORTEST_LOOK_UP, _LONGEST_LOOK_UP = timedelta(milliseconds=10), timedelta(seconds=10)


class Section(BaseModel):
    """A table of the settings: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ServerSettings(Section):
    """Where the web process listens. Port 0 takes a free one. `public_url` is where the platforms reach it.

    `proxies` are how many of the brand's own stand in front: so many entries at the end of `X-Forwarded-For` are
    written by them.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    proxies: Annotated[int, Field(ge=0, le=10)] = 0
    public_url: OptionalAddress = ""
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9464


class SingleSignOn(Section):
    """An identity provider that speaks OpenID Connect. Whoever signs in there has to be a user here already, whose
    login is the address that the provider has verified.
    """

    issuer: Address
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    client_secret: Secret
    name: Annotated[str, StringConstraints(min_length=1, max_length=40)] = "Single sign-on"
    """What the button says."""


class ConsoleSettings(Section):
    """The pages for people. Without `secret`, what signs their sessions is made once and kept in the store.

    `embed_in` are the origins of help desks that may show the panel of a sender in a frame; without any, nobody may.
    """

    enabled: bool = True
    secret: Secret | None = None
    embed_in: Annotated[tuple[SecureOrigin, ...], Field(max_length=20)] = ()
    sso: SingleSignOn | None = None

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().encode()) < SHORTEST_TOKEN_SECRET:
            raise ValueError("too short; write 32 random bytes or more, such as `openssl rand -hex 32` prints")
        return secret


class ErasingSettings(Section):
    """Erasing people. Without `key`, what their identifiers are hashed with is made once and kept in the store."""

    key: Secret | None = None

    @field_validator("key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value().encode()) < _SHORTEST_KEY:
            raise ValueError("too short; write 32 random bytes or more, such as `openssl rand -hex 32` prints")
        return key


class StoreSettings(Section):
    """Where things are kept. No `uri`: the embedded server, with its data in `data_directory`."""

    uri: Secret | None = None
    data_directory: Path = Path(".throughline")
    common_database: Database = "throughline_common"


class WorkerSettings(Section):
    """How work is done. The lease is how long a worker that died keeps a conversation to itself.

    `concurrency` and `sends_at_once` count per account. The latter is the most that a process comes to: it begins with
    one, since what is on its way when a process dies is `unknown` until it is reported. `metrics_port` is that of a
    worker that runs apart; give each on one machine its own, or 0.
    """

    metrics_port: Port = 9465
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 96
    sends_at_once: Annotated[int, Field(ge=1, le=200)] = 64
    lease: Duration = timedelta(seconds=15)
    send_timeout: Duration = timedelta(seconds=8)

    @model_validator(mode="after")
    def _send_ends_before_lease(self) -> Self:
        if self.send_timeout + timedelta(seconds=2) > self.lease:
            raise ValueError("send_timeout must be at least 2 s shorter than lease; write for example 8s and 15s")
        return self


class Product(Section):
    """The product that an ad or a ref leads to, by the shop's ids, or with a title of its own (which wins).

    With a `variant_id` a personal link to a cart can be offered.
    """

    title: str | None = None
    variant_id: str | None = None
    product_id: str | None = None
    handle: str | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.title or self.variant_id or self.product_id or self.handle):
            raise ValueError("names no product; write a title, or the shop's product_id, variant_id or handle")
        return self


class JobSettings(Section):
    """What is done beside the messages. `concurrency` counts jobs of each kind in one process; that many files of
    `attachment_megabytes` are in memory at most. `attachment_timeout` is for one file.
    """

    concurrency: Annotated[int, Field(ge=1, le=100)] = 4
    attachment_megabytes: Annotated[int, Field(ge=1, le=100)] = 25
    attachment_timeout: Duration = timedelta(seconds=60)


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
        if gets_context and len(secret.encode()) < SHORTEST_TOKEN_SECRET:
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
        if any(len(each.get_secret_value().encode()) < SHORTEST_TOKEN_SECRET for each in self.secrets):
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


class ProofSettings(Section):
    """How customers prove who they are: the mail server that one-time codes go out by, and the key they are kept under.

    `sender` is the address in From, `shown_as` what customers know the brand as. See `throughline.example.toml`.
    """

    key: Secret
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: Secret | None = None
    sender: Annotated[str, StringConstraints(pattern=r"^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$")]
    shown_as: Annotated[str, StringConstraints(pattern=r"^[^\r\n]{1,80}$")] | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if len(self.key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"key: write at least {_SHORTEST_KEY} random characters; `throughline key` makes some")
        if self.security == "none" and self.host not in _THIS_MACHINE:
            raise ValueError('security: "none" is for a mail server on this machine; write "starttls" or "tls"')
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together; write both or neither")
        return self


class EngineSettings(Section):
    """A bot engine that flows can ask. See `docs/engines.md` and `throughline.example.toml` for each key."""

    kind: Literal["webhook", "rasa", "agents", "botpress", "typebot", "voiceflow", "dialogflow"]
    url: Address
    token: Secret | None = None
    secret: Secret | None = None
    bot: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    timeout: Annotated[Duration, Field(ge=timedelta(milliseconds=100), le=timedelta(seconds=60))] = timedelta(seconds=8)
    answer_within: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))] = timedelta(seconds=60)
    blocks: EngineBlocks = ("orders", "cart", "ad_click", "product", "history")
    values: Annotated[dict[ValueName, str], Field(max_length=50)] = Field(default_factory=dict)
    silence_is_an_answer: bool = False


class FieldSettings(Section):
    """A field of an answer that does not stand at its top: `at` are the names that lead to it, `parcel.eta`."""

    type: FieldType
    at: Annotated[str, StringConstraints(pattern=r"^[^.\s]{1,60}(\.[^.\s]{1,60}){0,5}$")]


class LookUpSettings(Section):
    """A system that flows can ask while they decide. See `docs/look-ups.md` for each key."""

    kind: Literal["http"] = "http"
    url: BotAddress
    token: Secret | None = None
    send: Annotated[dict[SentName, str], Field(max_length=10)] = Field(default_factory=dict)
    fields: Annotated[dict[LookUpName, FieldType | FieldSettings], Field(min_length=1, max_length=30)]
    level: NamedLevel | None = None
    within: Annotated[Duration, Field(ge=_SHORTEST_LOOK_UP, le=_LONGEST_LOOK_UP)] | None = None
    keep: Annotated[Duration, Field(le=timedelta(hours=1))] = timedelta(0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        address = urlsplit(self.url)
        if address.scheme != "https" and address.hostname not in _THIS_MACHINE:
            raise ValueError("url: http is for this machine only; write https://...")
        taken = sorted(set(self.send) & {name for name, _ in parse_qsl(address.query, keep_blank_values=True)})
        if taken:
            raise ValueError(f"send: {', '.join(taken)} stands in the url already; write it in one place")
        if FRESH in self.fields:
            raise ValueError(f"fields: {FRESH} says whether the values are up to date; write another name")
        return self


class TemplateSettings(Section):
    """How templates and flows are edited. `two_persons`: nobody publishes their own draft, or flows they imported."""

    two_persons: bool = False


class AlarmSettings(Section):
    """Where it is told that an account, an engine or a pull is silent for longer than usual, and when that is over.

    Without `secret` what is sent is not signed.
    """

    url: BotAddress
    secret: Secret | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        address = urlsplit(self.url)
        if address.scheme != "https" and address.hostname not in _THIS_MACHINE:
            raise ValueError("url: http is for this machine only; write https://...")
        return self


class BrandSettings(Section):
    """One business with its own database."""

    database: Database
    locale: Locale = "en"
    time_zone: TimeZone = "UTC"
    country: Country | None = None
    reply_max_age: Duration = timedelta(minutes=15)
    takeover_pause: Duration = timedelta(minutes=30)
    replies_per_minute: Annotated[int, Field(ge=0, le=MOST_ANSWERS)] = 5
    link_lifetime: Duration = timedelta(days=30)
    gather: Annotated[Duration, Field(le=timedelta(seconds=5))] = timedelta(milliseconds=1500)
    attachments: bool = True
    sender_profile_refresh: Duration = timedelta(days=30)
    flows: Path | None = None
    templates: TemplateSettings = TemplateSettings()
    media: Path | None = None
    review_threshold: Annotated[float, Field(ge=-10, le=60)] = 0.0
    auto_merge_threshold: Annotated[float, Field(ge=10, le=60)] | None = None
    data_owner: Person | None = None
    ownership: Path | None = None
    recommendations: Path | None = None
    proof: ProofSettings | None = None
    alarms: AlarmSettings | None = None
    engines: dict[Name, EngineSettings] = Field(default_factory=dict)
    enrich_within: Annotated[Duration, Field(ge=_SHORTEST_LOOK_UP, le=_LONGEST_LOOK_UP)] = timedelta(milliseconds=300)
    lookups: dict[LookUpName, LookUpSettings] = Field(default_factory=dict)
    products: dict[str, Product] = Field(default_factory=dict)
    accounts: dict[Name, AccountSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _own_names(self) -> Self:
        if ORDERS in self.lookups:
            raise ValueError(f"lookups.{ORDERS}: asks the shop, without any settings; write another name")
        return self


class ClientSettings(Section):
    """A program that may ask the HTTP API: its key as a hash, the brands and context blocks it may see, and
    whether it may read the review queue, decide on it and take people apart again, and edit and publish templates.
    """

    key_hash: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
    brands: tuple[Name, ...]
    blocks: Blocks = BLOCKS
    profiles: bool = False
    """Whether it may read whole profiles, which know no disclosure level: for what agents use, never for a bot."""
    review: bool = False
    replies: bool = False
    """Whether it may answer turns that asked a bot engine."""
    templates: bool = False
