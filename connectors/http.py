"""The way out: one HTTP session, and a clear word on whether a request can have been accepted."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver
from pydantic import SecretStr

from connectors.download import Downloader

MAX_ANSWER = 1024 * 1024
"""Bytes of an answer that are read. Graph answers with a few hundred."""

CONNECTIONS = 200

_CONNECT_SHARE = 0.5
"""Connecting gets half of the time: running out of all of it then means that the request may have left."""

_IDLE = 10.0
"""Seconds for which a connection is kept. Shorter than the provider keeps it: a request on a connection that
the other side is just closing would end as `MaybeSent`."""


class NotConnected(Exception):  # noqa: N818 - a state of the connection
    """No connection came about: certainly nothing was accepted. The message names a class, no address."""


class MaybeSent(Exception):  # noqa: N818 - a state of the request
    """The request may have been accepted: time-out, reset or disconnect after it may have left."""


_Data = bytes | aiohttp.FormData | None

_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An answer: `json` is None when it is none or too long; header names in lower case."""

    status: int
    json: Any
    headers: Mapping[str, str]
    too_long: bool = False
    """The body was longer than what is read."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in a form: the form's field, and name, MIME type and bytes of the file."""

    field: str
    name: str
    mime: str
    content: bytes


class HttpClient:
    """Owns one `aiohttp.ClientSession` and the way to files; to be started and closed inside the event loop.

    `resolver` finds the addresses of the hosts that files come from, instead of the machine's own; at most so many
    `connections` are open at once, whoever waits for one beyond that waits within its own time. Without `unpacks`
    answers are taken as they come over the wire: a small one cannot become a large one.
    """

    def __init__(
        self, resolver: AbstractResolver | None = None, connections: int = CONNECTIONS, *, unpacks: bool = True
    ) -> None:
        self._session: aiohttp.ClientSession | None = None
        self.files = Downloader(resolver)
        self._connections = connections
        self._unpacks = unpacks

    async def start(self) -> None:
        """Open the sessions. Does nothing when they are open."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_IDLE),
                # Platforms have no business remembering us, and one account's cookie none with another's.
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=self._unpacks,
            )
        await self.files.start()

    async def close(self) -> None:
        """Close the sessions. Does nothing when they are closed."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        await self.files.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def post_json(
        self,
        url: str,
        payload: Mapping[str, Any],
        token: SecretStr | None,
        timeout: float,  # noqa: ASYNC109 - part of it is for connecting
        most: int = MAX_ANSWER,
    ) -> HttpReply:
        """POST `payload` as JSON with `token` as bearer, within `timeout` seconds. No redirect is followed.

        At most `most` bytes of the answer are read.
        Raises `NotConnected` or `MaybeSent`; `ValueError` for what cannot be written into a request.
        """
        return await self._told(
            "POST", url, _encoded(payload), {"Content-Type": "application/json"}, token, timeout, most
        )

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        timeout: float,  # noqa: ASYNC109 - part of it is for connecting
        most: int = MAX_ANSWER,
    ) -> HttpReply:
        """POST these very bytes, which a header may sign, as `post_json` does. `headers` let us in where any do."""
        return await self._told("POST", url, body, dict(headers), None, timeout, most)

    async def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        file: FilePart,
        token: SecretStr | None,
        timeout: float,  # noqa: ASYNC109 - part of it is for connecting
    ) -> HttpReply:
        """POST a form with one file in it (multipart), as `post_json` does."""
        form = aiohttp.FormData(fields)
        form.add_field(file.field, io.BytesIO(file.content), filename=file.name, content_type=file.mime)
        return await self._told("POST", url, form, {}, token, timeout)

    async def get_json(
        self,
        url: str,
        token: SecretStr | None,
        timeout: float,  # noqa: ASYNC109 - part of it is for connecting
        most: int = MAX_ANSWER,
        headers: Mapping[str, str] | None = None,
    ) -> HttpReply:
        """GET JSON with `token` as bearer, as `post_json` does; asking again does no harm, whatever it raised.

        `headers` come along, for platforms that want the token elsewhere.
        """
        return await self._told("GET", url, None, dict(headers or {}), token, timeout, most)

    async def _told(
        self,
        method: str,
        url: str,
        data: _Data,
        headers: dict[str, str],
        token: SecretStr | None,
        seconds: float,
        most: int = MAX_ANSWER,
    ) -> HttpReply:
        """The answer, or a clear word on why there is none."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        try:
            return await self._answer(method, url, data, headers, seconds, most)
        # `from None`: the errors below carry address or headers, and a chain would show them.
        except _NEVER_LEFT as error:
            raise NotConnected(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise MaybeSent(type(error).__name__) from None
        except ValueError:
            raise ValueError("the token cannot be written into a header") from None

    async def _answer(
        self, method: str, url: str, data: _Data, headers: dict[str, str], seconds: float, most: int
    ) -> HttpReply:
        if self._session is None:
            raise NotConnected("not started")
        time_out = aiohttp.ClientTimeout(total=seconds, connect=seconds * _CONNECT_SHARE, ceil_threshold=3600)
        async with self._session.request(
            method, url, data=data, headers=headers, timeout=time_out, allow_redirects=False
        ) as response:
            body = await _bounded(response, most)
            names = {name.lower(): value for name, value in response.headers.items()}
            return HttpReply(response.status, _decoded(body), names, too_long=body is None)


async def _bounded(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    """The body, or None if it is longer than `most` bytes; the rest of such a body is not read."""
    chunks = bytearray()
    async for chunk in response.content.iter_any():
        chunks += chunk
        if len(chunks) > most:
            return None
    return bytes(chunks)


def _encoded(payload: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(payload)
    except TypeError:
        raise ValueError("the payload is no JSON") from None


def _decoded(body: bytes | None) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return None if body is None else orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
