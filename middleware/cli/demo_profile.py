"""The demo's second story: one customer in six tools, and her husband, who shares an address with her."""

import base64
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from connectors.samples import Sample
from connectors.testing import Lead
from middleware.cli.demo_stage import (
    BRAND,
    BUNDLE,
    NEWS,
    PAGE,
    PORTAL,
    SECRETS,
    SHOP,
    SITE,
    SITE_ORIGIN,
    SITE_SECRET,
    Stage,
)
from middleware.cli.demo_story import Chapter, Line, Play
from middleware.domain.candidates import Candidate
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.journal import JournalEntry
from middleware.domain.profile import Profile
from middleware.domain.turn import Turn
from middleware.errors import MergeRefused
from middleware.pipeline.merging import BY_HAND, merge_profiles, unmerge_profile
from middleware.pipeline.profiles import read_profiles, roots
from middleware.web.site.asking import visitor_of

EMAIL, PHONE = "ana.ruiz@example.com", "+34600111222"
CUSTOMER, HIS_CUSTOMER = 7_001_002_003_004, 7_001_002_003_005
ORDER = 1001
CONTACT, HIS_CONTACT, REQUESTER, READER, LEAD = "51", "52", "20978392", "01GDDKASAP8TKDDA2GRZDSVP4H", "88812345678901"
EVA = "eva"


def _record(kind: IdentifierKind, scope: str, value: str) -> Identifier:
    return Identifier(kind, scope, value)


SHOP_CUSTOMER = _record(IdentifierKind.SHOP_CUSTOMER, SHOP, str(CUSTOMER))
HIS_SHOP_CUSTOMER = _record(IdentifierKind.SHOP_CUSTOMER, SHOP, str(HIS_CUSTOMER))
IN_CRM = _record(IdentifierKind.SOURCE_RECORD, f"hubspot:{PORTAL}", CONTACT)
RECORDS = {
    "Shopify": SHOP_CUSTOMER,
    "HubSpot": IN_CRM,
    "Zendesk": _record(IdentifierKind.SOURCE_RECORD, "zendesk:12514403", REQUESTER),
    "Klaviyo": _record(IdentifierKind.SOURCE_RECORD, f"klaviyo:{NEWS}", READER),
    "lead form": _record(IdentifierKind.SOURCE_RECORD, f"leads:{PAGE}", LEAD),
}


async def six_tools(stage: Stage) -> Chapter:
    """Every tool tells what it knows."""
    chapter = Chapter("Ana is in the shop, the CRM, the help desk, the newsletter, a lead form and on the site")
    await stage.told("shopify", "customer_created", "", customer_id=CUSTOMER, email=EMAIL, phone=PHONE)
    await stage.told("shopify", "order_paid", "", customer_id=CUSTOMER, email=EMAIL, phone=PHONE, order_number=ORDER,
                     items=(BUNDLE,))  # fmt: skip
    chapter.fact(f"Shopify: customer {CUSTOMER}, and order #{ORDER} with phone {PHONE}")
    await _in_crm(stage, CONTACT, email=EMAIL, firstname="Ana", lastname="Ruiz", phone=PHONE)
    chapter.fact("HubSpot: contact 51, Ana Ruiz, the same address and phone")
    await stage.told("zendesk", "help_desk_user_created", REQUESTER, email=EMAIL)
    await stage.told("zendesk", "help_desk_user_named", REQUESTER, email=EMAIL, name="Ana Ruiz")
    await stage.told("zendesk", "ticket_created", REQUESTER, text="My cream arrived broken")
    chapter.fact("Zendesk: Ana Ruiz opens the ticket “My cream arrived broken”")
    await _clicked(stage)
    chapter.fact("Klaviyo: she clicks in the newsletter “Autumn”")
    await _lead(stage)
    chapter.fact("Meta lead ad: somebody gave the name Ana Ruis, her address and her phone")
    found = [await _root(stage, each) for each in RECORDS.values()]
    chapter.check("each record is a profile of its own: who typed an address is not known by it",
                  holds=len({each.id for each in found}) == len(RECORDS))  # fmt: skip
    return chapter


async def logged_in(stage: Stage) -> Chapter:
    """What is attested joins by itself."""
    chapter = Chapter("She asks in the site's chat, logs in, and asks again")
    key = secrets.token_urlsafe(32)
    visitor = Identifier(IdentifierKind.VISITOR, SITE, visitor_of(SITE, key))
    cream = {"what": "product", "path": "/products/rose", "title": "Rose Night Cream", "product": "rose"}
    await _on_site(stage, key, cream)
    chapter.fact("the site: a visitor looks at Rose Night Cream")
    reply = await _asks(stage, chapter, key, visitor)
    chapter.check("a visitor without a name is told of no order", holds=f"#{ORDER}" not in reply)
    await _on_site(stage, key, {"what": "identify"}, token=_signed_for(str(CUSTOMER), stage.here.clock.now()))
    chapter.fact("the site signs: this visitor is logged in as the shop's customer")
    home = await _root(stage, visitor)
    chapter.check(
        "visitor and shop customer are one profile, by that signature",
        holds=home.id == (await _root(stage, SHOP_CUSTOMER)).id,
    )
    rules = [each.rule for each in await _all(stage, JournalEntry)]
    chapter.check("the journal says by which rule", holds=rules == ["site.signed_token"])
    reply = await _asks(stage, chapter, key, visitor)
    chapter.check("now she is told", holds=f"#{ORDER}" in reply)
    return chapter


