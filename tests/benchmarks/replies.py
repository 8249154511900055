"""`make bench-replies`: what a reply costs beside bare Jinja2, and the worst that a hostile source can ask for."""

import argparse
import gc
import json
import tracemalloc
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

from jinja2 import Environment
from rich.console import Console

from flows.language import LanguageError, Locality, Program, compile_condition, compile_reply, limits
from flows.templates import check_template
from middleware.domain.capabilities import Size
from middleware.errors import FlowError
from tests.benchmarks.deciding import deciding
from tests.benchmarks.deciding import table as decisions
from tests.benchmarks.measures import machine
from tests.benchmarks.tables import Table
from tests.unit.flows.hostile_sources import hostile
from tests.unit.flows.readers import NOW
from tests.unit.flows.test_hostile_sources import values_with
from tests.unit.flows.test_reply_language_refusals import ESCAPES, EXHAUSTION, Canary

_GREETING = "Hi {{ profile.name | default('there') }}, how can we help you today?"
_ORDER = """\
Hi {{ profile.name | default("there") }}!
{% if orders.latest %}
Your order {{ orders.latest.number }} is {{ orders.latest.state }}. In it:
{% for line in orders.latest.lines %}
- {{ line.quantity }} x {{ line.title }}{% if line.note %} ({{ line.note }}){% endif %}

{% endfor %}
{% else %}
You have not ordered yet.
{% endif %}
"""
_VALUES: dict[str, Any] = {
    "profile": {"name": "Ana"},
    "orders": {
        "latest": {
            "number": "#1001",
            "state": "shipped",
            "lines": [
                {"title": "Blue shirt", "quantity": 2, "note": "gift"},
                {"title": "Red hat", "quantity": 1},
                {"title": "Socks", "quantity": 3},
            ],
        }
    },
}
_ROOM = Size(most=1000, in_bytes=True)
_FILE = "name: a\npurpose: p\nlocales:\n  en:\n    fallback: f\n    text: |2\n"
_CACHED = 10_000
_WEIGHED = 200


@dataclass(frozen=True)
class Worst:
    """The dearest of all sources in one step: milliseconds of CPU, and KiB at the peak."""

    ms: float
    kib: float


def main() -> int:
    """Measure, show and write down."""
    argparse.ArgumentParser(prog="python -m tests.benchmarks.replies", description=__doc__).parse_args()
    numbers = {**_beside_jinja(), **deciding(), **_hostile(), **_cached()}
    build = Path("build")
    build.mkdir(exist_ok=True)
    (build / "bench-replies.json").write_text(json.dumps(numbers, indent=1, sort_keys=True) + "\n")
    Path("docs/benchmarks-replies.md").write_text(_page(numbers))
    for shown in (_renders(numbers), decisions(numbers), _steps(numbers)):
        Console().print(shown.rich())
    Console().print(f"{_CACHED} templates take {numbers['cache.mib']} MiB. All numbers: build/bench-replies.json")
    return 0


def _beside_jinja() -> dict[str, float]:
    """Microseconds of a render, ours and that of bare Jinja2 on the same text, by turns; both must say the same."""
    numbers: dict[str, float] = {}
    bare, locality = Environment(trim_blocks=True, lstrip_blocks=True), Locality.of("en", None, NOW)  # noqa: S701 - plain text
    for name, source in (("greeting", _GREETING), ("order", _ORDER)):
        program, template = compile_reply(source), bare.from_string(source)
        if program.render(_VALUES, locality) != template.render(_VALUES):
            raise AssertionError("both say the same")
        rounds = [
            (_each(lambda: program.render(_VALUES, locality)), _each(lambda: template.render(_VALUES)))  # noqa: B023 - called at once
            for _ in range(15)
        ]
        ours, theirs = min(ours for ours, _ in rounds), min(theirs for _, theirs in rounds)
        numbers |= {f"render.{name}.us": round(ours * 1e6, 1), f"render.{name}.jinja_us": round(theirs * 1e6, 1)}
        numbers[f"render.{name}.ratio"] = round(ours / theirs, 2)
    return numbers


def _each(work: Callable[[], object], times: int = 2000) -> float:
    began_at = process_time()
    for _ in range(times):
        work()
    return (process_time() - began_at) / times


