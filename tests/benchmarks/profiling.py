"""Where the time of our process goes: the event loop's thread, and beside it the driver's."""

import cProfile
import io
import marshal
import pstats
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

PROFILERS = ("cprofile", "pyinstrument")

_ORDERS = ("tottime", "cumulative")


class Profile:
    """Profiles of this process. `cprofile` counts every call and slows all; `pyinstrument` samples the loop's thread.

    Made before the threads are that it is to see. Until it is started it costs time in them only.
    """

    def __init__(self, profiler: str) -> None:
        self._profiler = profiler
        self._loop: Any = None
        self._threads: list[cProfile.Profile] = []
        self._cpu: dict[int, float] = {}
        # From Python 3.12 on one profile sees all threads.
        if profiler == "cprofile" and sys.version_info < (3, 12):
            threading.setprofile(self._joined)

    def _joined(self, _frame: FrameType, _event: str, _argument: object) -> None:
        """The first call in a new thread: from here on it has a profile of its own."""
        profile = cProfile.Profile()
        self._threads.append(profile)
        profile.enable()

    def start(self) -> None:
        """Begin; what was before does not count."""
        for each in self._threads:
            each.clear()
        self._cpu = _cpu_by_thread()
        if self._profiler == "cprofile":
            self._loop = cProfile.Profile()
            self._loop.enable()
        else:
            from pyinstrument import Profiler  # noqa: PLC0415 - only where asked for

            self._loop = Profiler(interval=0.0005, async_mode="disabled")
            self._loop.start()

    def stopped(self, lines: int, file: Path) -> str:
        """End, keep all of it in files named after `file`, and give what weighs most."""
        if self._profiler == "pyinstrument":
            self._loop.stop()
            shown: str = self._loop.output_text(unicode=True, color=False)
            file.with_suffix(".txt").write_text(shown)
        else:
            self._loop.disable()
            shown = _shown("The event loop's thread", [self._loop], file.with_suffix(".loop.pstats"), lines)
            if self._threads:
                shown += _shown("All other threads", self._threads, file.with_suffix(".threads.pstats"), lines)
        return f"{self._cpu_since()}\n{shown}"

    def _cpu_since(self) -> str:
        """CPU by thread; the profile's own share is in it."""
        spent = {thread: seconds - self._cpu.get(thread, 0.0) for thread, seconds in _cpu_by_thread().items()}
        loop = spent.pop(threading.main_thread().native_id or 0, 0.0)
        return f"CPU: {loop:.2f} s in the event loop's thread, {sum(spent.values()):.2f} s in {len(spent)} others"


def _cpu_by_thread() -> dict[int, float]:
    return {each.id: each.user_time + each.system_time for each in psutil.Process().threads()}


def _shown(title: str, profiles: list[cProfile.Profile], file: Path, lines: int) -> str:
    """Functions by own time, and by time with all that they call. Waiting counts as time."""
    merged = pstats.Stats()
    for profile in profiles:
        # Not `create_stats`: that would end a profile of this thread, which it is not.
        profile.snapshot_stats()
        # A thread that only waited has nothing to show, and nothing cannot be added.
        if profile.stats:
            file.write_bytes(marshal.dumps(profile.stats))
            merged.add(str(file))
    merged.dump_stats(file)
    shown = io.StringIO(f"\n{title}\n")
    shown.seek(0, io.SEEK_END)
    for order in _ORDERS:
        pstats.Stats(str(file), stream=shown).sort_stats(order).print_stats(lines)
    return shown.getvalue()
