"""The joined profile for people: who is believed, what it adds up to, and that the order of members never matters."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.commerce import LineItem, Money, Refund, Version
from middleware.domain.consent import RESTRICTIVENESS
from middleware.domain.customer import Customer, SourceConsent
from middleware.domain.fragment import AdClick, Fragment, Name
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind
from middleware.domain.ownership import Ownership, OwnershipRow
from middleware.domain.profile import ConsentWord, Member, Profile
from middleware.domain.signals import EmailActivity, PageView, Ticket
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.domain.tag_names import LONGEST_NAME, name_of, names_of
from middleware.identity.joined import Joined, join
from middleware.identity.joined.masking import masked
from middleware.identity.joined.shape import KEPT_FIELDS, KEPT_ITEMS, KEPT_ORDERS, KEPT_PARTS
from tests.unit.middleware.builders import (
    SHOP,
    at,
    bsuid,
    cart,
    conversation,
    edge,
    email,
    member,
    order,
    phone,
    profile,
)

ANA, PHONE, EMAIL = bsuid("ES.1").key, phone().key, email().key

RULES = Ownership(
    default=OwnershipRow(field="", owner=("shopify", "hubspot"), fill_if_empty=("klaviyo",)),
    rows=(
        OwnershipRow(field="birth_date", owner=("hubspot",), ask_a_person=("klaviyo",), never=("shopify",)),
        OwnershipRow(field="company", fill_if_empty=("hubspot", "klaviyo")),
    ),
)


def euros(cents: int, currency: str = "EUR") -> Money:
    """An amount."""
    return Money(amount=cents, currency=currency, exponent=2)


def told(source: str, value_id: str = "1", *, minutes: float = 0, **values: Any) -> Member:
    """A source's record with these values; `custom_size` is `custom.size`."""
    version = Version(at=at(minutes), event=f"{source}-{value_id}")
    fields = {name.replace("custom_", "custom."): value for name, value in values.items()}
    rows = tuple(FieldValue(field=field, value=value, version=version) for field, value in sorted(fields.items()))
    key = Identifier(IdentifierKind.SOURCE_RECORD, f"{source}:acc", value_id).key
    return member(key, fragment=Fragment(record=SourceRecord(id=value_id, source=source, version=version, values=rows)))


def joined(*members: Member, **more: Any) -> Joined:
    """The profile of these members."""
    return join(profile(*members), RULES, **more)


def value(found: Joined, field: str) -> Any:
    """The believed value of a field, None if there is none."""
    return found.values[field].value if field in found.values else None


def test_the_first_owner_is_believed_however_old_its_word() -> None:
    """The shop owns it before the CRM, whose word is newer."""
    found = joined(told("shopify", country="ES"), told("hubspot", minutes=9, country="FR"))
    shown = found.values["country"]
    assert (shown.value, shown.source, shown.as_of, shown.evidence) == ("ES", "shopify:acc", at(0), Evidence.CLAIMED)
    assert found.open_questions == ()


def test_what_fills_what_is_empty_gives_way_to_an_owner() -> None:
    """An owner that says "empty" is no owner's word."""
    assert value(joined(told("klaviyo", minutes=9, country="FR"), told("hubspot", country="ES")), "country") == "ES"
    assert value(joined(told("klaviyo", country="FR"), told("hubspot", minutes=9, country=None)), "country") == "FR"


def test_a_source_that_may_never_write_is_not_believed() -> None:
    """Nor asked about."""
    found = joined(told("shopify", birth_date="1990-01-01"))
    assert (value(found, "birth_date"), found.open_questions) == (None, ())


def test_a_source_that_a_person_has_to_agree_to_is_a_question() -> None:
    """Its value counts for nothing by itself; where it says the same there is nothing to ask."""
    found = joined(told("hubspot", birth_date="1990-01-01"), told("klaviyo", birth_date="1991-01-01"))
    assert value(found, "birth_date") == "1990-01-01"
    (question,) = found.open_questions
    assert (question.field, question.why, [each.value for each in question.values]) == (
        "birth_date", "ask_a_person", ["1990-01-01", "1991-01-01"],
    )  # fmt: skip
    assert joined(told("hubspot", birth_date="x"), told("klaviyo", birth_date="X ")).open_questions == ()
    assert value(joined(told("klaviyo", birth_date="1991-01-01")), "birth_date") is None


def test_records_that_are_believed_alike_and_differ_are_a_conflict() -> None:
    """Two records of one source: the newest counts, and a person should look."""
    found = joined(told("hubspot", "1", country="ES"), told("hubspot", "2", minutes=1, country="FR"))
    assert value(found, "country") == "FR"
    assert [(each.field, each.why) for each in found.open_questions] == [("country", "conflict")]


