"""What stands in everything that people, files and sources say, for the pages that show it: of every class one."""

import json
from datetime import timedelta
from decimal import Decimal

from middleware.bootstrap.reaching import releases_of
from middleware.console.users import save_user
from middleware.domain.candidates import RuleDay, RuleRecord
from middleware.domain.commerce import LineItem, Money, Order, Version
from middleware.domain.conversation import Claim, Conversation, Late
from middleware.domain.flow_releases import FlowFiles
from middleware.domain.fragment import Fragment
from middleware.domain.fragment import Name as Shown
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.identity import Seat as Sits
from middleware.domain.pairing import Pairing, Pairings
from middleware.domain.profile import Profile
from middleware.domain.signals import Ticket
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.domain.users import User
from middleware.pipeline.audit import audit
from middleware.pipeline.releases.drafting import save_draft
from middleware.pipeline.releases.importing import bring_in
from middleware.pipeline.releases.publishing import publish
from middleware.ports import Put, Quarantined
from tests.candidates import add_pair
from tests.running import PAGE, Running
from tests.scenarios.looking import conversation_of, customer
from tests.scenarios.test_turns_again import GREETING

TEXTS = (
    "<script>window.ran=1</script>", "<img src=x onerror=window.ran=2>", '" autofocus onfocus=window.ran=3 x="',
    "' onmouseover='window.ran=4", "</title></textarea></script></bdi></main><svg onload=window.ran=5>",
    "<svg><animate onbegin=window.ran=6 attributeName=x>", "<iframe srcdoc='<script>parent.ran=7</script>'>",
    "javascript:window.ran=8//", "<a href='data:text/html,<script>opener.ran=9</script>'>see</a>",
    "<base href=//elsewhere.example><link rel=stylesheet href=//elsewhere.example/a.css>",
    "<style>*{display:none}</style><p style='position:fixed;inset:0'>over all</p>",
    "<form action=//elsewhere.example><button>Send", "<meta http-equiv=refresh content=0;url=//elsewhere.example>",
    "<div hx-get=/console/account hx-trigger=load hx-on::load='window.ran=10'>", "<p x-data x-init=window.ran=11>",
    "&lt;b&gt;&amp;&#60;&nbsp;", "{{ 7 * 7 }}{% if true %}${7*7}#{7*7}", "<!-- <![CDATA[ ]]> -->", '=HYPERLINK("//x")',
    "\u202egnorw\u202c way", "\u2067\u2066isolated",
    "عائشة 12 (شكرا)", "שלום 7, עולם!", "a\u0301\u0323" * 30 + "\u200d\u200b",
    "👩🏽‍🚀🏳️‍🌈", "Rindfleischetikettierungsueberwachung" * 6, "tab\tand\nline",
)  # fmt: skip
"""Of every class one: ways into a page, out of what holds them, what looks like code of ours, directions, sizes."""

NOTES = (TEXTS[1], TEXTS[4], TEXTS[19], TEXTS[21])
"""What stands in releases of flows: in the notes and in the files."""

MAPPING = "record:\n  id: id\n  fields:\n" + "".join(
    f"    custom.f{at:02}: {{from: f{at}, as: text}}\n" for at in range(len(TEXTS))
)
RECORD = json.dumps({"id": "7", **{f"f{at}": text for at, text in enumerate(TEXTS)}})
"""One record of a source in which they all stand, and where it has them."""


