"""Zendesk's events, triggers and pages as events."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.body import read_json
from connectors.http import HttpClient
from connectors.signatures import base64_signature
from connectors.sources.zendesk import Zendesk
from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.errors import BodyRefused
from middleware.ports import ONLY_ACCOUNT, Account, WebhookRequest

ZENDESK = Zendesk(HttpClient())
RECEIVED = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TIME = "2026-11-05T11:59:58Z"
ACCOUNT = "12514403"
REQUESTER = f"source_record|zendesk:{ACCOUNT}|99"

TICKET = {
    "id": "7", "requester_id": "99", "status": "OPEN", "subject": "Where is my parcel?", "priority": "LOW",
    "tags": ["parcel", "late"], "via": {"channel": "web_service"}, "created_at": "2026-11-05T10:00:00Z",
    "updated_at": "2026-11-05T11:59:57Z",
}  # fmt: skip
USER = {"id": "99", "email": "Ana@Example.com", "role": "end-user", "updated_at": "2026-11-05T11:59:57Z"}


def news(kind: str, detail: Mapping[str, object], **event: object) -> dict[str, Any]:
    """One event as the reference shows it."""
    return {
        "type": f"zen:event-type:{kind}", "account_id": int(ACCOUNT), "id": "2b24ef10", "time": TIME,
        "zendesk_event_version": "2022-06-20", "subject": "zen:x:1", "detail": dict(detail), "event": event,
    }  # fmt: skip


def normalise(body: object, account: Account | None = None, **headers: str) -> list[Event | Rejected]:
    """Everything that the connector makes of a body."""
    request = WebhookRequest({f"x-zendesk-{name.replace('_', '-')}": value for name, value in headers.items()}, b"")
    return list(ZENDESK.normalise(body, request, RECEIVED, lambda _: account))


def event(body: object, account: Account | None = None, **headers: str) -> Event:
    """The one event in a body."""
    (found,) = normalise(body, account, **headers)
    assert isinstance(found, Event), found
    return found


@pytest.mark.parametrize("body", [b"", b'{"a":1}'])
def test_time_and_body_are_signed(body: bytes) -> None:
    """Signed is who signed this time and these bytes, be they none, with this secret."""
    headers = {"x-zendesk-webhook-signature": base64_signature(TIME.encode() + body, b"secret"),
               "x-zendesk-webhook-signature-timestamp": TIME}  # fmt: skip
    request = WebhookRequest(headers, body)
    assert ZENDESK.is_signed(request, b"secret")
    assert not ZENDESK.is_signed(request, b"another")
    assert not ZENDESK.is_signed(request, b"")
    assert not ZENDESK.is_signed(replace(request, body=body + b" "), b"secret")
    for name, right in headers.items():
        for value in ("", "junk", "é" * 44, "\ud800", "2026-11-05T11:59:59Z"):
            assert not ZENDESK.is_signed(replace(request, headers={**headers, name: value}), b"secret")
        assert not ZENDESK.is_signed(WebhookRequest({name: right}, body), b"secret")


def test_a_ticket_is_read_in_full() -> None:
    """State, words in lower case, who asked, and a version that says when it changed and when that was told."""
    found = event(news("ticket.priority_changed", TICKET, current="LOW"), Account("b", "n", "zendesk", ACCOUNT,
                  base_url="https://glow.zendesk.com"))  # fmt: skip
    ticket = found.ticket
    assert ticket is not None
    assert (found.kind, found.key, found.topic) == (
        EventKind.TICKET, f"zendesk:{ACCOUNT}:2b24ef10", "ticket.priority_changed"
    )  # fmt: skip
    assert found.anchor == Identifier(IdentifierKind.TICKET, f"zendesk:{ACCOUNT}", "7")
    assert (ticket.state, ticket.priority, ticket.channel, ticket.requester) == (
        "open",
        "low",
        "web_service",
        REQUESTER,
    )
    assert (ticket.subject, ticket.tags, ticket.solved_at) == ("Where is my parcel?", ("late", "parcel"), None)
    assert ticket.url == "https://glow.zendesk.com/agent/tickets/7"
    assert ticket.created_at == datetime(2026, 11, 5, 10, tzinfo=UTC)
    assert ticket.version == Version(
        at=datetime(2026, 11, 5, 11, 59, 57, tzinfo=UTC),
        told_at=datetime(2026, 11, 5, 11, 59, 58, tzinfo=UTC),
        event=found.key,
    )
    assert found.also == ()


@pytest.mark.parametrize(
    ("kind", "status", "state"),
    [
        ("ticket.created", "NEW", "new"), ("ticket.status_changed", "PENDING", "pending"),
        ("ticket.status_changed", "HOLD", "on_hold"), ("ticket.comment_added", "On-hold", "on_hold"),
        ("ticket.status_changed", "SOLVED", "solved"), ("ticket.merged", "CLOSED", "closed"),
        ("ticket.soft_deleted", "OPEN", "deleted"), ("ticket.permanently_deleted", "CLOSED", "deleted"),
        ("ticket.marked_as_spam", "OPEN", "deleted"), ("ticket.undeleted", "OPEN", "open"),
        ("ticket.status_changed", "WAITING_FOR_GODOT", "unknown"), ("ticket.status_changed", None, "unknown"),
    ],
)  # fmt: skip
def test_states(kind: str, status: str | None, state: str) -> None:
    """Zendesk's words in either spelling; a ticket that is deleted or spam is gone whatever its status was."""
    ticket = event(news(kind, {**TICKET, "status": status})).ticket
    assert ticket is not None
    assert ticket.state == state
    assert (ticket.solved_at is not None) == (state == "solved")


