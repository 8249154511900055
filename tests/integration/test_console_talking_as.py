"""Talking to flows as a real customer: with what a message of theirs would be decided on, and nothing comes of it."""

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from middleware.domain.conversation import Owner
from middleware.domain.users import AuditEntry, AuditHead
from middleware.pipeline.audit import entries
from middleware.ports import Put
from middleware.store.collections import COLLECTIONS
from tests.console import Seated, seated
from tests.integration.test_console_flow_editor import form_of, page
from tests.odd_systems import a_system
from tests.running import Running, running
from tests.scenarios.looking import Person, customer, everything
from tests.scenarios.talking_flows import NUDGE, NUDGE_WORDS, talking_flows
from tests.scenarios.test_look_ups import NOT_KNOWN, shop_with
from tests.stores import StoreServer

FLOWS = "/console/glow/flows"
TRY = f"{FLOWS}/try"
PHONE = "34611000001"
ASKS = "Where is my order?"
HELD = "silent: a person of the brand has taken over"
_AUDIT = {COLLECTIONS[AuditEntry].name, COLLECTIONS[AuditHead].name}
_ACTS = re.compile(r'name="acts" value="([^"]*)"')


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with flows that wait, too."""
    folder = talking_flows(tmp_path / "flows")
    async with running(store_server, tmp_path, brands={"glow": {"flows": str(folder)}}) as it:
        yield it


@pytest.fixture
async def ben(shop: Running) -> Person:
    """Somebody who wrote on WhatsApp, and has bought by the same number."""
    await shop.say("shopify", "order_paid", phone=f"+{PHONE}", order_number=7741)
    await shop.quiet()
    it = customer(shop, "whatsapp")
    await it.says("hello there")
    return it


@pytest.fixture
async def bob(shop: Running) -> AsyncIterator[Seated]:
    """A builder, who is no agent."""
    async with seated(shop, "bob", "builder") as it:
        yield it


async def _named(who: Person) -> str:
    """How forms name a customer: by their conversation."""
    return f"real:{(await who.conversation()).id}"


async def _kept(shop: Running) -> dict[str, list[dict[str, Any]]]:
    """All that the store has, but for who looked at what."""
    return {name: each for name, each in (await everything(shop)).items() if name not in _AUDIT}


async def _does(it: Seated, named: str, acts: str = "[]", path: str = TRY, **what: str) -> tuple[str, str]:
    """The page after one thing more was done, and what its form keeps."""
    answer = await it.post(path, {"customer": named, "acts": acts, **what})
    text = await answer.text()
    assert answer.status == 200, text
    return html.unescape(text), html.unescape(_ACTS.findall(text)[0])


async def test_the_flows_say_what_they_would_say_to_them(shop: Running, ben: Person, bob: Seated) -> None:
    """Found as on the pages of people, with their order at their level; the very reply that they get when they write.
    Until then nothing is stored and nothing sent.
    """
    before, sent = await _kept(shop), len(shop.graph.sent)
    found = await page(bob, f"{TRY}/people", {"asked": f"+{PHONE}"})
    person = re.search(r'href="(/console/glow/flows/try\?person=[^"]*)"', found)
    assert person is not None
    begun = await page(bob, person[1])
    assert "You talk as a real customer" in begun
    assert "Nothing is stored or sent" in begun
    text, acts = await _does(bob, await _named(ben), say=ASKS)
    await _does(bob, await _named(ben), acts, other="wait_day")
    assert (await _kept(shop), len(shop.graph.sent)) == (before, sent)
    said = await ben.says(ASKS)
    assert "#7741" in said.text
    assert html.unescape(said.text) in text
    assert [why for why in said.turn.decision.why if why not in text] == []


async def test_contacts_are_shown_to_nobody_who_may_not_see_them(shop: Running, ben: Person, bob: Seated) -> None:
    """A builder sees none, whoever is an agent, too, sees them masked: in the list of who was found, and in replies."""
    named, address = await _named(ben), "ben.o@example.com"
    for_builders = await page(bob, f"{TRY}/people", {"asked": f"+{PHONE}"})
    _, acts = await _does(bob, named, say="please contact me")
    answered, _ = await _does(bob, named, acts, say=address)
    async with seated(shop, "root", "builder", "agent") as root:
        for_agents = await page(root, f"{TRY}/people", {"asked": f"+{PHONE}"})
        masked, _ = await _does(root, named, acts, say=address)
    assert ("…01" in for_builders, "…01" in for_agents) == (False, True)
    assert ("Thank you, …" in answered, "Thank you, b…@….com" in masked) == (True, True)
    assert PHONE not in answered + masked


async def test_every_talk_is_on_record_once(shop: Running, ben: Person, bob: Seated) -> None:
    """Who looked at whom, and where: with each talk that is begun, not with each thing done in it; searches, too."""
    named = await _named(ben)
    await page(bob, f"{TRY}/people", {"asked": "Ben"})
    await page(bob, f"{TRY}?customer={named}")
    _, acts = await _does(bob, named, say="hi")
    await _does(bob, named, acts, say=ASKS)
    await page(bob, f"{TRY}?customer={named}&free=1")
    async with seated(shop, "kim", "builder") as kim:
        await _does(kim, named, say="hi")
    conversation, written = await ben.conversation(), await entries(shop.here.brands["glow"].store)
    acts_on_record = [(each.what, each.by) for each in reversed(written) if each.what.startswith("flows.")]
    talked = ("flows.talked_as", "bob")
    assert acts_on_record == [("flows.customers_searched", "bob"), talked, talked, ("flows.talked_as", "kim")]
    assert {each.details["conversation"] for each in written if each.what == "flows.talked_as"} == {conversation.id}


async def test_one_comes_to_it_from_the_person_and_from_the_conversation(shop: Running, ben: Person) -> None:
    """Whoever may try flows is led there; who may not, is not."""
    conversation = await ben.conversation()
    for roles, is_led in ((("agent", "builder"), True), (("agent",), False)):
        async with seated(shop, f"root{len(roles)}", *roles) as root:
            talk = await page(root, f"/console/glow/conversations/{conversation.id}")
            person = await page(root, "/console/glow/people", {"asked": f"+{PHONE}"})
        assert (f"{TRY}?customer=real%3A{conversation.id}" in talk) is is_led
        assert (f"{TRY}?person=p_" in person) is is_led


async def test_somebody_of_whom_less_is_known_is_told_less(shop: Running, ben: Person, bob: Seated) -> None:
    """Levels are those of the sender who writes: the same order is nothing for somebody else."""
    eva = customer(shop, "messenger", 2, name="Eva")
    await eva.says("hello there")
    text, _ = await _does(bob, await _named(eva), say=ASKS)
    assert "#7741" not in text
    assert "#7741" in (await _does(bob, await _named(ben), say=ASKS))[0]


async def test_nobody_and_nonsense_are_refused(shop: Running, bob: Seated) -> None:
    """A conversation or a person that there is not, codes that nobody types, a person who has never written."""
    await shop.say("shopify", "order_paid", phone="+34699000000", order_number=7742)
    await shop.quiet()
    for named in ("real:none", "real:", "real:" + "x" * 300, "real:\u202e", "real:$where"):
        assert (await bob.get(TRY, params={"customer": named})).status == 404, named
        assert (await bob.post(TRY, {"customer": named, "acts": "[]", "say": "hi"})).status == 404, named
    for person in ("p_none", "\x00", "../x"):
        assert (await bob.get(TRY, params={"person": person})).status == 404, person
    found = await page(bob, f"{TRY}/people", {"asked": "+34699000000"})
    silent = re.search(r'href="(/console/glow/flows/try\?person=[^"]*)"', found)
    assert silent is not None
    assert "has never written" in await page(bob, silent[1])


async def test_nothing_is_proved_in_a_talk(ben: Person, bob: Seated) -> None:
    """No code is offered, and a forged one is told off without the customer's number."""
    text, _ = await _does(bob, await _named(ben), other="right_code")
    assert "no one-time codes are sent" in text
    assert "Type the right code" not in text
    assert PHONE not in text


