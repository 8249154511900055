"""The routes of templates as the API document says them: what each takes, and every answer that it gives."""

from pydantic import BaseModel

from middleware.web.openapi import Answer, Operation, Parameter
from middleware.web.problems import Problem
from middleware.web.templates.shapes import (
    MOST_ROWS,
    USUAL_ROWS,
    CheckedShown,
    DifferenceShown,
    DiscardedShown,
    DraftWanted,
    PublishedShown,
    RenderedShown,
    RenderWanted,
    RollbackWanted,
    SavedShown,
    Signed,
    SourceWanted,
    TemplateProblem,
    TemplateShown,
    TemplatesShown,
    VersionShown,
    VersionsShown,
)

TAG = {"name": "templates", "description": "What the bot says: drafts, versions, checks and previews."}

_JSON_PROBLEM = "application/problem+json"
_PATH = "/v1/templates"


def _problem(status: int, says: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, says, Problem, _JSON_PROBLEM, headers)


_ETAG = ("ETag", "The template's revision, for `If-Match`.")

_BRAND = Parameter("query", "brand", "The brand; not needed by a client that has one.")
_NAME = Parameter("path", "name", "The template's name: small letters, digits and `_`.", required=True)
_KNOWN = Parameter(
    "header", "If-Match", 'The ETag of the revision that this is based on; `"0"` for what nobody has edited yet.',
    required=True, schema={"type": "string", "pattern": '^"[0-9]{1,9}"$'},
)  # fmt: skip
_LIMIT = Parameter("query", "limit", f"How many at most: 1 to {MOST_ROWS}, else {USUAL_ROWS}.")

_ANSWERS = (
    _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
    _problem(403, "The client has not the right `templates`."),
    _problem(404, "No such template or version, no such brand, or it is not said which."),
)
_UNAVAILABLE = _problem(503, "The store does not answer.", ("Retry-After", "Seconds until it is worth trying again."))
_NO_BODY = (_problem(400, "The body is not what it should be."), _problem(413, "The body is larger than 4 MiB."))
_ERRORS = Answer(422, "The template has errors: each by line and column.", TemplateProblem, _JSON_PROBLEM)

_WRITE = (
    *_NO_BODY,
    _problem(412, "Somebody was quicker: the detail says who, and when.", _ETAG),
    _problem(428, "`If-Match` is missing."),
    _UNAVAILABLE,
)


def _get(
    end: str,
    name: str,
    summary: str,
    says: str,
    gives: type[BaseModel],
    *more: Parameter | Answer,
    tagged: bool = False,
) -> Operation:
    path = _PATH + end
    parameters = (each for each in more if isinstance(each, Parameter))
    answers = (each for each in more if isinstance(each, Answer))
    return Operation(
        "GET", path, name, "templates", summary, says,
        (Answer(200, "As asked.", gives, headers=(_ETAG,) if tagged else ()), *_ANSWERS, *answers, _UNAVAILABLE),
        (*((_NAME,) if "{name}" in path else ()), *parameters, _BRAND),
        security=("clientKey",),
    )  # fmt: skip


def _send(
    method: str, end: str, name: str, summary: str, says: str,
    takes: type[BaseModel], gives: type[BaseModel], *answers: Answer, known: bool = True,
) -> Operation:  # fmt: skip
    return Operation(
        method, f"{_PATH}/{{name}}/{end}", name, "templates", summary, says,
        (Answer(200, "Done.", gives, headers=(_ETAG,) if known else ()), *_ANSWERS, *answers),
        (_NAME, *((_KNOWN,) if known else ()), _BRAND),
        takes=(takes.__doc__ or "").strip(), takes_model=takes, security=("clientKey",),
    )  # fmt: skip


_WRONG_PAGE = _problem(400, "`limit`, `after` or `before` is wrong.")

OPERATIONS = (
    _get(
        "", "templates", "Templates in the order of their names", "Those of files, and those that somebody has edited.",
        TemplatesShown, _LIMIT, Parameter("query", "after", "`next` of the page before."), _WRONG_PAGE,
    ),
    _get(
        "/{name}", "template", "One template", "What customers get, and the draft, in full.", TemplateShown, tagged=True
    ),
    _send(
        "PUT", "draft", "draftTemplate", "Save a draft",
        "Whether it is right or not: the answer says what is to be mended before it can be published.",
        DraftWanted, SavedShown, *_WRITE, _problem(409, "There are as many templates as there can be."),
    ),
    _send(
        "POST", "discard", "discardTemplate", "Throw the draft away", "What customers get stays.",
        Signed, DiscardedShown, *_WRITE, _problem(409, "There is no draft."),
    ),
    _send(
        "POST", "publish", "publishTemplate", "Give the draft to customers",
        "Within two seconds every process says it. In a brand with `two_persons` not by who wrote it.",
        Signed, PublishedShown, *_WRITE, _ERRORS,
        _problem(409, "There is no draft, it changes nothing, is based on an older version, or it takes two persons."),
    ),
    _send(
        "POST", "rollback", "rollbackTemplate", "Give an earlier version to customers again",
        "As a new version: nothing that was published is ever rewritten.",
        RollbackWanted, PublishedShown, *_WRITE, _ERRORS, _problem(409, "It is published already."),
    ),
    _get(
        "/{name}/versions", "templateVersions", "What was published, the latest first", "Without the texts.",
        VersionsShown, _LIMIT,
        Parameter("query", "before", "`next` of the page before.", schema={"type": "integer", "minimum": 0}),
        _WRONG_PAGE,
    ),
    _get(
        "/{name}/versions/{number}", "templateVersion", "One version with its text", "It never changes.", VersionShown,
        Parameter("path", "number", "Its number.", required=True, schema={"type": "integer", "minimum": 1}),
    ),
    _get(
        "/{name}/diff", "templateDifference", "What differs between two versions",
        "Of the text, and of what a fixed set of made-up customers gets on every channel.", DifferenceShown,
        Parameter("query", "from", "A number, `draft` or `published`. Default: what is published."),
        Parameter("query", "to", "The same. Default: the draft; without one, the two latest versions."),
        _problem(409, "There are no two versions."),
    ),
    _send(
        "POST", "check", "checkTemplate", "Check a text", "Nothing is saved.", SourceWanted, CheckedShown, *_NO_BODY,
        known=False,
    ),
    _send(
        "POST", "render", "renderTemplate", "Show what made-up customers would get",
        "At most ten of them, in twenty locales, on all channels. Nothing is saved or sent.",
        RenderWanted, RenderedShown, *_NO_BODY, _ERRORS, _UNAVAILABLE, known=False,
    ),
)  # fmt: skip
