"""What Ben does with the shop: carts, checkouts, orders, customer records, and links that Valeria opens."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.running import minutes_ago
from tests.scenarios.attacking import CUSTOMER, EMAIL, LANTERN, NAME, PHONE, VASE, Attack, valeria_orders

Move = Callable[[Attack, str], Awaitable[None]]
"""Something that Ben does with the shop, given a personal link of his own."""


def _checkout(**typed: Any) -> Move:
    async def move(attack: Attack, link: str) -> None:
        given = {"customer_id": None, "email": None, "name": NAME, "items": (LANTERN,), **typed}
        await attack.shop.say("shopify", "checkout_created", link_id=link, checkout_token=_token(attack), **given)

    return move


def _token(attack: Attack) -> str:
    """The checkout that comes through this attacker's link."""
    return f"{attack.place:02}" * 16


def _order(**typed: Any) -> Move:
    """Ben's own order, of a vase, with more or less of Valeria on it."""

    async def move(attack: Attack, link: str) -> None:
        given = {
            "customer_id": 9_900, "email": "ben@example.org", "name": "Ben Ortega", "items": (VASE,),
            "order_id": 4_444_555_560 + attack.place, "order_number": 2002 + attack.place, "link_id": link,
            "checkout_token": f"c{attack.place}" * 16,
        }  # fmt: skip
        phone = f"+{attack.ben.id}" if attack.ben.channel == "whatsapp" else "+34699888777"
        await attack.shop.say("shopify", "order_created", **{**given, "phone": phone, **typed})

    return move


async def _forwarded_with_contact(attack: Attack, link: str) -> None:
    """Valeria opens Ben's link and types who she is at once."""
    await _checkout(email=EMAIL, phone=f"+{PHONE}", customer_id=CUSTOMER)(attack, link)


async def _forwarded_then_contact(attack: Attack, link: str) -> None:
    """Valeria opens Ben's link, looks around, and types who she is a minute later."""
    await _checkout(at=minutes_ago(1))(attack, link)
    given = {"email": EMAIL, "phone": f"+{PHONE}", "items": (LANTERN,), "customer_id": CUSTOMER, "name": NAME}
    await attack.shop.say("shopify", "checkout_updated", link_id=link, checkout_token=_token(attack), **given)


async def _orders_through(attack: Attack, link: str) -> None:
    """Valeria orders through Ben's link."""
    order = 1_234_567_890 + attack.place
    await valeria_orders(attack.shop, link_id=link, checkout_token=_token(attack), order_id=order)


async def _forwarded_then_ordered(attack: Attack, link: str) -> None:
    """Valeria opens Ben's link and orders through it."""
    await _forwarded_then_contact(attack, link)
    await _orders_through(attack, link)


async def _ordered_then_checkout(attack: Attack, link: str) -> None:
    """The same with the checkout's webhook behind the order's."""
    await _orders_through(attack, link)
    await _checkout(at=minutes_ago(1))(attack, link)


async def _customer_record(attack: Attack, kind: str, **parts: Any) -> None:
    """Ben fills in the shop's registration or newsletter form, with whatever he likes."""
    given = {"customer_id": 8_800 + attack.place, "name": "Ben Ortega", "email": EMAIL, "phone": f"+{PHONE}"}
    await attack.shop.say("shopify", kind, **{**given, **parts})


def _registers(*kinds: str, **parts: Any) -> Move:
    """Ben becomes a customer of the shop with her contacts, and orders under that record with his own phone."""

    async def move(attack: Attack, link: str) -> None:
        for kind in kinds:
            await _customer_record(attack, kind, **parts)
        await _order(customer_id=8_800 + attack.place)(attack, link)

    return move


async def _merges(attack: Attack, link: str) -> None:
    """The shop takes Valeria's record for Ben's, and merges it into his."""
    await _registers("customer_enabled")(attack, link)
    await _customer_record(attack, "customer_merged", customer_id=CUSTOMER, merged_into=8_800 + attack.place)


async def _her_cart(attack: Attack, link: str) -> None:
    """Valeria fills a cart without any link; Ben's own checkout has another one."""
    await attack.shop.say("shopify", "cart_created", cart_token=f"hers-{attack.place}", items=(LANTERN,))
    await _checkout(items=(VASE,))(attack, link)


async def _cart_with_contact(attack: Attack, link: str) -> None:
    """Valeria opens Ben's link, says who she is in the checkout, goes back, and puts more into the cart."""
    await _forwarded_with_contact(attack, link)
    token = f"c1-{_token(attack)}"
    await attack.shop.say("shopify", "cart_updated", cart_token=token, items=(LANTERN, VASE))


async def _cart_before_contact(attack: Attack, link: str) -> None:
    """The same, with the cart's news first and those of the checkout, in which she is named, last."""
    token = f"c1-{_token(attack)}"
    await attack.shop.say("shopify", "cart_updated", cart_token=token, items=(LANTERN, VASE))
    await _forwarded_with_contact(attack, link)


async def _second_checkout_of_the_cart(attack: Attack, link: str) -> None:
    """Nobody is named in the checkout that came through the link, but Valeria is in another one of the same cart."""
    await _checkout(at=minutes_ago(2), items=(LANTERN,))(attack, link)
    given = {"email": EMAIL, "phone": f"+{PHONE}", "name": NAME, "items": (LANTERN,)}
    token = f"c1-{_token(attack)}"
    await attack.shop.say("shopify", "checkout_updated", checkout_token=f"d{_token(attack)}", cart_token=token, **given)


SHOP_MOVES: dict[str, Move] = {
    "own checkout with her e-mail": _checkout(email=EMAIL),
    "own checkout with her phone": _checkout(phone=f"+{PHONE}"),
    "own checkout with her customer id": _checkout(customer_id=CUSTOMER),
    "own order with her phone": _order(phone=f"+{PHONE}"),
    "own order with her phone, spaced": _order(phone="0034 600 111 222"),
    "own order with her national phone": _order(phone="600111222"),
    "own order with her phone in full width": _order(phone="\uff0b34\uff16\uff10\uff10111222"),
    "own order with her e-mail": _order(email=EMAIL),
    "own order with her e-mail and customer id": _order(email=EMAIL, customer_id=CUSTOMER),
    "own order with everything of hers": _order(email=EMAIL, customer_id=CUSTOMER, phone=f"+{PHONE}"),
    "own order with her e-mail in upper case": _order(email=EMAIL.upper()),
    "own order with her checkout": _order(checkout_token="0e" * 16),
    "forwarded link, she types who she is": _forwarded_with_contact,
    "forwarded link, she types it later": _forwarded_then_contact,
    "forwarded link, she orders": _forwarded_then_ordered,
    "forwarded link, she orders, checkout late": _ordered_then_checkout,
    "customer with her e-mail and phone": _registers("customer_created"),
    "customer with her contacts and an account": _registers("customer_created", "customer_enabled"),
    "customer who then takes her contacts": _registers("customer_updated", "email_consent", "text_message_consent"),
    "her record becomes his": _registers("customer_updated", customer_id=CUSTOMER, email="ben@example.org"),
    "her record merged into his": _merges,
    "her cart, his checkout": _her_cart,
    "forwarded link, she goes back to the cart": _cart_with_contact,
    "forwarded link, the cart's news first": _cart_before_contact,
    "forwarded link, another checkout of the cart": _second_checkout_of_the_cart,
}
