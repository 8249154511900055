"""Generic webhooks: two ways to sign, one mapping, one part or many."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mapping import read_mapping
from connectors.signatures import hex_signature
from connectors.sources.generic import Generic
from connectors.standard_webhooks import standard_signature
from middleware.domain.commerce import Money
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.errors import BodyRefused
from middleware.ports import ONLY_ACCOUNT, Account, WebhookRequest

AT = datetime(2026, 11, 5, 12, tzinfo=UTC)
SECRET = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'

MAPPING = """
record:
  when: {from: type, is: contact}
  id: id
  changed_at: updated_at
  gone: {from: deleted, is: true}
  fields: {email: email, first_name: first}
  consents: {email: {from: news, subscribed: yes, unsubscribed: no, required: true, at: news_at}}
ticket:
  when: {from: type, is: ticket}
  id: id
  state: status
  states: {waiting: pending}
  requester: contact
  subject: title
  tags: tags
  url: link
order:
  when: {from: type, is: order}
  id: id
  number: name
  state: status
  states: {bezahlt: paid}
  changed_at: updated_at
  total: total
  currency: EUR
  email: email
  phone: phone
  items: {each: lines, title: what, quantity: n, price: each}
"""

ACCOUNT = Account("glow", "crm", "generic", "own-shop", country="ES", mapping=read_mapping(MAPPING, "m.yaml"))

CONTACT = {"type": "contact", "id": 7, "email": "Ana@X.es", "first": "Ana", "news": True}
TICKET = {
    "type": "ticket", "id": "T-1", "status": "Waiting", "contact": 7, "title": "Where?", "tags": ["b", "a"],
    "link": "javascript:alert(1)",
}  # fmt: skip
ORDER = {
    "type": "order", "id": 55, "name": "#55", "status": "bezahlt", "total": "49.90", "email": "ana@x.es",
    "phone": "600111222", "updated_at": "2026-11-01T10:00:00Z", "lines": [{"what": "Mug", "n": 2, "each": 24.95}, "x"],
}  # fmt: skip


def now() -> datetime:
    """The time of these tests."""
    return AT


def normalise(
    body: object, headers: Mapping[str, str] | None = None, account: Account | None = ACCOUNT
) -> list[Event | Rejected]:
    """Everything that the connector makes of a body sent to the account's own address."""
    request = WebhookRequest(headers or {}, json.dumps(body).encode())
    return list(Generic(now).normalise(body, request, AT, lambda asked: account if asked == ONLY_ACCOUNT else None))


def event(body: object, headers: Mapping[str, str] | None = None) -> Event:
    """The one event in a body."""
    (found,) = normalise(body, headers)
    assert isinstance(found, Event), found
    return found


def signed(headers: Mapping[str, str], body: bytes = BODY, secret: bytes = SECRET, at: datetime = AT) -> bool:
    """Whether the connector takes it for signed at a time."""
    return Generic(lambda: at).is_signed(WebhookRequest(headers, body), secret)


