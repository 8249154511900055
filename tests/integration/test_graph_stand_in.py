"""The stand-in for the Graph API behaves as the real one is documented to."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from connectors.signatures import is_hex_signed
from connectors.testing import (
    Answer,
    Behaviour,
    Callback,
    Cut,
    GraphStandIn,
    Limits,
    Published,
    accept_then_reset,
    api_error,
    garbage,
    http_error,
    reset_before_accept,
    server_error,
    slow,
    slow_answer,
    throttle,
    too_many_requests,
)
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import Outcome, QuickReply, Reply
from middleware.ports import Account
from tests.running import until

SECRET = b"app secret"
TOKEN = "token"
PAGE = {
    "recipient": {"id": "7301"},
    "messaging_type": "RESPONSE",
    "message": {"text": "Hi", "metadata": "k.0"},
}
WHATSAPP = {"messaging_product": "whatsapp", "to": "+34612345678", "type": "text", "text": {"body": "Hi"},
            "biz_opaque_callback_data": "k.0"}  # fmt: skip


class Caller:
    """What a test posts with: the answer's status, JSON (None if it is none) and headers."""

    def __init__(self, session: aiohttp.ClientSession, graph: GraphStandIn) -> None:
        self.session = session
        self.graph = graph

    async def post(
        self, body: object, path: str = "/v26.0/1001/messages", token: str | None = TOKEN
    ) -> tuple[int, Any, Any]:
        """POST a body (JSON, or bytes as they are)."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        async with self.session.post(self.graph.url + path, data=data, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, _json(raw), answer.headers


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


@pytest.fixture
async def graph() -> AsyncIterator[GraphStandIn]:
    """A stand-in that knows one Instagram account."""
    async with GraphStandIn(instagram={"1784"}) as started:
        yield started


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session that keeps no connection: every request shows the fate of its own."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=5)) as opened:
        yield opened


@pytest.fixture
def caller(session: aiohttp.ClientSession, graph: GraphStandIn) -> Caller:
    """Posts to `graph`."""
    return Caller(session, graph)


async def test_a_message_on_messenger_is_confirmed_and_recorded(caller: Caller) -> None:
    """The answer names person and message; the record says what was sent, from where, with which key."""
    status, answer, headers = await caller.post(PAGE)
    (sent,) = caller.graph.sent
    assert (status, answer) == (200, {"recipient_id": "7301", "message_id": sent.message_id})
    assert (sent.channel, sent.path_id, sent.recipient, sent.text, sent.key) == (
        "messenger", "1001", "7301", "Hi", "k.0",
    )  # fmt: skip
    assert sent.body == PAGE
    assert "call_count" in json.loads(headers["X-App-Usage"])
    assert json.loads(headers["X-Business-Use-Case-Usage"])["1001"][0]["type"] == "messenger"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v26.0/1784/messages", PAGE),
        ("/1784/messages", PAGE),
        ("/v26.0/1001/messages", {**PAGE, "recipient": {"id": "1784"}}),
    ],
)
async def test_instagram_is_known_by_its_ids(caller: Caller, path: str, body: object) -> None:
    """An id in the path or of the recipient makes it Instagram; the version in the path may be missing."""
    status, _, _ = await caller.post(body, path)
    assert (status, caller.graph.sent[0].channel) == (200, "instagram")


@pytest.mark.parametrize(
    ("to", "contact"),
    [
        ({"to": "+34612345678"}, {"input": "+34612345678", "wa_id": "34612345678"}),
        ({"recipient": "ES.9001a"}, {"input": "ES.9001a", "user_id": "ES.9001a"}),
        ({"to": "34612345678", "recipient": "ES.9001a"}, {"input": "34612345678", "wa_id": "34612345678"}),
        ({"to": None, "recipient": "ES.ENT.9001a"}, {"input": "ES.ENT.9001a", "user_id": "ES.ENT.9001a"}),
    ],
)
async def test_whatsapp_writes_to_a_number_or_a_user_id(
    caller: Caller, to: dict[str, str | None], contact: dict[str, str]
) -> None:
    """The answer says whom it took it for; where both are given the number wins."""
    body = {name: value for name, value in WHATSAPP.items() if name != "to"} | to
    status, answer, _ = await caller.post(body, "/v26.0/106/messages")
    (sent,) = caller.graph.sent
    assert (status, answer) == (
        200,
        {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": sent.message_id, "message_status": "accepted"}],
        },
    )
    assert (sent.channel, sent.path_id, sent.recipient, sent.text, sent.key) == (
        "whatsapp", "106", contact["input"], "Hi", "k.0",
    )  # fmt: skip


def _page_replies(number: int, title: str = "Yes", payload: str = "Y") -> dict[str, Any]:
    reply = {"content_type": "text", "title": title, "payload": payload}
    return {**PAGE, "message": {"text": "Hi", "quick_replies": [reply] * number}}


def _buttons(*titles: str, text: str = "Hi", ident: str = "Y") -> dict[str, Any]:
    buttons = [
        {"type": "reply", "reply": {"id": ident + "." * place, "title": title}} for place, title in enumerate(titles)
    ]
    interactive = {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}}
    return {**WHATSAPP, "type": "interactive", "interactive": interactive}


def _list(rows: int, title: str = "Yes") -> dict[str, Any]:
    section = {"title": "All", "rows": [{"id": "Y" + "." * row, "title": title} for row in range(rows)]}
    interactive = {
        "type": "list",
        "body": {"text": "Hi"},
        "action": {"button": "Choose", "sections": [section]},
    }
    return {**WHATSAPP, "type": "interactive", "interactive": interactive}


def _attachment(kind: str, **payload: object) -> dict[str, Any]:
    return {"attachment": {"type": kind, "payload": payload}}


def _text(text: object) -> dict[str, Any]:
    return {**PAGE, "message": {"text": text}}


@pytest.mark.parametrize(
    ("body", "replies"),
    [(_page_replies(13), 13), (_buttons("Yes", "No", "Maybe"), 3), (_list(10), 10)],
)
async def test_quick_replies_are_recorded(caller: Caller, body: object, replies: int) -> None:
    """As many as the channel takes, with title and payload."""
    status, _, _ = await caller.post(body)
    assert status == 200
    assert len(caller.graph.sent[0].quick_replies) == replies
    assert caller.graph.sent[0].quick_replies[0] == ("Yes", "Y")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/1001/messages", _text("é" * 2000)),
        ("/1784/messages", _text("é" * 500)),
        ("/106/messages", {**WHATSAPP, "text": {"body": "é" * 4096}}),
        ("/106/messages", _buttons("Yes", text="é" * 1024)),
        ("/1001/messages", {**PAGE, "message": _attachment("image", url="https://a.example/b.png")}),
        ("/1001/messages", {**PAGE, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}),
    ],
)
async def test_what_just_fits_is_accepted(caller: Caller, path: str, body: object) -> None:
    """2,000 characters on Messenger, 1,000 bytes on Instagram, 4,096 on WhatsApp (1,024 with buttons)."""
    status, answer, _ = await caller.post(body, path)
    assert (status, len(caller.graph.sent)) == (200, 1), answer


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/1001/messages", b"no json"),
        ("/1001/messages", []),
        ("/1001/messages", {}),
        ("/1001/messages", {**PAGE, "recipient": "7301"}),
        ("/1001/messages", {**PAGE, "recipient": {}}),
        ("/1001/messages", {**PAGE, "recipient": {"id": ""}}),
        ("/1001/messages", {**PAGE, "recipient": {"id": "1", "comment_id": "2"}}),
        ("/1001/messages", {**PAGE, "messaging_type": "PROMOTION"}),
        ("/1001/messages", {**PAGE, "messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}),
        ("/1001/messages", {**PAGE, "message": {}}),
        ("/1001/messages", _text("  ")),
        ("/1001/messages", _text(7)),
        ("/1001/messages", _text("é" * 2001)),
        ("/1784/messages", _text("é" * 501)),
        ("/1001/messages", _page_replies(14)),
        ("/1001/messages", _page_replies(1, title="x" * 21)),
        ("/1001/messages", _page_replies(1, payload="x" * 1001)),
        ("/1001/messages", {**PAGE, "message": {"text": "Hi", "metadata": "x" * 1001}}),
        ("/106/messages", {**WHATSAPP, "type": "fax", "fax": "x"}),
        ("/106/messages", {**WHATSAPP, "text": {}}),
        ("/106/messages", {**WHATSAPP, "text": {"body": "é" * 4097}}),
        ("/106/messages", {**WHATSAPP, "biz_opaque_callback_data": "x" * 513}),
        ("/106/messages", _buttons()),
        ("/106/messages", _buttons("a", "b", "c", "d")),
        ("/106/messages", _buttons("x" * 21)),
        ("/106/messages", _buttons("Yes", ident="x" * 257)),
        ("/106/messages", _buttons("Yes", text="x" * 1025)),
        ("/106/messages", _list(11)),
        ("/106/messages", _list(1, title="x" * 25)),
    ],
)
async def test_what_is_malformed_or_too_long_is_refused(caller: Caller, path: str, body: object) -> None:
    """400 with code 100 in the documented shape, and nothing is recorded but the request."""
    status, answer, _ = await caller.post(body, path)
    assert (status, answer["error"]["code"], answer["error"]["type"]) == (400, 100, "OAuthException")
    assert {"message", "fbtrace_id"} < answer["error"].keys()
    assert (caller.graph.sent, len(caller.graph.requests)) == ([], 1)


@pytest.mark.parametrize("to", [{"to": "ES.9001a"}, {"to": "", "recipient": "34612345678"}])
async def test_a_user_id_does_not_belong_in_to(caller: Caller, to: dict[str, str]) -> None:
    """Business-scoped ids go into `recipient`, numbers into `to`."""
    status, answer, _ = await caller.post({**WHATSAPP, **to})
    assert (status, answer["error"]["code"]) == (400, 131009)


@pytest.mark.parametrize("path", ["/", "/v26.0/1001", "/v26.0/1001/feed", "/26/1001/messages"])
async def test_other_paths_are_unknown(caller: Caller, path: str) -> None:
    """Only the messages edge exists."""
    status, answer, _ = await caller.post(PAGE, path)
    assert (status, answer["error"]["code"]) == (400, 2500)


@pytest.mark.parametrize("token", [None, "", "former"])
async def test_only_known_tokens_are_let_in(session: aiohttp.ClientSession, token: str | None) -> None:
    """A missing or wrong token is 401 with code 190, before anything else is looked at."""
    async with GraphStandIn(tokens={"mine"}) as graph:
        caller = Caller(session, graph)
        status, answer, _ = await caller.post(b"no json", token=token)
        assert (status, answer["error"]["code"]) == (401, 190)
        assert (await caller.post(PAGE, token="mine"))[0] == 200
        assert (await caller.post(PAGE, "/1001/messages?access_token=mine", token=None))[0] == 200
        assert len(graph.sent) == 2


async def test_without_configured_tokens_any_will_do(caller: Caller) -> None:
    """Any token but none."""
    assert (await caller.post(PAGE, token="whatever"))[0] == 200
    assert (await caller.post(PAGE, token=None))[0] == 401


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"recipient": {"id": "7301"}, "sender_action": "typing_on"}, {"recipient_id": "7301"}),
        ({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}, {"success": True}),
    ],
)
async def test_typing_and_read_signs_are_no_messages(caller: Caller, body: object, answer: object) -> None:
    """They are answered and not recorded as sent."""
    assert (await caller.post(body))[:2] == (200, answer)
    assert caller.graph.sent == []


@pytest.mark.parametrize(
    ("behaviour", "status", "code", "recorded"),
    [
        (api_error(10, subcode=2018278), 400, 10, 0),
        (api_error(190, status=401), 401, 190, 0),
        (http_error(403), 403, None, 0),
        (too_many_requests(), 429, None, 0),
        (server_error(), 500, 2, 0),
        (server_error(503, recorded=True), 503, 2, 1),
        (garbage(), 200, None, 1),
        (garbage(status=502, recorded=False), 502, None, 0),
        (Behaviour(answer=Answer.of(200, {"error": {"code": 1}})), 200, 1, 1),
    ],
)
async def test_scripted_answers(
    caller: Caller, behaviour: Behaviour, status: int, code: int | None, recorded: int
) -> None:
    """One request gets the scripted answer, whether or not the message was accepted; the next is ordinary."""
    caller.graph.fail_next(behaviour)
    got, answer, _ = await caller.post(PAGE)
    assert (got, answer["error"]["code"] if answer else None) == (status, code)
    assert len(caller.graph.sent) == recorded
    assert (await caller.post(PAGE))[0] == 200


async def test_scripted_headers_and_subcodes_come_along(caller: Caller) -> None:
    """What a caller needs for its decision is in the answer."""
    caller.graph.fail_next(too_many_requests(1.5), api_error(100, subcode=2018001, headers={"X-App-Usage": "{}"}))
    assert (await caller.post(PAGE))[2]["Retry-After"] == "1.5"
    _, answer, headers = await caller.post(PAGE)
    assert (answer["error"]["error_subcode"], headers["X-App-Usage"]) == (2018001, "{}")


@pytest.mark.parametrize(
    ("behaviour", "recorded"),
    [
        (accept_then_reset(), 1),
        (accept_then_reset(Cut.IN_ANSWER), 1),
        (reset_before_accept(), 0),
    ],
)
async def test_cut_connections(caller: Caller, behaviour: Behaviour, recorded: int) -> None:
    """The caller learns nothing; whether the message was accepted stands in the record."""
    caller.graph.fail_next(behaviour)
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await caller.post(PAGE)
    assert len(caller.graph.sent) == recorded
    assert (await caller.post(PAGE))[0] == 200


async def test_a_connection_cut_in_the_answer_shows_half_of_it(caller: Caller) -> None:
    """Status and headers of a success arrive, and then only a part of the body."""
    caller.graph.fail_next(accept_then_reset(Cut.IN_ANSWER))
    headers = {"Authorization": "Bearer token"}
    async with caller.session.post(f"{caller.graph.url}/1001/messages", json=PAGE, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


@pytest.mark.parametrize(("behaviour", "recorded"), [(slow(1.0), 0), (slow_answer(1.0), 1)])
async def test_slowness_lies_before_or_behind_the_acceptance(
    caller: Caller, behaviour: Behaviour, recorded: int
) -> None:
    """A caller that gives up cannot know: the message is accepted late, or was accepted at once."""
    caller.graph.fail_next(behaviour)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(caller.post(PAGE), 0.5)
    assert len(caller.graph.sent) == recorded

    async def is_accepted() -> bool:
        return len(caller.graph.sent) == 1

    await until(is_accepted, "the message to be accepted")


@pytest.mark.parametrize(("body", "code"), [(PAGE, 613), (WHATSAPP, 130429)])
async def test_throttling_counts_per_account_and_second(caller: Caller, body: object, code: int) -> None:
    """More than so many in a second get the channel's rate code; a second later there is room again."""
    now = [100.0]
    caller.graph.behave(throttle(2, clock=lambda: now[0]))
    statuses = [(await caller.post(body))[0] for _ in range(3)]
    _, answer, _ = await caller.post(body)
    assert statuses == [200, 200, 400]
    assert answer["error"]["code"] == code
    assert (await caller.post(body, "/2002/messages"))[0] == 200
    now[0] += 1
    assert (await caller.post(body))[0] == 200


