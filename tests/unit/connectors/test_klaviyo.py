"""Klaviyo's system webhooks as events."""

import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.body import read_json
from connectors.sources.klaviyo import Klaviyo
from connectors.sources.klaviyo.webhook import DEEDS
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.errors import BodyRefused
from middleware.ports import Account, WebhookRequest

RECEIVED = datetime(2026, 11, 5, 12, 0, 0, 123_456, tzinfo=UTC)
AT = datetime(2026, 11, 5, 11, 58, 20, tzinfo=UTC)
SECRET = b"a-secret-of-klaviyo-0001"
STAMP = "Thu, 05 Nov 2026 11:59:00 GMT"
GERMAN = Account(brand="glow", name="news", connector="klaviyo", id="XyZ123", country="DE")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def part(topic: str, **changes: Any) -> dict[str, Any]:
    """One member of `data`, in the form of `Get Event`."""
    return {
        "external_id": changes.get("own", "4vRpBT"),
        "topic": topic if topic.startswith("event:") else f"event:klaviyo.{topic}",
        "payload": {
            "data": {
                "type": "event",
                "id": "4vRpBT",
                "attributes": {
                    "timestamp": 1793879900,
                    "datetime": "2026-11-05T11:58:20+00:00",
                    "event_properties": {
                        "Campaign Name": "Autumn",
                        "Subject": "Rose Night Cream is back",
                        "Recipient Email Address": "Ana@Example.com",
                        **changes.get("properties", {}),
                    },
                },
                "relationships": {"profile": {"data": {"type": "profile", "id": changes.get("profile", "01GDDK")}}},
            },
            **({"included": [changes["included"]]} if "included" in changes else {}),
        },
    }


def delivery(*parts: Any, account: str | None = "XyZ123", webhook: str = "01HOOK") -> dict[str, Any]:
    """A whole body."""
    meta = {"klaviyo_webhook_id": webhook, "timestamp": "2026-11-05T11:59:00+00:00", "version": "2024-06-28"}
    return {"data": list(parts), "meta": {**meta, **({"klaviyo_account_id": account} if account else {})}}


def normalised(body: object, **request: Any) -> list[Event | Rejected]:
    """What the connector makes of a body."""
    raw = json.dumps(body).encode()
    given = WebhookRequest(request.pop("headers", {}), raw, **request)
    return list(Klaviyo().normalise(read_json(raw), given, RECEIVED, lambda _: GERMAN))


def event(topic: str, **changes: Any) -> Event:
    """The one event of a delivery."""
    (found,) = normalised(delivery(part(topic, **changes)))
    assert isinstance(found, Event), found
    return found


def rejected(body: object, **request: Any) -> str:
    """Why the only part of a body is rejected."""
    (found,) = normalised(body, **request)
    assert isinstance(found, Rejected)
    return found.reason


def signature(body: bytes, secret: bytes = SECRET, stamp: str = STAMP) -> dict[str, str]:
    """The headers of a signed delivery, made without our own code."""
    return {
        "klaviyo-timestamp": stamp,
        "klaviyo-signature": hmac.new(secret, body + stamp.encode(), "sha256").hexdigest(),
    }


def is_signed(headers: dict[str, str], body: bytes = b"{}", secret: bytes = SECRET) -> bool:
    """Whether a delivery with these headers counts as signed."""
    return Klaviyo().is_signed(WebhookRequest(headers, body), secret)


def test_the_signature_covers_body_and_timestamp() -> None:
    """The right one passes; another secret, body or timestamp does not, nor any other way of writing it."""
    good = signature(b"{}")
    assert is_signed(good)
    assert not is_signed(good, b"{ }")
    assert not is_signed(good, secret=b"another-secret-of-klaviyo")
    assert not is_signed({**good, "klaviyo-timestamp": "Thu, 05 Nov 2026 11:59:01 GMT"})


@pytest.mark.parametrize(
    "change",
    [
        {"klaviyo-signature": ""},
        {"klaviyo-signature": signature(b"{}")["klaviyo-signature"].upper()},
        {"klaviyo-signature": " " + signature(b"{}")["klaviyo-signature"]},
        {"klaviyo-signature": signature(b"{}")["klaviyo-signature"] + "\n"},
        {"klaviyo-signature": signature(b"{}")["klaviyo-signature"][:-1]},
        {"klaviyo-signature": "é" * 64},
        {"klaviyo-signature": signature(b"{}", stamp="")["klaviyo-signature"], "klaviyo-timestamp": ""},
        {"klaviyo-signature": signature(b"{}", stamp="x" * 65)["klaviyo-signature"], "klaviyo-timestamp": "x" * 65},
        {"klaviyo-timestamp": "é"},
    ],
)
def test_odd_headers_sign_nothing(change: dict[str, str]) -> None:
    """Anything odd is False, never an exception."""
    assert not is_signed({**signature(b"{}"), **change})