async def test_a_conversation_is_talked_in_as_it_stands(shop: Running, ben: Person, bob: Seated) -> None:
    """A flow that waits for a time goes on by it; where a person answers the bot says nothing, unless one says: as if
    it had the conversation.
    """
    await ben.says(NUDGE_WORDS)
    waits = await page(bob, f"{TRY}?customer={await _named(ben)}")
    assert "nudge" in waits
    assert NUDGE in (await _does(bob, await _named(ben), other="wait_day"))[0]
    store, conversation = shop.here.brands["glow"].store, await ben.conversation()
    stored = (await store.get(type(conversation), [conversation.id]))[conversation.id]
    held = conversation.model_copy(
        update={"owner": Owner.HUMAN, "owner_until": shop.here.clock.now() + timedelta(hours=5)}
    )  # fmt: skip
    await store.write(stored.put(held))
    named = await _named(ben)
    text, _ = await _does(bob, named, say=ASKS)
    assert (HELD in text, 'class="by-bot"' in text) == (True, False)
    free, _ = await _does(bob, named, say=ASKS, free="1")
    assert (HELD in free, 'class="by-bot"' in free) == (False, True)


async def test_a_draft_is_tried_as_them(ben: Person, bob: Seated) -> None:
    """The same with what somebody is writing; its search leads back to it."""
    edit = f"{FLOWS}/edit/contact.yaml"
    form = await form_of(bob, edit)
    text = "flow: contact\npurpose: p\ntriggers: {intent: {en: [brand new words]}}\nsteps:\n  - reply: nudge_begun\n"
    await page(bob, f"{edit}/draft", {**form, "source": text})
    found = await page(bob, f"{edit}/try/people", {"asked": f"+{PHONE}"})
    assert f'href="{edit}/try?person=' in found
    assert "You talk as a real customer" in await page(bob, f"{edit}/try?customer={await _named(ben)}")
    said, _ = await _does(bob, await _named(ben), path=f"{edit}/try", say="brand new words")
    assert f"{FLOWS}/flow/contact" in said


async def test_no_other_system_is_asked(store_server: StoreServer, tmp_path: Path) -> None:
    """A look-up is not made: the reply says what it says where nothing is known."""
    async with a_system() as system, shop_with(system, store_server, tmp_path) as shop:
        eva = customer(shop, "messenger", name="Eva")
        await eva.says("hello there")
        async with seated(shop, "bob", "builder") as bob:
            text, _ = await _does(bob, await _named(eva), say="How many are left?")
    assert NOT_KNOWN in text
    assert "nobody was asked" in text
    assert system.asked == []


async def test_who_was_erased_is_nobody_any_more(shop: Running, ben: Person, bob: Seated) -> None:
    """A talk that goes on with somebody whose conversation is gone ends with not found."""
    named, store = await _named(ben), shop.here.brands["glow"].store
    _, acts = await _does(bob, named, say="hi")
    gone = await ben.conversation()
    stored = (await store.get(type(gone), [gone.id]))[gone.id]
    await store.write(Put(gone.model_copy(update={"aliases": ()}), stored.version))
    assert (await bob.post(TRY, {"customer": named, "acts": acts, "say": "hi"})).status == 404
