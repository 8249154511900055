"""Settings: `throughline.toml` (path in THROUGHLINE_CONFIG), environment over it, secrets from files where wanted.

Every wrong key or impossible value is refused with the file, the key and what to write instead.
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableVariable

from middleware.domain.context import BLOCKS
from middleware.errors import SettingsError

CONFIG_VARIABLE = "THROUGHLINE_CONFIG"
DEFAULT_CONFIG = "throughline.toml"

_PREFIX = "THROUGHLINE_"
_OTHER_VARIABLES = {CONFIG_VARIABLE, "THROUGHLINE_TEST_MONGODB_URI"}

_RESERVED_DATABASES = frozenset({"admin", "local", "config"})

_WITH_PROFILES = frozenset({"messenger", "instagram"})
"""Connectors whose platform can be asked about a sender."""

_DURATION = re.compile(r"(\d+)\s*(ms|s|m|h|d)")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def _duration(value: object) -> object:
    """`"15m"`, `"90s"`, `"2h"`, `"30d"`, `"300ms"`; anything else is left for pydantic to refuse."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('write a duration such as "300ms", "90s", "15m", "24h" or "30d"')
    try:
        return int(match[1]) * _UNITS[match[2]]
    except OverflowError:
        raise ValueError('too long; write a duration such as "30d"') from None


def _secret(value: object) -> object:
    """A secret as text, or `{ file = "/run/secrets/name" }`: the file's content without the final line break."""
    if not isinstance(value, dict):
        return value
    if set(value) != {"file"} or not isinstance(value["file"], str):
        raise ValueError('write the secret itself or { file = "/path/to/secret" }')
    try:
        return Path(value["file"]).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the secret's file cannot be read: {error}") from error


def _secrets(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError(  # noqa: TRY004 - pydantic turns only this into a finding
            'write a list: ["the secret", "the old one while it is rotated"]'
        )
    return [_secret(each) for each in value]


def _no_reserved_name(value: str) -> str:
    if value.lower() in _RESERVED_DATABASES:
        raise ValueError(f"{value!r} is MongoDB's own; write another name")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Secret = Annotated[SecretStr, BeforeValidator(_secret)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_secrets)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Database = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$"), AfterValidator(_no_reserved_name)]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}([_-][A-Za-z]{2,4})?$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")]
OptionalAddress = Annotated[str, StringConstraints(pattern=r"^$|^https?://[^\s/?#]+(/[^\s?#]*)?$")]
Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """A table of the settings: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ServerSettings(Section):
    """Where the web process listens. Port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: Port = 8080
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9464


class StoreSettings(Section):
    """Where things are kept. No `uri`: the embedded server, with its data in `data_directory`."""

    uri: Secret | None = None
    data_directory: Path = Path(".throughline")
    common_database: Database = "throughline_common"


class WorkerSettings(Section):
    """How work is done. The lease is how long a worker that died keeps a conversation to itself.

    `sends_at_once` counts per account, while the platform is slow: what is on its way when a process dies is `unknown`
    until it is reported. `metrics_port` is that of a worker that runs apart; give each on one machine its own, or 0.
    """

    metrics_port: Port = 9465
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 64
    sends_at_once: Annotated[int, Field(ge=1, le=100)] = 20
    lease: Duration = timedelta(seconds=15)
    send_timeout: Duration = timedelta(seconds=8)

    @model_validator(mode="after")
    def _send_ends_before_lease(self) -> Self:
        if self.send_timeout + timedelta(seconds=2) > self.lease:
            raise ValueError("send_timeout must be at least 2 s shorter than lease; write for example 8s and 15s")
        return self


class Product(Section):
    """The product that an ad or a ref leads to. With a `variant_id` a personal link to a cart can be offered."""

    title: str
    variant_id: str | None = None


