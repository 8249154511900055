"""Times and dates as sources write them: ISO 8601, seconds or milliseconds since 1970, or a pattern."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.mapping.unfit import Unfit
from middleware.domain.record import at_millisecond

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,9})?", re.ASCII)
_UNITS = {"unix_seconds": 1, "unix_milliseconds": 1000}
_PARTS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_PATTERN = re.compile(r"(?:YYYY|MM|DD|HH|mm|ss|[ ./:,T-]){1,30}", re.ASCII)

WRITTEN = 'iso, unix_seconds, unix_milliseconds, or a pattern such as "DD.MM.YYYY" or "MM/DD/YYYY HH:mm"'


def is_written(written: str) -> bool:
    """Whether it says how times are written: one of the known ways, or a pattern with year, month and day."""
    if written in {"iso", *_UNITS}:
        return True
    return _PATTERN.fullmatch(written) is not None and all(written.count(each) == 1 for each in ("YYYY", "MM", "DD"))


def is_zone(name: str) -> bool:
    """Whether it is a time zone (IANA)."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def as_moment(text: str, written: str = "iso", zone: str | None = None) -> datetime:
    """The time in UTC, cut to milliseconds. Raises Unfit."""
    try:
        moment = _moment(text, written)
        if moment.tzinfo is None and zone is None:
            raise Unfit("is a time that does not say where; write time_zone in the mapping")
        return at_millisecond(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone or "UTC")))
    except (OverflowError, ZoneInfoNotFoundError):
        raise Unfit("is no time") from None


def as_date(text: str, written: str = "iso") -> str:
    """The day, as ISO 8601 writes it. Raises Unfit."""
    try:
        day: date = date.fromisoformat(text) if written == "iso" and len(text) == 10 else _moment(text, written)  # noqa: PLR2004
    except (ValueError, OverflowError):
        raise Unfit("is no date") from None
    return f"{day:%Y-%m-%d}".zfill(10)


def _moment(text: str, written: str) -> datetime:
    try:
        if written == "iso":
            return datetime.fromisoformat(text)
        if written in _UNITS:
            return _since_1970(text, _UNITS[written])
        for part, directive in _PARTS.items():
            written = written.replace(part, directive)
        return datetime.strptime(text, written)  # noqa: DTZ007 - its zone stands in the rule
    except ValueError:
        raise Unfit("is no time") from None


def _since_1970(text: str, per_second: int) -> datetime:
    if not _DIGITS.fullmatch(text):
        raise Unfit("is no time")
    return _EPOCH + timedelta(microseconds=round(float(text) * 1_000_000 / per_second))
