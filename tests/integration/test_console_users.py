"""Users in the console: an admin adds, changes, disables and resets; nobody changes themselves."""

from collections.abc import AsyncIterator

import pytest

from middleware.console.users import find_user
from middleware.domain.users import User
from middleware.pipeline.audit import entries
from tests.console import PASSWORD, Seated, add_user, seated
from tests.running import Running


@pytest.fixture
async def admin(shop: Running) -> AsyncIterator[Seated]:
    """An admin."""
    async with seated(shop, "boss", "admin") as it:
        yield it


async def _user(shop: Running, login: str) -> User | None:
    stored = await find_user(shop.here.store.common, login)
    return stored.record if stored is not None else None


async def test_somebody_is_added_and_gets_in_by_the_link(shop: Running, admin: Seated) -> None:
    """They have the roles and brands that were ticked, and set a password by the link that is shown this once."""
    fields = {"login": "Ana@X.de", "name": "Ana <b>", "role.agent": "on", "brand.glow": "on", "brand.none": "on"}
    answer = await admin.post("/console/users", fields)
    text = await answer.text()
    assert "Ana &lt;b&gt;" in text
    link = "/console/link/" + text.partition("/console/link/")[2].partition("<")[0]
    user = await _user(shop, "ana@x.de")
    assert user is not None
    assert (user.roles, user.brands, user.password) == (("agent",), ("glow",), None)
    async with seated(shop, "") as it:
        assert (await it.post(link, {"password": PASSWORD})).status == 303
        assert (await it.get("/console/account")).status == 200
    assert (await admin.post("/console/users", fields)).status == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"login": ""}, {"login": "a b"}, {"login": "$where"}, {"name": ""}, {"name": "x" * 81}, {"role.agent": ""},
        {"brand.glow": ""},
    ],
    ids=str,
)  # fmt: skip
async def test_what_does_not_fit_is_told(shop: Running, admin: Seated, wrong: dict[str, str]) -> None:
    """Nobody is added; the page says why, and keeps what was written."""
    fields = {"login": "ana", "name": "Ana", "role.agent": "on", "brand.glow": "on", **wrong}
    answer = await admin.post("/console/users", {name: value for name, value in fields.items() if value})
    assert answer.status == 400
    assert 'role="alert"' in await answer.text()
    assert await _user(shop, "ana") is None


async def test_roles_change_and_sessions_end(shop: Running, admin: Seated) -> None:
    """At once in this process; disabled they do not get in, enabled they do, and all of it is on record."""
    async with seated(shop, "ana", "agent") as ana:
        assert (await admin.post("/console/users/ana", {"role.marketer": "on", "brand.glow": "on"})).status == 303
        assert (await ana.get("/console/account")).status == 303
    for disabled in (True, False):
        assert (await admin.post("/console/users/ana/disable")).status == 303
        user = await _user(shop, "ana")
        assert user is not None
        assert (user.disabled, user.roles) == (disabled, ("marketer",))
    log = [(each.by, each.what, each.about) for each in await entries(shop.here.store.common)]
    assert log == [("boss", f"user.{what}", "ana") for what in ("enable", "disable", "change")]


async def test_a_password_is_taken_back(shop: Running, admin: Seated) -> None:
    """The old one does not count any more, and the link sets another."""
    await add_user(shop.here, "ana", "agent", password=PASSWORD)
    assert "/console/link/" in await (await admin.post("/console/users/ana/reset")).text()
    async with seated(shop, "") as it:
        assert (await it.post("/console/sign-in", {"login": "ana", "password": PASSWORD})).status == 401


async def test_nobody_changes_themselves(shop: Running, admin: Seated) -> None:
    """An admin cannot lock themselves out, nor give themselves anything."""
    for path in ("/console/users/boss", "/console/users/boss/disable"):
        assert (await admin.post(path, {"role.agent": "on", "brand.glow": "on"})).status == 409
    user = await _user(shop, "boss")
    assert user is not None
    assert (user.roles, user.disabled, user.epoch) == (("admin",), False, 0)


async def test_an_admin_sees_only_who_works_for_their_brands(shop: Running, admin: Seated) -> None:
    """Users of other brands alone are not there; brands that are not the admin's stay as they are."""
    await add_user(shop.here, "far", "agent", brands=("elsewhere",))
    await add_user(shop.here, "both", "agent", brands=("elsewhere", "glow"))
    text = await (await admin.get("/console/users")).text()
    assert "both" in text
    assert "far" not in text
    assert (await admin.post("/console/users/far", {"role.agent": "on"})).status == 404
    assert (await admin.post("/console/users/both", {"role.admin": "on"})).status == 303
    user = await _user(shop, "both")
    assert user is not None
    assert (user.brands, user.roles) == (("elsewhere",), ("admin",))
