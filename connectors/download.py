"""Fetching a file: bounded in bytes and time, from where it is allowed, and no further.

The rule of `http.py` holds here as well: errors name a class or a rule, never an address.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from pydantic import SecretStr

from connectors.guard import Allowed, NotAllowed, NotPublic, PublicResolver

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_OK = 200
_CONNECT_WITHIN = 10.0


class TooLarge(Exception):  # noqa: N818 - a verdict on the file
    """The file is larger than what we take."""


class Interrupted(Exception):  # noqa: N818 - a state of the connection
    """The file did not come, or not all of it. It may be asked for again. The message names a class, no address."""


@dataclass(frozen=True, slots=True)
class Download:
    """An answer. `content` is there with status 200 only; header names in lower case."""

    status: int
    content: bytes | None
    headers: Mapping[str, str]


class Downloader:
    """Owns two sessions: one that connects to public addresses only, one for the account's own API host.

    To be started and closed inside the event loop. `resolver` finds the addresses of names; they are checked all
    the same.
    """

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver
        self._guarded: aiohttp.ClientSession | None = None
        self._trusted: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the sessions. Does nothing when they are open."""
        if self._guarded is None:
            guard = PublicResolver(self._resolver)
            # No cache of names: what was looked at is what is connected to, once.
            self._guarded = _session(aiohttp.TCPConnector(resolver=guard, use_dns_cache=False, limit=50))
            self._trusted = _session(aiohttp.TCPConnector(limit=50))

    async def close(self) -> None:
        """Close the sessions. Does nothing when they are closed."""
        sessions, self._guarded, self._trusted = (self._guarded, self._trusted), None, None
        for session in sessions:
            if session is not None:
                await session.close()

    async def get(
        self, address: str, allowed: Allowed, token: SecretStr | None, *, most: int, seconds: float
    ) -> Download:
        """GET a file of at most `most` bytes within `seconds`. `token` goes to the first host only.

        A redirect is followed to where a file may come from, three times at most. Raises NotAllowed, TooLarge or
        Interrupted; ValueError for a token that cannot be written into a header.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._get(address, allowed, token, most)
        # `from None`: the errors below carry the address, and a chain would show it.
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, NotPublic):
                raise NotAllowed("a host whose address is not public") from None
            raise Interrupted(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Interrupted(type(error).__name__) from None
        except ValueError:
            raise ValueError("the request cannot be written") from None

    async def _get(self, address: str, allowed: Allowed, token: SecretStr | None, most: int) -> Download:
        url = first = allowed.checked(address)
        for _ in range(_MOST_REDIRECTS + 1):
            session = self._trusted if allowed.is_base(url) else self._guarded
            if session is None:
                raise Interrupted("not started")
            headers = {"Accept-Encoding": "identity"}
            if token is not None and url.origin() == first.origin():
                headers["Authorization"] = f"Bearer {token.get_secret_value()}"
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await _read(response, most)
                url = allowed.checked(urljoin(str(url), response.headers.get("Location", "")))
        raise NotAllowed("one redirect after the other")


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_WITHIN),
        # What is counted is what comes over the wire: nothing is unpacked on the way.
        auto_decompress=False,
    )


async def _read(response: aiohttp.ClientResponse, most: int) -> Download:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status != _OK:
        return Download(response.status, None, headers)
    if headers.get("content-encoding", "identity") != "identity":
        raise NotAllowed("a file that is packed on its way")
    if response.content_length is not None and response.content_length > most:
        raise TooLarge
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > most:
            raise TooLarge
    return Download(response.status, bytes(content), headers)
