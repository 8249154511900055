"""How the replies of all templates did, worked out once in a while: it reads what was written in four weeks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from middleware.console.visit import Visit
from middleware.domain.template_results import (
    USUAL_DAYS,
    Rate,
    TemplateResults,
    VariantComparison,
    VariantResults,
    rate_of,
)
from middleware.pipeline.template_results import Asked, template_results

KEPT_FOR = timedelta(minutes=10)
READ_FOR = 5.0
"""Seconds after which the answer is what was read by then."""
FEW = 30
"""Customers under which a share says next to nothing: its interval is a third of everything."""


@dataclass(frozen=True, slots=True)
class Did:
    """How one template did, in all its locales and variants together."""

    sent: int
    fell_back: int
    answered: Rate
    ordered: Rate
    comparison: VariantComparison | None

    @property
    def few(self) -> bool:
        """Whether it went to so few that nothing can be said yet."""
        return self.answered.of < FEW


def kept(visit: Visit) -> TemplateResults | None:
    """What was worked out last, where that was not long ago."""
    found = visit.brand.editing.results.kept
    return found if found is not None and visit.now - found.at < KEPT_FOR else None


async def worked_out(visit: Visit) -> TemplateResults:
    """How all replies did, of now or of some minutes ago. Raises StoreUnavailable."""
    results, clock = visit.brand.editing.results, visit.console.clock
    async with results.working:
        found = kept(visit)
        if found is None:
            end = clock.monotonic() + READ_FOR
            asked = Asked(visit.now - timedelta(days=USUAL_DAYS))
            found = await template_results(
                visit.brand.store, visit.brand.name, asked, visit.now, lambda _: clock.monotonic() < end
            )
            results.kept = found
        return found


def by_template(found: TemplateResults) -> Mapping[str, Did]:
    """How each template did, by name."""
    rows: dict[str, list[VariantResults]] = {}
    for row in found.rows:
        rows.setdefault(row.template, []).append(row)
    comparisons = {each.template: each for each in found.comparisons}
    return {name: _did(some, comparisons.get(name)) for name, some in rows.items()}


def _did(rows: list[VariantResults], comparison: VariantComparison | None) -> Did:
    return Did(
        sent=sum(row.sent for row in rows),
        fell_back=sum(row.fell_back for row in rows),
        answered=_together([row.rates["answered"] for row in rows]),
        ordered=_together([row.rates["ordered"] for row in rows]),
        comparison=comparison,
    )


def _together(rates: list[Rate]) -> Rate:
    hits, of, early = (sum(getattr(rate, name) for rate in rates) for name in ("hits", "of", "early"))
    return rate_of(hits, of, early)
