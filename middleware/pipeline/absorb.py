"""Stage 6, absorb: facts go into the fragment of their anchor and into the joined profile. Doing it again changes
nothing.

Two ways, by what the anchor is. A person's own event is written under the lease of their lane, in the same command
that takes it. A shop's event belongs to no conversation: it is absorbed by compare-and-set alone, since absorbing
commutes.
"""

from collections.abc import Sequence
from datetime import datetime

from middleware.domain.commerce import Order
from middleware.domain.events import Event, EventKind, Referral
from middleware.domain.fragment import AdClick, Fragment, Name
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.profile import Edge, Identity, Profile
from middleware.errors import StoreUnavailable
from middleware.identity.evidence import RULES
from middleware.pipeline.beside import wanted
from middleware.pipeline.passage import LaneBusy, Passage
from middleware.pipeline.profiles import read_profiles
from middleware.ports import BrandStore, Put, Recorded, Stored

_TRIES = 20

_HOLD_CARTS = frozenset({IdentifierKind.PERSONAL_LINK, IdentifierKind.SHOP_CHECKOUT, IdentifierKind.SHOP_CART})

_CUSTOMER_WROTE = frozenset({EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL, EventKind.STANDBY})


async def absorb(passage: Passage) -> None:
    """Absorb a channel event, take the lane and want its jobs: one command. Raises LaneBusy if somebody was quicker."""
    sender = passage.sender
    absorbed = sender.record.with_fragment(_after(sender.record.fragment, passage.event))
    _keep(passage, Stored(absorbed, sender.version))
    asked, jobs = wanted(passage)
    lease = passage.new_lease()
    leased = Stored(absorbed.model_copy(update={"lease": lease, "asked": asked}), sender.version)
    puts = [
        *(each.put(each.record) for key, each in passage.profiles.items() if key not in passage.unchanged),
        leased.put(leased.record),
        *(
            each.put(each.record)
            for key, each in passage.identities.items()
            if key not in passage.unchanged and key != sender.record.id
        ),
    ]
    recorded = Put(Recorded(id=passage.event.key, event=passage.event))
    landed = await passage.brand.store.write(*puts, recorded, *map(Put, jobs))
    if not all(landed[: len(puts)]):
        raise LaneBusy(passage.now())
    _now_stored(passage, {id(put.record) for put in puts}, leased)


def _keep(passage: Passage, sender: Stored[Identity]) -> None:
    """Put the sender's new state into the passage: into the identities and into the profile."""
    key = sender.record.id
    if sender.record == passage.identities[key].record:
        return
    passage.identities[key] = sender
    passage.unchanged.discard(key)
    for home, profile in passage.profiles.items():
        if profile.record.member(key) is not None:
            passage.profiles[home] = Stored(profile.record.with_member(sender.record), profile.version)
            passage.unchanged.discard(home)


def _now_stored(passage: Passage, written: set[int], leased: Stored[Identity]) -> None:
    """Count up the versions of what was just written."""
    passage.identities[leased.record.id] = leased
    for key, identity in passage.identities.items():
        if id(identity.record) in written:
            passage.identities[key] = Stored(identity.record, identity.version + 1)
    for key, profile in passage.profiles.items():
        if id(profile.record) in written:
            passage.profiles[key] = Stored(profile.record, profile.version + 1)


def _after(fragment: Fragment, event: Event) -> Fragment:
    """The sender's fragment after a channel event."""
    if event.kind in _CUSTOMER_WROTE:
        fragment = fragment.seen_at(event.occurred_at)
    if event.referral is not None:
        fragment = fragment.with_click(_click(event, event.referral))
    if event.name:
        fragment = fragment.with_name(_claimed(event, event.name))
    told = event.sender_profile
    if told is not None and told.locale:
        fragment = fragment.with_locale(_claimed(event, told.locale))
    if told is not None and told.time_zone:
        fragment = fragment.with_time_zone(_claimed(event, told.time_zone))
    return fragment


def _claimed(event: Event, value: str) -> Name:
    """A value as the customer set it, with where it comes from: the platform's events, or its answer to a question."""
    source = f"{event.connector}.sender_profile" if event.kind is EventKind.SENDER_PROFILE else event.connector
    return Name(value=value[:256], at=event.occurred_at, event=event.key, source=source)


def _click(event: Event, referral: Referral) -> AdClick:
    return AdClick(
        key=event.key,
        at=event.occurred_at,
        channel=event.connector,
        source=referral.source,
        ad_id=referral.ad_id,
        ref=referral.ref,
        headline=referral.headline,
        click_id=referral.click_id,
        product_id=referral.product_id,
        url=referral.url,
    )


async def absorb_facts(store: BrandStore, event: Event, now: datetime) -> None:
    """Absorb a shop's event into its anchor, from there into every identifier that it concerns, then into profiles.

    Profiles come last, so that they show nothing that did not land: a cart without the contacts that somebody else
    has just brought would be shown to the wrong person.
    """
    for _ in range(_TRIES):
        known, after = await _facts(store, event, now)
        puts = [each.put(each.record) for key, each in after.items() if each != known.get(key)]
        landed = await store.write(*puts, Put(Recorded(id=event.key, event=event)))
        if all(landed[: len(puts)]):
            await _show(store, [each.record for each in after.values() if each.record.profile_id is not None])
            return
    raise StoreUnavailable("others keep changing the same identifiers")


