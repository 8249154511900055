"""Files that customers send: which ones are fetched, what became of each, and where their bytes are."""

from datetime import datetime
from enum import StrEnum

from middleware.domain.events import Attachment, Event, EventKind
from middleware.domain.record import Record

FILE_KINDS = frozenset({"image", "audio", "voice", "video", "file", "document", "sticker"})
"""Attachments that are files of the customer's own. Not fetched: what is shared (posts, reels, links, products), and a
mention in a story, whose media must not be kept (Meta: Instagram messaging webhooks, story mentions).
"""

MOST_FILES = 30
"""Files of one message that are fetched."""

PIECE = 1_000_000
"""Bytes of a file that are kept in one document."""

_SENT_BY_CUSTOMER = frozenset({EventKind.MESSAGE, EventKind.STANDBY})


class FetchOutcome(StrEnum):
    """What one attempt to fetch a file ended in."""

    FETCHED = "fetched"
    REFUSED = "refused"
    """We will not have it: a host, an address, a size or a type that is not let in."""
    GONE = "gone"
    """The platform does not have it any more: deleted, or the address has run out."""
    RETRY = "retry"
    FAILED = "failed"
    """The platform refuses it for another reason; it would again."""


class FetchResult(Record):
    """What one attempt to fetch a file brought. `reason` is for people and names neither address nor content."""

    outcome: FetchOutcome
    reason: str = ""
    content: bytes = b""
    claimed_type: str | None = None
    """The media type by the platform's word."""
    retry_after: float | None = None


class FileState(StrEnum):
    """What became of a file."""

    STORING = "storing"
    """Its bytes are being written; some may be there."""
    FETCHED = "fetched"
    REFUSED = "refused"
    GONE = "gone"
    FAILED = "failed"


class StoredFile(Record):
    """One file of a message. `pieces` is the number of documents that hold its bytes, or may hold some."""

    position: int
    kind: str
    state: FileState
    reason: str = ""
    claimed_type: str | None = None
    type: str | None = None
    """The media type by content."""
    name: str | None = None
    size: int | None = None
    sha256: str | None = None
    pieces: int = 0
    at: datetime


class Attachments(Record):
    """The files of one message; `id` is its event's dedup key.

    Once `taken_back_at` is set the customer has unsent the message: nothing is fetched any more, and `files` only
    say which pieces have to go.
    """

    id: str
    files: tuple[StoredFile, ...] = ()
    taken_back_at: datetime | None = None

    def file(self, position: int) -> StoredFile | None:
        """The file at one place of the message."""
        return next((each for each in self.files if each.position == position), None)

    def with_file(self, file: StoredFile) -> "Attachments":
        """The same with one file as it is now."""
        others = (each for each in self.files if each.position != file.position)
        return self.model_copy(update={"files": tuple(sorted((*others, file), key=lambda each: each.position))})

    def taken_back(self, at: datetime) -> "Attachments":
        """The same after the customer unsent the message: nothing is left but which pieces there may be."""
        left = tuple(
            StoredFile(position=each.position, kind=each.kind, state=FileState.GONE, pieces=each.pieces, at=at)
            for each in self.files
        )
        return self.model_copy(update={"files": left, "taken_back_at": self.taken_back_at or at})

    def piece_ids(self) -> tuple[str, ...]:
        """The ids of all pieces that there may be."""
        return tuple(key for each in self.files for key in piece_ids(self.id, each))


class AttachmentPiece(Record):
    """A part of a file's bytes, `PIECE` of them at most."""

    id: str
    data: bytes


def piece_ids(event_key: str, file: StoredFile) -> tuple[str, ...]:
    """The ids of the pieces of one file, in order."""
    return tuple(f"{attachment_id(event_key, file.position)}/{number}" for number in range(file.pieces))


def attachment_id(event_key: str, position: int) -> str:
    """The id of one attachment: opaque to others, and the way to its bytes for us."""
    return f"{event_key}/{position}"


def event_of_attachment(identifier: str) -> tuple[str, int] | None:
    """The event key and the position behind an attachment's id, or None for what is none."""
    event_key, slash, position = identifier.rpartition("/")
    return (event_key, int(position)) if slash and position.isdecimal() and len(position) <= 4 else None  # noqa: PLR2004


def is_file(attachment: Attachment) -> bool:
    """Whether it is a file of the customer's that can be fetched."""
    return attachment.kind in FILE_KINDS and bool(attachment.url or attachment.media_id)


def files_of(event: Event) -> tuple[tuple[int, Attachment], ...]:
    """The files in an event with their places in the message: only what a customer sent."""
    if event.message is None or event.kind not in _SENT_BY_CUSTOMER:
        return ()
    return tuple((place, each) for place, each in enumerate(event.message.attachments) if is_file(each))


def with_ids(event: Event) -> tuple[Attachment, ...]:
    """The attachments of a message; files with the id under which their bytes can be had once they are fetched."""
    files = dict(files_of(event))
    attachments = event.message.attachments if event.message is not None else ()
    return tuple(
        each.model_copy(update={"id": attachment_id(event.key, place)}) if place in files else each
        for place, each in enumerate(attachments)
    )
