"""Pulling a page: a source whose cursor leads nowhere ends the run instead of being asked for ever."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr
from scripted_server import ScriptedServer

from connectors.http import HttpClient
from connectors.sources.hubspot import HubSpot
from connectors.sources.shopify import Shopify
from connectors.sources.zendesk import Zendesk
from middleware.ports import Account, PullPosition, PullRefused
from tests.stand_ins import says

HERE = "c1"
LINK = {"Link": f'<https://glow.myshopify.com/admin/api/x/orders.json?page_info={HERE}>; rel="next"'}


@pytest.mark.parametrize(
    ("source", "stream", "body", "headers"),
    [
        (Shopify, "orders", {"orders": []}, LINK),
        (HubSpot, "contacts", {"results": [], "paging": {"next": {"after": HERE}}}, {}),
        (HubSpot, "contacts", {"results": [], "paging": {"next": {"link": "?"}}}, {}),
        (Zendesk, "tickets", {"tickets": [], "end_of_stream": False, "after_cursor": HERE}, {}),
        (Zendesk, "tickets", {"tickets": [], "end_of_stream": False}, {}),
    ],
)
async def test_a_cursor_that_leads_nowhere_is_given_up(
    source: type[Shopify | HubSpot | Zendesk], stream: str, body: Any, headers: Mapping[str, str]
) -> None:
    """The page is refused, and the next run begins again: behind this cursor there is nothing to be had."""
    async with ScriptedServer(says(200, body, headers)) as server, HttpClient() as http:
        account = Account(
            brand="glow", name="a", connector=source.name, id="1001", token=SecretStr("t"), base_url=server.url
        )
        answer = await source(http).page(account, PullPosition(stream, cursor=HERE), timeout=5.0)
    assert answer == PullRefused("the cursor does not move on", begin_again=True)
