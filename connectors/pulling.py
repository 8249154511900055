"""Asking a source's API for a page: what its answers mean, whichever source it is.

Throttled or broken is worth another try later; refused is not. Only an answer that is a page counts as one.
"""

import re
from collections.abc import Awaitable, Mapping
from typing import Any

from connectors.http import HttpReply, MaybeSent, NotConnected
from middleware.ports import PullRefused, PullWaits

LARGEST_PAGE = 16 * 1024 * 1024
"""Bytes of an answer that are read."""

LONGEST_WAIT = 3600.0

STUCK = PullRefused("the cursor does not move on", begin_again=True)
"""What a page means whose cursor leads to itself, or nowhere."""

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_THROTTLED = 429
_OK = 200
_OF_THE_TOKEN = frozenset({401, 403})
_BROKEN = 500


async def asked(
    question: Awaitable[HttpReply], policies: Mapping[str, float] | None = None
) -> HttpReply | PullWaits | PullRefused:
    """The answer with status 200, or what any other one means.

    `policies`: how many seconds to wait by what a throttled answer calls its `policyName`.
    """
    try:
        reply = await question
    except (NotConnected, MaybeSent) as error:
        return PullWaits(f"no answer ({error})")
    except ValueError as error:
        return PullRefused(str(error))
    if reply.status == _OK:
        return reply if isinstance(reply.json, dict) else PullWaits("an answer that is no page")
    return _refusal(reply, policies or {})


def _refusal(reply: HttpReply, policies: Mapping[str, float]) -> PullWaits | PullRefused:
    if reply.status == _THROTTLED:
        return PullWaits("throttled (429)", _wait(reply, policies))
    if reply.status in _OF_THE_TOKEN:
        return PullRefused(f"the token is refused ({reply.status})")
    if reply.status >= _BROKEN:
        return PullWaits(f"answered {reply.status}", seconds(reply.headers.get("retry-after")))
    return PullRefused(f"answered {reply.status}", begin_again=True)


def _wait(reply: HttpReply, policies: Mapping[str, float]) -> float | None:
    policy = reply.json.get("policyName") if isinstance(reply.json, dict) else None
    said = seconds(reply.headers.get("retry-after"))
    return said if said is not None or not isinstance(policy, str) else policies.get(policy)


def seconds(header: str | None) -> float | None:
    """Seconds in a header such as `Retry-After`, at most an hour; None for anything else."""
    text = header.strip() if header is not None else ""
    return min(float(text), LONGEST_WAIT) if _SECONDS.fullmatch(text) else None


def members(body: Mapping[str, Any], name: str) -> list[object] | PullWaits:
    """The members of a page."""
    found = body.get(name)
    return found if isinstance(found, list) else PullWaits("an answer that is no page")
