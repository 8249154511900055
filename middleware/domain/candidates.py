"""Who might be one person, as it is kept: the index of what is compared, candidates, verdicts, rules, learnt weights.

Nothing in here links anybody. A candidate is a question to a person, a verdict is the answer, and it counts for ever.
"""

from datetime import datetime, timedelta
from typing import Literal

from middleware.domain.record import Record

MOST_IN_A_BLOCK = 60
"""A key with more records than this says too little to be followed: it is closed, and stops growing."""


class Comparable(Record):
    """What is compared of one source's record of a person: values as the source told them, and where it stands.

    `keys` are the ids of the blocks that it is in, so that a changed record can leave them. `candidates` are the open
    candidates that name it. `apart` and `locked` repeat what people have decided of its profile (`Verdict`).
    """

    profile_id: str
    source: str
    """Connector and account, such as `hubspot:62515`."""
    values: dict[str, str]
    keys: tuple[str, ...]
    candidates: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    locked: bool = False

    def replacing(self, known: "Comparable | None") -> "Comparable":
        """The record in place of what the index has of it: what stands there beside the values stays.

        What people decided was about a profile, so it stays only while that is the same.
        """
        if known is None:
            return self
        kept: dict[str, object] = {"candidates": known.candidates}
        if self.profile_id == known.profile_id:
            kept |= {"apart": known.apart, "locked": known.locked}
        return self.model_copy(update=kept)


class Block(Record):
    """The records that share one blocking key. `count` above `MOST_IN_A_BLOCK`: closed, the members are not kept."""

    members: tuple[str, ...] = ()
    count: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether too many share it."""
        return self.count > MOST_IN_A_BLOCK

    def with_member(self, key: str) -> "Block":
        """The block after a record has come. One too many closes it for good."""
        if self.is_closed or key in self.members:
            return self
        if len(self.members) == MOST_IN_A_BLOCK:
            return Block(count=MOST_IN_A_BLOCK + 1)
        members = tuple(sorted((*self.members, key)))
        return Block(members=members, count=len(members))

    def without_member(self, key: str) -> "Block":
        """The block after a record has left."""
        if key not in self.members:
            return self
        members = tuple(each for each in self.members if each != key)
        return Block(members=members, count=len(members))


class Indexed(Record):
    """One document of the matching index, in one collection so that one command reads all that a look needs.

    Either what is compared of a record (`id` is the identifier's key), or a block (`id` is the hash of its key, behind
    the letter of the key's kind).
    """

    id: str
    comparable: Comparable | None = None
    block: Block | None = None


class Because(Record):
    """What one field says for one person (`bits` above 0) or against it."""

    field: str
    words: str
    bits: float


class SideBySide(Record):
    """One field of both records, as the sources told it."""

    field: str
    one: str
    other: str


class Candidate(Record):
    """Two profiles that may be one person: open until somebody decides. `id` is the pair, `profiles` are sorted.

    `records` are the identifiers of the two records that were compared, in the order of `profiles`.
    """

    id: str
    profiles: tuple[str, str]
    records: tuple[str, str]
    bits: float
    """The base-2 logarithm of the odds for one person."""
    probability: float
    reasons: tuple[Because, ...]
    counter_reasons: tuple[Because, ...]
    fields: tuple[SideBySide, ...]
    conflicts: tuple[str, ...] = ()
    """Why the two cannot be merged as they are."""
    rule: str
    model_version: int
    created_at: datetime

    def says_the_same(self, other: "Candidate") -> bool:
        """Whether nothing but the time differs."""
        return self.model_copy(update={"created_at": other.created_at}) == other


KEPT_DAYS = 90
LEAST_MERGES = 20
MOST_UNDONE = 0.05


class RuleDay(Record):
    """What a rule did on one day (UTC)."""

    day: str
    merges: int = 0
    unmerges: int = 0


class RuleRecord(Record):
    """How a rule of merging has done lately: `id` is the rule, `days` the last 90 on which it did anything.

    `review_only_since`: when it was found out that too many of its merges are undone.
    """

    id: str
    days: tuple[RuleDay, ...] = ()
    review_only_since: datetime | None = None

    @property
    def merges(self) -> int:
        """Merges in the window."""
        return sum(each.merges for each in self.days)

    @property
    def unmerges(self) -> int:
        """Merges that were undone in the window."""
        return sum(each.unmerges for each in self.days)

    def after(self, now: datetime, *, merges: int = 0, unmerges: int = 0) -> "RuleRecord":
        """The record after merges, or merges that were undone. It forgets what is older than the window."""
        today = now.date().isoformat()
        days = {each.day: each for each in self.days}
        known = days.get(today, RuleDay(day=today))
        days[today] = RuleDay(day=today, merges=known.merges + merges, unmerges=known.unmerges + unmerges)
        return self._judged(days, now)

    def at(self, now: datetime) -> "RuleRecord":
        """The record as it counts at a time: days behind the window are gone."""
        return self._judged({each.day: each for each in self.days}, now)

    def _judged(self, days: dict[str, RuleDay], now: datetime) -> "RuleRecord":
        oldest = (now.date() - timedelta(days=KEPT_DAYS - 1)).isoformat()
        kept = tuple(days[each] for each in sorted(days) if each >= oldest)
        judged = RuleRecord(id=self.id, days=kept)
        since = (self.review_only_since or now) if judged.is_undone_too_often else None
        return judged.model_copy(update={"review_only_since": since})

    @property
    def is_undone_too_often(self) -> bool:
        """Whether more of its merges were undone than may be. Of few merges nothing is said."""
        return self.merges >= LEAST_MERGES and self.unmerges > MOST_UNDONE * self.merges

    @property
    def is_review_only(self) -> bool:
        """Whether it may only propose."""
        return self.review_only_since is not None


MODEL = "model"


class LearntModel(Record):
    """The weights that a scan has learnt, and where the value frequencies that belong to them are kept.

    `person`, `household`, `stranger`: a probability for each level of each field. `parts`: for each field how many
    `ValueCounts` there are of this version.
    """

    id: str = MODEL
    version: int
    records: int
    learnt_at: datetime
    learnt_from: int
    persons: float
    households: float
    person: tuple[tuple[float, ...], ...]
    household: tuple[tuple[float, ...], ...]
    stranger: tuple[tuple[float, ...], ...]
    single_sources: tuple[str, ...] = ()
    totals: dict[str, int]
    parts: dict[str, int]


class ValueCounts(Record):
    """How often each of some values of a field stands in the records. `id` is version, field and number."""

    id: str
    values: tuple[str, ...]
    counts: tuple[int, ...]


SCAN = "scan"

ScanPhase = Literal["reading", "writing keys", "comparing", "done"]


class ScanState(Record):
    """How far a scan has come, so that one that was killed goes on. `after` is an identifier key, `bucket` a number."""

    id: str = SCAN
    phase: ScanPhase = "reading"
    after: str = ""
    bucket: int = 0
    started_at: datetime
    records: int = 0
    pairs: int = 0
    candidates: int = 0
