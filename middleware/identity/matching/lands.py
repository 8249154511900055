"""How much commoner a value is at home: names and places go by countries, and so do people who are compared.

A surname that one record in a thousand has may be one of a hundred within its country. Two strangers who agree in a
surname are mostly compatriots; that they agree in the first name, too, is then far likelier than in the whole set.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from middleware.identity.matching.countries import country_of

_NO_COUNTRIES = frozenset({"io", "co", "me", "tv", "ai", "eu", "fm", "to", "cc", "ly"})
"""Ends of domains that anybody takes."""
_FEW = 20.0
"""Records by which each country is taken to be larger: what few records have in common says little of a country."""
_LIKELY = 0.05
"""What a vote counts for a country that a value was not seen in."""


def land_of(country: str, phone: str, email: str) -> str:
    """The country that a record says it belongs to: by name, by calling code, or by the end of a domain."""
    if country:
        return country_of(country)
    digits = "".join(each for each in phone if each.isdigit())
    if phone.strip().startswith("+") or digits.startswith("00"):
        code = digits.lstrip("0")
        regions = (COUNTRY_CODE_TO_REGION_CODE.get(int(code[:length] or 0)) for length in (1, 2, 3))
        return next((region[0].lower() for region in regions if region), "")
    end = email.rpartition("@")[2].rpartition(".")[2].strip().lower()
    return end if len(end) == 2 and end not in _NO_COUNTRIES else ""  # noqa: PLR2004 - a code


def settled(lands: Sequence[str], values: Sequence[tuple[str, ...]]) -> list[str]:
    """The land of each record; where it says none, the one in which its names and places are mostly found."""
    seen: dict[str, Counter[str]] = {}
    sizes = Counter(filter(None, lands))
    for land, having in zip(lands, values, strict=True):
        if land:
            for value in having:
                seen.setdefault(value, Counter())[land] += 1
    return [land or _voted(having, seen, sizes) for land, having in zip(lands, values, strict=True)]


def _voted(having: Iterable[str], seen: Mapping[str, Counter[str]], sizes: Mapping[str, int]) -> str:
    votes: dict[str, float] = {}
    known = [seen[value] for value in having if value in seen]
    for land in {land for counts in known for land in counts}:
        votes[land] = sum(log((counts[land] + _LIKELY) / (counts.total() + _LIKELY)) for counts in known)
    return max(votes, key=lambda land: (votes[land], sizes[land], land), default="")


def commoner_at_home(lands: Sequence[str], values: Iterable[tuple[str, ...]]) -> dict[str, float]:
    """For each value how many times commoner it is among compatriots than in all records; at least once."""
    sizes = Counter(filter(None, lands))
    if len(sizes) < 2:  # noqa: PLR2004 - all are compatriots
        return {}
    counts: dict[str, Counter[str]] = {}
    for land, having in zip(lands, values, strict=True):
        if land:
            for value in having:
                counts.setdefault(value, Counter())[land] += 1
    everybody = sizes.total()
    return {
        value: max(
            everybody * sum((number / by.total()) ** 2 / (sizes[land] + _FEW) for land, number in by.items()), 1.0
        )
        for value, by in counts.items()
    }
