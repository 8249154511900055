"""The shapes of engines as the API document says them: what each takes, and every answer that it gives."""

from middleware.web.engines.asking import MOST_VALUES, Shape
from middleware.web.engines.manychat import MOST_ACTIONS
from middleware.web.engines.rasa import ACTION
from middleware.web.engines.shapes import SHAPES
from middleware.web.openapi import Answer, Operation, Parameter
from middleware.web.problems import UNAVAILABLE
from middleware.web.problems import problem_answer as _problem

TAG = {"name": "engines", "description": "Values of a context in the shapes in which engines ask for them."}

KEY_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Api-Key",
    "description": "The key of a client, for tools that cannot send a bearer token.",
}

_VALUES = Parameter(
    "query", "values",
    f"What is wanted, comma-separated, as templates name it: `orders.latest.number,profile.name`. At most {MOST_VALUES}"
    f", for ManyChat {MOST_ACTIONS}.",
)  # fmt: skip
_CHANNEL = Parameter("query", "channel", "`messenger`, `instagram`, `whatsapp` or `webchat`.")
_ACCOUNT = Parameter("query", "account", "The account's id or its name in the settings.")
_SENDER = Parameter("query", "sender", "The customer's id on that channel.")
_TEXT = Parameter("query", "text", "What the customer wrote: it says which of the orders was mentioned.")

_SAYS = {
    "rasa": (
        "Slots for Rasa", f"The action server's shape: `{ACTION}` sets the slots that are called like a value.",
        "What Rasa posts to an action server.",
    ),
    "manychat": (
        "Custom fields for ManyChat", "The shape of dynamic block v2: custom fields are set, or emptied.",
        "Full Contact Data, or `sender`.",
    ),
    "dialogflow": (
        "Session parameters for Dialogflow CX", "The shape of a webhook: parameters are set, or removed.",
        "A WebhookRequest.",
    ),
    "http": (
        "Values for an HTTP block", "One flat object: the names with `_` for `.`, null for what is not known.",
        "`channel`, `account`, `sender`, `values` and `text`, where they do not stand in the address.",
    ),
}  # fmt: skip


def _operation(shape: Shape, method: str) -> Operation:
    summary, says, takes = _SAYS[shape.name]
    only_flat = (_SENDER, _TEXT) if shape.name == "http" else ()
    posts = method == "POST"
    bodies = [_problem(413, "The body is larger than 4 MiB.")] if posts else []
    if posts and shape.malformed != 400:  # noqa: PLR2004 - HTTP
        bodies += [_problem(400, "The body is no JSON object.")]
    return Operation(
        method, shape.path, f"{shape.name}Values{'' if posts else 'Of'}", "engines", summary, says,
        (
            Answer(200, "The values, in the engine's own shape.", None),
            _problem(shape.malformed, "Something is missing, or there is no such value or sender: the detail says."),
            _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
            _problem(403, "A value of a block that this client may not see."),
            _problem(404, "No such account, or none that this client may see."),
            *bodies,
            UNAVAILABLE,
        ),
        (_CHANNEL, _ACCOUNT, *only_flat, _VALUES),
        takes=takes if posts else "",
        takes_optional=True,
        security=("clientKey", "clientKeyHeader"),
    )  # fmt: skip


OPERATIONS = tuple(_operation(shape, method) for shape in SHAPES for method in shape.methods)
