"""Agents have an address proven in the console: over HTTP, with a mail server that gets the codes."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from middleware.domain.agents import ProofAsked
from middleware.domain.identifiers import Level
from middleware.domain.messages import Reply
from middleware.identity.proof import MOST_TRIES
from middleware.pipeline.agents import Taken, acted
from middleware.pipeline.proofs import where_said
from tests.console import Seated, seated
from tests.running import Running, minutes_ago, until
from tests.scenarios.looking import Person, as_text, customer, documents
from tests.scenarios.mailroom import ON_ITS_WAY, Mailroom, with_codes, wrong
from tests.stores import StoreServer

ADDRESS, NOBODYS = "ana@example.com", "nobody@example.org"
TALKS = "/console/glow/conversations"
HTMX = {"HX-Request": "true"}


@pytest.fixture
async def desk(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[tuple[Seated, Mailroom]]:
    """An agent of a brand that sends codes, and has an order with Ana's address."""
    async with with_codes(store_server, tmp_path) as (shop, room):
        await shop.say("shopify", "order_created", order_number=1001, email=ADDRESS, phone=None)
        await shop.quiet()
        async with seated(shop, "bea", "agent") as bea:
            yield bea, room


async def _held(bea: Seated, person: Person, text: str) -> str:
    """The conversation of somebody who says this while an agent has it, so that no flow sends a code."""
    await person.says("hello")
    talk = (await person.conversation()).id
    await bea.post(f"{TALKS}/{talk}/acts/take-over", {"nonce": "nonce-of-take-over"})
    await bea.shop.quiet()
    await person.says(text)
    return talk


async def _part(bea: Seated, talk: str) -> str:
    return await (await bea.get(f"{TALKS}/{talk}/proof", headers=HTMX)).text()


def _claim(part: str) -> str:
    found = re.search(r'name="claim" value="(\w+)"', part)
    assert found is not None, part
    return found[1]


async def _begin(bea: Seated, talk: str, number: int = 1, claim: str = "", **more: str) -> aiohttp.ClientResponse:
    claim = claim or _claim(await _part(bea, talk))
    form = {"nonce": f"nonce-of-proof-{number}", "claim": claim, **more}
    answer = await bea.post(f"{TALKS}/{talk}/proof", form)
    await bea.shop.quiet()
    return answer


async def test_an_agent_has_an_address_proven(desk: tuple[Seated, Mailroom]) -> None:
    """The customer is asked in the conversation and gets a code by mail, once however often the form comes; the right
    code lifts the level as usual, and the page says how it stands. The address is in nothing that the agent did.
    """
    bea, room = desk
    shop, ana = bea.shop, customer(bea.shop, "whatsapp", name="Ana")
    talk = await _held(bea, ana, f"it is me, {ADDRESS}!")
    assert "a…@….com" in await _part(bea, talk)
    before = len(shop.graph.sent)
    first = await _begin(bea, talk)
    assert (first.status, first.headers["Location"]) == (303, f"{TALKS}/{talk}")
    claim = _claim(await _part(bea, talk))
    again = await _begin(bea, talk, claim=claim, home="p_1")
    assert again.headers["Location"] == f"/console/glow/people/p_1?conversation={talk}"
    code = await room.code()
    assert ON_ITS_WAY in shop.graph.sent[before].text
    await shop.jobs_over()
    assert (len(room.got), len(shop.graph.sent)) == (1, before + 1)
    part = await _part(bea, talk)
    assert "a code is awaited" in part
    assert 'hx-trigger="every 10s"' in part
    thread = await (await bea.get(f"{TALKS}/{talk}")).text()
    assert "asked for a proof of a…@….com" in thread

    await ana.says(wrong(code))
    assert "1 try so far" in await _part(bea, talk)
    assert (await ana.says(code)).sent == []
    assert (await shop.context("whatsapp", ana.id)).identity.level is Level.VERIFIED
    part = await _part(bea, talk)
    assert "The right code was written here." in part
    assert "every 10s" not in part
    assert "Send a code" not in part
    acts = [each for each in await documents(shop, "events") if each["event"]["kind"] == "agent"]
    turns = [each for each in await documents(shop, "turns") if each.get("act")]
    assert acts
    assert "example.com" not in as_text([acts, [each["act"] for each in turns]])


