"""Jobs of the kind `proof_code`: make a one-time code, and send it if its address is known.

The code is made here and kept nowhere: an attempt that is repeated sends another one, which alone counts. For an
address that is not known everything is done but the sending.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.domain.jobs import JobKind
from middleware.domain.proof import CodeOutcome, CodeSent, Proof
from middleware.identity.proof import code_hash, is_known, new_code
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.ports import Clock, CodeSender, Recorded, Stored

log = structlog.get_logger(__name__)

SENT_WITHIN = timedelta(seconds=20)

NOT_WANTED = "not_wanted"
"""Another code was asked for since, this one has run out, or the brand sends none."""
NOT_SENT = "not_sent"
"""The address is not known, or a limit was reached."""


@dataclass(frozen=True, slots=True)
class BrandCodes:
    """How one brand sends codes, and the key under which they are kept."""

    sender: CodeSender
    key: bytes


@dataclass(frozen=True, slots=True)
class SendCodes:
    """How codes are sent. `brands` by name; `below` draws a number below another one, unguessably."""

    brands: Mapping[str, BrandCodes]
    clock: Clock
    below: Callable[[int], int] = secrets.randbelow

    def kind(self) -> KindOfJob:
        """The kind of job."""
        return KindOfJob(JobKind.PROOF_CODE, self.work, self.give_up)

    async def work(self, claim: Claim) -> Over | Later:
        """Make a code and send it, unless it is no longer wanted."""
        brand, job = self.brands.get(claim.brand.name), claim.job
        if brand is None:
            return Over(NOT_WANTED)
        found = await claim.brand.store.get(Recorded, [job.event_key])
        if job.event_key not in found:
            return Later("the event is not in the timeline")
        anchor = found[job.event_key].record.event.anchor
        stored = await self._wanted(claim, anchor) if anchor is not None else None
        if stored is None:
            return Over(NOT_WANTED)
        return await self._send(claim, brand, stored)

    async def give_up(self, claim: Claim, reason: str) -> Over:  # noqa: ARG002 - nothing is kept of it
        """The code will have run out by then; another one can be asked for."""
        return Over("")

    async def _wanted(self, claim: Claim, sender: Identifier) -> Stored[Proof] | None:
        """The proof that the job is about, as long as it can be given."""
        stored = (await claim.brand.store.get(Proof, [sender.key])).get(sender.key)
        if stored is None or stored.record.request != claim.job.event_key:
            return None
        return stored if self.clock.now() < stored.record.expires_at else None

    async def _send(self, claim: Claim, brand: BrandCodes, stored: Stored[Proof]) -> Over | Later:
        """Keep the hash first, then send: a code that arrives can be given."""
        proof, store = stored.record, claim.brand.store
        code = new_code(self.below)
        target = (await store.get(Identity, [proof.target])).get(proof.target)
        claim.holds()
        (landed,) = await store.write(
            stored.put(proof.model_copy(update={"code_hash": code_hash(brand.key, proof, code)}))
        )
        if not landed:
            return Later("somebody tried a code at the same time")
        if proof.withheld or not is_known(target.record if target is not None else None):
            return Over(NOT_SENT)
        address = Identifier.from_key(proof.target).value
        sent = await brand.sender.send(address, code, proof.locale, timeout=SENT_WITHIN.total_seconds())
        return self._judged(claim, sent)

    def _judged(self, claim: Claim, sent: CodeSent) -> Over | Later:
        if sent.outcome is CodeOutcome.RETRY:
            return Later(sent.detail)
        if sent.outcome is not CodeOutcome.SENT:
            log.warning("a code was not sent", action="proof", brand=claim.brand.name, why=sent.detail)
        return Over(sent.outcome)
