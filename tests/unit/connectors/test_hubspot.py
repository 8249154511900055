"""HubSpot's notices and contacts as events."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.body import read_json
from connectors.http import HttpClient
from connectors.sources.hubspot import HubSpot
from connectors.sources.hubspot.page import page_of
from connectors.sources.hubspot.signature import decoded
from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.source_record import FieldValue
from middleware.errors import BodyRefused
from middleware.ports import Account, WebhookRequest

HUBSPOT = HubSpot(HttpClient())
RECEIVED = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 5, 11, 59, 58, 250_000, tzinfo=UTC)
SECRET = b"yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
"""The client secret of HubSpot's own examples."""
HOOK = "https://hooks.example/webhooks/hubspot?brand=a%3Ab%26c"

V1_BODY = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":'
    b'"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)
V1_SIGNATURE = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"


def notice(what: str = "contact.propertyChange", **changed: object) -> dict[str, Any]:
    """One notice, as the reference shows it; None takes a key away."""
    plain = {
        "eventId": 100, "subscriptionId": 7, "portalId": 62515, "appId": 54321, "occurredAt": 1793879998250,
        "subscriptionType": what, "attemptNumber": 0, "objectId": 51, "changeSource": "CRM_UI",
        "propertyName": "email", "propertyValue": " Ana.Ruiz@Example.com ",
    }  # fmt: skip
    return {key: value for key, value in {**plain, **changed}.items() if value is not None}


def normalise(body: object, account: Account | None = None) -> list[Event | Rejected]:
    """Everything that the connector makes of a body."""
    return list(HUBSPOT.normalise(body, WebhookRequest({}, b""), RECEIVED, lambda _: account))


def event(body: object, account: Account | None = None) -> Event:
    """The one event in a body."""
    (found,) = normalise(body if isinstance(body, dict) and "contacts" in body else [body], account)
    assert isinstance(found, Event), found
    return found


def signed_v3(url: str = HOOK, body: bytes = b"[]", at: datetime = RECEIVED) -> WebhookRequest:
    """A request as HubSpot signs it, received when it was signed."""
    time = str(int(at.timestamp() * 1000))
    signature = hmac.digest(SECRET, f"POST{decoded(url)}".encode() + body + time.encode(), "sha256")
    headers = {
        "x-hubspot-signature-v3": base64.b64encode(signature).decode(),
        "x-hubspot-request-timestamp": time,
    }
    return WebhookRequest(headers, body, url=url, received_at=at)


def test_the_published_example_of_v3_is_signed() -> None:
    """The vector of HubSpot's own library passes, and with any of its parts changed it does not."""
    headers = {
        "x-hubspot-signature-v3": "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
        "x-hubspot-request-timestamp": "1693657560000",
    }
    at = datetime.fromtimestamp(1693657560, UTC)
    url = "https://www.example.com/webhook_uri"
    request = WebhookRequest(headers, b"{'example_field':'example_value'}", url=url, received_at=at)
    assert HUBSPOT.is_signed(request, SECRET)
    for changed in (
        replace(request, body=request.body + b" "),
        replace(request, url=request.url + "/"),
        replace(request, url=""),
        replace(request, method="PUT"),
        replace(request, received_at=None),
        replace(request, headers={**headers, "x-hubspot-request-timestamp": "1693657560001"}),
    ):
        assert not HUBSPOT.is_signed(changed, SECRET)
    assert not HUBSPOT.is_signed(request, b"another secret")
    assert not HUBSPOT.is_signed(request, b"")


def test_the_published_example_of_v1_is_signed() -> None:
    """The example of HubSpot's page about v1 passes; v2, which covers the address in another way, does not."""
    headers = {"x-hubspot-signature": V1_SIGNATURE, "x-hubspot-signature-version": "v1"}
    request = WebhookRequest(headers, V1_BODY)
    assert HUBSPOT.is_signed(request, SECRET)
    assert not HUBSPOT.is_signed(replace(request, body=V1_BODY + b" "), SECRET)
    assert not HUBSPOT.is_signed(request, b"")
    assert not HUBSPOT.is_signed(replace(request, headers={**headers, "x-hubspot-signature-version": "v2"}), SECRET)


