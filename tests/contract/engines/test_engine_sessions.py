"""What single engines do beside the contract that all keep: sessions, tokens, quiet, later answers."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from engine_cases import BOTPRESS, DIALOGFLOW, QUESTION, RASA, TYPEBOT, VOICEFLOW, WEBHOOK, question
from engine_stand_ins import (
    AT,
    SECRET,
    TOKEN,
    BotpressStandIn,
    DialogflowStandIn,
    RasaStandIn,
    TypebotStandIn,
    VoiceflowStandIn,
    WebhookStandIn,
    answers,
)
from pydantic import SecretStr

from connectors.engines.google import GoogleToken
from connectors.engines.registry import KINDS, engine_of
from connectors.engines.sessions import Sessions
from connectors.http import HttpClient
from connectors.standard_webhooks import TOLERANCE, is_standard_signed, standard_signature
from middleware.domain.engines import EngineOutcome
from middleware.ports import EngineSetup
from tests.stand_ins import Asked


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    """The way out."""
    async with HttpClient() as client:
        yield client


@pytest.mark.parametrize(
    ("status", "outcome"), [(202, EngineOutcome.LATER), (204, EngineOutcome.SILENT)], ids=["later", "nothing"]
)
async def test_a_webhook_may_answer_later_or_not_at_all(http: HttpClient, status: int, outcome: EngineOutcome) -> None:
    """202 is LATER and 204 is SILENT, whatever stands in the body."""
    async with WebhookStandIn() as stand_in:
        stand_in.trouble = answers(status, b"")
        assert (await WEBHOOK.engine(stand_in, http).ask(QUESTION, timeout=3.0)).outcome is outcome


@pytest.mark.parametrize("turn", ["glow|whatsapp:777", "tür\r\nX-Evil: 1", "x" * 300, "\ud800"])
async def test_any_turn_has_an_id_that_a_header_takes(http: HttpClient, turn: str) -> None:
    """A turn's id with other letters is sent as a digest: the same each time, and properly signed."""
    async with WebhookStandIn() as stand_in:
        engine = WEBHOOK.engine(stand_in, http)
        first, second = [await engine.ask(question(turn=turn), timeout=3.0) for _ in range(2)]
    if "\ud800" in turn:
        assert first.outcome is EngineOutcome.REFUSED
        return
    assert first.outcome is second.outcome is EngineOutcome.ANSWERED
    ids = {each.headers["webhook-id"] for each in stand_in.seen}
    assert len(ids) == 1
    assert "evil" not in ids.pop().lower()


def test_a_signature_counts_for_five_minutes_and_one_body() -> None:
    """What the webhook engine makes is what Standard Webhooks checks: no other body, secret, id or time."""
    secret, body = SECRET.encode(), b"{}"
    headers = standard_signature(secret, "t1", AT, body)
    assert is_standard_signed(headers, body, secret, AT + TOLERANCE)
    assert not is_standard_signed(headers, body, secret, AT + TOLERANCE + timedelta(seconds=1))
    assert not is_standard_signed(headers, b"{} ", secret, AT)
    assert not is_standard_signed(headers, body, b"whsec_AAAA", AT)
    assert not is_standard_signed({**headers, "webhook-id": "t2"}, body, secret, AT)
    assert not is_standard_signed({}, body, secret, AT)


async def test_rasa_says_that_an_empty_answer_was_empty(http: HttpClient) -> None:
    """`[]` may be an exception inside Rasa: the detail says so, and whoever asks decides."""
    async with RasaStandIn() as stand_in:
        stand_in.body = []
        answer = await RASA.engine(stand_in, http).ask(QUESTION, timeout=3.0)
    assert (answer.outcome, answer.detail) == (EngineOutcome.SILENT, "empty")


async def test_rasa_takes_no_intent_from_what_a_customer_typed(http: HttpClient) -> None:
    """A typed slash is none; the payload of a button is what it is."""
    async with RasaStandIn() as stand_in:
        engine = RASA.engine(stand_in, http)
        await engine.ask(question('  /restart{"a": 1}'), timeout=3.0)
        await engine.ask(question("Yes", payload="/affirm"), timeout=3.0)
    typed, pressed = [each.json()["message"] for each in stand_in.asking()]
    assert (typed, pressed) == ('\u2215restart{"a": 1}', "/affirm")


async def test_rasa_without_values_sets_no_slots(http: HttpClient) -> None:
    """One request is enough when there is nothing to tell before."""
    async with RasaStandIn() as stand_in:
        await RASA.engine(stand_in, http).ask(question(number=None), timeout=3.0)
    assert [each.path for each in stand_in.seen] == ["/webhooks/rest/webhook"]


async def test_both_requests_of_rasa_share_one_time(http: HttpClient) -> None:
    """Slots that take long leave less time for the message."""

    class Slow(RasaStandIn):
        async def _take(self, request: web.Request) -> web.StreamResponse:
            await asyncio.sleep(1.5)
            return await super()._take(request)

    async with Slow() as stand_in:
        begun = time.monotonic()
        answer = await RASA.engine(stand_in, http).ask(QUESTION, timeout=2.2)
    assert answer.outcome is EngineOutcome.UNKNOWN
    assert time.monotonic() - begun < 3.0


