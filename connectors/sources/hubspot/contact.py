"""A HubSpot contact's properties, read by the account's mapping; `mapping.yaml` is the one that is shipped.

Source: HubSpot developers, "Contacts" and "Default contact properties".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.batch import Unclear
from connectors.fields import as_id
from connectors.mapping import Mapped, mapped
from middleware.domain.commerce import Version
from middleware.domain.mapping import SourceMapping

MERGED = "hs_merged_object_ids"
"""Ids of the contacts that were merged into this one, with `;` between them."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How an account's contacts are read. `country` (ISO 3166) reads national phone numbers."""

    mapping: SourceMapping
    country: str | None

    def read(self, properties: Mapping[str, object], version: Version, *, partial: bool) -> Mapped:
        """What these properties say. Raises Unclear if one of them is wrong."""
        found = mapped(self.mapping, properties, version=version, country=self.country, partial=partial)
        if found.problems:
            raise Unclear("; ".join(found.problems))
        return found


def merged_ids(properties: Mapping[str, object]) -> tuple[str, ...]:
    """The contacts that this one has taken in."""
    given = properties.get(MERGED)
    parts = given.split(";") if isinstance(given, str) else []
    return tuple(sorted({each for each in map(as_id, map(str.strip, parts)) if each}))


def asked_for(mapping: SourceMapping) -> tuple[str, ...]:
    """The properties that a pull has to ask for: HubSpot gives no others."""
    rule = mapping.record
    if rule is None:
        return (MERGED,)
    paths = (*(each.paths for each in rule.fields), *(each.paths for each in rule.consents))
    firsts = [path.steps[0] for some in paths for path in some if path.steps]
    return tuple(sorted({*(first for first in firsts if isinstance(first, str)), MERGED}))
