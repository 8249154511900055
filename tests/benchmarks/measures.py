"""What is read off processes and samples: CPU, memory, percentiles, slopes."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

_SHOWN = ("aiohttp", "uvloop", "orjson", "motor", "pymongo", "secantusdb", "pywa", "fastapi", "uvicorn", "httptools")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of CPU (user and system) that a process and its children have used, and the bytes they hold."""

    cpu: float
    rss: int


def usage(pid: int) -> Usage:
    """What a process and its children use."""
    cpu, rss = 0.0, 0
    for process in (root := psutil.Process(pid), *root.children(recursive=True)):
        times = process.cpu_times()
        cpu += times.user + times.system
        rss += process.memory_info().rss
    return Usage(cpu, rss)


def busy() -> float:
    """Seconds of CPU that the whole machine has used."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the sorted `values` do not exceed; 0 of none."""
    if not values:
        return 0.0
    return values[min(len(values) - 1, int(share * len(values)))]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By how much y grows with x: least squares; 0 of fewer than two points."""
    number = len(points)
    if number < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / number
    mean_y = sum(y for _, y in points) / number
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def cores() -> tuple[int | None, int | None]:
    """One core for the server that is measured and one for all others; None where they cannot be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


def machine() -> dict[str, str]:
    """What it was measured on."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {sys.version.split()[0]}",
        **{name: found for name in _SHOWN if (found := _version(name))},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
