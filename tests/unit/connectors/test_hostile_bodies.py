"""Whatever stands in an envelope: events with key and account, rejections, or BodyRefused. Nothing else."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.body import read_json, why_not_storable
from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.webchat import WebChat
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from middleware.domain.events import Event, EventKind, Rejected
from middleware.errors import BodyRefused
from middleware.ports import Channel, WebhookRequest

CONNECTORS = ("messenger", "instagram", "whatsapp", "webchat")
FIXTURES = Path(__file__).parents[2] / "fixtures" / "connectors"
BODIES = sorted(path for name in CONNECTORS for path in (FIXTURES / name).glob("*.json"))
RECEIVED_AT = datetime(2026, 11, 1, tzinfo=UTC)
HTTP = HttpClient()
OBJECTS: dict[str, Channel] = {
    "page": Messenger(HTTP),
    "instagram": Instagram(HTTP),
    "whatsapp_business_account": WhatsApp(HTTP),
    "site": WebChat(),
}

WORDS = sorted({name for path in BODIES for name in re.findall(r'"(\w+)":', path.read_text())})
"""Every field name of every documented body."""

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1001", "0", "777", "7301", "33600000000", "FR.9001a", "1790000000", "text", *WORDS])
    | st.sampled_from([1001, 1790000000, 1790000000123, "\0", "\ud800", {"$ne": None}, "x" * 600])
)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(WORDS) | st.text(max_size=5)
    return st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=8)


JSON = st.recursive(SCALARS, _grown, max_leaves=40)


def _check(channel: Channel, body: object) -> None:
    """Normalise as the web does, and look at everything that comes out."""
    raw = json.dumps(body).encode()
    try:
        found = channel.normalise(read_json(raw), WebhookRequest({}, raw), RECEIVED_AT, lambda _: None)
    except BodyRefused:
        return
    for each in found:
        _check_event(channel, each) if isinstance(each, Event) else _check_rejected(each)


def _check_event(channel: Channel, event: Event) -> None:
    assert event.key.startswith(f"{channel.name}:{event.account}:")
    assert len(event.key) > len(f"{channel.name}:{event.account}:")
    assert len(event.key) < 2_000
    assert event.account
    assert event.occurred_at.tzinfo is not None
    assert why_not_storable(event.raw) is None
    if event.kind in {EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL, EventKind.REACTION}:
        assert event.anchor is not None
    event.model_dump_json()


def _check_rejected(rejected: Rejected) -> None:
    assert rejected.reason
    assert json.loads(rejected.raw) != ()


@pytest.mark.parametrize("name", [name for name in OBJECTS if name != "site"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entry=JSON)
def test_anything_in_an_entry(name: str, entry: object) -> None:
    """Arbitrary JSON as list of entries, as entry, and as what an entry holds."""
    inner = {"id": "1001", "messaging": [entry], "standby": [entry], "changes": [entry]}
    for entries in (entry, [entry], [inner]):
        _check(OBJECTS[name], {"object": name, "entry": entries})


@pytest.mark.parametrize("name", ["page", "instagram"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(item=st.dictionaries(st.sampled_from(WORDS), JSON, max_size=6), sender=JSON)
def test_anything_in_a_messaging_item(name: str, item: dict[str, Any], sender: object) -> None:
    """Arbitrary JSON in the parts of an item, with and without a sender that is one."""
    for given_sender in ({"id": "7301"}, sender):
        body = {"id": "1001", "messaging": [{"sender": given_sender, "timestamp": 1790000000123, **item}]}
        _check(OBJECTS[name], {"object": name, "entry": [body]})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    field=st.sampled_from(["messages", "user_id_update", "user_preferences", "smb_message_echoes", "calls", "new"]),
    items=JSON,
    word=st.sampled_from(WORDS),
    contacts=JSON,
)
def test_anything_in_a_whatsapp_value(field: str, items: object, word: str, contacts: object) -> None:
    """Arbitrary JSON in the lists of a change and in its contacts."""
    lists = dict.fromkeys(("messages", "statuses", "errors", field, "message_echoes", "calls"), items)
    value = {"metadata": {"phone_number_id": "777"}, "contacts": contacts, **lists, word: items}
    entry = {"id": "WABA1", "changes": [{"field": field, "value": value}]}
    _check(OBJECTS["whatsapp_business_account"], {"object": "whatsapp_business_account", "entry": [entry]})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    items=JSON | st.lists(st.dictionaries(st.sampled_from(WORDS), JSON, max_size=8), max_size=3),
    what=st.sampled_from(["page", "product", "search", "cart", "message", "read", "identify"]),
    more=st.dictionaries(st.sampled_from(WORDS), JSON, max_size=8),
    visitor=JSON | st.just("Vn3kQ2mXq8PwR71TbYc5LdA"),
    proved=JSON | st.dictionaries(st.sampled_from(["account", "shop_customer", "email"]), JSON),
)
def test_anything_in_an_envelope_of_a_site(
    items: object, what: str, more: dict[str, Any], visitor: object, proved: object
) -> None:
    """Arbitrary JSON as items, in an item of each kind, as visitor and as what was proved."""
    item = {"path": "/", "id": "it_00000001", **more, "what": what}
    for events in (items, [item]):
        envelope = {"object": "site", "account": "glow-site", "visitor": visitor, "proved": proved}
        _check(OBJECTS["site"], {**envelope, "events": events})


HOSTILE: tuple[object, ...] = (
    None, True, 0, -1, 2**70, 1e308, "", "\0", "\ud800", "x" * 70_000, "__class__", "constructor.prototype",
    [], {}, [None], {"$ne": None}, {"$gt": ""}, {"$where": "1"}, {"$regex": "(a+)+$"}, {"": ""}, {"a.$.b": 1},
)  # fmt: skip


def _paths(value: object, here: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a JSON value."""
    pairs: list[tuple[object, object]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [here, *(path for key, inner in pairs for path in _paths(inner, (*here, key)))]


def _replaced(value: Any, path: tuple[Any, ...], change: Callable[[Any], object]) -> Any:
    """The value with one place changed."""
    if not path:
        return change(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], change)
    return copy


@pytest.mark.parametrize("path", BODIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_any_place_of_any_body_may_be_garbage(path: Path) -> None:
    """Each place of each documented body, replaced by each of a list of hostile values."""
    body = json.loads(path.read_bytes())
    for place in _paths(body):
        for value in HOSTILE:
            _check(OBJECTS[body["object"]], _replaced(body, place, lambda _, value=value: value))
