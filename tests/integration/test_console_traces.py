"""Traces in the console: every step is told, by any id, on record; and a turn is decided again with today's flows."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from middleware.pipeline.audit import entries
from tests.console import seated
from tests.running import Running, running, until
from tests.scenarios.looking import Said, customer
from tests.scenarios.test_turns_again import change, write_flows
from tests.stores import StoreServer

TRACES = "/console/glow/traces"
HOSTILE = "Good morning </blockquote><script>alert(1)</script> \u202eevil"


@pytest.fixture
async def flows(tmp_path: Path) -> Path:
    """A folder with a flow of the brand."""
    write_flows(tmp_path)
    return tmp_path


@pytest.fixture
async def shop(store_server: StoreServer, flows: Path) -> AsyncIterator[Running]:
    """An installation with that flow."""
    async with running(store_server, flows, brands={"glow": {"flows": str(flows)}}) as it:
        yield it


async def _greeted(shop: Running, text: str = "Good morning") -> Said:
    said = await customer(shop, "messenger", name="Ana").says(text)
    await shop.quiet()
    return said


async def test_a_trace_tells_every_step(shop: Running) -> None:
    """What came in, who, the flow and why, what was said and that it was sent; an agent may read it, and it is on
    record.
    """
    said = await _greeted(shop)
    async with seated(shop, "ana", "agent") as it:
        answer = await it.get(f"{TRACES}/{quote(said.turn.id, safe='')}")
        text = await answer.text()
    assert answer.status == 200
    told = ("Answered and sent", "Good morning", "greeting", "a message", "What was known", "as in its file", ">sent<")
    assert [each for each in told if each not in text] == []
    assert "Decide it again" not in text
    seen = [(each.by, each.what, each.about) for each in await entries(shop.here.brands["glow"].store)]
    assert (("ana", "trace.read", said.turn.id)) in seen


async def test_whoever_has_no_id_finds_the_latest_turns(shop: Running) -> None:
    """The last turn of each conversation, with what came in and a way to its trace; the look at it is on record."""
    said = await _greeted(shop)
    async with seated(shop, "bob", "builder") as it:
        await it.get(TRACES)

        async def is_loaded() -> bool:
            return shop.here.boards["glow"].loaded

        await until(is_loaded, "the board")
        text = await (await it.get(TRACES)).text()
    assert f'href="{TRACES}/{said.turn.id}"' in text
    assert "Good morning" in text
    assert "trace.listed" in {each.what for each in await entries(shop.here.brands["glow"].store)}


async def test_what_a_customer_wrote_is_text(shop: Running) -> None:
    """Markup in a message is shown, and is no markup of the page."""
    said = await _greeted(shop, HOSTILE)
    async with seated(shop, "bob", "builder") as it:
        text = await (await it.get(f"{TRACES}/{said.turn.id}")).text()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.parametrize("locale", ["en", "de", "es"])
async def test_any_id_leads_there(shop: Running, locale: str) -> None:
    """The ids of the turn, of its event, of a reply and of the conversation, by the search field; what is none is
    refused with what to give instead, whatever the language.
    """
    said = await _greeted(shop)
    ids = (said.turn.id, said.turn.event_key, said.turn.messages[0].key, said.turn.conversation_id)
    async with seated(shop, "bob", "builder") as it:
        it.headers["Accept-Language"] = locale
        for named in ids:
            sent = await it.get(f"{TRACES}?id={quote(named, safe='')}")
            assert sent.status == 303, named
            assert said.turn.id in await (await it.get(sent.headers["Location"])).text(), named
        refused = await it.get(f"{TRACES}/{quote('no <b>such</b>/id', safe='')}")
        assert refused.status == 404
        assert "&lt;b&gt;such&lt;/b&gt;/id" in await refused.text()


async def test_the_last_turns_of_a_conversation_are_listed(shop: Running) -> None:
    """The latest first, each with its trace."""
    ana = customer(shop, "messenger", name="Ana")
    one, two = await ana.says("Good morning"), await ana.says("good morning again")
    async with seated(shop, "bob", "builder") as it:
        text = await (await it.get(f"{TRACES}/{quote(one.turn.conversation_id, safe='')}")).text()
    assert 0 < text.index(two.turn.id) < text.index(one.turn.id)


async def test_a_turn_is_decided_again(shop: Running) -> None:
    """With the same flows the same; an agent may not. Nobody gets anything by it."""
    said = await _greeted(shop)
    sent = len(shop.graph.sent)
    async with seated(shop, "bob", "builder") as it, seated(shop, "ana", "agent") as agent:
        path = f"{TRACES}/{said.turn.id}/again"
        assert ">The same<" in await (await it.get(path)).text()
        fragment = await it.get(path, headers={"HX-Request": "true"})
        assert (await fragment.text()).lstrip().startswith('<div class="again">')
        assert (await agent.get(path)).status == 403
        assert (await it.get(f"{TRACES}/{'0' * 32}/again")).status == 404
    assert len(shop.graph.sent) == sent


async def test_what_other_flows_would_say_is_shown(store_server: StoreServer, flows: Path) -> None:
    """Line by line, once the brand's files have changed and the process was started anew."""
    async with running(store_server, flows, brands={"glow": {"flows": str(flows)}}) as shop:
        said = await _greeted(shop)
        glow = {"flows": str(flows), "database": shop.here.settings.brands["glow"].database}
    change(flows, "Good morning!", "Hello there!")
    async with running(store_server, flows, brands={"glow": glow}) as shop, seated(shop, "bob", "builder") as it:
        text = await (await it.get(f"{TRACES}/{said.turn.id}/again")).text()
    assert ">Different<" in text
    assert 'class="then"' in text
    assert 'class="now"' in text
