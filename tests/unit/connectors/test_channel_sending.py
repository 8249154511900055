"""Sending through each channel against a real server: what goes out, and what becomes of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from scripted_server import ScriptedServer, babbles, fails

from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.messages import Outcome, QuickReply, Reply, SendResult
from middleware.ports import Account, Channel
from tests.stand_ins import Answer, breaks_off, hangs, hangs_up, says

KEY = "0123456789abcdef0123456789abcdef.0"
PERSON: dict[str, Identifier] = {
    "messenger": Identifier(IdentifierKind.MESSENGER, "1001", "7301"),
    "instagram": Identifier(IdentifierKind.INSTAGRAM, "1001", "9201"),
    "whatsapp": Identifier(IdentifierKind.WHATSAPP, "", "FR.9001a"),
}
PHONE = Identifier(IdentifierKind.PHONE, "", "+33600000000")
ACCEPTED: dict[str, dict[str, Any]] = {
    "messenger": {"recipient_id": "7301", "message_id": "m_sent"},
    "instagram": {"recipient_id": "9201", "message_id": "m_sent"},
    "whatsapp": {
        "contacts": [{"input": "FR.9001a"}],
        "messages": [{"id": "m_sent", "message_status": "accepted"}],
    },
}


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    """A started client."""
    async with HttpClient() as client:
        yield client


@pytest.fixture(params=[Messenger, Instagram, WhatsApp])
def channel(request: pytest.FixtureRequest, http: HttpClient) -> Channel:
    """Each channel in turn, on a started client."""
    found: Channel = request.param(http)
    return found


def _account(channel: Channel, **fields: Any) -> Account:
    given = {
        "brand": "mugs",
        "name": "main",
        "connector": channel.name,
        "id": "1001",
        "token": SecretStr("EAAG"),
    }
    return Account(**{**given, **fields})


async def _send(
    channel: Channel,
    answer: Answer,
    reply: Reply | None = None,
    recipient: tuple[Identifier, ...] | None = None,
    seconds: float = 5.0,
    **account: Any,
) -> tuple[SendResult, ScriptedServer]:
    async with ScriptedServer(answer) as server:
        result = await channel.send(
            _account(channel, **{"base_url": server.url, **account}),
            (PERSON[channel.name],) if recipient is None else recipient,
            reply or Reply(text="It is."),
            KEY,
            timeout=seconds,
        )
    return result, server


async def test_a_message_is_sent(channel: Channel) -> None:
    """An accepted message has its id; it went to the account's own address, with its token."""
    result, server = await _send(channel, says(200, ACCEPTED[channel.name]))
    assert (result.outcome, result.message_id, result.code) == (Outcome.SENT, "m_sent", "HTTP 200")
    (seen,) = server.seen
    assert seen.path == "/v26.0/1001/messages"
    assert seen.headers["Authorization"] == "Bearer EAAG"


async def test_the_address_follows_the_account(channel: Channel) -> None:
    """`sender_id` and `api_version` go into the path; a base that has a version gets no second one."""
    accepted = says(200, ACCEPTED[channel.name])
    _, server = await _send(channel, accepted, sender_id="2002", api_version="v27.0")
    assert server.seen[0].path == "/v27.0/2002/messages"
    async with ScriptedServer(accepted) as versioned:
        account = _account(channel, base_url=f"{versioned.url}/graph/v25.0")
        await channel.send(account, (PERSON[channel.name],), Reply(text="x"), KEY, timeout=5.0)
    assert versioned.seen[0].path == "/graph/v25.0/1001/messages"


