"""An erasure under `kill -9`: whoever carries it on brings it to the same end, and nothing of the person is left."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from middleware.pipeline.erasing import begin_erasure, carry_on_erasure, look_at_erasure
from tests.integration.cli import write_config
from tests.people import EMAIL, PHONE, known_person
from tests.running import Running
from tests.stores import StoreServer
from tests.whole_store import found_in, whole_store

POINTS = ("erase_emptied", "erase_identities_deleted")


async def test_a_killed_erasure_goes_on(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """Killed twice in the middle of deleting, each time carried on by another process."""
    ana = await known_person(shop)
    brand, now = shop.here.brands["glow"], shop.here.clock.now()
    assert brand.forgetting is not None
    look = await look_at_erasure(brand.store, brand.forgetting, [ana], now)
    assert look is not None
    begun = await begin_erasure(
        brand.store, brand.forgetting, [ana, *look.others], by="ada", cause="c", now=now,
        first_look=now + timedelta(hours=1),
    )  # fmt: skip
    settings = shop.here.settings
    config = write_config(
        tmp_path, store_server.uri, shop.graph.url,
        store={"uri": store_server.uri, "common_database": settings.store.common_database},
        brands={"glow": {"database": settings.brands["glow"].database}},
    )  # fmt: skip
    ends = []
    for point in POINTS:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.scenarios.erasing", begun.id, point,
            env={**os.environ, "THROUGHLINE_CONFIG": str(config)},
        )  # fmt: skip
        ends.append(await process.wait())
    assert ends == [-signal.SIGKILL] * len(POINTS)
    brand.forgetting.settles = timedelta(0)
    done = await carry_on_erasure(brand.store, brand.forgetting, begun.id, shop.here.clock)
    assert (done.phase, done.work) == ("done", None)
    assert found_in(await whole_store(shop), (PHONE, PHONE[1:], EMAIL, "ES.9001abc", "Ana Ruiz")) == set()