AUDIO = {"recipient": {"id": "7301"}, "message": {"attachment": {"type": "audio", "payload": {"url": "https://a/b"}}}}


async def test_published_limits_count_audio_apart(caller: Caller) -> None:
    """Text and audio of a page have limits of their own in any second; a refusal is 613 and does not count."""
    now = [100.0]
    limits = Limits({"messenger": Published(3, audio_video=1)}, clock=lambda: now[0])
    caller.graph.behave(limits)

    statuses = [(await caller.post(body))[0] for body in (PAGE, AUDIO, PAGE, AUDIO, PAGE, PAGE)]
    _, answer, _ = await caller.post(PAGE)
    assert statuses == [200, 200, 200, 400, 200, 400]
    assert (answer["error"]["code"], answer["error"]["type"]) == (613, "OAuthException")
    assert limits.refused == {613: 3}
    now[0] += 1
    assert [(await caller.post(body))[0] for body in (PAGE, AUDIO)] == [200, 200]


async def test_published_pair_rate_is_borrowed_and_paid_back(caller: Caller) -> None:
    """Two at once for a person who gets one every six seconds: the third is 131056, six seconds later one may go."""
    now = [100.0]
    caller.graph.behave(Limits({"whatsapp": Published(80, pair_every=6, pair_burst=2)}, clock=lambda: now[0]))

    codes = [(await caller.post(WHATSAPP))[1].get("error", {}).get("code") for _ in range(3)]
    other, _, _ = await caller.post({**WHATSAPP, "to": "34600999888"})
    assert (codes, other) == ([None, None, 131056], 200)
    now[0] += 6.1
    assert [(await caller.post(WHATSAPP))[0] for _ in range(2)] == [200, 400]


