"""The sections of the console, in the order in which they stand at the top, and who sees which."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from middleware.domain.users import Role

if TYPE_CHECKING:
    from middleware.console.visit import Visit


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
    Section("operations", ("builder",)),
    Section("start", ("builder",)),
    Section("audit", ("admin",)),
)
"""A new section is a new row."""


def sections(visit: "Visit") -> tuple[Section, ...]:
    """Those that who asks may see; none where no brand is in the address."""
    if visit.of_brand is None:
        return ()
    return tuple(each for each in SECTIONS if visit.does(*each.roles))
