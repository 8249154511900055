"""Meta's verification handshake: the challenge comes back for the right token, and for no other."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.running import VERIFY_TOKEN, Running, running
from tests.stores import StoreServer

CHANNELS = ("messenger", "instagram", "whatsapp")
RIGHT = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}

WRONG: dict[str, Mapping[str, str]] = {
    "another token": {**RIGHT, "hub.verify_token": "guessed"},
    "a longer token": {**RIGHT, "hub.verify_token": VERIFY_TOKEN + "x"},
    "the token in upper case": {**RIGHT, "hub.verify_token": VERIFY_TOKEN.upper()},
    "an empty token": {**RIGHT, "hub.verify_token": ""},
    "a token that is not ASCII": {**RIGHT, "hub.verify_token": VERIFY_TOKEN + "\u00e9"},
    "no token": {key: value for key, value in RIGHT.items() if key != "hub.verify_token"},
    "another mode": {**RIGHT, "hub.mode": "unsubscribe"},
    "no mode": {key: value for key, value in RIGHT.items() if key != "hub.mode"},
    "no challenge": {key: value for key, value in RIGHT.items() if key != "hub.challenge"},
    "an empty challenge": {**RIGHT, "hub.challenge": ""},
    "a page as challenge": {**RIGHT, "hub.challenge": "<script>alert(1)</script>"},
    "a long challenge": {**RIGHT, "hub.challenge": "1" * 4_000},
    "nothing": {},
}


async def ask(shop: Running, path: str, query: Mapping[str, str]) -> tuple[int, str, str]:
    """GET an address: status, content type and text of the answer."""
    async with shop.http.get(shop.url + path, params=dict(query)) as answer:
        return answer.status, answer.content_type, await answer.text()


@pytest.mark.parametrize("path", ["/webhooks/{}", "/webhooks/{}/{}"], ids=["all accounts", "one account"])
@pytest.mark.parametrize("channel", CHANNELS)
async def test_right_token_gets_the_challenge_back(shop: Running, channel: str, path: str) -> None:
    """The answer to the right token is 200 with the challenge and nothing else, as plain text."""
    assert await ask(shop, path.format(channel, channel), RIGHT) == (200, "text/plain", "1158201444")


@pytest.mark.parametrize("channel", CHANNELS)
async def test_everything_else_is_refused(shop: Running, channel: str) -> None:
    """A wrong or missing part is 403, says nothing of what was sent, and is a problem document."""
    answers = {what: await ask(shop, f"/webhooks/{channel}", query) for what, query in WRONG.items()}

    assert {what: answer[:2] for what, answer in answers.items()} == dict.fromkeys(
        WRONG, (403, "application/problem+json")
    )
    assert not any("<script>" in text or VERIFY_TOKEN in text for _, _, text in answers.values())


@pytest.mark.parametrize("channel", CHANNELS)
async def test_account_that_does_not_exist_is_refused(shop: Running, channel: str) -> None:
    """A name that no account of the channel has is refused like a wrong token, with the right token too."""
    assert (await ask(shop, f"/webhooks/{channel}/nobody", RIGHT))[0] == 403
    assert (await ask(shop, f"/webhooks/{channel}/shop", RIGHT))[0] == 403


@pytest.fixture
async def two_pages(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """Two pages with a token each, and one without."""
    accounts = {
        "second": {"connector": "messenger", "id": "3003", "verify_token": "the-token-of-the-second"},
        "silent": {"connector": "messenger", "id": "4004"},
    }
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as it:
        yield it


async def test_token_of_an_account_counts_at_its_own_address(two_pages: Running) -> None:
    """At the address of one account only its own token counts; at the common one each of them."""
    second = {**RIGHT, "hub.verify_token": "the-token-of-the-second"}
    expected = {
        ("/webhooks/messenger", VERIFY_TOKEN): 200,
        ("/webhooks/messenger", "the-token-of-the-second"): 200,
        ("/webhooks/messenger/second", "the-token-of-the-second"): 200,
        ("/webhooks/messenger/second", VERIFY_TOKEN): 403,
        ("/webhooks/messenger/messenger", "the-token-of-the-second"): 403,
        ("/webhooks/messenger/silent", VERIFY_TOKEN): 403,
        ("/webhooks/messenger/silent", ""): 403,
        ("/webhooks/instagram", "the-token-of-the-second"): 403,
    }
    seen = {case: (await ask(two_pages, case[0], {**second, "hub.verify_token": case[1]}))[0] for case in expected}

    assert seen == expected


async def test_shop_has_no_handshake(shop: Running) -> None:
    """A shop is never asked for a challenge: GET is 405 and says that POST is meant."""
    for path in ("/webhooks/shopify", "/webhooks/shopify/shop"):
        async with shop.http.get(shop.url + path, params=RIGHT) as answer:
            assert answer.status == 405
            assert answer.headers["Allow"] == "POST"
            assert answer.content_type == "application/problem+json"


async def test_connector_that_does_not_exist_is_404(shop: Running) -> None:
    """An address of no connector is 404 for GET and POST."""
    assert (await ask(shop, "/webhooks/telegram", RIGHT))[0] == 404
    assert await shop.post("telegram", b"{}", {}) == 404