async def test_an_id_cannot_leave_its_place_in_the_path(channel: Channel) -> None:
    """Slashes in a configured id are part of the id."""
    _, server = await _send(channel, says(400, {}), sender_id="../../me?x=")
    assert server.seen[0].path == "/v26.0/..%2F..%2Fme%3Fx=/messages"


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        (says(200, {}), Outcome.UNKNOWN, "HTTP 200"),
        (says(200, b"<html>"), Outcome.UNKNOWN, "HTTP 200"),
        (says(200, {"message_id": 7.5, "messages": "m"}), Outcome.UNKNOWN, "HTTP 200"),
        (babbles, Outcome.UNKNOWN, "HTTP 200"),
        (fails(613), Outcome.RETRY, "HTTP 400/613"),
        (fails(4, status=503), Outcome.RETRY, "HTTP 503/4"),
        (says(429, {}), Outcome.RETRY, "HTTP 429"),
        (fails(2, status=500), Outcome.UNKNOWN, "HTTP 500/2"),
        (fails(131000), Outcome.UNKNOWN, "HTTP 400/131000"),
        (says(502, b"Bad gateway"), Outcome.UNKNOWN, "HTTP 502"),
        (fails(10, 2018278, status=403), Outcome.WINDOW_CLOSED, "HTTP 403/10/2018278"),
        (fails(131047), Outcome.WINDOW_CLOSED, "HTTP 400/131047"),
        (fails(100, 2018001), Outcome.RECIPIENT_GONE, "HTTP 400/100/2018001"),
        (fails(190, 463, status=401), Outcome.ACCOUNT_PROBLEM, "HTTP 401/190/463"),
        (fails(100), Outcome.REFUSED, "HTTP 400/100"),
        (says(404, b"not here"), Outcome.REFUSED, "HTTP 404"),
        (says(302, {}, {"Location": "https://evil.example/"}), Outcome.REFUSED, "HTTP 302"),
        (hangs, Outcome.UNKNOWN, None),
        (hangs_up, Outcome.UNKNOWN, None),
        (breaks_off, Outcome.UNKNOWN, None),
    ],
)
async def test_every_answer_has_its_outcome(
    channel: Channel, answer: Answer, outcome: Outcome, code: str | None
) -> None:
    """Whatever the server does, the message ends in exactly one outcome, and the server was asked once."""
    result, server = await _send(channel, answer, seconds=0.5 if answer is hangs else 5.0)
    assert (result.outcome, result.code) == (outcome, code)
    assert len(server.seen) == 1


async def test_no_connection_is_retried(channel: Channel) -> None:
    """Where nobody listens, nothing was accepted."""
    async with ScriptedServer(says(200, {})) as server:
        gone = server.url
    account = _account(channel, base_url=gone)
    result = await channel.send(account, (PERSON[channel.name],), Reply(text="x"), KEY, timeout=5.0)
    assert (result.outcome, result.code, result.retry_after) == (Outcome.RETRY, None, None)


async def test_the_platform_says_when_to_come_back(channel: Channel) -> None:
    """Retry-After of a refusal for its rate is handed on."""
    result, _ = await _send(channel, fails(613, Retry_After="12"))
    assert result.retry_after == 12.0


async def test_without_a_token_nothing_is_sent(channel: Channel) -> None:
    """An account without token is the account's problem."""
    result, server = await _send(channel, says(200, {}), token=None)
    assert result.outcome is Outcome.ACCOUNT_PROBLEM
    assert server.seen == []


@pytest.mark.parametrize(
    "recipient",
    [
        (),
        (Identifier(IdentifierKind.EMAIL, "", "a@example.com"),),
        (
            Identifier(IdentifierKind.MESSENGER, "1002", "7301"),
            Identifier(IdentifierKind.INSTAGRAM, "1002", "1"),
        ),
    ],
)
async def test_nobody_to_write_to_is_refused(channel: Channel, recipient: tuple[Identifier, ...]) -> None:
    """No identifier of this channel, or only one that another account gave: nothing is sent."""
    result, server = await _send(channel, says(200, {}), recipient=recipient)
    assert result.outcome is Outcome.REFUSED
    assert server.seen == []


async def test_what_is_no_text_is_refused(channel: Channel) -> None:
    """A lone surrogate in a reply cannot be sent: refused, no exception."""
    result, server = await _send(channel, says(200, {}), Reply(text="\ud800"))
    assert result.outcome is Outcome.REFUSED
    assert server.seen == []


CHOICES = (QuickReply(title="Yes", payload="YES"), QuickReply(title="No", payload="NO"))


