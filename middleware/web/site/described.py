"""The routes of a site as the API document says them: what each takes, and every answer that it gives."""

from middleware.web.openapi import Answer, Operation, Parameter
from middleware.web.problems import UNAVAILABLE
from middleware.web.problems import problem_answer as _problem
from middleware.web.site.conversation import PageConversation

TAG = {"name": "site", "description": "What the pages of a brand's site talk to (docs/site.md)."}

_SITE = Parameter(
    "path", "account", "The site's account id.", required=True,
    schema={"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
)  # fmt: skip
_ORIGIN = Parameter("header", "Origin", "One of the account's origins; browsers send it by themselves.", required=True)


_NO_SITE = _problem(404, "There is no such site.")

_REFUSALS = (
    _problem(400, "No JSON, no visitor's key, or something that is not understood. Nothing was stored."),
    _problem(403, "The page's origin is not among the account's."),
    _NO_SITE,
    _problem(408, "The body did not come in time."),
    _problem(413, "The body is larger than 32 KiB."),
    _problem(429, "The visitor, or their address, comes too often.", ("Retry-After", "Seconds to wait.")),
    UNAVAILABLE,
)

_EVENTS = Operation(
    "POST", "/site/{account}/events", "siteEvents", "site", "What a visitor does",
    "Page views, carts, chat messages and receipts of one visitor. All of them are stored, or none.",
    (
        Answer(204, "All of it is stored.", None, ""),
        *_REFUSALS,
        _problem(401, "The signed token does not count here.", ("WWW-Authenticate", "`Bearer`.")),
        _problem(409, "The visitor has signed in to another account before; it takes another visitor."),
    ),
    (_SITE, _ORIGIN),
    takes="`key` (the visitor's, 43 characters), `events` (at most 20), and a signed `token` if there is one.",
)  # fmt: skip

_CONVERSATION = Operation(
    "POST", "/site/{account}/conversation", "siteConversation", "site", "The visitor's own conversation",
    "Answered as soon as it is another than the one under the mark `after`, or after 25 seconds.",
    (
        Answer(200, "The conversation.", PageConversation),
        Answer(204, "It is still the same, or there is none.", None, ""),
        *_REFUSALS,
    ),
    (_SITE, _ORIGIN),
    takes="`key` (the visitor's) and `after` (the mark of what the page shows).",
)  # fmt: skip


def _script(name: str, what: str) -> Operation:
    return Operation(
        "GET", f"/site/{{account}}/{name}", f"site_{name.removesuffix('.js')}", "site", what,
        "Squeezed, and compressed for whoever takes that.",
        (
            Answer(200, "The script.", None, "text/javascript"),
            Answer(304, "It is the one that `If-None-Match` names.", None, ""),
            _NO_SITE,
        ),
        (_SITE,),
    )  # fmt: skip


OPERATIONS = (
    _script("throughline.js", "The script that pages load"),
    _script("chat.js", "The chat, loaded when it is wanted"),
    _EVENTS,
    _CONVERSATION,
)
