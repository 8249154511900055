"""What editing templates is made of, for one brand. Built in `bootstrap`, nowhere else."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.publishing import Desk
from flows.publishing.published import Compiled
from flows.runner import Flows
from middleware.console.templates.running import Forecasts
from middleware.domain.template_results import TemplateResults
from middleware.pipeline.sampling import Sampling

TYPED_AT_MOST = 40
"""Compiled templates that are kept of what is being typed: none of them is what customers get."""

_LOOKED_AT_MOST = 10_000


@dataclass
class KeptResults:
    """How all replies did, as it was worked out last. One at a time: it reads many conversations."""

    working: asyncio.Lock = field(default_factory=asyncio.Lock)
    kept: TemplateResults | None = None


@dataclass(frozen=True, slots=True)
class Editing:
    """`flows` are those that are said when it is asked; `zone` and `locale` are those of the brand."""

    flows: Callable[[], Flows]
    sampling: Sampling
    locale: str = "en"
    zone: str | None = None
    results: KeptResults = field(default_factory=KeptResults)
    forecasts: Forecasts = field(default_factory=Forecasts)
    looked_at: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    """Session and customer of whom it is on record already that they were looked at."""
    typed: Compiled = field(default_factory=lambda: Compiled(TYPED_AT_MOST))

    def desk(self) -> Desk:
        """Where what is being typed is checked and shown: against the flows that publishing checks it against."""
        return Desk(self.flows(), compiled=self.typed)

    def note(self, looked: tuple[str, str]) -> None:
        """Keep in mind that it is on record; of more than so many, the oldest is put there again."""
        self.looked_at[looked] = None
        if len(self.looked_at) > _LOOKED_AT_MOST:
            self.looked_at.popitem(last=False)
