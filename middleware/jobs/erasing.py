"""Jobs of the kind `erase`: an erasure goes on until it is done, whatever comes between."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from middleware.domain.jobs import Job, JobKind
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.pipeline.erasing import carry_on_erasure, erasure_of
from middleware.pipeline.erasing.underway import StillAtWork
from middleware.ports import Clock, Put

_LEASE = timedelta(minutes=1)
_AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Erase:
    """How erasures are carried on. `checkpoint` is told each step that is over."""

    clock: Clock
    checkpoint: Callable[[str], None]

    def kind(self) -> KindOfJob:
        """The kind of job."""
        return KindOfJob(JobKind.ERASE, self.work, self.give_up, lease=_LEASE)

    async def work(self, claim: Claim) -> Over | Later:
        """Do what is left."""
        store, forgetting, erasure_id = claim.brand.store, claim.brand.forgetting, claim.job.event_key
        erasure = await erasure_of(store, erasure_id)
        if erasure is None or forgetting is None:
            return Over("nothing_to_do")
        try:
            await carry_on_erasure(store, forgetting, erasure_id, self.clock, self.checkpoint, claim.keep)
        except StillAtWork as reason:
            return Later(str(reason), reason.again_in)
        return Over("erased")

    async def give_up(self, claim: Claim, reason: str) -> Over:  # noqa: ARG002 - it is in the log
        """An erasure is never given up: it is begun again after an hour."""
        again = Job.of(JobKind.ERASE, claim.job.event_key, "", "", self.clock.now())
        later = {"id": f"{again.id}|{claim.job.not_before.isoformat()}", "not_before": self.clock.now() + _AGAIN_AFTER}
        return Over("", (Put(again.model_copy(update=later)),))
