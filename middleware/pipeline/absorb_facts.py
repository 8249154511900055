"""Stage 6 for what sources tell: by compare-and-set alone, since absorbing commutes and it belongs to no conversation.

An event is absorbed into its anchor, from there into every identifier that it concerns, then into the profiles that
show them.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from middleware.domain.commerce import Order
from middleware.domain.customer import ConsentState
from middleware.domain.erasing import named_by
from middleware.domain.events import Event, EventKind, Referral
from middleware.domain.fragment import AdClick, Fragment
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Edge, Identity
from middleware.domain.order_numbers import OrderNumber
from middleware.domain.profile import ConsentWord, Profile
from middleware.errors import StoreUnavailable
from middleware.identity.comparable import wanted_for
from middleware.identity.evidence import RULES
from middleware.pipeline.forgetting import Forgetting, judged, known_under
from middleware.pipeline.profiles import read_profiles
from middleware.pipeline.recommending.counting import wanted_counting
from middleware.pipeline.sharing import FOUND_PROFILES, founded, shared, takes
from middleware.pipeline.timeline import noting, read_heads
from middleware.ports import TRIES_TO_LAND, BrandStore, Put, Recorded, Stored

_THINGS = frozenset(
    {
        IdentifierKind.SHOP_ORDER,
        IdentifierKind.SHOP_CHECKOUT,
        IdentifierKind.SHOP_CART,
        IdentifierKind.SHOP_PRODUCT,
        IdentifierKind.TICKET,
    }
)
"""Identifiers of what belongs to a person, and of none."""

_GRANTS: dict[ConsentState, bool] = {"subscribed": True, "unsubscribed": False, "redacted": False, "invalid": False}
"""What the states of a source's consent say. Whoever never subscribed has not refused."""


async def absorb_facts(store: BrandStore, event: Event, forgetting: Forgetting | None = None) -> Event:
    """Absorb a source's event into its anchor, from there into every identifier that it concerns, then into profiles;
    the event as it was absorbed, without contacts of people who were erased.

    Profiles come last, so that they show nothing that did not land: a cart without the contacts that somebody else
    has just brought would be shown to the wrong person. Raises Erased for an event of somebody who was erased.
    """
    told = event
    for _ in range(TRIES_TO_LAND):
        event, known, after = await _facts(store, told, forgetting)
        heads, pages = await noting(store, (await read_heads(store, _noted_at(event, after))).values(), event)
        puts = [each.put(each.record) for key, each in after.items() if each != known.get(key)] + heads
        beside = map(Put, (*_numbered(event, known), *wanted_for(event), *wanted_counting(event)))
        landed = await store.write(*puts, Put(Recorded(id=event.key, event=event)), *pages, *beside)
        if all(landed[: len(puts)]):
            shown = [each.record for each in after.values() if each.record.profile_id is not None]
            await _show(store, shown, event, forgetting)
            return event
    raise StoreUnavailable("others keep changing the same identifiers")


def _numbered(event: Event, known: dict[str, Stored[Identity]]) -> Sequence[OrderNumber]:
    """The number of an order by which it is found from now on; nothing if it is found by it already."""
    if event.order is None or event.anchor is None:
        return ()
    before = known.get(event.anchor.key)
    if before is not None and event.order.number in {each.number for each in before.record.fragment.orders}:
        return ()
    number = OrderNumber.of(event.order.number, event.anchor.key)
    return (number,) if number is not None else ()


def _noted_at(event: Event, after: Collection[str]) -> set[str]:
    """The identifiers in whose timeline an event stands: those that a profile can have.

    What a source's record says of an address happened to the record, not to the address.
    """
    if event.record is not None and event.anchor is not None:
        return {event.anchor.key}
    return {key for key in after if Identifier.from_key(key).kind not in _THINGS}


