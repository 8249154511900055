"""Mailchimp's audiences, and Mandrill: forms, secrets, and what they tell."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.form import nested, read_form
from connectors.sources.mailchimp import Mailchimp
from connectors.sources.mandrill import DEEDS, Mandrill
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.source_record import SourceRecord
from middleware.errors import BodyRefused
from middleware.ports import ONLY_ACCOUNT, Account, WebhookRequest

RECEIVED = datetime(2026, 11, 5, 12, 0, 0, 123_456, tzinfo=UTC)
AT = datetime(2026, 11, 5, 11, 58, 20, tzinfo=UTC)
SECRET = b"a-secret-in-the-address-1"
URL = "https://hooks.glow.example/webhooks/mandrill/mails?x=1"
MAILS = Account(brand="glow", name="mails", connector="mandrill", id="mails")
MEMBER = hashlib.md5(b"ana@example.com", usedforsecurity=False).hexdigest()

MERGES = {
    "data[merges][EMAIL]": "Ana@Example.com",
    "data[merges][FNAME]": "Ana",
    "data[merges][LNAME]": "",
    "data[merges][PHONE]": "+34 600 111 222",
    "data[merges][INTERESTS]": "Skin, Hair",
    "data[merges][ADDRESS][addr1]": "Calle Mayor 1",
    "data[merges][ADDRESS][country]": "ES",
    "data[merges][FAVOURITE]": "rose",
}


def audience(kind: str, **data: str) -> bytes:
    """A delivery of an audience."""
    fields = {"type": kind, "fired_at": "2026-11-05 11:58:20", "data[list_id]": "a6b5da1054"}
    given = {f"data[{name}]": value for name, value in data.items()}
    return urlencode({**fields, **given, **(MERGES if "email" in data and kind != "cleaned" else {})}).encode()


def read(raw: bytes) -> list[Event | Rejected]:
    """What the connector makes of a form."""
    connector = Mailchimp()
    return list(connector.normalise(connector.read_body(raw), WebhookRequest({}, raw), RECEIVED, lambda _: None))


def event(kind: str, **data: str) -> Event:
    """The one event of a delivery."""
    (found,) = read(audience(kind, **data))
    assert isinstance(found, Event), found
    return found


def values(record: SourceRecord | None) -> dict[str, Any]:
    """A record's values by field."""
    assert record is not None
    return {each.field: each.value for each in record.values}


def test_a_form_is_read_strictly() -> None:
    """UTF-8 inside, empty fields kept; a field twice, broken escapes and too many fields are refused."""
    assert read_form(b"a=1&b=%C3%A9+x&c=") == {"a": "1", "b": "é x", "c": ""}
    for odd in (b"a=1&a=2", b"a=%FF", b"a=\xff", b"a", b"&".join(b"a%d=1" % number for number in range(2_001))):
        with pytest.raises(BodyRefused):
            read_form(odd)


def test_brackets_are_objects() -> None:
    """Names with brackets are opened; contradictions and absurd depth are refused."""
    assert nested({"a": "1", "b[c][d]": "2", "b[e]": "3"}) == {"a": "1", "b": {"c": {"d": "2"}, "e": "3"}}
    for odd in ({"a": "1", "a[b]": "2"}, {"a[b]": "2", "a": "1"}, {"a[": "1"}, {"": "1"}, {"a" + "[b]" * 9: "1"}):
        with pytest.raises(BodyRefused):
            nested(odd)


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_form_or_refused(raw: bytes) -> None:
    """Nothing else is ever raised, by either connector."""
    for connector in (Mailchimp(), Mandrill()):
        request = WebhookRequest({"x-mandrill-signature": "A" * 27 + "="}, raw, url=URL)
        assert not Mandrill().is_signed(request, SECRET)
        try:
            found = connector.normalise(connector.read_body(raw), request, RECEIVED, lambda _: None)
        except BodyRefused:
            continue
        assert all(isinstance(each, Event | Rejected) for each in found)


