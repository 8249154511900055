"""A stand-in for the APIs that sources are pulled from: HubSpot's contacts, Zendesk's exports, Shopify's lists.

It pages, authorises and refuses as they document, and misbehaves when told to. Source: HubSpot developers, "CRM API:
Contacts" and "CRM search"; Zendesk developers, "Incremental exports"; Shopify Admin REST API, "Pagination" and "Rate
limits".
"""

import asyncio
import base64
import json
import socket
import struct
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from connectors.testing.behaviour import Behaviour, Cut
from connectors.testing.graph_api import Answer

Trouble = Callable[[int], Behaviour | None]
"""From the number of the question, from 1, to what becomes of it; None: the ordinary answer."""

_RESET = struct.pack("ii", 1, 0)
_MOST_FOUND = 10_000


@dataclass
class SourceApis:
    """The three APIs on one address, with what is in them. Records are as the APIs write them; `token` opens all."""

    token: str = "source-token"  # noqa: S105 - made up
    contacts: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    customers: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 1000
    """At most so many a page, whatever is asked for."""
    trouble: Trouble = lambda _: None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Path and query (or searched body) of every question."""
    answered: Counter[int] = field(default_factory=Counter)
    url: str = ""

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/crm/v3/objects/contacts", self._contacts)
        app.router.add_post("/crm/v3/objects/contacts/search", self._search)
        app.router.add_get("/api/v2/incremental/{stream}/cursor", self._export)
        app.router.add_get("/admin/api/{version}/{stream}.json", self._list)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _contacts(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        after, limit = int(query.get("after", "0")), self._limit(query.get("limit"), 100)
        rest = sorted((each for each in self.contacts if int(each["id"]) > after), key=lambda each: int(each["id"]))
        page = rest[:limit]
        last = page[-1]["id"] if page else ""
        following = {"next": {"after": last, "link": f"{self.url}{request.path}?after={last}"}}
        wanted = query.get("properties", "").split(",")
        body = {"results": _shown(page, wanted), **({"paging": following} if len(rest) > limit else {})}
        return await self._answer(request, query, body, self._bearer(request), {"X-HubSpot-RateLimit-Remaining": "99"})

    async def _search(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        found = [each for each in self.contacts if _matches(each, said["filterGroups"][0]["filters"])]
        found.sort(key=lambda each: int(each["id"]))
        start, limit = int(said.get("after", 0)), self._limit(said.get("limit"), 200)
        if start + limit > _MOST_FOUND:
            return await self._answer(request, said, {}, self._bearer(request), {}, status=400)
        page = found[start : start + limit]
        more = {"paging": {"next": {"after": str(start + limit)}}} if start + limit < len(found) else {}
        body = {"total": len(found), "results": _shown(page, said["properties"]), **more}
        return await self._answer(request, said, body, self._bearer(request), {})

    async def _export(self, request: web.Request) -> web.StreamResponse:
        query, stream = dict(request.query), request.match_info["stream"]
        records: list[dict[str, Any]] = getattr(self, stream)
        at, own = _place(query)
        changed = sorted((_seconds(each), int(each["id"]), each) for each in records if _seconds(each) >= at)
        rest = [each for each in changed if own is None or (each[0], each[1]) > (at, own)]
        page = rest[: self._limit(query.get("per_page"), 1000)]
        last = (page[-1][0], page[-1][1]) if page else (at, own or 0)
        cursor = base64.b64encode(f"{last[0]}||{last[1]}".encode()).decode()
        body = {
            stream: [each[2] for each in page],
            "after_cursor": cursor,
            "after_url": f"{self.url}{request.path}?cursor={cursor}",
            "end_of_stream": len(page) == len(rest),
        }
        return await self._answer(request, query, body, self._zendesk(request), {})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        query, stream = dict(request.query), request.match_info["stream"]
        records: list[dict[str, Any]] = getattr(self, stream)
        allowed = request.headers.get("X-Shopify-Access-Token") == self.token
        if "page_info" in query and set(query) - {"page_info", "limit", "fields"}:
            return await self._answer(request, query, {}, allowed, {}, status=400)
        if "ids" in query:
            wanted = set(query["ids"].split(","))
            records = [each for each in records if str(each["id"]) in wanted]
        start, since = _page_info(query)
        found = sorted((each for each in records if each["updated_at"] >= since), key=lambda each: each["updated_at"])
        limit = self._limit(query.get("limit"), 250)
        headers = {"X-Shopify-Shop-Api-Call-Limit": f"{min(len(self.asked) + 1, 40)}/40"}
        if start + limit < len(found):
            info = base64.urlsafe_b64encode(json.dumps([start + limit, since]).encode()).decode()
            headers["Link"] = f'<{self.url}{request.path}?limit={limit}&page_info={info}>; rel="next"'
        return await self._answer(request, query, {stream: found[start : start + limit]}, allowed, headers)

    def _limit(self, asked: object, most: int) -> int:
        return min(int(str(asked)) if asked is not None else most, most, self.page_size)

    def _bearer(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    def _zendesk(self, request: web.Request) -> bool:
        basic = "Basic " + base64.b64encode(f"agent@glow.example/token:{self.token}".encode()).decode()
        return self._bearer(request) or request.headers.get("Authorization") == basic

    async def _answer(
        self,
        request: web.Request,
        said: Mapping[str, Any],
        body: Mapping[str, Any],
        allowed: bool,  # noqa: FBT001 - the verdict on the token
        headers: Mapping[str, str],
        status: int = 200,
    ) -> web.StreamResponse:
        self.asked.append((request.path, dict(said)))
        behaviour = self.trouble(len(self.asked)) or Behaviour()
        await asyncio.sleep(behaviour.delay)
        answer = behaviour.answer or Answer.of(status if allowed else 401, dict(body), dict(headers))
        self.answered[answer.status] += 1
        return await _respond(request, behaviour, answer)


def _shown(contacts: Sequence[Mapping[str, Any]], properties: Sequence[str]) -> list[dict[str, Any]]:
    """The contacts with the properties that were asked for, null where there are none."""
    return [{**each, "properties": {name: each["properties"].get(name) for name in properties}} for each in contacts]


def _matches(contact: Mapping[str, Any], filters: Sequence[Mapping[str, str]]) -> bool:
    moment = datetime.fromisoformat(contact["updatedAt"])
    values = {"lastmodifieddate": int(moment.timestamp() * 1000), "hs_object_id": int(contact["id"])}
    tests = {"GTE": int.__ge__, "GT": int.__gt__}
    return all(tests[each["operator"]](values[each["propertyName"]], int(each["value"])) for each in filters)


def _seconds(record: Mapping[str, Any]) -> int:
    return int(datetime.fromisoformat(record["updated_at"]).astimezone(UTC).timestamp())


def _place(query: Mapping[str, str]) -> tuple[int, int | None]:
    if "cursor" not in query:
        return int(query["start_time"]), None
    at, _, own = base64.b64decode(query["cursor"]).decode().partition("||")
    return int(at), int(own)


def _page_info(query: Mapping[str, str]) -> tuple[int, str]:
    if "page_info" not in query:
        return 0, query.get("updated_at_min", "")
    start, since = json.loads(base64.urlsafe_b64decode(query["page_info"]))
    return int(start), str(since)


async def _respond(request: web.Request, behaviour: Behaviour, answer: Answer) -> web.StreamResponse:
    headers = {"Content-Type": "application/json; charset=utf-8", **answer.headers}
    if behaviour.cut is Cut.NOWHERE:
        return web.Response(status=answer.status, body=answer.body, headers=headers)
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(answer.body)
    if behaviour.cut is Cut.IN_ANSWER:
        await response.prepare(request)
        await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        if behaviour.cut is Cut.BEFORE_ANSWER:
            request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        request.transport.abort()
    return response
