"""Fetching what customers send on Meta's channels, and what an answer means for the file.

Source: Meta's webhook references (Messenger Platform, Instagram: a signed address that runs out) and the WhatsApp Cloud
API reference (media: `GET /{media-id}` gives an address for five minutes, which wants the token as well).
"""

from connectors.download import Download, Downloader, Interrupted, TooLarge
from connectors.guard import Allowed, NotAllowed
from connectors.meta_outcomes import retry_after
from middleware.domain.attachments import FetchOutcome, FetchResult
from middleware.ports import Account

_RUN_OUT = frozenset({403, 404, 410})
_LATER = frozenset({401, 408, 425, 429})
_BROKEN = 500
_OK = 200


async def fetched(
    files: Downloader, account: Account, address: str, hosts: tuple[str, ...], *, most: int, seconds: float,
    with_token: bool = False,
) -> FetchResult:  # fmt: skip
    """The file at an address, within `seconds`. Never raises."""
    allowed = Allowed(hosts, account.base_url)
    token = account.token if with_token else None
    try:
        answer = await files.get(address, allowed, token, most=most, seconds=seconds)
    except NotAllowed as error:
        return refused(str(error))
    except TooLarge:
        return refused(f"larger than {most} bytes")
    except Interrupted as error:
        return FetchResult(outcome=FetchOutcome.RETRY, reason=f"it did not come ({error})")
    except ValueError as error:
        return FetchResult(outcome=FetchOutcome.FAILED, reason=str(error))
    return judged(answer)


def refused(reason: str) -> FetchResult:
    """A file that we will not have."""
    return FetchResult(outcome=FetchOutcome.REFUSED, reason=reason)


def judged(answer: Download) -> FetchResult:
    """What an answer means for the file."""
    said = f"HTTP {answer.status}"
    if answer.status == _OK:
        claimed = answer.headers.get("content-type", "").partition(";")[0].strip().lower()[:100]
        content = answer.content or b""
        return FetchResult(outcome=FetchOutcome.FETCHED, content=content, claimed_type=claimed or None)
    if answer.status in _RUN_OUT:
        return FetchResult(outcome=FetchOutcome.GONE, reason=f"deleted, or its address has run out ({said})")
    if answer.status in _LATER or answer.status >= _BROKEN:
        return FetchResult(outcome=FetchOutcome.RETRY, reason=said, retry_after=retry_after(answer.headers))
    return FetchResult(outcome=FetchOutcome.FAILED, reason=said)
