"""The composition root: the one place that knows every part. Settings in, a running installation out.

To follow a message, read on in this order: `web/webhooks.py` (receive), `pipeline/accept.py` (verify, normalise,
accept), `worker.py` (lanes), `pipeline/path.py` (all stages after the acknowledgement); beside it, `jobs/`.
"""

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
