"""Jobs of the kind `attachments`: the files of one message are fetched, looked at and kept.

Each file by itself, and each ends in a state of its own. Its bytes are stored only after they have been checked. Before
the first piece is written the record says how many there may be, so that whoever takes the job over, and the customer
who takes the message back, knows what there is to delete.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from middleware.domain.attachments import (
    MOST_FILES,
    PIECE,
    AttachmentPiece,
    Attachments,
    FetchOutcome,
    FetchResult,
    FileState,
    StoredFile,
    files_of,
    piece_ids,
)
from middleware.domain.events import Attachment, Event
from middleware.domain.file_types import safe_name, type_of, why_refused
from middleware.domain.jobs import JobKind
from middleware.jobs.claim import Claim, ClaimLost, KindOfJob, Later, Over
from middleware.ports import Channel, Clock, Delete, Put, Recorded, Stored

TAKEN_BACK = "taken_back"
DONE = "done"

_STATES = {
    FetchOutcome.REFUSED: FileState.REFUSED,
    FetchOutcome.GONE: FileState.GONE,
    FetchOutcome.FAILED: FileState.FAILED,
}


@dataclass(frozen=True, slots=True)
class FetchFiles:
    """How the files of a message are fetched. `most` is bytes of one file, `timeout` for one file."""

    channels: Mapping[str, Channel]
    clock: Clock
    told: Callable[[str, FileState], None]
    most: int
    timeout: timedelta

    def kind(self) -> KindOfJob:
        """The kind of job."""
        return KindOfJob(JobKind.ATTACHMENTS, self.work, self.give_up)

    async def work(self, claim: Claim) -> Over | Later:
        """Fetch what is not settled yet, one file after the other."""
        event = await _event(claim)
        if event is None:
            return Later("the event is not in the timeline")
        stored = await _known(claim)
        if stored.record.taken_back_at is not None or not files_of(event):
            return _forgotten(stored)
        later: Later | None = None
        for number, (position, attachment) in enumerate(files_of(event)):
            file = stored.record.file(position)
            if file is not None and file.state is not FileState.STORING:
                continue
            await claim.keep()
            result = await self._fetched(claim, attachment, number)
            if result.outcome is FetchOutcome.RETRY:
                later = _later(later, result)
                continue
            stored = await self._kept(claim, stored, position, attachment, result)
            if stored.record.taken_back_at is not None:
                return _forgotten(stored)
        return later or Over(DONE)

    async def give_up(self, claim: Claim, reason: str) -> Over:
        """What is not settled after the last attempt has failed."""
        event, stored = await _event(claim), await _known(claim)
        if event is None or stored.record.taken_back_at is not None:
            return _forgotten(stored)
        record = stored.record
        for position, attachment in files_of(event):
            known = record.file(position)
            if known is None or known.state is FileState.STORING:
                failed = self._file(position, attachment, FileState.FAILED, reason)
                await _dropped(claim, record, failed)
                record = record.with_file(failed)
                self.told(claim.job.connector, FileState.FAILED)
        await _saved(claim, stored, record)
        return Over("")

    async def _fetched(self, claim: Claim, attachment: Attachment, number: int) -> FetchResult:
        """One file from the platform, as far as it is let in. `number` counts the files of the message from 0."""
        if number >= MOST_FILES:
            reason = f"a message with more than {MOST_FILES} files"
            return FetchResult(outcome=FetchOutcome.REFUSED, reason=reason)
        account, channel = claim.account, self.channels.get(claim.job.connector)
        if account is None or channel is None:
            return FetchResult(outcome=FetchOutcome.FAILED, reason="the settings do not have the account any more")
        return await channel.attachment(account, attachment, most=self.most, timeout=self.timeout.total_seconds())

    async def _kept(
        self, claim: Claim, stored: Stored[Attachments], position: int, attachment: Attachment, result: FetchResult
    ) -> Stored[Attachments]:
        """The record after what was fetched is stored, or after the reason is why it is not.

        If the customer has taken the message back meanwhile, the record that says so.
        """
        # In a thread: hashing megabytes would hold up every reply of this process.
        file = await asyncio.to_thread(self._looked_at, position, attachment, result)
        content = result.content if file.state is FileState.FETCHED else b""
        try:
            await _dropped(claim, stored.record, file)
            if content:
                storing = file.model_copy(update={"state": FileState.STORING})
                stored = await _saved(claim, stored, stored.record.with_file(storing))
                await _write_pieces(claim, piece_ids(stored.record.id, file), content)
            stored = await _saved(claim, stored, stored.record.with_file(file))
        except ClaimLost:
            known = await _known(claim)
            if known.record.taken_back_at is None:
                raise
            # Nothing is written after this but deletions, which whoever has the claim now would do as well.
            gone = piece_ids(known.record.id, file)
            await claim.brand.store.write(*(Delete(AttachmentPiece, key) for key in gone))
            return known
        self.told(claim.job.connector, file.state)
        return stored

    def _looked_at(self, position: int, attachment: Attachment, result: FetchResult) -> StoredFile:
        """What is said of a file: its state by what was fetched and by what that is."""
        if result.outcome is not FetchOutcome.FETCHED:
            return self._file(position, attachment, _STATES[result.outcome], result.reason)
        claimed = attachment.mime_type or result.claimed_type
        found = type_of(result.content)
        reason = why_refused(attachment.kind, claimed, found) if result.content else "it is empty"
        state = FileState.FETCHED if reason is None else FileState.REFUSED
        return self._file(position, attachment, state, reason or "").model_copy(
            update={
                "claimed_type": claimed,
                "type": found,
                "name": safe_name(attachment.title, attachment.kind, found),
                "size": len(result.content),
                "sha256": hashlib.sha256(result.content).hexdigest(),
                "pieces": -(-len(result.content) // PIECE) if reason is None else 0,
            }
        )

    def _file(self, position: int, attachment: Attachment, state: FileState, reason: str) -> StoredFile:
        return StoredFile(
            position=position,
            kind=attachment.kind,
            state=state,
            reason=reason,
            claimed_type=attachment.mime_type,
            at=self.clock.now(),
        )


def _forgotten(stored: Stored[Attachments]) -> Over:
    """The end of a job whose message was taken back: whatever of it may be there goes."""
    return Over(TAKEN_BACK, tuple(Delete(AttachmentPiece, key) for key in stored.record.piece_ids()))


async def _event(claim: Claim) -> Event | None:
    found = await claim.brand.store.get(Recorded, [claim.job.event_key])
    return next((each.record.event for each in found.values()), None)


async def _known(claim: Claim) -> Stored[Attachments]:
    """What is known of the message's files; version 0 where nothing is."""
    key = claim.job.event_key
    found = await claim.brand.store.get(Attachments, [key])
    return found.get(key, Stored(Attachments(id=key), 0))


