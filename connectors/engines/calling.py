"""The one place where HTTP becomes an outcome: whether asking again can do harm, or can help.

| what happened | outcome |
|---|---|
| no connection came about; 429; 503 with `Retry-After` | UNREACHABLE: nothing was done |
| time-out, reset, disconnect after connecting; any other 5xx | UNKNOWN: it may have begun to work on it |
| 3xx (not followed), any other 4xx, no JSON, another shape, more than 64 KiB | REFUSED: the same again cannot help |

Where the message itself went out in an earlier request of the same conversation, nothing is UNREACHABLE any more.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import orjson

from connectors.http import HttpClient, HttpReply, MaybeSent, NotConnected
from connectors.pulling import seconds
from middleware.domain.engine_answers import MOST_BYTES
from middleware.domain.engine_reading import Unreadable
from middleware.domain.engines import EngineAnswer, EngineOutcome
from middleware.ports import EngineSetup

_OK, _MULTIPLE_CHOICES, _BAD_REQUEST, _BROKEN = 200, 300, 400, 500
_THROTTLED, _UNAVAILABLE = 429, 503
_JSON = {"Content-Type": "application/json"}


class Failed(Exception):  # noqa: N818 - an outcome, not an error of ours
    """What asking came to, where it was no answer. `status` is that of HTTP, 0 where there was none."""

    def __init__(self, outcome: EngineOutcome, detail: str, *, status: int = 0, wait: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.answer = EngineAnswer(outcome=outcome, detail=detail, retry_after=wait)


@dataclass(frozen=True, slots=True)
class Call:
    """The requests of one question: they share one time that runs out, and the address they begin with.

    `headers` come along with each. `given` says that the engine has the message already.
    """

    http: HttpClient
    base: str
    until: float
    """On the monotonic clock."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: bool = False

    def left(self) -> float:
        """Seconds that are left."""
        return self.until - time.monotonic()

    def after_the_message(self) -> "Call":
        """The same, once the engine has the message: what fails from here on may have been worked on."""
        return replace(self, given=True)

    def with_headers(self, headers: Mapping[str, str]) -> "Call":
        """The same with other headers."""
        return replace(self, headers=headers)

    def at(self, address: str) -> "Call":
        """The same at another address, to which none of the headers goes."""
        return replace(self, base=address, headers={})

    async def post(self, path: str, payload: Mapping[str, Any] | list[Any], what: str) -> HttpReply:
        """POST JSON to a path below the base. `what` names the request in details. Raises Failed."""
        return await self.post_bytes(path, encoded(payload, what), self.headers, what)

    async def post_bytes(self, path: str, body: bytes, headers: Mapping[str, str], what: str) -> HttpReply:
        """POST these very bytes as JSON. Raises Failed."""
        wanted = {**_JSON, **headers}
        return await self._told(what, lambda left: self.http.post(self.base + path, body, wanted, left, MOST_BYTES))

    async def get(self, path: str, what: str) -> HttpReply:
        """GET a path below the base. Raises Failed."""
        return await self._told(
            what,
            lambda left: self.http.get_json(self.base + path, None, left, MOST_BYTES, headers=self.headers),
        )

    async def _told(self, what: str, asking: Callable[[float], Awaitable[HttpReply]]) -> HttpReply:
        left = self.left()
        if left <= 0:
            raise self._failed(EngineOutcome.UNREACHABLE, f"{what}: no time left to ask")
        try:
            reply = await asking(left)
        # `from None`: a chain would show address and headers.
        except NotConnected as error:
            raise self._failed(EngineOutcome.UNREACHABLE, f"{what}: not connected ({error})") from None
        except MaybeSent as error:
            raise Failed(EngineOutcome.UNKNOWN, f"{what}: no answer ({error})") from None
        except ValueError:
            raise Failed(EngineOutcome.REFUSED, f"{what}: token or address cannot be written into a request") from None
        if not _OK <= reply.status < _MULTIPLE_CHOICES:
            raise self._refusal(reply, what)
        if reply.too_long:
            raise Failed(EngineOutcome.REFUSED, f"{what}: an answer of more than {MOST_BYTES // 1024} KiB")
        return reply

    def _refusal(self, reply: HttpReply, what: str) -> Failed:
        status, wait = reply.status, seconds(reply.headers.get("retry-after"))
        if status == _THROTTLED or (status == _UNAVAILABLE and wait is not None):
            return self._failed(EngineOutcome.UNREACHABLE, f"{what}: HTTP {status}", status=status, wait=wait)
        if status >= _BROKEN:
            return Failed(EngineOutcome.UNKNOWN, f"{what}: HTTP {status}", status=status)
        why = "" if status >= _BAD_REQUEST else ", a redirect, which is not followed"
        return Failed(EngineOutcome.REFUSED, f"{what}: HTTP {status}{why}", status=status)

    def _failed(self, outcome: EngineOutcome, detail: str, *, status: int = 0, wait: float | None = None) -> Failed:
        """UNREACHABLE, or UNKNOWN once the engine has the message."""
        return Failed(EngineOutcome.UNKNOWN if self.given else outcome, detail, status=status, wait=wait)


async def asked(
    setup: EngineSetup, http: HttpClient, seconds_left: float, conversation: Callable[[Call], Awaitable[EngineAnswer]]
) -> EngineAnswer:
    """What one conversation with an engine comes to, within a time for all of it. Never raises."""
    try:
        return await conversation(Call(http, setup.url, time.monotonic() + seconds_left))
    except Failed as failed:
        return failed.answer
    except Unreadable as unreadable:
        return EngineAnswer(outcome=EngineOutcome.REFUSED, detail=f"unreadable: {unreadable}")
    except Exception as error:  # noqa: BLE001 - the port: whatever happens is an outcome; its text may be the engine's
        return EngineAnswer(outcome=EngineOutcome.REFUSED, detail=f"not understood ({type(error).__name__})")


def encoded(payload: Mapping[str, Any] | list[Any], what: str) -> bytes:
    """The body of a request as JSON. Raises Failed."""
    try:
        return orjson.dumps(payload)
    except TypeError:
        raise Failed(EngineOutcome.REFUSED, f"{what}: the question cannot be written as JSON") from None


def bearer(setup: EngineSetup) -> dict[str, str]:
    """The header with the engine's token, or none."""
    return {} if setup.token is None else {"Authorization": f"Bearer {setup.token.get_secret_value()}"}


def segment(text: str) -> str:
    """A text as one segment of a path, or as a value of a query."""
    return quote(text, safe="")