@pytest.mark.parametrize(("minutes", "counts"), [(5, True), (-5, True), (5.001, False), (-5.001, False)])
def test_v3_grows_old_after_five_minutes(minutes: float, counts: bool) -> None:  # noqa: FBT001 - a case's outcome
    """A request that was signed longer ago, or is to be signed later, is refused."""
    request = replace(signed_v3(), received_at=RECEIVED + timedelta(minutes=minutes))
    assert HUBSPOT.is_signed(request, SECRET) is counts


def test_a_wrong_v3_is_not_saved_by_a_right_v1() -> None:
    """Where both come along the better one decides: whoever has an old body cannot fall back."""
    both = {"x-hubspot-signature": V1_SIGNATURE, "x-hubspot-signature-v3": "A" * 43 + "="}
    assert not HUBSPOT.is_signed(WebhookRequest(both, V1_BODY, url=HOOK, received_at=RECEIVED), SECRET)


def test_the_address_is_decoded_as_documented_and_no_further() -> None:
    """The twelve characters of the reference are decoded, in either case; space, percent, & and + stay as they were."""
    sent = "https://h.example/a%2Fb%2fc?d=%3A%3F%40%21%24%27%28%29%2A%2C%3B&e=%20%25%26%2B+%E2%82%AC"
    assert decoded(sent) == "https://h.example/a/b/c?d=:?@!$'()*,;&e=%20%25%26%2B+%E2%82%AC"
    assert HUBSPOT.is_signed(signed_v3(sent), SECRET)


@pytest.mark.parametrize("value", ["", "junk", "é" * 44, "A" * 43 + "=", "\ud800"])
@pytest.mark.parametrize("header", ["x-hubspot-signature", "x-hubspot-signature-v3", "x-hubspot-request-timestamp"])
def test_odd_headers_are_no_signature(header: str, value: str) -> None:
    """Whatever stands in a header, the answer is no and never an exception."""
    request = signed_v3()
    assert not HUBSPOT.is_signed(replace(request, headers={**request.headers, header: value}), SECRET) or (
        header == "x-hubspot-signature"
    )
    assert not HUBSPOT.is_signed(WebhookRequest({header: value}, b"[]"), SECRET)


def test_a_change_brings_its_one_value() -> None:
    """One normalised value with its version, in the field where a shop's customer_email goes too; nothing else."""
    found = event(notice())
    key = "hubspot:62515:7:100:51:1793879998250"
    version = Version(at=AT, event=key)
    assert (found.key, found.kind, found.account, found.occurred_at) == (key, EventKind.RECORD, "62515", AT)
    assert found.anchor == Identifier(IdentifierKind.SOURCE_RECORD, "hubspot:62515", "51")
    assert found.record is not None
    assert found.record.values == (FieldValue(field="email", value="ana.ruiz@example.com", version=version),)
    assert (found.record.version, found.record.gone, found.also) == (version, False, ())


def test_email_address_is_email_too() -> None:
    """A portal's own property `email_address` fills the same field."""
    found = event(notice(propertyName="email_address")).record
    assert found is not None
    assert found.value("email") == "ana.ruiz@example.com"


def test_an_emptied_property_is_told_as_empty() -> None:
    """HubSpot says that there is nothing any more, which is a value; a property without a field brings none."""
    emptied, other = event(notice(propertyValue="")).record, event(notice(propertyName="hs_score")).record
    assert emptied is not None
    assert other is not None
    assert [(each.field, each.value) for each in emptied.values] == [("email", None)]
    assert other.values == ()


@pytest.mark.parametrize(("said", "state"), [("true", "unsubscribed"), ("false", "not_subscribed")])
def test_an_opt_out_is_told(said: str, state: str) -> None:
    """Opting out of all e-mails is a word on consent; that somebody has not is never an opt-in."""
    found = event(notice(propertyName="hs_email_optout", propertyValue=said))
    assert [(each.channel, each.state) for each in found.consents] == [("email", state)]


