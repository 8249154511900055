"""The look at published templates goes on, whatever happens, and its metrics say what was found."""

from typing import Any, cast

import pytest

from middleware.clock import SystemClock
from middleware.editions import Editions
from middleware.errors import StoreUnavailable
from middleware.metrics import Metrics
from middleware.pipeline.templates.live import LiveFlows
from middleware.ports import Store
from tests.running import until
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.templates.editors import Editors


class _Stores:
    """A store for each brand."""

    def __init__(self, **stores: MemoryStore) -> None:
        self._stores = stores

    def brand(self, name: str) -> MemoryStore:
        """That of a brand."""
        return self._stores[name]


def editions_of(*, look_every: float = 0.01, **brands: Editors) -> tuple[Editions, Metrics]:
    """The editions of these brands, and what counts."""
    metrics = Metrics()
    flows = {name: LiveFlows(each.of.desk, name, metrics.template_seen) for name, each in brands.items()}
    stores = cast("Store", _Stores(**{name: each.store for name, each in brands.items()}))
    editions = Editions(flows, stores, SystemClock(), look_every=look_every)
    metrics.refused_templates.set_function(lambda: editions.refused)
    return editions, metrics


def number(metrics: Metrics, name: str, **labels: str) -> Any:
    """A number that the metrics show."""
    return metrics.registry.get_sample_value(f"throughline_{name}", labels)


async def until_said(editions: Editions, brand: str, version: int) -> None:
    """Wait until a brand says a version."""

    async def is_said() -> bool:
        return editions.flows[brand].published.get("fallback") == version

    await until(is_said, f"version {version} of {brand}")


@pytest.mark.parametrize("error", [StoreUnavailable(), RuntimeError("a fault of ours")])
async def test_one_brand_in_trouble_holds_up_no_other_and_comes_back(error: Exception) -> None:
    """Looking goes on: what was published meanwhile is said as soon as the store answers again."""
    glow, noir = Editors(), Editors()
    await glow.say("One.")
    await noir.say("One.")
    editions, metrics = editions_of(glow=glow, noir=noir)
    editions.start()
    try:
        await until_said(editions, "glow", 1)
        await until_said(editions, "noir", 1)
        await glow.say("Two.")
        await noir.say("Two.")

        async def fails() -> None:
            raise error

        glow.store.before, was = fails, glow.store.before
        await until_said(editions, "noir", 2)
        assert editions.flows["glow"].published in ({"fallback": 1}, {"fallback": 2})
        glow.store.before = was
        await until_said(editions, "glow", 2)
    finally:
        await editions.stop()
    assert number(metrics, "templates_total", result="taken") >= 3
    assert number(metrics, "refused_templates") == 0


async def test_what_is_refused_is_counted() -> None:
    """As long as it is: an operator sees it without a look into the log."""
    glow = Editors()
    await glow.say_unchecked("{{ nope }}")
    editions, metrics = editions_of(glow=glow)
    await editions.look()
    await editions.look()
    assert number(metrics, "templates_total", result="refused") == 1
    assert number(metrics, "refused_templates") == 1
    await glow.say("Two.")
    await editions.look()
    assert number(metrics, "refused_templates") == 0
