"""The composition root: the one place that knows every part. Settings in, a running installation out.

To follow a message, read on in this order: `web/webhooks.py` (receive), `pipeline/accept.py` (verify, normalise,
accept), `worker.py` (lanes), `pipeline/path.py` (all stages after the acknowledgement); beside it, `jobs/`.

Each part is imported when it is asked for: a command of the command line needs neither pages nor routes.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from middleware.bootstrap.building import Installation, opened
    from middleware.bootstrap.reaching import (
        flows_now,
        flows_said,
        look_up_of,
        queue_of,
        releases_of,
        replay_of,
        templates_now,
        templates_of,
    )
    from middleware.bootstrap.serving import application, clients_of, console_of, panel_links_of, web_parts

__all__ = [
    "Installation",
    "application",
    "clients_of",
    "console_of",
    "flows_now",
    "flows_said",
    "look_up_of",
    "opened",
    "panel_links_of",
    "queue_of",
    "releases_of",
    "replay_of",
    "templates_now",
    "templates_of",
    "web_parts",
]

_HOMES = {
    "Installation": "building",
    "opened": "building",
    "flows_now": "reaching",
    "flows_said": "reaching",
    "look_up_of": "reaching",
    "queue_of": "reaching",
    "releases_of": "reaching",
    "replay_of": "reaching",
    "templates_now": "reaching",
    "templates_of": "reaching",
    "application": "serving",
    "clients_of": "serving",
    "console_of": "serving",
    "panel_links_of": "serving",
    "web_parts": "serving",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
