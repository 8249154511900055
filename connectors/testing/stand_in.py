"""The stand-in itself: a server on this machine that answers as the Graph API does."""

import asyncio
import dataclasses
import json
import os
import socket
import struct
import uuid
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, ClientTimeout, web

from connectors.testing import graph_api
from connectors.testing.asked import Shelf
from connectors.testing.behaviour import Behaviour, Cut, Rule
from connectors.testing.callbacks import Callback, CalledBack, call_back
from connectors.testing.checks import ApprovedTemplate, Content, Known
from connectors.testing.graph_api import Answer, ApiError, GraphRequest, SentMessage, usage_headers
from connectors.testing.rules import read
from connectors.testing.uploads import UploadedFile, read_upload

_ORDINARY = Behaviour()
_LARGEST = 128 * 1024 * 1024
"""Bytes of a request: more than the largest file that any channel takes."""
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""Linger for no time at all: closing then resets the connection."""


class GraphStandIn:
    """Answers `POST /[version/]{id}/messages` for Messenger, Instagram and WhatsApp, and uploads (`/media`,
    `/message_attachments`); and `GET` from its `shelf`.

    `tokens` are the access tokens that are let in (none given: any). `instagram` names the ids, in the path
    or of the recipient, that belong to Instagram; its requests look like Messenger's. `templates` are the ones that
    are approved. A file can be sent once it was uploaded; `media` are ids of files that were before. `callbacks` are
    told about what was sent as the platform would. Every accepted message is appended to `ledger` as one line of
    JSON before it is answered. Use it with `async with`, or `start` and `close` it.
    """

    def __init__(
        self,
        *,
        tokens: Collection[str] = (),
        instagram: Collection[str] = (),
        callbacks: Sequence[Callback] = (),
        templates: Sequence[ApprovedTemplate] = (),
        media: Collection[str] = (),
        ledger: Path | None = None,
    ) -> None:
        self.sent: list[SentMessage] = []
        self.uploaded: list[UploadedFile] = []
        self.requests: list[GraphRequest] = []
        self.called_back: list[CalledBack] = []
        self.url = ""
        self.shelf = Shelf(frozenset(tokens))
        self._tokens = frozenset(tokens)
        self._instagram = frozenset(instagram) | _instagram_paths(callbacks)
        self._callbacks = tuple(callbacks)
        self._templates = tuple(templates)
        self._media = frozenset(media)
        self._ledger = ledger
        self._queue: deque[Behaviour] = deque()
        self._rule: Rule | None = None
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one. `url` is set then, without a slash at the end."""
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/{path:.*}", self._handle)
        app.router.add_get("/{path:.*}", self._handle_question, allow_head=False)
        self._session = ClientSession(timeout=ClientTimeout(total=10))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0])

    async def close(self) -> None:
        """Stop listening; what is under way is cut off. Closing twice is allowed."""
        for call in tuple(self._calls):
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def fail_next(self, *behaviours: Behaviour) -> None:
        """Behave like this for the next requests, one each, then as before."""
        self._queue.extend(behaviours)

    def behave(self, rule: Rule | Behaviour | None) -> None:
        """Behave like this from now on; None is the ordinary way. `fail_next` comes first."""
        self._rule = (lambda _: rule) if isinstance(rule, Behaviour) else rule

    async def settled(self) -> None:
        """Wait until every webhook about the messages sent so far was taken or given up."""
        while self._calls:
            await asyncio.gather(*self._calls)

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        request = await self._record_request(http)
        behaviour = self._next_behaviour(request)
        await asyncio.sleep(behaviour.delay)
        try:
            ordinary = self._accept(request, behaviour.usage) if behaviour.accepts else None
        except ApiError as error:
            return _response(error.answer(usage_headers(request, behaviour.usage)))
        await asyncio.sleep(behaviour.answer_delay)
        return await _respond(http, behaviour, behaviour.answer or ordinary or Answer(200, b""))

    async def _handle_question(self, http: web.Request) -> web.StreamResponse:
        return await self.shelf.answer(http, await self._request(http))

    async def _record_request(self, http: web.Request) -> GraphRequest:
        request = await self._request(http)
        self.requests.append(request)
        return request

    async def _request(self, http: web.Request) -> GraphRequest:
        body = await http.read()
        content = graph_api.parsed(body)
        return GraphRequest(
            path=http.path,
            query=dict(http.query),
            headers={name.lower(): value for name, value in http.headers.items()},
            body=body,
            at=datetime.now(UTC),
            content=content,
            channel=self._channel(http.path, content or {}),
        )

    def _channel(self, path: str, content: Mapping[str, Any]) -> str:
        if content.get("messaging_product") == "whatsapp" or path.endswith("/media"):
            return "whatsapp"
        recipient = content.get("recipient")
        named = {*path.split("/"), recipient.get("id") if isinstance(recipient, dict) else None}
        return "messenger" if self._instagram.isdisjoint(named) else "instagram"

    def _next_behaviour(self, request: GraphRequest) -> Behaviour:
        if self._queue:
            return self._queue.popleft()
        return (self._rule(request) if self._rule else None) or _ORDINARY

    def _accept(self, request: GraphRequest, usage: int) -> Answer:
        """Check the request as the platform does, record its message, and give the ordinary answer."""
        graph_api.authorise(request, self._tokens)
        path_id = graph_api.path_id_of(request)
        if request.edge != "messages":
            return self._take_file(request, path_id, usage)
        body = graph_api.content_of(request)
        content = read(request.channel, body, Known(self._templates, self._known_files(path_id)))
        message_id = _message_id(request.channel)
        if content.said:
            self._record(request, path_id, content, message_id)
        answer = _confirmation(request.channel, content, body, message_id)
        return Answer.of(200, answer, usage_headers(request, usage))

    def _known_files(self, path_id: str) -> frozenset[str]:
        return self._media | {file.media_id for file in self.uploaded if file.path_id == path_id}

    def _take_file(self, request: GraphRequest, path_id: str, usage: int) -> Answer:
        file = read_upload(request, path_id, str(uuid.uuid4().int)[:16])
        self.uploaded.append(file)
        name = "id" if request.edge == "media" else "attachment_id"
        return Answer.of(200, {name: file.media_id}, usage_headers(request, usage))

    def _record(self, request: GraphRequest, path_id: str, content: Content, message_id: str) -> None:
        sent = SentMessage(
            message_id=message_id,
            path_id=path_id,
            channel=request.channel,
            recipient=content.recipient,
            text=content.text,
            quick_replies=content.quick_replies,
            key=content.key,
            at=request.at,
            body=request.content or {},
        )
        self.sent.append(sent)
        if self._ledger is not None:
            _append(self._ledger, sent)
        for callback in self._callbacks:
            if callback.fits(sent):
                self._call(callback, sent)

    def _call(self, callback: Callback, sent: SentMessage) -> None:
        call = asyncio.get_running_loop().create_task(self._call_back(callback, sent))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _call_back(self, callback: Callback, sent: SentMessage) -> None:
        if self._session is not None:
            self.called_back.extend(await call_back(self._session, callback, sent))


