"""What becomes of every kind of record when a person is erased: one explicit table, which no kind may be missing from.

`docs/erasing.md` shows it with the reasons.
"""

from typing import Literal

from middleware.domain.alarms import Alarm
from middleware.domain.attachments import AttachmentPiece, Attachments
from middleware.domain.attempts import Attempts
from middleware.domain.candidates import Candidate, Indexed, LearntModel, RuleRecord, ScanState, ValueCounts
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

Becomes = Literal["erased", "cleaned", "hashed", "runs out", "stays"]
"""`cleaned`: what is somebody else's stays, without the person in it. `hashed`: a keyed hash of it is kept. `runs out`:
nothing in it names anybody, and it goes by itself within two days. `stays`: nothing in it is about a customer.
"""

BECOMES: dict[type[Record], Becomes] = {
    Profile: "erased",
    Identity: "cleaned",
    TimelineHead: "erased",
    TimelinePage: "erased",
    Recorded: "cleaned",
    Turn: "erased",
    Conversation: "erased",
    Attachments: "erased",
    AttachmentPiece: "erased",
    OrderNumber: "erased",
    InboxEntry: "erased",
    Job: "erased",
    Timer: "erased",
    Passing: "cleaned",
    Quarantined: "erased",
    DeadLetter: "erased",
    Indexed: "cleaned",
    Candidate: "erased",
    Verdict: "erased",
    JournalEntry: "erased",
    Proof: "erased",
    SiteTie: "erased",
    Pairings: "cleaned",
    PairingCode: "runs out",
    ScanState: "cleaned",
    ProofQuota: "runs out",
    Forgotten: "hashed",
    Erasure: "stays",
    ErasingKey: "stays",
    CoPurchases: "stays",
    CountedOrder: "stays",
    ValueCounts: "stays",
    LearntModel: "stays",
    RuleRecord: "stays",
    Pull: "stays",
    Pulse: "stays",
    Alarm: "stays",
    MadeUp: "stays",
    ProfileTrouble: "stays",
    Product: "stays",
    CataloguePage: "stays",
    TemplateHead: "stays",
    TemplateVersion: "stays",
    TemplatePage: "stays",
    TemplateEdition: "stays",
    FlowDraft: "stays",
    FlowRequest: "stays",
    FlowMaking: "stays",
    FlowHead: "stays",
    FlowRelease: "stays",
    FlowFiles: "stays",
    FlowPublication: "stays",
    User: "stays",
    Session: "stays",
    Ticket: "stays",
    Attempts: "runs out",
    ConsoleKey: "stays",
    AuditEntry: "stays",
    AuditHead: "stays",
}

COUNTED = (
    "profiles",
    "identifiers",
    "things",
    "conversations",
    "events",
    "turns",
    "files",
    "jobs",
    "set_aside",
    "passings",
    "review",
    "proofs",
    "beside",
)
"""What is counted, in the order in which it is shown. Each has words in the console (`people.erase.kind.<name>`)."""