def test_nothing_is_signed_without_header_or_secret() -> None:
    """No header, no timestamp, or an empty secret: refused."""
    assert not is_signed({})
    assert not is_signed({"klaviyo-signature": signature(b"{}")["klaviyo-signature"]})
    assert not is_signed(signature(b"{}", b""), secret=b"")


@pytest.mark.parametrize(("topic", "what"), sorted(DEEDS.items()))
def test_every_topic_about_email_is_an_activity(topic: str, what: str) -> None:
    """It is anchored at the profile, with campaign and subject; the key is the event's id."""
    found = event(topic)
    assert (found.kind, found.key, found.account) == (EventKind.EMAIL_ACTIVITY, "klaviyo:XyZ123:4vRpBT", "XyZ123")
    assert found.anchor == Identifier(IdentifierKind.SOURCE_RECORD, "klaviyo:XyZ123", "01GDDK")
    assert found.email is not None
    assert (found.email.what, found.email.at, found.email.key) == (what, AT, found.key)
    assert (found.email.campaign, found.email.subject) == ("Autumn", "Rose Night Cream is back")
    assert not found.email.by_machine


def test_a_click_says_where_to() -> None:
    """Only a whole web address is kept."""
    assert event("clicked_email", properties={"URL": "https://glow.example/p/1?x=1"}).email.url is not None  # type: ignore[union-attr]
    for odd in ("javascript:alert(1)", "https://glow.example/" + "x" * 3_000, 7, "https://glow.example/ä"):
        assert event("clicked_email", properties={"URL": odd}).email.url is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("properties", "machine"),
    [
        ({"Apple Privacy Open": True}, True),
        ({"Apple Privacy Open": "True"}, True),
        ({"machine_open": "true"}, True),
        ({"Bot Click": True}, True),
        ({"user_agent": "Mozilla/5.0"}, True),
        ({"Apple Privacy Open": False, "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)"}, False),
        ({"Apple Privacy Open": "yes", "user_agent": 7}, False),
        ({"user_agent": "Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)"}, False),
    ],
)  # fmt: skip
def test_what_a_machine_opened_is_marked(properties: dict[str, Any], *, machine: bool) -> None:
    """Klaviyo says so, or the user agent is certainly nobody; Gmail's proxy loads when somebody opens."""
    found = event("opened_email", properties=properties)
    assert found.email is not None
    assert found.email.by_machine is machine


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("subscribed_to_email_marketing", [("email", "subscribed")]),
        ("unsubscribed_from_email_marketing", [("email", "unsubscribed")]),
        ("marked_email_as_spam", [("email", "unsubscribed")]),
        ("manually_suppressed_from_email_marketing", [("email", "unsubscribed")]),
        ("subscribed_to_sms_marketing", [("sms", "subscribed")]),
        ("unsubscribed_from_sms_marketing", [("sms", "unsubscribed")]),
        ("opened_email", []),
        ("manually_unsuppressed_from_email_marketing", []),
    ],
)
def test_consent_is_told_with_its_version(topic: str, said: list[tuple[str, str]]) -> None:
    """Who unsubscribes, complains or is suppressed may not be written to; lifting a suppression says nothing."""
    found = event(topic)
    assert [(each.channel, each.state) for each in found.consents] == said
    assert all((each.version.at, each.version.event) == (AT, found.key) for each in found.consents)


PROFILE = {
    "type": "profile",
    "id": "01GDDK",
    "attributes": {
        "email": "Ana@Example.com", "phone_number": "030 901820", "first_name": " Ana ", "last_name": None,
        "organization": "Glow", "title": "Buyer", "locale": "de_DE", "updated": "2026-11-05T11:00:00+00:00",
        "location": {"address1": "Hauptstr. 1", "city": "Berlin", "zip": "10115", "region": "BE", "country": "de"},
        "properties": {"Skin Type": "dry", "nested": {"a": 1}, "!!": "x", "vip": True},
    },
}  # fmt: skip


def test_a_profile_that_comes_along_is_a_record() -> None:
    """Each field in its one form, national numbers read in the profile's country; what is empty is None."""
    found = event("received_email", included=PROFILE)
    assert found.record is not None
    assert (found.record.id, found.record.source, found.record.gone) == ("01GDDK", "klaviyo", False)
    assert {each.field: each.value for each in found.record.values} == {
        "email": "ana@example.com", "phone": "+4930901820", "first_name": "Ana", "last_name": None, "company": "Glow",
        "job_title": "Buyer", "language": "de-DE", "street": "Hauptstr. 1", "city": "Berlin", "postcode": "10115",
        "state": "BE", "country": "DE",
    }  # fmt: skip
    assert {each.version.at for each in found.record.values} == {datetime(2026, 11, 5, 11, tzinfo=UTC)}


def test_what_cannot_be_what_it_claims_to_be_is_left_out() -> None:
    """A bad address or number enters no profile, and a field that is not told is not emptied."""
    odd = {"type": "profile", "id": "01GDDK", "attributes": {"email": "no address", "phone_number": "12", "title": 7}}
    found = event("received_email", included=odd)
    assert found.record is not None
    assert {each.field: each.value for each in found.record.values} == {"job_title": "7"}


