"""Every form of message on every channel, as it goes over the wire: compared with what the documentation shows.

The bodies under `tests/fixtures/connectors/<channel>/sent/` are written by hand from Meta's pages, never by our code.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from channel_cases import FIXTURES
from pydantic import SecretStr

from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from connectors.meta_channel import MetaChannel
from connectors.testing import ApprovedTemplate, GraphStandIn
from middleware.domain.capabilities import Signal
from middleware.domain.channels import CHANNELS
from middleware.domain.forms import (
    Approved,
    ApprovedButton,
    Ask,
    Buttons,
    Card,
    Cards,
    Choices,
    Media,
    PhoneButton,
    Reaction,
    ReplyButton,
    Row,
    Section,
    UrlButton,
)
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import Outcome, QuickReply, Reply
from middleware.ports import Account

KEY = "0123456789abcdef0123456789abcdef.0"
UPLOADED = "1857777774821032"
ROSE = "https://shop.example/rose.jpg"
VIEW_ROSE = UrlButton(title="View", url="https://shop.example/rose")

PEOPLE = {
    "messenger": (Identifier(IdentifierKind.MESSENGER, "1001", "7301"),),
    "instagram": (Identifier(IdentifierKind.INSTAGRAM, "1784", "9201"),),
    "whatsapp": (
        Identifier(IdentifierKind.WHATSAPP, "", "FR.9001a"),
        Identifier(IdentifierKind.PHONE, "", "+33600000000"),
    ),
}
ACCOUNTS = {"messenger": "1001", "instagram": "1784", "whatsapp": "777"}

COLOURS = (QuickReply(title="Red", payload="COLOR:RED"), QuickReply(title="Green", payload="COLOR:GREEN"))
TRACK = ReplyButton(title="Track it", payload="TRACK")
VISIT = UrlButton(title="Visit the shop", url="https://shop.example/")
CALL = PhoneButton(title="Call us", phone="+15105551234")
PRODUCTS = Cards(
    cards=(
        Card(
            title="Rose Night Cream",
            subtitle="24 EUR",
            image_url=ROSE,
            buttons=(VIEW_ROSE, ReplyButton(title="Ask about it", payload="ASK:ROSE")),
        ),
        Card(title="Gift card", subtitle="From 10 EUR"),
    )
)
ARRIVALS = Cards(
    cards=(
        Card(title="Rose Night Cream", subtitle="24 EUR", image_url=ROSE, buttons=(VIEW_ROSE,)),
        Card(
            title="Lily Day Cream",
            image_url="https://shop.example/lily.jpg",
            buttons=(UrlButton(title="View", url="https://shop.example/lily"),),
        ),
    )
)
SHIPPING = Choices(
    button="Shipping Options",
    sections=(
        Section(
            title="I want it ASAP!",
            rows=(Row(title="Priority Mail Express", payload="priority_express", description="Next Day to 2 Days"),),
        ),
        Section(title="I can wait a bit", rows=(Row(title="Ground", payload="ground"),)),
    ),
)
FILLED = (
    ApprovedButton(kind="reply", index=0, value="TRACK:1001"),
    ApprovedButton(kind="url", index=1, value="1001"),
)
UPDATE = Approved(name="order_update", language="en", header="Order", body=("#1001", "Lea"), buttons=FILLED)
INVOICE = Media(type="file", media_id=UPLOADED)
PICTURE = Media(type="image", url=ROSE)
NEXT = "What do you want to do next?"

EVERYWHERE: dict[str, Reply] = {
    "text": Reply(text="It is on its way."),
    "quick_replies": Reply(text="Pick a color:", quick_replies=COLOURS),
    "human_agent": Reply(text="I have found it.", tag="human_agent"),
    "cards": Reply(text="", form=PRODUCTS),
    "image_link": Reply(text="", form=PICTURE),
    "file_uploaded": Reply(text="", form=INVOICE),
    "reaction": Reply(text="", form=Reaction(message_id="m_a1", emoji="❤️")),
    "reaction_taken_back": Reply(text="", form=Reaction(message_id="m_a1")),
}
SENT: dict[str, dict[str, Reply]] = {
    "messenger": {
        **EVERYWHERE,
        "reply": Reply(text="This one?", reply_to="m_a0"),
        "comment": Reply(text="We have sent you the price.", to_comment="122_456"),
        "buttons": Reply(text=NEXT, form=Buttons(buttons=(TRACK, VISIT, CALL))),
        "utility": Reply(text="Your order", form=UPDATE),
        "ask_phone": Reply(text="Which number may we call?", form=Ask(what="phone")),
        "ask_email": Reply(text="Where shall we write to?", form=Ask(what="email")),
    },
    "instagram": {
        **EVERYWHERE,
        "comment": Reply(text="We have sent you the price.", to_comment="17900000000000001"),
        "buttons": Reply(text=NEXT, form=Buttons(buttons=(TRACK, VISIT))),
        "audio_link": Reply(text="", form=Media(type="audio", url="https://shop.example/how.m4a")),
    },
    "whatsapp": {
        "text": EVERYWHERE["text"],
        "reply": Reply(text="This one?", reply_to="wamid.AAA="),
        "buttons": EVERYWHERE["quick_replies"],
        "url_button": Reply(
            text="Tap the button below to see available dates.",
            form=Buttons(buttons=(UrlButton(title="See Dates", url="https://shop.example/dates"),)),
        ),
        "list": Reply(text="Which shipping option do you prefer?", form=SHIPPING),
        "cards": Reply(text="Here are our latest arrivals:", form=ARRIVALS),
        "image_link": Reply(text="Our new one", form=PICTURE),
        "document_uploaded": Reply(
            text="",
            form=INVOICE.model_copy(update={"caption": "Lucky Shrub Invoice", "file_name": "lucky-shrub-invoice.pdf"}),
        ),
        "audio_link": Reply(text="", form=Media(type="audio", url="https://shop.example/how.ogg")),
        "video_link": Reply(text="How to use it", form=Media(type="video", url="https://shop.example/how.mp4")),
        "sticker_uploaded": Reply(text="", form=Media(type="sticker", media_id=UPLOADED)),
        "template": Reply(text="Your order", form=UPDATE.model_copy(update={"header": PICTURE})),
        "template_without_parameters": Reply(text="Hello", form=Approved(name="hello_world", language="en_US")),
        "ask_location": Reply(text="Where shall we deliver it?", form=Ask(what="location")),
        "ask_phone": Reply(text="Which number may we call?", form=Ask(what="phone")),
        "reaction": EVERYWHERE["reaction"],
        "reaction_taken_back": EVERYWHERE["reaction_taken_back"],
    },
}
APPROVED = {
    "messenger": (ApprovedTemplate("order_update", "en", body=2, header="text", buttons=2),),
    "instagram": (),
    "whatsapp": (
        ApprovedTemplate("order_update", "en", body=2, header="image", buttons=2),
        ApprovedTemplate("hello_world", "en_US"),
    ),
}
CASES = [(channel, name) for channel, replies in SENT.items() for name in replies]


@dataclass
class Wire:
    """The channels on a started client, and accounts of theirs."""

    channels: dict[str, MetaChannel]

    def account(self, channel: str, graph: GraphStandIn, **fields: Any) -> Account:
        """An account that is sent to by the stand-in."""
        known = Account("glow", "main", channel, ACCOUNTS[channel], token=SecretStr("EAAG"), base_url=graph.url)
        return replace(known, **fields)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """All channels."""
    async with HttpClient() as http:
        yield Wire({channel.name: channel for channel in (Messenger(http), Instagram(http), WhatsApp(http))})


@pytest.mark.parametrize(("channel", "name"), CASES, ids=lambda each: each)
async def test_the_body_is_the_documented_one(wire: Wire, channel: str, name: str) -> None:
    """Exactly the fields that the platform's page shows, and the stand-in takes it as a message."""
    expected = json.loads((FIXTURES / channel / "sent" / f"{name}.json").read_bytes())
    async with GraphStandIn(instagram=["1784"], templates=APPROVED[channel], media=[UPLOADED]) as graph:
        account = wire.account(channel, graph)
        result = await wire.channels[channel].send(account, PEOPLE[channel], SENT[channel][name], KEY, timeout=5)
        (request,) = graph.requests
    assert request.content == expected
    assert (request.path, request.channel) == (f"/v26.0/{ACCOUNTS[channel]}/messages", channel)
    assert result.outcome is Outcome.SENT, result