async def _facts(
    store: BrandStore, event: Event, forgetting: Forgetting | None
) -> tuple[Event, dict[str, Stored[Identity]], dict[str, Stored[Identity]]]:
    """The event as it may be absorbed, and the identities that it concerns: as they are stored, and as they are after
    it, by key.
    """
    read = await known_under(store, named_in(event), forgetting, named_by(event))
    event, known, first = judged(event, read), dict(read.identities), named_in(event)
    assert event.anchor is not None  # noqa: S101 - for the type checker
    anchor = _anchored(event, known)
    # Never asks again for what was not there: a cart that came between would name links that nobody has read.
    known |= await store.get(Identity, _all_concerned(event, anchor.record, known) - first)
    after: dict[str, Stored[Identity]] = {event.anchor.key: anchor}
    concerned = _all_concerned(event, anchor.record, known) - {event.anchor.key}
    for key in sorted(concerned, key=lambda each: (each not in _baskets(event), each)):
        each = known.get(key, Stored(Identity(id=key), 0))
        if takes(each.record, event):
            baskets = [after[basket].record for basket in sorted(_baskets(event) & set(after) - {key})]
            after[key] = Stored(shared(each.record, [anchor.record, *baskets], event), each.version)
    return event, known, after


def named_in(event: Event) -> set[str]:
    """The keys of all identifiers that a source's event names."""
    entity = event.order or event.cart
    assert event.anchor is not None  # noqa: S101 - for the type checker
    keys = {event.anchor.key} | _baskets(event)
    if entity is not None:
        keys |= {_link_key(link) for link in entity.links}
    if event.order is not None:
        keys |= set(event.order.contacts) | _checkout_keys(event.order, event.anchor.scope)
    if event.ticket is not None and event.ticket.requester is not None:
        keys.add(event.ticket.requester)
    if event.view is not None and event.view.link is not None:
        keys.add(_link_key(event.view.link))
    return keys | _held(event)


def _held(event: Event) -> set[str]:
    """The addresses and numbers by which a source's record of a person may be recognised: they hear that it bears
    them, nothing else.
    """
    if event.record is None:
        return set()
    record = event.record.identifying()
    emails = {Identifier(IdentifierKind.EMAIL, "", each).key for each in record.texts("email")}
    return emails | {Identifier(IdentifierKind.PHONE, "", each).key for each in record.texts("phone")}


def _baskets(event: Event) -> set[str]:
    """The cart that a checkout or an order was begun from."""
    entity = event.order or event.cart
    token = entity.cart_token if entity is not None else None
    if token is None or event.anchor is None:
        return set()
    return {Identifier(IdentifierKind.SHOP_CART, event.anchor.scope, token).key}


def _all_concerned(event: Event, anchor: Identity, known: dict[str, Stored[Identity]]) -> set[str]:
    """Also every contact that ever stood on the order, and the links through which its checkout or cart came."""
    keys = named_in(event) | {edge.to for edge in anchor.edges}
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
    identity = founded(stored.record).with_fragment(_told(stored.record.fragment, event))
    for contact in event.order.contacts if event.order is not None else ():
        rule = RULES["shop.order_contact"]
        edge = Edge(to=contact, evidence=rule.evidence, rule="shop.order_contact", at=event.occurred_at)
        identity = identity.with_edge(edge)
    if event.view is not None and event.view.link is not None:
        link, rule = _link_key(event.view.link), RULES["personal_link"]
        identity = identity.with_edge(Edge(to=link, evidence=rule.evidence, rule="personal_link", at=event.occurred_at))
    return Stored(identity, stored.version)


