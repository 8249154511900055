"""Signing in to the console: who gets in, for how long, and what ends it."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from middleware.cli.demo_console import console_link
from middleware.cli.demo_stage import Stage
from middleware.console.users import find_user, save_user
from middleware.domain.conversation import Conversation
from middleware.domain.users import Role, Session, User
from tests.console import PASSWORD, Seated, add_user, csrf_of, seated, ticket
from tests.running import Running, running
from tests.stores import StoreServer

SESSION, RENEW = "tl_session", "tl_renew"


@pytest.fixture
async def somebody(shop: Running) -> AsyncIterator[Seated]:
    """An agent who has signed in."""
    async with seated(shop, "ana", "agent") as it:
        yield it


@pytest.fixture
async def nobody(shop: Running) -> AsyncIterator[Seated]:
    """Somebody who has not."""
    async with seated(shop, "") as it:
        yield it


def _cookie(it: Seated, name: str) -> str:
    return next((each.value for each in it.http.cookie_jar if each.key == name), "")


def _give(it: Seated, **cookies: str) -> None:
    it.http.cookie_jar.update_cookies(cookies, response_url=aiohttp.client.URL(it.shop.url))


async def _is_in(it: Seated) -> bool:
    return (await it.get("/console/account")).status == 200


async def _changed(shop: Running, login: str, **changes: object) -> None:
    stored = await find_user(shop.here.store.common, login)
    assert stored is not None
    await save_user(shop.here.store.common, stored.record.with_end_of_sessions(**changes), stored)


async def test_a_password_lets_in(shop: Running, nobody: Seated) -> None:
    """With the right one they land where they wanted to go, on cookies that no script reads."""
    await add_user(shop.here, "bea@x.de", "agent", password=PASSWORD)
    there = await nobody.get("/console/account?a=1")
    assert (there.status, there.headers["Location"]) == (303, "/console/sign-in?to=%2Fconsole%2Faccount%3Fa%3D1")
    fields = {"login": " Bea@X.de ", "password": PASSWORD, "to": "/console/account"}
    entered = await nobody.post("/console/sign-in", fields)
    assert (entered.status, entered.headers["Location"]) == (303, "/console/account")
    cookies = entered.headers.getall("Set-Cookie")
    assert all("HttpOnly" in each and "SameSite=Lax" in each and "Path=/" in each for each in cookies)
    assert await _is_in(nobody)


async def test_whoever_is_wrong_learns_nothing(shop: Running, nobody: Seated) -> None:
    """A wrong password, a login that there is not, somebody disabled or without a password: the same page."""
    await add_user(shop.here, "bea", "agent", password=PASSWORD)
    await add_user(shop.here, "off", "agent", password=PASSWORD)
    await _changed(shop, "off", disabled=True)
    await add_user(shop.here, "new", "agent")
    texts = set()
    for login, password in (("bea", "wrong"), ("who", PASSWORD), ("off", PASSWORD), ("new", ""), ("%$&", PASSWORD)):
        answer = await nobody.post("/console/sign-in", {"login": login, "password": password})
        assert answer.status == 401
        texts.add((await answer.text()).replace(f'value="{login}"', "").replace('value="%$&amp;"', ""))
    assert len(texts) == 1
    assert not await _is_in(nobody)


async def test_too_many_attempts_are_not_looked_at(shop: Running, nobody: Seated) -> None:
    """After five for one login even the right password is refused; another login is not, up to twenty in all."""
    await add_user(shop.here, "bea", "agent", password=PASSWORD)
    await add_user(shop.here, "cem", "agent", password=PASSWORD)
    for _ in range(5):
        assert (await nobody.post("/console/sign-in", {"login": "bea", "password": "wrong"})).status == 401
    assert (await nobody.post("/console/sign-in", {"login": "BEA", "password": PASSWORD})).status == 429
    assert (await nobody.post("/console/sign-in", {"login": "cem", "password": PASSWORD})).status == 303


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/", "//evil.example", "/console//evil.example", "/console/\\evil.example", "javascript:1",
     "/elsewhere", "/console/\r\nX: 1"],
)  # fmt: skip
async def test_signing_in_leads_to_no_other_site(shop: Running, nobody: Seated, to: str) -> None:
    """Whatever a link says where to go, it stays within the console."""
    await add_user(shop.here, "bea", "agent", password=PASSWORD)
    entered = await nobody.post("/console/sign-in", {"login": "bea", "password": PASSWORD, "to": to})
    assert (entered.status, entered.headers["Location"]) == (303, "/console/")


async def test_a_link_works_once(shop: Running, nobody: Seated) -> None:
    """Looking at it uses nothing up; of ten who come with it at once one gets in, and then nobody."""
    link = await ticket(shop.here, await add_user(shop.here, "bea", "agent"))
    assert [(await nobody.get(link)).status for _ in range(3)] == [200] * 3
    answers = await asyncio.gather(*(nobody.post(link) for _ in range(10)))
    assert sorted(each.status for each in answers) == [303, *[404] * 9]
    assert (await nobody.get(link)).status == 404


async def test_a_link_is_over_when_its_user_has_changed(shop: Running, nobody: Seated) -> None:
    """Being disabled, or getting another password or role, takes links back that are under way."""
    link = await ticket(shop.here, await add_user(shop.here, "bea", "agent"))
    await _changed(shop, "bea", roles=("marketer",))
    assert (await nobody.post(link)).status == 404
    assert not await _is_in(nobody)


async def test_a_password_is_set_by_a_link(shop: Running, nobody: Seated) -> None:
    """A poor one is refused with a reason and the link stays; a good one lets in, and from then on signs in."""
    from middleware.console.users import issue_ticket  # noqa: PLC0415 - only here

    user = await add_user(shop.here, "bea", "agent")
    secret = await issue_ticket(shop.here.store.common, user, "password", shop.here.clock.now())
    for poor in ("short", "aaaaaaaaaaaaaaaa", "bea-bea-bea-bea-1", "x" * 201):
        assert (await nobody.post(f"/console/link/{secret}", {"password": poor})).status == 400
    assert (await nobody.post(f"/console/link/{secret}", {"password": PASSWORD})).status == 303
    async with seated(shop, "") as other:
        entered = await other.post("/console/sign-in", {"login": "bea", "password": PASSWORD})
        assert entered.status == 303


async def test_another_password_ends_the_other_sessions(shop: Running, nobody: Seated) -> None:
    """Who changes it stays in; whoever was in with the old one is out at once."""
    await add_user(shop.here, "bea", "agent", password=PASSWORD)
    fields = {"login": "bea", "password": PASSWORD}
    async with seated(shop, "") as other:
        assert (await other.post("/console/sign-in", fields)).status == 303
        assert (await nobody.post("/console/sign-in", fields)).status == 303
        nobody.headers["X-CSRF-Token"] = await csrf_of(nobody)
        new = {"old": PASSWORD, "new": "four quite different words"}
        assert (await nobody.post("/console/account/password", {**new, "old": "wrong"})).status == 400
        assert (await nobody.post("/console/account/password", new)).status == 303
        assert await _is_in(nobody)
        assert not await _is_in(other)


@pytest.mark.parametrize(
    "changes",
    [{"disabled": True}, {"roles": ("marketer",)}, {"password": "another"}],
    ids=["disabled", "other roles", "other password"],
)
async def test_changes_of_a_user_end_their_sessions(
    shop: Running, somebody: Seated, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Done in another process: out as soon as they are looked up again, which is every fifteen seconds."""
    await _changed(shop, "ana", **changes)
    later = shop.here.clock.monotonic() + 16
    monkeypatch.setattr(shop.here.clock, "monotonic", lambda: later)
    assert not await _is_in(somebody)