class JobSettings(Section):
    """What is done beside the messages. `concurrency` counts jobs of each kind in one process; that many files of
    `attachment_megabytes` are in memory at most. `attachment_timeout` is for one file.
    """

    concurrency: Annotated[int, Field(ge=1, le=100)] = 4
    attachment_megabytes: Annotated[int, Field(ge=1, le=100)] = 25
    attachment_timeout: Duration = timedelta(seconds=60)


class AccountSettings(Section):
    """One page, number, Instagram account or shop. See `throughline.example.toml` for each key."""

    connector: Literal["messenger", "instagram", "whatsapp", "shopify"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    token: Secret | None = None
    secrets: Secrets = ()
    verify_token: Secret | None = None
    base_url: OptionalAddress = ""
    api_version: Annotated[str, StringConstraints(pattern=r"^v\d{1,3}\.\d{1,2}$")] = "v26.0"
    sender_id: str | None = None
    portfolio: str | None = None
    storefront: Address | None = None
    sender_profiles: bool | None = None

    @property
    def asks_for_profiles(self) -> bool:
        """Whether the platform is asked about senders: unless it is switched off, wherever it can be asked."""
        return self.connector in _WITH_PROFILES and self.sender_profiles is not False

    @model_validator(mode="after")
    def _profiles_are_offered(self) -> Self:
        if self.sender_profiles and self.connector not in _WITH_PROFILES:
            raise ValueError(f"sender_profiles: {self.connector} cannot be asked about senders; remove it")
        return self


class BrandSettings(Section):
    """One business with its own database."""

    database: Database
    locale: Locale = "en"
    country: Country | None = None
    reply_max_age: Duration = timedelta(minutes=15)
    takeover_pause: Duration = timedelta(minutes=30)
    link_lifetime: Duration = timedelta(days=30)
    attachments: bool = True
    sender_profile_refresh: Duration = timedelta(days=30)
    flows: Path | None = None
    products: dict[str, Product] = Field(default_factory=dict)
    accounts: dict[Name, AccountSettings] = Field(default_factory=dict)


class ClientSettings(Section):
    """A program that may ask the HTTP API: its key as a hash, the brands and context blocks it may see."""

    key_hash: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
    brands: tuple[Name, ...]
    blocks: tuple[str, ...] = BLOCKS

    @model_validator(mode="after")
    def _known_blocks(self) -> Self:
        unknown = sorted(set(self.blocks) - set(BLOCKS))
        if unknown:
            raise ValueError(f"no such block: {', '.join(unknown)}; write some of {', '.join(BLOCKS)}")
        return self


class Settings(BaseSettings):
    """All settings of an installation."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
    )

    environment: Literal["development", "production"] = "development"
    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    worker: WorkerSettings = WorkerSettings()
    jobs: JobSettings = JobSettings()
    brands: dict[Name, BrandSettings] = Field(default_factory=dict)
    clients: dict[Name, ClientSettings] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file; nothing else."""
        del init_settings, env_settings, dotenv_settings, file_secret_settings
        path = config_path()
        file = (TomlConfigSettingsSource(settings_cls, path),) if path.exists() else ()
        return (_OwnVariables(settings_cls), *file)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_shared_databases(self)
        _refuse_shared_accounts(self)
        _refuse_unknown_brands(self)
        if self.environment == "production" and self.store.uri is None:
            raise ValueError(
                "store.uri: production needs a real MongoDB replica set; "
                'write uri = "mongodb://..." under [store] (docker/compose.yaml has one)'
            )
        return self


class GivenSettings(Settings):
    """Settings that a caller gives as they are, with no file and no environment: the demo's, and tests'."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller gave; nothing else."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


class _OwnVariables(EnvSettingsSource):
    """The environment without the variable that only says where the file is."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {key: value for key, value in super()._load_env_vars().items() if key != CONFIG_VARIABLE.lower()}


def config_path() -> Path:
    """The file that is read: THROUGHLINE_CONFIG, else `throughline.toml` in the working directory."""
    return Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG))


