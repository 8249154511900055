"""People for tests of the console: one who has written and ordered, and one in whose every field stands mischief."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from middleware.domain.commerce import Cart, LineItem, Money, Order, Shipment, Version
from middleware.domain.conversation import Claim, Consent, Conversation
from middleware.domain.fragment import AdClick, Fragment
from middleware.domain.fragment import Name as Shown
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind
from middleware.domain.identity import Edge, Identity, Seat
from middleware.domain.profile import Profile
from middleware.domain.signals import Ticket
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.ports import BrandStore, Put
from tests.running import PAGE, SHOP, Running

PHONE, EMAIL = "+34600111222", "ana@example.com"

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TURNED = "\u202egnorw\u202c right"
LONG = "Donaudampfschifffahrtsgesellschaft" * 8

HOSTILE = (f"{MARKUP} ticket", f"{MARKUP} headline", f"{MARKUP} item", f"{MARKUP} company", LONG)


async def known_person(shop: Running) -> str:
    """Ana has ordered and written; a Berta Ruiz stands in the CRM. Ana's profile id."""
    await shop.say("shopify", "order_paid", phone=PHONE, email=EMAIL, order_number=1001)
    await shop.say("whatsapp", sender="ES.9001abc", phone=PHONE, text=f"my order #1001? I am {EMAIL}")
    await shop.quiet()
    await record_of(shop, "77", first_name="Berta", last_name="Ruiz", email="berta@example.com")
    return str((await shop.context("whatsapp", "ES.9001abc")).identity.profile_id)


async def record_of(shop: Running, number: str, *, scope: str = "hubspot:1", **values: str) -> str:
    """Somebody whom a source has on record, indexed as the core does it: the profile's id."""
    from middleware.domain.events import Event, EventKind  # noqa: PLC0415
    from middleware.identity.weights import Weights  # noqa: PLC0415
    from middleware.pipeline.absorb_facts import absorb_facts  # noqa: PLC0415
    from middleware.pipeline.learnt import read_weights  # noqa: PLC0415
    from middleware.pipeline.matching import ReviewRules, match_record  # noqa: PLC0415

    store = shop.here.brands["glow"].store
    now = datetime.now(UTC)
    version = Version(at=now, event=f"hubspot:1:{number}:{now.isoformat()}")
    told = tuple(FieldValue(field=each, value=values[each], version=version) for each in sorted(values))
    anchor = Identifier(IdentifierKind.SOURCE_RECORD, scope, number)
    event = Event(
        key=version.event, kind=EventKind.RECORD, connector="hubspot", account="1", occurred_at=now,
        received_at=now, anchor=anchor,
        record=SourceRecord(id=number, source="hubspot", version=version, values=told),
    )  # fmt: skip
    await absorb_facts(store, event)
    weights: Weights = await read_weights(store)
    await match_record(store, anchor.key, weights, ReviewRules(), shop.now)
    identity = (await store.get(Identity, [anchor.key]))[anchor.key].record
    return str(identity.profile_id)


async def nobody_special(shop: Running, profile_id: str, *keys: str) -> str:
    """A profile of which nothing but its identifiers is known."""
    store = shop.here.brands["glow"].store
    profile = Profile(id=profile_id, created_at=shop.now)
    for key in keys:
        identity = Identity(id=key, profile_id=profile_id)
        await store.write(Put(identity))
        profile = profile.with_member(identity)
    await store.write(Put(profile))
    return profile_id


async def hostile_person(shop: Running, store: BrandStore | None = None) -> str:
    """Somebody with 200 orders and mischief in every field: the profile's id."""
    store = store or shop.here.brands["glow"].store
    now, profile_id = shop.now, "p_" + "ab" * 12
    version = Version(at=now, event="messenger:1:x")
    sender = Identifier(IdentifierKind.MESSENGER, PAGE, "666")
    record = Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:1", "666")
    values = {"company": f"{MARKUP} company", "job_title": LONG, "city": MARKUP, "street": f"{TURNED} 5",
              "birth_date": "1990-12-31", "custom.size": TURNED}  # fmt: skip
    told = tuple(FieldValue(field=each, value=value, version=version) for each, value in sorted(values.items()))
    tags = FieldValue(field="tags", value=("loyal",), version=version)
    money = Money.parse(Decimal("12.50"), "EUR")
    item = LineItem(title=f"{MARKUP} item", quantity=2)
    sent = Shipment(id="s1", order_id="o199", version=version, sent_at=now, carrier=MARKUP,
                    tracking_number=f"{TURNED} 1", tracking_url="javascript:alert(3)")  # fmt: skip

    def order(number: int) -> Order:
        created = now - timedelta(days=200 - number)
        parcels = (sent,) if number == 199 else ()
        return Order(id=f"o{number}", number=f"#{number}", state="paid", created_at=created, version=version,
                     total=money, items=(item,), shipments=parcels)  # fmt: skip

    keys = [Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, str(each)) for each in range(4)]
    identities = [
        Identity(id=key.key, profile_id=profile_id,
                 fragment=Fragment(orders=tuple(order(each) for each in range(at * 50, at * 50 + 50))))
        for at, key in enumerate(keys)
    ]  # fmt: skip
    click = AdClick(key="c", at=now, channel="messenger", headline=f"{MARKUP} headline")
    cart = Cart(token="t", created_at=now, version=version, shop=MARKUP, items=(item,), total=money)
    identities.append(
        Identity(
            id=sender.key, profile_id=profile_id,
            seats=(Seat(channel="messenger", account=PAGE, conversation_id="c_h"),),
            edges=(Edge(to=record.key, evidence=Evidence.ATTESTED, rule="site.signed_token", at=now),),
            fragment=Fragment(
                name=Shown(value=f"عائشة {MARKUP} {LONG}", at=now, event="e", source="messenger"), first_click=click,
                last_click=click, carts=(cart,), first_seen=now,
            ),
        )
    )  # fmt: skip
    identities.append(
        Identity(
            id=record.key, profile_id=profile_id,
            fragment=Fragment(
                record=SourceRecord(id="666", source="hubspot", version=version, values=(*told, tags)),
                tickets=(Ticket(id=f"{MARKUP} t", version=version, state="open", created_at=now,
                                subject=f"{MARKUP} ticket", requester=record.key, url="javascript:alert(4)"),),
            ),
        )
    )  # fmt: skip
    profile = Profile(id=profile_id, created_at=now)
    for identity in identities:
        profile = profile.with_member(identity)
    conversation = Conversation(
        id="c_h", channel="messenger", account=PAGE, aliases=(sender.key,), started_at=now, last_inbound_at=now,
        needs_person=MARKUP, marketing=Consent(granted=False, at=now),
        claims=(Claim(kind="name", masked=MARKUP, at=now),),
    )  # fmt: skip
    await store.write(*map(Put, (*identities, profile, conversation)))
    return profile_id