@pytest.mark.parametrize("channel", SENT)
def test_every_form_has_its_body(channel: str) -> None:
    """No form of the table lacks a body, no body lacks a case, and no case lacks its body."""
    shown = {reply.form.kind for reply in SENT[channel].values() if reply.form is not None}
    assert shown == set(CHANNELS[channel].forms())
    asked = {reply.form.what for reply in SENT[channel].values() if isinstance(reply.form, Ask)}
    assert asked == set(CHANNELS[channel].asks)
    files = {path.stem for path in (FIXTURES / channel / "sent").glob("*.json")}
    assert files == set(SENT[channel])


@pytest.mark.parametrize(
    ("channel", "signals", "bodies"),
    [
        (
            "messenger",
            ("typing", "seen"),
            [
                {"recipient": {"id": "7301"}, "sender_action": "mark_seen"},
                {"recipient": {"id": "7301"}, "sender_action": "typing_on"},
            ],
        ),
        ("instagram", ("typing",), [{"recipient": {"id": "9201"}, "sender_action": "typing_on"}]),
        (
            "whatsapp",
            ("seen",),
            [{"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.AAA="}],
        ),
        (
            "whatsapp",
            ("seen", "typing"),
            [
                {
                    "messaging_product": "whatsapp",
                    "status": "read",
                    "message_id": "wamid.AAA=",
                    "typing_indicator": {"type": "text"},
                }
            ],
        ),
        ("whatsapp", (), []),
    ],
)
async def test_signals_are_the_documented_ones(
    wire: Wire, channel: str, signals: tuple[Signal, ...], bodies: list[dict[str, Any]]
) -> None:
    """Seen and typing as each platform documents them; they are no messages."""
    async with GraphStandIn(instagram=["1784"]) as graph:
        account = wire.account(channel, graph)
        await wire.channels[channel].signal(account, PEOPLE[channel], signals, "wamid.AAA=", timeout=5)
        assert [request.content for request in graph.requests] == bodies
        assert graph.sent == []


