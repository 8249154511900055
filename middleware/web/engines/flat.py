"""One flat object of values, for HTTP blocks: Typebot, Voiceflow, and whatever can send a request.

Everything stands in the address, or in a JSON body with the same names.
"""

from collections.abc import Mapping

from middleware.web.engines.asking import Asked, Json, Question, Shape, Told, needed, paths_of, place_of, text_in


def _question(asked: Asked) -> Question:
    given = {name: text_in(asked.body, name) for name in ("channel", "account", "sender", "text")}
    given = {**given, **{name: asked.query[name] for name in given if name in asked.query}}
    paths = paths_of(asked, asked.query.get("values") or asked.body.get("values"))
    channel, account = place_of(Asked(given, {}, asked.names))
    return Question(channel, account, needed(given["sender"]), paths, given["text"])


def _answer(_: Question, values: Mapping[str, Told]) -> Json:
    return dict(values)


FLAT = Shape("http", ("GET", "POST"), "/v1/engines/http", _question, _answer)
