"""Errors as problem+json (RFC 9457): one shape for whatever goes wrong in a request."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from middleware.errors import StoreUnavailable
from middleware.web.openapi import Answer

log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """What is wrong, and what to do (RFC 9457). `type` is always `about:blank`: the status says the kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["about:blank"] = "about:blank"
    status: Annotated[int, Field(ge=400, le=599)]
    title: Annotated[str, Field(min_length=1)]
    detail: str | None = None


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def problem(status: int, title: str, detail: str = "", headers: dict[str, str] | None = None) -> web.Response:
    """An answer that says what is wrong and what to do."""
    said = Problem(status=status, title=title, detail=detail or None)
    return web.Response(
        text=said.model_dump_json(exclude_none=True),
        status=status,
        content_type="application/problem+json",
        headers=headers,
    )


def problem_answer(status: int, says: str, *headers: tuple[str, str]) -> Answer:
    """Such an answer as the API document says it."""
    return Answer(status, says, Problem, "application/problem+json", headers)


UNAVAILABLE = problem_answer(
    503, "The store does not answer.", ("Retry-After", "Seconds until it is worth trying again.")
)
"""What every operation that needs the store may answer."""


def unavailable() -> web.Response:
    """The answer while the store does not answer: the provider sends it again."""
    return problem(503, "Store unavailable", "Nothing was accepted. Send it again.", headers={"Retry-After": "5"})


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a problem document; what is not foreseen is logged and says nothing of itself."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        kept = {name: value for name, value in error.headers.items() if name in {"Allow", "Location"}}
        return problem(error.status, error.reason, headers=kept)
    except StoreUnavailable:
        return unavailable()
    except Exception:
        log.exception("a request failed", action="request_failed", path=request.path)
        return problem(500, "Internal error")