@pytest.mark.parametrize("lost", ["forgotten", "ended"])
async def test_a_typebot_session_that_is_gone_begins_anew(http: HttpClient, lost: str) -> None:
    """404 on a session, or an answer without input, and the next message starts one, with the values of then."""
    async with TypebotStandIn() as stand_in:
        engine = TYPEBOT.engine(stand_in, http)
        stand_in.body = {"messages": [], "input": {"type": "text input"}} if lost == "forgotten" else {"messages": []}
        await engine.ask(QUESTION, timeout=3.0)
        stand_in.sessions.clear()
        stand_in.body = TypebotStandIn.saying(["Again"])
        answer = await engine.ask(question(number="1002"), timeout=3.0)
    assert [reply.text for reply in answer.replies] == ["Again"]
    assert stand_in.seen[-1].path.endswith("startChat")
    assert stand_in.seen[-1].json()["prefilledVariables"] == {"order_number": "1002"}
    assert len(stand_in.seen) == (3 if lost == "forgotten" else 2)


async def test_a_voiceflow_session_that_is_gone_begins_anew(http: HttpClient) -> None:
    """A key that is not known any more is one request for nothing; then session, launch and message."""
    async with VoiceflowStandIn() as stand_in:
        engine = VOICEFLOW.engine(stand_in, http)
        await engine.ask(QUESTION, timeout=3.0)
        stand_in.sessions.clear()
        answer = await engine.ask(QUESTION, timeout=3.0)
    assert answer.outcome is EngineOutcome.ANSWERED
    paths = [each.path.rpartition("/")[2] for each in stand_in.seen]
    assert paths == ["session", "interact", "interact", "interact", "session", "interact", "interact"]


async def test_voiceflow_may_be_asked_again_after_being_launched(http: HttpClient) -> None:
    """A 429 to the message, in a session that was launched, is UNREACHABLE; asked again, it is answered there."""

    class Busy(VoiceflowStandIn):
        busy = True

        def answer(self, asked: Asked) -> web.Response:
            if self.busy and asked.body.startswith(b'{"action":{"type":"text"'):
                self.busy = False
                return web.Response(status=429)
            return super().answer(asked)

    async with Busy() as stand_in:
        engine = VOICEFLOW.engine(stand_in, http)
        first, second = [await engine.ask(QUESTION, timeout=3.0) for _ in range(2)]
    assert (first.outcome, second.outcome) == (EngineOutcome.UNREACHABLE, EngineOutcome.ANSWERED)
    assert [each.path.rpartition("/")[2] for each in stand_in.seen] == ["session", "interact", "interact", "interact"]


async def test_what_cannot_be_written_is_refused_before_it_leaves(http: HttpClient) -> None:
    """A context with something in it that JSON has not reaches no engine that gets the context."""
    odd = replace(QUESTION, request={**QUESTION.request, "context": {"a": object()}})
    async with WebhookStandIn() as stand_in:
        answer = await WEBHOOK.engine(stand_in, http).ask(odd, timeout=3.0)
    assert (answer.outcome, answer.detail) == (
        EngineOutcome.REFUSED,
        "turn: the question cannot be written as JSON",
    )
    assert stand_in.seen == []


async def test_a_button_of_voiceflow_opens_its_way(http: HttpClient) -> None:
    """The payload of a path button is the action; what was pressed is its label."""
    async with VoiceflowStandIn() as stand_in:
        pressed = question("Yes", payload="path-yes")
        await VOICEFLOW.engine(stand_in, http).ask(pressed, timeout=3.0)
    assert stand_in.seen[-1].json()["action"] == {"type": "path-yes", "payload": {"label": "Yes"}}


async def test_what_fails_after_the_message_is_unknown(http: HttpClient) -> None:
    """A 429 to looking for the answer says nothing of the message, which the bot has."""

    class Throttled(BotpressStandIn):
        def answer(self, asked: Asked) -> web.Response:
            return web.Response(status=429) if asked.method == "GET" else super().answer(asked)

    async with Throttled() as stand_in:
        answer = await BOTPRESS.engine(stand_in, http).ask(QUESTION, timeout=0.5)
    assert answer.outcome is EngineOutcome.UNKNOWN


async def test_botpress_waits_until_it_is_quiet(http: HttpClient) -> None:
    """What comes a little later belongs to the answer; what was said before the message does not."""

    class Chatty(BotpressStandIn):
        looks = 0

        def answer(self, asked: Asked) -> web.Response:
            if asked.method == "GET":
                self.looks += 1
                if self.looks == 2:
                    self._message("user_bot", {"type": "text", "text": "And this"})
            return super().answer(asked)

    async with Chatty() as stand_in:
        stand_in._message("user_bot", {"type": "text", "text": "Before"})
        answer = await BOTPRESS.engine(stand_in, http).ask(QUESTION, timeout=3.0)
    assert [reply.text for reply in answer.replies] == ["Hello", "And this"]


