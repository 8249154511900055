"""Where the time of our process goes."""

import cProfile
import io
import pstats
from pathlib import Path
from typing import Any

PROFILERS = ("cprofile", "pyinstrument")


class Profile:
    """One profile of this process. `cprofile` counts every call and slows all; `pyinstrument` samples."""

    def __init__(self) -> None:
        self._running: Any = None

    def start(self, profiler: str) -> None:
        """Begin."""
        if profiler == "cprofile":
            self._running = cProfile.Profile()
            self._running.enable()
        else:
            from pyinstrument import Profiler  # noqa: PLC0415 - only where asked for

            self._running = Profiler(interval=0.0005, async_mode="disabled")
            self._running.start()

    def stopped(self, lines: int, file: Path) -> str:
        """End, keep all of it in `file`, and give what weighs most: functions by own time, and with what they call."""
        running = self._running
        if not isinstance(running, cProfile.Profile):
            running.stop()
            text: str = running.output_text(unicode=True, color=False, show_all=False)
            file.with_suffix(".txt").write_text(text)
            return text
        running.disable()
        running.dump_stats(file.with_suffix(".pstats"))
        shown = io.StringIO()
        stats = pstats.Stats(running, stream=shown)
        for order in ("tottime", "cumulative"):
            stats.sort_stats(order).print_stats(lines)
        return shown.getvalue()