async def test_whether_an_address_is_known_nobody_is_told(desk: tuple[Seated, Mailroom]) -> None:
    """For an address that nobody has the pages, and the customer's words, are the same; after five wrong codes it is
    over.
    """
    bea, room = desk
    shop, seen = bea.shop, []
    for number, address in enumerate((ADDRESS, NOBODYS.replace(".org", ".com").replace("nobody", "anybody")), 1):
        ben = customer(shop, "messenger", number)
        talk, before = await _held(bea, ben, address), len(shop.graph.sent)
        assert (await _begin(bea, talk)).status == 303
        await shop.jobs_over()
        part = re.sub(r'datetime="[^"]*" title="[^"]*"|value="[^"]*"', "", await _part(bea, talk))
        seen.append((part.replace(talk, ""), [each.text for each in shop.graph.sent[before:]]))
    assert seen[0] == seen[1]
    assert [each["To"] for each in room.got] == [ADDRESS]
    for number in range(MOST_TRIES):
        await ben.says(f"{number:06}")
    assert "too many wrong codes" in await _part(bea, talk)


async def test_limits_hold(desk: tuple[Seated, Mailroom]) -> None:
    """Of four codes within an hour for one customer three are sent, and nobody is told which was not."""
    bea, room = desk
    talk = await _held(bea, customer(bea.shop, "messenger"), ADDRESS)
    for number in range(4):
        assert (await _begin(bea, talk, number)).status == 303
        await bea.shop.jobs_over()
    assert len(room.got) == 3
    assert "a code is awaited" in await _part(bea, talk)


async def test_an_address_that_is_not_there_any_more(desk: tuple[Seated, Mailroom]) -> None:
    """What was said long ago is found in the timeline; what was taken back, or is no address that the customer said, is
    refused in words; a customer who said STOP gets no code.
    """
    bea, room = desk
    shop, ana, cleo = bea.shop, customer(bea.shop, "messenger"), customer(bea.shop, "instagram", 2)
    talk = await _held(bea, ana, ADDRESS)
    for number in range(21):
        await ana.says(f"and {number}")
    assert (await _begin(bea, talk)).status == 303
    await room.code()
    refused = await _begin(bea, talk, 2, claim="0" * 32)
    assert (refused.status, "Ask the customer to write it again." in await refused.text()) == (409, True)

    there = await _held(bea, cleo, "hm")
    said = await cleo.says(ADDRESS)
    claim = _claim(await _part(bea, there))
    await shop.say("instagram", "unsend", sender=cleo.id, other_message_id=said.message_id)
    await shop.quiet()
    assert (await _begin(bea, there, 3, claim=claim)).status == 409
    await ana.says("STOP")
    stopped = await _begin(bea, talk, 4)
    assert (stopped.status, "said STOP" in await stopped.text()) == (409, True)
    assert len(room.got) == 1


async def test_a_stop_that_comes_in_between_stops_the_code(desk: tuple[Seated, Mailroom]) -> None:
    """Who cannot be asked for a code any more gets none, although an agent had asked for it before."""
    bea, room = desk
    shop, ana = bea.shop, customer(bea.shop, "messenger")
    talk = await _held(bea, ana, ADDRESS)
    brand, conversation = shop.here.brands["glow"], await ana.conversation()
    said_in = await where_said(brand.store, conversation, conversation.claims[-1])
    assert said_in is not None
    asked = ProofAsked(said_in=said_in, masked=conversation.claims[-1].masked, replies=(Reply(text="Your code?"),))
    found = await acted(brand, talk, asked, "bea", "nonce-of-a-race", shop.here.clock.now())
    assert isinstance(found, Taken)
    await shop.say("messenger", sender=ana.id, text="STOP")

    async def stopped() -> bool:
        return (await ana.conversation()).stopped()

    await until(stopped, "the STOP to be heard")
    shop.here.worker.submit([("glow", event) for event in found.events])
    await shop.jobs_over()
    assert room.got == []
    assert await documents(shop, "proofs") == []


async def test_without_a_mail_server_the_page_says_so(shop: Running) -> None:
    """What is missing is named, beside a conversation and to whoever sends the form all the same; a marketer has no
    part in it.
    """
    ana = customer(shop, "messenger")
    await ana.says(ADDRESS, at=minutes_ago(1))
    talk = (await ana.conversation()).id
    async with seated(shop, "bea", "agent") as bea:
        beside = await (await bea.get(f"/console/glow/people/of/{talk}", headers=HTMX)).text()
        assert "[brands.glow.proof]" in beside
        assert "Send a code" not in beside
        answer = await _begin(bea, talk, claim="0" * 32)
        assert (answer.status, "This brand sends no codes" in await answer.text()) == (409, True)
    async with seated(shop, "mia", "marketer") as mia:
        assert "proof" not in await (await mia.get(f"/console/glow/people/of/{talk}", headers=HTMX)).text()
