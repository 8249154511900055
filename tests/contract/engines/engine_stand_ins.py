"""Stand-ins of the engines: real HTTP on a port of its own, as each engine's documentation says it answers.

Each refuses who is not let in, knows its sessions, and answers with what a test gives it. `trouble` takes over the one
request that hands the message over.
"""

import asyncio
import base64
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from connectors.standard_webhooks import is_standard_signed
from tests.stand_ins import Answer, Asked, StandIn, says

TOKEN = "tok-Very-Secret_1"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = datetime(2026, 11, 29, 12, tzinfo=UTC)


class EngineStandIn(StandIn):
    """One engine. `body` is what the asking request is answered with; None: `saying(["Hello"])`."""

    asks = ""
    """The path of the request that hands the message over, as a pattern."""

    def __init__(self) -> None:
        super().__init__()
        self.body: Any = None
        self.trouble: Answer | None = None

    async def answered(self, asked: Asked, request: web.Request) -> web.StreamResponse:
        if self.trouble is not None and asked.method == "POST" and re.fullmatch(self.asks, asked.path):
            return await self.trouble(request)
        return self.answer(asked)

    def answer(self, asked: Asked) -> web.Response:
        """What the engine answers."""
        raise NotImplementedError

    @staticmethod
    def saying(texts: list[str]) -> Any:
        """The body that says these texts."""
        raise NotImplementedError

    def said(self) -> Any:
        """The body of the next answer."""
        return self.saying(["Hello"]) if self.body is None else self.body

    def asking(self) -> list[Asked]:
        """The requests that handed a message over."""
        return [each for each in self.seen if each.method == "POST" and re.fullmatch(self.asks, each.path)]


def _bearer(asked: Asked) -> bool:
    return asked.headers.get("Authorization") == f"Bearer {TOKEN}"


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def _refused(status: int, why: str) -> web.Response:
    return _json({"error": why}, status)


class WebhookStandIn(EngineStandIn):
    """A bot that checks its signature, as the receivers of Standard Webhooks do."""

    asks = "/bot"

    def answer(self, asked: Asked) -> web.Response:
        signed = is_standard_signed(
            {name.lower(): value for name, value in asked.headers.items()}, asked.body, SECRET.encode(), AT
        )
        if not signed or not _bearer(asked):
            return _refused(401, "signature")
        return _json(self.said())

    @staticmethod
    def saying(texts: list[str]) -> Any:
        return {"messages": [{"text": text} for text in texts]}


class RasaStandIn(EngineStandIn):
    """Rasa 3.6 with `--enable-api --auth-token`."""

    asks = "/webhooks/rest/webhook"

    def answer(self, asked: Asked) -> web.Response:
        if f"token={TOKEN}" not in asked.query.split("&"):
            return _refused(401, "NotAuthenticated")
        if asked.path == "/conversations/c-1%2Fana/tracker/events":
            events = asked.json()
            good = isinstance(events, list) and all(each["event"] == "slot" for each in events)
            return _json({"sender_id": "c-1/ana", "slots": {}}) if good else _refused(400, "BadRequest")
        if asked.path != self.asks or not asked.json()["sender"]:
            return _refused(404, "NotFound")
        return _json(self.said())

    @staticmethod
    def saying(texts: list[str]) -> Any:
        return [{"recipient_id": "c-1/ana", "text": text} for text in texts]


class AgentsStandIn(EngineStandIn):
    """An agent that answers in the response (`expectReplies`)."""

    asks = "/api/messages"

    def answer(self, asked: Asked) -> web.Response:
        if not _bearer(asked):
            return _refused(401, "Unauthorized")
        activity = asked.json()
        wanted = ("type", "id", "channelId", "serviceUrl", "conversation", "from", "recipient")
        if activity["deliveryMode"] != "expectReplies" or not all(activity.get(name) for name in wanted):
            return _refused(400, "BadRequest")
        return _json(self.said())

    @staticmethod
    def saying(texts: list[str]) -> Any:
        typing = {"type": "typing", "from": {"id": "bot"}}
        return {"activities": [typing, *({"type": "message", "text": text} for text in texts)]}