async def test_signing_out_takes_both_cookies_back(somebody: Seated) -> None:
    """What was copied before counts no more."""
    session, renew = _cookie(somebody, SESSION), _cookie(somebody, RENEW)
    assert (await somebody.post("/console/sign-out")).status == 303
    assert not _cookie(somebody, SESSION)
    for cookies in ({SESSION: session}, {RENEW: renew}, {SESSION: session, RENEW: renew}):
        _give(somebody, **cookies)
        assert not await _is_in(somebody)


async def test_a_session_is_renewed_without_a_word(somebody: Seated) -> None:
    """Without a token that counts, the secret makes the next one, and another secret."""
    renew = _cookie(somebody, RENEW)
    _give(somebody, **{SESSION: ""})
    assert await _is_in(somebody)
    assert _cookie(somebody, SESSION)
    assert _cookie(somebody, RENEW) != renew


async def test_requests_at_one_moment_are_all_renewed(somebody: Seated) -> None:
    """Ten that come with the same secret are all let in, and the session goes on."""
    _give(somebody, **{SESSION: ""})
    answers = await asyncio.gather(*(somebody.get("/console/account") for _ in range(10)))
    assert {each.status for each in answers} == {200}
    _give(somebody, **{SESSION: ""})
    assert await _is_in(somebody)


