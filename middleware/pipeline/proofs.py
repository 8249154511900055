"""Proofs as agents see them: which addresses a customer has named in a conversation, how a proof of one stands, and
where an address was said, so that a proof can be begun.

An address is read where it was said each time, and kept in nothing that an agent does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from middleware.domain.conversation import Claim, Conversation
from middleware.domain.events import Event, EventKind, event_key
from middleware.domain.identifiers import Evidence, Identifier, Level
from middleware.domain.identity import Identity
from middleware.domain.proof import Proof
from middleware.domain.typed import EMAIL, READ_AT_MOST, masked
from middleware.identity.proof import MOST_TRIES, level_of
from middleware.pipeline.senders import WRITES
from middleware.pipeline.timeline import read_timeline_of
from middleware.ports import BrandStore, Recorded

Stands = Literal["under_way", "proven", "used_up", "run_out"]
"""A code is awaited; the right one was given; too many wrong ones were; none was in time."""

_ROUNDS = 3
_AT_ONCE = 50
"""So many entries of the timeline are looked at, so often, for where an address was said."""


@dataclass(frozen=True, slots=True)
class ProofSeen:
    """How the latest proof in a conversation stands. Whether the address is known to the brand, it does not tell."""

    masked: str
    stands: Stands
    since: datetime
    until: datetime
    tries: int
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AddressSaid:
    """An address that the customer named, masked. `proven`: a proof of it counts at present."""

    claim: Claim
    proven: bool


async def proof_in(store: BrandStore, conversation: Conversation, now: datetime) -> ProofSeen | None:
    """The proof that was asked for last by whoever writes in a conversation; None where there was none lately."""
    found = (await store.get(Proof, _writers(conversation))).values()
    latest = max((each.record for each in found), key=lambda each: each.requested_at, default=None)
    if latest is None:
        return None
    return ProofSeen(
        masked=masked(Identifier.from_key(latest.target).value),
        stands=_stands(latest, now),
        since=latest.requested_at,
        until=latest.expires_at,
        tries=min(latest.tries, MOST_TRIES),
        settled_at=latest.checked_at if latest.was_right else None,
    )


async def addresses_said(store: BrandStore, conversation: Conversation, now: datetime) -> tuple[AddressSaid, ...]:
    """The addresses that the customer named in a conversation, the latest first."""
    claims = [each for each in conversation.claims if each.kind == "email"]
    if not claims:
        return ()
    identities = (await store.get(Identity, _writers(conversation))).values()
    proven = set(_proven((each.record for each in identities), now))
    return tuple(AddressSaid(each, each.masked in proven) for each in reversed(claims))


async def where_said(store: BrandStore, conversation: Conversation, claim: Claim) -> str | None:
    """The key of the event in which exactly one address was said that is this claim; None where there is none any more.

    The conversation knows its latest lines; for what is older a few pages of the timeline are read.
    """
    near = [
        event_key(conversation.channel, conversation.account, line.id)
        for line in conversation.lines
        if line.by == "customer" and line.at == claim.at
    ]
    found = await _says(store, conversation, near, claim)
    before: str | None = None
    for _ in range(_ROUNDS):
        if found is not None:
            break
        view = await read_timeline_of(store, _writers(conversation), before=before, most=_AT_ONCE)
        far = [each.event for each in view.entries if each.at == claim.at and each.kind is EventKind.MESSAGE]
        found, before = await _says(store, conversation, far, claim), view.next
        if before is None:
            break
    return found


def address_meant(event: Event, claim: str) -> str | None:
    """The address in what was said that is masked like this; None where it is not one and only one."""
    text = event.message.text[:READ_AT_MOST] if event.message is not None else ""
    found = {each for each in EMAIL.findall(text) if masked(each) == claim}
    return found.pop() if len(found) == 1 else None


async def _says(
    store: BrandStore, conversation: Conversation, keys: Sequence[str], claim: Claim
) -> str | None:  # fmt: skip
    events = [each.record.event for each in (await store.get(Recorded, keys)).values()] if keys else []
    here = (conversation.channel, conversation.account)
    said = (each for each in events if (each.connector, each.account) == here and not _is_gone(conversation, each))
    return next((each.key for each in said if address_meant(each, claim.masked) is not None), None)


def _is_gone(conversation: Conversation, event: Event) -> bool:
    """Whether the customer has taken it back, or put other words in its place."""
    line = next((each for each in conversation.lines if event.message and each.id == event.message.id), None)
    return line is not None and not (event.message and event.message.text.startswith(line.text) and line.text)


def _stands(proof: Proof, now: datetime) -> Stands:
    if proof.was_right:
        return "proven"
    if proof.tries >= MOST_TRIES:
        return "used_up"
    return "under_way" if now < proof.expires_at else "run_out"


def _proven(identities: Iterable[Identity], now: datetime) -> Iterable[str]:
    """The addresses of which a proof counts in full, masked."""
    for identity in identities:
        for edge in identity.edges:
            if edge.evidence is Evidence.PROVEN and level_of(edge, now) is Level.VERIFIED:
                yield masked(Identifier.from_key(edge.to).value)


def _writers(conversation: Conversation) -> list[str]:
    return [each for each in conversation.aliases if Identifier.from_key(each).kind in WRITES]