async def test_an_allowance_shows_in_the_usage_headers(caller: Caller) -> None:
    """Each answer says how much is used; what is over it is refused with the minutes until there is room again."""
    now = [100.0]
    limits = {"messenger": Published(300, allowance=4, period=600)}
    caller.graph.behave(Limits(limits, clock=lambda: now[0]))

    used = [json.loads((await caller.post(PAGE))[2]["X-App-Usage"])["call_count"] for _ in range(4)]
    _, answer, headers = await caller.post(PAGE)
    (case,) = json.loads(headers["X-Business-Use-Case-Usage"])["1001"]
    assert used == [25, 50, 75, 100]
    assert (answer["error"]["code"], case["estimated_time_to_regain_access"]) == (80006, 10)


async def test_the_queue_comes_before_the_rule(caller: Caller) -> None:
    """A rule holds until it is taken away; queued behaviours are used up one by one before it."""
    caller.graph.behave(http_error(503))
    caller.graph.fail_next(http_error(502), http_error(504))
    assert [(await caller.post(PAGE))[0] for _ in range(4)] == [502, 504, 503, 503]
    caller.graph.behave(lambda request: http_error(418) if request.token == "tea" else None)
    assert [(await caller.post(PAGE, token=token))[0] for token in ("tea", "token")] == [418, 200]
    caller.graph.behave(None)
    assert (await caller.post(PAGE, token="tea"))[0] == 200


