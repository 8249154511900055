"""Pulling Zendesk's users and tickets by the cursor based incremental exports.

Source: Zendesk developers, "Incremental exports" (ten questions a minute; `start_time` once, then `after_cursor` until
`end_of_stream`; what changed within the last minute is left out) and "Rate limits" (429 with `Retry-After`).
"""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.body import to_bytes
from connectors.fields import as_id
from connectors.http import HttpClient, HttpReply
from connectors.pulling import LARGEST_PAGE, STUCK, asked, members
from middleware.ports import Account, Page, PullAnswer, PullPosition, PullRefused, PullWaits, WebhookRequest

STREAMS = ("users", "tickets")
"""Who asked before what was asked."""
OVERLAP = timedelta(minutes=5)

_A_PAGE = 100
_BETWEEN = 6.0
"""Seconds: ten questions a minute."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def page_after(
    http: HttpClient,
    account: Account,
    position: PullPosition,
    timeout: float,  # noqa: ASYNC109 - handed on
) -> PullAnswer:
    """One page of users or tickets. See `PullSource.page`."""
    if account.token is None or not account.base_url:
        return PullRefused("the account has no token, or no base_url (https://<your help desk>.zendesk.com)")
    query = urlencode({"per_page": str(_A_PAGE), **_from(position)})
    url = f"{account.base_url}/api/v2/incremental/{position.stream}/cursor?{query}"
    bearer, headers = _authorised(account.token)
    reply = await asked(http.get_json(url, bearer, timeout, LARGEST_PAGE, headers))
    return _page(reply, account, position) if isinstance(reply, HttpReply) else reply


def _from(position: PullPosition) -> dict[str, str]:
    if position.cursor is not None:
        return {"cursor": position.cursor}
    since = position.since
    return {"start_time": str((since - _EPOCH) // timedelta(seconds=1)) if since is not None else "0"}


def _authorised(token: SecretStr) -> tuple[SecretStr | None, dict[str, str]]:
    """An OAuth token as bearer; an API token, written `<agent's address>/token:<token>`, as Zendesk wants it."""
    plain = token.get_secret_value()
    if "/token:" not in plain:
        return token, {}
    return None, {"Authorization": "Basic " + base64.b64encode(plain.encode()).decode()}


def _page(reply: HttpReply, account: Account, position: PullPosition) -> PullAnswer:
    found = members(reply.json, position.stream)
    if isinstance(found, PullWaits):
        return found
    over, after = reply.json.get("end_of_stream"), as_id(reply.json.get("after_cursor"))
    if over is not True and (after is None or after == position.cursor):
        return STUCK
    delivery = WebhookRequest({}, to_bytes({"account_id": account.id, position.stream: found}))
    return Page(delivery, None if over is True else after, _BETWEEN)
