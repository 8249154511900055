"""A bot that answers on an account in our place, as a test plays it: it checks Meta's signature itself."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from connectors.signatures import is_hex_signed, sha1_hex_signature
from middleware.client.passed import context_of
from middleware.pipeline.passed_context import Ticket, link_token
from middleware.web.app import listening
from tests.running import ACCOUNT_IDS, SECRET

PASS_SECRET = "a-secret-that-signs-what-the-bot-is-told"


@dataclass(frozen=True)
class Handed:
    """One request to the bot."""

    body: bytes
    headers: dict[str, str]
    context: dict[str, Any] | None

    @property
    def content(self) -> dict[str, Any]:
        """The body as a value."""
        value: dict[str, Any] = json.loads(self.body)
        return value


@dataclass
class OtherBot:
    """What it was handed, in the order in which it came, and how it answers."""

    url: str = ""
    handed: list[Handed] = field(default_factory=list)
    unsigned: int = 0
    status: int = 200
    statuses: list[int] = field(default_factory=list)
    """Said before `status`, one each."""
    seconds: list[float] = field(default_factory=list)
    """How long it takes for each of the next requests."""

    async def handle(self, request: web.Request) -> web.Response:
        """One webhook."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not is_hex_signed(headers.get("x-hub-signature-256"), body, SECRET.encode()):
            self.unsigned += 1
            return web.Response(status=401)
        if self.seconds:
            await asyncio.sleep(self.seconds.pop(0))
        status = self.statuses.pop(0) if self.statuses else self.status
        if status == 200:
            self.handed.append(Handed(body, headers, context_of(headers, body, PASS_SECRET)))
        return web.Response(status=status)

    def has_sha1(self, handed: Handed) -> bool:
        """Whether the old signature fits, too."""
        return handed.headers.get("x-hub-signature") == sha1_hex_signature(handed.body, SECRET.encode())


def token_for(connector: str, passing: str, *, seconds: float = 60.0, secret: str = PASS_SECRET) -> str:
    """The end of a link to the context beside a passing, for so many seconds from now."""
    until = int(datetime.now(UTC).timestamp() + seconds)
    return link_token(Ticket(connector, ACCOUNT_IDS[connector], passing, until), secret.encode())


@asynccontextmanager
async def other_bot() -> AsyncIterator[OtherBot]:
    """Such a bot on a free port."""
    bot, app = OtherBot(), web.Application()
    app.router.add_post("/webhook", bot.handle)
    async with listening(app, "127.0.0.1", 0) as url:
        bot.url = f"{url}/webhook"
        yield bot


def behind(bot: OtherBot | str, *accounts: str, **fields: Any) -> dict[str, Any]:
    """Settings that put it behind accounts of `tests.running`."""
    url = bot if isinstance(bot, str) else bot.url
    own = {"pass_to": url, "pass_secret": PASS_SECRET, **fields}
    if fields.get("pass_context") == "none":
        del own["pass_secret"]
    return {"brands": {"glow": {"accounts": dict.fromkeys(accounts, own)}}}
