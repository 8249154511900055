"""The script of a site in a real browser, under a policy that allows no inline script and no inline style."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from pages import CHROMIUM, Pages, Shown, pages

from middleware.domain.events import EventKind
from middleware.ports import Recorded
from middleware.web.site.asking import visitor_of
from tests.running import SITE, until
from tests.stores import StoreServer
from tests.visitors import site_token

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

GRANTED = 'data-consent="granted"'
LINK = "Zk3_mXq8-PwR71TbYc5LdA"
PRODUCT = (
    '<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebPage"},'
    '{"@type":"Product","name":"Red mug","sku":"MUG-RED","offers":[{"price":"24.90","priceCurrency":"EUR"}]}]}</script>'
)


@pytest_asyncio.fixture(loop_scope="module")
async def site(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Pages]:
    """The brand's site and a browser."""
    async with pages(store_server, tmp_path) as it:
        yield it


async def reported(shown: Shown, number: int = 1) -> list[dict[str, Any]]:
    """What the page has reported, once it is so much."""

    async def enough() -> bool:
        return len(shown.items) >= number

    await until(enough, f"{number} items")
    found: list[dict[str, Any]] = shown.items
    return found


async def settled(shown: Shown) -> None:
    """Wait longer than the script ever waits before it sends."""
    await shown.page.wait_for_timeout(1_800)


async def test_without_consent_nothing_is_sent_and_nothing_kept(site: Pages) -> None:
    """Whatever the page calls: no request, no storage, no cookie, and the address stays as it is."""
    async with site.open(path=f"/?tl={LINK}", head=PRODUCT) as shown:
        await shown.page.evaluate(
            "() => { throughline.view(); throughline.search('mug'); throughline.cart({items: []});"
            "throughline.identify('a.b.c'); throughline.identify(null); }"
        )
        await settled(shown)
        assert shown.requests == []
        assert await shown.stored() is None
        assert await shown.page.evaluate("() => document.cookie + sessionStorage.length") == "0"
        assert shown.page.url.endswith(f"?tl={LINK}")
        assert shown.troubles == []


async def test_with_consent_a_view_arrives(site: Pages) -> None:
    """The view is stored as an event of this visitor: with the product of the page, and without the query."""
    async with site.open(GRANTED, path="/products/red-mug?email=a@b.example", title="Red mug", head=PRODUCT) as shown:
        (item,) = await reported(shown)
        key = (await shown.stored() or "").rstrip(".")
        event = f"webchat:{SITE}:{visitor_of(SITE, key)}:{item['id']}"
        store = site.shop.here.brands["glow"].store

        async def there() -> bool:
            return bool(await store.get(Recorded, [event]))

        await until(there, "the view")
        found = (await store.get(Recorded, [event]))[event].record.event
        assert found.kind is EventKind.PAGE_VIEW
        assert found.view is not None
        assert (found.view.what, found.view.product, found.view.path) == ("product", "MUG-RED", "/products/red-mug")
        assert found.view.price is not None
        assert found.view.price.amount == 2490
        assert "a@b.example" not in found.model_dump_json()
        assert shown.troubles == []


async def test_consent_can_come_later_and_go_again(site: Pages) -> None:
    """From consent on it reports; withdrawn, the key is gone, nothing more is sent; a new one is another visitor."""
    async with site.open() as shown:
        await shown.page.evaluate("() => throughline.consent(true)")
        await reported(shown)
        first = await shown.stored()
        assert first
        await shown.page.evaluate("() => { throughline.consent(false); throughline.view(); }")
        assert await shown.stored() is None
        sent = len(shown.requests)
        await settled(shown)
        assert len(shown.requests) == sent
        await shown.page.evaluate("() => throughline.consent(true)")
        await reported(shown, 2)
        assert await shown.stored() not in {None, first}