def test_a_national_number_is_read_in_the_brands_country() -> None:
    """The same digits are another number elsewhere; without a country they are none."""
    body = notice(propertyName="mobilephone", propertyValue="0171 1234567")
    germany = event(body, Account("glow", "crm", "hubspot", "62515", country="DE")).record
    assert germany is not None
    assert germany.value("phone.mobile") == "+491711234567"
    (rejected,) = normalise([body])
    assert isinstance(rejected, Rejected)
    assert "phone.mobile" in rejected.reason
    assert "1234567" not in rejected.reason


@pytest.mark.parametrize(
    ("what", "more", "gone", "erased"),
    [
        ("contact.creation", {}, False, False),
        ("object.creation", {"objectTypeId": "0-1"}, False, False),
        ("contact.deletion", {}, True, False),
        ("contact.privacyDeletion", {}, True, True),
        ("object.deletion", {"objectTypeId": "0-1"}, True, False),
    ],
)
def test_made_and_gone(what: str, more: dict[str, object], gone: bool, erased: bool) -> None:  # noqa: FBT001 - outcomes
    """Made, deleted, and deleted because the person wanted to be forgotten; in old and generic words."""
    found = event(notice(what, propertyName=None, propertyValue=None, **more)).record
    assert found is not None
    assert (found.gone, found.erased, found.values, found.merged_into) == (gone, erased, (), None)


def test_a_merge_takes_records_away() -> None:
    """Each contact that went points at the one that stayed, each under a key of its own, as an event of its own."""
    body = notice("contact.merge", objectId=9, primaryObjectId=9, mergedObjectIds=[51, 52], newObjectId=None)
    found = [each for each in normalise([body]) if isinstance(each, Event)]
    assert [each.anchor and each.anchor.value for each in found] == ["51", "52"]
    assert all(each.record and each.record.gone and each.record.merged_into == "9" for each in found)
    assert len({each.key for each in found}) == 2


def test_a_merge_into_a_new_contact_takes_the_primary_away_too() -> None:
    """HubSpot makes a third contact of two in some cases: then both went."""
    body = notice("object.merge", objectTypeId="0-1", primaryObjectId=51, mergedObjectIds=[52], newObjectId=60)
    went = {
        each.record.id: each.record.merged_into for each in normalise([body]) if isinstance(each, Event) and each.record
    }
    assert went == {"51": "60", "52": "60"}


@pytest.mark.parametrize(
    "what", ["contact.restore", "contact.associationChange", "company.creation", "conversation.newMessage", "x", ""]
)
def test_everything_else_is_kept_as_it_came(what: str) -> None:
    """What is about no contact, or not known, becomes an unknown event under its own name, without an anchor."""
    found = event(notice(what))
    assert (found.kind, found.anchor, found.record) == (EventKind.UNKNOWN, None, None)
    assert found.raw == notice(what)


def test_other_objects_are_no_contacts() -> None:
    """A generic notice about a company, and one that does not say what it is about, touch no contact."""
    for kind in ("0-2", None):
        assert event(notice("object.deletion", objectTypeId=kind)).kind is EventKind.UNKNOWN


def test_a_batch_mixes_portals_and_keeps_its_order() -> None:
    """Each notice belongs to its own portal; a bad one is rejected alone, and says which field is wrong."""
    batch = [notice(portalId=1), notice(objectId=None, eventId=2), notice(portalId=None), 5, notice(portalId=2)]
    found = normalise(batch)
    assert [each.account for each in found] == ["1", "62515", None, None, "2"]
    assert [each.reason.split(":")[0] for each in found if isinstance(each, Rejected)] == [
        "objectId", "portalId", "a notice is a JSON object"
    ]  # fmt: skip


def test_a_retry_is_the_same_event() -> None:
    """Only the count of attempts differs, with ids and without them; another occurrence is another event."""
    for first in (notice(), notice(eventId=None)):
        assert event(first).key == event({**first, "attemptNumber": 4}).key
        assert event(first).key != event({**first, "occurredAt": 1793879998251}).key
    assert event(notice()).key != event(notice(objectId=52)).key


