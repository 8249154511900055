"""The client of the pull API: one question, one answer, in time or not at all."""

import asyncio
import json
from collections.abc import Collection
from types import TracebackType
from typing import Self

import aiohttp
from pydantic import ValidationError

from middleware.client.asking import context_or_none, named
from middleware.client.errors import (
    AnswerUnreadable,
    AskFailed,
    KeyRefused,
    NoSuchAccount,
    NotAllowed,
    QuestionRefused,
    Unreachable,
)
from middleware.domain.context import Context
from middleware.domain.text import cleaned

LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that are read."""
_LONGEST_DETAIL = 300

_REFUSALS: dict[int, type[AskFailed]] = {
    400: QuestionRefused,
    401: KeyRefused,
    403: NotAllowed,
    404: NoSuchAccount,
    503: Unreachable,
}


class Throughline:
    """Asks Throughline who is writing: `async with Throughline(url, key) as throughline: ...`.

    `url` is where Throughline listens, `key` that of a client of its settings, `timeout` the seconds that one question
    may take in all. Nothing is asked twice, but for a connection that was refused, once. Raises ValueError for a URL
    or a key that cannot be one.
    """

    def __init__(self, url: str, key: str, *, timeout: float = 2.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("the URL of Throughline begins with http:// or https://")
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("the key is empty, or holds what no key holds; `throughline key` makes one")
        self._url = f"{url.rstrip('/')}/v1/context"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._timeout = timeout
        self._http: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"Throughline({self._url!r})"

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def context(
        self, *, channel: str, account: str, sender: str, blocks: Collection[str] | None = None
    ) -> Context:
        """The context of one sender. Raises one of the kinds of AskFailed, and says what to do.

        `account` is the account's id or its name in Throughline's settings, `sender` the customer's id on that
        channel; `blocks` names the blocks that are wanted, None means all that this client may see.
        """
        query = {"channel": channel, "account": account, "sender": sender}
        if blocks is not None:
            query["blocks"] = ",".join(sorted(named(blocks)))
        try:
            async with asyncio.timeout(self._timeout):
                status, body = await self._asked(query)
        except TimeoutError:
            raise Unreachable(f"Throughline did not answer within {self._timeout:g} seconds") from None
        except aiohttp.ClientError as error:
            raise Unreachable(f"Throughline could not be reached: {type(error).__name__}") from None
        if status != 200:  # noqa: PLR2004 - HTTP
            raise _refusal(status, body)
        try:
            # A newer Throughline may say more than this client knows; that must not break a bot.
            return Context.model_validate_json(body, extra="ignore")
        except ValidationError:
            raise AnswerUnreadable from None

    async def context_or_none(
        self, *, channel: str, account: str, sender: str, blocks: Collection[str] | None = None
    ) -> Context | None:
        """See `asking.context_or_none`: never an error, what went wrong is logged."""
        return await context_or_none(self, channel=channel, account=account, sender=sender, blocks=blocks)

    async def _asked(self, query: dict[str, str]) -> tuple[int, bytes]:
        """Status and body. A connection that was refused is tried once more: nothing was asked by it."""
        if self._http is None:
            raise AskFailed("this client is not open: use it as `async with Throughline(url, key) as throughline`")
        try:
            return await self._once(self._http, query)
        except aiohttp.ClientConnectorError as error:
            if not isinstance(error.os_error, ConnectionRefusedError):
                raise
        return await self._once(self._http, query)

    async def _once(self, http: aiohttp.ClientSession, query: dict[str, str]) -> tuple[int, bytes]:
        # A redirect would carry the key to wherever it leads.
        async with http.get(self._url, params=query, headers=self._headers, allow_redirects=False) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise AnswerUnreadable("the answer is too large for a context: look at the URL")
            return answer.status, bytes(body)


def _refusal(status: int, body: bytes) -> AskFailed:
    """The error for an answer that is no context, with what the problem document in it says to do."""
    kind = _REFUSALS.get(status, Unreachable if status >= 500 else AnswerUnreadable)  # noqa: PLR2004 - HTTP
    return kind(_detail(body) if kind in {QuestionRefused, NotAllowed} else "")


def _detail(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    detail = said.get("detail") if isinstance(said, dict) else None
    return cleaned(detail, _LONGEST_DETAIL) if isinstance(detail, str) else ""
