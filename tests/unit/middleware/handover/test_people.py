"""A bot that says all that it was handed gives away nothing above the sender's level: over profiles of every kind."""

from itertools import product
from typing import cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.channels.whatsapp.channel import WhatsApp
from middleware.domain.commerce import LineItem, Version
from middleware.domain.context import BLOCKS, ON_DEMAND, Context
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import LEVEL_OF_EVIDENCE, Evidence, Identifier, IdentifierKind, Level
from middleware.domain.identity import PersonalLink
from middleware.domain.profile import Profile
from middleware.domain.signals import EmailActivity, PageView, Ticket
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.handover import explained, hand_over, prompt_of, turn_request
from middleware.pipeline.enrich import assemble
from middleware.ports import Channel
from tests.unit.middleware.builders import (
    at,
    bsuid,
    cart,
    conversation,
    edge,
    email,
    link_key,
    member,
    order,
    phone,
    profile,
)
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import brand_of

ANA, PHONE, EMAIL = bsuid("ES.1").key, phone().key, email().key
RECORD = Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:1", "77").key
LINK = link_key("Zk3_mXq8-PwR71TbYc5LdA")
NOW = at(100)
VERSION = Version(at=at(5), event="shopify:e")
EVIDENCE = st.sampled_from(Evidence)
RULES = st.sampled_from(["whatsapp.sender", "whatsapp.identity_change", "shop.order_contact", "chat.typed"])
BRAND = brand_of(MemoryStore())
NEEDS = {
    "CANARY-ORDER": Level.LINKED, "CANARY-STREET": Level.VERIFIED, "CANARY-TICKET": Level.LINKED,
    "CANARY-CAMPAIGN": Level.LINKED, "CANARY-CITY-NAME": Level.LINKED, "CANARY-CART": Level.CARRIED,
    "CANARY-SEEN": Level.CARRIED,
}  # fmt: skip
"""What nobody below these levels may read."""


def person(phone_by: Evidence, record_by: Evidence, rule: str, link_by: Evidence) -> Profile:
    """Somebody with an order on their phone, a record of a source, a ticket, e-mails, a cart, and a product seen."""
    values = {"street": "CANARY-STREET", "company": "CANARY-CITY-NAME"}
    record = SourceRecord(
        id="77", source="hubspot", version=VERSION,
        values=tuple(FieldValue(field=name, value=each, version=VERSION) for name, each in sorted(values.items())),
    )  # fmt: skip
    known = Fragment(
        record=record,
        emails=(EmailActivity(key="k", at=at(5), what="opened", campaign="CANARY-CAMPAIGN"),),
        tickets=(
            Ticket(id="9", state="open", subject="CANARY-TICKET", version=VERSION, created_at=at(0), requester=RECORD),
        ),
    )
    items = (LineItem(title="CANARY-CART"),)
    link = PersonalLink(issued_to=ANA, conversation_id="c_1", purpose="cart", issued_at=at(0), expires_at=at(1_000))
    carried = Fragment(
        carts=(cart(version=50, items=items),),
        views=(PageView(key="v", at=at(10), what="product", product="p", title="CANARY-SEEN"),),
    )
    ordered = order(1001).model_copy(update={"number": "CANARY-ORDER", "contacts": (PHONE,)})
    return profile(
        member(ANA, edge(PHONE, phone_by, "whatsapp.sender"), edge(RECORD, record_by, rule)),
        member(PHONE, fragment=Fragment(orders=(ordered,))),
        member(RECORD, fragment=known),
        member(LINK, edge(ANA, link_by, "personal_link"), fragment=carried, link=link),
    )


def context_of(known: Profile, sender: str = ANA) -> Context:
    """The context of one sender, as it is put together for a bot."""
    channel = cast("Channel", WhatsApp)
    return assemble(BRAND, channel, known, sender, conversation(), now=NOW)


def echoed(context: Context, **limits: Level) -> str:
    """All that a bot could say that has nothing but what it was handed, in every form that there is."""
    question = turn_request("t", context, at=NOW, prompt=20_000, **limits)
    why = explained(context, {}, **limits).model_dump(mode="json")
    return orjson.dumps([hand_over(context, **limits), question, why]).decode() + prompt_of(context, **limits)


@settings(max_examples=150, deadline=None)
@given(EVIDENCE, EVIDENCE, RULES, EVIDENCE, st.sampled_from(Level), st.sampled_from(Level))
def test_an_echo_gives_away_nothing(
    phone_by: Evidence, record_by: Evidence, rule: str, link_by: Evidence, level: Level, asked: Level
) -> None:
    """Whoever the profile is of, and even if the context of somebody who sees all is handed over for a lower level,
    nothing above the level is in any form of it.
    """
    context = context_of(person(phone_by, record_by, rule, link_by))
    lowered = context.model_copy(update={"identity": context.identity.model_copy(update={"level": level})})
    for each, ceiling in ((context, context.identity.level), (lowered, level)):
        said = echoed(each, level=asked)
        for canary, needs in NEEDS.items():
            assert canary not in said or needs <= min(ceiling, asked), canary


@pytest.mark.parametrize(("phone_by", "record_by"), list(product(Evidence, Evidence)))
def test_nothing_that_may_be_told_is_lost(phone_by: Evidence, record_by: Evidence) -> None:
    """What stages put into a context is within its own level: handing over at that level takes no block away."""
    context = context_of(person(phone_by, record_by, "whatsapp.identity_change", Evidence.CARRIED))
    told = hand_over(context)
    there = {name: getattr(context, name) for name in BLOCKS if name not in ON_DEMAND}
    assert {name: told[name]["state"] for name in there} == {name: block.state for name, block in there.items()}
    best = max(LEVEL_OF_EVIDENCE[phone_by], LEVEL_OF_EVIDENCE[record_by], Level.CARRIED)
    assert context.identity.level == best


def test_somebody_who_sees_all() -> None:
    """The canaries are real: whoever has proven all is told all of them."""
    said = echoed(context_of(person(Evidence.PROVEN, Evidence.PROVEN, "site.signed_token", Evidence.PROVEN)))
    assert not [canary for canary in NEEDS if canary not in said]


def test_a_browser_is_told_what_was_looked_at_in_it() -> None:
    """What was looked at in the very browser that writes needs no more than this conversation."""
    browser = Identifier(IdentifierKind.VISITOR, "site", "v1").key
    views = (PageView(key="v", at=at(10), what="product", product="p", title="Rose"),)
    context = context_of(profile(member(browser, fragment=Fragment(views=views))), browser)
    assert context.identity.level is Level.CHANNEL
    assert hand_over(context)["browsing"]["value"]["products"][0]["title"] == "Rose"
