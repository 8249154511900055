"""What pages say, in three languages: texts by key from `words/<locale>/*.yaml`, and times and numbers.

A text may have `{names}` in it. One that depends on a number `n` is a table of plural forms (CLDR: `one`, `other`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from babel import Locale, UnknownLocaleError
from babel.core import negotiate_locale
from babel.dates import format_datetime, format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

LOCALES = ("en", "de", "es")
_FORMS = {"zero", "one", "two", "few", "many", "other"}

Said = str | dict[str, str]


@cache
def words(locale: str) -> Mapping[str, Said]:
    """All texts of a locale by their dotted keys; the first part is the name of the file."""
    found: dict[str, Said] = {}
    for file in sorted(files("middleware.console").joinpath("words", locale).iterdir(), key=lambda each: each.name):
        area, _, ending = file.name.rpartition(".")
        if ending == "yaml":
            found |= _flat(area, yaml.safe_load(file.read_text(encoding="utf-8")))
    return found


def _flat(prefix: str, tree: Mapping[str, object]) -> dict[str, Said]:
    flat: dict[str, Said] = {}
    for key, value in tree.items():
        name = f"{prefix}.{key}"
        if not isinstance(value, dict):
            flat[name] = str(value)
        elif value.keys() <= _FORMS:
            flat[name] = {form: str(text) for form, text in value.items()}
        else:
            flat |= _flat(name, value)
    return flat


@dataclass(frozen=True, slots=True)
class Language:
    """How one visitor reads: the locale, and the time zone that their browser is in."""

    locale: str = "en"
    zone: str = "UTC"

    def text(self, key: str, /, **values: object) -> str:
        """The text under a key. Raises KeyError for one that there is not: a test looks for that in every page."""
        said = words(self.locale)[key]
        if isinstance(said, dict):
            form = Locale.parse(self.locale).plural_form(float(str(values["n"])))
            said = said.get(form, said["other"])
        return said.format(**values) if values else said

    def tongue(self, locale: str) -> str:
        """What a language is called, or its code where nobody has a name for it: `German`, `Portuguese (Brazil)`."""
        try:
            return Locale.parse(locale).get_display_name(self.locale) or locale
        except (ValueError, UnknownLocaleError):
            return locale

    def has(self, key: str) -> bool:
        """Whether there is a text under a key: for words that come from data, such as reasons."""
        return key in words(self.locale)

    def time(self, moment: datetime) -> str:
        """A moment, in the visitor's zone: `29 Nov 2026, 18:25`."""
        return format_datetime(moment, "medium", tzinfo=self._zone(), locale=self.locale)

    def short(self, moment: datetime, now: datetime) -> str:
        """A moment in a list: the time of today, the day of before."""
        here, today = moment.astimezone(self._zone()), now.astimezone(self._zone())
        if here.date() == today.date():
            return format_datetime(moment, "HH:mm", tzinfo=self._zone(), locale=self.locale)
        skeleton = "MMMd" if here.year == today.year else "yMMMd"
        return format_skeleton(skeleton, moment, tzinfo=self._zone(), locale=self.locale)

    def clock(self, moment: datetime) -> str:
        """The time of the day: `18:25`."""
        return format_datetime(moment, "HH:mm", tzinfo=self._zone(), locale=self.locale)

    def date_of(self, moment: datetime) -> date:
        """The day of a moment, where the visitor is."""
        return moment.astimezone(self._zone()).date()

    def day(self, day: date) -> str:
        """A day: `Sun, Nov 29, 2026`."""
        return format_skeleton("yMMMEd", datetime(day.year, day.month, day.day, tzinfo=UTC), locale=self.locale)

    def ago(self, moment: datetime, now: datetime) -> str:
        """How long ago something was, or how long it is until then: `5 minutes ago`, `in 3 hours`."""
        # A unit only once there is a whole one: what ends in 23 hours and a half does not end in a day.
        return format_timedelta(moment - now, threshold=1, add_direction=True, locale=self.locale)

    def lasts(self, length: timedelta) -> str:
        """A length of time: `3 hours`."""
        return format_timedelta(length, locale=self.locale)

    def number(self, value: float) -> str:
        """A number with the separators of the language."""
        return format_decimal(value, locale=self.locale)

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount in major units of a currency."""
        return format_currency(amount, currency, locale=self.locale)

    def percent(self, share: float) -> str:
        """A share of 1 in per cent, small ones with a decimal place."""
        return format_percent(share, "#,##0.#%" if share < 0.1 else None, locale=self.locale)  # noqa: PLR2004 - a tenth

    def _zone(self) -> ZoneInfo:
        return zone_of(self.zone)


@lru_cache(maxsize=700)
def zone_of(name: str) -> ZoneInfo:
    """The zone of a name, or UTC for what is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def locale_of(accepts: str, chosen: str | None) -> str:
    """The locale for a visitor: what they have chosen, else the best that their browser accepts, else English."""
    if chosen in LOCALES:
        return chosen
    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in accepts[:500].split(",")]
    return negotiate_locale(wanted, LOCALES) or "en"
