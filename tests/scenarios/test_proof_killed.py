"""The process dies between the check of a one-time code and what follows from it: all of it comes, and comes once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from middleware.bootstrap.building import opened
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.proof import Proof
from middleware.identity.proof import RULE
from middleware.ports import BrandStore
from tests.running import PAGE
from tests.scenarios.elsewhere import ROLE, Elsewhere, elsewhere
from tests.scenarios.mailroom import NOT_THIS_ONE, ON_ITS_WAY, Mailroom, mail_server
from tests.stores import StoreServer

pytestmark = pytest.mark.crash

ADDRESS = "ana@example.com"
ANA, BEN = "7300000001", "7300000002"


@asynccontextmanager
async def _stage(server: StoreServer, directory: Path) -> AsyncIterator[tuple[Elsewhere, Mailroom]]:
    with mail_server() as (room, proof):
        async with elsewhere(server, directory, brands={"glow": {"proof": proof}}) as stage:
            yield stage, room


def _key(sender: str) -> str:
    return Identifier(IdentifierKind.MESSENGER, PAGE, sender).key


async def _proven(store: BrandStore, sender: str) -> bool:
    """Whether the proof stands at the sender."""
    identity = (await store.get(Identity, [_key(sender)]))[_key(sender)].record
    return any(edge.rule == RULE for edge in identity.edges)


@pytest.mark.parametrize("point", ["resolved", "absorbed", "decided"])
async def test_a_right_code_counts_once_whenever_the_process_dies(
    store_server: StoreServer, tmp_path: Path, point: str
) -> None:
    """Nothing or all of it is there when it dies; afterwards she is proven, told once, and the code is spent."""
    async with _stage(store_server, tmp_path) as (stage, room):
        await stage.deliver("shopify", "order_created", order_number=1001, email=ADDRESS, phone=None)
        assert ON_ITS_WAY in await stage.says(ANA, ADDRESS)
        assert ON_ITS_WAY in await stage.says(BEN, "ben@example.org")
        code, before = await room.code(), len(stage.graph.sent)

        await stage.dies_of(point, ANA, code)
        async with opened(stage.settings) as here:
            store = here.brands["glow"].store
            assert (await store.get(Proof, [_key(ANA)]))[_key(ANA)].record.was_right
            assert await _proven(store, ANA) is (point != "resolved")
            assert await store.backlog(1)
            await stage.processes.start(ROLE)
            answer = await stage.answer(before)

            assert "#1001" in answer
            assert await _proven(store, ANA)
            assert NOT_THIS_ONE in await stage.says(ANA, code)
            assert NOT_THIS_ONE in await stage.says(BEN, code)
            assert not await _proven(store, BEN)
            assert len(room.codes()) == 1
