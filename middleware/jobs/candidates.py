"""Jobs of the kind `candidates`: who might be the same person as a source's record that is new, changed or gone."""

from collections.abc import Mapping
from dataclasses import dataclass

from middleware.domain.candidates import Candidate
from middleware.domain.jobs import JobKind
from middleware.errors import StoreUnavailable, ThroughlineError
from middleware.identity.candidates import RULE
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.pipeline.learnt import KeptWeights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.pipeline.review import MergeProfiles, Queue
from middleware.pipeline.rules import is_review_only
from middleware.ports import Clock

MATCHED = "matched"
MERGED = "merged"
BY_ITSELF = "throughline"
"""Who is named where no person decided."""


@dataclass(frozen=True, slots=True)
class FindCandidates:
    """How candidates are found. `rules` are each brand's thresholds; `merge` is what merging by itself calls."""

    weights: KeptWeights
    clock: Clock
    rules: Mapping[str, ReviewRules]
    merge: MergeProfiles

    def kind(self) -> KindOfJob:
        """The kind of job."""
        return KindOfJob(JobKind.CANDIDATES, self.work, self.give_up)

    async def work(self, claim: Claim) -> Over | Later:
        """Look at the record as it is now, whatever the event said. Repeating it changes nothing."""
        key, store, now = claim.job.about, claim.brand.store, self.clock.now()
        if key is None:
            return Over(MATCHED)
        weights = await self.weights.of(claim.brand.name, store)
        rules = self.rules.get(claim.brand.name, ReviewRules())
        sure = await match_record(store, key, weights, rules, now)
        merged = [await self._merged(claim, each) for each in sure]
        return Over(MERGED if any(merged) else MATCHED)

    async def give_up(self, claim: Claim, reason: str) -> Over:  # noqa: ARG002 - nothing is kept of it
        """The record stays as it is in the index; the next scan finds what was missed."""
        return Over("")

    async def _merged(self, claim: Claim, candidate: Candidate) -> bool:
        """Merge two that are sure, unless the rule may only propose; whether it was done. Else a person decides."""
        if await is_review_only(claim.brand.store, RULE, self.clock.now()):
            return False
        claim.holds()
        queue = Queue(claim.brand.store, self.merge)
        try:
            await queue.accept(candidate.id, by=BY_ITSELF, note="", now=self.clock.now(), by_itself=True)
        except StoreUnavailable:
            raise
        except ThroughlineError:
            return False
        return True