def test_what_a_person_wrote_stays_until_they_let_go() -> None:
    """Over every owner and however old; None lets go."""
    crm = told("hubspot", minutes=9, country="FR")
    found = joined(crm, told("person", minutes=1, country="AT"))
    assert (value(found, "country"), found.values["country"].pinned) == ("AT", True)
    assert value(joined(crm, told("person", minutes=10, country=None)), "country") == "FR"


def test_a_record_that_is_gone_says_nothing() -> None:
    """Also not of a person."""
    gone = told("person", country="AT")
    record = gone.fragment.record
    assert record is not None
    gone = gone.model_copy(update={"fragment": Fragment(record=record.model_copy(update={"gone": True}))})
    assert value(joined(gone, told("hubspot", country="FR")), "country") == "FR"


def test_a_name_is_that_of_one_source() -> None:
    """First and last name of two sources are nobody's name; what somebody calls themselves fills what is empty."""
    calls_herself = member(
        ANA, fragment=Fragment(name=Name(value="ana banana", at=at(99), event="e", source="whatsapp"))
    )
    found = joined(
        told("shopify", first_name="Ana"), told("hubspot", first_name="Anna", last_name="Lopez"), calls_herself
    )
    assert found.name is not None
    assert found.name.value == "Ana"
    both = joined(told("hubspot", first_name="Anna", last_name="Lopez"), calls_herself)
    assert both.name is not None
    assert both.name.value == "Anna Lopez"
    alone = joined(calls_herself)
    assert alone.name is not None
    assert (alone.name.value, alone.name.source, alone.name.evidence) == ("ana banana", "whatsapp", Evidence.CLAIMED)


def test_an_address_is_that_of_one_source() -> None:
    """Never a street of one and a town of another; a mere country is no address as long as there is one."""
    found = joined(told("shopify", country="FR"), told("hubspot", street="Calle 1", city="Soria", country="ES"))
    assert found.address is not None
    assert (found.address.street, found.address.city, found.address.country) == ("Calle 1", "Soria", "ES")
    assert found.address.source == "hubspot:acc"
    pinned = joined(told("hubspot", street="Calle 1", city="Soria"), told("person", minutes=1, street="Calle 2"))
    assert pinned.address is not None
    assert (pinned.address.street, pinned.address.city, pinned.address.pinned) == ("Calle 2", "Soria", ("street",))


def test_contacts_show_the_best_evidence_that_they_are_theirs() -> None:
    """A phone that the channel attests, an address that stands on an order, one that somebody typed."""
    placed = order(contacts=(EMAIL, PHONE), version=2)
    typed = told("hubspot", email="typed@example.com", phone="+34600111222")
    found = joined(
        member(ANA, fragment=Fragment(first_seen=at(1))),
        member(PHONE, edge(ANA), fragment=Fragment(orders=(placed,))),
        typed,
    )
    shown = {each.identifier: each for each in found.contacts}
    assert (shown[ANA].evidence, shown[PHONE].evidence) == (Evidence.ATTESTED, Evidence.ATTESTED)
    assert (shown[PHONE].rule, shown[PHONE].only) == ("whatsapp.sender", None)
    assert shown[EMAIL].only == "the order it stands on"
    assert shown[email("typed@example.com").key].evidence is Evidence.CLAIMED
    assert [each.evidence for each in found.contacts] == sorted(
        (each.evidence for each in found.contacts), key=["attested", "claimed"].index
    )


def test_a_suspended_identifier_brings_no_more_than_its_contact() -> None:
    """What it brought may be somebody else's. Its opt-out counts all the same."""
    consent = SourceConsent(channel="sms", state="unsubscribed", version=Version(at=at(1), event="e"))
    brought = Fragment(orders=(order(contacts=(PHONE,)),), consents=(consent,))
    found = joined(member(ANA), member(PHONE, edge(ANA), suspended="a new owner", fragment=brought))
    assert found.purchases.order_count == 0
    assert {each.identifier: each.suspended for each in found.contacts}[PHONE] == "a new owner"
    assert [(each.channel, each.state) for each in found.consents] == [("sms", "unsubscribed")]
    assert [each.why for each in found.open_questions] == ["suspended"]


def buyer(*orders: Any, **more: Any) -> Joined:
    """A person with these orders under the phone."""
    return joined(member(PHONE, fragment=Fragment(orders=orders, **more)))