async def _facts(
    store: BrandStore, event: Event, now: datetime
) -> tuple[dict[str, Stored[Identity]], dict[str, Stored[Identity]]]:
    """The identities that the event concerns: as they are stored, and as they are after it, by key."""
    assert event.anchor is not None  # noqa: S101 - for the type checker
    first = _first_concerned(event)
    known = await store.get(Identity, first)
    anchor = _anchored(event, known)
    # Never asks again for what was not there: a cart that came between would name links that nobody has read.
    known |= await store.get(Identity, _all_concerned(event, anchor.record, known) - first)
    after: dict[str, Stored[Identity]] = {event.anchor.key: anchor}
    concerned = _all_concerned(event, anchor.record, known) - {event.anchor.key}
    for key in sorted(concerned, key=lambda each: (each not in _baskets(event), each)):
        each = known.get(key, Stored(Identity(id=key), 0))
        if _takes(each, now):
            baskets = [after[basket].record for basket in sorted(_baskets(event) & set(after) - {key})]
            after[key] = Stored(_shared(each.record, [anchor.record, *baskets], event), each.version)
    return known, after


def _first_concerned(event: Event) -> set[str]:
    entity = event.order or event.cart
    assert event.anchor is not None  # noqa: S101 - for the type checker
    keys = {event.anchor.key} | _baskets(event)
    if entity is not None:
        keys |= {_link_key(link) for link in entity.links}
    if event.order is not None:
        keys |= set(event.order.contacts) | _checkout_keys(event.order, event.anchor.scope)
    return keys


def _baskets(event: Event) -> set[str]:
    """The cart that a checkout or an order was begun from."""
    entity = event.order or event.cart
    token = entity.cart_token if entity is not None else None
    if token is None or event.anchor is None:
        return set()
    return {Identifier(IdentifierKind.SHOP_CART, event.anchor.scope, token).key}


def _all_concerned(event: Event, anchor: Identity, known: dict[str, Stored[Identity]]) -> set[str]:
    """Also every contact that ever stood on the order, and the links through which its checkout or cart came."""
    keys = _first_concerned(event) | {edge.to for edge in anchor.edges}
    begun = _baskets(event)
    if event.order is not None and event.anchor is not None:
        begun |= _checkout_keys(event.order, event.anchor.scope)
    for key in begun & set(known):
        keys |= {_link_key(link) for cart in known[key].record.fragment.carts for link in cart.links}
    keys |= {_link_key(link) for cart in anchor.fragment.carts for link in cart.links}
    return keys


def _anchored(event: Event, known: dict[str, Stored[Identity]]) -> Stored[Identity]:
    """The anchor after the event. Contacts of an order stay as edges, so that a contact that leaves it hears of it."""
    assert event.anchor is not None  # noqa: S101 - for the type checker
    stored = known.get(event.anchor.key, Stored(Identity(id=event.anchor.key), 0))
    identity = stored.record.with_fragment(_told(stored.record.fragment, event))
    for contact in event.order.contacts if event.order is not None else ():
        rule = RULES["shop.order_contact"]
        edge = Edge(to=contact, evidence=rule.evidence, rule="shop.order_contact", at=event.occurred_at)
        identity = identity.with_edge(edge)
    return Stored(identity, stored.version)


def _told(fragment: Fragment, event: Event) -> Fragment:
    """The anchor's fragment after the event. A shop's record of a customer stays in it, and goes nowhere else."""
    if event.order is not None:
        fragment = fragment.with_order(event.order)
    if event.refund is not None:
        fragment = fragment.with_refund(event.refund)
    if event.shipment is not None:
        fragment = fragment.with_shipment(event.shipment)
    if event.cart is not None:
        fragment = fragment.with_cart(event.cart)
    if event.customer is not None:
        fragment = fragment.with_customer(event.customer)
    return fragment.with_consents(event.consents) if event.consents else fragment


def _takes(identity: Stored[Identity], now: datetime) -> bool:
    """Whether an identity takes what is shared with it: a personal link only if we gave it out and it counts yet."""
    if Identifier.from_key(identity.record.id).kind is not IdentifierKind.PERSONAL_LINK:
        return True
    return identity.record.link is not None and now < identity.record.link.expires_at


def _shared(identity: Identity, sources: Sequence[Identity], event: Event) -> Identity:
    """An identity after the present state of the anchor, and of its cart, was shared with it, as far as its kind may
    hold it. A personal link takes the carts that came through it, a cart the checkouts that were begun from it.
    """
    identifier = Identifier.from_key(identity.id)
    fragment = identity.fragment
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
    return identity.with_fragment(fragment)


def _closed_by(order: Order | None) -> tuple[str, ...]:
    """An order closes the checkout that it came from, and the cart."""
    return tuple(filter(None, (order.checkout_token, order.cart_token))) if order is not None else ()


def _checkout_keys(order: Order, shop: str) -> set[str]:
    token = order.checkout_token
    return {Identifier(IdentifierKind.SHOP_CHECKOUT, shop, token).key} if token else set()


def _link_key(link: str) -> str:
    return Identifier(IdentifierKind.PERSONAL_LINK, "", link).key


async def _show(store: BrandStore, identities: Sequence[Identity]) -> None:
    """Bring the profiles that show these identities to their present state."""
    for _ in range(_TRIES):
        changed = await _profiles_behind(store, identities)
        if not changed or all(await store.write(*(each.put(each.record) for each in changed))):
            return
    raise StoreUnavailable("others keep changing the same profiles")


async def _profiles_behind(store: BrandStore, identities: Sequence[Identity]) -> list[Stored[Profile]]:
    """The profiles that do not show the present state of these identities yet, as they should be."""
    profiles = await read_profiles(store, {each.profile_id for each in identities if each.profile_id is not None})
    after = dict(profiles)
    for identity in identities:
        home = identity.profile_id
        while home is not None and home in after:
            after[home] = Stored(after[home].record.with_member(identity), after[home].version)
            home = after[home].record.merged_into
    return [each for key, each in after.items() if each.record != profiles[key].record]
