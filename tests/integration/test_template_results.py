"""Results of templates on a real store: real webhooks in, and read back from what is on record."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from middleware.bootstrap.reaching import replay_of, templates_of
from middleware.bootstrap.serving import web_parts
from middleware.domain.profile import Profile
from middleware.domain.record import Record
from middleware.domain.template_results import TemplateResults, VariantResults
from middleware.domain.turn import Turn
from middleware.pipeline.merging import BY_HAND, merge_profiles
from middleware.pipeline.template_results import Asked, template_results
from middleware.pipeline.templates.editing import save_draft
from middleware.pipeline.templates.publishing import publish_draft
from middleware.ports import Recorded, Stored
from middleware.web.app import build_app, listening
from middleware.web.templates import results as web_results
from tests.commands import Commands
from tests.integration.cli import command, write_config
from tests.running import CONSOLE_KEY, SECRET, TOKEN, Running, running, until
from tests.stores import StoreServer

R = TypeVar("R", bound=Record)

ANA, BEA = "34600111222", "34600999888"
AGE = timedelta(minutes=5)
"""How long before they are changed orders were placed, in samples."""
SPLIT = """
name: fallback
purpose: What is said when nothing else is, in two ways.
variants: {base: 1, warm: 1}
locales:
  en:
    text: A person will look at it{% if profile.name %}, {{ profile.name | first_name }}{% endif %}.
    fallback: A person will look at it.
    variants:
      warm:
        text: How nice that you write! A person will look at it.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A brand's own folder with a template that has a split."""
    templates = tmp_path / "flows" / "templates"
    templates.mkdir(parents=True)
    (templates / "fallback.yaml").write_text(SPLIT)
    return templates.parent


@pytest.fixture
async def split(store_server: StoreServer, tmp_path: Path, folder: Path) -> AsyncIterator[Running]:
    """A running installation whose fallback has two variants."""
    async with running(store_server, tmp_path, brands={"glow": {"flows": str(folder)}}) as it:
        yield it


async def results(shop: Running, *, days: int = 1, **asked: Any) -> TemplateResults:
    """The results of the last days, as of now."""
    now = datetime.now(UTC) + asked.pop("ahead", timedelta(seconds=10))
    asking = Asked(now - timedelta(days=days), **asked)
    return await template_results(shop.here.store.brand("glow"), "glow", asking, now)


async def one_row(shop: Running, **asked: Any) -> VariantResults:
    """The only row that there is."""
    (row,) = (await results(shop, **asked)).rows
    return row