def paid(number: int, cents: int, *, now: int | None = None, currency: str = "EUR", **parts: Any) -> Any:
    """An order that cost so much when it was placed."""
    total = euros(cents if now is None else now, currency)
    return order(number, state="paid", original_total=euros(cents, currency), total=total, **parts)


def refund(cents: int | None, order_id: str = "1") -> Refund:
    """Money that went back."""
    amount = euros(cents) if cents is not None else None
    return Refund(id=f"r{cents}", order_id=order_id, version=Version(at=at(1), event="e"), amount=amount)


def test_worth_is_net_of_refunds_and_without_cancelled_orders() -> None:
    """By currency, never added across them."""
    found = buyer(
        paid(1, 5000),
        paid(2, 3000, refunds=(refund(1000, "2"),)),
        paid(3, 900, currency="USD"),
        paid(4, 9900).model_copy(update={"state": "cancelled"}),
        paid(5, 2000, refunds=(refund(2000, "5"),)),
    )
    assert found.purchases.lifetime_value == (euros(7000), euros(900, "USD"))
    assert found.purchases.order_count == 4
    assert {each.number: each.net.amount if each.net else None for each in found.purchases.orders} == {
        "#1": 5000, "#2": 2000, "#3": 900, "#4": None, "#5": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("placed", "now", "refunds", "net"),
    [
        (5000, 4000, (refund(1000),), 4000),
        (5000, 5000, (refund(1000),), 4000),
        (5000, 7000, (refund(1000),), 7000),
        (5000, 3000, (refund(None),), 3000),
        (5000, 3000, (), 3000),
    ],
    ids=["told twice", "order not told yet", "grew", "amount not known", "edited"],
)
def test_a_refund_is_taken_off_once(placed: int, now: int, refunds: tuple[Refund, ...], net: int) -> None:
    """Whether the order's own total has it already or not."""
    assert buyer(paid(1, placed, now=now, refunds=refunds)).purchases.lifetime_value == (euros(net),)


def test_things_are_counted_over_orders() -> None:
    """What was bought in two orders was bought again; what two members know of counts once."""
    rose, soap = LineItem(title="Rose", sku="R", quantity=2), LineItem(title="Soap", quantity=1)
    first = paid(1, 1, items=(rose, rose), contacts=(PHONE, EMAIL), created_at=at(1))
    second = paid(2, 1, items=(rose.model_copy(update={"title": "Rose Cream"}), soap), created_at=at(2))
    found = joined(
        member(PHONE, fragment=Fragment(orders=(first, second))), member(EMAIL, fragment=Fragment(orders=(first,)))
    ).purchases
    assert [(each.title, each.pieces, each.orders) for each in found.items] == [("Rose Cream", 6, 2), ("Soap", 1, 1)]
    assert [each.title for each in found.bought_again] == ["Rose Cream"]
    assert ([each.number for each in found.orders], found.first_at, found.last_at) == (["#2", "#1"], at(1), at(2))


def test_a_cart_that_any_member_knows_to_be_closed_is_closed() -> None:
    """And a cart with the checkouts begun from it is one."""
    basket, checkout = cart("b", version=1), cart("c", version=2, cart_token="b")
    assert len(joined(member(PHONE, fragment=Fragment(carts=(basket, checkout)))).carts) == 1
    closing = member(EMAIL, fragment=Fragment(closed_carts=("b",)))
    assert joined(member(PHONE, fragment=Fragment(carts=(basket, checkout))), closing).carts == ()
    done = member(EMAIL, fragment=Fragment(carts=(checkout.model_copy(update={"completed_at": at(3)}),)))
    assert joined(member(PHONE, fragment=Fragment(carts=(basket,))), done).carts == ()


def mail(what: Any, minutes: float, *, by_machine: bool = False) -> EmailActivity:
    """What became of an e-mail."""
    return EmailActivity(key=f"{what}{minutes}", at=at(minutes), what=what, campaign="Spring", by_machine=by_machine)


def test_what_machines_open_is_apart() -> None:
    """Only what a person did counts as engagement; who came back is not unsubscribed."""
    fragment = Fragment(
        emails=(mail("opened", 1), mail("opened", 9, by_machine=True), mail("unsubscribed", 2), mail("subscribed", 3))
    )
    found = joined(member(PHONE, fragment=fragment))
    assert (found.engagement.opened_at, found.engagement.machine_opens) == (at(1), 1)
    assert found.engagement.unsubscribed_at is None
    assert found.consents == ()
    left = joined(member(PHONE, fragment=Fragment(emails=(mail("unsubscribed", 2),))))
    assert [(each.channel, each.state) for each in left.consents] == [("email", "unsubscribed")]


