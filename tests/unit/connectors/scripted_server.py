"""A server that answers every request as it is told, and what it can be told beside what every stand-in can."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.stand_ins import Answer, Asked, StandIn, says


@dataclass
class ScriptedServer(StandIn):
    """Answers every request with `answer`, and keeps what it saw."""

    answer: Answer

    async def answered(self, asked: Asked, request: web.Request) -> web.StreamResponse:
        """As it was told."""
        del asked
        return await self.answer(request)


def fails(code: int, subcode: int | None = None, status: int = 400, **headers: str) -> Answer:
    """Answers with an error body of the Graph API."""
    error: dict[str, Any] = {"message": "made up", "type": "OAuthException", "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    return says(status, {"error": error}, {name.replace("_", "-"): value for name, value in headers.items()})


async def babbles(request: web.Request) -> web.StreamResponse:
    """Answers with JSON of more than 1 MiB."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{"message_id": "m_1", "padding": "')
    for _ in range(20):
        await response.write(b"x" * 65_536)
    await response.write(b'"}')
    return response