@pytest.mark.parametrize(
    "given_secret", [None, "", "a-secret-in-the-address-2", "A-SECRET-IN-THE-ADDRESS-1", "é", "\ud800"]
)
def test_an_address_without_the_secret_is_nobodys(given_secret: str | None) -> None:
    """Mailchimp signs nothing: the secret in the address is all there is."""
    query = {} if given_secret is None else {"secret": given_secret}
    assert not Mailchimp().is_signed(WebhookRequest({}, b"", query), SECRET)
    assert not Mailchimp().is_signed(WebhookRequest({}, b"", query), b"")


def test_an_address_with_the_secret_is_taken() -> None:
    """The secret itself, as `secret` in the query."""
    assert Mailchimp().is_signed(WebhookRequest({}, b"", {"secret": SECRET.decode()}), SECRET)


@pytest.mark.parametrize(
    ("kind", "data", "what", "state"),
    [
        ("subscribe", {}, "subscribed", "subscribed"),
        ("unsubscribe", {"action": "unsub", "reason": "manual"}, "unsubscribed", "unsubscribed"),
        ("unsubscribe", {"action": "unsub", "reason": "abuse"}, "complained", "unsubscribed"),
        ("cleaned", {"reason": "hard", "campaign_id": "4fjk2ma9xd"}, "bounced", "invalid"),
        ("cleaned", {"reason": "abuse"}, "complained", "unsubscribed"),
    ],
)
def test_what_became_of_a_member(kind: str, data: dict[str, str], what: str, state: str) -> None:
    """An activity with the consent that follows, at the member's own name: the MD5 of the address in lower case."""
    found = event(kind, email="Ana@Example.com", **data)
    assert (found.kind, found.occurred_at, found.topic) == (EventKind.EMAIL_ACTIVITY, AT, kind)
    assert found.key.startswith("mailchimp:a6b5da1054:")
    assert found.anchor == Identifier(IdentifierKind.SOURCE_RECORD, "mailchimp:a6b5da1054", MEMBER)
    assert found.email is not None
    assert (found.email.what, found.email.campaign) == (what, data.get("campaign_id"))
    assert [(each.channel, each.state, each.version.at) for each in found.consents] == [("email", state, AT)]
    assert values(found.record)["email"] == "ana@example.com"


def test_a_changed_profile_is_a_record() -> None:
    """The list's fields in their one form; an empty one is empty."""
    found = event("profile", email="Ana@Example.com", id="8a25ff1d98")
    assert (found.kind, found.consents, found.email) == (EventKind.RECORD, (), None)
    assert values(found.record) == {
        "email": "ana@example.com", "first_name": "Ana", "last_name": None, "phone": "+34600111222",
        "tags": ("Hair", "Skin"), "street": "Calle Mayor 1", "country": "ES",
    }  # fmt: skip


def test_a_changed_address_is_two_members() -> None:
    """The old one has no address any more, the new one has it; neither is deleted, since either may come back."""
    raw = audience("upemail", new_email="new@example.com", old_email="ana@example.com", new_id="51da8c3259")
    old, new = read(raw)
    assert isinstance(old, Event)
    assert isinstance(new, Event)
    assert old.anchor is not None
    assert new.anchor is not None
    assert (old.anchor.value, values(old.record)) == (MEMBER, {"email": None})
    assert [(each.channel, each.state) for each in old.consents] == [("email", "not_subscribed")]
    assert (new.anchor.value != MEMBER, values(new.record)) == (True, {"email": "new@example.com"})
    assert old.key != new.key
    kept = Mailchimp().alone(Mailchimp().read_body(raw), WebhookRequest({}, raw), [1])
    assert old.key in {each.key for each in read(kept[1].body) if isinstance(each, Event)}


def test_a_campaign_is_news_of_the_account_and_the_rest_is_unknown() -> None:
    """Neither is about anybody."""
    assert (event("campaign", id="5aa2102003").kind, event("campaign").anchor) == (EventKind.ACCOUNT, None)
    assert (event("something_new").kind, event("something_new").anchor) == (EventKind.UNKNOWN, None)


