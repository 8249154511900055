"""The panel in a help desk's frame: who gets a link, how long it works, who may frame it, and what is in it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from middleware.bootstrap.serving import panel_links_of
from middleware.console.sessions import Sessions
from middleware.pipeline.audit import entries
from middleware.web.tokens import sign_session
from tests.console import seated
from tests.people import EMAIL, PHONE, known_person
from tests.running import CLIENT_KEY, CONSOLE_KEY, NUMBER, Running, running
from tests.stores import StoreServer

DESK = "https://acme.zendesk.com"
OF_ANA = {"channel": "whatsapp", "account": NUMBER, "sender": "ES.9001abc"}
SECRET = "c" * 40


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation whose panel a help desk may frame."""
    changes: dict[str, Any] = {
        "console": {"embed_in": [DESK], "secret": SECRET},
        "server": {"public_url": "https://console.glow.example"},
    }
    async with running(store_server, tmp_path, **changes) as it:
        yield it


async def ask(shop: Running, body: Any, key: str | None = CONSOLE_KEY) -> tuple[int, dict[str, Any]]:
    """Ask for a link."""
    headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
    async with shop.http.post(f"{shop.url}/v1/panel-links", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def shown(shop: Running, url: str) -> tuple[int, str, str]:
    """What is behind a link: status, text, policy."""
    path = url.removeprefix("https://console.glow.example")
    async with shop.http.get(shop.url + path) as answer:
        return answer.status, await answer.text(), answer.headers["Content-Security-Policy"]


async def test_a_link_shows_the_panel_without_a_session(shop: Running) -> None:
    """Who it is, masked, with nothing to do and no script; only the help desk may frame it; the look is on record."""
    ana = await known_person(shop)
    status, made = await ask(shop, OF_ANA)
    assert (status, made["url"].startswith("https://console.glow.example/console/embed/")) == (201, True)
    status, text, policy = await shown(shop, made["url"])
    assert (status, "Ana Ruiz" in text, "#1001" in text, "window open" in text) == (200, True, True, True)
    assert [each for each in (PHONE, EMAIL, "<script", "<form", "<button", "hx-", "/people/") if each in text] == []
    assert f"frame-ancestors {DESK}" in policy
    assert "'none'" not in policy.partition("frame-ancestors")[2]
    (entry,) = await entries(shop.here.store.brand("glow"))
    assert (entry.by, entry.what, entry.about) == ("client:console", "profile.view", ana)


async def test_whoever_is_not_known_has_a_panel_that_says_so(shop: Running) -> None:
    """Also by a profile's id; one that there is not gives no link."""
    status, made = await ask(shop, {**OF_ANA, "sender": "ES.12345"})
    assert status == 201
    assert "Nothing is known of this sender yet." in (await shown(shop, made["url"]))[1]
    ana = await known_person(shop)
    status, made = await ask(shop, {"profile_id": ana})
    assert (status, "Ana Ruiz" in (await shown(shop, made["url"]))[1]) == (201, True)
    assert (await ask(shop, {"profile_id": "p_none"}))[0] == 404


@pytest.mark.parametrize(
    ("body", "key", "status"),
    [
        (OF_ANA, None, 401), (OF_ANA, "wrong", 401), (OF_ANA, CLIENT_KEY, 403), ({}, CONSOLE_KEY, 400),
        ({**OF_ANA, "profile_id": "p_1"}, CONSOLE_KEY, 400), ({"channel": "whatsapp"}, CONSOLE_KEY, 400),
        ([1], CONSOLE_KEY, 400), ({**OF_ANA, "account": "888"}, CONSOLE_KEY, 404),
        ({**OF_ANA, "more": 1}, CONSOLE_KEY, 400),
        ({**OF_ANA, "sender": "?" * 200}, CONSOLE_KEY, 400), ({"profile_id": "x" * 5_000}, CONSOLE_KEY, 400),
        ({"profile_id": "p_1", "brand": "noir"}, CONSOLE_KEY, 404), ({"profile_id": "p\u0000"}, CONSOLE_KEY, 404),
    ],
)  # fmt: skip
async def test_who_gets_no_link(shop: Running, body: Any, key: str | None, status: int) -> None:
    """No key, no right, nobody meant, somebody else's account: a problem that says what to send."""
    answered, told = await ask(shop, body, key)
    assert (answered, bool(told["detail"])) == (status, True)


async def test_a_link_is_over_after_ten_minutes(shop: Running) -> None:
    """Then there is a page that says so, and nothing of the person; still framed, so that it can be read."""
    ana = await known_person(shop)
    links = panel_links_of(shop.here)
    before = shop.here.clock.now() - timedelta(minutes=10, seconds=2)
    url, _ = await links.make(brand="glow", profile_id=ana, conversation="", by="client:console", now=before)
    status, text, policy = await shown(shop, url)
    assert (status, "This link is over" in text, "Ana" in text, DESK in policy) == (410, True, False, True)


async def test_what_is_no_link_shows_nothing(shop: Running) -> None:
    """Changed, cut short, of another kind, of a brand that there is not, or signed with another key: 404, no reason."""
    await known_person(shop)
    _, made = await ask(shop, OF_ANA)
    url = made["url"]
    other = Sessions(shop.here.store.common, shop.here.clock, secret="d" * 40, secure=True)
    links = panel_links_of(shop.here)
    foreign = type(links)(key=other.key, public_url=links.public_url, embed_in=links.embed_in)
    now = shop.here.clock.now()
    made_up = [
        url[:-3], url[:-1] + ("A" if url[-1] != "A" else "B"), url.rpartition("/")[0] + "/nonsense",
        (await foreign.make(brand="glow", profile_id="p_1", conversation="", by="x", now=now))[0],
        (await links.make(brand="noir", profile_id="p_1", conversation="", by="x", now=now))[0],
    ]  # fmt: skip
    for each in made_up:
        status, text, _ = await shown(shop, each)
        assert (status, "This link does not work" in text) == (404, True), each


async def test_a_session_is_no_link_and_a_link_no_session(shop: Running) -> None:
    """One key signs both, and neither counts as the other."""
    await known_person(shop)
    _, made = await ask(shop, OF_ANA)
    token = made["url"].rpartition("/")[2]
    async with seated(shop, "nobody") as nobody:
        nobody.headers["Cookie"] = f"__Host-tl_session={token}"
        assert (await nobody.get("/console/account")).status == 303
    sessions = Sessions(shop.here.store.common, shop.here.clock, secret=SECRET, secure=True)
    from middleware.web.tokens import SessionToken  # noqa: PLC0415 - only here

    seconds = int(shop.here.clock.now().timestamp())
    said = SessionToken(iss="throughline", aud="console", sub="bea", sid="s", jti="j", iat=seconds, exp=seconds + 600)
    assert (await shown(shop, f"/console/embed/{sign_session(said, await sessions.key())}"))[0] == 404


async def test_without_the_setting_nobody_may_frame_it(store_server: StoreServer, tmp_path: Path) -> None:
    """No link can be made, and one that was made before shows nothing, in nobody's frame."""
    async with running(store_server, tmp_path, console={"secret": SECRET}) as shop:
        await known_person(shop)
        status, told = await ask(shop, OF_ANA)
        assert (status, "[console] embed_in and [server] public_url" in told["detail"]) == (409, True)
        links = panel_links_of(shop.here)
        url, _ = await links.make(
            brand="glow", profile_id="p_1", conversation="", by="x", now=shop.here.clock.now()
        )  # fmt: skip
        status, _, policy = await shown(shop, url)
        assert (status, "frame-ancestors 'none'" in policy) == (404, True)
