"""Asking about a sender: what is told, what is not, and what each refusal means. Decided on codes only."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr
from scripted_server import ScriptedServer, fails

from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from connectors.testing import GraphStandIn, Profile
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.sender_profile import ProfileAnswer, ProfileOutcome
from middleware.ports import Account
from tests.stand_ins import Answer, hangs, hangs_up, says

Kind = Callable[[HttpClient], Messenger | Instagram | WhatsApp]

PSID = Identifier(IdentifierKind.MESSENGER, "1001", "7301")
IGSID = Identifier(IdentifierKind.INSTAGRAM, "1001", "9902")
ANA = {"name": "Ana Ruiz", "first_name": "Ana", "last_name": "Ruiz", "locale": "es_ES", "timezone": 1}


async def _asked(
    answer: Answer,
    kind: Kind = Messenger,
    sender: Identifier = PSID,
    *,
    name_only: bool = False,
    token: str | None = "EAAG-secret",  # noqa: S107 - made up
    seconds: float = 2.0,
) -> tuple[ProfileAnswer, ScriptedServer]:
    async with ScriptedServer(answer) as server, HttpClient() as http:
        secret = SecretStr(token) if token is not None else None
        account = Account(brand="glow", name="a", connector="x", id="1001", token=secret, base_url=server.url)
        told = await kind(http).sender_profile(account, sender, name_only=name_only, timeout=seconds)
    return told, server


async def test_what_is_told_is_read() -> None:
    """Name, language and time zone; the token travels in a header and never in the address."""
    told, server = await _asked(says(200, {**ANA, "id": "7301"}))
    assert told == ProfileAnswer(
        outcome=ProfileOutcome.ANSWERED, name="Ana Ruiz", locale="es_ES", time_zone="UTC+01:00"
    )
    assert server.seen[0].path == "/v26.0/7301"
    assert server.seen[0].query == "fields=name,first_name,last_name,locale,timezone"
    assert server.seen[0].headers["Authorization"] == "Bearer EAAG-secret"


async def test_instagram_tells_a_name() -> None:
    """Instagram has neither language nor time zone."""
    told, server = await _asked(says(200, {"name": "Bea", "id": "9902"}), Instagram, IGSID)
    assert (told.outcome, told.name) == (ProfileOutcome.ANSWERED, "Bea")
    assert (server.seen[0].path, server.seen[0].query) == ("/v26.0/9902", "fields=name")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"first_name": "Ana", "last_name": "Ruiz"}, ("Ana Ruiz", None, None)),
        ({"first_name": "Ana"}, ("Ana", None, None)),
        ({"name": "x" * 5_000}, ("x" * 1_000, None, None)),
        ({"name": 7, "locale": 7, "timezone": "x"}, (None, None, None)),
        ({"name": ["Ana"], "locale": "x" * 50, "timezone": True}, (None, None, None)),
        ({"name": "A", "locale": "de"}, ("A", "de", None)),
        ({"name": "A", "locale": "pt-BR"}, ("A", "pt_BR", None)),
        ({"name": "A", "locale": "de_DE\n"}, ("A", None, None)),
        ({"name": "A", "timezone": -3.5}, ("A", None, "UTC-03:30")),
        ({"name": "A", "timezone": 5.75}, ("A", None, "UTC+05:45")),
        ({"name": "A", "timezone": 1e300}, ("A", None, None)),
        ({"id": "7301"}, (None, None, None)),
        ({}, (None, None, None)),
    ],
)
async def test_what_is_told_is_bounded(body: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    """Wrong types and impossible values are left out; an object with nothing in it is no profile."""
    told, _ = await _asked(says(200, body))
    assert (told.name, told.locale, told.time_zone) == expected
    assert told.outcome is (ProfileOutcome.ANSWERED if any(expected) else ProfileOutcome.NO_PROFILE)


@pytest.mark.parametrize(
    ("kind", "answer", "outcome"),
    [
        (Instagram, fails(230, status=403), ProfileOutcome.NEEDS_CONSENT),
        (Messenger, fails(230, status=403), ProfileOutcome.NOT_PERMITTED),
        (Messenger, fails(100, 2018218), ProfileOutcome.NO_PROFILE),
        (Messenger, fails(2018218), ProfileOutcome.NO_PROFILE),
        (Messenger, fails(100, 33), ProfileOutcome.NO_PROFILE),
        (Messenger, fails(100, 2018001), ProfileOutcome.NO_PROFILE),
        (Messenger, fails(100), ProfileOutcome.NO_PROFILE),
        (Instagram, fails(9010), ProfileOutcome.NO_PROFILE),
        (Messenger, fails(190, 463, status=401), ProfileOutcome.ACCOUNT_PROBLEM),
        (Messenger, fails(102), ProfileOutcome.ACCOUNT_PROBLEM),
        (Messenger, fails(10), ProfileOutcome.NOT_PERMITTED),
        (Messenger, fails(200), ProfileOutcome.NOT_PERMITTED),
        (Messenger, fails(299), ProfileOutcome.NOT_PERMITTED),
        (Messenger, fails(3), ProfileOutcome.NOT_PERMITTED),
        (Messenger, fails(4), ProfileOutcome.RETRY),
        (Messenger, fails(613), ProfileOutcome.RETRY),
        (Messenger, fails(80006), ProfileOutcome.RETRY),
        (Messenger, fails(2, status=500), ProfileOutcome.RETRY),
        (Messenger, says(503, b"<html>"), ProfileOutcome.RETRY),
        (Messenger, says(429, b""), ProfileOutcome.RETRY),
        (Messenger, hangs, ProfileOutcome.RETRY),
        (Messenger, hangs_up, ProfileOutcome.RETRY),
        (Messenger, fails(4711), ProfileOutcome.REFUSED),
        (Messenger, says(200, b"<html>"), ProfileOutcome.REFUSED),
        (Messenger, says(200, [1]), ProfileOutcome.REFUSED),
        (Messenger, says(302, b"", {"Location": "http://127.0.0.1:1/"}), ProfileOutcome.REFUSED),
    ],
)
async def test_a_refusal_means_one_outcome(kind: Kind, answer: Answer, outcome: ProfileOutcome) -> None:
    """Every documented code; nothing of the platform's text is handed on."""
    told, _ = await _asked(answer, kind, PSID if kind is Messenger else IGSID, seconds=0.6)
    assert (told.outcome, told.name, told.limited) == (outcome, None, False)
    assert "made up" not in told.detail