@pytest.mark.parametrize(("kind", "metadata"), [(Messenger, {"metadata": KEY}), (Instagram, {})])
async def test_the_send_api_of_pages(
    kind: type[Messenger | Instagram], metadata: dict[str, str], http: HttpClient
) -> None:
    """Messenger and Instagram get a RESPONSE to one id; only Messenger documents a field for our key."""
    reply = Reply(text="It is.", quick_replies=CHOICES)
    _, server = await _send(kind(http), says(200, {}), reply)
    assert server.seen[0].json() == {
        "recipient": {"id": PERSON[kind.name].value},
        "messaging_type": "RESPONSE",
        "message": {
            "text": "It is.",
            "quick_replies": [
                {"content_type": "text", "title": "Yes", "payload": "YES"},
                {"content_type": "text", "title": "No", "payload": "NO"},
            ],
            **metadata,
        },
    }


async def _whatsapp_body(http: HttpClient, reply: Reply, *recipient: Identifier) -> dict[str, Any]:
    _, server = await _send(WhatsApp(http), says(200, {}), reply, recipient or (PERSON["whatsapp"],))
    body: dict[str, Any] = server.seen[0].json()
    return body


async def test_whatsapp_sends_text(http: HttpClient) -> None:
    """A text to a business-scoped id, with our key as callback data."""
    assert await _whatsapp_body(http, Reply(text="It is.")) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "recipient": "FR.9001a",
        "type": "text",
        "text": {"body": "It is.", "preview_url": False},
        "biz_opaque_callback_data": KEY,
    }


async def test_whatsapp_addresses_by_phone_and_by_id(http: HttpClient) -> None:
    """A phone goes into `to` in digits, a business-scoped id into `recipient`, each in its own field."""
    by_phone = await _whatsapp_body(http, Reply(text="x"), PHONE)
    assert (by_phone["to"], by_phone.get("recipient")) == ("33600000000", None)
    by_both = await _whatsapp_body(http, Reply(text="x"), PERSON["whatsapp"], PHONE)
    assert (by_both["to"], by_both["recipient"]) == ("33600000000", "FR.9001a")


async def test_whatsapp_shows_few_choices_as_buttons(http: HttpClient) -> None:
    """Up to three short choices under a short text become reply buttons."""
    body = await _whatsapp_body(http, Reply(text="Red?", quick_replies=CHOICES))
    assert body["interactive"] == {
        "type": "button",
        "body": {"text": "Red?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "YES", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "NO", "title": "No"}},
            ]
        },
    }
    assert "text" not in body


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("Which?", tuple(QuickReply(title=f"Size {n}", payload=f"S{n}") for n in range(4))),
        ("Which?", (QuickReply(title="A title of 21 letters", payload="A"),)),
        ("Which?", (QuickReply(title="A", payload="p" * 257),)),
        ("Which?", (QuickReply(title="Same", payload="A"), QuickReply(title="Same", payload="B"))),
        ("Which?", (QuickReply(title="A", payload="same"), QuickReply(title="B", payload="same"))),
        ("x" * 1025, CHOICES),
    ],
)
async def test_whatsapp_shows_other_choices_as_lines(
    text: str, choices: tuple[QuickReply, ...], http: HttpClient
) -> None:
    """What the platform would refuse on buttons stands as numbered lines in the text."""
    body = await _whatsapp_body(http, Reply(text=text, quick_replies=choices))
    lines = "\n".join(f"{number}. {choice.title}" for number, choice in enumerate(choices, start=1))
    assert body["text"]["body"] == f"{text}\n\n{lines}"


async def test_whatsapp_drops_lines_that_do_not_fit(http: HttpClient) -> None:
    """A text at the limit goes without its choices rather than being refused."""
    body = await _whatsapp_body(http, Reply(text="x" * 4096, quick_replies=CHOICES))
    assert body["text"]["body"] == "x" * 4096


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (Messenger, "https://graph.facebook.com/v26.0/1001/messages"),
        (Instagram, "https://graph.instagram.com/v26.0/1001/messages"),
        (WhatsApp, "https://graph.facebook.com/v26.0/1001/messages"),
    ],
)
async def test_the_providers_own_address_is_the_default(kind: type[Channel], address: str) -> None:
    """Without a base the message goes to the provider, over TLS."""
    asked: list[str] = []

    class Recorder(HttpClient):
        async def _answer(self, _: str, url: str, *__: Any) -> Any:
            asked.append(url)
            raise TimeoutError

    channel = kind(Recorder())
    result = await channel.send(_account(channel), (PERSON[channel.name],), Reply(text="x"), KEY, timeout=1.0)
    assert asked == [address]
    assert result.outcome is Outcome.UNKNOWN
