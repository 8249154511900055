"""What is around a reply costs: a preview, a forecast, and a start with thousands of published templates.

On a real installation over a real store; times are processor time of this process, so that other work on the machine
counts less. `python -m tests.benchmarks.reply_tools` prints them as JSON.
"""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flows.forecast import Forecaster
from flows.preview.customers import CUSTOMERS
from flows.publishing.desk import Desk
from flows.publishing.previews import previews
from flows.runner import Flows
from flows.templates import load_template
from middleware.domain.channels import CHANNELS
from middleware.domain.template_versions import (
    EDITION,
    TemplateEdition,
    TemplatePage,
    TemplateVersion,
    page_of_template,
    version_id,
)
from middleware.garbage import settle
from middleware.pipeline.forecast import ForecastAsked, Forecasting
from middleware.pipeline.templates.live import LiveFlows
from middleware.ports import BrandStore, Put
from tests.benchmarks.templates import LIKE, many_templates
from tests.running import Running, running
from tests.stores import StoreServer

CONVERSATIONS = 250
"""A forecast is made over so many customers, each of whom has written, and told per 1,000."""
PUBLISHED = 5_000
"""Published templates that a process finds when it starts, all of which flows say."""
COMPILED = 50
_WRITTEN_AT_ONCE = 100
_ROUNDS = 5


def measured(
    conversations: int = CONVERSATIONS, published: int = PUBLISHED, compiled: int = COMPILED
) -> dict[str, float]:
    """Milliseconds of CPU by name."""
    return {**_preview(), **asyncio.run(_on_a_store(conversations, published, compiled))}


def _preview() -> dict[str, float]:
    """The greeting of the library in its own language of each reader, for everybody, on every channel."""
    template = Flows.shipped().shelf.templates[LIKE]
    people = list(CUSTOMERS.values())
    best = min(_cpu(lambda: [previews(template, [each], [each.locale]) for each in people]) for _ in range(_ROUNDS))
    return {"preview.messages": len(people) * len(CHANNELS), "preview.ms": round(best * 1e3, 2)}


async def _on_a_store(conversations: int, published: int, compiled: int) -> dict[str, float]:
    with TemporaryDirectory() as folder, StoreServer.started(Path(folder)) as server:
        async with running(server, Path(folder)) as shop:
            return {**await _forecast(shop, conversations), **await _start(shop, published, compiled)}


async def _forecast(shop: Running, conversations: int) -> dict[str, float]:
    """A forecast of the greeting over customers who have all just written."""
    for number in range(conversations):
        await shop.say("whatsapp", sender=f"346{number:08}", text="hello")
    await shop.replies(at_least=conversations)
    flows = Flows.shipped()
    render = Forecaster(flows, load_template(flows.shelf.sources[LIKE], f"{LIKE}.yaml"))
    making = Forecasting(shop.here.brands["glow"], shop.here.channels, render, lambda _: True)
    now = datetime.now(UTC) + timedelta(seconds=1)
    asked = ForecastAsked(LIKE, now - timedelta(days=1), conversations)
    began = time.process_time()
    found = await making.forecast(asked, now, shop.here.clock.monotonic())
    took = time.process_time() - began
    if found.senders != conversations:
        raise AssertionError("all of them are looked at")
    return {"forecast.conversations": conversations, "forecast.per_1000_ms": round(took / conversations * 1e6, 1)}


async def _start(shop: Running, published: int, compiled: int) -> dict[str, float]:
    """The longest that other work waits while a process finds its templates, and while some are said first."""
    flows, sources = many_templates(published)
    store = shop.here.store.brand("glow")
    await _publish(store, sources)
    live = LiveFlows(Desk(flows), "glow")
    settle()
    async with asyncio.timeout(600):
        look = await _longest_wait(live.look(store, datetime.now(UTC)))
        # As decisions do that meet templates which are not ready, one after the other.
        first = await _longest_wait(_ready(live, list(sources)[:compiled]))
    if len(live.published) != published:
        raise AssertionError("all of them are taken")
    return {
        "start.templates": published,
        "start.waits_ms": round(look * 1e3, 1),
        "first.waits_ms": round(first * 1e3, 1),
    }


async def _ready(live: LiveFlows, names: list[str]) -> None:
    for name in names:
        await live.held().ready(name)


async def _publish(store: BrandStore, sources: Mapping[str, str]) -> None:
    """As it would stand in the store after so many publications."""
    records = _records(sources)
    while puts := list(islice(records, _WRITTEN_AT_ONCE)):
        if not all(await store.write(*puts)):
            raise AssertionError("nothing of it is there yet")


def _records(sources: Mapping[str, str]) -> Iterator[Put]:
    pages: dict[str, dict[str, int]] = {}
    for name, source in sources.items():
        pages.setdefault(page_of_template(name), {})[name] = 1
        key = version_id(name, 1)
        yield Put(TemplateVersion(id=key, source=source, author="kim", reviewer="lee", at=datetime.now(UTC)))
    for page, numbers in pages.items():
        yield Put(TemplatePage(id=page, numbers=numbers))
    yield Put(TemplateEdition(id=EDITION, marks=dict.fromkeys(pages, 1)))


async def _longest_wait(work: Coroutine[Any, Any, object]) -> float:
    """The most processor time between two turns of the event loop, in seconds, until the work is over."""
    doing, longest, last = asyncio.create_task(work), 0.0, time.process_time()
    while not doing.done():
        await asyncio.sleep(0)
        now = time.process_time()
        longest, last = max(longest, now - last), now
    await doing
    return longest


def _cpu(does: Callable[[], object]) -> float:
    began = time.process_time()
    does()
    return time.process_time() - began


if __name__ == "__main__":
    print(json.dumps(measured(), indent=1))  # noqa: T201 - its output
