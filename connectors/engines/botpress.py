"""Botpress, over its Chat API.

Source: Botpress documentation, "Chat API" (Introduction, Authentication, Configuration: Encryption Key), and the types
of `@botpress/chat` 0.5.5. Who asks is shown by a key that we sign with the integration's encryption key (a JWT with
HS256 and the user's id), so nothing has to be kept: user and conversation have ids that follow from ours.

    POST <url>/users/get-or-create              x-user-key: <key>       {}
    POST <url>/conversations/get-or-create                              {"id"}
    POST <url>/messages                         {"conversationId", "payload": {"type": "text", "text"}, "metadata"}
    GET  <url>/conversations/<id>/messages      again and again
    -> {"messages": [{"id", "createdAt", "userId", "payload"}]}

`<url>` is `https://chat.botpress.cloud/<webhook id>`. Nothing says when a bot has said all: its answer is what came
until it was quiet for `QUIET` seconds. A bot that says nothing at all is UNKNOWN at the end of the time, since it looks
like one that is still thinking. A message with `hand_over` in its metadata asks for a person.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from connectors.engines.answers import Message, Told, choice, link, only_choices, words
from connectors.engines.calling import Call, Failed, asked, segment
from connectors.engines.sessions import Sessions
from connectors.http import HttpClient
from middleware.domain.engine_reading import Unreadable, list_of, object_of, text_of
from middleware.domain.engines import EngineAnswer, EngineOutcome, Question
from middleware.ports import EngineSetup

EVERY = 0.4
"""Seconds from one look to the next."""
QUIET = 1.2
"""Seconds without a further message after which the bot has said all."""
_LAST_LOOK = 0.2
"""Seconds that are left for the last look."""

_ADDRESSES = {"image": "imageUrl", "audio": "audioUrl", "video": "videoUrl", "file": "fileUrl"}


class Botpress:
    """The engine `botpress`. `secret` is the encryption key; `every` and `quiet` say how to look, in seconds."""

    once = False

    def __init__(self, setup: EngineSetup, http: HttpClient, every: float = EVERY, quiet: float = QUIET) -> None:
        self._setup = setup
        self._http = http
        self._every, self._quiet = every, quiet
        if setup.secret is None:
            raise ValueError("needs `secret`: the encryption key of the Chat integration")
        self._secret = setup.secret.get_secret_value().encode()
        self._conversations = Sessions()

    async def ask(
        self,
        question: Question,
        *,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> EngineAnswer:
        """See `Engine.ask`."""
        own = f"tl-{hashlib.sha256(question.conversation.encode(errors='surrogatepass')).hexdigest()[:40]}"

        async def conversation(call: Call) -> EngineAnswer:
            keyed = call.with_headers({"x-user-key": signed_key(own, self._secret)})
            theirs = await self._conversation(keyed, own)
            body = {
                "conversationId": theirs,
                "payload": {"type": "text", "text": words(question)},
                "metadata": _about(question),
            }
            sent = object_of((await keyed.post("/messages", body, "message")).json, "the answer")
            message = object_of(sent.get("message"), "message")
            return _answer(await self._said_until_quiet(keyed.after_the_message(), theirs, message))

        return await asked(self._setup, self._http, timeout, conversation)

    async def _conversation(self, call: Call, own: str) -> str:
        """Their id of it, asked for once in the life of this process: a second time changes nothing."""
        known = self._conversations.get(own)
        if known is not None:
            return known
        await call.post("/users/get-or-create", {}, "user")
        made = object_of(
            (await call.post("/conversations/get-or-create", {"id": own}, "conversation")).json, "the answer"
        )
        theirs = text_of(object_of(made.get("conversation"), "conversation").get("id"), "conversation.id")
        self._conversations.keep(own, theirs)
        return theirs

    async def _said_until_quiet(self, call: Call, theirs: str, ours: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """What was said after our message, in order. Raises Failed with UNKNOWN if nothing was."""
        since = _moment(ours)
        found: dict[str, Mapping[str, Any]] = {}
        quiet_for = 0.0
        while quiet_for < self._quiet and call.left() > self._every + _LAST_LOOK:
            await asyncio.sleep(self._every)
            listed = [each for each in await _look(call, theirs) if each.get("userId") != ours.get("userId")]
            new = {_id(each): each for each in listed if _moment(each) >= since and _id(each) not in found}
            found.update(new)
            quiet_for = quiet_for + self._every if found and not new else 0.0
        if not found:
            raise Failed(EngineOutcome.UNKNOWN, "no answer within the time")
        return sorted(found.values(), key=_moment)


def signed_key(user: str, secret: bytes) -> str:
    """The key of a user: a JWT (RFC 7515, 7519) with HS256 that says `{"id": user}`."""
    content = b".".join(_base64url(orjson.dumps(part)) for part in ({"alg": "HS256", "typ": "JWT"}, {"id": user}))
    return (content + b"." + _base64url(hmac.digest(secret, content, "sha256"))).decode()


def _base64url(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def _about(question: Question) -> dict[str, Any]:
    return {
        "turn": question.turn,
        "channel": question.channel,
        "locale": question.locale,
        "context": question.context,
        "prompt": question.prompt,
        "values": question.values,
    }


async def _look(call: Call, theirs: str) -> Sequence[Mapping[str, Any]]:
    """The latest messages of both sides. A look that failed has seen nothing: there are more."""
    try:
        reply = await call.get(f"/conversations/{segment(theirs)}/messages", "messages")
    except Failed as failed:
        if failed.answer.outcome is EngineOutcome.UNKNOWN:
            return []
        raise
    listed = list_of(object_of(reply.json, "the answer").get("messages"), "messages")
    return [object_of(each, f"messages[{number}]") for number, each in enumerate(listed)]


def _id(message: Mapping[str, Any]) -> str:
    return text_of(message.get("id"), "message.id")


def _moment(message: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(text_of(message.get("createdAt"), "message.createdAt"))
    except ValueError:
        raise Unreadable("message.createdAt is no time") from None
    if moment.tzinfo is None:
        raise Unreadable("message.createdAt is no time with its zone")
    return moment


def _answer(messages: Sequence[Mapping[str, Any]]) -> EngineAnswer:
    told = Told()
    for place, each in enumerate(messages):
        metadata = each.get("metadata")
        if isinstance(metadata, dict) and metadata.get("hand_over"):
            told.hand_over = metadata["hand_over"]
        where = f"messages[{place}].payload"
        _tell(told, object_of(each.get("payload"), where), where)
    return told.answer()


def _tell(told: Told, payload: Mapping[str, Any], where: str) -> None:
    kind = text_of(payload.get("type"), f"{where}.type")
    if kind in {"text", "markdown"}:
        told.say(text=payload.get(kind))
    elif kind in {"choice", "dropdown"}:
        options = [
            object_of(each, f"{where}.options[]") for each in list_of(payload.get("options"), f"{where}.options")
        ]
        told.say(
            text=payload.get("text"), quick_replies=[choice(each.get("label"), each.get("value")) for each in options]
        )
    elif kind in _ADDRESSES:
        told.say(media={"type": kind, "url": payload.get(_ADDRESSES[kind]), "file_name": payload.get("title")})
    elif kind == "card":
        _tell_cards(told, [payload], where)
    elif kind == "carousel":
        _tell_cards(told, list_of(payload.get("items"), f"{where}.items"), f"{where}.items")
    elif kind == "bloc":
        for number, each in enumerate(list_of(payload.get("items"), f"{where}.items")):
            _tell(told, object_of(each, f"{where}.items[{number}]"), f"{where}.items[{number}]")
    else:
        told.leave_out(where, "of no kind that can be shown")


def _tell_cards(told: Told, cards: Sequence[object], where: str) -> None:
    shown = [_card(object_of(each, f"{where}[{number}]"), f"{where}[{number}]") for number, each in enumerate(cards)]
    if len(shown) == 1 and shown[0]["image_url"] is None and only_choices(shown[0]["buttons"]):
        told.say(text=shown[0]["title"], quick_replies=shown[0]["buttons"])
    else:
        told.say(cards=shown)


def _card(card: Mapping[str, Any], where: str) -> Message:
    actions = [object_of(each, f"{where}.actions[]") for each in list_of(card.get("actions"), f"{where}.actions")]
    buttons = [
        (link if each.get("action") == "url" else choice)(each.get("label"), each.get("value")) for each in actions
    ]
    return {
        "title": card.get("title"),
        "subtitle": card.get("subtitle"),
        "image_url": card.get("imageUrl"),
        "buttons": buttons,
    }
