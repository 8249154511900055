"""Fetching a file of WhatsApp: its id gives an address for some minutes, and the address wants the token as well.

Source: WhatsApp Cloud API reference (media).
"""

from typing import Any

from connectors import meta, meta_media
from connectors.http import HttpClient, HttpReply, MaybeSent, NotConnected
from connectors.meta_outcomes import codes_of, retry_after, shown
from connectors.meta_sending import node_url
from middleware.domain.attachments import FetchOutcome, FetchResult
from middleware.domain.events import Attachment
from middleware.ports import Account

DEFAULT_BASE = "https://graph.facebook.com"

FILE_HOSTS = ("lookaside.fbsbx.com",)

_ASKING = 0.3
"""The share of the time that asking for the address may take."""

_OK, _NOT_FOUND, _GONE = 200, 404, 410
_DELETED = frozenset({(100, 33)})


async def fetched(
    http: HttpClient, account: Account, attachment: Attachment, *, most: int, seconds: float
) -> FetchResult:
    """The file of an attachment: asked for anew each time, so that its address is fresh. Never raises."""
    if account.token is None:
        return FetchResult(outcome=FetchOutcome.RETRY, reason="the account has no token")
    if attachment.media_id is None:
        return FetchResult(outcome=FetchOutcome.FAILED, reason="the message names no file")
    url = node_url(account, DEFAULT_BASE, attachment.media_id)
    try:
        reply = await http.get_json(url, account.token, seconds * _ASKING)
    except (NotConnected, MaybeSent) as error:
        return FetchResult(outcome=FetchOutcome.RETRY, reason=f"its address was not told ({error})")
    except ValueError as error:
        return FetchResult(outcome=FetchOutcome.FAILED, reason=str(error))
    told = _address(reply, most)
    if isinstance(told, FetchResult):
        return told
    result = await meta_media.fetched(
        http.files, account, told, FILE_HOSTS, most=most, seconds=seconds * (1 - _ASKING), with_token=True
    )
    return _while_address_is_young(result)


def _address(reply: HttpReply, most: int) -> str | FetchResult:
    """The address in an answer, or what the answer means for the file."""
    body: dict[str, Any] = reply.json if isinstance(reply.json, dict) else {}
    code, subcode = codes_of(reply.json)
    said = shown(reply.status, code, subcode)
    if reply.status == _OK and (address := meta.whole(body.get("url"))) is not None:
        size = body.get("file_size")
        too_large = isinstance(size, int) and size > most
        return meta_media.refused(f"larger than {most} bytes") if too_large else address
    if reply.status in {_NOT_FOUND, _GONE} or (code, subcode) in _DELETED:
        return FetchResult(outcome=FetchOutcome.GONE, reason=f"the platform has it no more ({said})")
    # Token and permissions can be mended, a server can recover: the job is given up soon enough.
    return FetchResult(outcome=FetchOutcome.RETRY, reason=said, retry_after=retry_after(reply.headers))


def _while_address_is_young(result: FetchResult) -> FetchResult:
    """An address that is a moment old has not run out: what says so is asked again, with a fresh one."""
    if result.outcome is not FetchOutcome.GONE:
        return result
    return result.model_copy(update={"outcome": FetchOutcome.RETRY})