async def _asks(stage: Stage, chapter: Chapter, key: str, visitor: Identifier) -> str:
    """The visitor asks for her order in the site's chat; the reply."""
    question = "where is my order?"
    chapter.lines.append(Line("customer", "visitor", question))
    await _on_site(stage, key, {"what": "message", "text": question})
    store = stage.here.store.brand(BRAND)
    seat = (await store.get(Identity, [visitor.key]))[visitor.key].record.seat("webchat", SITE) or ""
    turns = [each for each in await _all(stage, Turn) if each.conversation_id == seat]
    last = max(turns, key=lambda turn: turn.decided_at)
    reply = "\n".join(message.reply.text for message in last.messages)
    chapter.lines.append(Line("reply", "reply", reply))
    return reply


async def queued(stage: Stage) -> Chapter:
    """What is likely waits for a person."""
    chapter = Chapter("What is likely waits in the review queue, with its reasons")
    open_ones = await _all(stage, Candidate)
    for each in sorted(open_ones, key=lambda one: -one.bits)[:3]:
        why = "; ".join(reason.words for reason in each.reasons[:3])
        chapter.fact(f"{each.probability:.1%}  {' and '.join(map(_tool, each.records))}: {why}")
    crm = next((each for each in open_ones if IN_CRM.key in each.records and SHOP_CUSTOMER.key in each.records), None)
    chapter.check("the CRM's Ana and the shop's Ana are among them", holds=crm is not None)
    if crm is not None:
        await merge_profiles(
            stage.here.store.brand(BRAND), *crm.profiles, rule=crm.rule, by=EVA, now=stage.here.clock.now()
        )
        chapter.fact("Eva accepts: one pointer on the younger profile")
    one = (await _root(stage, IN_CRM)).id == (await _root(stage, SHOP_CUSTOMER)).id
    chapter.check("both are one profile now", holds=one)
    return chapter


async def husband(stage: Stage) -> Chapter:
    """What conflicts is refused."""
    chapter = Chapter("Her husband Marco uses her address, and is a customer of his own")
    await stage.told("shopify", "customer_created", "", customer_id=HIS_CUSTOMER, email=EMAIL, phone=None,
                     name="Marco Ruiz")  # fmt: skip
    await _in_crm(stage, HIS_CONTACT, email=EMAIL, firstname="Marco", lastname="Ruiz")
    his, hers = await _root(stage, HIS_SHOP_CUSTOMER), await _root(stage, SHOP_CUSTOMER)
    chapter.check("the shared address joins nothing", holds=his.id != hers.id)
    try:
        await merge_profiles(
            stage.here.store.brand(BRAND), his.id, hers.id, rule="records.similar", by="rule",
            now=stage.here.clock.now(),
        )  # fmt: skip
    except MergeRefused as refused:
        chapter.fact(f"a rule that would merge them is refused: {refused}")
    apart = (await _root(stage, HIS_SHOP_CUSTOMER)).id != (await _root(stage, SHOP_CUSTOMER)).id
    chapter.check("no rule merges two customers of one shop", holds=apart)
    return chapter


async def taken_apart(stage: Stage) -> Chapter:
    """A wrong merge is taken apart."""
    chapter = Chapter("Somebody merges them all the same. One command takes it apart")
    store = stage.here.store.brand(BRAND)
    his, hers = await _root(stage, HIS_SHOP_CUSTOMER), await _root(stage, SHOP_CUSTOMER)
    before = (_shown(his), _shown(hers))
    now = stage.here.clock.now()
    await merge_profiles(store, his.id, hers.id, rule=BY_HAND, by=EVA, now=now, note="same address", despite=True)
    chapter.check("they are one profile", holds=(await _root(stage, HIS_SHOP_CUSTOMER)).id == hers.id)
    order = ORDER + 1
    await stage.told("shopify", "order_paid", "", customer_id=HIS_CUSTOMER, email=EMAIL, phone=None,
                     order_id=5_678_901_234_568, order_number=order)  # fmt: skip
    chapter.fact(f"meanwhile Marco orders: #{order}")
    await unmerge_profile(store, his.id, by=EVA, now=stage.here.clock.now(), note="husband and wife")
    chapter.fact(f"throughline profile unmerge {his.id}")
    after = (await _root(stage, HIS_SHOP_CUSTOMER), await _root(stage, SHOP_CUSTOMER))
    chapter.check("Ana's profile is as it was before", holds=_shown(after[1]) == before[1])
    numbers = {each.number for member in after[0].members for each in member.fragment.orders}
    chapter.check("and Marco's order went with Marco", holds=f"#{order}" in numbers and after[0].id != after[1].id)
    return chapter


