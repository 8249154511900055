"""A process that dies: web, worker, or both in one, killed by its own hand at a named point between two stages.

`python -m tests.scenarios.crashing ROLE [POINT COUNT]` with settings from THROUGHLINE_CONFIG. Without a point it runs
until somebody kills it.
"""

import asyncio
import os
import signal
import sys

from middleware.cli.serve import run_web, run_worker
from middleware.log import configure_log
from middleware.settings import load_settings

POINTS = ("resolved", "absorbed", "enriched", "decided", "carried_out", "claimed", "sent", "finished")
"""Every point between two stages, and before and after the call to the platform."""


class Death:
    """A checkpoint that kills the process when it is told of `point` for the `count`-th time."""

    def __init__(self, point: str, count: int) -> None:
        self._point = point
        self._left = count

    def __call__(self, stage: str) -> None:
        self._left -= stage == self._point
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(role: str, point: str = "", count: str = "0") -> None:
    """Run one role."""
    configure_log(json_lines=True)
    death = Death(point, int(count)) if point else None
    settings = load_settings()
    run = {
        "web": lambda: run_web(settings, work=False, checkpoint=death),
        "worker": lambda: run_worker(settings, checkpoint=death),
        "both": lambda: run_web(settings, work=True, checkpoint=death),
    }[role]
    asyncio.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