def test_the_example_of_the_specification() -> None:
    """The signed text is id, time and body with points between; the key is the base64 behind whsec_."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert signed(headers, at=datetime.fromtimestamp(1614265330, UTC))


def test_a_standard_signature_counts_for_five_minutes() -> None:
    """Both ways; other bodies, ids, times and secrets do not fit."""
    headers = standard_signature(SECRET, "msg_1", AT, BODY)
    for seconds in (-300, 0, 300):
        assert signed(headers, at=AT + timedelta(seconds=seconds))
    for seconds in (-301, 301):
        assert not signed(headers, at=AT + timedelta(seconds=seconds))
    assert not signed(headers, BODY + b" ")
    assert not signed({**headers, "webhook-id": "msg_2"})
    assert not signed({**headers, "webhook-timestamp": str(int(AT.timestamp()) + 1)})
    assert not signed(headers, secret=b"another secret that is long")
    assert not signed(headers, secret=b"")
    assert not signed(headers, secret=b"whsec_")
    assert not signed(headers, secret=b"whsec_no base64")


def test_several_signatures_in_one_header() -> None:
    """While the sender rotates its secret it signs with both; versions that we do not know are passed over."""
    headers = standard_signature(SECRET, "msg_1", AT, BODY)
    other = base64.b64encode(b"x" * 32).decode()
    both = {**headers, "webhook-signature": f"v1a,{other} v1,{other} {headers['webhook-signature']}"}
    assert signed(both)
    assert not signed({**headers, "webhook-signature": f"v1a,{headers['webhook-signature'][3:]}"})


def test_a_secret_without_prefix_is_its_own_bytes() -> None:
    """Whoever has typed any text as the secret signs with that text."""
    assert signed(standard_signature(b"any long text", "msg_1", AT, BODY), secret=b"any long text")


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("webhook-id", ""), ("webhook-id", "a b"), ("webhook-id", "é"), ("webhook-id", "x" * 129),
        ("webhook-timestamp", ""), ("webhook-timestamp", "-1"), ("webhook-timestamp", "1e9"),
        ("webhook-timestamp", "٣٤"), ("webhook-timestamp", "9" * 400),
        ("webhook-signature", ""), ("webhook-signature", "v1,"), ("webhook-signature", "é" * 47),
    ],
)  # fmt: skip
def test_odd_headers_are_no_signature(name: str, odd: str) -> None:
    """The answer is no, never an exception."""
    assert not signed({**standard_signature(SECRET, "msg_1", AT, BODY), name: odd})


def test_a_plain_signature_in_hex() -> None:
    """For tools that can compute one HMAC; beside a standard signature it does not count."""
    plain = {"x-signature": hex_signature(BODY, SECRET)}
    assert plain["x-signature"] == "sha256=" + hmac.digest(SECRET, BODY, "sha256").hex()
    assert signed(plain)
    assert not signed(plain, BODY + b" ")
    assert not signed({"x-signature": plain["x-signature"][7:]})
    assert not signed({})
    assert not signed({**plain, "webhook-signature": "v1,junk"})


def test_a_record() -> None:
    """Anchored at its own id in the account's scope, with what the mapping reads; a claim like all of it."""
    found = event({**CONTACT, "updated_at": "2026-11-01T10:00:00Z", "news_at": "2999-01-01T00:00:00Z"})
    assert found.kind is EventKind.RECORD
    assert found.anchor == Identifier(IdentifierKind.SOURCE_RECORD, "generic:own-shop", "7")
    assert found.account == "own-shop"
    assert found.record is not None
    assert {each.field: each.value for each in found.record.values} == {"email": "ana@x.es", "first_name": "Ana"}
    assert found.record.version.at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert found.consents[0].state == "subscribed"
    assert found.consents[0].version.at == AT  # a time ahead of ours would outlast every later opt-out
    assert found.also == ()


def test_a_record_that_is_gone() -> None:
    """Nothing of it is kept, and nothing of it is required."""
    found = event({"type": "contact", "id": 7, "deleted": True, "email": "bad"})
    assert found.record is not None
    assert found.record.gone
    assert found.record.values == ()


def test_a_time_ahead_of_ours_is_now() -> None:
    """No body makes itself newer than all that is told later."""
    found = event({**CONTACT, "updated_at": "9999-01-01T00:00:00Z"})
    assert found.record is not None
    assert found.record.version.at == AT


def test_a_ticket() -> None:
    """Its requester is the key of a record; only web addresses are links."""
    found = event(TICKET)
    assert found.anchor == Identifier(IdentifierKind.TICKET, "generic:own-shop", "T-1")
    assert found.ticket is not None
    assert found.ticket.state == "pending"
    assert found.ticket.requester == "source_record|generic:own-shop|7"
    assert (found.ticket.subject, found.ticket.tags, found.ticket.url) == ("Where?", ("a", "b"), None)


