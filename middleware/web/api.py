"""What the HTTP API consists of: every route next to what it takes and every answer that it gives."""

from functools import cache

from middleware import __version__
from middleware.domain.context import BLOCKS
from middleware.domain.trace import Trace
from middleware.handover import LEAST, MOST
from middleware.handover.shapes import ContextAnswer
from middleware.identity.joined import Joined
from middleware.pipeline.timeline import FIRST_LOOK, MOST_ENTRIES, TimelineView
from middleware.web import passed, schemas
from middleware.web.context import MOST_PROMPT
from middleware.web.engines import described as engines
from middleware.web.health import Health
from middleware.web.openapi import Answer, Json, Operation, Parameter, document
from middleware.web.panel_links import PanelLink
from middleware.web.problems import UNAVAILABLE
from middleware.web.problems import problem_answer as _problem
from middleware.web.review_described import REVIEW
from middleware.web.site.described import OPERATIONS, TAG
from middleware.web.templates import described as templates
from middleware.web.templates import results
from middleware.web.turns import ReplyTaken

_TEXT = "text/plain"

_INFO: Json = {
    "title": "Throughline",
    "version": __version__,
    "summary": "The context layer between chat webhooks and a bot.",
    "description": "Platforms deliver webhooks here; programs ask who is writing. Whatever goes wrong is answered "
    "with a problem document (RFC 9457).",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}

_TAGS: tuple[Json, ...] = (
    {"name": "webhooks", "description": "Where platforms deliver what happened."},
    {"name": "context", "description": "Who is writing, for programs that ask instead of being told."},
    engines.TAG,
    TAG,
    {"name": "profiles", "description": "Everything that is known of one person, for what people work with."},
    templates.TAG,
    {"name": "review", "description": "Who might be one person: the review queue, for tools that show it to people."},
    {"name": "health", "description": "Whether it lives, and whether it is ready."},
    {"name": "documentation", "description": "This document."},
)

_SCHEMES: Json = {
    "clientKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "The key of a client of the settings; `throughline key` makes one.",
    },
    "clientKeyHeader": engines.KEY_SCHEME,
    "metaSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hub-Signature-256",
        "description": "`sha256=` and the HMAC-SHA256 of the body as sent, in hex, keyed with the app secret.",
    },
    "shopifySignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Shopify-Hmac-Sha256",
        "description": "The HMAC-SHA256 of the body as sent, in base64, keyed with the app's client secret.",
    },
    "siteSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Throughline-Signature",
        "description": "`sha256=` and the HMAC-SHA256 of the body as sent, in hex, keyed with a secret of the site.",
    },
    "hubspotSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-HubSpot-Signature-v3",
        "description": "The HMAC-SHA256 of method, address, body and time, in base64, keyed with the client secret.",
    },
    "zendeskSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Zendesk-Webhook-Signature",
        "description": "The HMAC-SHA256 of time and body, in base64, keyed with the webhook's signing secret.",
    },
}


_ALLOW = ("Allow", "The methods that there are.")

_NAME = Parameter("path", "name", "The account's name in the settings.", required=True)

_FLAG: Json = {"type": "string", "enum": ["0", "1"]}

_QUERY = (
    Parameter("query", "channel", "`messenger`, `instagram`, `whatsapp` or `webchat`.", required=True),
    Parameter("query", "account", "The account's id or its name in the settings.", required=True),
    Parameter(
        "query", "sender", "The customer's id on that channel; on WhatsApp also the phone number.", required=True
    ),
    Parameter("query", "blocks", f"Only these, comma-separated: {', '.join(BLOCKS)}. Default: all of the client's."),
    Parameter("query", "fields", "Only these, as dotted paths: `orders.latest.number,profile.name`."),
    Parameter("query", "explain", "`1`: say where it comes from and why something is not there.", schema=_FLAG),
    Parameter("query", "prompt", "`1`: with the plain text for language models as `prompt`.", schema=_FLAG),
    Parameter(
        "query", "view", "`prompt`: the plain text alone.", schema={"type": "string", "enum": ["json", "prompt"]}
    ),
    Parameter(
        "query", "most", f"Characters of the prompt at most. Default: {MOST}.",
        schema={"type": "integer", "minimum": LEAST, "maximum": MOST_PROMPT},
    ),
)  # fmt: skip

