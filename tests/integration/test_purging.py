"""What has had its day is deleted, on a real store, and nothing else."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from middleware.bootstrap.building import opened
from middleware.cli.serve import working
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.proof import Proof, ProofQuota
from middleware.domain.record import Record
from middleware.domain.site import TOKEN_KEPT_FOR, SiteTie
from middleware.identity.proof import KEPT_FOR
from middleware.identity.proving import Asking, request_code
from middleware.jobs.purging import purge
from middleware.pipeline.site_ties import belongs
from middleware.ports import BrandStore
from middleware.web.tokens import CLOCKS_DIFFER_BY, LONGEST_LIFE
from tests.running import Running, until

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
KEY = b"a-key-of-at-least-thirty-two-characters"
ANA, BEN = (Identifier(IdentifierKind.MESSENGER, "1001", number) for number in ("7301", "7302"))
A_MOMENT = timedelta(milliseconds=1)


async def asks(store: BrandStore, who: Identifier, at: datetime) -> None:
    """Somebody asks for a code to an address of their own."""
    target = Identifier(IdentifierKind.EMAIL, "", f"{who.value}@example.com")
    await request_code(store, Asking(who, target, f"e-{who.value}-{at}", "messenger", "1001", "en"), KEY, at)


async def kept(store: BrandStore, kind: type[Record]) -> list[str]:
    """The ids of all records of a kind."""
    return [each.record.model_dump()["id"] async for batch in store.scan(kind) for each in batch]


async def test_requests_for_codes_go_after_a_day(shop: Running) -> None:
    """With all that was counted of them; whoever asked later, or again, keeps theirs."""
    store = shop.here.brands["glow"].store
    await asks(store, ANA, NOW)
    await asks(store, BEN, NOW)
    await asks(store, BEN, NOW + timedelta(hours=2))
    await purge(store, NOW + KEPT_FOR - A_MOMENT)
    assert (len(await kept(store, Proof)), len(await kept(store, ProofQuota))) == (2, 4)
    await purge(store, NOW + KEPT_FOR)
    assert (await kept(store, Proof), len(await kept(store, ProofQuota))) == ([BEN.key], 2)
    await purge(store, NOW + KEPT_FOR + timedelta(hours=2))
    assert (await kept(store, Proof), await kept(store, ProofQuota)) == ([], [])


async def test_whose_a_token_is_goes_when_it_counts_no_more(shop: Running) -> None:
    """Never sooner; and to which account a visitor belongs is kept."""
    store = shop.here.brands["glow"].store
    assert await belongs(store, "token|glow-site|of-ana", "ana", NOW)
    assert await belongs(store, "visitor|glow-site|of-ana", "glow-site|ana-7", NOW)
    await purge(store, NOW + LONGEST_LIFE + 2 * CLOCKS_DIFFER_BY)
    assert len(await kept(store, SiteTie)) == 2
    await purge(store, NOW + TOKEN_KEPT_FOR)
    assert await kept(store, SiteTie) == ["visitor|glow-site|of-ana"]
    assert not SiteTie(id="visitor|glow-site|of-ana", holder="", at=NOW).is_over(NOW + 99 * TOKEN_KEPT_FOR)


async def test_whatever_works_purges(shop: Running) -> None:
    """A process that works begins with it."""
    store = shop.here.brands["glow"].store
    await asks(store, ANA, datetime.now(UTC) - KEPT_FOR)
    async with AsyncExitStack() as stack:
        working(await stack.enter_async_context(opened(shop.here.settings)), stack)

        async def gone() -> bool:
            return not await kept(store, Proof)

        await until(gone, "the request to go")
