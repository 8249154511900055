"""Jobs of the kind `co_purchases`: what was bought together in an order that is new or changed."""

from middleware.domain.jobs import JobKind
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.pipeline.recommending.counting import count_orders

COUNTED, NO_ORDER = "counted", "no_order"


def counting() -> KindOfJob:
    """The kind of job."""
    return KindOfJob(JobKind.CO_PURCHASES, _work, _give_up)


async def _work(claim: Claim) -> Over | Later:
    """Count the order as it is now, whatever the event said. Repeating it changes nothing."""
    key = claim.job.about
    counted = await count_orders(claim.brand.store, claim.brand.catalogue, [key]) if key is not None else 0
    return Over(COUNTED if counted else NO_ORDER)


async def _give_up(claim: Claim, reason: str) -> Over:  # noqa: ARG001 - nothing is kept of it
    """The next news of the order count it, or `throughline recommend recount`."""
    return Over("")
