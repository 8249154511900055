"""Order numbers as people know them, so that an order is found by what a customer reads out."""

import re

from middleware.domain.record import Record

LONGEST_NUMBER = 40

_BESIDE = re.compile(r"[\s#|]+")


class OrderNumber(Record):
    """That an order has this number. `id` is the number as it is looked for, `|`, and the order's identifier.

    Two shops of a brand can give one number twice.
    """

    id: str
    order: str
    """The identifier's key."""

    @classmethod
    def of(cls, number: str, order: str) -> "OrderNumber | None":
        """The record of an order, by its identifier's key; None for a number by which nobody could ask."""
        known = folded_number(number)
        return cls(id=f"{known}|{order}", order=order) if known else None


def folded_number(number: str) -> str:
    """A number as it is looked for: without `#` and spaces, in small letters; empty for what is no number."""
    found = _BESIDE.sub("", number).casefold()
    return found if found.isprintable() and len(found) <= LONGEST_NUMBER else ""