async def test_a_stolen_secret_ends_the_session(
    shop: Running, somebody: Seated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Used again long after, it lets nobody in: neither the thief nor whoever it was stolen from."""
    stolen = _cookie(somebody, RENEW)
    _give(somebody, **{SESSION: ""})
    assert await _is_in(somebody)
    now = shop.here.clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(shop.here.clock, "now", lambda: now)
    async with seated(shop, "") as thief:
        _give(thief, **{RENEW: stolen})
        assert not await _is_in(thief)
    assert not await _is_in(somebody)


@pytest.mark.parametrize(("hours", "renewals"), [(5, 0), (13, 6)], ids=["idle", "all day"])
async def test_a_session_ends_by_itself(
    shop: Running, somebody: Seated, hours: int, renewals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After four hours without a request, and after twelve in any case."""
    begun = shop.here.clock.now()
    for each in range(renewals):
        monkeypatch.setattr(shop.here.clock, "now", lambda at=begun + timedelta(hours=(each + 1) * 1.9): at)
        assert await _is_in(somebody)
    monkeypatch.setattr(shop.here.clock, "now", lambda: begun + timedelta(hours=hours))
    assert not await _is_in(somebody)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"X-CSRF-Token": ""}, 403),
        ({"X-CSRF-Token": "0" * 64}, 403),
        ({"X-CSRF-Token": "ü"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
    ids=str,
)
async def test_only_our_own_pages_ask_for_acts(somebody: Seated, headers: dict[str, str], status: int) -> None:
    """Without the session's secret, or from another site, nothing is done."""
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    answer = await somebody.post("/console/account/language", {"locale": "de"}, headers=encoded)
    assert answer.status == status


async def test_another_session_s_secret_does_not_count(shop: Running, somebody: Seated) -> None:
    """What stands in one person's forms is of no use in another's."""
    async with seated(shop, "cem", "agent") as other:
        answer = await other.post("/console/account/language", {"locale": "de"}, headers=somebody.headers)
        assert answer.status == 403


async def test_brands_of_others_are_not_there(shop: Running, somebody: Seated) -> None:
    """A brand that is not theirs looks as one that there is not."""
    async with seated(shop, "cem", "admin", brands=()) as other:
        texts = [await (await other.get(f"/console/{name}")).text() for name in ("glow", "none")]
        assert texts[0] == texts[1]
        assert (await other.get("/console/glow")).status == 404
    assert (await somebody.get("/console/glow")).status in {200, 303}


async def test_every_answer_forbids_what_is_not_ours(somebody: Seated, nobody: Seated) -> None:
    """The policy stands on pages, errors, redirects and files alike, and nothing of a person is kept by caches."""
    for it, path in (
        (somebody, "/console/account"),
        (somebody, "/console/none"),
        (nobody, "/console/"),
        (nobody, "/console/sign-in"),
    ):
        answer = await it.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_files_are_kept_for_ever_under_their_content(nobody: Seated) -> None:
    """Every file that a page names is served, packed where that is wanted; under another mark it is not there."""
    text = await (await nobody.get("/console/sign-in")).text()
    paths = re.findall(r'(?:src|href)="(/console/static/[^"]+)"', text)
    assert len(paths) >= 4
    for path in paths:
        answer = await nobody.get(path)
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert (await nobody.get(paths[0].replace("/static/", "/static/0"))).status == 404
    assert (await nobody.get("/console/static/0/..%2f..%2fapp.py")).status == 404


async def test_only_hashes_of_secrets_are_kept(shop: Running, somebody: Seated) -> None:
    """Nothing in the store lets anybody in."""
    renew = _cookie(somebody, RENEW).partition(".")
    stored = (await shop.here.store.common.get(Session, [renew[0]]))[renew[0]]
    assert renew[2] not in stored.record.model_dump_json()
    user = (await shop.here.store.common.get(User, ["ana"]))["ana"]
    assert PASSWORD not in user.record.model_dump_json()


async def test_the_demo_ends_in_the_console(shop: Running, nobody: Seated) -> None:
    """Its link lets in once, on the conversation of the customer that the story is about."""
    await shop.say("whatsapp", sender="34600111222", name="Ben")
    await shop.say("whatsapp", sender="34600111333", name="Ana Ruiz")
    await shop.quiet()
    link = await console_link(Stage(shop.here, shop.graph, shop.url, shop.http))
    entered = await nobody.post(link.removeprefix(shop.url))
    found = entered.headers["Location"].removeprefix("/console/glow/conversations/")
    stored = await shop.here.brands["glow"].store.get(Conversation, [found])
    assert stored[found].record.name == "Ana Ruiz"


async def test_the_address_as_people_type_it_leads_in(nobody: Seated) -> None:
    """Without a slash at its end it leads to the console, as with one."""
    answer = await nobody.get("/console")
    assert (answer.status, answer.headers["Location"]) == (308, "/console/")


async def test_the_menu_is_that_of_the_brand_looked_at_last(store_server: StoreServer, tmp_path: Path) -> None:
    """Pages of no brand, errors among them, have the sections of the brand that one comes from, of one's own alone."""
    mist = {"database": f"test_{uuid.uuid4().hex[:12]}", "country": "ES"}
    async with running(store_server, tmp_path, brands={"mist": mist}) as shop:
        async with seated(shop, "ana", "agent", brands=("glow", "mist")) as both:
            assert _menu(await (await both.get("/console/account")).text()) == {"glow"}
            await both.get("/console/mist/people")
            for path in ("/console/account", "/console/nothing", "/console/users"):
                assert _menu(await (await both.get(path)).text()) == {"mist"}
            assert (await both.get("/console/")).headers["Location"] == "/console/mist"
        async with seated(shop, "cem", "agent") as one:
            _give(one, tl_brand="mist")
            assert _menu(await (await one.get("/console/account")).text()) == {"glow"}
        async with seated(shop, "eva", "agent", brands=()) as none:
            assert _menu(await (await none.get("/console/account")).text()) == set()


def _menu(page: str) -> set[str]:
    """The brands to whose sections a page leads."""
    return set(re.findall(r'href="/console/(\w+)/conversations"', page.partition("<main")[0]))


@pytest.mark.parametrize(
    ("role", "there"), [("agent", "conversations"), ("marketer", "templates"), ("builder", "flows")]
)
async def test_everybody_lands_on_their_own_work(shop: Running, role: Role, there: str) -> None:
    """Once something was heard of the brand."""
    await shop.say("whatsapp", sender="34600111222")
    await shop.here.pulses.write()
    async with seated(shop, "new", role) as it:
        assert (await it.get("/console/glow")).headers["Location"] == f"/console/glow/{there}"
