"""Filters of dates and times: in the reader's zone, the way that their locale writes them."""

from datetime import datetime

from babel.dates import format_date, format_datetime, format_time, format_timedelta

from flows.language.filters.values import moment_of
from flows.language.locality import Locality

SAMPLES = tuple(f"2026-{month:02}-28T22:58:59+00:00" for month in range(1, 13)) + tuple(
    f"2026-09-{day}T10:58:59+00:00" for day in range(20, 27)
)
"""Every month, with the longest numbers, and every day of the week."""


def date(locality: Locality, value: object, form: str = "medium") -> str:
    """The day."""
    return format_date(_there(locality, value), form, locale=locality.locale)


def time(locality: Locality, value: object, form: str = "short") -> str:
    """The time of day."""
    return format_time(_there(locality, value), form, locale=locality.locale)


def date_time(locality: Locality, value: object, form: str = "medium") -> str:
    """Day and time of day."""
    return format_datetime(_there(locality, value), form, locale=locality.locale)


def age(locality: Locality, value: object) -> str:
    """How long ago it was, in words."""
    passed = _there(locality, value) - locality.now
    return format_timedelta(passed, add_direction=True, locale=locality.locale)


def _there(locality: Locality, value: object) -> datetime:
    """The moment by the reader's clock. What names no zone is taken to be theirs: a day stays that day."""
    moment = moment_of(value)
    return moment.astimezone(locality.zone) if moment.tzinfo else moment.replace(tzinfo=locality.zone)