class Receiver:
    """A webhook route that takes every delivery after refusing the first `refused`."""

    def __init__(self, refused: int = 0) -> None:
        self.refused = refused
        self.taken: list[dict[str, Any]] = []
        self.signed: list[bool] = []
        self.at: list[float] = []

    async def receive(self, request: web.Request) -> web.Response:
        """Take one delivery, or refuse it."""
        raw = await request.read()
        self.at.append(time.monotonic())
        if self.refused:
            self.refused -= 1
            return web.Response(status=503)
        self.signed.append(is_hex_signed(request.headers.get("X-Hub-Signature-256"), raw, SECRET))
        self.taken.append(json.loads(raw))
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    """A receiver and its URL."""
    taking = Receiver()
    app = web.Application()
    app.router.add_post("/webhook", taking.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield taking, "http://{}:{}/webhook".format(*runner.addresses[0])
    await runner.cleanup()


async def test_messenger_echoes_with_app_and_key(
    session: aiohttp.ClientSession, receiver: tuple[Receiver, str]
) -> None:
    """The echo is signed, bears the answer's message id, and brings our key back."""
    taking, url = receiver
    async with GraphStandIn(callbacks=[Callback(url, SECRET, "messenger", "1001", app_id=42)]) as graph:
        _, answer, _ = await Caller(session, graph).post(PAGE)
        await graph.settled()
    (event,) = taking.taken[0]["entry"][0]["messaging"]
    assert taking.signed == [True]
    assert (event["sender"], event["recipient"]) == ({"id": "1001"}, {"id": "7301"})
    assert event["message"] == {
        "mid": answer["message_id"], "is_echo": True, "text": "Hi", "app_id": 42, "metadata": "k.0",
    }  # fmt: skip


async def test_instagram_echoes_without_app_and_key(
    session: aiohttp.ClientSession, receiver: tuple[Receiver, str]
) -> None:
    """Sent by the Page's id, echoed for the Instagram account, and only the text tells whose it was."""
    taking, url = receiver
    callback = Callback(url, SECRET, "instagram", "1784", path_id="2002")
    async with GraphStandIn(callbacks=[callback]) as graph:
        await Caller(session, graph).post(PAGE, "/v26.0/2002/messages")
        await graph.settled()
        assert graph.sent[0].channel == "instagram"
    body = taking.taken[0]
    assert (body["object"], body["entry"][0]["id"]) == ("instagram", "1784")
    assert body["entry"][0]["messaging"][0]["message"].keys() == {"mid", "is_echo", "text"}


async def test_whatsapp_reports_sent_and_delivered(
    session: aiohttp.ClientSession, receiver: tuple[Receiver, str]
) -> None:
    """Two statuses in order, with our key and what it cost."""
    taking, url = receiver
    async with GraphStandIn(callbacks=[Callback(url, SECRET, "whatsapp", "106")]) as graph:
        await Caller(session, graph).post(WHATSAPP, "/v26.0/106/messages")
        await graph.settled()
        message_id = graph.sent[0].message_id
    statuses = [body["entry"][0]["changes"][0]["value"]["statuses"][0] for body in taking.taken]
    assert [status["status"] for status in statuses] == ["sent", "delivered"]
    assert {status["id"] for status in statuses} == {message_id}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"k.0"}
    assert {status["recipient_id"] for status in statuses} == {"34612345678"}
    assert all(status["pricing"]["pricing_model"] == "PMP" for status in statuses)


