"""One event on its way through the stages: what is known of it so far, and the lease under which it is worked on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from middleware.domain.context import Context
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event
from middleware.domain.identity import Identity, Lease
from middleware.domain.pairing import PairingCode
from middleware.domain.profile import Profile
from middleware.domain.timeline import TimelineHead
from middleware.domain.turn import Turn
from middleware.errors import LeaseLost
from middleware.identity.linking import Merged, Refused
from middleware.identity.proving import Checked
from middleware.pipeline.order import overtakes, waiting
from middleware.pipeline.parts import Brand, Process
from middleware.ports import Delete, FlowRunner, InboxEntry, Put, Stored


class LaneBusy(Exception):  # noqa: N818 - a state of the lane, caught by the worker
    """Somebody else works on this lane, or should; look again at `until`.

    `older` has to be worked on first. Whoever wanted the lane for it may be dead, so it is taken over here.
    """

    def __init__(self, until: datetime, older: Event | None = None) -> None:
        super().__init__("another worker has this lane")
        self.until = until
        self.older = older


class NotYet(Exception):  # noqa: N818 - a state of the work, caught by the worker
    """The work goes on at `at`: the platform asked us to wait, or could not be reached."""

    def __init__(self, at: datetime) -> None:
        super().__init__("waiting for the next attempt")
        self.at = at


@dataclass(slots=True)
class Passage:
    """One event on its way. Stages fill it in from top to bottom; what no stage has filled in yet is not there."""

    process: Process
    brand: Brand
    event: Event
    behind: Sequence[str] = ()
    """Keys of the events that wait behind it on its lane, as far as this process knows of them."""
    identities: dict[str, Stored[Identity]] = field(default_factory=dict)
    """By key; version 0 for one that does not exist yet."""
    profiles: dict[str, Stored[Profile]] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    """Keys of identities and profiles that are in the store exactly as they are here."""
    profile_id: str = ""
    head: Stored[TimelineHead] | None = None
    """The head of the sender's timeline."""
    merged: tuple[Merged, ...] = ()
    """What this event makes one profile."""
    refused: tuple[Refused, ...] = ()
    """Profiles that it would have made one if nothing were against it."""
    code: Checked | None = None
    """What came of the message as a one-time code; None where it is none, or none was awaited."""
    pairing: PairingCode | None = None
    """The code for pairing that the message is; None where it is none that counts."""
    guessed: bool = False
    """It looks like one and does not count."""
    leased_until: float = 0.0
    """On the monotonic clock; 0 without a lease."""
    closed: bool = False
    """The end of the work on this event is written."""
    conversation: Stored[Conversation] = field(init=False)
    """From `resolve` on; version 0 for one that does not exist yet."""
    whole: Event = field(init=False)
    """From `gather` on: what is decided on, the event with the parts of the burst before it."""
    goes_on: bool = False
    """A part of the same burst comes behind it: nothing is decided yet."""
    flows: FlowRunner = field(init=False)
    """From `enrich` on: those that the context was put together for."""
    context: Context = field(init=False)
    """From `enrich` on."""
    signed_in: Collection[str] = frozenset()
    """The browsers in which the profile is signed in, from `enrich` on."""
    turn: Stored[Turn] = field(init=False)
    """From `decide` on."""

    @property
    def sender(self) -> Stored[Identity]:
        """The identity that the event is anchored to."""
        assert self.event.anchor is not None  # noqa: S101 - for the type checker
        return self.identities[self.event.anchor.key]

    @property
    def profile(self) -> Profile:
        """The sender's profile."""
        return self.profiles[self.profile_id].record

    def now(self) -> datetime:
        """The current time."""
        return self.process.clock.now()

    def new_lease(self) -> Lease:
        """The lease that the next write of the sender's identity carries; it counts from now on.

        What is older than this event is over by now, unless this one was allowed to overtake it.
        """
        previous = self.sender.record.lease
        self._lease_counts()
        fence = 1 if previous is None else previous.fence + 1
        wanted = previous.wanted if previous is not None else None
        if wanted is not None and not overtakes(self.event) and wanted.arrived() <= waiting(self.event).arrived():
            wanted = None
        return Lease(owner=self.process.worker, fence=fence, until=self.now() + self.process.lease, wanted=wanted)

    async def keep_lane(self, duration: timedelta = timedelta(0)) -> None:
        """Make sure that the lease outlasts something that takes this long, renewing it if need be.

        Raises LeaseLost if another worker has had the lane since: nothing may be written any more.
        """
        if self.process.clock.monotonic() + duration.total_seconds() < self.leased_until:
            return
        key = self.sender.record.id
        stored = (await self.brand.store.get(Identity, [key])).get(key)
        mine = self.sender.record.lease
        if stored is None or mine is None or not mine.is_of(stored.record.lease):
            raise LeaseLost
        self._lease_counts()
        renewed = mine.model_copy(update={"until": self.now() + self.process.lease})
        after = stored.record.model_copy(update={"lease": renewed})
        if not all(await self.brand.store.write(stored.put(after))):
            raise LeaseLost
        self.identities[key] = Stored(after, stored.version + 1)

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """Write under the lease. Raises LeaseLost, before anything is written, when another worker has the lane."""
        await self.keep_lane()
        landed = await self.brand.store.write(*changes)
        for change, has_landed in zip(changes, landed, strict=True):
            if has_landed and isinstance(change, Put) and isinstance(change.record, Conversation):
                self.process.kept(self.brand.name, Stored(change.record, change.version + 1))
        return landed

    async def save(self, conversation: Conversation, *others: Put | Delete) -> bool:
        """Write the conversation's next state, with other changes; whether nobody had changed it meanwhile."""
        landed = await self.write(self.conversation.put(conversation), *others)
        if landed[0]:
            self.conversation = Stored(conversation, self.conversation.version + 1)
        return landed[0]

    async def reread(self) -> None:
        """Read the conversation again after somebody else changed it. Raises LeaseLost if its person was erased: what
        happened before is looked at anew, and dropped.
        """
        key = self.conversation.record.id
        stored = (await self.brand.store.get(Conversation, [key])).get(key)
        if stored is None and self.conversation.version == 0:
            return
        if stored is None:
            raise LeaseLost
        if stored.record.erased_at is None:
            self.conversation = stored
        elif self.conversation.version == 0:
            # Somebody new, in the place of an emptied shell.
            self.conversation = Stored(self.conversation.record, stored.version)
        else:
            raise LeaseLost

    async def close_with(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """Write changes and the end of the work in one command; for each of `changes` whether it landed."""
        landed = await self.write(*changes, *self.closing())
        self.closed = all(landed[: len(changes)])
        if self.closed and not landed[-1]:
            await self._release_after_all()
        return landed[: len(changes)]

    async def _release_after_all(self) -> None:
        """Give the lane back when facts changed the sender's identity while we had it: otherwise others would wait."""
        key = self.sender.record.id
        stored = (await self.brand.store.get(Identity, [key])).get(key)
        lease = self.sender.record.lease
        if stored is not None and lease is not None and lease.is_of(stored.record.lease):
            self.identities[key] = stored
            free = stored.record.model_copy(update={"lease": self._ended_lease()})
            await self.brand.store.write(stored.put(free))

    def closing(self) -> tuple[Put | Delete, ...]:
        """The changes that end the work on this event: the inbox entry goes, and with it the lease."""
        free = self.sender.record.model_copy(update={"lease": self._ended_lease()})
        return Delete(InboxEntry, self.event.key), self.sender.put(free)

    def releasing(self) -> Put:
        """The change that gives the lane back although the work goes on later: nothing newer goes before it."""
        ended = self._ended_lease()
        wanted = ended.wanted_for(waiting(self.event)) if ended is not None else None
        return self.sender.put(self.sender.record.model_copy(update={"lease": wanted}))

    def _ended_lease(self) -> Lease | None:
        """The lease as it is when nobody holds it: the fence stays, so that it keeps rising."""
        lease = self.sender.record.lease
        return lease.model_copy(update={"until": self.event.received_at}) if lease is not None else None

    def _lease_counts(self) -> None:
        self.leased_until = self.process.clock.monotonic() + self.process.lease.total_seconds()
