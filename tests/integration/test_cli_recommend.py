"""`throughline recommend` and what doctor says of the rules: before they count, and against the shop's catalogue."""

from pathlib import Path

from connectors.samples import SampleItem
from middleware.domain.co_purchases import CoPurchases, CountedOrder
from middleware.domain.product import product_key
from middleware.ports import Delete
from tests.integration.cli import command, write_config
from tests.running import SHOP, Running
from tests.stores import StoreServer

POT = SampleItem(title="Moka pot", sku="POT", variant_id=810, product_id=81)
CUP = SampleItem(title="Cup", sku="CUP", variant_id=840, product_id=84)
KEYS = [product_key(SHOP, number) for number in ("81", "84")]


def config_of(shop: Running, server: StoreServer, directory: Path, rules: Path | None = None) -> Path:
    """Settings of the same database, with a file of rules or none."""
    brand = {"database": shop.here.settings.brands["glow"].database}
    more = {"recommendations": str(rules)} if rules is not None else {}
    return write_config(directory, server.uri, shop.graph.url, brands={"glow": {**brand, **more}})


async def test_rules_are_checked_with_line_and_column(tmp_path: Path) -> None:
    """Exit code 0 for what is right, 1 with every mistake for what is not; no settings are needed."""
    (tmp_path / "right.yaml").write_text("accessories: [{to: pot, recommend: cup}]", encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text("accessories:\n  - too: pot\n    recommend: cup\n", encoding="utf-8")
    right = await command("recommend", "check", "right.yaml", directory=tmp_path, alone=True)
    assert (right.code, right.out) == (0, b"1 of 1 are right\n")
    wrong = await command("recommend", "check", "wrong.yaml", "gone.yaml", directory=tmp_path)
    assert wrong.code == 1
    assert wrong.out.decode().splitlines() == [
        "wrong.yaml:2:5: accessories.0.to is missing; add it",
        "wrong.yaml:2:5: accessories.0.too is not known; did you mean to?",
        "gone.yaml:1:1: No such file or directory",
    ]
    as_json = await command("recommend", "check", "wrong.yaml", "--json", directory=tmp_path)
    assert [(each["line"], each["column"]) for each in as_json.json] == [(2, 5), (2, 5)]


async def test_the_schema_is_printed(tmp_path: Path) -> None:
    """For editors."""
    ended = await command("recommend", "schema", directory=tmp_path)
    assert ended.code == 0
    assert {"accessories", "replenishment", "never"} <= set(ended.json["properties"])


async def test_orders_that_are_there_already_are_counted(
    shop: Running, store_server: StoreServer, tmp_path: Path
) -> None:
    """As the jobs count them, also twice; what was lost is there again."""
    for number in range(1, 4):
        await shop.say("shopify", "order_created", order_id=number, order_number=1000 + number, items=(POT, CUP))
    await shop.jobs_over()
    store = shop.here.brands["glow"].store
    counted = await store.get(CoPurchases, KEYS)
    assert counted[KEYS[0]].record.together()["84"].count == 3
    orders = [each.record.id async for batch in store.scan(CountedOrder) for each in batch]
    await store.write(*(Delete(CoPurchases, key) for key in KEYS), *(Delete(CountedOrder, each) for each in orders[:1]))
    config = config_of(shop, store_server, tmp_path)

    first = await command("recommend", "recount", "--json", config=config)
    again = await command("recommend", "recount", config=config)

    assert (first.code, first.json) == (0, {"orders": 3}), first.err
    assert again.out == b"3 orders are counted\n"
    after = await store.get(CoPurchases, KEYS)
    assert {key: each.record for key, each in after.items()} == {key: each.record for key, each in counted.items()}


async def test_doctor_looks_at_the_rules(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """A file that cannot be used is bad, with its place; names that the shop does not have are a note."""
    await shop.say("shopify", "product_created", items=(POT,), product_id=81, handle="moka-pot")
    await shop.quiet()
    rules = tmp_path / "rules.yaml"
    rules.write_text("accessories: [{to: moka-pot, recommend: [{sku: POT}, filter-papr]}]", encoding="utf-8")
    noted = await command("doctor", "--json", config=config_of(shop, store_server, tmp_path, rules))
    rules.write_text("accessories: [{to: moka-pot}]", encoding="utf-8")
    wrong = await command("doctor", "--json", config=config_of(shop, store_server, tmp_path, rules))

    found = {each["what"]: each for each in noted.json}["recommendations of glow"]
    assert (found["state"], found["detail"]) == ("note", "1 are not in the catalogue: handle filter-papr")
    assert noted.code == 0
    found = {each["what"]: each for each in wrong.json}["recommendations of glow"]
    assert (wrong.code, found["state"]) == (1, "bad")
    assert found["detail"] == f"{rules}:1:15: accessories.0.recommend is missing; add it"