@pytest.mark.parametrize(
    ("channel", "edge", "fields"),
    [
        ("whatsapp", "media", {"messaging_product": "whatsapp", "type": "application/pdf"}),
        (
            "messenger",
            "message_attachments",
            {"message": {"attachment": {"type": "file", "payload": {"is_reusable": True}}}},
        ),
        (
            "instagram",
            "message_attachments",
            {
                "platform": "instagram",
                "message": {"attachment": {"type": "file", "payload": {"is_reusable": True}}},
            },
        ),
    ],
)
async def test_uploads_are_the_documented_ones(
    wire: Wire, tmp_path: Path, channel: str, edge: str, fields: dict[str, Any]
) -> None:
    """A file of the brand goes up as the documented form, and its message carries the id that came back."""
    (tmp_path / "invoice.pdf").write_bytes(b"%PDF-1.7 made up")
    async with GraphStandIn(instagram=["1784"]) as graph:
        account = wire.account(channel, graph, media=tmp_path)
        reply = Reply(text="", form=Media(type="file", file="invoice.pdf"))
        result = await wire.channels[channel].send(account, PEOPLE[channel], reply, KEY, timeout=5)
        (file,) = graph.uploaded
        upload, message = graph.requests
    assert result.outcome is Outcome.SENT, result
    assert upload.path == f"/v26.0/{ACCOUNTS[channel]}/{edge}"
    assert upload.headers["authorization"] == "Bearer EAAG"
    assert (file.name, file.mime, file.content) == ("invoice.pdf", "application/pdf", b"%PDF-1.7 made up")
    assert {name: json.loads(value) if name == "message" else value for name, value in file.fields.items()} == fields
    assert file.media_id in json.dumps(message.content)
