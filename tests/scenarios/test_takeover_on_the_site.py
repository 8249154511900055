"""Nobody gets at another person's data by way of the brand's own site: tokens, visitors' ids, links, carts, receipts.

The same attacker and victim as in `attacking.py`. Valeria has an account on the site; Ben has a browser, and knows all
that stands in an export or on somebody's screen: ids, links, the tokens of carts.
"""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.running import SITE, Running
from tests.scenarios.attacking import (
    CUSTOMER,
    EMAIL,
    LANTERN,
    NAME,
    NUMBER,
    TYPED,
    Attack,
    attacked,
    nobody_learned,
    valeria_is_told,
    valeria_orders,
)
from tests.scenarios.looking import Person, customer, link_in
from tests.stores import StoreServer
from tests.visitors import item, post, site_token

HERS: dict[str, Any] = {
    "sub": "valeria-1", "shop_customer": str(CUSTOMER), "email": EMAIL, "email_verified": True,
}  # fmt: skip
"""What a true token says of Valeria."""

HER_CART = "c1-hers0123456789"

QUESTIONS = ("hi, I'm back", "my cart please", "where is my order?", TYPED["everything"])


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unsigned() -> str:
    """A token that says by itself that nobody signed it."""
    claims = {"iss": "https://www.glow.example", "aud": SITE, "iat": _now(), "exp": _now() + 300, "jti": "j", **HERS}
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}.{'A' * 43}"


def _refilled() -> str:
    """Ben's own true token with Valeria's name put into it."""
    header, _, signature = site_token(sub="ben-8").split(".")
    claims = {"iss": "https://www.glow.example", "aud": SITE, "iat": _now(), "exp": _now() + 300, "jti": "j", **HERS}
    return f"{header}.{_part(claims)}.{signature}"


FORGED: dict[str, Callable[[], str]] = {
    "signed by himself": lambda: site_token("a-secret-of-his-own-that-is-long-enough", **HERS),
    "signed by nobody": _unsigned,
    "her name in his own": _refilled,
    "over": lambda: site_token(**HERS, iat=_now() - 600, exp=_now() - 300),
    "of tomorrow": lambda: site_token(**HERS, iat=_now() + 86_400, exp=_now() + 86_700),
    "for a year": lambda: site_token(**HERS, exp=_now() + 31_536_000),
    "of another site": lambda: site_token(**HERS, aud="noir-site"),
    "of another page": lambda: site_token(**HERS, iss="https://glow.example.evil.example"),
    "without an account": lambda: site_token(**{**HERS, "sub": ""}),
    "with an account that is two": lambda: site_token(**{**HERS, "sub": "valeria-1|x"}),
}
"""Tokens that name Valeria and do not count."""


def _ben(shop: Running) -> Attack:
    return Attack(shop, customer(shop, "webchat", 2))


async def _tell(who: Person, *items: dict[str, Any], **more: Any) -> tuple[int, Any]:
    status, content, _ = await post(who.shop, "events", {"key": who.key, "events": list(items), **more})
    return status, content


