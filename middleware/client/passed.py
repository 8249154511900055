"""For a bot that gets its webhooks through Throughline: the context that came along with one.

Standard library only, and nothing of the rest of this package: the file can be copied into a bot.

    app = with_context(app, SECRET)             # ASGI: FastAPI, Starlette, Quart
    app.wsgi_app = with_context_wsgi(app.wsgi_app, SECRET)      # WSGI: Flask, Django
    web.Application(middlewares=[passed_context(SECRET)])       # aiohttp

and anywhere in the handler:

    context = current_context()                 # None where none came along

Source: docs/put-it-in-front.md.
"""

import base64
import binascii
import hashlib
import hmac
import io
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

HEADER = "throughline-context"
LINK_HEADER = "throughline-context-link"

FRESH_FOR = 300
"""Seconds that the clocks of both sides may differ, the time on the way included."""

Json = dict[str, Any]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Handler = Callable[[Any], Awaitable[Any]]

_VALUE = re.compile(r"(v1\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]{43})", re.ASCII)
_LONGEST = 8 * 1024
_LARGEST_BODY = 4 * 1024 * 1024

_current: ContextVar[Json | None] = ContextVar("throughline_context", default=None)


def current_context() -> Json | None:
    """The context beside the request that is being handled; None where none came along."""
    return _current.get()


def context_of(headers: Mapping[str, str], body: bytes, secret: str | bytes) -> Json | None:
    """The context in the headers of a request with this body; None where there is none that can be believed.

    It is believed if it was signed with `secret` (the account's `pass_secret`) for these very bytes, and lately.
    Blocks that are not in it were not known, not allowed, or did not fit.
    """
    value = next((each for name, each in headers.items() if name.lower() == HEADER), "")
    found = _VALUE.fullmatch(value) if len(value) <= _LONGEST else None
    key = secret.encode() if isinstance(secret, str) else secret
    if found is None or not key:
        return None
    signed = f"{found[1]}.{hashlib.sha256(body).hexdigest()}".encode()
    if not hmac.compare_digest(_encoded(hmac.digest(key, signed, "sha256")).encode(), found[3].encode()):
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4)))
        is_fresh = abs(time.time() - said["at"]) <= FRESH_FOR
        context = said["context"]
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    return context if is_fresh and isinstance(context, dict) else None


def link_of(headers: Mapping[str, str]) -> str | None:
    """The link to the context, where the account has `pass_context = "link"`: GET it within ten minutes."""
    return next((each for name, each in headers.items() if name.lower() == LINK_HEADER), None)


def with_context(app: Asgi, secret: str | bytes) -> Asgi:
    """An ASGI application whose handlers find the context in `current_context()`."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own shapes
        names = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())}
        if scope["type"] != "http" or HEADER not in names:
            await app(scope, receive, send)
            return
        body = b""
        messages: list[dict[str, Any]] = []
        while not messages or messages[-1].get("more_body"):
            messages.append(await receive())
            body += messages[-1].get("body", b"")
            if len(body) > _LARGEST_BODY or messages[-1]["type"] != "http.request":
                break
        again = iter(messages)

        async def replayed() -> Any:  # noqa: ANN401 - as above
            return next(again, None) or await receive()

        mark = _current.set(context_of(names, body, secret))
        try:
            await app(scope, replayed, send)
        finally:
            _current.reset(mark)

    return wrapped


def with_context_wsgi(app: Wsgi, secret: str | bytes) -> Wsgi:
    """A WSGI application whose handlers find the context in `current_context()`."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        value, length = environ.get("HTTP_THROUGHLINE_CONTEXT"), environ.get("CONTENT_LENGTH") or "0"
        if value is None or not length.isdecimal() or int(length) > _LARGEST_BODY:
            return app(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        mark = _current.set(context_of({HEADER: value}, body, secret))
        try:
            return app(environ, start_response)
        finally:
            _current.reset(mark)

    return wrapped


def passed_context(secret: str | bytes) -> Callable[[Any, Handler], Awaitable[Any]]:
    """A middleware for aiohttp.web, whose handlers find the context in `current_context()`."""

    async def middleware(request: Any, handler: Handler) -> Any:  # noqa: ANN401 - aiohttp is not imported here
        if HEADER not in request.headers:
            return await handler(request)
        mark = _current.set(context_of(request.headers, await request.read(), secret))
        try:
            return await handler(request)
        finally:
            _current.reset(mark)

    middleware.__middleware_version__ = 1  # type: ignore[attr-defined]  # what aiohttp's decorator sets
    return middleware


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
