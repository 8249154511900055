"""One-time codes by e-mail, over SMTP with TLS."""

import asyncio
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Literal

import aiosmtplib
from pydantic import SecretStr

from middleware.domain.proof import CodeOutcome, CodeSent

Security = Literal["starttls", "tls", "none"]

_WORDS = {
    "en": (
        "Your code for {brand}",
        """Your code is {code}

Write it in the chat with {brand}. It counts for ten minutes.

Nobody from {brand} will ever call or write to you for it. If you did not ask for a code, somebody may have typed your
address by mistake: do nothing, and pass the code on to nobody.
""",
    ),
    "de": (
        "Dein Code für {brand}",
        """Dein Code ist {code}

Schreib ihn in den Chat mit {brand}. Er gilt zehn Minuten.

Niemand von {brand} wird dich je anrufen oder anschreiben, um danach zu fragen. Wenn du keinen Code angefordert hast,
hat vielleicht jemand deine Adresse versehentlich eingegeben: Tu nichts, und gib den Code niemandem weiter.
""",
    ),
    "es": (
        "Tu código para {brand}",
        """Tu código es {code}

Escríbelo en el chat con {brand}. Vale durante diez minutos.

Nadie de {brand} te llamará ni te escribirá nunca para pedírtelo. Si no has pedido ningún código, quizá alguien haya
escrito tu dirección por error: no hagas nada y no se lo des a nadie.
""",
    ),
}
"""Subject and text by language. The code is not in the subject, which locked telephones show to everybody."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """How the brand's mail goes out. `security`: `starttls`, `tls` from the first byte, or `none`, which is for a
    server on the same machine. `ca_file` names who signs the server's certificate where that is no public authority.
    """

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    username: str | None = None
    password: SecretStr | None = field(default=None, repr=False)
    ca_file: Path | None = None


class CodesByEmail:
    """See `CodeSender`. `brand` is what the customer knows the brand as."""

    def __init__(self, server: MailServer, brand: str) -> None:
        self._server = server
        self._brand = brand

    async def send(
        self,
        address: str,
        code: str,
        locale: str,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> CodeSent:
        """See `CodeSender.send`."""
        try:
            message = self._message(address, code, locale)
        except ValueError as error:
            return CodeSent(outcome=CodeOutcome.REFUSED, detail=type(error).__name__)
        try:
            async with asyncio.timeout(timeout):
                await self._deliver(message, timeout)
        except aiosmtplib.SMTPException as error:
            return _judged(error)
        except (OSError, ValueError, UnicodeError) as error:  # a time-out is an OSError
            return CodeSent(outcome=CodeOutcome.RETRY, detail=type(error).__name__)
        return CodeSent(outcome=CodeOutcome.SENT)

    def _message(self, address: str, code: str, locale: str) -> EmailMessage:
        """The e-mail. Raises ValueError for an address that cannot stand in one."""
        subject, text = _WORDS.get(locale.replace("_", "-").partition("-")[0].lower(), _WORDS["en"])
        message = EmailMessage()
        message["Subject"] = subject.format(brand=self._brand)
        message["From"], message["To"] = self._server.sender, address
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=self._server.sender.rpartition("@")[2].rstrip("> "))
        # Out-of-office notices would go to nobody.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.format(brand=self._brand, code=code))
        return message

    async def _deliver(self, message: EmailMessage, seconds: float) -> None:
        server = self._server
        password = server.password.get_secret_value() if server.password is not None else None
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=password,
            use_tls=server.security == "tls",
            # Never "if it is offered": whoever stands in between would not offer it.
            start_tls=server.security == "starttls",
            tls_context=self._context(),
            timeout=seconds,
        )

    def _context(self) -> ssl.SSLContext | None:
        if self._server.security == "none":
            return None
        return ssl.create_default_context(cafile=self._server.ca_file)


def _judged(error: aiosmtplib.SMTPException) -> CodeSent:
    """What an error of the mail server means. Its words may bear the address, so that only class and code are kept."""
    codes = [each.code for each in _answers(error)]
    detail = "/".join([type(error).__name__, *map(str, codes)])
    if isinstance(error, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPNotSupported):
        return CodeSent(outcome=CodeOutcome.ACCOUNT_PROBLEM, detail=detail)
    refused = bool(codes) and all(code >= 500 for code in codes)  # noqa: PLR2004 - SMTP: for good
    return CodeSent(outcome=CodeOutcome.REFUSED if refused else CodeOutcome.RETRY, detail=detail)


def _answers(error: aiosmtplib.SMTPException) -> list[aiosmtplib.SMTPResponseException]:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return list(error.recipients)
    return [error] if isinstance(error, aiosmtplib.SMTPResponseException) else []
