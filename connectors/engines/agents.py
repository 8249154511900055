"""Microsoft 365 Agents, and whatever else speaks the Activity protocol, as bots of the Bot Framework do.

Source: microsoft/Agents, `specs/activity/protocol-activity.md`, "Delivery mode" (`expectReplies`), "Message activity",
"Suggested actions", "Attachments", "Event activity"; tried with microsoft-agents-hosting-aiohttp 1.9.0. The answer
comes in the response, so nothing has to be hosted for it.

    POST <url>          the whole address, as `https://bot.example/api/messages`
    Authorization: Bearer <token>, where there is one
    {"type": "message", "id": <turn>, "deliveryMode": "expectReplies", "text", "channelData": {"context", ...}, ...}
    -> {"activities": [{"type": "message", "text"?, "attachments"?, "suggestedActions"?}, {"type": "typing"}, ...]}

An event activity whose name begins with `handoff` asks for a person; its `value.reason` says why.
"""

from collections.abc import Mapping
from typing import Any

from connectors.engines.answers import Message, Told, choice, first_filled, link, only_choices, words
from connectors.engines.calling import Call, asked, bearer
from connectors.http import HttpClient
from middleware.domain.engine_reading import list_of, object_of, text_of
from middleware.domain.engines import EngineAnswer, Question
from middleware.ports import EngineSetup

_SILENT = frozenset({"typing", "trace", "endOfConversation", "messageReaction", "invokeResponse", "event"})
_CARDS = frozenset({"application/vnd.microsoft.card.hero", "application/vnd.microsoft.card.thumbnail"})
_MEDIA = frozenset({"image", "audio", "video"})
_COME_BACK = frozenset({"imBack", "postBack", "messageBack"})
_OPEN = frozenset({"openUrl", "call"})


class Agents:
    """The engine `agents`. `bot` is the id of the recipient, where the agent looks at it."""

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
            authorized = call.with_headers(bearer(self._setup))
            return _answer((await authorized.post("", self._activity(question), "activity")).json)

        return await asked(self._setup, self._http, timeout, conversation)

    def _activity(self, question: Question) -> dict[str, Any]:
        return {
            "type": "message",
            "id": question.turn,
            "timestamp": question.at,
            "channelId": question.channel,
            "serviceUrl": self._setup.url,
            "deliveryMode": "expectReplies",
            "from": {"id": question.conversation, "role": "user"},
            "recipient": {"id": self._setup.bot or "bot", "role": "bot"},
            "conversation": {"id": question.conversation},
            "text": words(question),
            "textFormat": "plain",
            "locale": question.locale.replace("_", "-"),
            "channelData": {
                "account": question.account,
                "postBack": question.payload is not None,
                "context": question.context,
                "prompt": question.prompt,
                "values": question.values,
            },
        }


def _answer(body: object) -> EngineAnswer:
    told = Told()
    for place, each in enumerate(list_of(object_of(body, "the answer").get("activities"), "activities")):
        where = f"activities[{place}]"
        activity = object_of(each, where)
        kind = text_of(activity.get("type"), f"{where}.type")
        if kind == "message":
            _message(told, activity, where)
        elif kind == "event" and text_of(activity.get("name"), f"{where}.name").startswith("handoff"):
            value = activity.get("value")
            told.hand_over = (value.get("reason") if isinstance(value, dict) else None) or True
        elif kind not in _SILENT:
            told.leave_out(where, "an activity of no kind that can be shown")
    return told.answer()


def _message(told: Told, activity: Mapping[str, Any], where: str) -> None:
    """Text, what is attached, and what is suggested: in the order in which a channel shows them."""
    cards: list[Message] = []
    files: list[Message] = []
    for number, each in enumerate(list_of(activity.get("attachments"), f"{where}.attachments")):
        _attach(told, object_of(each, f"{where}.attachments[{number}]"), f"{where}.attachments[{number}]", cards, files)
    suggested = object_of(activity.get("suggestedActions") or {}, f"{where}.suggestedActions")
    buttons = _actions(told, suggested.get("actions"), f"{where}.suggestedActions.actions")
    for each in files:
        told.say(media=each)
    if cards:
        told.say(cards=cards)
    text = activity.get("text")
    if text or buttons:
        told.say(text=text, **({"quick_replies": buttons} if only_choices(buttons) else {"buttons": buttons}))


def _attach(told: Told, attachment: Mapping[str, Any], where: str, cards: list[Message], files: list[Message]) -> None:
    kind = text_of(attachment.get("contentType"), f"{where}.contentType")
    if kind in _CARDS:
        cards.append(_card(told, object_of(attachment.get("content"), f"{where}.content"), f"{where}.content"))
        return
    address = attachment.get("contentUrl")
    if address is None:
        told.leave_out(where, "a card of no kind that can be shown")
        return
    family = kind.partition("/")[0]
    files.append({"type": family if family in _MEDIA else "file", "url": address, "file_name": attachment.get("name")})


def _card(told: Told, card: Mapping[str, Any], where: str) -> Message:
    images = list_of(card.get("images"), f"{where}.images")
    lines = [text_of(card.get(name), f"{where}.{name}") for name in ("title", "subtitle", "text")]
    title, *others = [line for line in lines if line] or [""]
    return {
        "title": title,
        "subtitle": " · ".join(others),
        "image_url": first_filled(*(object_of(each, f"{where}.images[]").get("url") for each in images)),
        "buttons": _actions(told, card.get("buttons"), f"{where}.buttons"),
    }


def _actions(told: Told, actions: object, where: str) -> list[Message]:
    found: list[Message] = []
    for number, each in enumerate(list_of(actions, where)):
        action = object_of(each, f"{where}[{number}]")
        kind = text_of(action.get("type"), f"{where}[{number}].type")
        title, value = action.get("title"), action.get("value")
        if kind in _COME_BACK:
            found.append(choice(title or value, value if isinstance(value, str) else title))
        elif kind in _OPEN:
            found.append(link(title, value))
        else:
            told.leave_out(f"{where}[{number}]", "an action of no kind that can be shown")
    return found
