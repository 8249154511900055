"""Who writes in a webhook of Meta, as a bot beside Throughline reads it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.client import Sender, sender_of_meta

FIXTURES = Path(__file__).parents[3] / "fixtures" / "connectors"


@pytest.mark.parametrize(
    ("file", "sender"),
    [
        ("messenger/text.json", Sender("messenger", "1001", "7301")),
        ("messenger/postback.json", Sender("messenger", "1001", "7301")),
        ("messenger/quick_reply.json", Sender("messenger", "1001", "7301")),
        ("messenger/echo.json", None),
        ("messenger/delivery.json", None),
        ("messenger/read.json", None),
        ("messenger/batch.json", None),
        ("messenger/feed.json", None),
        ("instagram/echo.json", None),
        ("whatsapp/text.json", Sender("whatsapp", "777", "FR.9001a")),
        ("whatsapp/text_phone_only.json", Sender("whatsapp", "777", "33600000000")),
        ("whatsapp/text_business_scoped_in_from.json", Sender("whatsapp", "777", "FR.9001a")),
        ("whatsapp/group_text.json", None),
        ("whatsapp/status_delivered.json", None),
        ("whatsapp/batch.json", None),
    ],
)
def test_the_one_sender_of_recorded_bodies(file: str, sender: Sender | None) -> None:
    """The sender of a message or a pressed button; nobody for echoes, receipts, groups and batches of several."""
    assert sender_of_meta((FIXTURES / file).read_bytes()) == sender


def test_instagram_is_read_like_messenger() -> None:
    """An Instagram account's message names the account and the sender."""
    body = json.loads((FIXTURES / "instagram/text.json").read_bytes())
    (event,) = body["entry"][0]["messaging"]
    found = sender_of_meta(json.dumps(body).encode())
    assert found == Sender("instagram", body["entry"][0]["id"], event["sender"]["id"])


def test_two_messages_of_one_sender_are_one_sender() -> None:
    """A burst of one customer in one delivery has one sender; with another customer's in between, none."""
    body = json.loads((FIXTURES / "messenger/text.json").read_bytes())
    (event,) = body["entry"][0]["messaging"]
    body["entry"][0]["messaging"] = [event, event]
    assert sender_of_meta(json.dumps(body).encode()) == Sender("messenger", "1001", "7301")
    other = {**event, "sender": {"id": "7302"}}
    unreadable = {**event, "sender": {"id": [1]}}
    for more in (other, unreadable):
        body["entry"][0]["messaging"] = [event, more]
        assert sender_of_meta(json.dumps(body).encode()) is None


def test_every_recorded_body_is_read() -> None:
    """Whatever platforms deliver is read without an error."""
    for file in FIXTURES.glob("*/*.json"):
        sender_of_meta(file.read_bytes())


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["object", "entry", "id", "messaging", "message", "sender", "changes", "value", "messages", "metadata"]
            ),
            inner | st.sampled_from(["page", "instagram", "whatsapp_business_account"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(_json)
def test_no_body_is_an_error(value: object) -> None:
    """Whatever is sent: a sender or none, never an exception."""
    found = sender_of_meta(json.dumps(value).encode())
    assert found is None or (found.channel and found.account and found.sender)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"entry":' + b"[" * 5_000])
def test_what_is_no_json_has_no_sender(body: bytes) -> None:
    """A body that cannot be read has no sender."""
    assert sender_of_meta(body) is None
