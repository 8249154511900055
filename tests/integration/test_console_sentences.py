"""Sentences of the core on pages, over HTTP: whoever reads German or Spanish reads no English while they work."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console import Seated, seated
from tests.integration.test_console_flow_editor import EDIT, FLOWS, form_of, shop_of_flows
from tests.integration.test_console_templates import form_of as form_of_template
from tests.running import Running
from tests.scenarios.looking import customer
from tests.stores import StoreServer

TEMPLATES = "/console/glow/templates"
GERMAN = {"Accept-Language": "de", "HX-Request": "true"}
SPANISH = {"Accept-Language": "es"}


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a flow of the brand's own."""
    async with shop_of_flows(store_server, tmp_path) as it:
        yield it


@pytest.fixture
async def bob(shop: Running) -> AsyncIterator[Seated]:
    """Somebody who may do all of it."""
    async with seated(shop, "bob", "marketer", "builder", "agent") as it:
        yield it


async def test_a_marketer_reads_findings_in_their_language(bob: Seated) -> None:
    """While somebody types: in the list, and in what the editor shows at the line; values are as they were typed."""
    form = await form_of_template(bob, "vip")
    wrong = {**form, "text": "{{ profile.nmae }} {{ cart.items }}<b>", "fallback": "{{ x }}"}
    text = await (await bob.post(f"{TEMPLATES}/vip/typing", wrong, headers=GERMAN)).text()
    assert text.count("Den Wert profile.nmae gibt es nicht - war profile.name gemeint?") == 2
    assert "cart.items ist eine Liste und kann so nicht gesagt werden" in text
    assert "Der Ersatztext wird gesagt, wenn ein Wert fehlt" in text
    assert 'lang="en"' not in text
    assert "there is no value" not in text
    assert "there is no value profile.nmae" in await (await bob.post(f"{TEMPLATES}/vip/typing", wrong)).text()


async def test_a_builder_reads_findings_and_steps_in_their_language(bob: Seated) -> None:
    """The same of flows: what is wrong, the steps of what is typed, and its diagram."""
    form = await form_of(bob)
    wrong = {**form, "source": "flow: greeting\npurpose: x\ntriggers: {}\nsteps:\n  - wait: 9d\n"}
    text = await (await bob.post(f"{EDIT}/typing", wrong, headers=GERMAN)).text()
    assert "triggers beginnt mit nichts" in text
    assert "steps.0.wait.for muss eine Zeit von höchstens 7 Tagen sein" in text
    assert 'lang="en"' not in text
    shown = await (await bob.get(f"{FLOWS}/flow/order_status", headers=SPANISH)).text()
    assert "enviar un código de un solo uso" in shown
    assert "Dice dónde está un pedido" in shown
    drawn = await (await bob.get(f"{FLOWS}/flow/order_status/diagram", headers=SPANISH)).text()
    assert "responder con order_status" in drawn
    assert "reply order_status" not in drawn


async def test_what_editors_offer_is_in_their_language(bob: Seated) -> None:
    """Values, filters, keys of files, and what shipped templates are for."""
    offered = await (await bob.get("/console/glow/template-values", headers=GERMAN)).json()
    assert "was der Kunde schrieb" in {each["info"] for each in offered["values"]}
    assert "in Großbuchstaben" in {each["info"] for each in offered["filters"]}
    offered = await (await bob.get(f"{FLOWS}/words", headers=GERMAN)).json()
    assert offered["schemas"]["source"]["properties"]["steps"]["description"] == "was er tut, der Reihe nach"
    assert "Ein Mensch wird antworten." in {each["info"] for each in offered["templates"]}


async def test_a_refusal_says_what_to_do_on_the_page(bob: Seated) -> None:
    """In the visitor's language, and without the command line; what nobody translated is marked as English."""
    text = await (await bob.get("/console/glow/traces/0000", headers=SPANISH)).text()
    assert "Hace falta el identificador de un turno" in text
    assert "throughline" not in text.replace("Throughline", "")


async def test_a_trace_tells_its_reasons_in_their_language(shop: Running, bob: Seated) -> None:
    """Reasons are stored in English, and read in Spanish."""
    said = await customer(shop, "messenger", name="Ana").says("Good morning")
    await shop.quiet()
    assert any(why.startswith("template ") for why in said.turn.decision.why)
    text = await (await bob.get(f"/console/glow/traces/{said.turn.id}", headers=SPANISH)).text()
    assert "plantilla greeting (en)" in text
    assert 'lang="en"' not in text.partition("<main")[2]
