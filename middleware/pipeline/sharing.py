"""What an identifier takes of an event that happened to another one: an order's contacts the order, a personal link the
carts and visits that came by it, a requester the ticket. Pure.
"""

from collections.abc import Sequence

from middleware.domain.commerce import Order
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity, profile_id_of

_HOLD_CARTS = frozenset({IdentifierKind.PERSONAL_LINK, IdentifierKind.SHOP_CHECKOUT, IdentifierKind.SHOP_CART})

FOUND_PROFILES = frozenset({IdentifierKind.SOURCE_RECORD, IdentifierKind.SHOP_CUSTOMER})
"""Identifiers of a person whose profile need not wait until they write to us."""

_CONTACTS = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})


def founded(identity: Identity) -> Identity:
    """A source's record of a person is somebody: it founds a profile, of which nothing but itself is known."""
    identifier = Identifier.from_key(identity.id)
    if identity.profile_id is not None or identifier.kind not in FOUND_PROFILES:
        return identity
    return identity.model_copy(update={"profile_id": profile_id_of(identifier)})


def takes(identity: Identity, event: Event) -> bool:
    """Whether an identity takes what an event shares with it: a personal link only if we gave it out, it counted when
    the event came, and, for a visit of the brand's site, no other visitor came by it before.
    """
    if Identifier.from_key(identity.id).kind is not IdentifierKind.PERSONAL_LINK:
        return True
    link = identity.link
    if link is None or event.received_at >= link.expires_at:
        return False
    visitor = _visitor_of(event)
    return visitor is None or link.visitor in {None, visitor}


def _visitor_of(event: Event) -> str | None:
    """The key of the visitor of the brand's site who did it, if one did."""
    return event.anchor.key if event.anchor is not None and event.anchor.kind is IdentifierKind.VISITOR else None


def shared(identity: Identity, sources: Sequence[Identity], event: Event) -> Identity:
    """An identity after the present state of the anchor, and of its cart, was shared with it, as far as its kind may
    hold it. A personal link takes the carts that came through it, a cart the checkouts that were begun from it.
    """
    identity = _bound(founded(identity), event)
    identifier = Identifier.from_key(identity.id)
    fragment = identity.fragment
    if event.view is not None:
        return identity.with_fragment(fragment.with_view(event.view))
    if event.record is not None:
        # Anybody can fill in five forms with somebody's number: it is known by it, and no less theirs.
        return identity
    if event.ticket is not None:
        return identity.with_fragment(fragment.with_ticket(event.ticket))
    if identifier.kind in _HOLD_CARTS:
        for source in sources:
            for cart in source.fragment.carts:
                if identifier.kind is IdentifierKind.SHOP_CART:
                    fragment = fragment.with_cart(cart.as_its_cart())
                elif identifier.value in cart.links:
                    fragment = fragment.with_cart(cart)
            fragment = fragment.with_closed_carts(source.fragment.closed_carts)
        fragment = fragment.with_closed_carts(_closed_by(event.order))
    else:
        for order in sources[0].fragment.orders:
            fragment = fragment.with_order(order)
        identity = identity.held_by(_customers_beside(identifier, event.order))
    return identity.with_fragment(fragment)


def _bound(identity: Identity, event: Event) -> Identity:
    """A personal link is that of the first visitor of the brand's site who came by it."""
    visitor = _visitor_of(event)
    if identity.link is None or visitor is None:
        return identity
    return identity.model_copy(update={"link": identity.link.model_copy(update={"visitor": visitor})})


def _customers_beside(contact: Identifier, order: Order | None) -> set[str]:
    """The shop's customer that stands on an order beside an address or a number: more than one may use it."""
    if order is None or contact.kind not in _CONTACTS or contact.key not in order.contacts:
        return set()
    return {key for key in order.contacts if Identifier.from_key(key).kind is IdentifierKind.SHOP_CUSTOMER}


def _closed_by(order: Order | None) -> tuple[str, ...]:
    """An order closes the checkout that it came from, and the cart."""
    return tuple(filter(None, (order.checkout_token, order.cart_token))) if order is not None else ()
