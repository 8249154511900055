"""Erasing a person in the console and as a command: looked at, confirmed by a word, done once, with a receipt."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from middleware.pipeline.audit import entries
from middleware.pipeline.profile_view import find_profile
from tests.console import Seated, seated
from tests.people import EMAIL, PHONE, known_person
from tests.running import Running, until
from tests.whole_store import found_in, whole_store


@pytest.fixture
async def ada(shop: Running) -> AsyncIterator[Seated]:
    """An admin."""
    forgetting = shop.here.brands["glow"].forgetting
    assert forgetting is not None
    forgetting.settles = timedelta(0)
    async with seated(shop, "ada", "admin") as it:
        yield it


async def text_of(it: Seated, path: str, status: int = 200) -> str:
    """A page that must have this status."""
    answer = await it.get(f"/console/glow/{path}")
    assert answer.status == status, answer.status
    return await answer.text()


def nonce_in(text: str) -> str:
    """The nonce of the form."""
    found = re.search(r'name="nonce" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def ticks_in(text: str) -> list[str]:
    """The other profiles that are offered."""
    return re.findall(r'name="also" value="([^"]+)"', text)


async def test_an_admin_erases_once_and_gets_a_receipt(shop: Running, ada: Seated) -> None:
    """Numbers first; without the word nothing happens; sent twice it is one erasure; the receipt leads to no data."""
    ana = await known_person(shop)
    page = await text_of(ada, f"people/{ana}/erase")
    assert "Conversations" in page
    assert (PHONE in page, EMAIL in page) == (False, False)
    others = ticks_in(page)
    assert len(others) == 1, "the shop's record of a customer has a part in the order"
    counted = await text_of(ada, f"people/{ana}/erase?also={others[0]}")
    assert f'<input type="hidden" name="also" value="{others[0]}">' in counted
    nonce = nonce_in(counted)
    form = {"nonce": nonce, "also": others[0]}
    refused = await ada.post(f"/console/glow/people/{ana}/erase", {**form, "word": "yes"})
    assert (refused.status, "type the word" in await refused.text()) == (400, True)
    assert await find_profile(shop.here.store.brand("glow"), ana) is not None

    sent = [await ada.post(f"/console/glow/people/{ana}/erase", {**form, "word": " Erase "}) for _ in range(2)]
    assert [each.status for each in sent] == [303, 303]
    (there,) = {each.headers["Location"] for each in sent}

    async def is_done() -> bool:
        return "It is done." in await (await ada.get(there)).text()

    await until(is_done, "the erasure to be done")
    receipt = await (await ada.get(there)).text()
    main = receipt[receipt.index("<main") :]
    assert [each for each in (ana, others[0], PHONE, "/people/") if each in main] == []
    assert "Orders, checkouts, carts and tickets" in main
    assert found_in(await whole_store(shop), (PHONE, EMAIL, "ES.9001abc")) == set()
    whats = [(each.what, each.by) for each in await entries(shop.here.store.brand("glow"))]
    assert whats.count(("person.erase", "ada")) == 1
    assert ("person.erased", "ada") in whats
    assert (await ada.get(f"/console/glow/people/{ana}")).status == 404
    assert (await ada.get(f"/console/glow/people/{ana}/erase")).status == 404


async def test_only_admins_may(shop: Running) -> None:
    """An agent is not offered it and may not do it; nor may they read a receipt."""
    ana = await known_person(shop)
    async with seated(shop, "bea", "agent", "marketer", "builder") as bea:
        assert "/erase" not in await text_of(bea, f"people/{ana}")
        await text_of(bea, f"people/{ana}/erase", 403)
        answer = await bea.post(f"/console/glow/people/{ana}/erase", {"nonce": "n" * 20, "word": "erase"})
        assert answer.status == 403
        await text_of(bea, "erasures/none", 403)
    assert await find_profile(shop.here.store.brand("glow"), ana) is not None


async def test_strange_addresses_and_forms(shop: Running, ada: Seated) -> None:
    """What there is not is not found, what is no form of ours is refused, and nothing is a 5xx."""
    ana = await known_person(shop)
    await text_of(ada, "people/p_nobody/erase", 404)
    await text_of(ada, "erasures/none", 404)
    await text_of(ada, "erasures/%00", 404)
    await text_of(ada, f"people/{ana}/erase?also=%E2%82%AC", 404)
    for form, status in (({}, 400), ({"nonce": "short"}, 400), ({"nonce": "n" * 20}, 400)):
        assert (await ada.post(f"/console/glow/people/{ana}/erase", form)).status == status
    answer = await ada.post("/console/glow/people/p_nobody/erase", {"nonce": "n" * 20, "word": "erase"})
    assert answer.status == 404