def test_the_same_delivery_has_the_same_key() -> None:
    """There is no id: the content is what tells one from another."""
    assert event("profile", email="a@example.com").key == event("profile", email="a@example.com").key
    assert event("profile", email="a@example.com").key != event("profile", email="b@example.com").key


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (urlencode({"type": "subscribe", "data[email]": "a@example.com"}), "data.list_id is missing"),
        (audience("subscribe", email="no address").decode(), "data.email is no address"),
        (audience("subscribe").decode(), "data.email is no address"),
        (audience("upemail", old_email="a@example.com").decode(), "data.new_email is no address"),
        (audience("profile", email="a@example.com").decode().replace("2026-11-05", "yesterday"), "fired_at is no time"),
        (audience("profile", email="a@example.com", x="\0").decode(), "a NUL character"),
    ],
)
def test_what_cannot_be_understood_names_its_field(raw: str, reason: str) -> None:
    """The reason names the field and never its content."""
    assert reason in [each.reason for each in read(raw.encode()) if isinstance(each, Rejected)]


@pytest.mark.parametrize("raw", [b"", b"type=subscribe", b"data[id]=1", b"type=subscribe&data=1"])
def test_what_is_no_delivery_is_refused(raw: bytes) -> None:
    """A body of something else is quarantined whole."""
    with pytest.raises(BodyRefused):
        read(raw)


def message(word: str, **changes: Any) -> dict[str, Any]:
    """One member of `mandrill_events`."""
    return {
        "event": word,
        "_id": "ea1f0b",
        "ts": 1793879900,
        "ip": "198.51.100.7",
        "msg": {
            "_id": "ea1f0b", "email": "Ana@Example.com", "subject": "Your order", "tags": ["orders"],
            "template": None, "opens": [], "clicks": [],
        },
        **changes,
    }  # fmt: skip


def form(*messages: Any, **more: str) -> bytes:
    """The body of a delivery."""
    return urlencode({"mandrill_events": json.dumps(messages), **more}).encode()


def signature(raw: bytes, url: str = URL, secret: bytes = SECRET) -> str:
    """Mandrill's signature, made without our own code."""
    fields = dict(pair.split("=", 1) for pair in raw.decode().split("&"))
    from urllib.parse import unquote_plus  # noqa: PLC0415 - beside its only use

    signed = url + "".join(f"{name}{unquote_plus(fields[name])}" for name in sorted(fields))
    return base64.b64encode(hmac.new(secret, signed.encode(), "sha1").digest()).decode()


def mandrill(raw: bytes, account: Account | None = MAILS) -> list[Event | Rejected]:
    """What the connector makes of a form, at an address that speaks for one account."""
    body = Mandrill().read_body(raw)
    request = WebhookRequest({}, raw, url=URL)
    return list(Mandrill().normalise(body, request, RECEIVED, lambda who: account if who == ONLY_ACCOUNT else None))


def test_mandrills_signature_covers_address_and_fields() -> None:
    """The right one passes; with another address, field, or secret it does not."""
    raw = form(message("open"), b="2", a="é")
    good = {"x-mandrill-signature": signature(raw)}
    assert Mandrill().is_signed(WebhookRequest(good, raw, url=URL), SECRET)
    assert not Mandrill().is_signed(WebhookRequest(good, raw, url=URL + "&y=2"), SECRET)
    assert not Mandrill().is_signed(WebhookRequest(good, raw + b"&c=3", url=URL), SECRET)
    assert not Mandrill().is_signed(WebhookRequest(good, raw, url=URL), b"another-secret-0001")
    assert not Mandrill().is_signed(WebhookRequest(good, raw, url=""), SECRET)
    empty = {"x-mandrill-signature": signature(raw, secret=b"")}
    assert not Mandrill().is_signed(WebhookRequest(empty, raw, url=URL), b"")