def load_settings() -> Settings:
    """The settings of this process. Raises SettingsError with one line for each thing that is wrong."""
    path = config_path()
    _refuse_unknown_variables()
    if CONFIG_VARIABLE in os.environ and not path.exists():
        raise SettingsError(f"{path}: there is no such file; {CONFIG_VARIABLE} names it")
    if path.exists() and not path.is_file():
        raise SettingsError(f"{path}: this is no file; write the path of a TOML file")
    try:
        return Settings()
    except ValidationError as error:
        lines = [_explained(path, each) for each in error.errors()]
        raise SettingsError("\n".join(lines)) from None
    except UnreadableVariable as error:
        raise SettingsError(f"environment: {error}; write JSON, or one variable for each key") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: no valid TOML: {error}") from None


def _refuse_unknown_variables() -> None:
    """A misspelt variable would otherwise be silently without effect."""
    known = {_PREFIX + name.upper() for name in Settings.model_fields} | _OTHER_VARIABLES
    for variable in os.environ:
        if variable.startswith(_PREFIX) and variable.partition("__")[0] not in known:
            raise SettingsError(
                f"environment: {variable}: no such setting; write {_PREFIX}<section>__<key>, "
                f"such as {_PREFIX}SERVER__PORT"
            )


def key_hash(key: str) -> str:
    """How a client's key stands in the settings. Keys are long and random, so one round of SHA-256 is enough."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


_EXAMPLES = {
    "database": '"my_brand" (letters, digits, - and _, at most 60)',
    "common_database": '"throughline_common" (letters, digits, - and _, at most 60)',
    "locale": '"en", "de" or "pt_BR"',
    "country": '"DE" (ISO 3166, two capital letters)',
    "api_version": '"v26.0"',
    "base_url": '"https://graph.facebook.com"',
    "storefront": '"https://shop.example"',
    "key_hash": '"sha256:<64 hex digits>"; `throughline key` makes one',
    "[key]": "a name of small letters, digits, - and _",
}

_ADVICE = {
    "extra_forbidden": "no such key; remove it or look for its spelling in throughline.example.toml",
    "missing": "is missing; add it",
}


def _explained(path: Path, error: ErrorDetails) -> str:
    """`file: key: what is wrong and what to write instead`, never with the value (it may be a secret)."""
    where = ".".join(str(part) for part in error["loc"]) or "settings"
    said = _ADVICE.get(error["type"], error["msg"].removeprefix("Value error, "))
    if error["type"] == "value_error" and not error["loc"]:
        return f"{path}: {said}"
    if error["type"] == "string_pattern_mismatch":
        key = str(error["loc"][-1])
        said = f"write something like {_EXAMPLES.get(key, error['ctx']['pattern'])}"
    return f"{path}: {where}: {said}"


def _refuse_shared_databases(settings: Settings) -> None:
    # MongoDB refuses names that differ in case only.
    owners: dict[str, str] = {settings.store.common_database.lower(): "store.common_database"}
    for name, brand in settings.brands.items():
        other = owners.setdefault(brand.database.lower(), f"brands.{name}")
        if other != f"brands.{name}":
            raise ValueError(
                f"brands.{name}.database: {brand.database!r} is taken by {other}; each brand has a database of its own"
            )


def _refuse_shared_accounts(settings: Settings) -> None:
    owners: dict[tuple[str, str], str] = {}
    for brand_name, brand in settings.brands.items():
        for name, account in brand.accounts.items():
            here = f"brands.{brand_name}.accounts.{name}"
            other = owners.setdefault((account.connector, account.id), here)
            if other != here:
                raise ValueError(
                    f"{here}.id: {account.id!r} is the id of {other} already; an account belongs to one brand"
                )


def _refuse_unknown_brands(settings: Settings) -> None:
    for name, client in settings.clients.items():
        unknown = sorted(set(client.brands) - set(settings.brands))
        if unknown:
            raise ValueError(
                f"clients.{name}.brands: there is no brand {', '.join(unknown)}; "
                f"write some of {', '.join(sorted(settings.brands)) or '(none yet)'}"
            )