def soon(seconds: float) -> datetime:
    """A little later than now: what happens after a reply, on a platform that knows whole seconds."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_replies_are_counted_from_what_is_on_record(split: Running) -> None:
    """Sent, delivered, read and answered once each, though every report is delivered twice; no order is invented."""
    await split.say("whatsapp", sender=ANA, text="qwertz")
    (sent,) = await split.replies()
    for status in ("delivered", "read"):
        for _ in range(2):
            await split.say("whatsapp", "status", sender=ANA, other_message_id=sent.message_id, status=status)
    await split.say("whatsapp", sender=ANA, text="qwertz!", at=soon(3))
    await split.replies(at_least=2)

    row = await one_row(split)

    assert (row.template, row.locale) == ("fallback", "en")
    assert row.variant in {"base", "warm"}
    assert (row.replies, row.sent, row.delivered, row.read, row.answered) == (2, 2, 1, 1, 1)
    assert (row.ordered, row.failed, row.unknown, row.waiting, row.fell_back, row.customers) == (0, 0, 0, 0, 0, 1)


async def test_an_order_counts_for_whom_it_is_attested_to(split: Running) -> None:
    """The phone that wrote stands on it: one order for the reply before it, and none for one
    that was cancelled. Who only types a number has led to none.
    """
    await split.say("messenger", sender="7301", text=f"My number is +{ANA}")
    await split.say("whatsapp", sender=ANA, text="qwertz")
    await split.replies(at_least=2)
    for _ in range(2):
        await split.say("shopify", "order_created", phone=f"+{ANA}", order_number=1001, at=soon(2))
    placed = {"phone": f"+{ANA}", "order_number": 1002, "order_id": 5_678_901_234_999}
    await split.say("shopify", "order_created", at=soon(2), **placed)
    await split.say("shopify", "order_cancelled", at=soon(2) + AGE, **placed)
    await split.quiet()

    rows = (await results(split)).rows

    assert sum(row.replies for row in rows) == 2
    assert sum(row.ordered for row in rows) == 1
    turns = await _turns(split)
    (ordered,) = (row for row in rows if row.ordered)
    assert ordered.variant == turns["whatsapp"].messages[0].reply.variant


async def test_a_merge_by_a_person_moves_no_order(split: Running) -> None:
    """Bea's order counts for the reply to Bea, though Ana was written to later and both are one profile: nobody has
    attested that it is Ana's.
    """
    await split.say("whatsapp", "ad_message", sender=BEA, text="Hello")
    await split.replies()
    await split.say("whatsapp", sender=ANA, text="qwertz")
    await split.replies(at_least=2)
    await split.say("shopify", "order_created", phone=f"+{BEA}", customer_id=None, at=soon(2))
    await split.quiet()
    store = split.here.store.brand("glow")
    one, other = sorted(stored.record.id for stored in await _all(split, Profile))
    await merge_profiles(store, one, other, rule=BY_HAND, by="kim", now=datetime.now(UTC))

    found = {row.template: row.ordered for row in (await results(split)).rows}

    assert found == {"welcome_by_ad_click": 1, "fallback": 0}


async def test_what_is_worked_off_again_counts_once(split: Running) -> None:
    """Every event on record goes through all stages once more, as after a crash: the results are the same."""
    await split.say("whatsapp", sender=ANA, text="qwertz")
    (sent,) = await split.replies()
    await split.say("whatsapp", "status", sender=ANA, other_message_id=sent.message_id, status="failed")
    await split.say("messenger", sender="7301", text="qwertz")
    await split.replies(at_least=2)
    await split.say("messenger", "read", sender="7301", at=soon(1))
    await split.quiet()
    asked = Asked(datetime.now(UTC) - timedelta(days=1))
    before = await template_results(split.here.store.brand("glow"), "glow", asked, soon(5))

    events = [stored.record.event for stored in await _all(split, Recorded)]
    assert len(events) == 4
    await replay_of(split.here, dry=False).recorded("glow", events)
    await split.quiet()

    after = await template_results(split.here.store.brand("glow"), "glow", asked, before.at)
    assert after == before
    assert sum(row.failed for row in after.rows) == 1
    assert sum(row.read for row in after.rows) == 1
    assert len(split.graph.sent) == 2


async def test_what_is_written_on_another_account_is_no_answer(
    store_server: StoreServer, tmp_path: Path, folder: Path
) -> None:
    """One phone, two numbers of the brand: two conversations, and two customers as far as a split is concerned."""
    nowhere = "http://127.0.0.1:9"
    other = {"connector": "whatsapp", "id": "778", "secrets": [SECRET], "token": TOKEN, "base_url": nowhere}
    brand = {"flows": str(folder), "accounts": {"other": other}}
    async with running(store_server, tmp_path, brands={"glow": brand}) as shop:
        await shop.say("whatsapp", sender=ANA, text="qwertz")
        await shop.replies()
        await shop.say("whatsapp", sender=ANA, text="qwertz", account_id="778", at=soon(3))
        await until(lambda: _turns_are(shop, 2), "the second turn")
        rows = (await results(shop)).rows
    assert sum(row.customers for row in rows) == 2
    assert (sum(row.sent for row in rows), sum(row.waiting for row in rows)) == (1, 1)
    assert sum(row.answered for row in rows) == 0


async def test_each_version_has_its_results(split: Running) -> None:
    """What customers got of the file, and of the version that was published meanwhile, stands apart."""
    await split.say("whatsapp", sender=ANA, text="qwertz")
    await split.replies()
    of, now = templates_of(split.here, "glow"), datetime.now(UTC)
    await save_draft(of, "fallback", SPLIT.replace("How nice", "How good"), by="kim", now=now)
    await publish_draft(of, "fallback", by="lee", now=now)
    await split.here.editions.look()
    for sender in (BEA, "34600777666"):
        await split.say("whatsapp", sender=sender, text="qwertz")
    await split.replies(at_least=3)

    rows = (await results(split, by="version")).rows

    counted = {version: sum(row.sent for row in rows if row.version == version) for version in (0, 1)}
    assert counted == {0: 1, 1: 2}
    assert {row.version for row in (await results(split)).rows} == {None}


async def test_programs_get_the_same(split: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP, one request at a time, and what was read in time; nothing of it names a customer."""
    await split.say("whatsapp", sender=ANA, text="qwertz")
    await split.replies()
    app = build_app(web_parts(split.here, work=False))
    headers = {"Authorization": f"Bearer {CONSOLE_KEY}"}
    async with listening(app, "127.0.0.1", 0) as url:
        asked = f"{url}/v1/templates/fallback/results?goal=ordered&days=1"
        async with split.http.get(asked, headers=headers) as answer:
            text = await answer.text()
        found = TemplateResults.model_validate_json(text)
        assert (found.complete, found.goal, [row.sent for row in found.rows]) == (True, "ordered", [1])
        assert ANA not in text
        async with split.http.get(f"{asked}&by=version", headers=headers) as answer:
            assert [row["version"] for row in (await answer.json())["rows"]] == [0]
        for name, status in (("order_status", 200), ("nowhere", 404), ("No!", 404)):
            async with split.http.get(f"{url}/v1/templates/{name}/results", headers=headers) as answer:
                assert (answer.status, "title" in await answer.json()) == (status, status == 404), name
        monkeypatch.setattr(web_results, "READ_FOR", 0.0)
        async with split.http.get(asked, headers=headers) as answer:
            assert (await answer.json())["complete"] is False
        monkeypatch.setattr(web_results, "WAIT_FOR", 0.05)
        async with app[web_results.ONE_AT_A_TIME], split.http.get(asked, headers=headers) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_only_the_time_that_is_asked_for_is_looked_at(split: Running) -> None:
    """A reply to what was written before it does not count, and another template's name finds nothing."""
    await split.say("whatsapp", sender=ANA, text="qwertz")
    await split.replies()
    assert (await one_row(split)).replies == 1
    assert (await results(split, days=0)).rows == ()
    assert (await results(split, template="order_status")).rows == ()


