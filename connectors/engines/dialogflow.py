"""Dialogflow CX (Conversational Agents), over its REST API.

Source: Dialogflow CX documentation, REST v3, "projects.locations.agents.sessions.detectIntent" (`QueryInput`,
`QueryParameters`, `ResponseMessage`), and "Dialogflow Messenger fulfillment" for what stands in a custom payload.

    POST <url>/v3/<bot>/sessions/<session>:detectIntent         Authorization: Bearer <token>
    {"queryInput": {"text": {"text"}, "languageCode"}, "queryParams": {"parameters": {...}, "payload": {...}}}
    -> {"queryResult": {"responseMessages": [{"text": {"text": [...]}} | {"payload"} | {"liveAgentHandoff"} | ...]}}

`<url>` is the region's address, `https://europe-west1-dialogflow.googleapis.com`; `<bot>` is
`projects/<project>/locations/<region>/agents/<agent>`, with `/environments/<environment>` behind it or not. A session's
id has 36 characters at most, so it is a digest of the conversation. `token` is a token, or the JSON of a service
account's key. The values of the settings are session parameters; the context goes to webhooks as the payload. Asking is
not idempotent and is never done again.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from connectors.engines.answers import Message, Told, choice, first_filled, link, only_choices, picture, words
from connectors.engines.calling import Call, Failed, asked, segment
from connectors.engines.google import GoogleToken
from connectors.http import HttpClient
from middleware.domain.engine_reading import list_of, object_of, text_of
from middleware.domain.engines import EngineAnswer, Question
from middleware.domain.text import fitted
from middleware.ports import EngineSetup

LONGEST_QUESTION = 256
"""Characters of a text that Dialogflow CX takes; a longer one is cut between words."""

_AGENT = re.compile(r"projects/[^/]+/locations/[^/]+/agents/[^/]+(?:/environments/[^/]+)?")
_LETTERS_OF_A_SESSION = 36
_NOT_LET_IN = 401
_UNSEEN = frozenset({"endInteraction", "conversationSuccess", "channel", "responseType", "knowledgeInfoCard"})


class Dialogflow:
    """The engine `dialogflow`. `bot` is the agent's whole name."""

    once = False

    def __init__(self, setup: EngineSetup, http: HttpClient) -> None:
        self._setup = setup
        self._http = http
        if not _AGENT.fullmatch(setup.bot or ""):
            raise ValueError("needs `bot`: projects/.../locations/.../agents/...[/environments/...]")
        if setup.token is None:
            raise ValueError("needs `token`: a token, or the JSON of a service account's key")
        self._agent = "/".join(map(segment, (setup.bot or "").split("/")))
        self._token = GoogleToken(setup.token)

    async def ask(
        self,
        question: Question,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> EngineAnswer:
        """See `Engine.ask`."""
        session = hashlib.sha256(question.conversation.encode(errors="surrogatepass")).hexdigest()

        async def conversation(call: Call) -> EngineAnswer:
            authorized = call.with_headers(await self._token.header(call))
            path = f"/v3/{self._agent}/sessions/{session[:_LETTERS_OF_A_SESSION]}:detectIntent"
            try:
                reply = await authorized.post(path, _body(question), "detectIntent")
            except Failed as failed:
                if failed.status == _NOT_LET_IN:
                    self._token.refused()
                raise
            return _answer(reply.json)

        return await asked(self._setup, self._http, timeout, conversation)


def _body(question: Question) -> dict[str, Any]:
    return {
        "queryInput": {
            "text": {"text": fitted(words(question), LONGEST_QUESTION)},
            "languageCode": question.locale.replace("_", "-"),
        },
        "queryParams": {
            "parameters": question.values,
            "payload": {
                "turn": question.turn,
                "channel": question.channel,
                "context": question.context,
                "prompt": question.prompt,
            },
        },
    }


def _answer(body: object) -> EngineAnswer:
    result = object_of(object_of(body, "the answer").get("queryResult"), "queryResult")
    told = Told()
    for place, each in enumerate(list_of(result.get("responseMessages"), "responseMessages")):
        where = f"responseMessages[{place}]"
        _tell(told, object_of(each, where), where)
    return told.answer()


def _tell(told: Told, message: Mapping[str, Any], where: str) -> None:
    if "text" in message:
        texts = list_of(object_of(message["text"], f"{where}.text").get("text"), f"{where}.text.text")
        for each in texts:
            told.say(text=each)
    elif "liveAgentHandoff" in message:
        metadata = object_of(message["liveAgentHandoff"], where).get("metadata")
        told.hand_over = (metadata.get("reason") if isinstance(metadata, dict) else None) or True
    elif "payload" in message:
        payload = object_of(message["payload"], f"{where}.payload")
        for row in list_of(payload.get("richContent"), f"{where}.payload.richContent"):
            _tell_row(told, row, f"{where}.payload.richContent")
        if "richContent" not in payload:
            told.leave_out(f"{where}.payload", "a custom payload without richContent")
    elif not message.keys() <= _UNSEEN:
        told.leave_out(where, "a message of no kind that can be shown")


def _tell_row(told: Told, row: object, where: str) -> None:
    """One row of Dialogflow Messenger's rich content: what belongs together there."""
    for place, each in enumerate(list_of(row, f"{where}[]")):
        at = f"{where}[][{place}]"
        element = object_of(each, at)
        kind = text_of(element.get("type"), f"{at}.type")
        if kind == "description":
            texts = [text_of(line, f"{at}.text[]") for line in list_of(element.get("text"), f"{at}.text")]
            told.say(text="\n".join([text_of(element.get("title"), f"{at}.title"), *texts]).strip())
        elif kind == "chips":
            _offer(
                told, [object_of(chip, f"{at}.options[]") for chip in list_of(element.get("options"), f"{at}.options")]
            )
        elif kind == "button":
            _offer(told, [element])
        elif kind == "image":
            told.say(media=picture(first_filled(element.get("rawUrl"), element.get("reference"))))
        elif kind in {"info", "list", "card"}:
            told.say(cards=[_card(element)])
        else:
            told.leave_out(at, "rich content of no kind that can be shown")


def _offer(told: Told, options: list[Mapping[str, Any]]) -> None:
    buttons: list[Message] = [
        link(each.get("text"), each["link"]) if each.get("link") else choice(each.get("text")) for each in options
    ]
    if only_choices(buttons):
        told.say(quick_replies=buttons)
    else:
        told.say(text=buttons[0]["title"] if len(buttons) == 1 else "↓", buttons=buttons)


def _card(element: Mapping[str, Any]) -> Message:
    image = element.get("image")
    source = image.get("src") if isinstance(image, dict) else None
    address = source.get("rawUrl") if isinstance(source, dict) else None
    buttons = [link(element.get("title"), element["actionLink"])] if element.get("actionLink") else []
    return {
        "title": element.get("title"),
        "subtitle": element.get("subtitle"),
        "image_url": first_filled(address),
        "buttons": buttons,
    }