def test_an_order() -> None:
    """Money in minor units, contacts as keys; members of a list that are no lines are passed over."""
    found = event(ORDER)
    assert found.anchor == Identifier(IdentifierKind.SHOP_ORDER, "generic:own-shop", "55")
    order = found.order
    assert order is not None
    assert (order.number, order.state) == ("#55", "paid")
    assert order.total == Money(amount=4990, currency="EUR", exponent=2)
    assert order.contacts == ("email||ana@x.es", "phone||+34600111222")
    assert [(item.title, item.quantity) for item in order.items] == [("Mug", 2)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({**CONTACT, "email": "secret-no-mail"}, "email is no e-mail address"),
        ({**CONTACT, "news": "secret-perhaps"}, "consents.email is none of the words"),
        ({key: each for key, each in CONTACT.items() if key != "news"}, "consents.email is required and missing"),
        ({**CONTACT, "id": "a|b"}, "id is missing, or no id"),
        ({**CONTACT, "id": None}, "id is missing, or no id"),
        ({**CONTACT, "id": {"$ne": None}}, "id is missing, or no id"),
        ({**CONTACT, "updated_at": "secret-yesterday"}, "changed_at is no time"),
        ({**ORDER, "status": "secret-state"}, "state is none of the words"),
        ({**ORDER, "total": "secret-money"}, "total is no number"),
        ({"type": "secret-else"}, "no part of the mapping is meant for this body"),
        ({**CONTACT, "x": "\0"}, "NUL"),
        ("text", "a part is a JSON object"),
    ],
)
def test_what_does_not_fit_waits_with_its_reason(body: object, reason: str) -> None:
    """The reason names the field, never its content; the part is kept as it came."""
    (found,) = normalise([body])
    assert isinstance(found, Rejected)
    assert reason in found.reason
    assert "secret" not in found.reason
    assert json.loads(found.raw) == body
    assert found.account == "own-shop"


def test_without_a_mapping_or_an_account_everything_waits() -> None:
    """It says what to do."""
    bare = Account("glow", "crm", "generic", "own-shop")
    (found,) = normalise(CONTACT, account=bare)
    assert isinstance(found, Rejected)
    assert "the account has no mapping" in found.reason
    (found,) = normalise(CONTACT, account=None)
    assert isinstance(found, Rejected)
    assert (found.account, "/webhooks/generic/<name" in found.reason) == (None, True)


def test_the_same_delivery_has_the_same_key() -> None:
    """The provider's id counts, else the content; another delivery or another content is another event."""
    given = {"webhook-id": "msg_1"}
    assert event(CONTACT, given).key == "generic:own-shop:record:7:msg_1" == event(CONTACT, given).key
    assert event(CONTACT).key == event(dict(reversed(CONTACT.items()))).key
    assert len({event(CONTACT).key, event({**CONTACT, "first": "B"}).key, event(CONTACT, given).key}) == 3
    first, second = normalise([CONTACT, CONTACT], given)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert first.key != second.key


@pytest.mark.parametrize("given", [{}, {"webhook-id": "msg_1"}])
def test_a_part_can_stand_alone(given: dict[str, str]) -> None:
    """Mended or not, it is read again as the same event, and holds nobody else."""
    body = [CONTACT, {**CONTACT, "id": 8}, TICKET]
    request = WebhookRequest(given, json.dumps(body).encode())
    found = normalise(body, given)
    for place, alone in Generic(now).alone(body, request, range(3)).items():
        content = json.loads(alone.body)
        assert content == body[place]
        assert normalise(content, alone.headers) == [found[place]]


@pytest.mark.parametrize("body", ["text", 7, None, [CONTACT] * 101])
def test_what_is_no_body_is_refused_whole(body: object) -> None:
    """Neither an object nor a list of at most a hundred."""
    with pytest.raises(BodyRefused):
        normalise(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)
NAMES = sorted({*CONTACT, *TICKET, *ORDER, "updated_at", "deleted", "news_at"})


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([CONTACT, TICKET, ORDER]), st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5))
def test_no_body_raises(known: dict[str, Any], odd: dict[str, Any]) -> None:
    """Any field replaced by anything gives one event, or one rejected part that can stand alone."""
    body = {**known, **odd}
    try:
        (found,) = normalise(body)
    except BodyRefused:
        return
    assert isinstance(found, Event | Rejected)
    assert Generic(now).alone(body, WebhookRequest({}, b""), [0])


OPERATORS = ({"$ne": None}, {"$gt": ""}, {"$where": "1"}, {"$regex": "(a+)+$"}, [None], [{"$ne": 1}])


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", ["id", "email", "first", "news", "updated_at"])
def test_operators_in_place_of_values_go_nowhere(name: str, operator: object) -> None:
    """Each leaf replaced by a store's operator: refused, never in a value, an anchor or a key."""
    (found,) = normalise({**CONTACT, name: operator})
    assert isinstance(found, Rejected)
