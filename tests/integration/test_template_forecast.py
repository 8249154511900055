"""The forecast on a real store: what a template would say to those who wrote, with nothing sent or written."""

from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.forecast import Forecaster
from flows.runner import Flows
from flows.templates import load_template
from middleware.domain.forecast import Forecast
from middleware.domain.turn import Turn
from middleware.pipeline.forecast import ForecastAsked, Forecasting
from middleware.store.collections import COLLECTIONS
from tests.integration.cli import command, write_config
from tests.running import Running, until
from tests.visitors import fresh_key, item, post

ANA, BEA = "34600111222", "34600999888"
ORDER = """
name: parcel
purpose: Says where the order is.
locales:
  en:
    text: "{{ profile.name | first_name }}, your order {{ orders.latest.number }} is {{ orders.latest.state }}."
    fallback: "Tell me your order number, please."
"""
LONG = f"""
name: long
purpose: Too long for Instagram alone.
locales:
  en:
    text: "{"Everything that you ever wanted to know. " * 30}"
    fallback: "Short."
"""


async def foretold(
    shop: Running, source: str, *, days: int = 7, limit: int = 500, going_on: Callable[[int], bool] = lambda _: True
) -> Forecast:
    """The forecast of a template."""
    flows, template = Flows.shipped(), load_template(source, "made_up.yaml")
    now = datetime.now(UTC) + timedelta(seconds=1)
    render = Forecaster(flows, template)
    making = Forecasting(shop.here.brands["glow"], shop.here.channels, render, going_on)
    asked = ForecastAsked(template.name, now - timedelta(days=days), limit)
    return await making.forecast(asked, now, shop.here.clock.monotonic())


async def _people(shop: Running) -> None:
    """Ana has an order, Bea has none; somebody on Instagram and somebody in Spanish have none either."""
    await shop.say("shopify", "order_created", phone=f"+{ANA}", order_number=1001)
    await shop.quiet()
    await shop.say("whatsapp", sender=ANA, text="Hello, where is it?")
    await shop.say("whatsapp", sender=BEA, text="Hello, where is it? #1001")
    await shop.say("instagram", sender="8301", text="Hello, where is it?")
    await shop.say("messenger", sender="7301", text="Hola, ¿dónde está mi pedido?")
    await shop.replies(at_least=4)


async def _everything(shop: Running) -> dict[Any, int]:
    """All that is stored, by kind and id."""
    store = shop.here.store.brand("glow")
    found: dict[Any, int] = {}
    for kind in COLLECTIONS:
        async with aclosing(store.scan(kind)) as batches:
            found |= {(kind.__name__, str(each.record)): each.version async for batch in batches for each in batch}
    return found


async def test_a_forecast_says_who_would_be_told_the_fallback(shop: Running) -> None:
    """Only Ana's order is attested to be hers: the others lack it, whatever they type. Senders are masked."""
    await _people(shop)
    await shop.here.runner.stop(0.5)  # so that nothing else writes meanwhile
    await shop.quiet()
    before = await _everything(shop)

    found = await foretold(shop, ORDER)

    assert (found.senders, found.ended, found.falls_back.hits) == (4, "all", 3)
    assert {each.value: each.senders for each in found.lacking} == {
        "orders.latest.number": 1,
        "profile.name": 2,
    }
    assert {(each.channel, each.senders, each.fell_back) for each in found.groups} == {
        ("whatsapp", 2, 1),
        ("instagram", 1, 1),
        ("messenger", 1, 1),
    }
    told = found.model_dump_json()
    assert len(found.examples) == 3
    assert not [each for each in (ANA, BEA, "8301", "7301") if each in told]
    assert await _everything(shop) == before, "something was written"
    assert len(shop.graph.sent) == 4, "something was sent"


