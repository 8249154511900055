"""One-time codes over SMTP, against a real mail server: TLS or nothing, and a clear word on what became of each."""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from connectors.codes_by_email import CodesByEmail, MailServer
from middleware.domain.proof import CodeOutcome, CodeSent

PASSWORD = "a-password-of-the-mailer"


class Mailroom:
    """What the server got, and what it answers to each recipient and each message."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.over_tls: list[bool] = []
        self.to_recipient = "250 OK"
        self.to_message = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """One recipient."""
        del server, session, options
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's
        """One message."""
        del server
        content = envelope.content
        assert isinstance(content, bytes)
        self.got.append(message_from_bytes(content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        self.over_tls.append(session.ssl is not None)
        return self.to_message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + built.public_bytes(serialization.Encoding.PEM))
    return path


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def _authenticator(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    del server, session, envelope, mechanism
    # Not handled: the server itself says that it does not fit.
    return AuthResult(success=data == LoginPassword(b"codes", PASSWORD.encode()), handled=False)


@contextmanager
def _serving(room: Mailroom, certificate: Path | None = None, *, implicit: bool = False, **more: Any) -> Iterator[int]:
    """A mail server on a free port; the port."""
    tls: dict[str, Any] = (
        {} if certificate is None else {"ssl_context" if implicit else "tls_context": _context(certificate)}
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    controller = Controller(room, hostname="127.0.0.1", port=port, **tls, **more)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def _server(port: int, **changes: Any) -> MailServer:
    plain = MailServer(host="127.0.0.1", port=port, sender="Glow <codes@glow.example>", security="none")
    return replace(plain, **changes)


async def _sent(
    server: MailServer, address: str = "ana@example.com", locale: str = "en", seconds: float = 5
) -> CodeSent:
    return await CodesByEmail(server, "Glow Skincare").send(address, "012345", locale, timeout=seconds)


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "Your code"), ("de_DE", "Dein Code"), ("es", "Tu código"), ("fr", "Your")]
)
async def test_the_code_arrives(locale: str, words: str) -> None:
    """In the customer's language, with the brand's name, to that address alone; the code is not in the subject."""
    room = Mailroom()
    with _serving(room) as port:
        sent = await _sent(_server(port), locale=locale)
    (message,) = room.got
    assert sent == CodeSent(outcome=CodeOutcome.SENT)
    assert room.recipients == [["ana@example.com"]]
    assert (message["To"], message["From"]) == ("ana@example.com", "Glow <codes@glow.example>")
    assert message["Subject"].startswith(words)
    assert message["Auto-Submitted"] == "auto-generated"
    assert "012345" in message.get_content()
    assert "012345" not in message["Subject"]
    assert "Glow Skincare" in message.get_content()


async def test_starttls_with_a_password(certificate: Path) -> None:
    """The connection is encrypted before anything is said, and the password is taken."""
    room = Mailroom()
    more: dict[str, Any] = {"authenticator": _authenticator, "auth_required": True, "auth_require_tls": True}
    with _serving(room, certificate, require_starttls=True, **more) as port:
        server = _server(port, security="starttls", ca_file=certificate, username="codes")
        good = await _sent(replace(server, password=SecretStr(PASSWORD)))
        bad = await _sent(replace(server, password=SecretStr("another")))
    assert (good.outcome, bad.outcome) == (CodeOutcome.SENT, CodeOutcome.ACCOUNT_PROBLEM)
    assert room.over_tls == [True]
    assert PASSWORD not in repr(server)


async def test_tls_from_the_first_byte(certificate: Path) -> None:
    """As on port 465."""
    room = Mailroom()
    with _serving(room, certificate, implicit=True) as port:
        sent = await _sent(_server(port, security="tls", ca_file=certificate))
    assert sent.outcome is CodeOutcome.SENT
    assert len(room.got) == 1


async def test_nothing_leaves_unencrypted(certificate: Path) -> None:
    """A server that offers no STARTTLS, or whose certificate nobody we know has signed, gets nothing."""
    room = Mailroom()
    with _serving(room) as port:
        without = await _sent(_server(port, security="starttls"))
    with _serving(room, certificate) as port:
        unknown = await _sent(_server(port, security="starttls"))
    assert CodeOutcome.SENT not in {without.outcome, unknown.outcome}
    assert room.got == []


@pytest.mark.parametrize(
    ("recipient", "message", "outcome"),
    [
        ("550 no such mailbox ana@example.com", "250 OK", CodeOutcome.REFUSED),
        ("450 try later, ana@example.com", "250 OK", CodeOutcome.RETRY),
        ("250 OK", "554 looks like spam", CodeOutcome.REFUSED),
        ("250 OK", "451 not now", CodeOutcome.RETRY),
    ],
)
async def test_what_the_server_says(recipient: str, message: str, outcome: CodeOutcome) -> None:
    """For good is not tried again, for now is; the server's words are not kept."""
    room = Mailroom()
    room.to_recipient, room.to_message = recipient, message
    with _serving(room) as port:
        sent = await _sent(_server(port))
    assert sent.outcome is outcome
    assert "ana" not in sent.detail


async def test_a_server_that_is_away_is_tried_again() -> None:
    """Nobody listens, or somebody listens and says nothing: within the time that it may take."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        refused = await _sent(_server(port))
        silent.listen()
        begun = asyncio.get_running_loop().time()
        hangs = await _sent(_server(port), seconds=0.3)
    assert (refused.outcome, hangs.outcome) == (CodeOutcome.RETRY, CodeOutcome.RETRY)
    assert asyncio.get_running_loop().time() - begun < 3


@pytest.mark.parametrize(
    "address", ["ana@example.com\nBcc: all@example.com", "ana@example.com\r\n\r\nx", "\ud800@example.com"]
)
async def test_odd_addresses_raise_nothing(address: str) -> None:
    """And reach nobody else."""
    room = Mailroom()
    with _serving(room) as port:
        sent = await _sent(_server(port), address)
    assert sent.outcome is not CodeOutcome.SENT
    assert room.got == []