async def test_webhooks_are_sent_again_until_taken(
    session: aiohttp.ClientSession, receiver: tuple[Receiver, str]
) -> None:
    """After `delay` seconds, with pauses, a bounded number of times."""
    taking, url = receiver
    callback = Callback(url, SECRET, "messenger", "1001", delay=0.1, attempts=3, pause=0.01)
    async with GraphStandIn(callbacks=[callback]) as graph:
        taking.refused, began = 2, time.monotonic()
        await Caller(session, graph).post(PAGE)
        await graph.settled()
        taking.refused = 100
        await Caller(session, graph).post(PAGE)
        await graph.settled()
    assert taking.at[0] - began >= 0.1
    assert [(each.status, each.attempts) for each in graph.called_back] == [(200, 3), (503, 3)]
    assert len(taking.taken) == 1


async def test_a_receiver_that_is_away_is_given_up(session: aiohttp.ClientSession) -> None:
    """No one listens: the stand-in tries, says so, and goes on."""
    callback = Callback("http://127.0.0.1:9/none", SECRET, "messenger", "1001", attempts=2, pause=0.01)
    async with GraphStandIn(callbacks=[callback]) as graph:
        assert (await Caller(session, graph).post(PAGE))[0] == 200
        await graph.settled()
        assert [(each.status, each.attempts) for each in graph.called_back] == [(None, 2)]