def test_tickets_are_open_or_solved_and_deleted_ones_are_gone() -> None:
    """One ticket that two members hold is one; the same number at two help desks is two."""

    def ticket(number: str, state: Any, minutes: float = 0) -> Ticket:
        return Ticket(id=number, state=state, version=Version(at=at(minutes), event="e"), created_at=at(0))

    desk = Identifier(IdentifierKind.TICKET, "zendesk:a", "1").key
    requester = Identifier(IdentifierKind.SOURCE_RECORD, "zendesk:a", "9").key
    other = Identifier(IdentifierKind.TICKET, "zendesk:b", "1").key
    found = joined(
        member(desk, fragment=Fragment(tickets=(ticket("1", "solved", 5),))),
        member(
            requester, fragment=Fragment(tickets=(ticket("1", "open"), ticket("2", "deleted"), ticket("3", "pending")))
        ),
        member(other, fragment=Fragment(tickets=(ticket("1", "open"),))),
    )
    assert [(each.id, each.source) for each in found.solved_tickets] == [("1", "zendesk:a")]
    assert sorted((each.id, each.source) for each in found.open_tickets) == [("1", "zendesk:b"), ("3", "zendesk:a")]


@given(st.lists(st.sampled_from(RESTRICTIVENESS), min_size=1, max_size=5))
def test_the_most_restrictive_consent_wins(states: list[Any]) -> None:
    """Whoever said it and when; everybody who said something is listed."""
    members = [
        member(
            Identifier(IdentifierKind.SOURCE_RECORD, f"s{number}:a", "1").key,
            fragment=Fragment(
                consents=(SourceConsent(channel="email", state=state, version=Version(at=at(number), event="e")),)
            ),
        )
        for number, state in enumerate(states)
    ]
    (found,) = joined(*members).consents
    assert found.state == min(states, key=RESTRICTIVENESS.index)
    assert len(found.said) == len(states)
    assert (found.state == "subscribed") == (set(states) <= {"subscribed", "unknown"} and "subscribed" in states)


def test_a_stop_in_a_conversation_counts() -> None:
    """STOP is about messages; what the platform reports is about marketing."""
    said = conversation(consent={"granted": False, "at": at(1)}, marketing={"granted": True, "at": at(2)})
    found = joined(member(ANA), conversations=(said,))
    assert [(each.channel, each.purpose, each.state) for each in found.consents] == [
        ("whatsapp", "marketing", "subscribed"), ("whatsapp", "messages", "unsubscribed"),
    ]  # fmt: skip


def test_a_refusal_that_the_profile_keeps_counts() -> None:
    """Also where the source itself has gone, and beside a newer yes of another one."""
    word = ConsentWord(channel="email", by=EMAIL, granted=False, at=at(0), event="e", homes=("p_1",))
    yes = SourceConsent(channel="email", state="subscribed", version=Version(at=at(9), event="e"))
    here = profile(member(PHONE, fragment=Fragment(consents=(yes,)))).model_copy(update={"words": (word,)})
    found = join(here, RULES)
    assert [(each.channel, each.state, len(each.said)) for each in found.consents] == [("email", "unsubscribed", 2)]
    assert [each.why for each in found.open_questions] == ["consent"]


def test_tags_of_all_sources_are_one_list() -> None:
    """Spelt alike, sorted, each once; what cannot be called so is refused with the reason."""
    customer = Customer(id="7", version=Version(at=at(0), event="e"), tags=("vip", "日本"))
    shop = member(Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, "7").key, fragment=Fragment(customer=customer))
    found = joined(told("hubspot", tags=("VIP", "Größe M"), custom_segments=("Lapsed buyers",)), shop)
    assert (found.tags, found.segments) == (("grosse-m", "vip"), ("lapsed-buyers",))
    assert set(found.refused_names) == {"日本"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("VIP", "vip"),
        ("  New  customer ", "new-customer"),
        ("a/b: c", "a-b-c"),
        ("Ünïcode_1", "unicode_1"),
        ("-x-", "x"),
        ("x" * LONGEST_NAME, "x" * LONGEST_NAME),
        ("x" * (LONGEST_NAME + 1), None),
        ("x" * 9999, None),
        ("", None),
        ("!!", None),
        ("日本", None),
        ("a\0b", None),
        ("\ud800", None),
        (7, None),
    ],
)
def test_names(text: object, name: str | None) -> None:
    """One spelling, or the reason why there is none."""
    found, reason = name_of(text)
    assert found == name
    assert bool(reason) == (name is None)


