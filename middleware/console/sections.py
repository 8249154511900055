"""The sections of the console, in the order in which they stand at the top, and who sees which."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from middleware.domain.users import Role

if TYPE_CHECKING:
    from middleware.console.visit import Visit


@dataclass(frozen=True, slots=True)
class Mark:
    """A number beside a section in which something waits to be looked at, and what it counts."""

    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its path behind the brand, and for whom it is. Its name is the text `nav.<path>`."""

    path: str
    roles: tuple[Role, ...]


SECTIONS: tuple[Section, ...] = (
    Section("conversations", ("agent",)),
    Section("people", ("agent", "marketer")),
    Section("review", ("agent",)),
    Section("templates", ("marketer",)),
    Section("traces", ("agent", "builder")),
    Section("flows", ("builder",)),
    Section("mapping", ("builder",)),
    Section("reports", ("agent", "marketer", "builder")),
    Section("operations", ("builder",)),
    Section("start", ("builder",)),
    Section("audit", ("admin",)),
)
"""A new section is a new row."""


def home_brand(visit: "Visit") -> str:
    """The brand whose sections stand at the top: that of the address, else the only one that who asks works for, for no
    page to be a blind alley; else none.
    """
    if visit.of_brand is not None:
        return visit.of_brand.name
    theirs = [name for name in visit.console.brands if visit.signed_in and name in visit.signed_in.user.brands]
    return theirs[0] if len(theirs) == 1 else ""


def sections(visit: "Visit") -> tuple[Section, ...]:
    """Those that who asks may see; none where there is no brand of which they are."""
    if not home_brand(visit):
        return ()
    return tuple(each for each in SECTIONS if visit.does(*each.roles))


def marks(visit: "Visit") -> dict[str, Mark]:
    """What stands beside a section, by its path. Known without asking the store: every page shows it."""
    if visit.of_brand is None:
        return {}
    on = len(visit.console.alarms.on(visit.of_brand.name))
    return {"operations": Mark(on, visit.text("nav.alarms", n=on))} if on else {}