async def _saved(claim: Claim, stored: Stored[Attachments], record: Attachments) -> Stored[Attachments]:
    """The record as it is now in the store. Raises ClaimLost if somebody else has written it."""
    claim.holds()
    (landed,) = await claim.brand.store.write(stored.put(record))
    if not landed:
        raise ClaimLost
    return Stored(record, stored.version + 1)


async def _dropped(claim: Claim, record: Attachments, file: StoredFile) -> None:
    """The pieces go that an earlier attempt may have left and this one does not replace, while they are named."""
    before = record.file(file.position)
    left = piece_ids(record.id, before)[file.pieces :] if before is not None else ()
    if left:
        claim.holds()
        await claim.brand.store.write(*(Delete(AttachmentPiece, key) for key in left))


async def _write_pieces(claim: Claim, ids: tuple[str, ...], content: bytes) -> None:
    """The bytes of a file, a command for each piece. One that is there from an earlier attempt is written again."""
    for number, key in enumerate(ids):
        claim.holds()
        piece = AttachmentPiece(id=key, data=content[number * PIECE : (number + 1) * PIECE])
        (landed,) = await claim.brand.store.write(Put(piece))
        if not landed:
            known = (await claim.brand.store.get(AttachmentPiece, [key]))[key]
            if known.record != piece:
                await claim.brand.store.write(known.put(piece))


def _later(known: Later | None, result: FetchResult) -> Later:
    """When to try again: after the longest time that any of the files asks for."""
    waits = [known.after] if known is not None and known.after is not None else []
    waits += [timedelta(seconds=result.retry_after)] if result.retry_after is not None else []
    return Later(result.reason, max(waits, default=None))