@given(st.lists(st.text(max_size=80), max_size=20))
def test_a_name_is_its_own_name(texts: list[str]) -> None:
    """Normalising again changes nothing, and the order of texts does not matter."""
    found = names_of(texts)
    assert names_of(found.names).names == found.names == names_of(reversed(texts)).names


_VALUES = st.sampled_from(["ES", "FR", "es ", None, "", "AT"])


_SOURCES = ("shopify", "hubspot", "klaviyo", "person", "x")


@st.composite
def _members(draw: st.DrawFn) -> list[Member]:
    """Members of every kind with overlapping facts."""
    found = [
        told(source, str(number), minutes=draw(st.integers(0, 3)), country=draw(_VALUES), birth_date=draw(_VALUES),
             company=draw(_VALUES), street=draw(_VALUES), first_name=draw(_VALUES), tags=("a", "B"))
        for number, source in enumerate(draw(st.lists(st.sampled_from(_SOURCES), max_size=5)))
    ]  # fmt: skip
    orders = tuple(
        paid(number, 100, contacts=(PHONE,), version=draw(st.integers(0, 3)), event=draw(st.sampled_from("ab")))
        for number in range(draw(st.integers(0, 3)))
    )
    click = AdClick(key="k", at=at(draw(st.integers(0, 3))), channel="messenger")
    seen = PageView(key="v", at=at(1), what="product", product="rose")
    found.append(member(PHONE, edge(ANA), fragment=Fragment(orders=orders, first_click=click, last_click=click)))
    found.append(member(EMAIL, fragment=Fragment(orders=orders[:1], views=(seen,), emails=(mail("opened", 1),))))
    found.append(member(ANA, suspended=draw(st.sampled_from([None, "x"])), fragment=Fragment(views=(seen,))))
    return found


@settings(max_examples=150, deadline=None)
@given(_members(), st.integers(0, 2**32))
def test_the_order_of_members_never_matters(members: list[Member], seed: int) -> None:
    """Equal bytes in any order."""
    shuffled = list(members)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a test
    ordered, other = joined(*members), joined(*shuffled)
    assert ordered.model_dump_json() == other.model_dump_json()


def test_the_picture_is_bounded() -> None:
    """However much there is."""
    crowd = [
        told("hubspot", str(number), country=f"C{number}", email=f"a{number}@example.com",
             **dict[str, Any]({f"custom_{number}_{each}": "x" for each in range(10)}))
        for number in range(300)
    ]  # fmt: skip
    orders = [
        member(
            phone(f"+346{number:08}").key,
            fragment=Fragment(
                orders=tuple(
                    paid(number * 50 + each, 1, items=(LineItem(title=f"{number}-{each}"),)) for each in range(50)
                )
            ),
        )
        for number in range(10)
    ]
    found = joined(*crowd, *orders)
    assert len(found.values) <= KEPT_FIELDS
    assert len(found.contacts) <= KEPT_PARTS
    assert (len(found.purchases.orders), found.purchases.order_count) == (KEPT_ORDERS, 500)
    assert len(found.purchases.items) == KEPT_ITEMS
    assert all(len(each.values) <= KEPT_PARTS + 1 for each in found.open_questions)


def test_masked_shows_nobody() -> None:
    """No name, contact, street or word of anybody is left."""
    asked = Ticket(
        id="1", state="open", version=Version(at=at(0), event="e"), created_at=at(0), subject="My secret rash"
    )
    here: Profile = profile(
        member(PHONE, edge(ANA), fragment=Fragment(tickets=(asked,)), suspended="x"),
        member(EMAIL, fragment=Fragment(tickets=(asked,))),
        told("hubspot", "77", full_name="Ana Lopez", street="Calle Mayor 1", city="Soria", country="ES",
             birth_date="1990-01-02", custom_note="likes roses", company="Roses Ltd"),
        told("hubspot", "78", full_name="Bea Ruiz", minutes=1),
    )  # fmt: skip
    text = masked(join(here, RULES)).model_dump_json()
    for secret in (
        "600111222",
        "ana@example",
        "Ana",
        "Lopez",
        "Bea",
        "Mayor",
        "Soria",
        "1990",
        "roses",
        "Roses",
        "rash",
    ):
        assert secret not in text, secret
    assert '"ES"' in text


def test_joining_takes_no_clock() -> None:
    """The same profile at another time is the same picture."""
    here = profile(told("hubspot", country="ES"))
    assert join(here, RULES) == join(here, RULES)
    assert join(here, RULES).created_at - here.created_at == timedelta(0)
