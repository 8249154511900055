"""A mail server of the test's own, and an installation whose brand sends one-time codes by it."""

import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.commands import Commands
from tests.running import Running, running, until
from tests.stores import StoreServer

KEY = "a-key-of-at-least-thirty-two-characters"
ON_ITS_WAY = "If we know this address, a code is on its way."
NOT_THIS_ONE = "This code does not count, or no longer."


class Mailroom:
    """What the mail server got."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's
        """One message."""
        del server, session
        assert isinstance(envelope.content, bytes)
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def codes(self) -> list[str]:
        """The codes in it, the latest last."""
        found = [re.search(r"\b\d{6}\b", each.get_content()) for each in self.got]
        return [each[0] for each in found if each is not None]

    async def code(self, number: int = 1) -> str:
        """The code that came as this one."""

        async def came() -> bool:
            return len(self.got) >= number

        await until(came, "the code")
        return self.codes()[number - 1]


@contextmanager
def mail_server() -> Iterator[tuple[Mailroom, dict[str, Any]]]:
    """A mail server on this machine, and the settings of a brand that sends codes by it."""
    room = Mailroom()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    controller = Controller(room, hostname="127.0.0.1", port=port)
    controller.start()
    sender = "Glow <codes@glow.example>"
    try:
        yield room, {"key": KEY, "host": "127.0.0.1", "port": port, "security": "none", "sender": sender}
    finally:
        controller.stop()


@asynccontextmanager
async def with_codes(
    server: StoreServer, directory: Path, commands: Commands | None = None
) -> AsyncIterator[tuple[Running, Mailroom]]:
    """An installation whose brand sends codes by a mail server on this machine."""
    listeners = (commands,) if commands is not None else ()
    with mail_server() as (room, proof):
        async with running(server, directory, listeners=listeners, brands={"glow": {"proof": proof}}) as shop:
            yield shop, room


def wrong(code: str, by: int = 1) -> str:
    """Another code than this."""
    return f"{(int(code) + by) % 10**6:06}"
