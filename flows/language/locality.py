"""How the person who reads a reply writes numbers and times, and how much room their channel leaves."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

from middleware.domain.capabilities import Size

_OFFSET = re.compile(r"UTC([+-])([01][0-9]):([0-5][0-9])")
"""How a platform's hours from UTC stand in a profile."""

_FIRST_LOCALE = Locale("en")


@dataclass(frozen=True, slots=True)
class Locality:
    """Language and region, time zone, and the time at which it is read.

    `elastic` is what the filter `fit` leaves of each value; None leaves all of it.
    """

    locale: Locale
    zone: tzinfo
    now: datetime
    elastic: Size | None = None

    @classmethod
    def of(cls, locale: str, zone: str | None = None, now: datetime | None = None) -> "Locality":
        """By the names of a locale (`de`, `de_AT`, `pt-BR`) and of an IANA zone; one that is unknown counts as none."""
        return cls(locale_of(locale), zone_of(zone), now or datetime.now(UTC))

    def leaving(self, elastic: Size) -> "Locality":
        """The same, with so much room for each value that gives way."""
        return replace(self, elastic=elastic)


@lru_cache(maxsize=256)
def locale_of(name: str) -> Locale:
    """The Babel locale for a name such as `de`, `de_AT` or `pt-BR`; if unknown, its language, or English."""
    tag = name.replace("-", "_")
    for candidate in (tag, tag.partition("_")[0]):
        try:
            return Locale.parse(candidate)
        except (ValueError, UnknownLocaleError):
            continue
    return _FIRST_LOCALE


@lru_cache(maxsize=1024)
def zone_of(name: str | None) -> tzinfo:
    """The zone of an IANA name, or of hours from UTC as in `UTC-03:30`; UTC where there is no name or no such zone."""
    if not name:
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        sign, hours, minutes = offset.groups()
        east = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-east if sign == "-" else east)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
