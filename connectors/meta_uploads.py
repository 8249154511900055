"""Files of a brand, uploaded before they are sent, and the ids that uploads gave, until they expire.

Sources: WhatsApp Business Platform: Media (upload; ids expire after 30 days). Messenger Platform: Attachment Upload API
(ids expire after 90 days). Instagram Messaging: Upload media (the field `platform`).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from connectors.http import FilePart, HttpClient, MaybeSent, NotConnected
from connectors.meta_outcomes import judge
from connectors.meta_sending import ReadId, edge_url, read_word
from middleware.domain.capabilities import Capabilities, MediaRule
from middleware.domain.forms import Media, MediaType
from middleware.domain.messages import Outcome, SendResult
from middleware.ports import Account

KEPT = 1000
"""Ids that are remembered; of more, those that were asked for longest ago are forgotten."""

AT_ONCE = 2
"""Uploads of one process at the same time: each holds its file in memory."""

_LONGEST_UPLOAD = 60.0
"""Seconds. An upload outlasts the send that began it; the message waits for its next attempt."""

_DAY = 86_400.0

_MISSING = SendResult(outcome=Outcome.REFUSED, detail="there is no such file in the brand's media directory")
_UNFIT = SendResult(outcome=Outcome.REFUSED, detail="the file is of a type or size that the channel does not take")
_ON_ITS_WAY = SendResult(outcome=Outcome.RETRY, detail="the file is still being uploaded: nothing was sent")
_BROKEN = SendResult(outcome=Outcome.RETRY, detail="the upload did not come through: nothing was sent")


@dataclass(frozen=True, slots=True)
class Way:
    """How one channel takes files: the edge, the form's fields by type of media and MIME type, where the id stands."""

    default_base: str
    edge: str
    fields: Callable[[MediaType, str], dict[str, str]]
    file_field: str
    read_id: ReadId


@dataclass(frozen=True, slots=True)
class FileKey:
    """One state of one file for one account: a file that was changed is another."""

    connector: str
    account: str
    type: MediaType
    path: str
    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The id of a file. `fresh`: it was uploaded for this very message."""

    key: FileKey
    media_id: str
    fresh: bool


@dataclass(slots=True)
class Uploads:
    """What was uploaded by this process. A process that starts anew uploads anew."""

    http: HttpClient
    channel: Capabilities
    way: Way
    clock: Callable[[], float] = time.monotonic
    _ids: dict[FileKey, tuple[str, float]] = field(default_factory=dict)
    _under_way: dict[FileKey, asyncio.Task[str | SendResult]] = field(default_factory=dict)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def id_of(self, account: Account, media: Media, seconds: float) -> Uploaded | SendResult:
        """The id of a file of the brand, uploaded unless it is known; else why there is none. Takes `seconds`."""
        rule, mime = self.channel.media.get(media.type), media.mime()
        key = await asyncio.to_thread(_located, account, media)
        if key is None:
            return _MISSING
        if rule is None or mime not in rule.mimes or not 0 < key.size <= rule.size:
            return _UNFIT
        known = self._known(key)
        if known is not None:
            return Uploaded(key, known, fresh=False)
        return await self._uploaded(account, key, rule, mime, seconds)

    def forget(self, key: FileKey) -> None:
        """The platform does not take this id any more."""
        self._ids.pop(key, None)

    def _known(self, key: FileKey) -> str | None:
        media_id, until = self._ids.pop(key, ("", 0.0))
        if not media_id or self.clock() >= until:
            return None
        self._ids[key] = (media_id, until)
        return media_id

    async def _uploaded(
        self, account: Account, key: FileKey, rule: MediaRule, mime: str, seconds: float
    ) -> Uploaded | SendResult:
        """Wait for the one upload of this file that is under way, at most so long."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._upload(account, key, rule, mime))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done or task.cancelled():
            return _ON_ITS_WAY
        result = task.result()
        return result if isinstance(result, SendResult) else Uploaded(key, result, fresh=True)

    async def _upload(self, account: Account, key: FileKey, rule: MediaRule, mime: str) -> str | SendResult:
        """Upload and remember. Never raises; what may or may not have arrived is uploaded again: nobody sees that."""
        async with self._slots:
            try:
                content = await asyncio.to_thread(_read, key.path, rule.size)
                file = FilePart(self.way.file_field, Path(key.path).name, mime, content)
                url = edge_url(account, self.way.default_base, self.way.edge)
                fields = self.way.fields(key.type, mime)
                reply = await self.http.post_form(url, fields, file, account.token, _LONGEST_UPLOAD)
            except (NotConnected, MaybeSent):
                return _BROKEN
            except (OSError, ValueError):
                return _UNFIT
        media_id = read_word(reply.json, self.way.read_id)
        result = judge(reply, media_id)
        if result.outcome is Outcome.SENT and media_id is not None:
            self._remember(key, media_id)
            return media_id
        outcome = Outcome.RETRY if result.outcome is Outcome.UNKNOWN else result.outcome
        return result.model_copy(update={"outcome": outcome, "detail": f"uploading the file: {result.detail}"})

    def _remember(self, key: FileKey, media_id: str) -> None:
        """Until a day before the platform forgets it."""
        self._ids[key] = (media_id, self.clock() + (self.channel.upload_days - 1) * _DAY)
        while len(self._ids) > KEPT:
            del self._ids[next(iter(self._ids))]


def _located(account: Account, media: Media) -> FileKey | None:
    """The file of that name below the brand's directory; None for anything not in there, whatever it points to."""
    if account.media is None or media.file is None:
        return None
    try:
        root = account.media.resolve()
        path = (root / media.file).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return None
        about = path.stat()
    except (OSError, ValueError):
        return None
    return FileKey(account.connector, account.id, media.type, str(path), about.st_size, about.st_mtime_ns)


def _read(path: str, most: int) -> bytes:
    """The bytes of a file. Raises ValueError when it has grown past the limit meanwhile."""
    with Path(path).open("rb") as file:
        content = file.read(most + 1)
    if not 0 < len(content) <= most:
        raise ValueError("the file has changed")
    return content