def test_a_ticket_of_nobody_has_no_requester() -> None:
    """Zendesk writes 0 and -1 for nobody: no identifier is made of that."""
    for nobody in ("0", 0, "-1", None, "", "a|b"):
        ticket = event(news("ticket.created", {**TICKET, "requester_id": nobody})).ticket
        assert ticket is not None
        assert ticket.requester is None


def test_a_user_is_told_by_what_the_event_has() -> None:
    """The address, and the name where that is what changed: each a value of the record that the ticket names."""
    found = event(news("user.name_changed", USER, current="Ana Ruiz", previous="Ana"))
    assert found.anchor is not None
    assert found.record is not None
    assert found.anchor.key == REQUESTER
    assert [(each.field, each.value) for each in found.record.values] == [
        ("email", "ana@example.com"), ("full_name", "Ana Ruiz")
    ]  # fmt: skip


def test_a_phone_number_is_an_identity() -> None:
    """The reference writes these types with a slash; another kind of identity brings nothing."""
    body = news("x", USER, current={"type": "phone_number", "value": "+34 600 111 222", "primary": False})
    found = event({**body, "type": "zen:event-type/user.identity_created"}).record
    assert found is not None
    assert found.value("phone") == "+34600111222"


@pytest.mark.parametrize(
    ("kind", "current", "gone"),
    [("user.active_changed", False, True), ("user.deleted", None, True), ("user.active_changed", True, False),
     ("user.created", None, False), ("user.suspended_changed", True, False)],
)  # fmt: skip
def test_a_user_who_is_not_active_is_gone(kind: str, current: object, gone: bool) -> None:  # noqa: FBT001 - an outcome
    """Deleted softly or for good: nothing of the record is kept."""
    found = event(news(kind, USER, current=current)).record
    assert found is not None
    assert found.gone is gone
    assert (found.values == ()) is gone


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_staff_are_no_customers(role: str) -> None:
    """Who works for the brand gets no record, neither by event nor by page."""
    for body in (news("user.created", {**USER, "role": role}), {"account_id": 1, "users": [{**USER, "role": role}]}):
        found = event(body)
        assert (found.kind, found.anchor, found.record) == (EventKind.UNKNOWN, None, None)


@pytest.mark.parametrize("kind", ["article.published", "user.merged", "messaging_ticket.message_added"])
def test_what_is_not_read_is_kept_as_it_came(kind: str) -> None:
    """Under its own name, and of nobody: which of two users went in a merge is documented nowhere without doubt."""
    found = event(news(kind, USER, user={"id": "98"}))
    assert (found.kind, found.anchor, found.topic) == (EventKind.UNKNOWN, None, kind)


TRIGGER = {
    "ticket": {"id": 7, "title": "Parcel", "status": "Open", "tags": "late parcel", "updated_at": TIME},
    "requester": {"id": 99, "name": "Ana Ruiz", "email": "ana@example.com"},
}


