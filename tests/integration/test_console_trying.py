"""Talking to flows in the console: as a customer would, with why beside it; nothing is kept, whatever is sent."""

import html
import json
import re
from collections.abc import AsyncIterator

import pytest

from flows.trying.replaying import MOST_ACTS
from middleware.bootstrap.reaching import templates_of
from middleware.pipeline.templates.editing import save_draft
from middleware.pipeline.templates.publishing import publish_draft
from tests.console import Seated, seated
from tests.running import Running
from tests.scenarios.looking import everything

TRY = "/console/glow/flows/try"
_ACTS = re.compile(r'name="acts" value="([^"]*)"')


@pytest.fixture
async def bob(shop: Running) -> AsyncIterator[Seated]:
    """A builder."""
    async with seated(shop, "bob", "builder") as it:
        yield it


async def _does(it: Seated, acts: str = "[]", customer: str = "ana", **what: str) -> tuple[str, str]:
    """The page after one thing more was done, and what its form keeps."""
    answer = await it.post(TRY, {"customer": customer, "channel": "messenger", "acts": acts, **what})
    text = await answer.text()
    assert answer.status == 200, text
    return html.unescape(text), html.unescape(_ACTS.findall(text)[0])


async def test_the_flows_answer_with_why(shop: Running, bob: Seated) -> None:
    """A reply as on the channel, its flow and reasons beside it, and what was known; nothing is stored or sent."""
    before = await everything(shop)
    text, acts = await _does(bob, say="Where is my order?")
    assert "#1001" in text
    assert f"{TRY.removesuffix('try')}flow/order_status" in text
    assert json.loads(acts) == [{"does": "says", "what": "Where is my order?"}]
    assert "orders" in text
    assert await everything(shop) == before
    assert shop.graph.sent == []


async def test_a_button_is_pressed_and_time_passes(bob: Seated) -> None:
    """The conversation goes on where it was: what the form keeps is all of it."""
    text, acts = await _does(bob, customer="ben", say="xyzzy")
    payload = re.findall(r'name="press" value="([^"]*)"', text)[0]
    text, acts = await _does(bob, acts, "ben", press=payload)
    text, acts = await _does(bob, acts, "ben", other="wait_day")
    assert "time passes" in text
    assert [each["does"] for each in json.loads(acts)] == ["says", "presses", "waits"]


async def test_what_is_written_is_text(bob: Seated) -> None:
    """Markup and bidirectional signs come back as they were written."""
    evil = "</p><script>alert(1)</script> \u202eevil"
    answer = await bob.post(TRY, {"customer": "markup", "channel": "whatsapp", "acts": "[]", "say": evil})
    assert "<script>alert" not in await answer.text()
    assert evil in html.unescape(await answer.text())


async def test_a_conversation_has_an_end(bob: Seated) -> None:
    """After so many acts the page offers none more; more than that, or what is none, is refused."""
    acts = [{"does": "says", "what": "hi"}] * (MOST_ACTS - 1)
    sent = {"customer": "ben", "channel": "messenger", "say": "hi"}
    full = await bob.post(TRY, {**sent, "acts": json.dumps(acts)})
    assert full.status == 200
    assert 'name="say"' not in await full.text()
    bad = (
        {"acts": json.dumps(acts + acts)},
        {"acts": "["},
        {"acts": '[{"does": "flies"}]'},
        {"acts": '[{"does": "waits", "what": "9999d"}, {"does": "says", "what": "hi"}]'},
        {"acts": "[]", "say": "x" * 1_001},
        {"acts": "[]", "customer": "nobody"},
        {"acts": "[]", "channel": "pigeon"},
    )
    assert [(await bob.post(TRY, {**sent, **each})).status for each in bad] == [400] * len(bad)


async def test_published_templates_are_said(shop: Running, bob: Seated) -> None:
    """What a marketer has published, and not what stands in the file."""
    of, now = templates_of(shop.here, "glow"), shop.here.clock.now()
    source = of.desk.files["fallback"].replace("Danke für deine Nachricht", "A sentence of today")
    await save_draft(of, "fallback", source, by="mia", now=now)
    await publish_draft(of, "fallback", by="mia", now=now)
    await shop.here.editions.look()
    text, _ = await _does(bob, customer="ben", say="xyzzy plugh")
    assert "A sentence of today" in text
