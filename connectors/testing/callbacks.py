"""The webhooks that follow on a message: echoes and WhatsApp's statuses, signed, sent again until taken."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import ClientError, ClientSession

from connectors.samples import SAMPLES, Sample, SampleRequest, signed
from connectors.testing.graph_api import SentMessage


@dataclass(frozen=True, slots=True)
class Callback:
    """Where the webhooks of one account go.

    `account` is the account's id in webhooks, `path_id` its id in the request path where that differs.
    `delay` and `pause` are seconds: before the first try, and before the second (each later pause is twice as
    long).
    """

    url: str
    secret: bytes = field(repr=False)
    connector: str
    account: str
    path_id: str | None = None
    app_id: int = 1_517_776_481_860_111
    waba_id: str = "102290129340398"
    display_phone: str = "15550783881"
    statuses: tuple[str, ...] = ("sent", "delivered")
    delay: float = 0.0
    attempts: int = 5
    pause: float = 0.05

    def fits(self, sent: SentMessage) -> bool:
        """Whether the message was sent by this account."""
        return (self.connector, self.path_id or self.account) == (sent.channel, sent.path_id)


@dataclass(frozen=True, slots=True)
class CalledBack:
    """One webhook that was sent: the answer's status (None: no answer) and how many tries it took."""

    sample: Sample
    status: int | None
    attempts: int


def webhooks(callback: Callback, sent: SentMessage) -> Iterator[Sample]:
    """The webhooks that the platform sends about a message, in order."""
    if callback.connector == "whatsapp":
        for status in callback.statuses:
            yield SAMPLES["whatsapp"]["status"](_status(callback, sent, status))
    else:
        yield SAMPLES[callback.connector]["echo"](_echo(callback, sent))


def _status(callback: Callback, sent: SentMessage, status: str) -> SampleRequest:
    return SampleRequest(
        account_id=callback.account,
        sender=sent.recipient,
        at=datetime.now(UTC),
        other_message_id=sent.message_id,
        status=status,
        metadata=sent.key,
        waba_id=callback.waba_id,
        display_phone=callback.display_phone,
    )


def _echo(callback: Callback, sent: SentMessage) -> SampleRequest:
    # Instagram's echoes name neither the app nor what the app sent along.
    is_page = callback.connector == "messenger"
    return SampleRequest(
        account_id=callback.account,
        sender=sent.recipient,
        at=sent.at,
        text=sent.text if "text" in sent.body.get("message", {}) else "",
        message_id=sent.message_id,
        metadata=sent.key if is_page else None,
        app_id=callback.app_id if is_page else None,
    )


async def call_back(session: ClientSession, callback: Callback, sent: SentMessage) -> list[CalledBack]:
    """Send the webhooks about one message, one after the other."""
    await asyncio.sleep(callback.delay)
    return [await _deliver(session, callback, sample) for sample in webhooks(callback, sent)]


async def _deliver(session: ClientSession, callback: Callback, sample: Sample) -> CalledBack:
    """Send one webhook until it is answered with 2xx, `callback.attempts` times at most."""
    body, headers = signed(callback.connector, sample.body, callback.secret, sample.headers)
    status: int | None = None
    for attempt in range(1, callback.attempts + 1):
        status = await _post(session, callback.url, body, headers)
        if status is not None and 200 <= status < 300:  # noqa: PLR2004 - success in HTTP
            return CalledBack(sample, status, attempt)
        if attempt < callback.attempts:
            await asyncio.sleep(callback.pause * 2 ** (attempt - 1))
    return CalledBack(sample, status, callback.attempts)


async def _post(session: ClientSession, url: str, body: bytes, headers: dict[str, str]) -> int | None:
    try:
        async with session.post(url, data=body, headers=headers) as answer:
            return answer.status
    except (ClientError, TimeoutError):
        return None
