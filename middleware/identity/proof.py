"""The rules of a proof by one-time code: pure. `proving.py` applies them to the store.

A person proves that they can read the mail at an address that we have stored, by writing back a code that was sent
there. Six digits, ten minutes, five tries. What is asked and answered tells nobody whether an address is known.
"""

import hmac
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind, Level
from middleware.domain.identity import Edge, Identity
from middleware.domain.proof import CheckOutcome, Proof, ProofQuota, Request
from middleware.identity.evidence import RULES

RULE = "proof.email_code"

DIGITS = 6
LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
ASKED_LATELY = timedelta(hours=1)
"""How long after a request six digits are taken as its code, if only to say that it no longer counts."""
KEPT_FOR = timedelta(days=1)
"""How long a request is kept: so long may a message that gave its code be worked on again."""
COUNTS_FOR = timedelta(days=30)
"""How long a proof lifts the level. Mailboxes change hands, and so do phones that are logged in."""
LINKS_FOR = timedelta(days=365)
"""How long a proof discloses at all. Mail providers give an address that nobody has used for a year to somebody else
(Yahoo, "Recycled Yahoo IDs", 2013), whose orders would be told to the one who had it before."""

OF_SENDER = ((timedelta(hours=1), 3), (timedelta(days=1), 10))
"""So many codes in so much time, for one sender."""
OF_TARGET = ((timedelta(hours=1), 3), (timedelta(days=1), 6))
"""The same for one address, whoever asks: nobody's mailbox is filled by others."""

_CODE = re.compile(r"[0-9]{3}[ -]?[0-9]{3}", re.ASCII)


def new_code(below: Callable[[int], int]) -> str:
    """Six digits. `below` draws a number: `secrets.randbelow`."""
    return f"{below(10**DIGITS):0{DIGITS}}"


def code_in(text: str) -> str | None:
    """The code in what somebody wrote, if it is one and nothing else."""
    written = text.strip()
    return re.sub(r"[ -]", "", written) if _CODE.fullmatch(written) else None


def code_hash(key: bytes, proof: Proof, code: str) -> str:
    """The code as it is kept: worth nothing without the key, for another request, or for another address."""
    return _keyed(key, "code", proof.id, proof.target, proof.request, code)


def quota_id(key: bytes, whose: str, identifier: str) -> str:
    """The id under which requests of a sender, or to an address, are counted."""
    return _keyed(key, "quota", whose, identifier)


def _keyed(key: bytes, *parts: str) -> str:
    # The lengths keep the parts apart, whatever stands in them.
    said = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.digest(key, said.encode(), "sha256").hex()


def has_room(quota: ProofQuota, request: Request, limits: tuple[tuple[timedelta, int], ...]) -> bool:
    """Whether a request is within the limits. One that was counted already is."""
    if any(each.event == request.event for each in quota.requests):
        return True
    return all(sum(request.at - each.at < span for each in quota.requests) < most for span, most in limits)


def counted(quota: ProofQuota, request: Request, limits: tuple[tuple[timedelta, int], ...]) -> ProofQuota:
    """The quota after a request, each counted once; what is too old to count is forgotten."""
    longest = max(span for span, _ in limits)
    kept = (each for each in quota.requests if request.at - each.at < longest and each.event != request.event)
    return quota.model_copy(update={"requests": (*kept, request)})


def is_awaited(proof: Proof, now: datetime) -> bool:
    """Whether six digits that the sender writes now are meant as the code they asked for."""
    return now < proof.requested_at + ASKED_LATELY


def is_over(proof: Proof, now: datetime) -> bool:
    """Whether nobody needs it any more: no code is awaited, and its messages are worked off."""
    return now >= proof.requested_at + KEPT_FOR


def counts_no_more(quota: ProofQuota, now: datetime) -> bool:
    """Whether none of its requests counts against a limit any more."""
    longest = max(span for span, _ in (*OF_SENDER, *OF_TARGET))
    return all(now - each.at >= longest for each in quota.requests)


def is_known(identity: Identity | None) -> bool:
    """Whether an address is one that we have stored: something of the brand's stands at it, and it is not in doubt."""
    return identity is not None and identity.suspended is None


def checked(proof: Proof, code: str, event: str, key: bytes, now: datetime) -> Proof:
    """The proof after a code was given: one try more, and right only if it all holds. Comparing takes the same time."""
    given = code_hash(key, proof, code)
    fits = hmac.compare_digest(given.encode(), (proof.code_hash or "").encode())
    open_still = now < proof.expires_at and proof.tries < MOST_TRIES and not proof.withheld
    right = fits and open_still and proof.code_hash is not None
    if proof.was_right:
        # It is spent. The event that gave it stays the right one: it may have to be worked on again after a crash.
        return proof.model_copy(update={"tries": proof.tries + 1})
    # A code counts once: with it goes what it could be compared with.
    return proof.model_copy(
        update={
            "tries": proof.tries + 1,
            "checked": event,
            "checked_at": now,
            "was_right": right,
            "code_hash": None if right else proof.code_hash,
        }
    )


def outcome_of(proof: Proof) -> CheckOutcome:
    """What came of the code that was compared last."""
    return CheckOutcome.PROVEN if proof.was_right else CheckOutcome.WRONG


def proven_edge(sender: Identifier, target: Identifier, at: datetime) -> Edge:
    """The edge that a right code gives: from the sender to the address, to be kept at the sender's identity.

    Of several proofs of the same address the latest counts (`Identity.with_edge(edge, latest=True)`).
    """
    assert sender.kind is not IdentifierKind.EMAIL  # noqa: S101 - a sender is a channel's; the address is the target
    return Edge(to=target.key, evidence=RULES[RULE].evidence, rule=RULE, at=at)


def level_of(edge: Edge, now: datetime) -> Level:
    """What a proven edge lets through: addresses and changes while it is fresh, then what an attested one does, and in
    the end nothing of what stands at the address.
    """
    assert edge.evidence is Evidence.PROVEN  # noqa: S101 - for who calls it
    age = now - edge.at
    if age < COUNTS_FOR:
        return Level.VERIFIED
    return Level.LINKED if age < LINKS_FOR else Level.CHANNEL
