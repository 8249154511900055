"""The graph of a profile in the console: the table, groups of what was merged, and how much is shown."""

from collections.abc import AsyncIterator

import pytest

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.profile import Member, Profile
from middleware.pipeline.audit import entries
from middleware.pipeline.merging import merge_profiles
from middleware.ports import BrandStore, Put
from tests.candidates import NUMBER, add_chat, add_pair
from tests.console import Seated, seated
from tests.records import NOW
from tests.running import Running


@pytest.fixture
def store(shop: Running) -> BrandStore:
    """The store of the brand."""
    return shop.here.brands["glow"].store


@pytest.fixture
async def ana(shop: Running) -> AsyncIterator[Seated]:
    """An agent."""
    async with seated(shop, "ana", "agent") as it:
        yield it


async def test_a_merged_profile_shows_both_parts(ana: Seated, store: BrandStore) -> None:
    """Masked identifiers with the profile that each came with, ties with evidence and rule, a way to take it back."""
    older, younger = await add_pair(store, 1)
    await add_chat(store, older)
    await merge_profiles(store, older, younger, rule="records.similar", by="kim", now=NOW)

    for asked in (older, younger):
        text = await (await ana.get(f"/console/glow/people/{asked}/graph")).text()
        for said in (
            f'data-group="{older}"', f'data-group="{younger}"', 'data-evidence="attested"', "WhatsApp names number",
            f"/console/glow/review/undo/{younger}", "Phone <bdi>…22</bdi>",
        ):  # fmt: skip
            assert said in text, said
        assert NUMBER not in text
    assert "This is the profile into which another one was merged" in text
    assert [each.about for each in await entries(store) if each.what == "profile.graph"] == [older, older]


async def test_a_crowded_profile_says_how_many_more(ana: Seated, store: BrandStore) -> None:
    """200 identifiers are shown, and the number of the others."""
    keys = [Identifier(IdentifierKind.PERSONAL_LINK, "", f"l{number:04}").key for number in range(230)]
    members = tuple(Member(identifier=key, facts=1) for key in sorted(keys))
    await store.write(Put(Profile(id="p_big", created_at=NOW, members=members)))
    text = await (await ana.get("/console/glow/people/p_big/graph")).text()
    assert text.count("data-node=") == 200
    assert "30 more identifiers are not shown" in text
    assert (await ana.get("/console/glow/people/p_none/graph")).status == 404
