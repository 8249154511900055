"""Pulling HubSpot's contacts: all of them from the list, changed ones from the search.

Source: HubSpot developers, "CRM API: Contacts" (list, 100 a page), "CRM search" (200 a page, 10,000 results a query,
five questions a second, new changes after a moment) and "API usage guidelines" (429 with `policyName`; the headers
`X-HubSpot-RateLimit-*`, which the search does not send).

A search is walked by the contact's id, not by `after`: so it does not end at 10,000 results, and a contact that is
changed while it is walked is not skipped.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.body import to_bytes
from connectors.fields import as_id, as_object
from connectors.http import HttpClient, HttpReply
from connectors.pulling import LARGEST_PAGE, STUCK, asked, members, seconds
from connectors.sources.hubspot.contact import asked_for
from connectors.sources.hubspot.page import page_of
from middleware.domain.mapping import SourceMapping
from middleware.ports import Account, Page, PullAnswer, PullPosition, PullRefused, PullWaits, WebhookRequest

BASE = "https://api.hubapi.com"
STREAMS = ("contacts",)
OVERLAP = timedelta(minutes=10)
"""For how long a change may not be found by the search yet."""

LISTED, FOUND = 100, 200
_BETWEEN_SEARCHES = 0.25
_AFTER = {"DAILY": 3600.0, "TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0}
"""Seconds to wait for each policy. The daily one ends at midnight of the portal: asked again every hour."""
_INTERVAL = 10.0
"""Seconds over which questions are counted."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def page_after(
    http: HttpClient,
    account: Account,
    mapping: SourceMapping,
    position: PullPosition,
    timeout: float,  # noqa: ASYNC109 - handed on
) -> PullAnswer:
    """One page of contacts. See `PullSource.page`."""
    if account.token is None:
        return PullRefused("the account has no token")
    properties = asked_for(mapping)
    base = f"{account.base_url or BASE}/crm/v3/objects/contacts"
    if position.since is None:
        url = f"{base}?{urlencode(_list(position.cursor, properties))}"
        question = http.get_json(url, account.token, timeout, LARGEST_PAGE)
    else:
        search = _search(position.since, position.cursor, properties)
        question = http.post_json(f"{base}/search", search, account.token, timeout, LARGEST_PAGE)
    reply = await asked(question, _AFTER)
    return _page(reply, account, position) if isinstance(reply, HttpReply) else reply


def _list(cursor: str | None, properties: tuple[str, ...]) -> dict[str, str]:
    query = {"limit": str(LISTED), "archived": "false", "properties": ",".join(properties)}
    return {**query, "after": cursor} if cursor else query


def _search(since: datetime, cursor: str | None, properties: tuple[str, ...]) -> dict[str, Any]:
    changed = str((since - _EPOCH) // timedelta(milliseconds=1))
    filters = [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": changed}]
    if cursor is not None:
        filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": cursor})
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": list(properties),
        "limit": FOUND,
    }


def _page(reply: HttpReply, account: Account, position: PullPosition) -> PullAnswer:
    results = members(reply.json, "results")
    if isinstance(results, PullWaits):
        return results
    listed = position.since is None
    following = as_object(as_object(reply.json.get("paging")).get("next"))
    after = as_id(following.get("after"))
    if after is not None and not listed:
        after = as_id(as_object(results[-1]).get("id")) if results else None
    if following and (after is None or after == position.cursor):
        return STUCK
    delivery = WebhookRequest({}, to_bytes(page_of(account.id, results)))
    return Page(delivery, after, _left_alone(reply.headers) if listed else _BETWEEN_SEARCHES)


def _left_alone(headers: Mapping[str, str]) -> float:
    """How long to wait when the last question of an interval was used."""
    left = seconds(headers.get("x-hubspot-ratelimit-remaining"))
    return _INTERVAL if left is not None and left < 1 else 0.0