async def test_what_was_accepted_is_called_back_whatever_was_answered(
    session: aiohttp.ClientSession, receiver: tuple[Receiver, str]
) -> None:
    """The echo of a message whose answer never came is how its fate becomes known; a refused one has none."""
    taking, url = receiver
    async with GraphStandIn(callbacks=[Callback(url, SECRET, "messenger", "1001")]) as graph:
        graph.fail_next(accept_then_reset(), reset_before_accept())
        for _ in range(2):
            with pytest.raises(aiohttp.ClientError):
                await Caller(session, graph).post(PAGE)
        await graph.settled()
    assert len(taking.taken) == 1


async def test_closing_ends_what_is_under_way(session: aiohttp.ClientSession) -> None:
    """Waiting requests and webhooks do not hold a test up, and closing twice is fine."""
    graph = GraphStandIn(callbacks=[Callback("http://127.0.0.1:9/", SECRET, "messenger", "1001", delay=60)])
    await graph.start()
    await Caller(session, graph).post(PAGE)
    graph.behave(slow(60))
    waiting = asyncio.create_task(Caller(session, graph).post(PAGE))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        await graph.close()
        await graph.close()
    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_the_channels_can_send_through_it(graph: GraphStandIn) -> None:
    """Our own channels' requests are in order for it, and its answers are a success for them."""
    reply = Reply(text="Hi", quick_replies=(QuickReply(title="Yes", payload="Y"),))
    customers = {
        "messenger": ("1001", Identifier(IdentifierKind.MESSENGER, "1001", "7301")),
        "instagram": ("1784", Identifier(IdentifierKind.INSTAGRAM, "1784", "9902")),
        "whatsapp": ("106", Identifier(IdentifierKind.PHONE, "", "+34612345678")),
    }
    async with HttpClient() as http:
        for channel in (Messenger(http), Instagram(http), WhatsApp(http)):
            account_id, customer = customers[channel.name]
            account = Account("b", "a", channel.name, account_id, token=SecretStr("token"), base_url=graph.url)
            result = await channel.send(account, [customer], reply, "k.0", timeout=5)
            assert result.outcome is Outcome.SENT, result
            assert result.message_id == graph.sent[-1].message_id
    assert [sent.channel for sent in graph.sent] == ["messenger", "instagram", "whatsapp"]
    assert {sent.quick_replies for sent in graph.sent} == {(("Yes", "Y"),)}


