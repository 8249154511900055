"""What an engine is asked for one turn: `throughline.turn/1`. The only place that builds it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from pydantic_core import to_jsonable_python

from middleware.domain.context import HANDED_OVER, Context
from middleware.domain.engine_contract import SCHEMA, Limits, ReplyTo
from middleware.domain.identifiers import Level
from middleware.handover.payload import Json, allowed, hand_over
from middleware.handover.prompt import prompt_of


def turn_request(
    turn: str,
    context: Context,
    *,
    at: datetime,
    blocks: Collection[str] = HANDED_OVER,
    level: Level = Level.VERIFIED,
    prompt: int | None = None,
    values: Mapping[str, str] | None = None,
    reply: ReplyTo | None = None,
    ids: bool = False,
) -> Json:
    """The body of the question, as plain data. `prompt` is the most characters of the prompt; None: there is none.

    `at` is the time of the question, `values` are those that the settings name for the engine, `reply` is where an
    answer that takes longer goes.
    """
    told = hand_over(context, blocks=blocks, level=level, ids=ids)
    return {
        "schema": SCHEMA,
        "turn": turn,
        "at": to_jsonable_python(at),
        "message": _message(told),
        "context": told,
        "prompt": prompt_of(context, blocks=blocks, level=level, most=prompt) if prompt is not None else None,
        "values": dict(values or {}),
        "reply": reply.model_dump(mode="json") if reply is not None else None,
        "limits": Limits(channel=told["policy"]["limits"]).model_dump(mode="json"),
    }


def offers_of(context: Context, blocks: Collection[str]) -> dict[str, str]:
    """The ids of the personal links that stand in a question with these blocks, by purpose."""
    return {purpose: link.id for purpose, link in allowed(context, blocks, Level.VERIFIED).links.items()}


def _message(told: Json) -> Json | None:
    """The message with the conversation that it is in, where the context has one."""
    message, conversation = told.get("message"), told.get("conversation")
    if message is None or conversation is None:
        return message
    return {"conversation": conversation["id"], **message}
