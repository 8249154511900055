"""What editing flows is made of, for one brand. Built in `bootstrap`, nowhere else."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flows.publishing import Desk
from flows.publishing.published import Compiled
from flows.runner import Flows
from middleware.console.flows.makings import Makings
from middleware.pipeline.releases.parts import Releases

_COMPILED_AT_MOST = 200
"""Published templates that are kept compiled for the check of what is typed."""


@dataclass(frozen=True, slots=True)
class FlowEditing:
    """`releases` are those of the brand, over the flows of its files; `files` are these."""

    releases: Callable[[], Releases]
    files: Flows
    compiled: Compiled = field(default_factory=lambda: Compiled(_COMPILED_AT_MOST))
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One check at a time: it looks at a whole set, and comes with every few keys."""
    testing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """The same of running tests: whoever types does not wait for them."""
    makings: Makings = field(default_factory=Makings)
    """The releases that this process makes."""
    sets: dict[int, Mapping[str, str]] = field(default_factory=dict)
    """The files of a release, by its number: the one that was asked for last."""

    def desk(self) -> Desk:
        """The flows of the files as a desk, on which those of a set can be put."""
        return Desk(self.files, compiled=self.compiled)