async def test_how_long_to_wait_is_handed_on() -> None:
    """`Retry-After` in seconds."""
    told, _ = await _asked(fails(4, Retry_After="90"))
    assert told.retry_after == 90


async def test_without_the_further_permission_the_name_is_asked_for_alone() -> None:
    """Language and time zone are not permitted: the name comes all the same, and the answer says so."""
    async with GraphStandIn(tokens=["t"]) as graph, HttpClient() as http:
        graph.shelf.profiles["7301"] = Profile(ANA, further=False)
        account = Account(
            brand="glow", name="a", connector="messenger", id="1001", token=SecretStr("t"), base_url=graph.url
        )
        told = await Messenger(http).sender_profile(account, PSID, name_only=False, timeout=2)
        again = await Messenger(http).sender_profile(account, PSID, name_only=True, timeout=2)
    assert (told.outcome, told.name, told.locale, told.limited) == (ProfileOutcome.ANSWERED, "Ana Ruiz", None, True)
    assert (again.name, again.limited) == ("Ana Ruiz", False)
    assert [request.query["fields"].count("locale") for request in graph.shelf.asked] == [1, 0, 0]


async def test_only_senders_of_the_account_are_asked_about() -> None:
    """Another page's id, another channel's, and a channel without profiles: nobody is asked."""
    for kind, sender in ((Messenger, PSID._replace(scope="1002")), (Messenger, IGSID), (WhatsApp, PSID)):
        told, server = await _asked(says(200, ANA), kind, sender)
        assert told.outcome is ProfileOutcome.NO_PROFILE
        assert server.seen == []


@pytest.mark.parametrize("token", [None, "a\r\nb"])
async def test_without_a_token_that_can_be_sent_nobody_is_asked(token: str | None) -> None:
    """A matter of the account."""
    told, server = await _asked(says(200, ANA), token=token)
    assert told.outcome is ProfileOutcome.ACCOUNT_PROBLEM
    assert server.seen == []


async def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    """What an id holds is quoted."""
    _, server = await _asked(says(200, ANA), sender=PSID._replace(value="../me?x=1"))
    assert server.seen[0].path == "/v26.0/..%2Fme%3Fx=1"
