"""The rate limits of the platforms as they document them, for the stand-in to enforce.

Source: Messenger Platform and Instagram Messaging, rate limits of the Send API; WhatsApp Cloud API, throughput and
pair rate limits; Graph API, rate limits and their usage headers. Each account has its own; how many customers a
portfolio may write to is not played.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from connectors.testing.behaviour import Behaviour, too_many_requests
from connectors.testing.graph_api import ApiError, GraphRequest, usage_headers

CALLS_PER_SECOND = 613
THROUGHPUT = 130429
PAIR = 131056
_USED_UP = {"messenger": 80006, "instagram": 80002, "whatsapp": 80007}

_TEXTS = {
    CALLS_PER_SECOND: "Calls to this API have exceeded the rate limit.",
    THROUGHPUT: "Rate limit hit",
    PAIR: "(Business Account, Consumer Account) pair rate limit hit",
}
_AUDIO_VIDEO = frozenset({"audio", "video"})


@dataclass(frozen=True, slots=True)
class Published:
    """What one account may send: messages in any second, audio and video counted apart, and to one person.

    `audio_video` None: counted with all others. To one person there goes a message every `pair_every` seconds, of
    which `pair_burst` may be borrowed at once; 0 seconds: no such limit. `allowance` are the calls that it may make in
    any `period` seconds, which is what the usage headers tell; None: any number.
    """

    per_second: int
    audio_video: int | None = None
    pair_every: float = 0.0
    pair_burst: int = 1
    allowance: int | None = None
    period: float = 3600.0


PUBLISHED: Mapping[str, Published] = {
    "messenger": Published(300, audio_video=10),
    "instagram": Published(300, audio_video=10),
    "whatsapp": Published(80, pair_every=6.0, pair_burst=45),
}


class Limits:
    """A rule that refuses what is over the limits, with the documented codes and usage headers.

    A call that is refused does not count. `bare` answers 429 without a code, as a proxy in front of it would.
    """

    def __init__(
        self,
        limits: Mapping[str, Published] = PUBLISHED,
        *,
        clock: Callable[[], float] = time.monotonic,
        bare: bool = False,
    ) -> None:
        self.refused: Counter[int] = Counter()
        """How often it refused, by error code."""
        self._limits = limits
        self._clock = clock
        self._bare = bare
        self._calls: dict[tuple[str | None, str], deque[float]] = defaultdict(deque)
        self._owed_until: dict[tuple[str | None, str], float] = {}

    def __call__(self, request: GraphRequest) -> Behaviour | None:
        """The refusal of a message that is over a limit, or what the usage headers are to say."""
        limit, body = self._limits.get(request.channel), request.content or {}
        if limit is None or not _is_message(body):
            return None
        now = self._clock()
        second, most = self._second(request, limit, body, now)
        period = _since(self._calls[request.path_id, "period"], now - limit.period)
        if limit.allowance is not None and len(period) >= limit.allowance:
            return self._refuse(request, _USED_UP[request.channel], regain=period[0] + limit.period - now)
        if len(second) >= most:
            return self._refuse(request, THROUGHPUT if request.channel == "whatsapp" else CALLS_PER_SECOND)
        if not self._borrows(request.path_id, _person(body), limit, now):
            return self._refuse(request, PAIR)
        second.append(now)
        if limit.allowance is None:
            return None
        period.append(now)
        return Behaviour(usage=100 * len(period) // limit.allowance)

    def _second(
        self, request: GraphRequest, limit: Published, body: Mapping[str, Any], now: float
    ) -> tuple[deque[float], int]:
        """The calls of the last second that count with this one, and how many may be."""
        if limit.audio_video is not None and _kind(body) in _AUDIO_VIDEO:
            return _since(self._calls[request.path_id, "audio_video"], now - 1), limit.audio_video
        return _since(self._calls[request.path_id, "second"], now - 1), limit.per_second

    def _borrows(self, account: str | None, person: str, limit: Published, now: float) -> bool:
        """Whether this person may get one more; what they get has to be waited for afterwards."""
        if not limit.pair_every:
            return True
        owed_until = max(self._owed_until.get((account, person), now), now)
        if owed_until - now > limit.pair_every * (limit.pair_burst - 1):
            return False
        self._owed_until[account, person] = owed_until + limit.pair_every
        return True

    def _refuse(self, request: GraphRequest, code: int, regain: float = 0.0) -> Behaviour:
        self.refused[code] += 1
        if self._bare:
            return too_many_requests()
        text = _TEXTS.get(code, "There have been too many calls from this account.")
        headers = usage_headers(request, 100 if regain else 0, minutes=ceil(regain / 60))
        details = text if request.channel == "whatsapp" else None
        error = ApiError(code, f"(#{code}) {text}", details=details)
        return Behaviour(accepts=False, answer=error.answer(headers))


def _since(calls: deque[float], begin: float) -> deque[float]:
    while calls and calls[0] <= begin:
        calls.popleft()
    return calls


def _is_message(body: Mapping[str, Any]) -> bool:
    return "sender_action" not in body and body.get("status") != "read"


def _kind(body: Mapping[str, Any]) -> object:
    """What kind of message it is: the type of its attachment, or WhatsApp's type."""
    message = body.get("message")
    attachment = message.get("attachment") if isinstance(message, dict) else None
    return attachment.get("type") if isinstance(attachment, dict) else body.get("type")


def _person(body: Mapping[str, Any]) -> str:
    recipient = body.get("recipient")
    return str(body.get("to") or (recipient.get("id") if isinstance(recipient, dict) else recipient))
