"""ManyChat's dynamic block, version 2: values become custom fields of the contact.

ManyChat posts what the builder puts into the request; `Full Contact Data` has what is needed. It takes
`{"version": "v2", "content": {"messages", "actions"}}` with at most five actions, so five values at once.
Source: manychat.github.io/dynamic_block_docs.
"""

from collections.abc import Mapping

from middleware.web.engines.asking import Asked, Json, Question, Shape, Told, needed, paths_of, place_of, text_in

MOST_ACTIONS = 5

_SENDER = {"messenger": "id", "instagram": "ig_id", "whatsapp": "whatsapp_phone"}
"""The field of the contact that is the sender's id on each channel."""


def _question(asked: Asked) -> Question:
    channel, account = place_of(asked)
    sender = text_in(asked.body, "sender") or text_in(asked.body, _SENDER.get(channel, "sender"))
    paths = paths_of(asked, asked.query.get("values"))
    return Question(channel, account, needed(sender), paths, text_in(asked.body, "last_input_text"))


def _answer(question: Question, values: Mapping[str, Told]) -> Json:
    # A field that is not set would keep what it was for the customer's last question.
    actions = [
        {"action": "unset_field_value", "field_name": name}
        if value is None
        else {"action": "set_field_value", "field_name": name, "value": value}
        for name, value in values.items()
    ]
    kind = {} if question.channel == "messenger" else {"type": question.channel}
    return {"version": "v2", "content": {**kind, "messages": [], "actions": actions}}


MANYCHAT = Shape("manychat", ("POST",), "/v1/engines/manychat", _question, _answer, most=MOST_ACTIONS)