@pytest.mark.parametrize(
    "change", [lambda s: s + "\n", lambda s: " " + s, lambda s: s[:-1], lambda _: "é", lambda _: ""]
)
def test_odd_signatures_are_none(change: Any) -> None:
    """Anything odd is False, never an exception."""
    raw = form(message("open"))
    header = {"x-mandrill-signature": change(signature(raw))}
    assert not Mandrill().is_signed(WebhookRequest(header, raw, url=URL), SECRET)


@pytest.mark.parametrize(("word", "what"), sorted(DEEDS.items()))
def test_every_word_of_mandrill_is_an_activity(word: str, what: str) -> None:
    """Anchored at the address, with subject and first tag, and with the consent that follows."""
    (found,) = mandrill(form(message(word)))
    assert isinstance(found, Event)
    assert (found.kind, found.account, found.occurred_at) == (EventKind.EMAIL_ACTIVITY, "mails", AT)
    assert found.anchor == Identifier(IdentifierKind.SOURCE_RECORD, "mandrill:mails", MEMBER)
    assert found.email is not None
    assert (found.email.what, found.email.campaign, found.email.subject) == (what, "orders", "Your order")
    states = {"spam": ["unsubscribed"], "unsub": ["unsubscribed"], "hard_bounce": ["invalid"]}
    assert [each.state for each in found.consents] == states.get(word, [])


@pytest.mark.parametrize(
    ("changes", "machine"),
    [
        ({"user_agent": "Mozilla/5.0"}, True),
        ({"user_agent_parsed": {"type": "Robot"}}, True),
        ({"user_agent": "Mozilla/5.0 (Macintosh) Postbox/1.1.3", "user_agent_parsed": {"type": "Email Client"}}, False),
        ({"user_agent": None, "user_agent_parsed": None}, False),
    ],
)
def test_what_a_machine_opened_is_marked(changes: dict[str, Any], *, machine: bool) -> None:
    """Only where it is certain."""
    (found,) = mandrill(form(message("open", **changes)))
    assert isinstance(found, Event)
    assert found.email is not None
    assert found.email.by_machine is machine


def test_two_opens_are_two_and_a_repetition_is_one() -> None:
    """The message's id is the same each time; what grows inside the message makes no new event."""
    first, later, again = mandrill(
        form(
            message("open"),
            message("open", ts=1793879960),
            {**message("open"), "msg": {**message("open")["msg"], "opens": [{"ts": 1793879900}]}},
        )
    )
    assert isinstance(first, Event)
    assert isinstance(later, Event)
    assert isinstance(again, Event)
    assert first.key == again.key != later.key


def test_an_incoming_mail_is_unknown_and_bad_parts_stand_alone() -> None:
    """What is not about an e-mail of ours is kept, and bad parts are rejected one by one."""
    found = mandrill(
        form({"event": "inbound", "ts": 1793879900, "msg": {}}, 7, message("open", ts="x"), message("open"))
    )
    assert [each.kind if isinstance(each, Event) else each.reason for each in found] == [
        EventKind.UNKNOWN, "mandrill_events holds what is no object", "ts is no time", EventKind.EMAIL_ACTIVITY,
    ]  # fmt: skip


def test_the_address_says_whose_it_is() -> None:
    """A delivery names no account: without one in the address it is nobody's."""
    (found,) = mandrill(form(message("open")), None)
    assert isinstance(found, Rejected)
    assert "several accounts" in found.reason


def test_a_part_of_mandrill_stands_alone_with_the_same_key() -> None:
    """What is kept of one part is a form that holds it and nobody else."""
    raw = form(message("open"), message("click", url="https://glow.example/é"))
    request = WebhookRequest({}, raw, url=URL)
    whole = mandrill(raw)
    (kept,) = Mandrill().alone(Mandrill().read_body(raw), request, [1]).values()
    assert [each.key for each in mandrill(kept.body) if isinstance(each, Event)] == [
        each.key for each in whole[1:] if isinstance(each, Event)
    ]
