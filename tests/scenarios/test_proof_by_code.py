"""Ana proves in a chat that an e-mail address is hers, with a code that a real mail server gets; Ben does not."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from middleware.domain.identifiers import Identifier, IdentifierKind, Level
from middleware.domain.identity import SHARED_BY_MANY, Identity
from middleware.domain.proof import Proof
from middleware.identity.proof import LIFETIME, MOST_TRIES
from tests.commands import Commands
from tests.integration.test_commands_per_turn import MOST_COMMANDS
from tests.running import ACCOUNT_IDS, Running, until
from tests.scenarios.looking import Person, as_text, customer, documents
from tests.scenarios.mailroom import NOT_THIS_ONE, ON_ITS_WAY, Mailroom, with_codes, wrong
from tests.stores import StoreServer

ADDRESS, NOBODYS = "ana@example.com", "bob@example.com"


@pytest.fixture
async def with_mail(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[tuple[Running, Mailroom]]:
    """A brand that sends codes, and has an order with Ana's address."""
    async with with_codes(store_server, tmp_path) as (shop, room):
        await _order(shop)
        yield shop, room


async def _order(shop: Running, number: int = 1001, **parts: Any) -> None:
    await shop.say("shopify", "order_created", order_number=number, email=ADDRESS, phone=None, **parts)
    await shop.quiet()


async def _proofs(shop: Running, who: Person) -> Proof:
    key = Identifier(IdentifierKind(who.channel), ACCOUNT_IDS[who.channel], who.id).key
    return (await shop.here.brands["glow"].store.get(Proof, [key]))[key].record


async def _outdated(shop: Running, who: Person, by: timedelta) -> None:
    """As if a sender had asked for their code so long ago."""
    store, proof = shop.here.brands["glow"].store, await _proofs(shop, who)
    stored = (await store.get(Proof, [proof.id]))[proof.id]
    times = {"requested_at": proof.requested_at - by, "expires_at": proof.expires_at - by}
    assert await store.write(stored.put(proof.model_copy(update=times))) == (True,)


async def test_ana_proves_her_address(with_mail: tuple[Running, Mailroom]) -> None:
    """She asks, names her address, gets a code by mail, writes it, and is told her order in the same answer."""
    shop, room = with_mail
    ana = customer(shop, "instagram", name="Ana")

    assert "Or write me the e-mail address" in (await ana.says("Where is my order?")).text
    assert ON_ITS_WAY in (await ana.says(ADDRESS.upper())).text
    code = await room.code()
    assert room.got[0]["To"] == ADDRESS
    answer = await ana.says(f"{code[:3]} {code[3:]}")

    assert "#1001" in answer.text
    assert answer.turn.context["identity"]["level"] == "verified"
    assert (await shop.context("instagram", ana.id)).identity.level is Level.VERIFIED
    await _order(shop, 1002)
    assert "#1002" in (await ana.says("where is my order 1002?")).text
    assert NOT_THIS_ONE in (await ana.says(code)).text
    conversation = await ana.conversation()
    assert {claim.kind for claim in conversation.claims} == {"email", "order_number"}
    assert ADDRESS not in as_text(conversation.aliases)


async def test_the_question_and_the_address_in_one_message(with_mail: tuple[Running, Mailroom]) -> None:
    """An address beside the question is enough, in German as well."""
    shop, room = with_mail
    ana = customer(shop, "messenger", name="Ana")
    asked = await ana.says(f"Wo ist meine Bestellung? Ich bin {ADDRESS}")
    assert "Wenn wir diese Adresse kennen, ist ein Code unterwegs." in asked.text
    assert "#1001" in (await ana.says(await room.code())).text


async def test_ben_guesses(with_mail: tuple[Running, Mailroom]) -> None:
    """Whoever types somebody else's address learns nothing, and after five guesses not even the right code helps."""
    shop, room = with_mail
    ben = customer(shop, "messenger", 2)
    assert ON_ITS_WAY in (await ben.says(ADDRESS)).text
    code = await room.code()

    for number in range(MOST_TRIES):
        assert NOT_THIS_ONE in (await ben.says(wrong(code, number + 1))).text
    answer = await ben.says(code)

    assert NOT_THIS_ONE in answer.text
    assert answer.turn.context["identity"]["level"] == "channel"
    assert "#1001" not in as_text([each.body for each in shop.graph.sent])
    assert "we know" not in (await ben.says("Where is my order?")).text.lower()


