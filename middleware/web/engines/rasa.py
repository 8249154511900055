"""Rasa's action server: the action `action_fetch_context` sets slots.

Rasa posts `{"next_action", "sender_id", "tracker": {"sender_id", "slots", "latest_message", ...}, "domain"}` and takes
`{"events", "responses"}`. Which slots: those of the assistant that are called like a value, `orders_latest_number`.
Source: rasa.com/docs, action server, and rasa-sdk 3.
"""

from collections.abc import Mapping

from middleware.web.engines.asking import (
    Asked,
    Json,
    Mistake,
    Question,
    Shape,
    Told,
    needed,
    object_in,
    paths_of,
    place_of,
    text_in,
)

ACTION = "action_fetch_context"

_CHANNELS = {"facebook": "messenger", "twilio": "whatsapp"}
"""Rasa's names of input channels that are other than ours."""
_TWILIO = "whatsapp:"
_ANYBODY = "socketio"
"""The channel on which a browser says itself who its sender is."""


def _question(asked: Asked) -> Question:
    action = text_in(asked.body, "next_action")
    if action != ACTION:
        raise Mistake(f"The one action here is {ACTION}; Rasa asked for {action[:80] or 'none'}.")
    tracker = object_in(asked.body, "tracker")
    on = text_in(tracker, "latest_input_channel")
    if on == _ANYBODY:
        raise Mistake(f"On {_ANYBODY} anybody can say who they are: nothing is told there.")
    channel, account = place_of(asked, _CHANNELS.get(on, on))
    slots = [name for name in object_in(tracker, "slots") if name in asked.names]
    sender = needed(text_in(tracker, "sender_id") or text_in(asked.body, "sender_id"))
    return Question(
        channel,
        account,
        sender.removeprefix(_TWILIO) if channel == "whatsapp" else sender,
        paths_of(asked, asked.query.get("values") or slots),
        text_in(object_in(tracker, "latest_message"), "text"),
    )


def _answer(_: Question, values: Mapping[str, Told]) -> Json:
    slots = [{"event": "slot", "timestamp": None, "name": name, "value": value} for name, value in values.items()]
    return {"events": slots, "responses": []}


# To Rasa, 400 says that the action does not want to run, in a body of its own.
RASA = Shape("rasa", ("POST",), "/v1/engines/rasa/webhook", _question, _answer, malformed=422)
