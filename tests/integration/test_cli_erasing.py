"""`throughline profile erase`: looked at, asked for, done, with a receipt."""

import asyncio
from datetime import timedelta
from pathlib import Path

from middleware.pipeline.audit import entries
from middleware.pipeline.erasing import carry_on_erasure, erasure_of
from middleware.pipeline.profile_view import find_profile
from tests.integration.cli import command, write_config
from tests.people import EMAIL, PHONE, known_person
from tests.running import Running, until
from tests.stores import StoreServer
from tests.whole_store import found_in, whole_store


async def test_a_command_erases_somebody(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """Numbers without anything being written; nothing without a yes; then the receipt, once everything has settled."""
    ana = await known_person(shop)
    settings, brand = shop.here.settings, shop.here.brands["glow"]
    config = write_config(
        tmp_path, store_server.uri, shop.graph.url,
        store={"uri": store_server.uri, "common_database": settings.store.common_database},
        brands={"glow": {"database": settings.brands["glow"].database}},
    )  # fmt: skip
    dry = await command("profile", "erase", ana, "--dry-run", "--json", config=config)
    assert dry.code == 0, dry.err
    (other,) = dry.json["look"]["others"]
    assert (dry.json["receipt"], dry.json["look"]["counts"]["conversations"]) == (None, 1)
    assert f"--also {other}" in " ".join(dry.err.split())
    unsaid = await command("profile", "erase", ana, "--json", config=config)
    assert (unsaid.code, "--yes or --dry-run" in unsaid.err) == (2, True)
    nobody = await command("profile", "erase", "p_nobody", "--yes", config=config)
    assert (nobody.code, "no profile" in nobody.err) == (1, True)
    assert await find_profile(brand.store, ana) is not None

    doing = asyncio.create_task(command("profile", "erase", ana, "--also", other, "--yes", config=config))
    await until(lambda: _has_deleted(shop), "everything that ids lead to to be gone")
    assert brand.forgetting is not None
    brand.forgetting.settles = timedelta(0)
    about = (await entries(brand.store))[0].about
    await carry_on_erasure(brand.store, brand.forgetting, about, shop.here.clock)
    done = await doing
    assert (done.code, about in done.out.decode(), b"conversations" in done.out) == (0, True, True), done.err
    assert found_in(await whole_store(shop), (PHONE, EMAIL, "ES.9001abc")) == set()


async def _has_deleted(shop: Running) -> bool:
    store = shop.here.brands["glow"].store
    said = [each for each in await entries(store) if each.what == "person.erase"]
    erasure = await erasure_of(store, said[0].about) if said else None
    return erasure is not None and erasure.deleted_at is not None
