"""How the stand-in is told to misbehave: one `Behaviour` for one request, or a rule that chooses one."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from connectors.testing.graph_api import Answer, ApiError, GraphRequest

_RATE_CODES = {"messenger": 613, "instagram": 613, "whatsapp": 130429}


class Cut(Enum):
    """Where the connection is cut."""

    NOWHERE = "nowhere"
    BEFORE_ANSWER = "before the answer"
    IN_ANSWER = "in the middle of the answer"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What becomes of one request.

    `delay` and `answer_delay` are seconds before the message is accepted and before it is answered. With
    `accepts` the message is checked and recorded as always, whatever is answered. `answer` replaces the
    ordinary answer; `usage` is what the usage headers of the ordinary one say, in per cent.
    """

    accepts: bool = True
    delay: float = 0.0
    answer_delay: float = 0.0
    answer: Answer | None = None
    usage: int = 0
    cut: Cut = Cut.NOWHERE


Rule = Callable[[GraphRequest], Behaviour | None]
"""Chooses the behaviour for a request; None is the ordinary one."""


def api_error(
    code: int, *, subcode: int | None = None, status: int = 400, headers: Mapping[str, str] | None = None
) -> Behaviour:
    """Refuse with the documented error body."""
    error = ApiError(code, f"(#{code}) Refused by the stand-in", status=status, subcode=subcode)
    return Behaviour(accepts=False, answer=error.answer(headers))


def http_error(status: int, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Behaviour:
    """Refuse with a bare HTTP status, as a proxy in between would."""
    return Behaviour(accepts=False, answer=Answer(status, body, dict(headers or {})))


def too_many_requests(retry_after: float | None = None) -> Behaviour:
    """429, with `Retry-After` in seconds if given."""
    return http_error(429, headers={} if retry_after is None else {"Retry-After": f"{retry_after:g}"})


def server_error(status: int = 500, *, recorded: bool = False) -> Behaviour:
    """5xx with the error body "something went wrong"; `recorded` accepts the message all the same."""
    error = ApiError(2, "Service temporarily unavailable", status=status)
    return Behaviour(accepts=recorded, answer=error.answer())


def slow(seconds: float) -> Behaviour:
    """Wait, then accept."""
    return Behaviour(delay=seconds)


def slow_answer(seconds: float) -> Behaviour:
    """Accept at once, then wait before answering."""
    return Behaviour(answer_delay=seconds)


def accept_then_reset(cut: Cut = Cut.BEFORE_ANSWER) -> Behaviour:
    """Accept, then cut the connection before or in the middle of the answer."""
    return Behaviour(cut=cut)


def reset_before_accept() -> Behaviour:
    """Cut the connection and accept nothing."""
    return Behaviour(accepts=False, cut=Cut.BEFORE_ANSWER)


def garbage(body: bytes = b"<html>It works!</html>", *, status: int = 200, recorded: bool = True) -> Behaviour:
    """Answer with something that is not the API's."""
    return Behaviour(accepts=recorded, answer=Answer(status, body, {"Content-Type": "text/html"}))


def throttle(per_second: int, clock: Callable[[], float] = time.monotonic) -> Rule:
    """A rule that lets through `per_second` requests of each account and refuses more with the rate code."""
    lately: dict[str | None, deque[float]] = defaultdict(deque)

    def rule(request: GraphRequest) -> Behaviour | None:
        seen, now = lately[request.path_id], clock()
        while seen and seen[0] <= now - 1:
            seen.popleft()
        if len(seen) >= per_second:
            return api_error(_RATE_CODES[request.channel])
        seen.append(now)
        return None

    return rule