def test_another_persons_profile_is_not_taken() -> None:
    """A profile that came along counts only if it is the one that the event is about."""
    assert event("received_email", included={**PROFILE, "id": "somebody-else"}).record is None


def test_an_address_alone_is_the_records_address() -> None:
    """Without a profile the address that the e-mail went to is all that is known."""
    found = event("bounced_email")
    assert found.record is not None
    assert {each.field: each.value for each in found.record.values} == {"email": "ana@example.com"}


def test_other_metrics_are_kept_as_unknown() -> None:
    """Every metric of an account is a topic: nothing is made up of those that are not known."""
    found = event("event:shopify.placed_order")
    assert (found.kind, found.topic, found.email, found.record) == (
        EventKind.UNKNOWN, "event:shopify.placed_order", None, None,
    )  # fmt: skip


def test_one_body_many_people() -> None:
    """Each event bears its own slice only, in the order of the body; a bad part is rejected alone."""
    parts = [part("opened_email", own="a"), "nonsense", part("opened_email", own="b"), part("opened_email", own="a|b")]
    found = normalised(delivery(*parts))
    assert [each.key if isinstance(each, Event) else each.reason for each in found] == [
        "klaviyo:XyZ123:a", "data holds what is no object", "klaviyo:XyZ123:b", "klaviyo:XyZ123:4vRpBT",
    ]  # fmt: skip
    first = found[0]
    assert isinstance(first, Event)
    assert first.raw == parts[0]


def test_a_part_stands_alone_with_the_same_key() -> None:
    """What is kept of one part is a body that holds it and nobody else, and gives the same event."""
    body = delivery(part("opened_email", own="a"), part("opened_email", own="b"))
    request = WebhookRequest({}, json.dumps(body).encode())
    (kept,) = Klaviyo().alone(body, request, [1]).values()
    (again,) = Klaviyo().normalise(read_json(kept.body), kept, RECEIVED, lambda _: None)
    assert isinstance(again, Event)
    assert again.key == "klaviyo:XyZ123:b"
    assert b'"a"' not in kept.body


def test_the_account_is_the_bodys_or_the_addresses() -> None:
    """Without an account in the body the webhook address says whose it is; without both nobody does."""
    body = delivery(part("opened_email"), account=None)
    (found,) = normalised(body, address="news")
    assert isinstance(found, Event)
    assert found.account == "news"
    assert "klaviyo_account_id" in rejected(body)


def test_a_header_of_another_webhook_is_refused() -> None:
    """Klaviyo says not to take what claims to be another webhook than it is."""
    body = delivery(part("opened_email"))
    assert len(normalised(body, headers={"klaviyo-webhook-id": "01HOOK"})) == 1
    with pytest.raises(BodyRefused):
        normalised(body, headers={"klaviyo-webhook-id": "02HOOK"})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payload": {}}, "profile"),
        ({"topic": None}, "topic is missing"),
        ({"topic": "x" * 5_000 + " "}, "topic is missing"),
        ({"payload": {"data": {"relationships": {"profile": {"data": {"id": "a|b"}}}}}}, "profile"),
    ],
)
def test_a_part_that_cannot_be_understood_names_its_field(change: dict[str, Any], reason: str) -> None:
    """The reason names the field and never its content."""
    assert reason in rejected(delivery({**part("opened_email"), **change}))


def test_no_id_no_event() -> None:
    """What could not be told from its repetition is rejected."""
    bare = part("opened_email", own=None)
    del bare["payload"]["data"]["id"]
    assert rejected(delivery(bare)) == "external_id is missing or no id"


@pytest.mark.parametrize("body", [[], {}, {"data": {}}, {"data": None}, "x", None, 7])
def test_what_is_no_delivery_is_refused(body: object) -> None:
    """A body of something else is quarantined whole."""
    with pytest.raises(BodyRefused):
        normalised(body)


@given(JSON, st.sampled_from(["payload", "topic", "external_id"]))
def test_whatever_stands_in_a_part_nothing_is_raised(value: Any, where: str) -> None:
    """Events or rejections; every event can be written as JSON."""
    body = delivery({**part("opened_email", included=PROFILE), where: value}, value)
    for found in Klaviyo().normalise(body, WebhookRequest({}, b""), RECEIVED, lambda _: GERMAN):
        assert isinstance(found, Event | Rejected)
        found.model_dump_json()


@given(JSON, st.sampled_from(["attributes", "relationships"]))
def test_whatever_stands_in_an_event_nothing_is_raised(value: Any, where: str) -> None:
    """The same, deeper inside."""
    given_part = part("clicked_email")
    given_part["payload"]["data"][where] = value
    given_part["payload"]["included"] = value
    found = Klaviyo().normalise(delivery(given_part), WebhookRequest({}, b""), RECEIVED, lambda _: None)
    assert len(found) == 1
