"""Look-ups: another system is asked while flows decide. What flows know of one, and what asking comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

NAME = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
LookUpName = Annotated[str, StringConstraints(pattern=NAME, max_length=60, strict=True)]
"""A look-up, or a field of one, as the settings and flows call it."""

FRESH = "fresh"
"""The value beside the fields of a look-up that says whether they are up to date: no field is called this."""

ORDERS = "orders"
"""The look-up that there is for every shop that can be asked: the orders of the context, read from the shop now."""

FieldType = Literal["text", "number", "yes_no", "money", "date", "link"]
"""What a field of an answer has to be."""


@dataclass(frozen=True, slots=True)
class LookUpTerms:
    """What flows know of a look-up: its fields, and the blocks of the context that the question is made from."""

    fields: Mapping[str, FieldType]
    reads: frozenset[str] = frozenset()


class LookUpOutcome(StrEnum):
    """The closed list of what asking can end in."""

    ANSWERED = "answered"
    NONE = "none"
    """There is no such thing: 404, 410, or an answer without a body."""
    FAILED = "failed"
    """No answer that can be read: asking came to nothing."""
    LATE = "late"
    """No answer in time."""


@dataclass(frozen=True, slots=True)
class LookUpAnswer:
    """What asking came to. `body` is the JSON of an answer, as the other system wrote it; `detail` is for the trace: a
    status, a class, never a word of it.
    """

    outcome: LookUpOutcome
    body: Any = None
    detail: str = ""
