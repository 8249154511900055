"""What a value of the settings may be, and what to write instead: durations, secrets, names, addresses."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
)

from middleware.domain.context import BLOCKS, HANDED_OVER

SHORTEST_SIGNING_SECRET = 32
"""Bytes of a secret that signs or hashes (RFC 7518, 3.2: as long as the hash)."""

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})

_RESERVED_DATABASES = frozenset({"admin", "local", "config"})
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


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < SHORTEST_SIGNING_SECRET:
        raise ValueError("too short; write 32 random bytes or more, such as `openssl rand -hex 32` prints")
    return secret


def _nobody_listens(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise ValueError("http is for this machine only; write https://...")
    return address


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('no such time zone; write it as "Europe/Madrid"') from None
    return name


def _known_blocks(blocks: tuple[str, ...]) -> tuple[str, ...]:
    return _of(blocks, BLOCKS)


def _handed_over(blocks: tuple[str, ...]) -> tuple[str, ...]:
    return _of(blocks, HANDED_OVER)


def _of(blocks: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(blocks) - set(known))
    if unknown:
        raise ValueError(f"no such block: {', '.join(unknown)}; write some of {', '.join(known)}")
    return blocks


SigningSecret = Annotated[Secret, AfterValidator(_long_enough)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_secrets)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
ValueName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_ -]{0,62}$")]
SentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$")]
EngineBlocks = Annotated[tuple[str, ...], AfterValidator(_handed_over)]
"""What an engine can be given: blocks, and what a flow looked up."""
Blocks = Annotated[tuple[str, ...], AfterValidator(_known_blocks)]
Database = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$"), AfterValidator(_no_reserved_name)]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}([_-][A-Za-z]{2,4})?$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Person = Annotated[str, StringConstraints(pattern=r"^[^<>@]{1,100} <[^<>@\s]{1,64}@[^<>@\s]{1,190}>$")]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")]
OptionalAddress = Annotated[str, StringConstraints(pattern=r"^$|^https?://[^\s/?#]+(/[^\s?#]*)?$")]
BotAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?(\?[^\s#]*)?$")]
SecureAddress = Annotated[BotAddress, AfterValidator(_nobody_listens)]
"""An address on whose way nobody can listen: HTTPS, or this machine."""
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]
SecureOrigin = Annotated[
    str, StringConstraints(pattern=r"^(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$")
]
"""An origin that nobody on the way can stand in for: HTTPS, or this machine."""
Port = Annotated[int, Field(ge=0, le=65535)]
