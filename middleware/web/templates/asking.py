"""What all routes of templates do: who may, which brand, which revision, and why something cannot be done."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from middleware.pipeline.templates.errors import NotDone, NoTemplate, TemplateChanged, TemplateRefused
from middleware.pipeline.templates.parts import Templates
from middleware.web.clients import Client
from middleware.web.keys import TEMPLATES
from middleware.web.permitted import permitted
from middleware.web.problems import problem
from middleware.web.templates.shapes import TemplateProblem

log = structlog.get_logger(__name__)

_ETAG = re.compile(r'"(\d{1,9})"', re.ASCII)

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a client that may ask it, of one of its brands."""

    request: web.Request
    client: Client
    brand: str
    of: Templates

    @property
    def name(self) -> str:
        """The template that the path names."""
        return self.request.match_info["name"]

    def revision(self) -> int:
        """The revision that the caller knows. Raises Unfit."""
        given = self.request.headers.get("If-Match")
        if given is None:
            raise Unfit(
                428, "Precondition required", 'Send If-Match with the ETag that you know; "0" if there is none.'
            )
        found = _ETAG.fullmatch(given.strip())
        if found is None:
            raise Unfit(412, "Precondition failed", "If-Match is not an ETag of this template.")
        return int(found[1])

    async def body(self, model: type[Body]) -> Body:
        """What the caller sent. Raises Unfit."""
        try:
            return model.model_validate_json(await self.request.read())
        except ValidationError as error:
            raise Unfit(400, "Bad request", _mistakes(error)) from None

    def wrote(self, what: str, by: str, revision: int) -> None:
        """Leave a line in the log: a client vouches for the name, and the log says which client."""
        log.info(
            "a template was written", action="template_written", did=what, brand=self.brand, template=self.name,
            by=by, client=self.client.name, revision=revision,
        )  # fmt: skip


class Unfit(Exception):  # noqa: N818 - a verdict on the request
    """The request is answered with this problem."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail


Act = Callable[[Asked], Awaitable[web.Response]]


async def answered(request: web.Request, act: Act) -> web.Response:
    """What `act` answers, or why it cannot be done."""
    asked = _asked(request)
    if isinstance(asked, web.Response):
        return asked
    try:
        return await act(asked)
    except Unfit as error:
        return problem(error.status, error.title, error.detail)
    except TemplateRefused as error:
        return _refused(error)
    except NotDone as error:
        return _not_done(error)


def _not_done(error: NotDone) -> web.Response:
    match error:
        case NoTemplate():
            return problem(404, "Not found", str(error))
        case TemplateChanged(revision=revision):
            return problem(412, "Precondition failed", str(error), {"ETag": etag(revision)})
    return problem(409, "Conflict", str(error))


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'


def json(answer: BaseModel, revision: int | None = None) -> web.Response:
    """An answer, with its revision as ETag where it has one."""
    headers = {"ETag": etag(revision)} if revision is not None else None
    return web.Response(
        text=answer.model_dump_json(exclude_none=True), content_type="application/json", headers=headers
    )


def _refused(error: TemplateRefused) -> web.Response:
    first = next((each for each in error.findings if each.severity == "error"), None)
    said = TemplateProblem(
        status=422, title="Unprocessable content", detail=str(first) if first else None, findings=error.findings
    )
    return web.Response(
        text=said.model_dump_json(exclude_none=True), status=422, content_type="application/problem+json"
    )


def _asked(request: web.Request) -> Asked | web.Response:
    found = permitted(request, "templates", request.app[TEMPLATES].keys())
    if isinstance(found, web.Response):
        return found
    client, brand = found
    return Asked(request, client, brand, request.app[TEMPLATES][brand]())


def _mistakes(error: ValidationError) -> str:
    """Field by field what is wrong; never with the values."""
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'the body'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_url=False, include_context=False, include_input=False)[:5]
    )
