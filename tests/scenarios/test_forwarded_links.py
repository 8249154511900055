"""A forwarded link shows no browsing of somebody for whom the brand's site has signed, in whichever profile they are.

Ben gets a personal link on any channel and forwards it. Valeria opens it, and looks at a product. As long as the site
has not said who she is, it is very likely Ben himself who looks.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from middleware.domain.context import Block
from middleware.domain.identity import Identity
from middleware.domain.known_views import BrowsingView
from middleware.pipeline.merging import BY_HAND, merge_profiles
from tests.running import Running, minutes_ago
from tests.scenarios.attacking import (
    CUSTOMER,
    EMAIL,
    NAME,
    Attack,
    all_ask,
    attacked,
    nobody_learned,
    on_all_channels,
    valeria_orders,
)
from tests.scenarios.looking import Person, customer, link_in
from tests.stores import StoreServer
from tests.visitors import item, post, site_token

SEEN = "Moonstone Lantern"


async def _tell(who: Person, *items: dict[str, Any], **more: Any) -> None:
    status, content, _ = await post(who.shop, "events", {"key": who.key, "events": list(items), **more})
    assert status == 204, content


async def _looks(who: Person, link: str) -> None:
    """A visitor comes by a link and looks at the lantern."""
    path = "/products/moonstone-lantern"
    await _tell(who, item(what="product", path=path, title=SEEN, product="44100300111", link=link))


def _token() -> str:
    return site_token(sub="valeria-1", shop_customer=str(CUSTOMER), email=EMAIL, email_verified=True)


async def _signs_in(who: Person) -> None:
    """The page shows a token of hers."""
    await _tell(who, item(what="identify"), token=_token())


async def _signed_by_the_server(who: Person) -> None:
    """The brand's own server tells who the visitor is, in an envelope that it signs."""
    await who.shop.say("webchat", "signed_in", sender=who.id)


async def _signs_in_and_chats(who: Person) -> None:
    """She logs in, and writes."""
    await who.says("hello", token=_token())


async def _signed_in_elsewhere(who: Person) -> None:
    """The token comes with another page view, and no word of its own."""
    await _tell(who, item(what="page", path="/account"), token=_token())


SignIn = Callable[[Person], Awaitable[None]]

WAYS: dict[str, SignIn] = {
    "on the page": _signs_in,
    "beside a page view": _signed_in_elsewhere,
    "in the chat": _signs_in_and_chats,
    "by the brand's server": _signed_by_the_server,
}
"""How the site says that the visitor is Valeria."""


async def _browsing(attack: Attack) -> Block[BrowsingView]:
    block = (await attack.shop.context(attack.ben.channel, attack.ben.id)).browsing
    assert block is not None
    return block


async def _with_links(shop: Running) -> list[tuple[Attack, Person, str]]:
    """Ben on each channel, with a browser of Valeria's for each, and the link that it comes by."""
    attacks = on_all_channels(shop)
    links = [link_in(said.text) or "" for said in await all_ask(attacks, "is it vegan?", "ad_message")]
    assert all(links)
    browsers = [customer(shop, "webchat", 70 + attack.place, NAME) for attack in attacks]
    return list(zip(attacks, browsers, links, strict=True))


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation in which every channel hands out personal links."""
    async with attacked(store_server, tmp_path) as it:
        yield it


@pytest.mark.parametrize("first", ["she looks", "she signs in"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_whoever_the_site_has_signed_for_is_not_shown(shop: Running, first: str, way: SignIn) -> None:
    """On no channel, in whatever way the site said so, and whether it did before she came by the link or after."""
    await valeria_orders(shop)
    handed_on = await _with_links(shop)
    for attack, browser, link in handed_on:
        if first == "she looks":
            await _looks(browser, link)
            await shop.quiet()
            assert (await _browsing(attack)).state == "fresh"
        await way(browser)
        await shop.quiet()
        if first == "she signs in":
            await _looks(browser, link)
            await shop.quiet()

    attacks = [attack for attack, _, _ in handed_on]
    for text in ("hi, I'm back", "what did I look at?", "my cart please", "where is my order?"):
        await all_ask(attacks, text)

    assert [(await _browsing(attack)).state for attack in attacks] == ["withheld"] * len(attacks)
    await nobody_learned(attacks)


async def test_in_one_profile_with_him_she_is_not_shown_either(shop: Running) -> None:
    """Somebody takes both for one person: that is no word of the site's, and raises no level."""
    await valeria_orders(shop)
    handed_on = await _with_links(shop)
    store = shop.here.brands["glow"].store
    for attack, browser, link in handed_on:
        await _looks(browser, link)
        await _signs_in(browser)
        await shop.quiet()
        keys = [attack.ben.identifier.key, browser.identifier.key]
        known = await store.get(Identity, keys)
        one, other = (known[key].record.profile_id or "" for key in keys)
        await merge_profiles(store, one, other, rule=BY_HAND, by="eva", now=minutes_ago(0), despite=True)

    attacks = [attack for attack, _, _ in handed_on]
    await all_ask(attacks, "what did I look at?")

    assert [(await _browsing(attack)).state for attack in attacks] == ["withheld"] * len(attacks)
    assert [await attack.learned() for attack in attacks] == [[]] * len(attacks)


async def test_his_own_browser_shows_him_what_he_looked_at(shop: Running) -> None:
    """Ben opens the link himself and logs in under his own account: in the chat of that browser it is his."""
    ben = customer(shop, "webchat", 5)
    link = link_in((await ben.says("is it vegan?", "ad_message")).text) or ""
    await _looks(ben, link)
    await ben.says("hello", token=site_token(sub="ben-8"))
    await shop.quiet()

    block = await _browsing(Attack(shop, ben))

    assert block.value is not None
    assert [each.title for each in block.value.products] == [SEEN]