_HUB = (
    Parameter("query", "hub.mode", "`subscribe`."),
    Parameter("query", "hub.verify_token", "The word that was typed into Meta's form."),
    Parameter("query", "hub.challenge", "What has to come back."),
)


@cache
def api_document(connectors: tuple[str, ...]) -> Json:
    """The OpenAPI document of an application that has these connectors: made once, to be changed by nobody."""
    of_templates = (*templates.OPERATIONS, results.OPERATION)
    of_bots = (_CONTEXT, _REPLIES, passed.OPERATION, *engines.OPERATIONS)
    of_health = (*_HEALTH, *schemas.OPERATIONS)
    told = (*of_bots, *OPERATIONS, *_PROFILES, _PANEL_LINK, _TRACE, *of_templates, *REVIEW, *of_health, *_DOCUMENTATION)
    return document(_INFO, _TAGS, _SCHEMES, (*_webhooks(connectors), *told))


def _webhooks(connectors: tuple[str, ...]) -> tuple[Operation, ...]:
    connector = Parameter(
        "path", "connector", "Who delivers.", required=True, schema={"type": "string", "enum": list(connectors)}
    )
    return tuple(
        operation
        for end, what, path in (
            ("", "all accounts of a connector", (connector,)),
            ("OfAccount", "one account", (connector, _NAME)),
        )
        for operation in _webhook(f"/webhooks/{'/'.join(f'{{{each.name}}}' for each in path)}", end, what, path)
    )


def _webhook(path: str, end: str, what: str, parameters: tuple[Parameter, ...]) -> tuple[Operation, ...]:
    nobody = _problem(404, "There is no such connector.")
    handshake = Operation(
        "GET", path, f"handshake{end}", "webhooks", f"Verification handshake of {what}",
        "Meta asks once, when the address is entered in its form.",
        (
            Answer(200, "The challenge, as it came.", None, _TEXT),
            _problem(403, "The token is not the `verify_token` of any account here."),
            nobody,
            _problem(405, "This connector has no handshake.", _ALLOW),
        ),
        (*parameters, *_HUB),
    )  # fmt: skip
    deliver = Operation(
        "POST", path, f"deliver{end}", "webhooks", f"Delivery to {what}",
        "Answered with 200 when everything in it is stored. What cannot be understood is stored too, in quarantine: "
        "delivering it again would not help.",
        (
            Answer(200, "Everything in it is stored.", None, _TEXT),
            _problem(401, "The signature is missing, or made with no secret of these accounts. Nothing was parsed."),
            nobody,
            _problem(408, "The body did not come in time."),
            _problem(413, "The body is larger than 4 MiB."),
            UNAVAILABLE,
        ),
        parameters,
        takes="The body as the platform sends it.",
        security=("metaSignature", "shopifySignature", "hubspotSignature", "zendeskSignature", "siteSignature"),
    )  # fmt: skip
    return handshake, deliver


_CONTEXT = Operation(
    "GET", "/v1/context", "context", "context", "The context of one sender",
    "What a bot would be told of a sender right now: each block with its state, its source and its age.",
    (
        Answer(200, "The context, or the chosen fields. What is not known is left out.", ContextAnswer, or_text=True),
        _problem(400, "A parameter is missing or wrong, or `sender` is no id of this channel."),
        _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
        _problem(403, "A block that this client may not see."),
        _problem(404, "No such account, or none that this client may see."),
        UNAVAILABLE,
    ),
    _QUERY,
    security=("clientKey",),
)  # fmt: skip

_REPLIES = Operation(
    "POST", "/v1/turns/{id}/replies", "replies", "context", "The later answer of a bot engine",
    "For an engine that answered a question with 202: what it says goes to the customer like an answer at once. "
    "What is told twice, under one id or with one content, is said once.",
    (
        Answer(202, "Stored, and about to be said.", ReplyTaken),
        _problem(400, "The body is no answer of the engine contract. The detail says where."),
        _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
        _problem(403, "The client has not the right `replies`."),
        _problem(404, "No such turn of these brands asked an engine, or it waits no longer."),
        _problem(413, "The body is larger than 64 KiB."),
        UNAVAILABLE,
    ),
    (
        Parameter("path", "id", "The turn's id, as the question has it.", required=True),
        Parameter("header", "webhook-id", "The engine's own id for this answer, to tell it apart from others."),
        Parameter("header", "Idempotency-Key", "The same, for engines that call it so."),
    ),
    takes="An answer of the engine contract: an object with `messages` and `hand_over`.",
    security=("clientKey",),
)  # fmt: skip

