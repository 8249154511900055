"""Carts that were left: when they are looked at, and whether anybody is still to be told of one.

A cart that came back through a personal link leaves a timer, if a flow of the brand starts by that. Whether anything is
said is looked at three times, each time by what is known then: when the timer has rung (`jobs/news.py`), when the turn
is decided, and right before the message is sent.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from middleware.domain.changes import SAID_BY_CUSTOMER
from middleware.domain.commerce import Cart
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, EventKind, News, event_key
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.news import NEW_FOR, is_of_cart, key_of
from middleware.domain.policy import CART_CHANGED, CART_GONE, ORDERED_SINCE, REMINDED_BEFORE, WROTE_SINCE
from middleware.domain.profile import Member
from middleware.domain.timers import Timer, moment
from middleware.domain.turn import Turn, turn_id_of
from middleware.identity.disclosure import Sight
from middleware.pipeline.parts import Brand
from middleware.pipeline.passage import Passage
from middleware.pipeline.profiles import read_profiles, roots, signed_in_browsers
from middleware.pipeline.senders import conversations_of, writers_of
from middleware.ports import BrandStore, InboxEntry, Put

RINGS_EVERY = timedelta(minutes=5)
"""Timers of one cart ring so far apart: however often it changes, few of them wait."""

_LOOKED_AT = 50
"""Events behind a reminder on its lane of which it is asked whether the customer wrote."""


async def wait_for(brand: Brand, event: Event, now: datetime) -> None:
    """Have a cart looked at again when it may have been left; doing it again changes nothing.

    What is older by the time it is told is no news: an import, or webhooks that come late.
    """
    if event.cart is None or not brand.flows.abandoned_after:
        return
    key = _basket_key(event, event.cart)
    found = await brand.store.get(Identity, [key])
    cart = _came_back(found[key].record.fragment, event.cart) if key in found else None
    if cart is None:
        return
    lengths = (each for each in brand.flows.abandoned_after if now <= cart.version.at + each + NEW_FOR)
    timers = [_timer(event, Identifier.from_key(key), cart, after) for after in lengths]
    if timers:
        await brand.store.write(*map(Put, timers))


def _basket_key(event: Event, cart: Cart) -> str:
    """The identity that holds all that is known of a basket: the cart, or the checkout or visitor that has none."""
    assert event.anchor is not None  # noqa: S101 - for the type checker
    if cart.cart_token is None:
        return event.anchor.key
    return Identifier(IdentifierKind.SHOP_CART, event.anchor.scope, cart.cart_token).key


def _came_back(fragment: Fragment, told: Cart) -> Cart | None:
    """The present state of a basket that is open and came back through a personal link, if it is and did."""
    ours = (each for each in fragment.open_carts() if (each.shop, each.basket) == (told.shop, told.basket))
    return next((each for each in ours if each.links), None)


def _timer(event: Event, anchor: Identifier, cart: Cart, after: timedelta) -> Timer:
    seconds, apart = int(after.total_seconds()), RINGS_EVERY.total_seconds()
    rings = ceil((cart.version.at + after).timestamp() / apart) * apart
    rings_at = datetime.fromtimestamp(rings, tz=cart.version.at.tzinfo)
    basket = f"{cart.shop}:{cart.basket}:{seconds}"
    left = Event(
        key=event_key(event.connector, event.account, f"left:{basket}:{moment(rings_at)}"),
        kind=EventKind.CART_LEFT,
        connector=event.connector,
        account=event.account,
        occurred_at=rings_at,
        received_at=rings_at,
        anchor=anchor,
        news=News(what="cart_abandoned", about=cart.basket, shop=cart.shop, after=seconds),
    )
    return Timer(id=f"{moment(rings_at)}|{basket}", rings_at=rings_at, event=left)


def why_not_told(sight: Sight, conversations: Iterable[Conversation], news: News, now: datetime) -> str | None:
    """Why a sender is not told that their cart was left, or None; `conversations` are all of theirs.

    A reason is one of `policy.NOT_LEFT`. Silence costs less than a reminder that comes after the order: any order of
    the person since the cart was begun counts, and any that came through the same link.
    """
    cart, _ = sight.cart(now)
    if cart is None or (cart.shop, cart.basket) != (news.shop, news.about):
        return CART_GONE
    links = [each for each in sight.profile.members if _brought(each, sight.sender, cart)]
    basket = [each for link in links for each in link.fragment.of_one_basket(cart)]
    if any(each.completed_at is not None for each in basket):
        return CART_GONE
    if now < cart.version.at + timedelta(seconds=news.after or 0):
        return CART_CHANGED
    orders = (order for member in sight.profile.members for order in member.fragment.orders)
    if any(link.fragment.closed_carts for link in links) or any(each.created_at >= cart.created_at for each in orders):
        return ORDERED_SINCE
    if any(_wrote_since(each, cart.version.at) for each in conversations):
        return WROTE_SINCE
    return REMINDED_BEFORE if any(each.link is not None and each.link.unasked for each in links) else None


def _brought(member: Member, sender: str, cart: Cart) -> bool:
    """Whether a basket came back through this personal link of a sender."""
    if member.link is None or member.link.issued_to != sender:
        return False
    return any((each.shop, each.basket) == (cart.shop, cart.basket) for each in member.fragment.carts)


def _wrote_since(conversation: Conversation, changed_at: datetime) -> bool:
    """Whether the customer wrote after that: it was answered, and may well have been about the cart."""
    return any(line.by == "customer" and line.at > changed_at for line in conversation.lines)


async def links_of(store: BrandStore, left: Event) -> set[str]:
    """The keys of the personal links through which a basket came back, by the event that its time has come."""
    if left.anchor is None or left.news is None:
        return set()
    found = (await store.get(Identity, [left.anchor.key])).get(left.anchor.key)
    carts = found.record.fragment.carts if found is not None else ()
    baskets = (each for each in carts if (each.shop, each.basket) == (left.news.shop, left.news.about))
    return {Identifier(IdentifierKind.PERSONAL_LINK, "", link).key for each in baskets for link in each.links}


async def silence(passage: Passage) -> str | None:
    """Why the customer is not told that their cart was left, by what is in the store now. None: they are, or the event
    is about something else.
    """
    news, store, now = passage.event.news, passage.brand.store, passage.now()
    if news is None or not is_of_cart(news):
        return None
    profile = roots(await read_profiles(store, {passage.profile_id}))[passage.profile_id]
    sight = Sight(profile, passage.sender.record.id, now, await signed_in_browsers(store, profile))
    conversations = await conversations_of(store, await writers_of(store, profile))
    why = why_not_told(sight, conversations, news, now) or await _told_before(passage, news)
    return why or (WROTE_SINCE if await _wrote_behind(passage) else None)


async def _wrote_behind(passage: Passage) -> bool:
    """Whether what the customer wrote waits on the lane behind this: it is heard only once this is over."""
    behind = passage.behind[:_LOOKED_AT]
    waiting = await passage.brand.store.get(InboxEntry, behind) if behind else {}
    return any(each.record.event.kind in SAID_BY_CUSTOMER for each in waiting.values())


async def _told_before(passage: Passage, news: News) -> str | None:
    """Whether another flow, which wants another time, has told of the basket: once is enough."""
    times = {int(each.total_seconds()) for each in passage.flows.abandoned_after} - {news.after}
    keys = [key_of(news.model_copy(update={"after": each}), "") for each in times]
    turns = await passage.brand.store.get(Turn, [turn_id_of(passage.brand.name, key) for key in keys])
    return REMINDED_BEFORE if any(each.record.messages for each in turns.values()) else None
