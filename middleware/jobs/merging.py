"""Carries on merges, unmerges and splits at which a process died (`pipeline/rolling_forward.py`)."""

from middleware.domain.jobs import JobKind
from middleware.domain.journal import JournalEntry
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.pipeline.rolling_forward import carry_on


def carrying_on() -> KindOfJob:
    """The kind of job."""
    return KindOfJob(JobKind.MERGING, _work, _give_up)


async def _work(claim: Claim) -> Over | Later:
    found = (await claim.brand.store.get(JournalEntry, [claim.job.event_key])).get(claim.job.event_key)
    if found is None:
        return Over("nothing_to_do")
    await carry_on(claim.brand.store, found.record)
    return Over("carried_on")


async def _give_up(_: Claim, __: str) -> Over:
    return Over("given_up")
