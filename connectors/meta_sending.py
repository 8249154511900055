"""Sending through the Graph API: where to, and what became of it. Source: Meta's webhook and Send API references."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors import meta
from connectors.http import HttpClient, MaybeSent, NotConnected
from connectors.meta_outcomes import judge
from middleware.domain.messages import Outcome, SendResult
from middleware.ports import Account

_VERSIONED = re.compile(r"/v[0-9]+\.[0-9]+/?\Z", re.ASCII)

NOTHING_TO_SAY = SendResult(outcome=Outcome.REFUSED, detail="nothing of the reply can be said on this channel")
NO_RECIPIENT = SendResult(outcome=Outcome.REFUSED, detail="none of the identifiers can be written to here")
NO_TOKEN = SendResult(outcome=Outcome.ACCOUNT_PROBLEM, detail="the account has no token")
_NOT_CONNECTED = "no connection: nothing was sent"
_MAYBE_SENT = "the connection broke or timed out after the request may have left"
_UNWRITABLE = SendResult(outcome=Outcome.REFUSED, detail="reply or token cannot be written into a request")

ReadId = Callable[[dict[str, Any]], object]
"""From the answer to the id of the message, wherever the channel puts it."""


def edge_url(account: Account, default_base: str, edge: str) -> str:
    """The address of one of the account's edges (`messages`), with the API version unless the base has one."""
    return f"{node_url(account, default_base, account.sender_id or account.id)}/{edge}"


def node_url(account: Account, default_base: str, node: str) -> str:
    """The address of anything that has an id (a person, a file), with the API version unless the base has one."""
    base = (account.base_url or default_base).rstrip("/")
    root = base if _VERSIONED.search(base) else f"{base}/{quote(account.api_version, safe='')}"
    return f"{root}/{quote(node, safe='')}"


@dataclass(frozen=True, slots=True)
class Call:
    """One message for one account, ready to go."""

    account: Account
    url: str
    payload: Mapping[str, Any]
    read_id: ReadId
    names_message: bool = True
    """Whether the answer to what was accepted names a message."""


async def deliver(http: HttpClient, call: Call, seconds: float) -> SendResult:
    """POST one message and judge the answer, within `seconds`. Never raises."""
    if call.account.token is None:
        return NO_TOKEN
    try:
        reply = await http.post_json(call.url, call.payload, call.account.token, seconds)
    except NotConnected as error:
        return SendResult(outcome=Outcome.RETRY, detail=f"{_NOT_CONNECTED} ({error})")
    except MaybeSent as error:
        return SendResult(outcome=Outcome.UNKNOWN, detail=f"{_MAYBE_SENT} ({error})")
    except ValueError:
        return _UNWRITABLE
    return judge(reply, read_word(reply.json, call.read_id), names_message=call.names_message)


def read_word(body: object, read_id: ReadId) -> str | None:
    """The id in an answer, if there is one that can be kept."""
    return meta.word(read_id(body)) if isinstance(body, dict) else None
