"""Every kind of engine there is, named one by one."""

from collections.abc import Callable, Mapping

from connectors.engines.agents import Agents
from connectors.engines.botpress import Botpress
from connectors.engines.dialogflow import Dialogflow
from connectors.engines.rasa import Rasa
from connectors.engines.typebot import Typebot
from connectors.engines.voiceflow import Voiceflow
from connectors.engines.webhook import Webhook
from connectors.http import HttpClient
from middleware.ports import Engine, EngineSetup

_ENGINES: Mapping[str, Callable[[EngineSetup, HttpClient], Engine]] = {
    "webhook": Webhook,
    "rasa": Rasa,
    "agents": Agents,
    "botpress": Botpress,
    "typebot": Typebot,
    "voiceflow": Voiceflow,
    "dialogflow": Dialogflow,
}

KINDS = tuple(_ENGINES)
"""The kinds that the settings can name."""


def engine_of(setup: EngineSetup, http: HttpClient) -> Engine:
    """The engine that the settings describe; it asks through `http`.

    Raises ValueError, which names engine and setting and shows no secret, for a setup that lacks something.
    """
    make = _ENGINES.get(setup.kind)
    if make is None:
        raise ValueError(f"engine {setup.name}: no kind {setup.kind!r}; there are {', '.join(KINDS)}")
    if not setup.url.startswith(("https://", "http://")):
        raise ValueError(f"engine {setup.name}: `url` begins with https:// or http://")
    try:
        return make(setup, http)
    except ValueError as error:
        raise ValueError(f"engine {setup.name} ({setup.kind}): {error}") from None
