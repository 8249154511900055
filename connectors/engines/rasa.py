"""Rasa (open source, 3.x), over its REST channel and its HTTP API.

Source: Rasa documentation, "Your Own Website, RestInput" and "Rasa HTTP API" (`--enable-api`, `--auth-token`), as of
Rasa 3.6. What it is told before it reads the message are slots, so that its own responses can say `{first_name}`.

    POST <url>/conversations/<conversation>/tracker/events?include_events=NONE&token=<token>    if there are values
    [{"event": "slot", "name", "value"}, ...]
    POST <url>/webhooks/rest/webhook?token=<token>
    {"sender": <conversation>, "message", "input_channel": "rest", "metadata": {"turn", "channel", "context", "prompt"}}
    -> [{"recipient_id", "text"?, "buttons"?: [{"title", "payload"}], "image"?, "attachment"?, "custom"?}, ...]

`[]` is no reply, and what an exception inside Rasa looks like, too: the detail `empty` says so, whoever asks decides.
`custom: {"hand_over": true | "why"}` asks for a person.
"""

from collections.abc import Mapping
from typing import Any

from connectors.engines.answers import Told, choice, picture
from connectors.engines.calling import Call, asked, segment
from connectors.http import HttpClient
from middleware.domain.engine_reading import Unreadable, list_of, object_of, text_of
from middleware.domain.engines import EngineAnswer, EngineOutcome, Question
from middleware.ports import EngineSetup

EMPTY = "empty"

_COMMAND, _NO_COMMAND = "/", "\u2215"
"""Rasa takes a message that begins with a slash for an intent, past all understanding of language: what a button may
say, and a customer may not. A typed one begins with the sign for division instead."""


class Rasa:
    """The engine `rasa`."""

    once = False

    def __init__(self, setup: EngineSetup, http: HttpClient) -> None:
        self._setup = setup
        self._http = http

    async def ask(
        self,
        question: Question,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> EngineAnswer:
        """See `Engine.ask`."""

        async def conversation(call: Call) -> EngineAnswer:
            if question.values:
                slots = [{"event": "slot", "name": name, "value": value} for name, value in question.values.items()]
                place = f"/conversations/{segment(question.conversation)}/tracker/events"
                await call.post(f"{place}?include_events=NONE{self._token('&')}", slots, "slots")
            reply = await call.post(f"/webhooks/rest/webhook{self._token('?')}", _message(question), "message")
            return _answer(reply.json)

        return await asked(self._setup, self._http, timeout, conversation)

    def _token(self, sign: str) -> str:
        """The token where Rasa wants it: in the query."""
        token = self._setup.token
        return "" if token is None else f"{sign}token={segment(token.get_secret_value())}"


def _message(question: Question) -> dict[str, Any]:
    typed = question.text.lstrip()
    safe = typed.replace(_COMMAND, _NO_COMMAND, 1) if typed.startswith(_COMMAND) else question.text
    about = {
        "turn": question.turn,
        "channel": question.channel,
        "context": question.context,
        "prompt": question.prompt,
    }
    return {
        "sender": question.conversation,
        "message": question.payload or safe,
        "input_channel": "rest",
        "metadata": about,
    }


def _answer(body: object) -> EngineAnswer:
    if not isinstance(body, list):
        raise Unreadable("the answer is no list")
    if not body:
        return EngineAnswer(outcome=EngineOutcome.SILENT, detail=EMPTY)
    told = Told()
    for place, each in enumerate(body):
        where = f"[{place}]"
        _tell(told, object_of(each, where), where)
    return told.answer()


def _tell(told: Told, said: Mapping[str, Any], where: str) -> None:
    buttons = [
        choice(button.get("title"), button.get("payload"))
        for number, given in enumerate(list_of(said.get("buttons"), f"{where}.buttons"))
        for button in [object_of(given, f"{where}.buttons[{number}]")]
    ]
    image = said.get("image")
    if image is not None:
        told.say(media=picture(image))
    if said.get("text") or buttons:
        told.say(text=said.get("text"), quick_replies=buttons)
    if said.get("attachment") is not None:
        _attach(told, said["attachment"], f"{where}.attachment")
    custom = said.get("custom")
    if isinstance(custom, dict) and custom.get("hand_over"):
        told.hand_over = custom["hand_over"]
    elif custom is not None:
        told.leave_out(f"{where}.custom", "of no kind that can be shown")


def _attach(told: Told, attachment: object, where: str) -> None:
    """An address, or `{"type": "image" | ..., "payload": {"src" | "url"}}`, as Rasa's own channels write it."""
    if isinstance(attachment, str):
        told.say(media={"type": "file", "url": attachment})
        return
    given = object_of(attachment, where)
    payload = object_of(given.get("payload"), f"{where}.payload")
    kind = text_of(given.get("type"), f"{where}.type")
    told.say(media={"type": kind, "url": payload.get("src") or payload.get("url")})
