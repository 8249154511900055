"""Templates on a real server: not a byte is lost, of many writers one wins, and every process comes to say the same."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import cache

import pytest

from flows.publishing import Desk
from flows.runner import Flows
from middleware.domain.template_versions import MOST_BYTES, TemplateVersion
from middleware.pipeline.templates.editing import save_draft
from middleware.pipeline.templates.errors import TemplateChanged
from middleware.pipeline.templates.live import LiveFlows
from middleware.pipeline.templates.looking import looked_at, source_of, versions
from middleware.pipeline.templates.parts import Templates
from middleware.pipeline.templates.publishing import Published, publish_draft, roll_back
from middleware.store.mongo import MongoBrandStore, connect
from tests.commands import Commands
from tests.stores import StoreServer
from tests.unit.middleware.templates.editors import source

NOW = datetime(2026, 11, 5, 12, 0, 0, 123_000, tzinfo=UTC)


@cache
def desk() -> Desk:
    """The shipped flows."""
    return Desk(Flows.shipped())


@pytest.fixture
async def brand(store_server: StoreServer, database: str) -> AsyncIterator[Templates]:
    """A brand's templates in a database of their own."""
    client = connect(store_server.uri)
    store = MongoBrandStore(client, database)
    try:
        await store.ensure()
        yield Templates(store, desk())
    finally:
        await store.close()
        await client.drop_database(database)
        client.close()


@pytest.mark.parametrize(
    "odd",
    [
        "\ufeff" + source("With a mark."),
        source("Windows.").replace("\n", "\r\n"),
        source("Old.").replace("\n", "\r"),
        source("Blanks.") + "\n\n  \n\t# end without a line break",
        source("Grüße \U0001f469\u200d\U0001f469\u200d\U0001f467 \u202eabc\u202c e\u0301"),
        source("$where {{ profile.name | default('there') }} \\x00"),
        "\x00\x01\x7f",
        "",
        "x" * MOST_BYTES,
    ],
)
async def test_not_a_byte_is_changed(brand: Templates, odd: str) -> None:
    """What was saved comes back as it was, whatever it is; and what is right, as a version too."""
    saved = await save_draft(brand, "fallback", odd, by="kim", now=NOW)
    assert (await source_of(brand, "fallback", "draft")).encode() == odd.encode()
    if not any(each.severity == "error" for each in saved.findings):
        await publish_draft(brand, "fallback", by="lee", now=NOW)
        assert (await source_of(brand, "fallback", "1")).encode() == odd.encode()
        assert (await source_of(brand, "fallback", "published")).encode() == odd.encode()


async def test_of_two_processes_that_publish_at_once_one_wins(
    brand: Templates, store_server: StoreServer, database: str
) -> None:
    """Over clients of their own: one new version, the other is told who was quicker, and nothing is left lying."""
    client = connect(store_server.uri)
    store = MongoBrandStore(client, database)
    other = Templates(store, desk())
    try:
        for round_ in range(5):
            await save_draft(brand, "fallback", source(f"Round {round_}."), by="kim", now=NOW)
            attempts = [publish_draft(each, "fallback", by=f"p{n}", now=NOW) for n, each in enumerate((brand, other))]
            if round_ > 1:
                attempts.append(roll_back(brand, "fallback", 1, by="p2", now=NOW))
            outcomes = await asyncio.gather(*attempts, return_exceptions=True)
            won = [each for each in outcomes if isinstance(each, Published)]
            lost = [each for each in outcomes if isinstance(each, TemplateChanged)]
            assert (len(won), len(won) + len(lost)) == (1, len(attempts)), outcomes
            assert all(won[0].version.reviewer in str(each) for each in lost)
            head = (await looked_at(brand, "fallback")).head
            assert (head.record.published, head.version) == (won[0].version.number, won[0].revision)
    finally:
        await store.close()
        client.close()
    history, _ = await versions(brand, "fallback")
    assert len(history) == 5
    kept = {stored.record.id async for batch in brand.store.scan(TemplateVersion) for stored in batch}
    assert kept == {each.id for each in history}


async def test_a_look_without_news_is_one_command(store_server: StoreServer, database: str) -> None:
    """One read by `_id`, and nothing that looks through a collection, neither then nor with news."""
    commands = Commands()
    client = connect(store_server.uri, listeners=(commands,))
    store = MongoBrandStore(client, database)
    brand, flows = Templates(store, desk()), LiveFlows(desk())
    try:
        await store.ensure()
        await save_draft(brand, "fallback", source("Hi."), by="kim", now=NOW)
        await publish_draft(brand, "fallback", by="lee", now=NOW)
        commands.seen.clear()
        assert await flows.look(store, NOW)
        assert commands.seen == ["find template_pages", "find template_versions"]
        commands.seen.clear()
        assert not await flows.look(store, NOW)
        assert commands.seen == []
        assert flows.published == {"fallback": 1}
    finally:
        await store.close()
        await client.drop_database(database)
        client.close()