async def person_of(shop: Running) -> str:
    """Somebody in all of whose fields stands something: the profile's id."""
    store, now, profile_id = shop.here.brands["glow"].store, shop.now, "p_" + "cd" * 12
    version = Version(at=now, event="messenger:1:x")
    sender = Identifier(IdentifierKind.MESSENGER, PAGE, "667").key
    record = Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:1", "667").key
    bought = Identifier(IdentifierKind.SHOP_CUSTOMER, "glow.myshopify.com", "667").key
    price = Money.parse(Decimal("12.50"), "EUR")
    orders = tuple(
        Order(id=f"o{at}", number=f"#{at}", state="paid", created_at=now - timedelta(days=at), version=version,
              total=price, items=(LineItem(title=text, quantity=1),))
        for at, text in enumerate(TEXTS)
    )  # fmt: skip
    values = [FieldValue(field=f"custom.f{at:02}", value=text, version=version) for at, text in enumerate(TEXTS)]
    tags = FieldValue(field="tags", value=TEXTS, version=version)
    tickets = tuple(
        Ticket(id=f"t{at}", version=version, state="open", created_at=now, subject=text, requester=record, url=text)
        for at, text in enumerate(TEXTS[:8])
    )
    name = Shown(value=TEXTS[21], at=now, event="e", source="messenger")
    identities = (
        Identity(id=bought, profile_id=profile_id, fragment=Fragment(orders=orders)),
        Identity(id=sender, profile_id=profile_id, fragment=Fragment(name=name, first_seen=now),
                 seats=(Sits(channel="messenger", account=PAGE, conversation_id="c_x"),)),
        Identity(id=record, profile_id=profile_id, fragment=Fragment(
            record=SourceRecord(id="667", source="hubspot", version=version, values=(*values, tags)), tickets=tickets)),
    )  # fmt: skip
    profile = Profile(id=profile_id, created_at=now)
    for each in identities:
        profile = profile.with_member(each)
    conversation = Conversation(
        id="c_x", channel="messenger", account=PAGE, aliases=(sender,), started_at=now, last_inbound_at=now,
        needs_person=TEXTS[4], name=TEXTS[21], claims=(Claim(kind="name", masked=TEXTS[1], at=now),),
    )  # fmt: skip
    assert all(await store.write(*map(Put, (*identities, profile, conversation))))
    return profile_id


async def written(shop: Running) -> str:
    """Everybody's name and message, and all messages of one; the latter's conversation."""
    for at, text in enumerate(TEXTS):
        await customer(shop, "whatsapp", at, text).posts(text)
        await customer(shop, "messenger", 1).posts(text)
        await shop.say(
            "whatsapp", "document", sender="34699000111", file_name=text, media_id=f"m{at}", message_id=f"d{at}"
        )
    await shop.quiet()
    return (await conversation_of(shop, customer(shop, "messenger", 1).id)).id


async def kept(shop: Running) -> tuple[str, str]:
    """Users, entries of the audit log, bodies in quarantine and a pair to review; the pair's profiles."""
    store, now = shop.here.brands["glow"].store, shop.now
    for at, text in enumerate(TEXTS):
        await save_user(
            shop.here.store.common,
            User(id=f"u{at}", name=text[:80], roles=("agent",), brands=("glow",), created_at=now),
        )
        await store.write(
            Put(Quarantined(id=f"q{at}", connector="whatsapp", reason=text, raw=text.encode(), received_at=now))
        )
        await audit(store, by="kim", what="profile.view", now=now, about=text[:200], details={"field": text[:200]})
    return await add_pair(store, 1, TEXTS[1], TEXTS[4], TEXTS[19])


async def set_aside(shop: Running, login: str) -> None:
    """What waits for agents, addresses that were named, the conversations of one user, rules, drafts and releases."""
    store, now = shop.here.brands["glow"].store, shop.now
    then = now - timedelta(hours=3)
    pairings: list[Pairing] = []
    for at in range(0, len(TEXTS), 3):
        late = tuple(Late(id=f"t{at}_{n}", text=text, at=then, since=then) for n, text in enumerate(TEXTS[at : at + 3]))
        talk = Conversation(
            id=f"c_late{at}", channel="messenger", account=PAGE, started_at=then, last_inbound_at=then, name=TEXTS[at],
            aliases=(Identifier(IdentifierKind.MESSENGER, PAGE, f"77{at}").key,), late=late,
            claims=tuple(Claim(kind="email", masked=each.text, at=now) for each in late),
        )  # fmt: skip
        pairings.append(Pairing(conversation=talk.id, channel="messenger", account=PAGE, since=now))
        assert await store.write(Put(talk))
    assert await store.write(Put(Pairings(id=login, paired=tuple(pairings))))
    today = RuleDay(day=now.date().isoformat(), merges=4, unmerges=1)
    for text in TEXTS:
        assert await store.write(Put(RuleRecord(id=text, days=(today,))))
    await _released(shop)


async def _released(shop: Running) -> None:
    """Releases of a flow, and a draft of it that is none."""
    of, now = releases_of(shop.here, "glow"), shop.here.clock.now()
    for text in NOTES:
        flow = GREETING.replace("reply: greeting", "reply: fallback").replace("Greets by name.", json.dumps(text))
        made = await bring_in(of, FlowFiles.of({"greeting.yaml": flow}), ["greeting"], by="kim", now=now, note=text)
        await publish(of, made.release.number, by="kim", now=now, note=text)
    store, draft = shop.here.brands["glow"].store, "\n".join(TEXTS)
    await save_draft(store, "greeting.yaml", draft, draft, base="", by="kim", now=now, revision=0)
