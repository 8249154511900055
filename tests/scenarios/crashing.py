"""A process that dies or stands still by its own hand at a named point between two stages.

`python -m tests.scenarios.crashing ROLE [POINT COUNT kill|stop]` with settings from THROUGHLINE_CONFIG. Roles: web,
worker (also under the name other), both in one. Without a point it runs until somebody ends it.
"""

import asyncio
import os
import signal
import sys

from middleware.cli.serve import run_web, run_worker
from middleware.log import configure_log
from middleware.settings import load_settings

POINTS = ("resolved", "absorbed", "enriched", "decided", "carried_out", "claimed", "sent", "finished", "rung")
"""Every point between two stages, before and after the call to the platform, and between a timer and its event."""


ACTS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Death:
    """A checkpoint that sends the process a signal when it is told of `point` for the `count`-th time."""

    def __init__(self, point: str, count: int, act: str) -> None:
        self._point = point
        self._left = count
        self._signal = ACTS[act]

    def __call__(self, stage: str) -> None:
        if stage == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._signal)


def main(role: str, point: str = "", count: str = "0", act: str = "kill") -> None:
    """Run one role."""
    configure_log(json_lines=True)
    death = Death(point, int(count), act) if point else None
    settings = load_settings()
    run = {
        "web": lambda: run_web(settings, work=False, checkpoint=death),
        "worker": lambda: run_worker(settings, checkpoint=death),
        "other": lambda: run_worker(settings),
        "both": lambda: run_web(settings, work=True, checkpoint=death),
    }[role]
    asyncio.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