def _hostile() -> dict[str, float]:
    """The dearest of some two thousand sources, in each step."""
    sources = [*hostile(2_000), *ESCAPES, *EXHAUSTION.values()]
    values, locality = values_with(Canary()), Locality.of("en", "Europe/Madrid", NOW)

    def checked(source: str) -> object:
        return check_template(_FILE + "".join(f"      {line}\n" for line in source.split("\n")), "a.yaml")

    programs = [program for program in (_compiled(source) for source in sources) if program is not None]
    steps = {
        "compile": _worst(compile_reply, sources),
        "condition": _worst(compile_condition, sources),
        "check": _worst(checked, sources),
        "render": _worst(lambda program: program.render(values, locality, _ROOM), programs),
    }
    numbers: dict[str, float] = {"hostile.sources": len(sources), "hostile.accepted": len(programs)}
    for name, worst in steps.items():
        numbers |= {f"hostile.{name}_ms": round(worst.ms, 1), f"hostile.{name}_kib": round(worst.kib)}
    return numbers


def _compiled(source: str) -> Program | None:
    try:
        return compile_reply(source)
    except LanguageError:
        return None


def _worst(step: Callable[[Any], object], inputs: Iterable[Any]) -> Worst:
    """Each input three times, of which the quickest counts; memory of the two hundred that took longest."""
    timed = sorted(((min(_once(step, each) for _ in range(3)), each) for each in inputs), key=lambda pair: -pair[0])
    kib = 0.0
    tracemalloc.start()
    for _, each in timed[:_WEIGHED]:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        _once(step, each)
        kib = max(kib, (tracemalloc.get_traced_memory()[1] - before) / 1024)
    tracemalloc.stop()
    return Worst(timed[0][0] * 1e3, kib)


def _once(step: Callable[[Any], object], given: object) -> float:
    began_at = process_time()
    with suppress(FlowError):
        step(given)
    return process_time() - began_at


def _cached() -> dict[str, float]:
    """MiB that ten thousand compiled templates take, each different, with a loop and conditions."""
    gc.collect()
    tracemalloc.start()
    kept = [compile_reply(f"{_ORDER}{number}") for number in range(_CACHED)]
    mib = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    return {"cache.templates": len(kept), "cache.mib": round(mib, 1)}


def _renders(numbers: dict[str, float]) -> Table:
    names = {"greeting": "a name and a fallback", "order": "a loop and conditions"}
    rows = [
        (shown, *(f"{numbers[f'render.{name}.{key}']:g}" for key in ("us", "jinja_us", "ratio")))
        for name, shown in names.items()
    ]
    return Table("Rendering a cached reply", ("text", "ours µs", "bare Jinja2 µs", "ratio"), tuple(rows))


def _steps(numbers: dict[str, float]) -> Table:
    rows = [
        (name, f"{numbers[f'hostile.{name}_ms']:g}", f"{numbers[f'hostile.{name}_kib']:g}")
        for name in ("compile", "condition", "check", "render")
    ]
    return Table("The dearest of the hostile sources", ("step", "ms of CPU", "KiB at the peak"), tuple(rows))


def _page(numbers: dict[str, float]) -> str:
    shown = {name: value for name, value in machine().items() if name in {"processor", "memory", "system", "Python"}}
    return _PAGE.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=Table("", ("", ""), tuple({**shown, "jinja2": version("jinja2")}.items())).markdown(),
        renders=_renders(numbers).markdown(),
        decisions=decisions(numbers).markdown(),
        steps=_steps(numbers).markdown(),
        sources=numbers["hostile.sources"],
        accepted=numbers["hostile.accepted"],
        output=limits.OUTPUT_BYTES // 1024,
        cached=numbers["cache.templates"],
        mib=numbers["cache.mib"],
    )


_PAGE = """\
# Benchmarks of replies

Written by `make bench-replies` on {date}; do not edit.

{machine}

## Beside bare Jinja2

{renders}

Both are compiled beforehand and say the same text from the same values; they take turns, and the best of fifteen rounds
of 2,000 counts, in processor time.

## Deciding

{decisions}

Which flow answers, its conditions and steps, the reply and what is written down of it, beside all shipped flows. The
long flow has a condition before every fourth step and none of them holds, so that all of it is walked through; then it
asks. Processor time, the best of fifteen rounds of 200.

## The worst that can be asked for

{steps}

Out of {sources} sources: those of the tests of escape and exhaustion, and 2,000 by a grammar
(`tests/unit/flows/hostile_sources.py`), a fifth of which are well formed and ask for as much work as they can.
{accepted} of them were accepted. **check** is a whole template file; **render** has lists of twenty, texts of 2,000
characters and a message of 1,000 bytes to fit into. Each ran three times, of which the quickest counts;
memory is that of the two hundred that took longest. No result is
longer than {output} KiB: that is cut off by the renderer and tested.

## Kept

{cached} compiled replies, each different, with a loop and conditions, take **{mib} MiB**.
"""


if __name__ == "__main__":
    raise SystemExit(main())