CONTACT = {
    "id": "51",
    "properties": {
        "email": "ana@example.com", "firstname": "Ana", "phone": "030 901820", "country": "Germany",
        "hs_merged_object_ids": "48;49", "hs_email_optout": None,
    },
    "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-11-05T11:59:58.25Z", "archived": False,
}  # fmt: skip


def test_a_contact_of_a_page_is_read_in_full() -> None:
    """Every value has the version of the contact, and a national number is read in the contact's own country."""
    found = event({"portalId": "62515", "contacts": [CONTACT]})
    assert found.record is not None
    assert {each.field: each.value for each in found.record.values} == {
        "email": "ana@example.com", "first_name": "Ana", "phone": "+4930901820", "country": "DE",
    }  # fmt: skip
    assert {each.version.at for each in found.record.values} == {AT}
    assert found.key == event({"portalId": "62515", "contacts": [CONTACT]}).key


def test_a_page_tells_whom_a_contact_has_taken_in() -> None:
    """Merges that no webhook told of are found in the contact that stayed."""
    found = [each for each in normalise(page_of("62515", [CONTACT])) if isinstance(each, Event) and each.record]
    told = [(each.record.id, each.record.gone, each.record.merged_into) for each in found if each.record]
    assert told == [("51", False, None), ("48", True, "51"), ("49", True, "51")]


@pytest.mark.parametrize("body", [None, 1, "x", {}, {"contacts": {}}, {"portalId": 1}])
def test_what_is_no_delivery_is_refused(body: object) -> None:
    """A body that is neither a list nor a page is quarantined whole."""
    with pytest.raises(BodyRefused):
        normalise(body)


def test_a_part_alone_is_that_part() -> None:
    """What is kept of one part holds no other person's, and gives the same event under the same key."""
    merge = notice("contact.merge", objectId=9, primaryObjectId=9, mergedObjectIds=[51, 52])
    for body in ([notice(), merge, notice(objectId=77)], page_of("62515", [CONTACT, {**CONTACT, "id": "77"}])):
        parts, request = normalise(body), WebhookRequest({}, b"")
        alone = HUBSPOT.alone(body, request, range(len(parts)))
        assert len(alone) == len(parts)
        for place, part in enumerate(parts):
            (again,) = normalise(read_json(alone[place].body))
            assert isinstance(part, Event)
            assert isinstance(again, Event)
            assert again.model_dump(exclude={"raw"}) == part.model_dump(exclude={"raw"})
    assert b"77" not in HUBSPOT.alone([notice(), notice(objectId=77)], WebhookRequest({}, b""), [0])[0].body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(-1e9, 1e9) | st.text(max_size=12)
    | st.sampled_from(["0-1", "contact.merge", "contact.propertyChange", "a|b", "\ud800", "x" * 2_000, 62515]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(notice())), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    changed=st.dictionaries(st.sampled_from([*notice(), "mergedObjectIds", "primaryObjectId", "id"]), JSON), any_=JSON
)
def test_whatever_stands_in_a_notice(changed: Mapping[str, Any], any_: object) -> None:
    """Events and rejections, never an exception; keys begin with the portal, and no id bears the separator."""
    for what in ("contact.merge", "contact.propertyChange", "contact.deletion"):
        body = [{**notice(what), **changed}, any_]
        parts = normalise(body)
        alone = HUBSPOT.alone(body, WebhookRequest({}, b""), range(len(parts)))
        for place, each in enumerate(parts):
            _looked_at(each)
            (again,) = normalise(json.loads(alone[place].body))
            assert type(again) is type(each)
            assert not isinstance(again, Event) or not isinstance(each, Event) or again.key == each.key
    for each in normalise(
        {"portalId": "1", "contacts": [{**CONTACT, **changed}, {**CONTACT, "properties": changed}, any_]}
    ):
        _looked_at(each)


def _looked_at(part: Event | Rejected) -> None:
    if isinstance(part, Event):
        assert part.key.startswith(f"hubspot:{part.account}:")
        assert part.anchor is None or Identifier.from_key(part.anchor.key) == part.anchor
        assert len(part.key) < 2_000
        part.model_dump_json()
