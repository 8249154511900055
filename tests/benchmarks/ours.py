"""Our own process under measurement: web and worker as `throughline serve` joins them, by the composition root."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.serving import web_parts
from middleware.garbage import settle
from middleware.log import configure_log
from middleware.settings import GivenSettings, Settings
from middleware.web.app import build_app, listening
from tests.benchmarks.accounts import NUMBER, SECRET, SHOP, SHOP_SECRET, TOKEN
from tests.benchmarks.child import Answers, Ask
from tests.benchmarks.profiling import Profile

_OF_THE_CONNECTION = frozenset({"hello", "ismaster", "ping", "endSessions", "saslStart", "saslContinue"})
"""Commands that belong to the connection and not to a message."""

_QUIET_WITHIN = 120.0


class Counted(CommandListener):
    """How often each command was begun, as `name collection`; of a bulk write, all its collections."""

    def __init__(self) -> None:
        self.numbers: Counter[str] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        """Count it."""
        if event.command_name in _OF_THE_CONNECTION:
            return
        about = (
            "+".join(each["ns"].partition(".")[2] for each in event.command["nsInfo"])
            if event.command_name == "bulkWrite"
            else str(event.command.get(event.command_name))
        )
        self.numbers[f"{event.command_name} {about}"] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing: what was begun was counted."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing: what was begun was counted."""


def settings(data_directory: Path, graph: str) -> Settings:
    """One brand on the embedded store, with a number and a shop; the platform is at `graph`. A text is answered
    at once, and a customer as often as they ask; all else as shipped.
    """
    number = {"connector": "whatsapp", "id": NUMBER, "token": TOKEN, "secrets": [SECRET], "base_url": graph}
    shop = {"connector": "shopify", "id": SHOP, "secrets": [SHOP_SECRET]}
    at_once = {"gather": "0s", "replies_per_minute": 0}
    glow = {"database": "bench_glow", "country": "ES", **at_once, "accounts": {"whatsapp": number, "shop": shop}}
    return GivenSettings(store={"data_directory": data_directory}, brands={"glow": glow})


@asynccontextmanager
async def ours(
    data_directory: str, *, graph: str, work: bool, count: bool = False, profiler: str | None = None
) -> AsyncIterator[tuple[dict[str, Any], Answers]]:
    """The web process, with its worker if it is to `work`. With `count`, its commands to the store are counted."""
    configure_log(json_lines=True)
    counted, profile = Counted(), Profile(profiler) if profiler else None
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(
            opened(settings(Path(data_directory), graph), listeners=(counted,) if count else ())
        )
        await here.store.ensure()
        settle()
        if work:
            here.worker.start()
            stack.push_async_callback(here.worker.stop)
        app = build_app(web_parts(here, work=work))
        url = await stack.enter_async_context(listening(app, "127.0.0.1", 0))
        yield {"url": url}, _answers(here, counted, profile)


def _answers(here: Installation, counted: Counted, profile: Profile | None) -> Answers:

    async def answers(ask: Ask) -> dict[str, Any]:
        if ask["do"] == "quiet":
            await _quiet(here)
            return {"commands": dict(counted.numbers)}
        if ask["do"] == "waiting":
            return {"waiting": here.worker.waiting}
        if ask["do"] == "took":
            return {"fresh": _fresh(here)}
        assert profile is not None
        if ask["do"] == "profile":
            profile.start()
            return {}
        return {"profile": profile.stopped(ask["lines"], Path(ask["file"]))}

    return answers


async def _quiet(here: Installation) -> None:
    """Wait until everything that was accepted is worked off."""
    async with asyncio.timeout(_QUIET_WITHIN):
        while here.worker.waiting:  # noqa: ASYNC110 - the worker tells nobody
            await asyncio.sleep(0.005)


def _fresh(here: Installation) -> float:
    """How many messages of customers were accepted that were not there yet."""
    labels = {"connector": "whatsapp", "result": "fresh"}
    return here.metrics.registry.get_sample_value("throughline_events_total", labels) or 0.0
