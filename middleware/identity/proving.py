"""Asking for a one-time code, and checking one: over the store of a brand, by compare-and-set.

Asking reads and writes the same for every address, and looks at none: whether it is known is looked up by the job that
sends the code. So neither the answer nor its time tells anybody that an address is there.
"""

from dataclasses import dataclass
from datetime import datetime

from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Edge
from middleware.domain.jobs import Job, JobKind
from middleware.domain.proof import CheckOutcome, Proof, ProofQuota, Request
from middleware.errors import StoreUnavailable
from middleware.identity.proof import (
    LIFETIME,
    OF_SENDER,
    OF_TARGET,
    checked,
    code_in,
    counted,
    has_room,
    is_awaited,
    outcome_of,
    proven_edge,
    quota_id,
)
from middleware.ports import TRIES_TO_LAND, BrandStore, Put, Stored


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a code to which address: the event in which they do, with its connector and account."""

    sender: Identifier
    target: Identifier
    event: str
    connector: str
    account: str
    locale: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a code. With a right one the edge that it proves, to be kept at the sender's identity."""

    outcome: CheckOutcome
    edge: Edge | None = None


async def request_code(store: BrandStore, asking: Asking, key: bytes, now: datetime) -> None:
    """Have a code sent if the address is known. What the sender is told is always the same: it knows nothing of this.

    Doing it again for the same event changes nothing. Raises StoreUnavailable.
    """
    # Counted first: of many who ask at once no more are let through than of as many one after the other.
    withheld = not await _is_let_through(store, asking, key, now)
    proof = Proof(
        id=asking.sender.key,
        target=asking.target.key,
        request=asking.event,
        locale=asking.locale,
        requested_at=now,
        expires_at=now + LIFETIME,
        withheld=withheld,
    )
    job = Job.of(JobKind.PROOF_CODE, asking.event, asking.connector, asking.account, now)
    for _ in range(TRIES_TO_LAND):
        known = (await store.get(Proof, [proof.id])).get(proof.id)
        if known is not None and known.record.request == asking.event:
            # A first try got as far as this; if no code was made yet, perhaps without the job.
            if known.record.code_hash is None and not known.record.was_right:
                await store.write(Put(job))
            return
        (landed, _) = await store.write(known.put(proof) if known is not None else Put(proof), Put(job))
        if landed:
            return
    raise StoreUnavailable("others keep asking for codes")


async def _is_let_through(store: BrandStore, asking: Asking, key: bytes, now: datetime) -> bool:
    """Whether the limits leave room for one more; if they do it is counted. Either way the same is written."""
    request = Request(event=asking.event, at=now)
    limits = {
        quota_id(key, "sender", asking.sender.key): OF_SENDER,
        quota_id(key, "target", asking.target.key): OF_TARGET,
    }
    for _ in range(TRIES_TO_LAND):
        found = await store.get(ProofQuota, tuple(limits))
        quotas = {each: found.get(each, Stored(ProofQuota(id=each), 0)) for each in limits}
        room = all(has_room(quotas[each].record, request, limits[each]) for each in limits)
        puts = (
            quota.put(counted(quota.record, request, limits[each]) if room else quota.record)
            for each, quota in quotas.items()
        )
        if all(await store.write(*puts)):
            return room
    raise StoreUnavailable("others keep asking for codes")


async def check_code(
    store: BrandStore, sender: Identifier, text: str, event: str, key: bytes, now: datetime
) -> Checked:
    """Compare what a sender wrote with the code that they were sent last.

    A try is counted before anything is said of it, so that many at once are no more than one after the other. Checking
    the same event again gives the same answer and counts no try. Raises StoreUnavailable.
    """
    code = code_in(text)
    if code is None:
        return Checked(CheckOutcome.NO_CODE)
    for _ in range(TRIES_TO_LAND):
        known = (await store.get(Proof, [sender.key])).get(sender.key)
        if known is None:
            return Checked(CheckOutcome.NO_CODE)
        if known.record.checked == event:
            return _said(sender, known.record)
        if not is_awaited(known.record, now):
            return Checked(CheckOutcome.NO_CODE)
        proof = checked(known.record, code, event, key, now)
        (landed,) = await store.write(known.put(proof))
        if landed:
            return _said(sender, proof)
    raise StoreUnavailable("others keep trying codes")


def _said(sender: Identifier, proof: Proof) -> Checked:
    """What came of the code that was compared last. Said again later, it proves from when it did, and no longer."""
    outcome = outcome_of(proof)
    if outcome is not CheckOutcome.PROVEN or proof.checked_at is None:
        return Checked(outcome)
    return Checked(outcome, proven_edge(sender, Identifier.from_key(proof.target), proof.checked_at))