async def test_codes_of_others_old_ones_and_used_ones(with_mail: tuple[Running, Mailroom]) -> None:
    """A code counts once, for ten minutes, and only for whoever asked for it."""
    shop, room = with_mail
    ana, ben, cleo = (customer(shop, "instagram", number) for number in (1, 2, 3))
    await ana.says(ADDRESS)
    hers = await room.code()
    await ben.says(NOBODYS)
    assert NOT_THIS_ONE in (await ben.says(hers)).text
    assert NOT_THIS_ONE not in (await cleo.says(hers)).text
    await _outdated(shop, ana, LIFETIME)
    expired = await ana.says(hers)
    assert NOT_THIS_ONE in expired.text
    assert expired.turn.context["identity"]["level"] == "channel"
    await ana.says("new code please")
    await ana.says(ADDRESS)
    assert "#1001" in (await ana.says(await room.code(2))).text
    assert NOT_THIS_ONE in (await ana.says(room.codes()[1])).text


async def test_known_and_unknown_addresses_look_alike(store_server: StoreServer, tmp_path: Path) -> None:
    """The same words and the same commands, whether an address is known or not; and no address in what is decided."""
    commands = Commands()
    async with with_codes(store_server, tmp_path, commands) as (shop, _):
        await _order(shop)
        # Nobody waits for the job, and its commands would fall among those of the messages.
        await shop.here.runner.stop(0.5)
        seen = []
        for number, address in ((1, ADDRESS), (2, NOBODYS)):
            who = customer(shop, "messenger", number)
            await who.says("Where is my order?")
            said = []
            for text in (address, "123456", "123456", f"Where is my order? {address}"):
                commands.seen.clear()
                said.append(((await who.says(text)).text, list(commands.seen)))
            seen.append(said)
        assert seen[0] == seen[1]
        assert "example.com" not in as_text([each["decision"] for each in await documents(shop, "turns")])


async def test_a_message_that_is_no_code_costs_nothing_more(store_server: StoreServer, tmp_path: Path) -> None:
    """A brand that sends codes has as many commands in a turn as any other, while a code is open as well."""
    commands = Commands()
    async with with_codes(store_server, tmp_path, commands) as (shop, room):
        ana = customer(shop, "messenger")
        await ana.says("Hello")
        for _ in range(2):
            before = len(shop.graph.sent)
            commands.seen.clear()
            await shop.say("messenger", sender=ana.id, text="Where is my order?")
            await shop.replies(at_least=before + 1)
            assert 0 < len(commands.seen) <= MOST_COMMANDS, commands.seen
            await _order(shop)
            await ana.says(ADDRESS)
            await room.code()
            await until(lambda: _no_jobs(shop), "the job to be over")


async def _no_jobs(shop: Running) -> bool:
    return not await documents(shop, "jobs")


async def test_two_who_prove_the_same_address_are_one(with_mail: tuple[Running, Mailroom]) -> None:
    """A proof on a second channel merges by rule, with the rule in the journal."""
    shop, room = with_mail
    for number, channel in enumerate(("instagram", "messenger"), 1):
        ana = customer(shop, channel, name="Ana")
        await ana.says(ADDRESS)
        assert "#1001" in (await ana.says(await room.code(number))).text
    merges = [each for each in await documents(shop, "journal") if each["kind"] == "merge"]
    assert [each["rule"] for each in merges] == ["proof.email_code"]


async def test_an_address_of_many_proves_nothing(with_mail: tuple[Running, Mailroom]) -> None:
    """An address that turns out to be shared after the code was sent links nothing, and the words are the same."""
    shop, room = with_mail
    ana, store = customer(shop, "instagram"), shop.here.brands["glow"].store
    await ana.says(ADDRESS)
    code, key = await room.code(), Identifier(IdentifierKind.EMAIL, "", ADDRESS).key
    stored = (await store.get(Identity, [key]))[key]
    assert await store.write(stored.put(stored.record.with_suspension(SHARED_BY_MANY))) == (True,)
    answer = await ana.says(code)
    assert NOT_THIS_ONE in answer.text
    assert answer.turn.context["identity"]["level"] == "channel"


async def test_stop_stays_a_stop(with_mail: tuple[Running, Mailroom]) -> None:
    """While a code is open a STOP silences, and nothing is sent to an address that is named after it."""
    shop, room = with_mail
    ana = customer(shop, "messenger")
    await ana.says(ADDRESS)
    code = await room.code()
    assert (await ana.says("STOP")).sent == []
    assert (await ana.says(code)).sent == []
    assert (await ana.says(ADDRESS)).sent == []
    assert len(room.got) == 1


async def test_a_brand_without_proof_takes_no_codes(shop: Running) -> None:
    """Addresses and digits are words like others: no request, no try, no word about codes."""
    ben = customer(shop, "messenger")
    for text in ("Where is my order?", ADDRESS, "123456", f"where is my order? {ADDRESS}", "new code"):
        said = await ben.says(text)
        assert "code" not in said.text
        assert "proof" not in said.turn.context
    assert await documents(shop, "proofs") == []
