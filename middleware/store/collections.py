"""The collections of a brand's database: which record lives where, who owns it, how it grows, when its rows go.

Everything is read and written by `_id`. A secondary index costs every write, so few have one: a collection that is
`dated`, on the time of writing (docs/decisions/0038), and those that are seldom written, on the fields `by` which pages
look for something (docs/decisions/0047). `ensure` and `ensure_indexes` create them and are idempotent.
"""

from dataclasses import dataclass
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo.errors import OperationFailure

from middleware.domain.alarms import Alarm
from middleware.domain.attachments import AttachmentPiece, Attachments
from middleware.domain.attempts import MOST_CELLS, Attempts
from middleware.domain.candidates import (
    Candidate,
    Indexed,
    LearntModel,
    RuleRecord,
    ScanState,
    ValueCounts,
)
from middleware.domain.co_purchases import CoPurchases, CountedOrder
from middleware.domain.conversation import Conversation
from middleware.domain.erasing import ErasingKey, Erasure, Forgotten
from middleware.domain.flow_drafts import FlowDraft, FlowRequest
from middleware.domain.flow_makings import FlowMaking
from middleware.domain.flow_releases import FlowFiles, FlowHead, FlowPublication, FlowRelease
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job
from middleware.domain.journal import JournalEntry, Verdict
from middleware.domain.made_up import MadeUp
from middleware.domain.order_numbers import OrderNumber
from middleware.domain.pairing import PairingCode, Pairings
from middleware.domain.passing import Passing
from middleware.domain.product import CataloguePage, Product
from middleware.domain.profile import Profile
from middleware.domain.proof import Proof, ProofQuota
from middleware.domain.pulls import Pull
from middleware.domain.pulse import Pulse
from middleware.domain.record import Record
from middleware.domain.sender_profile import ProfileTrouble
from middleware.domain.site import SiteTie
from middleware.domain.template_versions import TemplateEdition, TemplateHead, TemplatePage, TemplateVersion
from middleware.domain.timeline import TimelineHead, TimelinePage
from middleware.domain.timers import Timer
from middleware.domain.turn import Turn
from middleware.domain.users import AuditEntry, AuditHead, ConsoleKey, Session, Ticket, User
from middleware.ports import DeadLetter, InboxEntry, Quarantined, Recorded

_NAMESPACE_EXISTS = 48

_LAST = "\U0010ffff"
"""Sorts behind every character: the end of a range of ids with one beginning."""

WRITTEN_AT = "t"
"""The time of writing in the documents of a dated collection, by the clock of who wrote."""

MARK = "~"
"""No id of another kind begins with it or with anything behind it, but for `FORGOTTEN`."""

