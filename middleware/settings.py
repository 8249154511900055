"""Settings: `throughline.toml` (path in THROUGHLINE_CONFIG), environment over it, secrets from files where wanted.

Every wrong key or impossible value is refused with the file, the key and what to write instead.
"""

import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
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

from middleware.errors import SettingsError
from middleware.sections.brands import BrandSettings
from middleware.sections.installation import (
    ClientSettings,
    ConsoleSettings,
    ErasingSettings,
    JobSettings,
    ServerSettings,
    StoreSettings,
    WorkerSettings,
)
from middleware.setting_values import Name

CONFIG_VARIABLE = "THROUGHLINE_CONFIG"
DEFAULT_CONFIG = "throughline.toml"

_PREFIX = "THROUGHLINE_"
_OTHER_VARIABLES = {CONFIG_VARIABLE, "THROUGHLINE_TEST_MONGODB_URI"}


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
    console: ConsoleSettings = ConsoleSettings()
    erasing: ErasingSettings = ErasingSettings()
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
        if self.console.sso is not None and not self.server.public_url:
            raise ValueError(
                "console.sso: the identity provider has to know where it sends people back; write public_url = "
                '"https://..." under [server], and register <public_url>/console/sso/callback there'
            )
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
    "currency": '"EUR" (ISO 4217, three capital letters)',
    "api_version": '"v26.0"',
    "base_url": '"https://graph.facebook.com"',
    "storefront": '"https://shop.example"',
    "pass_to": '"https://bot.example/webhook"',
    "embed_in": '["https://acme.zendesk.com"] (https, scheme and host, no path)',
    "origins": '["https://www.shop.example"] (scheme and host, no path)',
    "data_owner": '"Ana Ruiz <ana@shop.example>"',
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
        key = next(part for part in reversed(error["loc"]) if isinstance(part, str))
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
