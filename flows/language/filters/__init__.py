"""The filters of the reply language: what they do, by what they work on, and the one table that lists them."""

from flows.language.filters.table import DEFAULT, ELEMENT_FILTERS, FILTERS, FIT, LISTED, TESTS, Filter
from flows.language.filters.texts import FIRST_NAME_LENGTH, plural_forms
from flows.language.filters.values import Sort

__all__ = [
    "DEFAULT",
    "ELEMENT_FILTERS",
    "FILTERS",
    "FIRST_NAME_LENGTH",
    "FIT",
    "LISTED",
    "TESTS",
    "Filter",
    "Sort",
    "plural_forms",
]
