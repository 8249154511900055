"""How two records agree field by field, in words for people: equal, similar, different. Pure."""

from collections.abc import Sequence
from typing import Literal

from middleware.domain.candidates import SideBySide
from middleware.identity.comparable import VALUES, person_of
from middleware.identity.matching.comparing import compared
from middleware.identity.matching.folding import folded
from middleware.identity.matching.levels import FIELDS, POSITIONS, Birth, Plain, halves_of

Alike = Literal["equal", "similar", "different", "one_side"]
"""`one_side`: only one of the two records has anything there."""

_NAMES = frozenset({"first_name", "last_name"})

_DIFFERENT = {field.name: len(field.levels) - 1 for field in FIELDS} | {"birth_date": int(Birth.DIFFERENT)}
"""From which level on a field is a different one."""


def alike(fields: Sequence[SideBySide]) -> dict[str, Alike]:
    """For each field that is compared, how its two values agree by the rules by which records are matched."""
    known = [each for each in fields if each.field in VALUES]
    one, other = ({each.field: value for each, value in zip(known, side, strict=True)} for side in _sides(known))
    levels = compared(person_of(one, ""), person_of(other, ""), lambda _, __: False)
    return {each.field: _alike(each, _level(each.field, levels[_position(each.field)])) for each in known}


def _sides(fields: Sequence[SideBySide]) -> tuple[list[str], list[str]]:
    return [each.one for each in fields], [each.other for each in fields]


def _alike(row: SideBySide, level: tuple[int, int]) -> Alike:
    if not row.one or not row.other:
        return "one_side"
    found, different = level
    if folded(row.one) == folded(row.other):
        return "equal"
    if found == Plain.SAME:
        # Names may agree as a whole, or crosswise, with another text in this very field.
        return "similar" if row.field in _NAMES else "equal"
    return "similar" if Plain.SAME < found < different else "different"


def _position(field: str) -> int:
    return POSITIONS["place" if field in {"postcode", "city"} else field]


def _level(field: str, level: int) -> tuple[int, int]:
    """The level of a field, and the one from which on it is a different value."""
    if field in {"postcode", "city"}:
        code, city = halves_of(level)
        return int(code if field == "postcode" else city), int(Plain.DIFFERENT)
    return level, _DIFFERENT[field]
