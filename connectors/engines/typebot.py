"""Typebot, self-hosted or typebot.io, over its chat API.

Source: Typebot documentation, "API reference: Start chat, Continue chat", and `packages/chat-api/src/schemas.ts` of
baptisteArno/typebot.io.

    POST <url>/api/v1/typebots/<bot>/startChat
    {"message": {"type": "text", "text"}, "prefilledVariables": {...}, "isStreamEnabled": false,
     "textBubbleContentFormat": "markdown"}
    -> {"sessionId", "messages": [{"id", "type", "content"}], "input"?: {"type", "items"?}}
    POST <url>/api/v1/sessions/<session>/continueChat
    {"message": {"type": "text", "text"}, "textBubbleContentFormat": "markdown"}

The values of the settings are set when a session begins, and at no other time: a flow that needs fresh ones asks for
them by an HTTP block (`GET /v1/context`). A flow that does not begin with an input does not see the first message, as
Typebot documents it. A session that Typebot does not know any more (404), or whose flow has ended (no `input`), begins
anew.
"""

from collections.abc import Mapping
from typing import Any

from connectors.engines.answers import Told, choice, words
from connectors.engines.calling import Call, Failed, asked, bearer, segment
from connectors.engines.sessions import Sessions
from connectors.http import HttpClient
from middleware.domain.engine_reading import Unreadable, list_of, object_of, text_of
from middleware.domain.engines import EngineAnswer, Question
from middleware.ports import EngineSetup

_NOT_FOUND = 404
_EMBEDDED = frozenset({"embed", "custom-embed"})
_SITES = frozenset({"youtube", "vimeo", "tiktok", "gumlet"})
_OPEN_INPUTS = frozenset(
    {
        "text input", "number input", "email input", "url input", "phone number input", "date input", "time input",
        "rating input",
    }
)  # fmt: skip
"""Inputs that are answered by writing."""


class Typebot:
    """The engine `typebot`. `bot` is the public id of the typebot."""

    once = False

    def __init__(self, setup: EngineSetup, http: HttpClient) -> None:
        self._setup = setup
        self._http = http
        if not setup.bot:
            raise ValueError("needs `bot`: the public id of the typebot")
        self._bot = setup.bot
        self._sessions = Sessions()

    async def ask(
        self,
        question: Question,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> EngineAnswer:
        """See `Engine.ask`."""

        async def conversation(call: Call) -> EngineAnswer:
            authorized = call.with_headers(bearer(self._setup))
            body = await self._continued(authorized, question)
            if body is None:
                body = await self._started(authorized, question)
            if body.get("input") is None:
                self._sessions.forget(question.conversation)
            return _answer(body)

        return await asked(self._setup, self._http, timeout, conversation)

    async def _continued(self, call: Call, question: Question) -> Mapping[str, Any] | None:
        """The answer of the session that there is; None if there is none any more."""
        session = self._sessions.get(question.conversation)
        if session is None:
            return None
        path = f"/api/v1/sessions/{segment(session)}/continueChat"
        try:
            reply = await call.post(path, {"message": _message(question), **_FORMAT}, "continueChat")
        except Failed as failed:
            if failed.status != _NOT_FOUND:
                raise
            self._sessions.forget(question.conversation)
            return None
        return object_of(reply.json, "the answer")

    async def _started(self, call: Call, question: Question) -> Mapping[str, Any]:
        path = f"/api/v1/typebots/{segment(self._bot)}/startChat"
        body = {
            "message": _message(question),
            "prefilledVariables": question.values,
            "isStreamEnabled": False,
            **_FORMAT,
        }
        started = object_of((await call.post(path, body, "startChat")).json, "the answer")
        session = text_of(started.get("sessionId"), "sessionId")
        if not session:
            raise Unreadable("sessionId is missing")
        self._sessions.keep(question.conversation, session)
        return started


_FORMAT = {"textBubbleContentFormat": "markdown"}


def _message(question: Question) -> dict[str, str]:
    return {"type": "text", "text": words(question)}


def _answer(body: Mapping[str, Any]) -> EngineAnswer:
    told = Told()
    for place, each in enumerate(list_of(body.get("messages"), "messages")):
        bubble = object_of(each, f"messages[{place}]")
        _tell(told, bubble, f"messages[{place}]")
    if body.get("input") is not None:
        _offer(told, object_of(body["input"], "input"))
    return told.answer()


def _tell(told: Told, bubble: Mapping[str, Any], where: str) -> None:
    kind = text_of(bubble.get("type"), f"{where}.type")
    content = object_of(bubble.get("content"), f"{where}.content")
    form = text_of(content.get("type"), f"{where}.content.type")
    if kind == "text" and form == "markdown":
        told.say(text=content.get("markdown"))
    elif kind in _EMBEDDED or (kind == "video" and form in _SITES):
        told.say(text=content.get("url"))
    elif kind in {"image", "video", "audio"}:
        told.say(media={"type": kind, "url": content.get("url")})
    else:
        told.leave_out(where, "a bubble of no kind that can be shown")


def _offer(told: Told, given: Mapping[str, Any]) -> None:
    """What can be pressed. Typebot takes the words of a choice for the choice."""
    kind = text_of(given.get("type"), "input.type")
    items = [
        object_of(each, f"input.items[{number}]")
        for number, each in enumerate(list_of(given.get("items"), "input.items"))
    ]
    if kind == "choice input":
        told.say(quick_replies=[choice(each.get("content"), each.get("value")) for each in items])
    elif kind == "picture choice input":
        told.say(
            cards=[
                {
                    "title": each.get("title"),
                    "subtitle": each.get("description"),
                    "image_url": each.get("pictureSrc"),
                    "buttons": [choice(each.get("title"))],
                }
                for each in items
            ]
        )
    elif kind not in _OPEN_INPUTS:
        told.leave_out("input", "an input of no kind that can be shown")