class GoogleStandIn(DialogflowStandIn):
    """Dialogflow CX behind Google's token endpoint, which checks the assertion."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        super().__init__()
        self._public = public
        self.claims: list[dict[str, object]] = []

    def answer(self, asked: Asked) -> web.Response:
        if asked.path != "/token":
            return super().answer(asked)
        assertion = asked.json()["assertion"]
        content, _, signature = assertion.rpartition(".")
        self._public.verify(
            base64.urlsafe_b64decode(signature + "=="), content.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        self.claims.append(json.loads(base64.urlsafe_b64decode(content.split(".")[1] + "==")))
        return web.json_response({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})


async def test_a_service_accounts_key_gets_a_token_once(http: HttpClient) -> None:
    """The key's JWT is exchanged for a token, which is used until shortly before it runs out."""
    key = rsa.generate_private_key(65537, 2048)
    async with GoogleStandIn(key.public_key()) as stand_in:
        account = {
            "client_email": "bot@glow.iam.example",
            "token_uri": f"{stand_in.url}/token",
            "private_key": key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode(),
        }
        setup = {**DIALOGFLOW.setup, "token": SecretStr(json.dumps(account))}
        engine = replace(DIALOGFLOW, setup=setup).engine(stand_in, http)
        for _ in range(2):
            assert (await engine.ask(QUESTION, timeout=3.0)).outcome is EngineOutcome.ANSWERED
        (claims,) = stand_in.claims
        assert claims["iss"] == "bot@glow.iam.example"
        assert claims["aud"] == f"{stand_in.url}/token"
        assert claims["scope"] == "https://www.googleapis.com/auth/dialogflow"
        stand_in.trouble = answers(401, {})
        assert (await engine.ask(QUESTION, timeout=3.0)).outcome is EngineOutcome.REFUSED
        stand_in.trouble = None
        assert (await engine.ask(QUESTION, timeout=3.0)).outcome is EngineOutcome.ANSWERED
    assert len(stand_in.claims) == 2


@pytest.mark.parametrize(
    "given",
    [
        "{",
        '{"client_email": "a"}',
        '{"client_email": "a", "token_uri": "b", "private_key": "SECRET-KEY"}',
        '{"client_email": "a", "token_uri": "b", "private_key": 5}',
    ],
)
def test_a_key_that_is_none_says_so_without_showing_it(given: str) -> None:
    """The mistake names the setting, and never what stands in it."""
    with pytest.raises(ValueError, match="`token`") as caught:
        GoogleToken(SecretStr(given))
    assert "SECRET-KEY" not in str(caught.value)
    assert caught.value.__cause__ is None


_GOOD: dict[str, dict[str, object]] = {
    "webhook": {"secret": SecretStr(SECRET)},
    "rasa": {},
    "agents": {},
    "botpress": {"secret": SecretStr("key")},
    "typebot": {"bot": "b"},
    "voiceflow": {"bot": "p", "token": SecretStr("t")},
    "dialogflow": {"bot": "projects/p/locations/l/agents/a", "token": SecretStr("t")},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_setup_that_lacks_something_names_it(kind: str) -> None:
    """Without one of what it needs, no engine is made; the error names engine, kind and setting."""
    good = _GOOD[kind]
    http = HttpClient()
    assert engine_of(EngineSetup("bot", kind, "https://e.example", **good), http) is not None  # type: ignore[arg-type]
    for name in good:
        lacking = {key: value for key, value in good.items() if key != name}
        with pytest.raises(ValueError, match=rf"engine bot \({kind}\): needs `{name}`"):
            engine_of(EngineSetup("bot", kind, "https://e.example", **lacking), http)  # type: ignore[arg-type]


def test_an_engine_that_there_is_not_is_said() -> None:
    """A kind that nobody knows names those that there are; an address that is none and a secret that is none, too."""
    http = HttpClient()
    with pytest.raises(ValueError, match="no kind 'eliza'; there are webhook, rasa"):
        engine_of(EngineSetup("bot", "eliza", "https://e.example"), http)
    with pytest.raises(ValueError, match="`url` begins with https"):
        engine_of(EngineSetup("bot", "rasa", "ftp://e.example"), http)
    with pytest.raises(ValueError, match="`secret` is none") as caught:
        engine_of(EngineSetup("bot", "webhook", "https://e.example", secret=SecretStr("whsec_!!")), http)
    assert "!!" not in str(caught.value)


def test_sessions_are_bounded() -> None:
    """The one that was used longest ago goes first."""
    sessions = Sessions(most=2)
    sessions.keep("a", "1")
    sessions.keep("b", "2")
    assert sessions.get("a") == "1"
    sessions.keep("c", "3")
    assert (sessions.get("a"), sessions.get("b"), sessions.get("c")) == ("1", None, "3")
    sessions.forget("a")
    sessions.forget("a")
    assert sessions.get("a") is None
