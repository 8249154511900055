"""The collections of a brand's database: which record lives where, who owns it, how it grows, when its rows go.

Everything is read and written by `_id`, so no collection has a secondary index. `ensure` creates them and is
idempotent.
"""

from dataclasses import dataclass
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo.errors import CollectionInvalid, OperationFailure

from middleware.domain.attachments import AttachmentPiece, Attachments
from middleware.domain.conversation import Conversation
from middleware.domain.jobs import Job
from middleware.domain.journal import JournalEntry, Verdict
from middleware.domain.product import CataloguePage, Product
from middleware.domain.profile import Identity, Profile
from middleware.domain.record import Record
from middleware.domain.sender_profile import ProfileTrouble
from middleware.domain.site import SiteTie
from middleware.domain.turn import Turn
from middleware.ports import DeadLetter, InboxEntry, Quarantined, Recorded

_NAMESPACE_EXISTS = 48


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
    JournalEntry: Collection("journal", "absorb, merging", "one per merge, unmerge and split", "with the profiles"),
    Verdict: Collection("verdicts", "merging", "one per pair of profiles decided about", "with the profiles"),
    Conversation: Collection("conversations", "carry out, send", "one per person and account", "with the person"),
    Product: Collection(
        "products",
        "absorb_product",
        "one per product that a shop ever told of",
        "with the shop; what is gone stays noted",
    ),
    CataloguePage: Collection(
        "catalogue_pages", "absorb_product", "32 per shop, however many products", "with the shop"
    ),
    Turn: Collection("turns", "decide, send", "one per message that calls for an answer", "retention of the brand"),
    Job: Collection("jobs", "absorb, jobs", "one per thing to do beside a message", "deleted when done or given up"),
    Attachments: Collection("attachments", "jobs", "one per message with files", "retention of the brand"),
    AttachmentPiece: Collection(
        "attachment_pieces", "jobs", "one per megabyte of files", "with its file; when the customer takes it back"
    ),
    ProfileTrouble: Collection("profile_troubles", "jobs", "one per account that is refused profiles", "when mended"),
    SiteTie: Collection(
        "site_ties", "web/site", "one per signed token, one per visitor who signed in", "with the site"
    ),
    Quarantined: Collection("quarantine", "accept", "one per unreadable part", "when replayed or dismissed"),
    DeadLetter: Collection("dead_letters", "worker", "one per failed event", "when replayed or dismissed"),
}


async def ensure(database: "AsyncIOMotorDatabase[dict[str, Any]]") -> list[str]:
    """Create what is missing; the names that were created. Running it again changes nothing."""
    present = set(await database.list_collection_names())
    missing = [each.name for each in COLLECTIONS.values() if each.name not in present]
    return [name for name in missing if await _created(database, name)]


async def _created(database: "AsyncIOMotorDatabase[dict[str, Any]]", name: str) -> bool:
    """Create one collection; False if another process was quicker."""
    try:
        await database.create_collection(name)
    except (CollectionInvalid, OperationFailure) as error:
        if isinstance(error, OperationFailure) and error.code != _NAMESPACE_EXISTS:
            raise
        return False
    return True