async def _valeria_signs_in(shop: Running, token: str = "") -> Person:
    """Valeria logs in on the site, asks in its chat, and is told about her order."""
    hers = customer(shop, "webchat", 1, NAME)
    said = await hers.says(f"where is my order #{NUMBER}?", token=token or site_token(**HERS))
    assert "Moonstone Lantern" in said.text
    assert said.turn.context["identity"]["level"] == "verified"
    return hers


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation in which every channel hands out personal links."""
    async with attacked(store_server, tmp_path) as it:
        yield it


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_token_gets_nobody_anything(shop: Running, forge: Callable[[], str]) -> None:
    """It is refused in the same words whether Valeria is known or not, and what is said beside it is not taken."""
    attack = _ben(shop)
    before = await _tell(attack.ben, item(what="identify"), token=forge())
    await attack.says("where is my order?")

    await valeria_orders(shop)
    await _valeria_signs_in(shop)
    after = await _tell(attack.ben, item(what="message", text="where is my order?"), token=forge())
    for text in QUESTIONS:
        await attack.says(text)

    assert (before[0], before) == (401, after)
    assert len(await attack.ben.page()) == 2 * (1 + len(QUESTIONS))
    await nobody_learned([attack])


async def test_her_token_shown_again_gets_nobody_anything(shop: Running) -> None:
    """A token that she has shown is refused from any other browser, also from one that has an account of its own."""
    await valeria_orders(shop)
    token = site_token(**HERS)
    await _valeria_signs_in(shop, token)
    attack, signed_in = _ben(shop), Attack(shop, customer(shop, "webchat", 3), 1)
    assert (await _tell(signed_in.ben, item(what="identify"), token=site_token(sub="ben-8")))[0] == 204

    assert (await _tell(attack.ben, item(what="identify"), token=token))[0] == 401
    assert (await _tell(signed_in.ben, item(what="identify"), token=token))[0] == 409
    for each in (attack, signed_in):
        for text in QUESTIONS:
            await each.says(text)

    await nobody_learned([attack, signed_in])


@dataclass(frozen=True)
class Hers:
    """What Ben knows of Valeria: her visitor, a personal link of hers, and our key of a reply to her."""

    visitor: str
    link: str
    reply: str


Move = Callable[[Attack, Hers], Awaitable[Attack]]
"""Something that Ben does with a page; the attack with the browser that he has afterwards."""


async def _as_her_visitor(attack: Attack, hers: Hers) -> Attack:
    """He takes the id of her visitor for its key."""
    return replace(attack, ben=customer(attack.shop, "webchat", key=hers.visitor))


async def _says_who_he_is(attack: Attack, hers: Hers) -> Attack:
    """He writes into the body what only the route itself may say."""
    proved = {"account": HERS["sub"], "shop_customer": HERS["shop_customer"], "email": EMAIL}
    said = {"proved": proved, "visitor": hers.visitor, "account": "valeria-1", "also": [f"email||{EMAIL}"]}
    assert (await _tell(attack.ben, item(what="page", path="/", **said), **said))[0] == 204
    assert (await _tell(attack.ben, item(what="identify", **said), **said))[0] == 400
    return attack


async def _by_her_link(attack: Attack, hers: Hers) -> Attack:
    """He looks at a product by a link that was given to her, and fills a cart by it."""
    seen = item(what="product", path="/products/plain-vase", title="Plain Vase", product="vase", link=hers.link)
    cart = item(what="cart", items=[{"title": "Plain Vase"}], currency="EUR", link=hers.link)
    assert (await _tell(attack.ben, seen, cart))[0] == 204
    return attack


async def _with_her_cart(attack: Attack, hers: Hers) -> Attack:
    """He says that her cart is his."""
    del hers
    cart = item(what="cart", items=[{"title": "Plain Vase"}], currency="EUR", token=HER_CART)
    assert (await _tell(attack.ben, cart, item(what="cart", items=[], token=f"{HER_CART}?key=0")))[0] == 204
    return attack


async def _reads_her_reply(attack: Attack, hers: Hers) -> Attack:
    """He reports that a reply to her was shown to him."""
    assert (await _tell(attack.ben, item(what="read", message=hers.reply)))[0] == 204
    return attack


async def _with_her_address(attack: Attack, hers: Hers) -> Attack:
    """His own account on the site bears her address, which the site has not had confirmed."""
    del hers
    token = site_token(sub="ben-8", shop_customer="8800", email=EMAIL, email_verified=False)
    assert (await _tell(attack.ben, item(what="identify"), token=token))[0] == 204
    return attack


async def _as_her_customer_too(attack: Attack, hers: Hers) -> Attack:
    """He has an account, and types hers where the page says what it looked for."""
    await _with_her_address(attack, hers)
    await _says_who_he_is(attack, hers)
    return attack


MOVES: dict[str, Move] = {
    "her visitor's id for a key": _as_her_visitor,
    "who he is, by himself": _says_who_he_is,
    "her link": _by_her_link,
    "her cart": _with_her_cart,
    "her reply": _reads_her_reply,
    "an account with her address": _with_her_address,
    "an account, and her name in the body": _as_her_customer_too,
}


@pytest.mark.parametrize("first", ["victim", "attacker"])
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
async def test_a_page_gets_nobody_anything(shop: Running, first: str, move: Move) -> None:
    """Whatever a page reports links and merges nothing, and shows Ben nothing of hers, whoever came first."""
    attack, hers = _ben(shop), customer(shop, "webchat", 1, NAME)
    asked = await hers.says("is it vegan?", "ad_message")
    knows = Hers(hers.id, link_in(asked.text) or "", asked.turn.messages[0].key)
    if first == "victim":
        await _valeria_buys(shop)
    attack = await move(attack, knows)
    if first == "attacker":
        await _valeria_buys(shop)
    await shop.quiet()

    for text in QUESTIONS:
        await attack.says(text)

    assert knows.link
    await nobody_learned([attack])
    await valeria_is_told(shop)


async def _valeria_buys(shop: Running) -> None:
    """Valeria has a cart and an order, and is logged in on the site."""
    await shop.say("shopify", "cart_created", cart_token=HER_CART, items=(LANTERN,))
    await valeria_orders(shop)
    await _valeria_signs_in(shop)
