"""Explaining: where each value comes from, who we take the sender for and why, and why something is not there.

What is said of something that is not there depends on the sender's level and on nothing else: whether it exists for
somebody who may see it cannot be told from it.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from middleware.domain.context import BLOCKS, Context
from middleware.domain.identifiers import Evidence, Level
from middleware.domain.known_views import PROVEN_FIELDS
from middleware.domain.record import Record
from middleware.handover.payload import Json, foreign, plain

_EVIDENCE = {
    Evidence.CLAIMED: "somebody said so; it opens nothing",
    Evidence.CARRIED: "a personal link that was given to this sender came back; links get forwarded",
    Evidence.ATTESTED: "a channel or the shop itself says so",
    Evidence.PROVEN: "proven by a code, or signed by the brand's own site",
}
_PROVEN = frozenset(f"details.fields.{name}" for name in PROVEN_FIELDS)
_LEVEL = {
    Level.NEW: "nothing is known of this sender",
    Level.CHANNEL: "this conversation and its own ad click may be told",
    Level.CARRIED: "the cart and the products of personal links may be told as well",
    Level.LINKED: "orders, tickets and records along an attested path may be told as well",
    Level.VERIFIED: "proven lately: address and date of birth may be told as well",
}
_THERE = {
    "fresh": "as its source told it last",
    "stale": "older than counts as fresh for this block; handed over all the same",
    "withheld": "it came by a personal link that was given to this sender, and bears somebody else's identity",
    "error": "it could not be looked up",
}


class IdentifierExplained(Record):
    """Why one identifier counts as the sender's. Masked."""

    identifier: str
    evidence: str
    rule: str
    at: str
    says: str


class ValueExplained(Record):
    """Where a value comes from."""

    source: str | None = None
    as_of: str | None = None
    needs_level: str


class BlockExplained(ValueExplained):
    """Why a block is as it is."""

    state: str
    says: str


class Explanation(Record):
    """All of it, in words. `values` are by the paths that `fields` takes."""

    level: str
    says: str
    identifiers: tuple[IdentifierExplained, ...]
    blocks: dict[str, BlockExplained]
    values: dict[str, ValueExplained]


def explained(
    context: Context,
    reasons: Mapping[str, str],
    *,
    blocks: Collection[str] = BLOCKS,
    level: Level = Level.VERIFIED,
    ids: bool = False,
) -> Explanation:
    """The explanation of what `hand_over` hands over with the same arguments. `reasons` are those of the rules."""
    told = plain(foreign(context, blocks=blocks, level=level, ids=ids))
    has = Level[told["identity"]["level"].upper()]
    shown = {name: told[name] for name in BLOCKS if name in told}
    return Explanation(
        level=told["identity"]["level"],
        says=_LEVEL[has],
        identifiers=tuple(_identifier(each, reasons) for each in told["identity"]["why"]),
        blocks={name: _block(each, has) for name, each in shown.items()},
        values=dict(_values(told, shown)),
    )


def _identifier(why: Json, reasons: Mapping[str, str]) -> IdentifierExplained:
    evidence = why["evidence"]
    known = _EVIDENCE[Evidence(evidence)] if evidence in set(Evidence) else ""
    return IdentifierExplained(**why, says=": ".join(filter(None, (known, reasons.get(why["rule"])))))


def _block(block: Json, has: Level) -> BlockExplained:
    state, needs = block["state"], Level[block["needs_level"].upper()]
    says = _THERE.get(state, "nothing is known along this sender's path")
    if state == "missing" and has < needs:
        says = f"it needs the level {needs.name.lower()}, and this sender has {has.name.lower()}"
    return BlockExplained(
        state=state,
        needs_level=block["needs_level"],
        source=block.get("source"),
        as_of=block.get("as_of"),
        says=says,
    )


def _values(told: Json, blocks: Json) -> Iterator[tuple[str, ValueExplained]]:
    """Each value that is there with its source: its own if it has one, else that of its block."""
    claimed = told["profile"].get("claimed", {})
    for name, each in claimed.items():
        yield f"profile.claimed.{name}", _of(each, Level.CHANNEL)
    if "name" in claimed and "name" in told["profile"]:
        yield "profile.name", _of(claimed["name"], Level.CHANNEL)
    for name, block in blocks.items():
        needs = Level[block["needs_level"].upper()]
        for path, origin in _leaves(name, block.get("value"), block):
            yield path, _of(origin, Level.VERIFIED if path in _PROVEN else needs)


def _leaves(path: str, value: Any, origin: Json) -> Iterator[tuple[str, Json]]:  # noqa: ANN401 - any value
    """The paths of what is inside a value, each with where it comes from."""
    if isinstance(value, dict) and value.keys() >= {"value", "source", "as_of"}:
        yield path, value
    elif isinstance(value, dict) and not value.keys() >= {"amount", "currency"}:
        for name, each in value.items():
            yield from _leaves(f"{path}.{name}", each, origin)
    elif value is not None:
        yield path, origin


def _of(origin: Json, needs: Level) -> ValueExplained:
    return ValueExplained(source=origin.get("source"), as_of=origin.get("as_of"), needs_level=needs.name.lower())
