"""Sending through the Graph API: where to, and what became of it. Source: Meta's webhook and Send API references."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors import meta
from connectors.http import HttpClient, MaybeSent, NotConnected
from connectors.meta_outcomes import judge
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import Outcome, Reply, SendResult
from middleware.ports import Account

_VERSIONED = re.compile(r"/v[0-9]+\.[0-9]+/?\Z", re.ASCII)

NO_RECIPIENT = SendResult(outcome=Outcome.REFUSED, detail="none of the identifiers can be written to here")
_NO_TOKEN = SendResult(outcome=Outcome.ACCOUNT_PROBLEM, detail="the account has no token")
_NOT_CONNECTED = "no connection: nothing was sent"
_MAYBE_SENT = "the connection broke or timed out after the request may have left"
_UNWRITABLE = SendResult(outcome=Outcome.REFUSED, detail="reply or token cannot be written into a request")

ReadId = Callable[[dict[str, Any]], object]
"""From the answer to the id of the message, wherever the channel puts it."""


def root_url(account: Account, default_base: str) -> str:
    """Where the account's API begins: with the API version, unless the base has one."""
    base = (account.base_url or default_base).rstrip("/")
    return base if _VERSIONED.search(base) else f"{base}/{quote(account.api_version, safe='')}"


def messages_url(account: Account, default_base: str) -> str:
    """The address of the account's `messages` edge."""
    return f"{root_url(account, default_base)}/{quote(account.sender_id or account.id, safe='')}/messages"


@dataclass(frozen=True, slots=True)
class Call:
    """One message for one account, ready to go."""

    account: Account
    url: str
    payload: Mapping[str, Any]
    read_id: ReadId


async def deliver(http: HttpClient, call: Call, seconds: float) -> SendResult:
    """POST one message and judge the answer, within `seconds`. Never raises."""
    if call.account.token is None:
        return _NO_TOKEN
    try:
        reply = await http.post_json(call.url, call.payload, call.account.token, seconds)
    except NotConnected as error:
        return SendResult(outcome=Outcome.RETRY, detail=f"{_NOT_CONNECTED} ({error})")
    except MaybeSent as error:
        return SendResult(outcome=Outcome.UNKNOWN, detail=f"{_MAYBE_SENT} ({error})")
    except ValueError:
        return _UNWRITABLE
    return judge(reply, _message_id(reply.json, call.read_id))


def _message_id(body: object, read_id: ReadId) -> str | None:
    return meta.word(read_id(body)) if isinstance(body, dict) else None


def page_recipient(recipient: Sequence[Identifier], kind: IdentifierKind, account: Account) -> str | None:
    """The first id that was given by this very account: another page's id names another person, or nobody."""
    mine = (each.value for each in recipient if each.kind is kind and each.scope == account.id)
    return next(mine, None)


def page_payload(to: str, reply: Reply, metadata: str | None = None) -> dict[str, Any]:
    """The Send API's body, as Messenger and Instagram share it."""
    quick_replies = [
        {"content_type": "text", "title": choice.title, "payload": choice.payload} for choice in reply.quick_replies
    ]
    message = {
        "text": reply.text,
        **({"quick_replies": quick_replies} if quick_replies else {}),
        **({"metadata": metadata} if metadata else {}),
    }
    return {"recipient": {"id": to}, "messaging_type": "RESPONSE", "message": message}


def page_message_id(body: dict[str, Any]) -> object:
    """Where the Send API names the message."""
    return body.get("message_id")
