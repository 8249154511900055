"""Proof by a one-time code on a real store: the commands are the same whether an address is known or not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.jobs import JobKind
from middleware.domain.proof import CheckOutcome, Proof
from middleware.identity.proof import code_hash
from middleware.identity.proving import Asking, check_code, request_code
from middleware.ports import Put
from middleware.store.mongo import MongoBrandStore, connect
from tests.commands import Commands
from tests.stores import StoreServer

NOW = datetime(2026, 11, 5, 12, 0, 0, 123_000, tzinfo=UTC)
KEY = b"a-key-of-at-least-thirty-two-characters"
ADDRESS = Identifier(IdentifierKind.EMAIL, "", "ana@example.com")
NOBODY = Identifier(IdentifierKind.EMAIL, "", "bob@example.com")


@pytest.fixture
def commands() -> Commands:
    """Every command that goes to the store."""
    return Commands()


@pytest.fixture
async def store(store_server: StoreServer, database: str, commands: Commands) -> AsyncIterator[MongoBrandStore]:
    """A brand's store that knows one address."""
    client = connect(store_server.uri, listeners=(commands,))
    try:
        brand = MongoBrandStore(client, database)
        await brand.write(Put(Identity(id=ADDRESS.key)))
        yield brand
    finally:
        await client.drop_database(database)
        client.close()


def _asking(target: Identifier, sender: str, event: str = "e1") -> Asking:
    person = Identifier(IdentifierKind.MESSENGER, "1001", sender)
    return Asking(person, target, f"messenger:1001:{event}:{sender}", "messenger", "1001", "en")


async def test_asking_costs_the_same_for_everybody(store: MongoBrandStore, commands: Commands) -> None:
    """Number, kind and order of commands, the first time and again."""
    seen = []
    for target, sender in ((ADDRESS, "1"), (NOBODY, "2")):
        commands.seen.clear()
        for event in ("e1", "e2", "e3", "over the limit"):
            await request_code(store, _asking(target, sender, event), KEY, NOW)
        seen.append(list(commands.seen))
    assert seen[0] == seen[1]
    assert not [each for each in seen[0] if "identities" in each]
    assert len(await store.due_jobs(JobKind.PROOF_CODE, NOW, 100)) == 8


async def test_a_code_survives_the_store(store: MongoBrandStore) -> None:
    """What is kept is read back, and a right code proves the address once."""
    asking = _asking(ADDRESS, "1")
    await request_code(store, asking, KEY, NOW)
    stored = (await store.get(Proof, [asking.sender.key]))[asking.sender.key]
    hashed = code_hash(KEY, stored.record, "012345")
    assert await store.write(stored.put(stored.record.model_copy(update={"code_hash": hashed}))) == (True,)
    given = [await check_code(store, asking.sender, "012 345", f"m{number}", KEY, NOW) for number in range(2)]
    assert [each.outcome for each in given] == [CheckOutcome.PROVEN, CheckOutcome.WRONG]
    assert given[0].edge is not None
    assert given[0].edge.to == ADDRESS.key
