"""The shapes of what is handed over: a context with what was asked for beside it, and chosen fields of one."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, RootModel

from middleware.domain.context import Context
from middleware.domain.record import Record
from middleware.handover.explaining import Explanation


class HandedContext(Context):
    """The context of one sender, as it is handed over. What is not known is left out."""

    prompt: str | None = None
    """The same as plain text for a language model. Only if it was asked for."""
    explanation: Explanation | None = None
    """Where it all comes from, in words. Only if it was asked for."""


class SelectedContext(Record):
    """Chosen fields of a context, by their paths as a tree: null, or an empty list, where nothing is known."""

    schema_: Literal["throughline.context/1"] = Field(default="throughline.context/1", alias="schema")
    trace_id: str
    at: datetime
    fields: dict[str, Any]
    prompt: str | None = None
    explanation: Explanation | None = None


class ContextAnswer(RootModel[HandedContext | SelectedContext]):
    """What `GET /v1/context` answers in JSON."""
