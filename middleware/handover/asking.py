"""What an engine is asked for one turn: `throughline.turn/1`."""

from collections.abc import Collection
from datetime import datetime

from pydantic_core import to_jsonable_python

from middleware.domain.context import BLOCKS, Context
from middleware.domain.engine_contract import SCHEMA, Limits, ReplyTo
from middleware.domain.identifiers import Level
from middleware.handover.payload import Json, hand_over
from middleware.handover.prompt import prompt_of


def turn_request(
    turn: str,
    context: Context,
    *,
    at: datetime,
    blocks: Collection[str] = BLOCKS,
    level: Level = Level.VERIFIED,
    prompt: int | None = None,
    reply: ReplyTo | None = None,
    ids: bool = False,
) -> Json:
    """The body of the question, as plain data. `prompt` is the most characters of the prompt; None: there is none.

    `at` is the time of the question, `reply` where an answer that takes longer goes.
    """
    told = hand_over(context, blocks=blocks, level=level, ids=ids)
    return {
        "schema": SCHEMA,
        "turn": turn,
        "at": to_jsonable_python(at),
        "message": told.get("message"),
        "context": told,
        "prompt": prompt_of(context, blocks=blocks, level=level, most=prompt) if prompt is not None else None,
        "reply": reply.model_dump(mode="json") if reply is not None else None,
        "limits": Limits(channel=told["policy"]["limits"]).model_dump(mode="json"),
    }
