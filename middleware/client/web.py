"""An aiohttp middleware that puts the context of whoever writes into the requests of a bot that is already there."""

import asyncio
import hashlib
import hmac
import warnings
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeAlias

import aiohttp.typedefs
import structlog
from aiohttp import web

from middleware.client.asking import Asks, context_or_none
from middleware.client.senders import Sender, sender_of_meta
from middleware.domain.context import Context

log = structlog.get_logger(__name__)

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
ReadsSender: TypeAlias = Callable[[bytes], Sender | None]

CONTEXT: web.RequestKey[Context | None] = web.RequestKey("context")
"""The typed key of what also stands under `request["context"]`."""

_READ = frozenset({"application/json", "application/x-www-form-urlencoded"})
"""What webhooks are sent as. Files on their way to the bot are left in their stream."""

DEADLINE = 0.15
"""Seconds that a request may wait for its context."""


def throughline_context(
    asks: Asks,
    *,
    sender: ReadsSender = sender_of_meta,
    blocks: Collection[str] | None = None,
    deadline: float = DEADLINE,
    secrets: Sequence[str] = (),
) -> aiohttp.typedefs.Middleware:
    """A middleware: `request["context"]` (typed: `request[CONTEXT]`) is the `Context` of whoever writes, or None.

    `asks` is an open `Throughline`, or an `InProcess`; `sender` reads the bytes of a body and says who writes;
    `deadline` is in seconds. With `secrets` (of the app at Meta) nothing is asked for a body that none of them signed.

    Every request has a context or None, and goes on to its handler whatever happens here. A body is read once and as it
    came: `read`, `text`, `json` and `post` give the handler the same bytes, `content` is empty by then. Only POST
    requests with JSON or a plain form are read.
    """

    @web.middleware
    async def put_context(request: web.Request, handler: Handler) -> web.StreamResponse:
        context = None
        if request.method == "POST" and request.can_read_body and request.content_type in _READ:
            # A body over the bot's own limit ends here with the 413 that reading it in the handler would give.
            body = await request.read()
            if not secrets or _signed(body, request.headers.get("X-Hub-Signature-256", ""), secrets):
                context = await _context(asks, sender, body, blocks, deadline)
        _put(request, context)
        return await handler(request)

    return put_context


def _put(request: web.Request, context: Context | None) -> None:
    """Under the typed key, and under the plain word, of which aiohttp would warn a bot that has not written it."""
    request[CONTEXT] = context
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", web.NotAppKeyWarning)
        request["context"] = context


async def _context(
    asks: Asks, read: ReadsSender, body: bytes, blocks: Collection[str] | None, deadline: float
) -> Context | None:
    """The context in time, or None: whatever goes wrong is logged and keeps the bot from nothing."""
    try:
        found = read(body)
        if found is None:
            return None
        async with asyncio.timeout(deadline):
            return await context_or_none(
                asks, channel=found.channel, account=found.account, sender=found.sender, blocks=blocks
            )
    except TimeoutError:
        log.warning("no context in time", action="context_late", seconds=deadline)
    except Exception:
        log.exception("no context", action="context_failed")
    return None


def _signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets has signed the body. All are tried, in constant time."""
    made = [f"sha256={hmac.new(each.encode(), body, hashlib.sha256).hexdigest()}" for each in secrets]
    given = signature.encode(errors="replace")
    fits = [hmac.compare_digest(each.encode(), given) for each in made]
    return any(fits)