@pytest.mark.parametrize(
    "said",
    [
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
        "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
    ],
    ids=["GPC", "DNT"],
)
async def test_who_refuses_in_the_browser_is_not_tracked(site: Pages, said: str) -> None:
    """Global Privacy Control or Do Not Track: nothing is sent and nothing kept, whatever the page says of consent."""
    async with site.open(GRANTED, script=said) as shown:
        await shown.page.evaluate(
            "() => { throughline.consent(true); throughline.view(); throughline.cart({items: []}); }"
        )
        await settled(shown)
        assert shown.requests == []
        assert await shown.stored() is None


async def test_a_personal_link_travels_with_the_visit(site: Pages) -> None:
    """Its id is in the view and out of the address; everything else of the address stays, letter by letter."""
    path = f"/sale?utm_source=a%20b&tl={LINK}&x=1;y=%C3%A9#part"
    async with site.open(GRANTED, path=path) as shown:
        (item,) = await reported(shown)
        assert item["link"] == LINK
        assert item["path"] == "/sale"
        assert shown.page.url == f"{shown.origin}/sale?utm_source=a%20b&x=1;y=%C3%A9#part"
    async with site.open(GRANTED, path=f"/?tl={LINK}") as shown:
        await reported(shown)
        assert shown.page.url == f"{shown.origin}/"
    async with site.open(GRANTED, path="/?tl=<script>&xtl=12345678") as shown:
        (item,) = await reported(shown)
        assert "link" not in item


async def test_search_cart_and_products_by_attribute(site: Pages) -> None:
    """The search of a named parameter, a cart as the page tells it, and a product that an element names."""
    body = '<p data-throughline-product="red-mug" data-throughline-price="5" data-throughline-currency="EUR"></p>'
    async with site.open(f'{GRANTED} data-search="q"', path="/search?q=red+mug&z=1") as shown:
        (item,) = await reported(shown)
        assert (item["what"], item["search"], item["path"]) == ("search", "red mug", "/search")
        await shown.page.evaluate("() => throughline.cart({currency: 'EUR', items: [{title: 'Mug', price: '5.00'}]})")
        cart = (await reported(shown, 2))[1]
        assert (cart["what"], cart["items"]) == ("cart", [{"title": "Mug", "price": "5.00"}])
    async with site.open(GRANTED, body=body) as shown:
        (item,) = await reported(shown)
        assert (item["what"], item["product"], item["price"]) == ("product", "red-mug", "5")


async def test_what_was_seen_last_is_sent_when_the_page_goes(site: Pages) -> None:
    """Leaving the page at once loses nothing."""
    context = await site.browser.new_context()
    async with site.open(GRANTED, context=context) as shown:
        await shown.page.goto(f"{site.origin}/other")
        await reported(shown, 1)
    await context.close()


async def test_a_signed_in_visitor_and_the_next_one(site: Pages) -> None:
    """A token is sent along; who signs in after somebody else, or after signing out, is another visitor."""
    async with site.open(GRANTED) as shown:
        await shown.page.evaluate("(token) => throughline.identify(token)", site_token(sub="ana-7", iss=site.origin))

        async def signed_in() -> bool:
            return (await shown.stored() or "").endswith(".")

        await until(signed_in, "the site to know who it is")
        ana = await shown.stored()
        await shown.page.evaluate("(token) => throughline.identify(token)", site_token(sub="ben-8", iss=site.origin))

        async def somebody_else() -> bool:
            return await shown.stored() not in {None, ana} and await signed_in()

        await until(somebody_else, "another visitor")
        await shown.page.evaluate("() => throughline.identify(null)")
        assert await shown.stored() is None


async def test_a_page_that_is_gone_or_a_wrong_token_breaks_nothing(site: Pages) -> None:
    """A token that does not count is dropped, and what came with it is reported all the same."""
    async with site.open(GRANTED) as shown:
        await shown.page.evaluate("() => { throughline.view({path: '/a'}); throughline.identify('no.token.atall'); }")
        await until(lambda: _seen(shown, "/a"), "the view without the token")
        assert "token" not in shown.requests[-1][2]


async def _seen(shown: Shown, path: str) -> bool:
    return any('"token"' not in body and f'"{path}"' in body for _, _, body in shown.requests)