FORGOTTEN = "\x7f"
"""The same for hashes of erased identifiers, which are looked for in the command that reads identities. It sorts behind
everything that begins with `MARK`.
"""


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection. `owner` is the stage that writes it.

    With a `mark` it is one in which another kind is at home: its ids begin with the mark there, which sorts behind all
    others. So both are read in one command.

    `dated`: each of its documents says when it was written last, so that what changed lately can be read. `by`: the
    fields that have an index.
    """

    name: str
    owner: str
    growth: str
    ends: str
    mark: str = ""
    dated: bool = False
    by: tuple[str, ...] = ()

    @property
    def indexed(self) -> tuple[str, ...]:
        """The fields of its documents that have an index beside `_id`."""
        return (*((WRITTEN_AT,) if self.dated else ()), *self.by)

    def key(self, identifier: str) -> str:
        """The `_id` of a record."""
        return self.mark + identifier

    def identifier(self, key: str) -> str:
        """The id of the record under an `_id`."""
        return key.removeprefix(self.mark)


COLLECTIONS: dict[type[Record], Collection] = {
    InboxEntry: Collection("inbox", "accept", "one per event not finished yet", "deleted when finished"),
    Recorded: Collection("events", "absorb", "one per event", "retention of the brand"),
    Identity: Collection("identities", "resolve, absorb", "one per identifier", "with the person"),
    Profile: Collection("profiles", "absorb", "one per person", "with the person"),
    TimelineHead: Collection("identities", "absorb", "one per identifier", "with the person", mark=MARK),
    TimelinePage: Collection("timeline_pages", "absorb", "one per 32 events of an identifier", "with the person"),
    JournalEntry: Collection(
        "journal", "absorb, merging", "one per merge, unmerge and split", "with the profiles", by=("stays", "moves")
    ),
    Verdict: Collection("verdicts", "merging, review", "one per pair of profiles decided about", "with the profiles"),
    Conversation: Collection(
        "conversations", "carry out, send", "one per person and account", "with the person", dated=True
    ),
    OrderNumber: Collection("order_numbers", "absorb", "one per order", "with the order"),
    Product: Collection(
        "products",
        "absorb_product",
        "one per product that a shop ever told of",
        "with the shop; what is gone stays noted",
    ),
    CataloguePage: Collection(
        "catalogue_pages", "absorb_product", "32 per shop, however many products", "with the shop"
    ),
    CoPurchases: Collection(
        "co_purchases", "jobs, recommend recount", "one per product that was bought", "with the shop"
    ),
    CountedOrder: Collection(
        "co_purchases",
        "jobs, recommend recount",
        "one per order, nothing of a person in it",
        "with the shop",
        mark=MARK,
    ),
    Turn: Collection("turns", "decide, send", "one per message that calls for an answer", "retention of the brand"),
    Job: Collection("jobs", "absorb, jobs", "one per thing to do beside a message", "deleted when done or given up"),
    Timer: Collection(
        "timers", "carry out, absorb", "one per flow that waits for a time, a few per cart left", "when it has rung"
    ),
    Attachments: Collection("attachments", "jobs", "one per message with files", "retention of the brand"),
    AttachmentPiece: Collection(
        "attachment_pieces", "jobs", "one per megabyte of files", "with its file; when the customer takes it back"
    ),
    ProfileTrouble: Collection("profile_troubles", "jobs", "one per account that is refused profiles", "when mended"),
    SiteTie: Collection(
        "site_ties",
        "accept, web/site",
        "one per signed token, one per visitor who signed in",
        "a token's after two days (jobs/purging), a visitor's with the person",
    ),
    Proof: Collection(
        "proofs", "decide, jobs", "one per sender who asked for a code", "a day after it was asked for (jobs/purging)"
    ),
    ProofQuota: Collection(
        "proof_quotas",
        "decide",
        "two per request for a code, of a day at most",
        "when nothing of it counts any more (jobs/purging)",
    ),
    Passing: Collection(
        "passings",
        "accept, jobs",
        "one per sender in a delivery to an account with a bot of its own",
        "emptied when the bot has it; retention of the brand",
    ),
    MadeUp: Collection("alarms", "made_up", "one", "never", mark=MARK),
    Alarm: Collection("alarms", "alarms", "one per account, engine and pull that fell silent", "with the account"),
    Pull: Collection("pulls", "rhythm", "one per account that is pulled", "with the account"),
    Pulse: Collection(
        "pulls", "pulses", "one per account, engine and look-up, four weeks in each", "with the account", mark=MARK
    ),
    Indexed: Collection(
        "matching",
        "jobs, identity scan",
        "one per record of a source, and some twenty blocks for each",
        "a record's with the record; an empty block stays",
    ),
    Candidate: Collection("candidates", "jobs, identity scan", "one per open question", "deleted when decided"),
    RuleRecord: Collection("merge_rules", "whoever merges", "one per rule, 90 days in each", "never"),
    LearntModel: Collection("matching_models", "identity scan", "one", "replaced by the next scan"),
    ValueCounts: Collection("value_counts", "identity scan", "at most 30 a model", "with the model after next"),
    ScanState: Collection("scans", "identity scan", "one", "replaced by the next scan"),
    TemplateHead: Collection("templates", "templates", "one per template that was ever edited", "never"),
    TemplateVersion: Collection("template_versions", "templates", "one per publication and rollback", "never"),
    TemplatePage: Collection("template_pages", "templates", "64, however many templates", "never"),
    TemplateEdition: Collection("template_editions", "templates", "one", "never"),
    # Beside the edition, so that both are looked at in one command.
    FlowHead: Collection("template_editions", "flows", "one", "never", mark=MARK),
    FlowRelease: Collection("flow_releases", "flows", "one per import that changes something", "never"),
    FlowFiles: Collection("flow_files", "flows", "one per set of files, 4 MiB at most", "never"),
    FlowPublication: Collection("flow_publications", "flows", "one per publication and rollback", "never"),
    FlowRequest: Collection("flow_requests", "flows", "one per release that others are asked to publish", "never"),
    FlowDraft: Collection("flow_drafts", "flows", "one per file that was ever edited here, 1,000 at most", "never"),
    FlowMaking: Collection("flow_makings", "flows", "one per file that a release was made of", "replaced by the next"),
    User: Collection("users", "console, users", "one per person who signs in", "with the person"),
    PairingCode: Collection(
        "pairings",
        "console, carry out",
        "one per code that a user of the console asked for",
        "when it is over (jobs/purging)",
    ),
    Pairings: Collection(
        "pairings",
        "console, carry out",
        "one per user of the console who tries templates out",
        "with the user",
        mark=MARK,
    ),
    Session: Collection("sessions", "console", "one per sign-in", "a day after it ended (jobs/purging)"),
    Ticket: Collection("tickets", "console, users", "one per link that signs in", "when used or over (jobs/purging)"),
    Attempts: Collection(
        "attempts",
        "console",
        f"{MOST_CELLS:,} at most, whatever is tried",
        "when nothing of it counts any more (jobs/purging)",
    ),
    ConsoleKey: Collection("sessions", "console", "one", "never", mark=MARK),
    AuditEntry: Collection("audit", "console", "one per act that is on record", "retention of the brand"),
    AuditHead: Collection("audit", "console", "one", "never", mark=MARK),
    Forgotten: Collection(
        "identities", "erasing", "one per erased identifier, a keyed hash of it", "never", mark=FORGOTTEN
    ),
    Erasure: Collection("erasures", "erasing", "one per person who was erased", "never"),
    ErasingKey: Collection("erasures", "erasing", "one, in the common database", "never", mark=MARK),
    Quarantined: Collection("quarantine", "accept", "one per unreadable part", "when replayed or dismissed"),
    DeadLetter: Collection("dead_letters", "worker", "one per failed event", "when replayed or dismissed"),
}


def span_of(home: Collection, after: str, prefix: str) -> dict[str, Any]:
    """The filter for the ids of a kind that come later than `after` and begin with `prefix`; none if that is all."""
    begin = home.key(prefix)
    is_shared = any(each.mark and each.name == home.name for each in COLLECTIONS.values())
    end = begin + _LAST if begin else MARK if is_shared else ""
    from_where = {"$gt": home.key(after)} if after >= prefix and after else {"$gte": begin} if begin else {}
    span = {**from_where, **({"$lt": end} if end else {})}
    return {"_id": span} if span else {}


async def ensure(database: "AsyncIOMotorDatabase[dict[str, Any]]") -> list[str]:
    """Create what is missing; the names that were created. Running it again changes nothing."""
    present = set(await database.list_collection_names())
    names = dict.fromkeys(each.name for each in COLLECTIONS.values())
    return [name for name in names if name not in present and await _created(database, name)]


async def ensure_indexes(database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
    """Create the indexes that are missing. On a large collection this takes its time, once."""
    wanted = {(each.name, field) for each in COLLECTIONS.values() for field in each.indexed}
    for name in sorted({name for name, _ in wanted}):
        present = await database[name].index_information()
        for field in sorted(field for of, field in wanted if of == name and f"{field}_1" not in present):
            await database[name].create_index(field)


async def _created(database: "AsyncIOMotorDatabase[dict[str, Any]]", name: str) -> bool:
    """Create one collection; False if another process was quicker."""
    try:
        # Without the driver's own look whether it is there, which would double the questions: the server says so.
        await database.create_collection(name, check_exists=False)
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:
            raise
        return False
    return True
