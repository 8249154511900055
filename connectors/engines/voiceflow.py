"""Voiceflow, over its Conversations API, version 4.

Source: Voiceflow documentation, "Start session", "Interact (non-stream)", "Traces". A session belongs to one user;
starting another one ends it. Its key, and not the API key, lets in to `interact`.

    POST <url>/v4/project/<project>[/environment/<environment>]/session      authorization: <API key>
    {"userID": <conversation>} -> {"sessionKey"}
    POST <url>/v4/interact                                                  authorization: <session key>
    {"action": {"type": "launch"}, "variables": {...}}                       once, when a session is new
    {"action": {"type": "text", "payload": <text>}, "variables": {...}} -> {"traces": [{"type", "payload"}, ...]}

`bot` is the project, or `project/environment`. The values of the settings are set as variables with each message, and
with them `throughline_context` and `throughline_prompt`. A custom action named `hand_over` asks for a person. A new
session is launched first, and what the agent says to that comes before its answer.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from connectors.engines.answers import Message, Told, choice, first_filled, link, picture, words
from connectors.engines.calling import Call, Failed, asked, segment
from connectors.engines.sessions import Sessions
from connectors.http import HttpClient
from middleware.domain.engine_reading import Unreadable, list_of, object_of, text_of
from middleware.domain.engines import EngineAnswer, Question
from middleware.ports import EngineSetup

_EXPIRED = frozenset({401, 403, 404})
_PATH = "path-"
_UNSEEN = frozenset({"path", "flow", "block", "debug", "log", "no-reply", "speak-end", "completion-end"})
Traces = list[Mapping[str, Any]]


class Voiceflow:
    """The engine `voiceflow`. `token` is the API key, `bot` the project, or `project/environment`."""

    once = False

    def __init__(self, setup: EngineSetup, http: HttpClient) -> None:
        self._setup = setup
        self._http = http
        project, _, environment = (setup.bot or "").partition("/")
        if not project:
            raise ValueError("needs `bot`: the id of the project, or project/environment")
        if setup.token is None:
            raise ValueError("needs `token`: the API key")
        self._key = {"authorization": setup.token.get_secret_value()}
        place = f"/v4/project/{segment(project)}"
        self._start = f"{place}/environment/{segment(environment)}/session" if environment else f"{place}/session"
        self._sessions = Sessions()

    async def ask(
        self,
        question: Question,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> EngineAnswer:
        """See `Engine.ask`."""

        async def conversation(call: Call) -> EngineAnswer:
            traces = await self._continued(call, question)
            if traces is None:
                traces = await self._begun(call, question)
            if any(trace.get("type") == "end" for trace in traces):
                self._sessions.forget(question.conversation)
            return _answer(traces)

        return await asked(self._setup, self._http, timeout, conversation)

    async def _continued(self, call: Call, question: Question) -> Traces | None:
        """What is said in the session that there is; None if there is none any more."""
        key = self._sessions.get(question.conversation)
        if key is None:
            return None
        try:
            return await _interact(call, key, _action(question), question)
        except Failed as failed:
            if failed.status not in _EXPIRED:
                raise
            self._sessions.forget(question.conversation)
            return None

    async def _begun(self, call: Call, question: Question) -> Traces:
        """What is said in a new session: to being launched, and to the message."""
        body = {"userID": question.conversation}
        started = object_of((await call.with_headers(self._key).post(self._start, body, "session")).json, "the answer")
        key = text_of(started.get("sessionKey"), "sessionKey")
        if not key:
            raise Unreadable("sessionKey is missing")
        launched = await _interact(call, key, {"type": "launch"}, question)
        self._sessions.keep(question.conversation, key)
        if any(trace.get("type") == "end" for trace in launched):
            return launched
        said = await _interact(call, key, _action(question), question)
        return [*launched, *said]


async def _interact(call: Call, key: str, action: Mapping[str, Any], question: Question) -> Traces:
    body = {"action": action, "variables": _variables(question)}
    reply = await call.with_headers({"authorization": key}).post("/v4/interact", body, str(action["type"])[:20])
    traces = list_of(object_of(reply.json, "the answer").get("traces"), "traces")
    return [object_of(each, f"traces[{place}]") for place, each in enumerate(traces)]


def _action(question: Question) -> dict[str, Any]:
    """A pressed button of the agent carries the way that it opens; everything else is text."""
    if question.payload is not None and question.payload.startswith(_PATH):
        return {"type": question.payload, "payload": {"label": question.text}}
    return {"type": "text", "payload": words(question)}


def _variables(question: Question) -> dict[str, Any]:
    context = orjson.dumps(question.context).decode()
    return {**question.values, "throughline_context": context, "throughline_prompt": question.prompt}


def _answer(traces: Traces) -> EngineAnswer:
    told = Told()
    for place, trace in enumerate(traces):
        where = f"traces[{place}]"
        kind = text_of(trace.get("type"), f"{where}.type")
        if kind == "hand_over":
            payload = trace.get("payload")
            told.hand_over = payload if isinstance(payload, str) and payload else True
        elif kind not in _UNSEEN and kind != "end":
            _tell(told, kind, object_of(trace.get("payload") or {}, f"{where}.payload"), f"{where}.payload")
    return told.answer()


def _tell(told: Told, kind: str, payload: Mapping[str, Any], where: str) -> None:
    if kind in {"text", "speak"}:
        told.say(text=payload.get("message"))
    elif kind == "visual":
        told.say(media=picture(payload.get("image")))
    elif kind == "choice":
        told.say(quick_replies=_buttons(payload, where))
    elif kind == "cardV2":
        told.say(cards=[_card(payload, where)])
    elif kind == "carousel":
        cards = list_of(payload.get("cards"), f"{where}.cards")
        told.say(cards=[_card(object_of(each, f"{where}.cards[]"), f"{where}.cards[]") for each in cards])
    else:
        told.leave_out(where, "a trace of no kind that can be shown")


def _card(card: Mapping[str, Any], where: str) -> Message:
    description = card.get("description")
    return {
        "title": card.get("title"),
        "subtitle": description.get("text") if isinstance(description, dict) else description,
        "image_url": first_filled(card.get("imageUrl")),
        "buttons": _buttons(card, where),
    }


def _buttons(owner: Mapping[str, Any], where: str) -> list[Message]:
    found: list[Message] = []
    for place, each in enumerate(list_of(owner.get("buttons"), f"{where}.buttons")):
        at = f"{where}.buttons[{place}]"
        button = object_of(each, at)
        request = object_of(button.get("request") or {}, f"{at}.request")
        kind, given = text_of(request.get("type"), f"{at}.request.type"), request.get("payload")
        payload = {"query": given} if isinstance(given, str) else object_of(given or {}, f"{at}.request.payload")
        title = first_filled(button.get("name"), payload.get("label"), payload.get("query"))
        address = _address(payload)
        if address is not None:
            found.append(link(title, address))
        else:
            found.append(choice(title, kind if kind.startswith(_PATH) else payload.get("query")))
    return found


def _address(payload: Mapping[str, Any]) -> object:
    """Where a button leads that opens a page."""
    actions = payload.get("actions")
    for each in actions if isinstance(actions, list) else ():
        if isinstance(each, dict) and each.get("type") == "open_url" and isinstance(each.get("payload"), dict):
            return each["payload"].get("url")
    return None
