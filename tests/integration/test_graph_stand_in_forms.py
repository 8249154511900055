"""The stand-in knows every form of message, and refuses with the documented codes what is not in order."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from connectors.testing import ApprovedTemplate, GraphStandIn

PAGE, INSTAGRAM, NUMBER = "/v26.0/1001/messages", "/v26.0/1784/messages", "/v26.0/777/messages"
TEMPLATES = [
    ApprovedTemplate("order_update", "en", body=2, header="text", buttons=1),
    ApprovedTemplate("hello", "en"),
]
TEXT = {"type": "text", "text": "x"}
HALF_A_LIST = {"button": "x", "sections": [{"rows": [{"id": "1", "title": "a"}]}, {"rows": []}]}
PRESSED = {
    "type": "button",
    "sub_type": "quick_reply",
    "index": "0",
    "parameters": [{"type": "payload", "payload": "P"}],
}


@pytest.fixture
async def graph() -> AsyncIterator[GraphStandIn]:
    """A stand-in that has approved two templates and keeps one file."""
    async with GraphStandIn(instagram={"1784"}, templates=TEMPLATES, media={"123"}) as started:
        yield started


async def post(graph: GraphStandIn, path: str, body: object) -> tuple[int, dict[str, Any]]:
    """POST a body; status and error of the answer."""
    data = body if isinstance(body, aiohttp.FormData) else json.dumps(body)
    async with (
        aiohttp.ClientSession() as session,
        session.post(graph.url + path, data=data, headers={"Authorization": "Bearer x"}) as answer,
    ):
        content: dict[str, Any] = await answer.json()
        return answer.status, content.get("error", {})


def page(**message: Any) -> dict[str, Any]:
    """A message by a page."""
    return {"recipient": {"id": "7301"}, "messaging_type": "RESPONSE", "message": message}


def attachment(kind: str, **payload: Any) -> dict[str, Any]:
    """A message with an attachment."""
    return page(attachment={"type": kind, "payload": payload})


def button(**fields: Any) -> dict[str, Any]:
    """A button template with one button."""
    known = {"type": "postback", "title": "Yes", "payload": "Y"}
    return attachment("template", template_type="button", text="Hi", buttons=[{**known, **fields}])


def element(**fields: Any) -> dict[str, Any]:
    """A generic template with one element."""
    return attachment("template", template_type="generic", elements=[fields])


def whatsapp(kind: str, part: object) -> dict[str, Any]:
    """A message by a number."""
    return {"messaging_product": "whatsapp", "to": "34600111222", "type": kind, kind: part}


def interactive(kind: str, action: object, text: str = "Hi") -> dict[str, Any]:
    """An interactive message."""
    return whatsapp("interactive", {"type": kind, "body": {"text": text}, "action": action})


def template(*components: object, name: str = "order_update", code: str = "en") -> dict[str, Any]:
    """An approved template."""
    return whatsapp("template", {"name": name, "language": {"code": code}, "components": list(components)})


def component(kind: str, *parameters: object) -> dict[str, Any]:
    """A component of a template."""
    return {"type": kind, "parameters": list(parameters)}


def card(index: int, **fields: Any) -> dict[str, Any]:
    """A card of a carousel."""
    known = {
        "card_index": index, "type": "cta_url", "body": {"text": "x"},
        "header": {"type": "image", "image": {"link": "https://a.example/b.png"}},
        "action": {"name": "cta_url", "parameters": {"display_text": "View", "url": "https://a.example"}},
    }  # fmt: skip
    return {**known, **fields}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PAGE, button(title="x" * 21)),
        (PAGE, button(type="web_url", url="no address")),
        (PAGE, button(type="phone_number", payload="12")),
        (INSTAGRAM, button(type="phone_number", payload="+34600111222")),
        (PAGE, attachment("template", template_type="button", text="x" * 641, buttons=[])),
        (PAGE, element(title="x")),
        (PAGE, element(title="x" * 81, subtitle="y")),
        (PAGE, element(title="x", subtitle="y" * 81)),
        (PAGE, attachment("template", template_type="generic", elements=[{"title": "x", "subtitle": "y"}] * 11)),
        (PAGE, attachment("sticker", url="https://a.example/b.png")),
        (PAGE, attachment("image", url="https://a.example/b.png", attachment_id="123")),
        (PAGE, page(attachments={"type": "image", "payload": {"url": "https://a.example/b.png"}})),
        (PAGE, page(text="x", attachment={"type": "image", "payload": {"url": "https://a.example/b.png"}})),
        (PAGE, {**page(text="x", quick_replies=[]), "recipient": {"comment_id": "1"}}),
        (PAGE, {**page(text="x"), "messaging_type": "UTILITY"}),
        (PAGE, page(template={"name": "hello", "language": {"code": "en"}})),
        (PAGE, {**page(template={"name": "gone", "language": {"code": "en"}}), "messaging_type": "UTILITY"}),
        (INSTAGRAM, {**page(template={"name": "hello", "language": {"code": "en"}}), "messaging_type": "UTILITY"}),
        (INSTAGRAM, {**page(text="x"), "reply_to": {"mid": "m"}}),
        (INSTAGRAM, page(text="x", quick_replies=[{"content_type": "user_email"}])),
        (PAGE, {"recipient": {"id": "1"}, "sender_action": "dance"}),
        (PAGE, {"recipient": {"id": "1"}, "sender_action": "react", "payload": {"message_id": "m"}}),
        (NUMBER, interactive("button", {"buttons": [{"reply": {"id": "A", "title": "X"}}] * 2})),
        (NUMBER, interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "x" * 21, "url": "https://a"}})),
        (NUMBER, interactive("carousel", {"cards": [card(0)]})),
        (NUMBER, interactive("carousel", {"cards": [card(0), card(0)]})),
        (NUMBER, interactive("carousel", {"cards": [card(0), card(1, body={"text": "x" * 161})]})),
        (NUMBER, interactive("location_request_message", {"name": "send_location"}, "x" * 1025)),
        (NUMBER, interactive("list", HALF_A_LIST)),
        (NUMBER, whatsapp("audio", {"link": "https://a.example/b.mp3", "caption": "x"})),
        (NUMBER, whatsapp("image", {"link": "https://a.example/b.png", "caption": "x" * 1025})),
        (NUMBER, whatsapp("sticker", {"link": "https://a.example/b.webp", "filename": "b"})),
        (NUMBER, {"messaging_product": "whatsapp", "status": "read", "message_id": "m", "typing_indicator": {}}),
    ],
)  # fmt: skip
async def test_what_is_not_in_order_is_refused(graph: GraphStandIn, path: str, body: object) -> None:
    """400 with code 100, and nothing counts as sent."""
    status, error = await post(graph, path, body)
    assert (status, error.get("code")) == (400, 100)
    assert graph.sent == []


@pytest.mark.parametrize(
    ("path", "body", "code", "subcode"),
    [
        (PAGE, attachment("image", attachment_id="999"), 100, 2018074),
        (NUMBER, whatsapp("image", {"id": "999"}), 131009, None),
        (NUMBER, template(name="gone"), 132001, None),
        (NUMBER, template(code="de"), 132001, None),
        (NUMBER, template(component("header", TEXT), component("body", TEXT), PRESSED), 132000, None),
        (NUMBER, template(component("body", TEXT, TEXT), PRESSED), 132000, None),
        (NUMBER, template(component("header", TEXT), component("body", TEXT, TEXT)), 132000, None),
        (NUMBER, template(component("header", {"type": "image", "image": {"id": "123"}})), 132012, None),
        (NUMBER, template(component("header", TEXT), name="hello"), 132012, None),
        (NUMBER, template(component("body", {"type": "text", "text": "a\nb"})), 132012, None),
    ],
)
async def test_codes_say_what_is_wrong(
    graph: GraphStandIn, path: str, body: object, code: int, subcode: int | None
) -> None:
    """A file or a template that is not known, parameters too few or of the wrong sort: each has its own code."""
    _, error = await post(graph, path, body)
    assert (error.get("code"), error.get("error_subcode")) == (code, subcode)


async def test_an_approved_template_is_accepted(graph: GraphStandIn) -> None:
    """Name, language and as many parameters as it has placeholders."""
    whole = template(component("header", TEXT), component("body", TEXT, TEXT), PRESSED)
    assert (await post(graph, NUMBER, whole))[0] == 200
    assert (await post(graph, NUMBER, template(name="hello")))[0] == 200


def form(edge: str, size: int, mime: str, **fields: str) -> aiohttp.FormData:
    """An upload."""
    data = aiohttp.FormData(fields)
    data.add_field("file" if edge == "media" else "filedata", b"x" * size, filename="a", content_type=mime)
    return data


def of_page(kind: str) -> str:
    """The message that goes with an upload to a page."""
    return json.dumps({"attachment": {"type": kind, "payload": {"is_reusable": True}}})


@pytest.mark.parametrize(
    ("edge", "data", "code"),
    [
        ("media", form("media", 10, "image/png", messaging_product="whatsapp", type="image/png"), None),
        ("media", form("media", 10, "image/png", type="image/png"), 100),
        ("media", form("media", 10, "image/png", messaging_product="whatsapp", type="image/gif"), 100),
        ("media", form("media", 512 * 1024 + 1, "image/webp", messaging_product="whatsapp", type="image/webp"), 131053),
        ("message_attachments", form("", 10, "image/png", message=of_page("image")), None),
        ("message_attachments", form("", 10, "video/mp4", message=of_page("image")), 100),
        ("message_attachments", form("", 10, "image/png", message="no json"), 100),
        ("message_attachments", form("", 10, "image/png", message=of_page("sticker")), 100),
        ("message_attachments", {"message": {}}, 100),
    ],
)
async def test_uploads_are_checked(graph: GraphStandIn, edge: str, data: object, code: int | None) -> None:
    """Type and size of a file, and the fields around it; what is in order gets an id that can be sent."""
    status, error = await post(graph, f"/v26.0/777/{edge}", data)
    assert error.get("code") == code
    assert (status, len(graph.uploaded)) == ((200, 1) if code is None else (400, 0))
