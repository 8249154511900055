"""Which given names one person may go by: Bill is William, Pepe is José, Sasha is Aleksandr or Aleksandra."""

from functools import cache
from importlib import resources

from middleware.identity.matching.folding import folded

NONE: frozenset[str] = frozenset()


@cache
def _groups() -> dict[str, frozenset[str]]:
    """Folded name -> the formal names that it may stand for."""
    found: dict[str, set[str]] = {}
    text = resources.files(__package__).joinpath("nicknames.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            names = [folded(name) for name in line.split()]
            for name in names:
                found.setdefault(name, set()).add(names[0])
    return {name: frozenset(formal) for name, formal in found.items()}


def formal_names(name: str) -> frozenset[str]:
    """The formal names that a folded given name may stand for; none if it is not known."""
    return _groups().get(name, NONE)


def related(one: str, other: str) -> bool:
    """Whether two folded given names may be one person's."""
    return not formal_names(one).isdisjoint(formal_names(other))
