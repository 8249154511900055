"""The collections of a brand's database: which record lives where, who owns it, how it grows, when its rows go.

Everything is read and written by `_id`, so no collection has a secondary index. `ensure` creates them and is
idempotent.
"""

from dataclasses import dataclass
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from middleware.domain.conversation import Conversation
from middleware.domain.profile import Identity, Profile
from middleware.domain.record import Record
from middleware.domain.turn import Turn
from middleware.ports import DeadLetter, InboxEntry, Quarantined, Recorded


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection. `owner` is the stage that writes it."""

    name: str
    owner: str
    growth: str
    ends: str


COLLECTIONS: dict[type[Record], Collection] = {
    InboxEntry: Collection("inbox", "accept", "one per event not finished yet", "deleted when finished"),
    Recorded: Collection("events", "absorb", "one per event", "retention of the brand"),
    Identity: Collection("identities", "resolve, absorb", "one per identifier", "with the person"),
    Profile: Collection("profiles", "absorb", "one per person", "with the person"),
    Conversation: Collection("conversations", "carry out, send", "one per person and account", "with the person"),
    Turn: Collection("turns", "decide, send", "one per message that calls for an answer", "after 30 days"),
    Quarantined: Collection("quarantine", "accept", "one per unreadable part", "when replayed or dismissed"),
    DeadLetter: Collection("dead_letters", "worker", "one per failed event", "when replayed or dismissed"),
}


async def ensure(database: "AsyncIOMotorDatabase[dict[str, Any]]") -> list[str]:
    """Create what is missing; the names that were created. Running it again changes nothing."""
    present = set(await database.list_collection_names())
    missing = [each.name for each in COLLECTIONS.values() if each.name not in present]
    for name in missing:
        await database.create_collection(name)
    return missing
