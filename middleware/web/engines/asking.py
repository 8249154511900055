"""What every engine's question comes down to: which client, whose context, which values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from middleware.domain.context import BLOCKS
from middleware.web.clients import Client, client_of
from middleware.web.keys import CLIENTS, LOOK_UP, VALUES
from middleware.web.problems import problem

Json = dict[str, Any]
Told = str | int | float | bool | None

MOST_VALUES = 100
"""Values that one question can name."""
_LONGEST_TEXT = 2000


class Refused(Exception):  # noqa: N818 - an answer
    """What the engine is answered instead."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Question:
    """Whose values are wanted: the sender as an account's channel knows them. `paths` are as templates write them.

    `text` is what the customer wrote, where the engine says it: it tells which of the orders was mentioned.
    """

    channel: str
    account: str
    sender: str
    paths: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of an engine, with the key of a client. `names` are the values that can be told, by name."""

    query: Mapping[str, str]
    body: Json
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one engine asks and is answered.

    `question` raises `Mistake`; `answer` is given the question and its values by name. `malformed` is the status of an
    answer to a question that cannot be understood.
    """

    name: str
    methods: tuple[str, ...]
    path: str
    question: Callable[[Asked], Question]
    answer: Callable[[Question, Mapping[str, Told]], Json]
    most: int = MOST_VALUES
    malformed: int = 400


class Mistake(Exception):  # noqa: N818 - a verdict on the question
    """Something in the question is missing or cannot be: the message says what."""


async def asked(request: web.Request) -> tuple[Client, Asked]:
    """The client and what it sent. Raises Refused: 401 without a key, before the body is read, and 413."""
    client = _client(request)
    if client is None:
        why = "Send a client's key as a bearer token, or in X-Api-Key."
        raise Refused(problem(401, "Unauthorized", why, {"WWW-Authenticate": "Bearer"}))
    body = _object(await request.read()) if request.method == "POST" else {}
    return client, Asked(request.query, body, request.app[VALUES].names)


async def told(request: web.Request, client: Client, shape: Shape, question: Question) -> dict[str, Told]:
    """The values by name. Raises Mistake, and Refused for what the client may not see."""
    values = request.app[VALUES]
    if not question.paths:
        raise Mistake("Name in `values` what you want, as templates name it: values=orders.latest.number,profile.name.")
    if len(question.paths) > shape.most:
        raise Mistake(f"At most {shape.most} values at once.")
    mistakes = [mistake for path in question.paths if (mistake := values.mistake(path))]
    if mistakes:
        raise Mistake(f"{mistakes[0]}."[:300])
    blocks = frozenset(path.partition(".")[0] for path in question.paths) & frozenset(BLOCKS)
    if unseen := blocks - client.blocks:
        known = ", ".join(sorted(client.blocks))
        why = f"Not among this client's blocks ({known}): {', '.join(sorted(unseen))}."
        raise Refused(problem(403, "Forbidden", why))
    account = request.app[LOOK_UP].account(question.channel, question.account, client.brands)
    if account is None:
        raise Refused(problem(404, "Not found", "No such account on this channel."))
    context = await request.app[LOOK_UP].context(account, question.sender, blocks)
    if context is None:
        raise Mistake("This is no sender id of this channel.")
    said = values.of(account.brand).told(context, question.paths, question.channel, question.text[:_LONGEST_TEXT])
    return {path.replace(".", "_"): value for path, value in said.items()}


def paths_of(asked: Asked, named: object) -> tuple[str, ...]:
    """The paths that were named, each once: as templates write them or with `_` for `.`, in a list or with commas."""
    words = named if isinstance(named, list) else str(named or "").split(",")
    said = [word.strip() for word in words if isinstance(word, str)]
    return tuple(dict.fromkeys(asked.names.get(word, word) for word in said if word))


def place_of(asked: Asked, said: str = "") -> tuple[str, str]:
    """Channel and account. The address names them: `channel` and `account`, or, where one address serves several
    channels and the engine says on which one it is (`said`), each channel with its account: `messenger=1001`.
    """
    channel = asked.query.get("channel") or said
    account = asked.query.get("account") or asked.query.get(channel, "")
    if not channel or not account:
        raise Mistake("Name `channel` and `account` in the address, or each channel with its account: messenger=1001.")
    return channel, account


def text_in(body: Mapping[str, Any], name: str) -> str:
    """A field as text; empty for what is none. Ids come as numbers, too."""
    value = body.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def object_in(body: Mapping[str, Any], name: str) -> Json:
    """A field that is an object; empty for what is none."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def needed(sender: str) -> str:
    """The sender, who must be there."""
    if not sender:
        raise Mistake("The question does not say who the sender is.")
    return sender


def _client(request: web.Request) -> Client | None:
    """By the bearer token; by `X-Api-Key` where there is none."""
    key = request.headers.get("X-Api-Key", "")
    given = request.headers.get("Authorization") or f"Bearer {key}"
    return client_of(given, request.app[CLIENTS].values())


def _object(raw: bytes) -> Json:
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Refused(problem(400, "Bad request", "Send a JSON object."))
    return body
