"""The weights that pairs are scored with: as shipped until a scan has learnt some, and between documents and the model.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.candidates import LearntModel, ValueCounts
from middleware.identity.matching.levels import FIELDS
from middleware.identity.matching.model import Model, shipped
from middleware.identity.matching.statistics import Share, Statistics

SHIPPED_VERSION = 0
SHIPPED_FOR = 10_000
"""How many records there are taken to be while nobody has counted them."""
LEAST_RECORDS = 500
"""With fewer records the shipped weights say more than what could be learnt."""

SHARES = ("given", "family", "place")
KEPT_VALUES = 20_000
"""Values of a field whose frequency is kept, the commonest: all others count as rare."""
_IN_A_DOCUMENT = 2_000


@dataclass(frozen=True, slots=True)
class Weights:
    """What scoring needs. `statistics` knows no shared values: those are seen in the records at hand."""

    version: int
    model: Model
    statistics: Statistics


def shipped_weights(records: int = SHIPPED_FOR) -> Weights:
    """The weights before anything was learnt."""
    return Weights(SHIPPED_VERSION, shipped(records), Statistics())


def counts_of(version: int, shares: Mapping[str, Share]) -> list[ValueCounts]:
    """The documents of value frequencies: what stands in one record only is left out, it counts as rare anyway."""
    found = []
    for field in SHARES:
        common = sorted((-count, value) for value, count in shares[field].counts.items() if count > 1)[:KEPT_VALUES]
        for number, start in enumerate(range(0, len(common), _IN_A_DOCUMENT)):
            some = common[start : start + _IN_A_DOCUMENT]
            values, counts = tuple(value for _, value in some), tuple(-count for count, _ in some)
            found.append(ValueCounts(id=counts_id(version, field, number), values=values, counts=counts))
    return found


def counts_id(version: int, field: str, number: int) -> str:
    """The id of one document of value frequencies."""
    return f"{version}|{field}|{number}"


def counts_ids(learnt: LearntModel) -> list[str]:
    """The ids of all documents of value frequencies that belong to a model."""
    return [counts_id(learnt.version, field, each) for field, number in learnt.parts.items() for each in range(number)]


def learnt_model(
    version: int, records: int, now: datetime, model: Model, shares: Mapping[str, Share], parts: Sequence[ValueCounts]
) -> LearntModel:
    """The document of a model."""
    return LearntModel(
        version=version,
        records=records,
        learnt_at=now,
        learnt_from=model.learnt_from,
        persons=model.persons,
        households=model.households,
        person=model.person,
        household=model.household,
        stranger=model.stranger,
        single_sources=tuple(sorted(model.single_sources)),
        totals={field: shares[field].total for field in SHARES},
        parts={field: sum(each.id.split("|")[1] == field for each in parts) for field in SHARES},
    )


def weights_of(learnt: LearntModel, counts: Sequence[ValueCounts]) -> Weights:
    """The weights behind the documents. Levels that a later version of the program has put in make them useless."""
    if [len(row) for row in learnt.person] != [len(each.levels) for each in FIELDS]:
        return shipped_weights(learnt.records)
    model = Model(
        person=learnt.person,
        household=learnt.household,
        stranger=learnt.stranger,
        persons=learnt.persons,
        households=learnt.households,
        learnt_from=learnt.learnt_from,
        single_sources=frozenset(learnt.single_sources),
    )
    given, family, place = (_share(field, learnt.totals.get(field, 0), counts) for field in SHARES)
    return Weights(learnt.version, model, Statistics(given, family, place))


def _share(field: str, total: int, counts: Sequence[ValueCounts]) -> Share:
    found: dict[str, int] = {}
    for each in counts:
        if each.id.split("|")[1] == field:
            found.update(zip(each.values, each.counts, strict=True))
    return Share(found, total)