async def test_what_does_not_fit_the_channel_is_counted(shop: Running) -> None:
    """Cut on Instagram, which takes a thousand bytes, and nowhere else; split where the template says so."""
    await _people(shop)
    found = await foretold(shop, LONG)
    assert {each.channel: each.cut for each in found.groups} == {"instagram": 1, "whatsapp": 0, "messenger": 0}
    assert (found.cut, found.split) == (1, 0)
    split = await foretold(shop, LONG.replace("locales:", "too_long: split\nlocales:", 1))
    assert (split.cut, split.split) == (0, 1)


async def test_a_personal_link_is_there_where_a_flow_could_take_it(shop: Running) -> None:
    """A template that says one does not fall back for want of a link that nobody has given out yet."""
    await shop.say("whatsapp", "ad_message", sender=ANA, text="Hello")
    await shop.say("whatsapp", sender=BEA, text="Hello")
    await shop.replies(at_least=2)
    link = ORDER.replace("{{ orders.latest.number }} is {{ orders.latest.state }}", "{{ links.product }}")
    found = await foretold(shop, link)
    assert (found.senders, [each.value for each in found.lacking]) == (2, ["links.product"])
    assert found.falls_back.hits == 1


async def test_what_they_wrote_last_is_there(shop: Running) -> None:
    """As when it is answered, on a site's chat, too: in their words and in their language."""
    await shop.say("messenger", sender="7301", text="Hola, ¿dónde está mi pedido?")
    status, *_ = await post(shop, "events", {"key": fresh_key(), "events": [item(what="message", text="hello")]})
    assert status == 204
    await until(lambda: _waiting(shop), "the turn of the site's visitor")
    source = ORDER.replace(ORDER.splitlines()[5].strip(), 'text: "You wrote: {{ message.text }}"')
    found = await foretold(shop, source + source[source.index("  en:") :].replace("en:", "es:"))
    assert found.falls_back.hits == 0, found.lacking
    assert {(each.channel, each.locale) for each in found.groups} == {("messenger", "es"), ("webchat", "en")}


async def _waiting(shop: Running) -> bool:
    """Whether both have been answered, the one at the site as far as that goes."""
    async with aclosing(shop.here.store.brand("glow").scan(Turn)) as batches:
        return sum([len(batch) async for batch in batches]) == 2


async def test_it_ends_at_the_limit_and_when_somebody_ends_it(shop: Running) -> None:
    """And says so: what it has is a part of all."""
    await _people(shop)
    limited = await foretold(shop, ORDER, limit=2)
    assert (limited.senders, limited.ended) == (2, "limit")
    early = await foretold(shop, ORDER, going_on=lambda senders: senders < 1)
    assert (early.senders, early.ended) == (1, "early")
    assert (await foretold(shop, ORDER, limit=4)).ended == "all"
    assert (await foretold(shop, ORDER, days=0)).senders == 0


async def test_the_command_shows_it(shop: Running, tmp_path: Path) -> None:
    """For people and as JSON, for a file and for a template of the brand; what is neither is refused."""
    await _people(shop)
    (tmp_path / "parcel.yaml").write_text(ORDER)
    uri = shop.here.settings.store.uri
    assert uri is not None
    database = shop.here.settings.brands["glow"].database
    config = write_config(
        tmp_path, uri.get_secret_value(), "http://127.0.0.1:9", brands={"glow": {"database": database}}
    )

    shown = await command("templates", "forecast", str(tmp_path / "parcel.yaml"), config=config)
    assert shown.code == 0, shown.err
    assert "For 75.0 % of them parcel falls back, 3 in all." in shown.out.decode()
    assert ANA not in shown.out.decode()
    told = await command("templates", "forecast", "order_status_unknown", "--json", config=config)
    assert (told.code, told.json["senders"], told.json["falls_back"]["hits"]) == (0, 4, 0), told.err
    refused = await command("templates", "forecast", "order_statu", config=config)
    assert (refused.code, "did you mean order_status" in refused.err) == (2, True), refused.err