def test_a_trigger_tells_of_the_ticket_and_of_who_asked() -> None:
    """The admin's own body, read by the mapping; the invocation names it, so that a retry is the same."""
    parts = normalise(TRIGGER, account_id=ACCOUNT, webhook_invocation_id="01HN")
    ticket, user = (each for each in parts if isinstance(each, Event))
    assert ticket.ticket is not None
    assert user.record is not None
    assert (ticket.ticket.id, ticket.ticket.state, ticket.ticket.requester) == ("7", "open", REQUESTER)
    assert (user.record.id, user.record.value("email"), user.record.value("full_name")) == (
        "99", "ana@example.com", "Ana Ruiz"
    )  # fmt: skip
    assert [ticket.key, user.key] == [f"zendesk:{ACCOUNT}:01HN:{which}" for which in ("ticket", "requester")]


def test_a_flat_trigger_body_is_read_too_and_customer_email_is_email() -> None:
    """Other names for the same things: the address goes where every other source's goes."""
    body = {"ticket_id": 7, "status": "solved", "requester_id": 99, "customer_email": "ANA@example.com"}
    _, user = normalise(body, account_id=ACCOUNT)
    assert isinstance(user, Event)
    assert user.record is not None
    assert user.record.value("email") == "ana@example.com"
    assert normalise(body, account_id=ACCOUNT)[0] == normalise(body, account_id=ACCOUNT)[0]


def test_a_body_without_an_account_is_the_addresss() -> None:
    """Where neither body nor header names it, the one account of the address counts; without one it is nobody's."""
    only = Account("b", "n", "zendesk", ACCOUNT)
    asked: list[str] = []

    def accounts(named: str) -> Account | None:
        asked.append(named)
        return only if named == ONLY_ACCOUNT else None

    parts = ZENDESK.normalise(TRIGGER, WebhookRequest({}, b""), RECEIVED, accounts)
    assert {part.account for part in parts} == {ACCOUNT}
    assert asked == [ONLY_ACCOUNT]
    assert all(isinstance(part, Rejected) for part in normalise(TRIGGER))


def test_pages_are_read_member_by_member() -> None:
    """The same version has the same key in every pull; a deleted user is gone, a bad member is rejected alone."""
    tickets = {"account_id": ACCOUNT, "tickets": [{**TICKET, "id": 7, "status": "hold"}, {"id": None}]}
    good, bad = normalise(tickets)
    assert isinstance(good, Event)
    assert isinstance(bad, Rejected)
    assert good.ticket is not None
    assert (good.ticket.state, good.key) == ("on_hold", normalise(tickets)[0].key)  # type: ignore[union-attr]
    gone = event({"account_id": ACCOUNT, "users": [{**USER, "active": False, "name": "Ana"}]}).record
    assert gone is not None
    assert (gone.gone, gone.values) == (True, ())


@pytest.mark.parametrize("body", [None, 1, "x", [], [{}]])
def test_what_is_no_object_is_refused(body: object) -> None:
    """A body that is no JSON object is quarantined whole."""
    with pytest.raises(BodyRefused):
        normalise(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=12)
    | st.sampled_from(["a|b", "\ud800", "x" * 2_000, TIME, "phone_number"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*TICKET, *USER]), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(changed=st.dictionaries(st.sampled_from([*TICKET, *USER, "type", "account_id"]), JSON), any_=JSON)
def test_whatever_stands_in_a_body(changed: dict[str, Any], any_: object) -> None:
    """Events and rejections, never an exception; each part alone gives that part again, under the same key."""
    for body in (
        {**news("ticket.created", {**TICKET, **changed}), "event": any_},
        {**news("user.identity_created", {**USER, **changed}, current=any_), **changed},
        {"account_id": ACCOUNT, "tickets": [{**TICKET, **changed}, any_]},
        {"account_id": ACCOUNT, "users": [{**USER, **changed}, any_]},
        {**TRIGGER, **changed},
        {"account_id": ACCOUNT, "only": any_, "body": changed},
    ):
        request = WebhookRequest({"x-zendesk-account-id": ACCOUNT}, b"")
        parts = normalise(body, account_id=ACCOUNT)
        alone = ZENDESK.alone(body, request, range(len(parts)))
        for place, part in enumerate(parts):
            (again,) = ZENDESK.normalise(read_json(alone[place].body), alone[place], RECEIVED, lambda _: None)
            assert type(again) is type(part)
            if isinstance(part, Event) and isinstance(again, Event):
                assert again.key == part.key
                assert part.key.startswith(f"zendesk:{part.account}:")
                assert part.anchor is None or Identifier.from_key(part.anchor.key) == part.anchor
                json.loads(part.model_dump_json())