class BotpressStandIn(EngineStandIn):
    """Botpress' Chat API with an encryption key. `body` is a list of payloads."""

    asks = "/hook/messages"

    def __init__(self) -> None:
        super().__init__()
        self._users: set[str] = set()
        self._conversations: set[str] = set()
        self._messages: list[dict[str, Any]] = []
        self._clock = AT

    def answer(self, asked: Asked) -> web.Response:
        user = self._user(asked.headers.get("x-user-key", ""))
        if user is None:
            return _refused(401, "Unauthorized")
        if asked.path == "/hook/users/get-or-create":
            self._users.add(user)
            return _json({"user": {"id": f"user_{user}"}})
        return self._known(user, asked) if user in self._users else _refused(404, "ResourceNotFound")

    def _known(self, user: str, asked: Asked) -> web.Response:
        if asked.path == "/hook/conversations/get-or-create":
            own = f"conv_{asked.json()['id']}"
            self._conversations.add(own)
            return _json({"conversation": {"id": own}})
        if asked.path == self.asks and asked.json()["conversationId"] in self._conversations:
            return self._sent(user, asked.json())
        if asked.method == "GET" and asked.path == f"/hook/conversations/conv_{user}/messages":
            # The latest first, and a page at a time, as Botpress lists them.
            return _json({"messages": self._messages[:-51:-1], "meta": {"nextToken": "more"}})
        return _refused(404, "ResourceNotFound")

    def _sent(self, user: str, sent: dict[str, Any]) -> web.Response:
        ours = self._message(f"user_{user}", sent["payload"])
        said = self.said()
        for each in said if isinstance(said, list) else [said]:
            metadata = each.pop("metadata", None) if isinstance(each, dict) else None
            self._message("user_bot", each, metadata)
        return _json({"message": ours})

    def _message(self, user: str, payload: Any, metadata: Any = None) -> dict[str, Any]:
        self._clock += timedelta(milliseconds=5)
        written = self._clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = {"id": f"m{len(self._messages)}", "createdAt": written, "userId": user, "payload": payload}
        self._messages.append({**message, "metadata": metadata} if metadata else message)
        return message

    @staticmethod
    def _user(key: str) -> str | None:
        """The user of a key that the encryption key signed."""
        content, _, signature = key.rpartition(".")
        wanted = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), content.encode(), "sha256")).rstrip(b"=")
        if not hmac.compare_digest(signature.encode(), wanted):
            return None
        header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in content.split("."))
        return str(payload["id"]) if header["alg"] == "HS256" else None

    @staticmethod
    def saying(texts: list[str]) -> Any:
        return [{"type": "text", "text": text} for text in texts]


class TypebotStandIn(EngineStandIn):
    """Typebot's viewer. A session whose answer has no `input` is over."""

    asks = r"/api/v1/typebots/my-bot/startChat|/api/v1/sessions/.*/continueChat"

    def __init__(self) -> None:
        super().__init__()
        self.sessions: set[str] = set()
        self._begun = 0

    def answer(self, asked: Asked) -> web.Response:
        if not _bearer(asked):
            return _refused(401, "UNAUTHORIZED")
        body = asked.json()
        if body["textBubbleContentFormat"] != "markdown" or body["message"]["type"] != "text":
            return _refused(400, "BAD_REQUEST")
        if asked.path.endswith("startChat"):
            self._begun += 1
            self.sessions.add(f"s{self._begun}")
            said = self.said()
            about = {"sessionId": f"s{self._begun}", "typebot": {"id": "b"}}
            return _json({**about, **said} if isinstance(said, dict) else said)
        session = asked.path.split("/")[4]
        return _json(self.said()) if session in self.sessions else _refused(404, "NOT_FOUND")

    @staticmethod
    def saying(texts: list[str]) -> Any:
        content = [{"type": "markdown", "markdown": text} for text in texts]
        messages = [{"id": str(place), "type": "text", "content": each} for place, each in enumerate(content)]
        return {"messages": messages, "input": {"id": "i", "type": "text input"}}


class VoiceflowStandIn(EngineStandIn):
    """Voiceflow's runtime: a session for each user, and a key for each session."""

    asks = "/v4/interact"

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, str] = {}
        self._begun = 0

    def answer(self, asked: Asked) -> web.Response:
        given = asked.headers.get("authorization")
        if asked.path == "/v4/project/p1/environment/main/session":
            if given != TOKEN:
                return _refused(401, "Unauthorized")
            self._begun += 1
            self.sessions[asked.json()["userID"]] = key = f"VF.SESSION.{self._begun}"
            return _json({"sessionKey": key})
        if asked.path != self.asks or given not in self.sessions.values():
            return _refused(401, "Unauthorized")
        launch = asked.json()["action"]["type"] == "launch"
        return _json({"traces": []} if launch else self.said())

    @staticmethod
    def saying(texts: list[str]) -> Any:
        path = {"type": "path", "payload": {"path": "reprompt"}}
        return {"traces": [path, *({"type": "text", "payload": {"message": text, "delay": 1}} for text in texts)]}


class DialogflowStandIn(EngineStandIn):
    """Dialogflow CX' detectIntent."""

    asks = r"/v3/projects/p/locations/l/agents/a/sessions/[0-9a-f]{1,36}:detectIntent"

    def answer(self, asked: Asked) -> web.Response:
        if not _bearer(asked):
            return _refused(401, "UNAUTHENTICATED")
        query = asked.json()["queryInput"]
        if not re.fullmatch(self.asks, asked.path) or not 0 < len(query["text"]["text"]) <= 256:
            return _refused(400, "INVALID_ARGUMENT")
        return _json(self.said())

    @staticmethod
    def saying(texts: list[str]) -> Any:
        messages = [{"text": {"text": [text]}, "source": "VIRTUAL_AGENT"} for text in texts]
        return {"responseId": "r", "queryResult": {"responseMessages": messages}, "responseType": "FINAL"}


def answers(status: int, body: bytes | Any, **headers: str) -> Answer:
    """Answers with a status and a body; bytes go out as they are."""
    return says(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


async def drips(request: web.Request) -> web.StreamResponse:
    """Answers a byte now and then, for ever."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(600):
        await response.write(b" ")
        await asyncio.sleep(0.05)
    return response
