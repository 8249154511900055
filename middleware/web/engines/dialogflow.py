"""Dialogflow CX's webhook: values become parameters of the session.

Dialogflow posts a WebhookRequest: `{"sessionInfo": {"session", "parameters"}, "fulfillmentInfo": {"tag"}, "text",
"payload"}` and takes a WebhookResponse. Whoever calls detectIntent sets `payload` (`queryParams.payload`); session
parameters are never read, since a customer can fill them. Source: the reference of Dialogflow CX v3.
"""

from collections.abc import Mapping

from middleware.web.engines.asking import (
    Asked,
    Json,
    Question,
    Shape,
    Told,
    needed,
    object_in,
    paths_of,
    place_of,
    text_in,
)


def _question(asked: Asked) -> Question:
    payload = object_in(asked.body, "payload")
    channel, account = place_of(asked, text_in(payload, "channel"))
    session = text_in(object_in(asked.body, "sessionInfo"), "session").rpartition("/")[2]
    sender = needed(text_in(payload, "sender") or session)
    paths = paths_of(asked, asked.query.get("values"))
    return Question(channel, account, sender, paths, text_in(asked.body, "text"))


def _answer(_: Question, values: Mapping[str, Told]) -> Json:
    # A parameter that is null is taken out of the session.
    return {"sessionInfo": {"parameters": dict(values)}}


DIALOGFLOW = Shape("dialogflow", ("POST",), "/v1/engines/dialogflow", _question, _answer)