_PROFILE_PATH = (
    Parameter("path", "id", "The profile's id, as `identity.profile_id` of a context says it.", required=True),
    Parameter("query", "brand", "Whose profile. Not needed where the client sees one brand."),
)
_PROFILE_ANSWERS = (
    _problem(400, "A parameter is missing, or is not what it should be."),
    _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
    _problem(403, "This client may not read profiles (`profiles` in its settings)."),
    _problem(404, "No such profile in this brand, or no such brand for this client."),
    UNAVAILABLE,
)

_TRACE = Operation(
    "GET", "/v1/turns/{id}", "trace", "profiles", "How a turn was decided, and what came of it",
    "What came in, who it was and why, every block with its age, the steps of the decision, each message with its "
    "fate. Identifiers are masked, words are not: for people of the brand, never for a bot.",
    (
        Answer(200, "The trace. What is not known is left out.", Trace),
        _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
        _problem(403, "The client has not the right `profiles`."),
        _problem(404, "No such turn in this brand, or no such brand for this client. The detail says what to give."),
        UNAVAILABLE,
    ),
    (
        Parameter(
            "path", "id", "Of a turn, an event, a message (mid, wamid), a reply, or a conversation.", required=True
        ),
        Parameter("query", "brand", "Whose turn. Not needed where the client sees one brand."),
    ),
    security=("clientKey",),
)  # fmt: skip

_PROFILES = (
    Operation(
        "GET", "/v1/profiles/{id}", "profile", "profiles", "Everything known of one person",
        "Whole and unmasked, each value with its source, its age and how far it can be believed. It knows no "
        "disclosure level: for people of the brand, never for a bot.",
        (Answer(200, "The profile. What is not known is left out.", Joined), *_PROFILE_ANSWERS),
        _PROFILE_PATH,
        security=("clientKey",),
    ),
    Operation(
        "GET", "/v1/profiles/{id}/timeline", "timeline", "profiles", "What happened, newest first",
        "One line for each event, without a word of the customer. As cheap however long it is.",
        (Answer(200, "Some of it. `next` asks for what is older.", TimelineView), *_PROFILE_ANSWERS),
        (
            *_PROFILE_PATH,
            Parameter("query", "before", "The `next` of the answer before."),
            Parameter(
                "query", "most", f"How many at most: 1 to {MOST_ENTRIES}, default {FIRST_LOOK}.",
                schema={"type": "integer", "minimum": 1, "maximum": MOST_ENTRIES},
            ),
        ),
        security=("clientKey",),
    ),
)  # fmt: skip

_PANEL_LINK = Operation(
    "POST", "/v1/panel-links", "panelLink", "profiles", "A link to the panel of one sender",
    "For the frame of a help desk: who it is, why we believe it, what they need, contacts masked. It works for ten "
    "minutes, for whoever has it, in the frames that `[console] embed_in` allows.",
    (
        Answer(201, "The link.", PanelLink),
        _problem(400, "The body is not what it should be, or `sender` is no id of this channel."),
        _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
        _problem(403, "This client may not read profiles (`profiles` in its settings)."),
        _problem(404, "No such account, profile or brand, or none that this client may see."),
        _problem(409, "The settings let no help desk show it. The detail says what to set."),
        UNAVAILABLE,
    ),
    takes="JSON: `channel`, `account` and `sender` as for the context, or `profile_id` and, where the client sees "
    "several, `brand`.",
    security=("clientKey",),
)  # fmt: skip

_HEALTH = (
    Operation(
        "GET", "/livez", "alive", "health", "Is it alive?", "As long as the process answers at all.",
        (Answer(200, "Alive.", Health),),
    ),
    Operation(
        "GET", "/readyz", "ready", "health", "Is it ready?", "Whether the store answers.",
        (Answer(200, "Ready.", Health), UNAVAILABLE),
    ),
)  # fmt: skip

_DOCUMENTATION = (
    Operation(
        "GET", "/openapi.json", "openapi", "documentation", "This document, for programs", "OpenAPI 3.1.",
        (Answer(200, "The document.", None, "application/json"),),
    ),
    Operation(
        "GET", "/docs", "docs", "documentation", "This document, for people", "A page without scripts.",
        (Answer(200, "The page.", None, "text/html"),),
    ),
)  # fmt: skip