def _told(fragment: Fragment, event: Event) -> Fragment:
    """The anchor's fragment after the event. A source's record of a person stays in it, and goes nowhere else."""
    tellings: tuple[tuple[object, Callable[[Fragment, Any], Fragment]], ...] = (
        (event.order, Fragment.with_order),
        (event.refund, Fragment.with_refund),
        (event.shipment, Fragment.with_shipment),
        (event.cart, Fragment.with_cart),
        (event.customer, Fragment.with_customer),
        (event.record, Fragment.with_record),
        (event.ticket, Fragment.with_ticket),
        (event.email, Fragment.with_email),
        (event.view, Fragment.with_view),
        (event.consents or None, Fragment.with_consents),
    )
    for telling, absorbed in tellings:
        if telling is not None:
            fragment = absorbed(fragment, telling)
    if event.kind is EventKind.LEAD and event.referral is not None:
        fragment = fragment.with_click(click_of(event, event.referral))
    return fragment


def _checkout_keys(order: Order, shop: str) -> set[str]:
    token = order.checkout_token
    return {Identifier(IdentifierKind.SHOP_CHECKOUT, shop, token).key} if token else set()


def _link_key(link: str) -> str:
    return Identifier(IdentifierKind.PERSONAL_LINK, "", link).key


async def _show(
    store: BrandStore, identities: Sequence[Identity], event: Event, forgetting: Forgetting | None
) -> None:  # fmt: skip
    """Bring the profiles that show these identities to their present state, and what they say of consent."""
    for _ in range(TRIES_TO_LAND):
        changed = await _profiles_behind(store, identities, event)
        if any(each.version == 0 for each in changed):
            # Not there yet, or not any more: whoever is erased must not be founded again.
            judged(event, await known_under(store, named_in(event), forgetting, named_by(event)))
        if not changed or all(await store.write(*(each.put(each.record) for each in changed))):
            return
    raise StoreUnavailable("others keep changing the same profiles")


async def _profiles_behind(store: BrandStore, identities: Sequence[Identity], event: Event) -> list[Stored[Profile]]:
    """The profiles that do not show the present state of these identities yet, as they should be."""
    homes = {each.profile_id for each in identities if each.profile_id is not None}
    profiles = await read_profiles(store, homes)
    new = {key: Stored(Profile(id=key, created_at=event.occurred_at), 0) for key in homes - profiles.keys()}
    after = dict(new | profiles)
    for identity in identities:
        home = identity.profile_id
        while home is not None and home in after:
            shown = _begun(after[home].record.with_member(identity), identity, event)
            shown = _with_words(shown, identity, event)
            after[home] = Stored(shown, after[home].version)
            home = shown.merged_into
    return [each for key, each in after.items() if key in new or each.record != profiles[key].record]


def _begun(profile: Profile, identity: Identity, event: Event) -> Profile:
    """A profile that a source's record founded begins with the earliest that was told of it."""
    if identity.profile_id != profile.id or event.occurred_at >= profile.created_at:
        return profile
    # What concerns it by way of something else, such as a parcel of its order, may come before that is known.
    is_named = identity.id in named_in(event)
    if not is_named or Identifier.from_key(identity.id).kind not in FOUND_PROFILES:
        return profile
    return profile.model_copy(update={"created_at": event.occurred_at})


def _with_words(profile: Profile, identity: Identity, event: Event) -> Profile:
    """A profile after what a source says of a customer's consent, if it is about this identity."""
    if event.anchor is None or identity.id != event.anchor.key:
        return profile
    for consent in event.consents:
        granted = _GRANTS.get(consent.state)
        if granted is not None:
            home = identity.profile_id or profile.id
            word = word_of(profile, event, identity.id, home, consent.channel, granted=granted)
            profile = profile.with_word(word.model_copy(update={"at": consent.version.at}))
    return profile


def click_of(event: Event, referral: Referral) -> AdClick:
    """A click on an ad or a link, out of the event that brought it."""
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


def word_of(profile: Profile, event: Event, by: str, home: str, channel: str, *, granted: bool) -> ConsentWord:
    """A word on consent. A refusal counts for all that are one profile now, whatever becomes of them."""
    homes = (home,) if granted else tuple(sorted(profile.homes))
    return ConsentWord(channel=channel, by=by, granted=granted, at=event.occurred_at, event=event.key, homes=homes)
