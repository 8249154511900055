"""Which records are compared at all: those that share one of a few keys. A key that too many share is passed over."""

from collections.abc import Iterator, Sequence

from middleware.identity.matching.folding import sound
from middleware.identity.matching.records import Person, name_parts, phone_tail

MOST_IN_A_BLOCK = 60
"""A key with more records than this says too little to be followed."""
_SHORTEST_LOCAL = 5
_FEW_LETTERS = 3


def keys_of(person: Person) -> tuple[str, ...]:
    """The blocking keys of a record, each with the letter of its kind. At most some thirty."""
    return tuple(dict.fromkeys(_keys(person)))


def _keys(person: Person) -> Iterator[str]:
    email = person.email
    if email is not None:
        if not email.is_role:
            yield f"m:{email.bare}@{email.domain}"
        if len(email.bare) >= _SHORTEST_LOCAL and not email.is_role:
            yield f"l:{email.bare}"
    if person.phone:
        yield f"p:{phone_tail(person)}"
    if person.personal_id:
        yield f"i:{person.personal_id}"
    yield from _keys_of_names(person)
    if person.birth_date:
        yield f"b:{person.birth_date}"
    if person.house and person.street:
        yield f"a:{person.house}|{person.street[:_FEW_LETTERS]}|{person.postcode or person.city}"
        yield f"h:{person.house}|{person.street}"
    if person.postcode:
        yield f"o:{person.postcode}|{person.state[:1]}"
        if person.city:
            yield f"c:{_digits(person)}|{person.city[:_FEW_LETTERS]}"


def _keys_of_names(person: Person) -> Iterator[str]:
    """Two parts of the name, and each part with a place or a year: whichever way round the names stand."""
    sounds = sorted(name_parts(person))
    yield from (f"n:{one}|{other}" for position, one in enumerate(sounds) for other in sounds[position + 1 :])
    starts = sorted({name[:_FEW_LETTERS] for name in (person.given, person.family) if name})
    if len(starts) > 1:
        yield f"s:{'|'.join(starts)}"
    if person.family:
        yield f"f:{sound(person.family)}"
    for part in (*sounds, *starts):
        if person.postcode:
            yield f"z:{part}|{_digits(person)}"
        if person.city:
            yield f"t:{part}|{person.city[:_FEW_LETTERS]}"
        if person.birth_date:
            yield f"y:{part}|{person.birth_date[:4]}"


def _digits(person: Person) -> str:
    """The signs of a postcode in a row: two that changed places do not matter."""
    return "".join(sorted(person.postcode))


class Blocks:
    """An index of records by blocking key, in memory."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._keys = [keys_of(person) for person in people]
        self._blocks: dict[str, list[int]] = {}
        for position, keys in enumerate(self._keys):
            for key in keys:
                self._blocks.setdefault(key, []).append(position)

    def pairs(self) -> list[tuple[int, int]]:
        """Every pair of records that share a key, once, in order."""
        found: set[tuple[int, int]] = set()
        for block in self._blocks.values():
            if 1 < len(block) <= MOST_IN_A_BLOCK:
                found.update((one, other) for at, one in enumerate(block) for other in block[at + 1 :])
        return sorted(found)
