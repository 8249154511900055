"""Signing in at an identity provider: whom it lets in here, and that nothing else does."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from middleware.console.users import find_user, save_user
from tests.console import Seated, add_user, seated
from tests.openid_provider import CLIENT, SECRET, Provider, provider
from tests.running import Running, running
from tests.stores import StoreServer

ANA = {"email": "ana@x.de", "email_verified": True}


@dataclass
class Doors:
    """The console, the provider, and a browser that has signed in nowhere."""

    shop: Running
    provider: Provider
    it: Seated

    async def sent_back(self, to: str = "") -> str:
        """Where the provider sends the browser that we sent to it."""
        begun = await self.it.get(f"/console/sso/start?to={to}")
        assert begun.status == 303, await begun.text()
        there = await self.it.http.get(begun.headers["Location"], allow_redirects=False)
        assert there.status == 302, await there.text()
        back = urlsplit(there.headers["Location"])
        return f"{back.path}?{back.query}"

    async def enter(self, to: str = "") -> tuple[int, str]:
        """Sign in there and come back: status, and where it leads."""
        answer = await self.it.get(await self.sent_back(to))
        return answer.status, answer.headers.get("Location", "")

    async def is_in(self) -> bool:
        """Whether the browser has got in."""
        return (await self.it.get("/console/account")).status == 200


@pytest.fixture
async def doors(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Doors]:
    """An installation with single sign-on, and Ana as its one user."""
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(provider())
        there.person = dict(ANA)
        sso = {"issuer": there.url, "client_id": CLIENT, "client_secret": SECRET}
        public = "http://console.example"
        changes: dict[str, Any] = {"console": {"sso": sso}, "server": {"public_url": public}}
        shop = await stack.enter_async_context(running(store_server, tmp_path, **changes))
        there.redirect = f"{public}/console/sso/callback"
        await add_user(shop.here, "ana@x.de", "agent")
        yield Doors(shop, there, await stack.enter_async_context(seated(shop, "")))


async def test_a_verified_address_lets_in_and_is_remembered_by_its_subject(doors: Doors) -> None:
    """The first time by the address; afterwards by who it is there, even under another address."""
    assert await doors.enter("/console/account") == (303, "/console/account")
    assert await doors.is_in()
    doors.provider.person = {"email": "ana.ruiz@elsewhere.example", "email_verified": True}
    async with seated(doors.shop, "") as other:
        again = Doors(doors.shop, doors.provider, other)
        assert (await again.enter())[0] == 303
        assert await again.is_in()


STRANGERS: dict[str, dict[str, Any]] = {
    "not verified": {"email": "ana@x.de", "email_verified": False},
    "nothing said": {"email": "ana@x.de"},
    "no address": {},
    "nobody here": {"email": "ben@x.de", "email_verified": True},
    "no login": {"email": "%$&", "email_verified": True},
}


async def test_nobody_else_gets_in(doors: Doors) -> None:
    """Without an address that the provider has verified, and that is a user's, there is no way in."""
    for who, person in STRANGERS.items():
        doors.provider.person = person
        assert (await doors.enter())[0] == 403, who
        assert not await doors.is_in(), who


async def test_an_address_that_has_passed_to_somebody_else_opens_nothing(doors: Doors) -> None:
    """Once Ana is known by her subject, another subject with her address is nobody."""
    assert (await doors.enter())[0] == 303
    doors.provider.person = {**ANA, "sub": "43"}
    async with seated(doors.shop, "") as other:
        again = Doors(doors.shop, doors.provider, other)
        assert (await again.enter())[0] == 403
        assert not await again.is_in()


async def test_a_disabled_user_stays_out(doors: Doors) -> None:
    """Whatever the provider says."""
    stored = await find_user(doors.shop.here.store.common, "ana@x.de")
    assert stored is not None
    await save_user(doors.shop.here.store.common, stored.record.with_end_of_sessions(disabled=True), stored)
    assert (await doors.enter())[0] == 403


WRONG: dict[str, dict[str, Any]] = {
    "another nonce": {"changes": {"nonce": "of another sign-in"}},
    "no nonce": {"changes": {"nonce": None}},
    "another issuer": {"changes": {"iss": "https://evil.example"}},
    "another audience": {"changes": {"aud": "another"}},
    "several audiences": {"changes": {"aud": [CLIENT, "another"]}},
    "made out to another": {"changes": {"aud": [CLIENT, "another"], "azp": "another"}},
    "over": {"changes": {"exp": 1_700_000_000}},
    "from the future": {"changes": {"iat": 2**39, "exp": 2**39 + 1}},
    "no end": {"changes": {"exp": None}},
    "an end in words": {"changes": {"exp": "tomorrow"}},
    "no subject": {"changes": {"sub": ""}},
    "another key": {"signs_with": rsa.generate_private_key(65537, 2048)},
    "a key that is not published": {"header": {"kid": "two"}},
    "another algorithm": {"header": {"alg": "HS256"}},
    "no algorithm": {"header": {"alg": "none"}},
    "critical": {"header": {"crit": ["exp"]}},
}


async def test_a_token_that_does_not_fit_is_refused(doors: Doors) -> None:
    """Whatever is wrong with what the provider says, nobody gets in and nothing breaks."""
    for wrong, how in WRONG.items():
        said = replace(doors.provider, **how)
        with patch.object(doors.provider, "id_token", said.id_token):
            assert (await doors.enter())[0] == 403, wrong
        assert not await doors.is_in(), wrong


async def test_a_way_back_of_somebody_else_leads_nowhere(doors: Doors) -> None:
    """A link that another browser was sent back with signs nobody in as somebody else; a code works once."""
    stolen = await doors.sent_back()
    async with seated(doors.shop, "") as victim:
        assert (await victim.get(stolen)).status == 403
    assert (await doors.it.get(stolen)).status == 303
    assert (await doors.it.get(stolen)).status == 403


async def test_nonsense_on_the_way_back_is_told(doors: Doors) -> None:
    """A page that says to begin again, never a fault; a cookie of one's own making counts for nothing."""
    await doors.it.get("/console/sso/start")
    for query in ("", "code=x", "state=x", "state=x&code=y", "error=access_denied&state=x", "code=" + "x" * 3_000):
        assert (await doors.it.get(f"/console/sso/callback?{query}")).status == 403, query
    for cookie in ("", "....", "a.b.c.d.e", "a.b.c.ZZZ." + "0" * 64):
        headers = {"Cookie": f"tl_sso={cookie}"}
        answer = await doors.it.get("/console/sso/callback?state=a&code=b", headers=headers)
        assert answer.status == 403, cookie


async def test_a_provider_that_fails_is_told(doors: Doors) -> None:
    """Another issuer than the settings say, or none at all: the page says so, and a password still works."""
    doors.provider.issuer = "https://another.example"
    answer = await doors.it.get("/console/sso/start")
    assert answer.status == 502
    assert "password" in await answer.text()


async def test_without_a_provider_there_is_no_such_way(shop: Running) -> None:
    """No button, and no route."""
    async with seated(shop, "") as it:
        assert "sso" not in await (await it.get("/console/sign-in")).text()
        assert (await it.get("/console/sso/start")).status == 404


async def test_it_leads_to_no_other_site(doors: Doors) -> None:
    """Whatever stood in the link with which it began."""
    back = await doors.sent_back("https%3A%2F%2Fevil.example")
    assert parse_qs(urlsplit(back).query)["state"]
    assert (await doors.it.get(back)).headers["Location"] == "/console/"
