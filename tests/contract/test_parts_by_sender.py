"""A delivery taken apart by sender, for bots behind us: nothing is lost, nothing doubled, nobody gets another's.

Made of every recorded body of the three channels, several of them in one delivery.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.batch import NEVER
from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from connectors.page_channel import PageChannel
from connectors.signatures import hex_signature, sha1_hex_signature
from middleware.domain.events import Event
from middleware.ports import SenderPart, WebhookRequest

ANA, BEN = "34600111222", "34600111333"

FIXTURES = Path(__file__).parents[1] / "fixtures" / "connectors"
CHANNELS: dict[str, PageChannel | WhatsApp] = {
    each.name: each for each in (Messenger(HttpClient()), Instagram(HttpClient()), WhatsApp(HttpClient()))
}
BODIES = {
    name: [json.loads(path.read_text(encoding="utf-8")) for path in sorted((FIXTURES / name).glob("*.json"))]
    for name in CHANNELS
}


def _events(channel: str, body: object) -> list[Event]:
    found = CHANNELS[channel].normalise(body, WebhookRequest({}, b""), NEVER, lambda _: None)
    return [each for each in found if isinstance(each, Event)]


def _things(value: object, known: frozenset[str]) -> Iterator[str]:
    """What stands in the lists of a body, each as text."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in known and isinstance(part, list):
                yield from (json.dumps(each, sort_keys=True) for each in part)
            yield from _things(part, known)
    elif isinstance(value, list):
        for each in value:
            yield from _things(each, known)


_ITEMS = {
    "whatsapp": frozenset(
        {"messages", "statuses", "message_echoes", "user_id_update", "user_preferences", "calls", "errors"}
    ),
    "messenger": frozenset({"messaging", "standby", "changes"}),
    "instagram": frozenset({"messaging", "standby", "changes"}),
}


@pytest.mark.parametrize("channel", list(CHANNELS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_is_lost_or_doubled_and_nobody_gets_another_s(channel: str, data: st.DataObject) -> None:
    """All parts together are the delivery: the same events, each item once; and each part is about one sender."""
    chosen = data.draw(st.lists(st.sampled_from(BODIES[channel]), min_size=1, max_size=6))
    body = {**chosen[0], "entry": [entry for each in chosen for entry in each["entry"]]}
    parts = CHANNELS[channel].parts_by_sender(body)
    alone = [json.loads(part.body()) for part in parts]
    assert Counter(event.key for each in alone for event in _events(channel, each)) == Counter(
        event.key for event in _events(channel, body)
    )
    assert sorted(item for each in alone for item in _things(each, _ITEMS[channel])) == sorted(
        _things(body, _ITEMS[channel])
    )
    for part, made in zip(parts, alone, strict=True):
        about = {event.anchor.value if event.anchor else None for event in _events(channel, made)}
        assert about <= {part.sender}
        assert len({(each.account, each.sender) for each in CHANNELS[channel].parts_by_sender(made)}) == 1


def _senders(parts: Sequence[SenderPart]) -> list[str | None]:
    return [part.sender for part in parts]


def test_contacts_go_with_whom_they_are_about() -> None:
    """In a WhatsApp value each sender gets their own contact, the number's metadata, and nobody else's name."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": "777"},
        "contacts": [
            {"profile": {"name": "Ana"}, "wa_id": "34600111222"},
            {"profile": {"name": "Ben"}, "wa_id": "34600111333"},
        ],
        "messages": [
            {"from": ANA, "id": "w1", "timestamp": "1790000000", "type": "text", "text": {"body": "a"}},
            {"from": BEN, "id": "w2", "timestamp": "1790000000", "type": "text", "text": {"body": "b"}},
        ],
        "brand_new": {"x": 1},
    }
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "W", "changes": [{"field": "messages", "value": value}]}],
    }
    parts = CHANNELS["whatsapp"].parts_by_sender(body)
    assert _senders(parts) == [f"+{ANA}", f"+{BEN}"]
    first, second = (json.loads(part.body())["entry"][0]["changes"][0]["value"] for part in parts)
    assert first == {**value, "contacts": value["contacts"][:1], "messages": value["messages"][:1]}
    assert second == {
        "messaging_product": "whatsapp",
        "metadata": value["metadata"],
        "contacts": value["contacts"][1:],
        "messages": value["messages"][1:],
    }


@pytest.mark.parametrize(
    "body",
    [
        None, [], "x", 7, {}, {"entry": None}, {"entry": []}, {"object": "page", "entry": [7, None]},
        {"object": "page", "entry": [{"messaging": "x"}, {"messaging": [7, {"sender": 7}]}, {"changes": {}}]},
        {"object": "whatsapp_business_account", "entry": [{"id": {}, "changes": [{"field": [], "value": 7}, 7]}]},
        {"object": "x", "entry": [{"changes": [{"field": "messages", "value": {"messages": 7}}]}]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("channel", list(CHANNELS))
def test_whatever_comes_has_parts(channel: str, body: Any) -> None:
    """However odd a body is, it has at least one part, and each can be written."""
    parts = CHANNELS[channel].parts_by_sender(body)
    assert parts
    assert all(part.body() for part in parts)


def test_a_part_that_json_has_no_words_for_cannot_be_made() -> None:
    """What was read as infinite is not written as something else."""
    one = {"sender": {"id": "1"}, "recipient": {"id": "2"}, "x": float("inf")}
    body = {"object": "page", "entry": [{"id": "2", "messaging": [one, {**one, "sender": {"id": "3"}}]}]}
    with pytest.raises(ValueError, match="JSON"):
        CHANNELS["messenger"].parts_by_sender(body)[0].body()


def test_a_part_is_signed_as_the_platform_signs() -> None:
    """The old signature is made only where the platform sent one."""
    channel, body, secret = CHANNELS["instagram"], b"{}", b"secret"
    new = {"x-hub-signature-256": hex_signature(body, secret)}
    assert channel.signature(body, secret, {"x-hub-signature-256": "x"}) == new
    both = channel.signature(body, secret, {"x-hub-signature": "x"})
    assert both == {**new, "x-hub-signature": sha1_hex_signature(body, secret)}
    assert sha1_hex_signature(b"hello", b"secret") == "sha1=5112055c05f944f85755efc5cd8970e194e9f45b"
