"""Values of a context for tools that can only show text: under the names that templates use, written for the reader.

A name as tools spell it has `_` where a template has `.`: `orders_latest_number`.
"""

from collections.abc import Collection, Mapping

from flows.language import Locality
from flows.language.filters.lists import listed, summary
from flows.language.filters.moments import date
from flows.language.filters.numbers import money
from flows.language.program import Value
from flows.language.suggest import did_you_mean
from flows.runner import Flows
from flows.schema import SCHEMA, sort_of
from flows.values import values_of
from middleware.domain.channels import CHANNELS
from middleware.domain.context import Context
from middleware.domain.text import cleaned

Told = str | int | float | bool | None

_ONLY_FOR_A_MESSAGE = frozenset({"message", "proof", "links"})
"""What is only there while a message is being answered: nobody who asks can be told."""


def _can_be_told(path: str) -> bool:
    """Whether a path names something that one text, number, yes or no can say."""
    if path.partition(".")[0] in _ONLY_FOR_A_MESSAGE or SCHEMA[path].sort == "group":
        return False
    return sort_of(path, element=True) != "group" or f"{path}.title" in SCHEMA


PATHS: Mapping[str, str] = {path.replace(".", "_"): path for path in SCHEMA if _can_be_told(path)}
"""The value that stands behind each name as tools spell it."""

_KNOWN = frozenset(PATHS.values())


class TellsValues:
    """Tells the values of a context as the readers of one brand write them (`ValueTeller`)."""

    def __init__(self, flows: Flows) -> None:
        self._flows = flows

    def told(self, context: Context, paths: Collection[str], channel: str, text: str = "") -> dict[str, Told]:
        """The values of these paths, by path; None for what is not known.

        Numbers, and yes or no, stay what they are; money, dates and lists are written as the customer's language and
        zone write them. `text` is what the customer wrote: it says which of the orders was mentioned.
        """
        values: Value = values_of(context, text)
        locality = self._flows.reader_of(context, CHANNELS[channel]).locality()
        return {path: _told(path, _at(values, path.split(".")), locality) for path in paths}


class Tellers:
    """What can be told, and who tells it for each brand (`ValueTellers`)."""

    def __init__(self, flows: Mapping[str, Flows]) -> None:
        self._tellers = {brand: TellsValues(each) for brand, each in flows.items()}
        self.names: Mapping[str, str] = PATHS

    def mistake(self, path: str) -> str:
        """What is wrong with a path, and what to write instead; empty if it can be told."""
        if path in _KNOWN:
            return ""
        shown = cleaned(path, 80)
        inside = next((each for each in PATHS.values() if each.startswith(f"{path}.")), None)
        if inside is not None:
            return f"{shown} is a group: name what you want of it, such as {inside}"
        return f"there is no value {shown} that can be told here{did_you_mean(shown, _KNOWN)}"

    def of(self, brand: str) -> TellsValues:
        """Who tells the values of a brand's customers."""
        return self._tellers[brand]


def _at(value: Value, words: list[str]) -> Value:
    """What stands at a path; of a list, what stands there in each of its elements."""
    if not words:
        return value
    if isinstance(value, list):
        found = [_at(each, words) for each in value]
        return [each for each in found if each is not None] or None
    return _at(value.get(words[0]), words[1:]) if isinstance(value, dict) else None


def _told(path: str, value: Value, locality: Locality) -> Told:
    if value is None:
        return None
    if isinstance(value, list):
        if any(isinstance(each, dict) and "title" in each for each in value):
            return summary(locality, value)
        return listed(locality, [str(_told(path, each, locality)) for each in value])
    match SCHEMA[path].sort:
        case "money":
            return money(locality, value)
        case "date":
            return date(locality, value)
        case _:
            return value if isinstance(value, str | int | float | bool) else None
