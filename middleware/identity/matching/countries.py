"""Countries by the names that records give them: a code, or a name in one of the languages that Babel knows."""

from functools import cache, lru_cache

from babel import Locale, localedata

from middleware.identity.matching.folding import folded

_LANGUAGES = "en de fr es it pt nl pl ru sv da nb fi cs sk hu ro el tr uk ca hr bg"
_ALSO = {
    "usa": "us", "u s a": "us", "u s": "us", "united states of america": "us", "america": "us", "eeuu": "us",
    "ee uu": "us", "uk": "gb", "england": "gb", "scotland": "gb", "wales": "gb", "great britain": "gb",
    "grosbritannien": "gb", "holland": "nl", "the netherlands": "nl", "brd": "de", "czech republic": "cz",
    "rossiyskaya federatsiya": "ru", "rosiiskaya federatsiya": "ru", "russian federation": "ru", "turkey": "tr",
}  # fmt: skip
_LONG_CODES = {
    "deu": "de", "ger": "de", "fra": "fr", "esp": "es", "ita": "it", "prt": "pt", "bra": "br", "nld": "nl", "pol": "pl",
    "rus": "ru", "gbr": "gb", "aut": "at", "che": "ch", "bel": "be", "swe": "se", "nor": "no", "dnk": "dk", "fin": "fi",
    "irl": "ie", "tur": "tr", "grc": "gr", "ukr": "ua", "mex": "mx", "arg": "ar", "col": "co", "chl": "cl", "can": "ca",
    "aus": "au", "nzl": "nz", "jpn": "jp", "chn": "cn", "ind": "in", "cze": "cz", "svk": "sk", "hun": "hu", "rou": "ro",
}  # fmt: skip
"""ISO 3166-1 alpha-3 and what number plates made of it, where shops and their customers are many."""


@cache
def _codes(language: str) -> dict[str, str]:
    """Folded name in one language -> code of two small letters."""
    if not localedata.exists(language):
        return {}
    territories = Locale(language).territories.items()
    return {folded(name): code.lower() for code, name in territories if len(code) == 2 and code.isalpha()}  # noqa: PLR2004 - a country, no part of the world


@lru_cache(maxsize=4096)
def country_of(text: str) -> str:
    """The country's code in small letters; a name that is not known stays as it is, folded.

    A language is read when none before it knows the name: that takes some hundredths of a second, once.
    """
    name = folded(text)
    known = _ALSO.get(name) or _LONG_CODES.get(name)
    if known or (len(name) == 2 and name.isascii()):  # noqa: PLR2004 - a code
        return known or name
    found = (_codes(language).get(name) for language in _LANGUAGES.split()) if name else iter(())
    return next((code for code in found if code), name)