async def _in_crm(stage: Stage, contact: str, **properties: str) -> None:
    """HubSpot tells the values of a contact, one notice each in one delivery."""
    at = int(stage.here.clock.now().timestamp() * 1000)
    notices = [
        {
            "eventId": secrets.randbelow(2**31), "subscriptionId": 1201, "portalId": int(PORTAL), "appId": 54321,
            "occurredAt": at, "subscriptionType": "contact.propertyChange", "attemptNumber": 0,
            "objectId": int(contact), "changeSource": "CRM_UI", "propertyName": name, "propertyValue": value,
        }
        for name, value in properties.items()
    ]  # fmt: skip
    await stage.sent("hubspot", Sample(notices))


async def _clicked(stage: Stage) -> None:
    """Klaviyo tells that somebody clicked, with the profile that it has of them."""
    now = stage.here.clock.now()
    attributes = {"email": EMAIL, "phone_number": PHONE, "first_name": "Ana", "last_name": "Ruiz"}
    event = {
        "type": "event",
        "id": secrets.token_hex(6),
        "attributes": {"datetime": now.isoformat(), "event_properties": {"Campaign Name": "Autumn"}},
        "relationships": {"profile": {"data": {"type": "profile", "id": READER}}},
    }
    profile = {"type": "profile", "id": READER, "attributes": attributes}
    told = {
        "external_id": event["id"],
        "topic": "event:klaviyo.clicked_email",
        "payload": {"data": event, "included": [profile]},
    }
    body = json.dumps({"data": [told], "meta": {"klaviyo_account_id": NEWS}}).encode()
    stamp = f"{now.astimezone(UTC):%a, %d %b %Y %H:%M:%S GMT}"
    signature = hmac.digest(SECRETS["klaviyo"].encode(), body + stamp.encode(), "sha256").hex()
    await stage.accepted("/webhooks/klaviyo", body, {"klaviyo-timestamp": stamp, "klaviyo-signature": signature})


async def _lead(stage: Stage) -> None:
    """Meta tells that a lead form was filled in; what was answered is asked for."""
    answers = {"full_name": ["Ana Ruis"], "email": [EMAIL], "phone_number": [PHONE]}
    stage.graph.shelf.leads[LEAD] = Lead(answers, created_time=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}+0000")
    value = {"leadgen_id": LEAD, "page_id": PAGE, "form_id": "700100200300"}
    entry = {"id": PAGE, "time": 1793879881, "changes": [{"field": "leadgen", "value": value}]}
    await stage.sent("messenger", Sample({"object": "page", "entry": [entry]}))


async def _on_site(stage: Stage, key: str, item: dict[str, Any], **more: str) -> None:
    """A page of the site reports, as the site's script does."""
    body = {"key": key, "events": [{"id": secrets.token_urlsafe(16), "ago": 0, **item}], **more}
    headers = {"Origin": SITE_ORIGIN, "Content-Type": "text/plain;charset=UTF-8"}
    await stage.accepted(f"/site/{SITE}/events", json.dumps(body).encode(), headers)


def _signed_for(customer: str, now: datetime) -> str:
    """What the brand's own server signs for who is logged in (docs/site.md): a JWT under HS256."""
    at = int(now.timestamp())
    claims = {
        "iss": SITE_ORIGIN, "aud": SITE, "sub": "ana-7", "shop_customer": customer,
        "jti": secrets.token_urlsafe(16), "iat": at, "exp": at + 300,
    }  # fmt: skip
    parts = ".".join(_unpadded(json.dumps(each).encode()) for each in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{parts}.{_unpadded(hmac.digest(SITE_SECRET.encode(), parts.encode(), 'sha256'))}"


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def _root(stage: Stage, identifier: Identifier) -> Profile:
    """The profile that a record resolves to by now."""
    store = stage.here.store.brand(BRAND)
    home = (await store.get(Identity, [identifier.key]))[identifier.key].record.profile_id or ""
    return roots(await read_profiles(store, {home}))[home]


def _shown(profile: Profile) -> list[str]:
    """What a profile shows of each member, without counts."""
    return [member.model_copy(update={"facts": 0}).model_dump_json() for member in profile.members]


def _tool(key: str) -> str:
    """The tool whose record it is."""
    return next((name for name, record in RECORDS.items() if record.key == key), key)


async def _all(stage: Stage, kind: type[Any]) -> list[Any]:
    store = stage.here.store.brand(BRAND)
    return [stored.record async for batch in store.scan(kind) for stored in batch]


PROFILE_CHAPTERS: tuple[Play, ...] = (six_tools, logged_in, queued, husband, taken_apart)
"""The second story, in order."""
