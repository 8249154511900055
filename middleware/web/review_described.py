"""The routes of the review queue as the API document says them, and of taking people apart again."""

from middleware.web.openapi import Answer, Operation, Parameter
from middleware.web.parting import Parted
from middleware.web.problems import UNAVAILABLE
from middleware.web.problems import problem_answer as _problem
from middleware.web.review import MOST, CandidateShown, QueueShown, VerdictShown

_BRAND = Parameter("query", "brand", "The brand; not needed by a client that has one.")
_CANDIDATE = Parameter("path", "id", "The candidate's id.", required=True)
_PROFILE = Parameter("path", "id", "The profile's id.", required=True)
_DECISION = "An object; `note` says why, `by` which person decided. Both may be left out."

_FOR_REVIEW = (
    _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
    _problem(403, "The client has not the right `review`."),
    UNAVAILABLE,
)


def _decision(path: str, name: str, summary: str, says: str, parameter: Parameter, *more: Answer) -> Operation:
    answers = (
        Answer(200, "Decided, for ever.", VerdictShown),
        _problem(400, "The body is no decision."),
        _problem(404, "There is none, no such brand, or it is not said which."),
        _problem(413, "The body is larger than 4 MiB."),
        *more,
        *_FOR_REVIEW,
    )
    return Operation(
        "POST", path, name, "review", summary, says, answers, (parameter, _BRAND),
        takes=_DECISION, takes_optional=True, security=("clientKey",),
    )  # fmt: skip


def _parting(name: str, summary: str, says: str, takes: str = "") -> Operation:
    answers = (
        Answer(200, "What changes, and the journal's entry unless it was only looked at.", Parted),
        _problem(400, "The body is something else, or does not say who does it."),
        _problem(404, "There is none, no such brand, or it is not said which."),
        _problem(409, "Refused. The detail says why."),
        _problem(413, "The body is larger than 4 MiB."),
        *_FOR_REVIEW,
    )
    return Operation(
        "POST", f"/v1/profiles/{{id}}/{name}", name, "review", summary, says, answers, (_PROFILE, _BRAND),
        takes=f"An object. {takes}`by` names the person who does it, `note` says why; with `dry_run` nothing is done.",
        security=("clientKey",),
    )  # fmt: skip


REVIEW = (
    Operation(
        "GET", "/v1/review/candidates", "candidates", "review", "Open candidates, the surest first",
        "Two profiles that may be one person, with reasons and counter-reasons.",
        (
            Answer(200, "A page of the queue.", QueueShown),
            _problem(400, "`limit` or `after` is wrong."),
            _problem(404, "No such brand, or it is not said which."),
            *_FOR_REVIEW,
        ),
        (
            _BRAND,
            Parameter("query", "limit", f"How many at most: 1 to {MOST}, else 20."),
            Parameter("query", "after", "`next` of the page before."),
        ),
        security=("clientKey",),
    ),
    Operation(
        "GET", "/v1/review/candidates/{id}", "candidate", "review", "One open candidate", "Side by side.",
        (
            Answer(200, "The candidate.", CandidateShown),
            _problem(404, "There is none any more, no such brand, or it is not said which."),
            *_FOR_REVIEW,
        ),
        (_CANDIDATE, _BRAND),
        security=("clientKey",),
    ),
    _decision(
        "/v1/review/candidates/{id}/accept", "accept", "They are one person",
        "The younger profile is merged into the older one. It discloses nothing.", _CANDIDATE,
        _problem(409, "Refused: ids conflict. The detail says which."),
    ),
    _decision(
        "/v1/review/candidates/{id}/reject", "reject", "They are two people",
        "The pair is never proposed again.", _CANDIDATE,
    ),
    _decision(
        "/v1/review/profiles/{id}/lock", "lock", "Leave this profile alone",
        "It is never proposed again, with anybody.",
        _PROFILE,
    ),
    _parting(
        "unmerge", "They are two people after all",
        "A profile that was merged into another one is on its own again, with everything that came by its identifiers "
        "since.",
    ),
    _parting(
        "split", "These identifiers are somebody else's",
        "They move into a profile of their own, and are kept apart from now on.",
        "`identifiers` are the keys of those that go. ",
    ),
)  # fmt: skip
