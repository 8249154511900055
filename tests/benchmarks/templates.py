"""What many published templates take in one process: `python -m tests.benchmarks.templates [NUMBER]`.

Prints JSON. Each template is the shipped greeting in three languages, 2.2 KB, under a name and with words of its own; a
flow says every one of them.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flows.engine.steps import Say
from flows.publishing.desk import Desk
from flows.publishing.published import COMPILED_AT_MOST, Compiled
from flows.runner import Flows
from flows.templates import Reader, render
from middleware.domain.channels import CHANNELS
from middleware.domain.template_versions import PublishedSource

LIKE = "welcome_by_ad_click"
"""The shipped greeting that all of them are like."""
_READER = Reader(("en",), CHANNELS["whatsapp"])
_ROUNDS = 2_000


def measured(number: int = 10_000) -> dict[str, float]:
    """Memory in MiB beside what the shipped flows take; times in microseconds of CPU.

    So many are compiled that the oldest have to go: more of them would take no more memory.
    """
    compiled = Compiled()
    before = _resident()
    flows, sources = many_templates(number)
    desk = Desk(flows, compiled=compiled)
    versions = {name: PublishedSource(1, source) for name, source in sources.items()}
    exchange = _seconds(lambda: desk.over(versions))
    said, held = desk.over(versions).shelf.templates, _resident() - before
    names = list(sources)[: COMPILED_AT_MOST + COMPILED_AT_MOST // 10]
    first = _seconds(lambda: [desk.compile(name, sources[name]) for name in names]) / len(names)
    cached = _seconds(lambda: [render(said[names[-1]], _READER, {}) for _ in range(_ROUNDS)]) / _ROUNDS
    return {
        "templates": number,
        "compiled": len(compiled),
        "compiled_at_most": COMPILED_AT_MOST,
        "held_mib": held,
        "said_mib": _resident() - before,
        "compile_us": first * 1e6,
        "cached_us": cached * 1e6,
        "exchange_us": exchange * 1e6,
    }


def many_templates(number: int) -> tuple[Flows, dict[str, str]]:
    """Flows that say so many templates, each of which is in its file the greeting; and by name what to publish."""
    shelf = Flows.shipped().shelf
    like, file = shelf.sources[LIKE], shelf.templates[LIKE]
    sources = {name: _with_words_of_its_own(like, name) for name in (f"greeting_{at}" for at in range(number))}
    greets = next(flow for flow in shelf.flows.values() if LIKE in {reply.template for reply in flow.replies()})
    says_all = replace(greets, steps=(*greets.steps, *(Say(name, 1) for name in sources)))
    templates = {**shelf.templates, **dict.fromkeys(sources, file)}
    return Flows(replace(shelf, flows={**shelf.flows, greets.name: says_all}, templates=templates)), sources


def _with_words_of_its_own(like: str, name: str) -> str:
    return like.replace(f"name: {LIKE}", f"name: {name}").replace("Great that", f"Great ({name}) that")


def _seconds(does: Callable[[], object]) -> float:
    began = time.process_time()
    does()
    return time.process_time() - began


def _resident() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    print(json.dumps(measured(*map(int, sys.argv[1:2])), indent=1))  # noqa: T201 - its output