def _instagram_paths(callbacks: Sequence[Callback]) -> frozenset[str]:
    """The path ids of Instagram's callbacks, without Pages that Messenger sends by too."""
    paths: dict[str, set[str]] = {"messenger": set(), "instagram": set(), "whatsapp": set()}
    for callback in callbacks:
        paths[callback.connector].add(callback.path_id or callback.account)
    return frozenset(paths["instagram"] - paths["messenger"])


def _message_id(channel: str) -> str:
    return ("wamid." if channel == "whatsapp" else "m_") + uuid.uuid4().hex


def _confirmation(channel: str, content: Content, body: Mapping[str, Any], message_id: str) -> dict[str, Any]:
    if channel == "whatsapp":
        return _whatsapp_confirmation(content, body, message_id) if content.said else {"success": True}
    person = {} if "id" not in body["recipient"] else {"recipient_id": content.recipient}
    return {**person, "message_id": message_id} if content.said else person


def _whatsapp_confirmation(content: Content, body: Mapping[str, Any], message_id: str) -> dict[str, Any]:
    named = {"wa_id": content.recipient.lstrip("+")} if body.get("to") else {"user_id": content.recipient}
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": content.recipient, **named}],
        "messages": [{"id": message_id, "message_status": "accepted"}],
    }


def _append(ledger: Path, sent: SentMessage) -> None:
    with ledger.open("a", encoding="ascii") as lines:
        lines.write(json.dumps({**dataclasses.asdict(sent), "at": sent.at.isoformat()}) + "\n")


def _headers(answer: Answer) -> dict[str, str]:
    return {"Content-Type": "application/json; charset=UTF-8", **answer.headers}


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=_headers(answer))


async def _respond(http: web.Request, behaviour: Behaviour, answer: Answer) -> web.StreamResponse:
    if behaviour.cut is Cut.NOWHERE:
        return _response(answer)
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    response.content_length = len(answer.body)
    if behaviour.cut is Cut.IN_ANSWER:
        await response.prepare(http)
        await response.write(answer.body[: len(answer.body) // 2])
    _cut(http, reset=behaviour.cut is Cut.BEFORE_ANSWER)
    return response


def _cut(http: web.Request, *, reset: bool) -> None:
    if http.transport is None:
        return
    if reset:
        # Not with half an answer on its way: a reset could throw away what the other side has not read yet.
        http.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    http.transport.abort()
