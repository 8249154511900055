"""The contract kit for engines: one row for each, with its stand-in and what has to come of its answers.

A new engine is a row here, a stand-in in `engine_stand_ins.py`, and a fixture of what it is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from engine_stand_ins import (
    AT,
    SECRET,
    TOKEN,
    AgentsStandIn,
    BotpressStandIn,
    DialogflowStandIn,
    EngineStandIn,
    RasaStandIn,
    TypebotStandIn,
    VoiceflowStandIn,
    WebhookStandIn,
)
from pydantic import SecretStr

from connectors.engines.botpress import Botpress
from connectors.engines.registry import engine_of
from connectors.engines.webhook import Webhook
from connectors.http import HttpClient
from middleware.domain.context import (
    Block,
    Context,
    ConversationView,
    IdentityView,
    MessageView,
    OrdersView,
    OrderView,
    Policy,
    ProfileView,
)
from middleware.domain.conversation import Owner, Window
from middleware.domain.engine_contract import ReplyTo
from middleware.domain.engines import EngineOutcome, Question
from middleware.domain.forms import Buttons, Card, Cards, Media, PhoneButton, ReplyButton, UrlButton
from middleware.domain.identifiers import Level
from middleware.domain.messages import QuickReply, Reply
from middleware.handover import turn_request
from middleware.ports import Engine, EngineSetup


def question(
    text: str = "Where is my order? 🙂",
    *,
    payload: str | None = None,
    turn: str = "glow:whatsapp:777:wamid.1",
    number: str | None = "1001",
) -> Question:
    """What an engine is asked by Ana, whose last order has this number, in the conversation `c-1/ana`."""
    order = OrderView(number=number, state="shipped", created_at=AT) if number is not None else None
    orders = OrdersView(latest=order, all=(order,), count=1) if order is not None else None
    context = Context(
        trace_id="whatsapp:777:wamid.1",
        at=AT,
        message=MessageView(
            id="wamid.1", channel="whatsapp", account="777", kind="text", text=text, payload=payload, sent_at=AT
        ),
        conversation=ConversationView(
            id="c-1/ana", owner=Owner.BOT, window=Window(open=True, why="they wrote"), first_message=True
        ),
        identity=IdentityView(level=Level.LINKED),
        profile=ProfileView(name="Ana \u0303"),
        orders=Block(state="fresh", needs_level=Level.LINKED, value=orders),
        policy=Policy(may_reply=True, may_promote=False, limits={"text": 4096}),
    )
    request = turn_request(
        turn,
        context,
        at=AT,
        blocks=("orders",),
        prompt=4_000,
        values={"order_number": number} if number is not None else {},
        reply=ReplyTo(url="https://here.example/v1/turns/t/replies", until=AT + timedelta(minutes=1)),
    )
    return Question(
        turn=turn,
        conversation="c-1/ana",
        channel="whatsapp",
        account="777",
        text=text,
        payload=payload,
        locale="es_MX",
        at=AT,
        request=request,
    )


QUESTION = question()
PRESSED = question("Track it", payload="TRACK")


def _engine(setup: EngineSetup, http: HttpClient) -> Engine:
    return engine_of(setup, http)


@dataclass(frozen=True)
class Row:
    """One engine of the kit.

    `rich` is an answer with every form that the engine has, and `replies` what it comes to; `handing_over` asks for a
    person with the words `too hard`, None where the engine has no way to; `empty` says nothing.
    """

    kind: str
    stand_in: type[EngineStandIn]
    path: str
    setup: dict[str, Any]
    rich: Any
    replies: tuple[Reply, ...]
    handing_over: Any
    empty: Any
    empty_is: EngineOutcome = EngineOutcome.SILENT
    once: bool = False
    make: Callable[[EngineSetup, HttpClient], Engine] = field(default=_engine)

    def engine(self, stand_in: EngineStandIn, http: HttpClient) -> Engine:
        """The engine, as the settings would have it, at a stand-in."""
        return self.make(EngineSetup(name="bot", kind=self.kind, url=stand_in.url + self.path, **self.setup), http)


_TOKEN, _SECRET = {"token": SecretStr(TOKEN)}, {"secret": SecretStr(SECRET)}
_PICTURE, _PAGE = "https://cdn.example/a.png", "https://shop.example/p?x=1"
_YES_NO = (QuickReply(title="Yes", payload="YES"), QuickReply(title="No", payload="NO"))
_IMAGE = Media(type="image", url=_PICTURE)


def _text(text: str, **more: Any) -> Reply:
    return Reply(text=text, split=True, **more)


def _cards(*cards: Card) -> Reply:
    return _text("", form=Cards(cards=cards))


WEBHOOK = Row(
    "webhook", WebhookStandIn, "/bot", _TOKEN | _SECRET,
    rich={
        "messages": [
            {"text": "Sure?", "quick_replies": [{"title": "Yes", "payload": "YES"}, {"title": "No", "payload": "NO"}]},
            {
                "text": "Buttons",
                "buttons": [
                    {"title": "Track", "payload": "TRACK"},
                    {"title": "Shop", "url": _PAGE},
                    {"title": "Call", "phone": "+34600111222"},
                ],
                "quick_replies": [{"title": "No", "payload": "NO"}],
            },
            {"text": "Look", "media": {"type": "image", "url": _PICTURE}},
            {
                "text": "Two",
                "cards": [
                    {"title": "Rose", "subtitle": "12 €", "image_url": _PICTURE,
                     "buttons": [{"title": "Buy", "url": _PAGE}]},
                    {"title": "Lily"},
                ],
            },
        ]
    },
    replies=(
        _text("Sure?", quick_replies=_YES_NO),
        _text(
            "Buttons",
            form=Buttons(
                buttons=(
                    ReplyButton(title="Track", payload="TRACK"), UrlButton(title="Shop", url=_PAGE),
                    PhoneButton(title="Call", phone="+34600111222"), ReplyButton(title="No", payload="NO"),
                )
            ),
        ),
        _text("Look", form=_IMAGE),
        _text(
            "Two",
            form=Cards(
                cards=(
                    Card(title="Rose", subtitle="12 €", image_url=_PICTURE,
                         buttons=(UrlButton(title="Buy", url=_PAGE),)),
                    Card(title="Lily"),
                )
            ),
        ),
    ),
    handing_over={"messages": [], "hand_over": "too hard"},
    empty={"messages": []},
    once=True,
    make=lambda setup, http: Webhook(setup, http, now=lambda: AT),
)  # fmt: skip

RASA = Row(
    "rasa", RasaStandIn, "", _TOKEN,
    rich=[
        {"recipient_id": "c", "text": "Sure?",
         "buttons": [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]},
        {"recipient_id": "c", "image": _PICTURE},
        {"recipient_id": "c", "attachment": {"type": "video", "payload": {"src": "https://cdn.example/a.mp4"}}},
        {"recipient_id": "c", "attachment": "https://cdn.example/a.pdf"},
    ],
    replies=(
        _text(
            "Sure?",
            quick_replies=(QuickReply(title="Yes", payload="/affirm"), QuickReply(title="No", payload="/deny")),
        ),
        _text("", form=_IMAGE),
        _text("", form=Media(type="video", url="https://cdn.example/a.mp4")),
        _text("", form=Media(type="file", url="https://cdn.example/a.pdf")),
    ),
    handing_over=[{"recipient_id": "c", "custom": {"hand_over": "too hard"}}],
    empty=[],
)  # fmt: skip

_HERO = "application/vnd.microsoft.card.hero"
AGENTS = Row(
    "agents", AgentsStandIn, "/api/messages", _TOKEN,
    rich={
        "activities": [
            {"type": "typing"},
            {
                "type": "message", "text": "Sure?",
                "suggestedActions": {
                    "actions": [
                        {"type": "imBack", "title": "Yes", "value": "YES"},
                        {"type": "postBack", "title": "No", "value": "NO"},
                    ]
                },
            },
            {
                "type": "message", "text": "Links",
                "suggestedActions": {
                    "actions": [
                        {"type": "openUrl", "title": "Shop", "value": _PAGE},
                        {"type": "call", "title": "Call", "value": "tel:+34 600-111222"},
                    ]
                },
            },
            {
                "type": "message",
                "attachments": [
                    {"contentType": "image/png", "contentUrl": _PICTURE},
                    {
                        "contentType": _HERO,
                        "content": {
                            "title": "Rose", "subtitle": "12 €", "text": "Red", "images": [{"url": _PICTURE}],
                            "buttons": [{"type": "messageBack", "title": "Buy", "value": {"id": 1}}],
                        },
                    },
                ],
            },
            {"type": "endOfConversation", "code": "completedSuccessfully"},
        ]
    },
    replies=(
        _text("Sure?", quick_replies=_YES_NO),
        _text(
            "Links",
            form=Buttons(
                buttons=(UrlButton(title="Shop", url=_PAGE), PhoneButton(title="Call", phone="+34600111222"))
            ),
        ),
        _text("", form=_IMAGE),
        _cards(
            Card(title="Rose", subtitle="12 € · Red", image_url=_PICTURE,
                 buttons=(ReplyButton(title="Buy", payload="Buy"),))
        ),
    ),
    handing_over={"activities": [{"type": "event", "name": "handoff.initiate", "value": {"reason": "too hard"}}]},
    empty={"activities": [{"type": "typing"}]},
)  # fmt: skip

BOTPRESS = Row(
    "botpress", BotpressStandIn, "/hook", _SECRET,
    rich=[
        {"type": "choice", "text": "Sure?",
         "options": [{"label": "Yes", "value": "YES"}, {"label": "No", "value": "NO"}]},
        {"type": "markdown", "markdown": "*Look*"},
        {"type": "image", "imageUrl": _PICTURE},
        {"type": "file", "fileUrl": "https://cdn.example/a.pdf", "title": "bill.pdf"},
        {
            "type": "carousel",
            "items": [
                {"type": "card", "title": "Rose", "subtitle": "12 €", "imageUrl": _PICTURE,
                 "actions": [{"action": "url", "label": "Buy", "value": _PAGE}]},
                {"type": "card", "title": "Lily", "actions": [{"action": "postback", "label": "Buy", "value": "LILY"}]},
            ],
        },
        {"type": "bloc", "items": [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]},
    ],
    replies=(
        _text("Sure?", quick_replies=_YES_NO),
        _text("*Look*"),
        _text("", form=_IMAGE),
        _text("", form=Media(type="file", url="https://cdn.example/a.pdf", file_name="bill.pdf")),
        _cards(
            Card(title="Rose", subtitle="12 €", image_url=_PICTURE, buttons=(UrlButton(title="Buy", url=_PAGE),)),
            Card(title="Lily", buttons=(ReplyButton(title="Buy", payload="LILY"),)),
        ),
        _text("One"),
        _text("Two"),
    ),
    handing_over=[{"type": "text", "text": "", "metadata": {"hand_over": "too hard"}}],
    empty=[],
    empty_is=EngineOutcome.UNKNOWN,
    make=lambda setup, http: Botpress(setup, http, every=0.005, quiet=0.01),
)  # fmt: skip

TYPEBOT = Row(
    "typebot", TypebotStandIn, "", _TOKEN | {"bot": "my-bot"},
    rich={
        "messages": [
            {"id": "1", "type": "image", "content": {"url": _PICTURE}},
            {"id": "2", "type": "video", "content": {"type": "youtube", "url": "https://youtu.be/x"}},
            {"id": "3", "type": "video", "content": {"type": "url", "url": "https://cdn.example/a.mp4"}},
            {"id": "4", "type": "text", "content": {"type": "markdown", "markdown": "Sure?"}},
        ],
        "input": {"type": "choice input", "items": [{"id": "a", "content": "Yes"}, {"id": "b", "content": "No"}]},
    },
    replies=(
        _text("", form=_IMAGE),
        _text("https://youtu.be/x"),
        _text("", form=Media(type="video", url="https://cdn.example/a.mp4")),
        _text(
            "Sure?", quick_replies=(QuickReply(title="Yes", payload="Yes"), QuickReply(title="No", payload="No"))
        ),
    ),
    handing_over=None,
    empty={"messages": [], "input": {"id": "i", "type": "text input"}},
)  # fmt: skip

VOICEFLOW = Row(
    "voiceflow", VoiceflowStandIn, "", _TOKEN | {"bot": "p1/main"},
    rich={
        "traces": [
            {"type": "text", "payload": {"message": "Sure?", "slate": {}}},
            {
                "type": "choice",
                "payload": {
                    "buttons": [
                        {"name": "Yes", "request": {"type": "path-yes", "payload": {"label": "Yes"}}},
                        {"name": "No", "request": {"type": "text", "payload": "No, thanks"}},
                    ]
                },
            },
            {"type": "visual", "payload": {"visualType": "image", "image": _PICTURE}},
            {
                "type": "cardV2",
                "payload": {
                    "title": "Rose", "description": {"text": "12 €"}, "imageUrl": _PICTURE,
                    "buttons": [
                        {
                            "name": "Buy",
                            "request": {
                                "type": "path-buy",
                                "payload": {"actions": [{"type": "open_url", "payload": {"url": _PAGE}}]},
                            },
                        }
                    ],
                },
            },
            {"type": "carousel", "payload": {"cards": [{"title": "Lily", "description": {"text": ""}, "buttons": []}]}},
            {"type": "end"},
        ]
    },
    replies=(
        _text(
            "Sure?",
            quick_replies=(QuickReply(title="Yes", payload="path-yes"), QuickReply(title="No", payload="No, thanks")),
        ),
        _text("", form=_IMAGE),
        _cards(Card(title="Rose", subtitle="12 €", image_url=_PICTURE, buttons=(UrlButton(title="Buy", url=_PAGE),))),
        _cards(Card(title="Lily")),
    ),
    handing_over={"traces": [{"type": "hand_over", "payload": "too hard"}]},
    empty={"traces": [{"type": "path"}]},
)  # fmt: skip

DIALOGFLOW = Row(
    "dialogflow", DialogflowStandIn, "", _TOKEN | {"bot": "projects/p/locations/l/agents/a"},
    rich={
        "queryResult": {
            "responseMessages": [
                {"text": {"text": ["Sure?"]}},
                {
                    "payload": {
                        "richContent": [
                            [{"type": "chips", "options": [{"text": "Yes"}, {"text": "No"}]}],
                            [
                                {"type": "image", "rawUrl": _PICTURE},
                                {"type": "info", "title": "Rose", "subtitle": "12 €", "actionLink": _PAGE,
                                 "image": {"src": {"rawUrl": _PICTURE}}},
                                {"type": "description", "title": "Care", "text": ["Water", "Sun"]},
                                {"type": "button", "text": "Shop", "link": _PAGE},
                            ],
                        ]
                    }
                },
                {"endInteraction": {}},
            ]
        }
    },
    replies=(
        _text(
            "Sure?", quick_replies=(QuickReply(title="Yes", payload="Yes"), QuickReply(title="No", payload="No"))
        ),
        _text("", form=_IMAGE),
        _cards(Card(title="Rose", subtitle="12 €", image_url=_PICTURE, buttons=(UrlButton(title="Rose", url=_PAGE),))),
        _text("Care\nWater\nSun"),
        _text("Shop", form=Buttons(buttons=(UrlButton(title="Shop", url=_PAGE),))),
    ),
    handing_over={"queryResult": {"responseMessages": [{"liveAgentHandoff": {"metadata": {"reason": "too hard"}}}]}},
    empty={"queryResult": {"responseMessages": [{"text": {"text": [""]}}]}},
)  # fmt: skip

ROWS = (WEBHOOK, RASA, AGENTS, BOTPRESS, TYPEBOT, VOICEFLOW, DIALOGFLOW)