async def _started(*arguments: str) -> tuple[asyncio.subprocess.Process, str]:
    """The stand-in as a process of its own, and the URL that it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.testing", "--port", "0", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 20)
    return process, line.decode().strip()


async def test_a_process_of_its_own_keeps_a_ledger(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    """What was answered is in the file, one line of JSON each, even if the process is killed."""
    ledger = tmp_path / "sent.jsonl"
    process, url = await _started("--ledger", str(ledger), "--token", "mine", "--instagram", "1784")
    graph = GraphStandIn()
    graph.url = url
    caller = Caller(session, graph)
    try:
        answers = [await caller.post(_text(text), "/1784/messages", "mine") for text in ("é", "two\nlines")]
        assert (await caller.post(PAGE, token="wrong"))[0] == 401
    finally:
        process.kill()
        await process.wait()
    lines = [json.loads(line) for line in ledger.read_text(encoding="ascii").splitlines()]
    assert [(line["channel"], line["text"]) for line in lines] == [
        ("instagram", "é"),
        ("instagram", "two\nlines"),
    ]
    assert [line["message_id"] for line in lines] == [answer["message_id"] for _, answer, _ in answers]


async def test_a_process_of_its_own_calls_back(session: aiohttp.ClientSession, receiver: tuple[Receiver, str]) -> None:
    """Echoes work there too, and slowness is an option."""
    taking, url = receiver
    fields = {"url": url, "secret": SECRET.decode(), "connector": "messenger", "account": "1001"}
    process, stand_in_url = await _started("--callback", json.dumps(fields), "--answer-delay", "0.2")
    graph = GraphStandIn()
    graph.url = stand_in_url
    began = time.monotonic()
    try:
        await Caller(session, graph).post(PAGE)
    finally:
        process.terminate()
        await process.wait()
    assert time.monotonic() - began >= 0.2
    assert taking.signed == [True]