async def test_the_reading_can_be_ended(split: Running) -> None:
    """What was read by then is told, and that it is not all."""
    await split.say("whatsapp", sender=ANA, text="qwertz")
    await split.replies()
    store, asked = split.here.store.brand("glow"), Asked(datetime.now(UTC) - timedelta(days=1))
    found = await template_results(store, "glow", asked, datetime.now(UTC), go_on=lambda _: False)
    assert (found.complete, found.conversations) == (False, 1)


async def test_it_takes_a_bounded_number_of_reads(store_server: StoreServer, tmp_path: Path, folder: Path) -> None:
    """A batch of conversations is read in eight commands, however many are in it."""
    commands = Commands()
    brand = {"glow": {"flows": str(folder)}}
    async with running(store_server, tmp_path, listeners=(commands,), brands=brand) as shop:
        for number in range(5):
            await shop.say("whatsapp", sender=f"3460011122{number}", text="qwertz")
        await shop.replies(at_least=5)
        commands.seen.clear()
        row_count = sum(row.replies for row in (await results(shop)).rows)
    assert row_count == 5
    assert len(commands.seen) <= 8, commands.seen


async def test_the_command_shows_them(split: Running, tmp_path: Path) -> None:
    """For people with a bar for each share, for programs as JSON; a goal that is none is refused."""
    await split.say("whatsapp", sender=ANA, text="qwertz")
    await split.replies()
    brand = split.here.settings.brands["glow"].database
    uri = split.here.settings.store.uri
    assert uri is not None
    config = write_config(tmp_path, uri.get_secret_value(), "http://127.0.0.1:9", brands={"glow": {"database": brand}})

    told = await command("templates", "results", "fallback", "--json", config=config)
    assert told.code == 0, told.err
    (row,) = told.json["rows"]
    assert (row["template"], row["sent"], told.json["complete"]) == ("fallback", 1, True)
    assert row["rates"]["answered"] == {"hits": 0, "of": 0, "share": None, "low": 0.0, "high": 1.0, "early": 1}

    shown = await command("templates", "results", config=config)
    assert shown.code == 0, shown.err
    assert "nobody yet; 1 too early to say" in shown.out.decode()
    assert " file " not in shown.out.decode()
    by_version = await command("templates", "results", "--by", "version", config=config)
    assert f"  en file {row['variant']}" in by_version.out.decode()

    for asked, why in (
        (["--goal", "sold"], "there are delivered, read, answered, ordered"),
        (["--by", "weather"], "there are variant, version"),
        (["falback"], "there is no template falback - did you mean fallback?"),
    ):
        refused = await command("templates", "results", *asked, config=config)
        assert (refused.code, why in refused.err) == (2, True), refused.err
    silent = await command("templates", "results", "order_status", config=config)
    assert (silent.code, "No reply of the template order_status." in silent.out.decode()) == (0, True)


async def _all(shop: Running, kind: type[R]) -> list[Stored[R]]:
    """All records of a kind."""
    async with aclosing(shop.here.store.brand("glow").scan(kind)) as batches:
        return [each async for batch in batches for each in batch]


async def _turns_are(shop: Running, number: int) -> bool:
    """Whether so many turns are decided."""
    return len(await _all(shop, Turn)) == number


async def _turns(shop: Running) -> dict[str, Turn]:
    """The last turn on each channel."""
    return {stored.record.channel: stored.record for stored in await _all(shop, Turn)}
