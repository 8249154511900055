"""Users, for admins: who may sign in, and what they may do."""

from collections.abc import Mapping

from aiohttp import web
from pydantic import ValidationError

from middleware.console.routes import ADMIN, get, post
from middleware.console.users import UserChanged, all_users, find_user, issue_ticket, lost, save_user
from middleware.console.visit import Visit
from middleware.domain.users import ROLES, User, login_of
from middleware.pipeline.pairing import end_pairings
from middleware.ports import Stored


async def users(visit: Visit) -> web.StreamResponse:
    """Everybody, and a form for somebody new."""
    return await _users(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """Add somebody, and show the link to pass on."""
    form = await visit.form()
    fields = {
        "id": login_of(form.get("login", "")) or "",
        "name": form.get("name", ""),
        "roles": tuple(role for role in ROLES if form.get(f"role.{role}")),
        "brands": tuple(name for name in _brands(visit) if form.get(f"brand.{name}")),
        "created_at": visit.now,
    }
    try:
        user = User.model_validate(fields)
    except ValidationError as error:
        wrong = str(error.errors()[0]["loc"][0])
        return await _users(visit, status=400, wrong=f"users.wrong.{wrong}", given=form)
    if not user.roles or not user.brands:
        return await _users(visit, status=400, wrong="users.wrong.nothing", given=form)
    await visit.on_record("user.add", user.id, roles=", ".join(user.roles))
    try:
        await save_user(visit.console.store.common, user)
    except UserChanged:
        return await _users(visit, status=409, wrong="users.wrong.there", given=form)
    return await _with_link(visit, user)


async def change(visit: Visit) -> web.StreamResponse:
    """Other roles and brands."""
    stored, form = await _known(visit), await visit.form()
    roles = tuple(role for role in ROLES if form.get(f"role.{role}"))
    # Brands that this admin does not work for stay as they are.
    others = tuple(name for name in stored.record.brands if name not in _brands(visit))
    brands = (*others, *(name for name in _brands(visit) if form.get(f"brand.{name}")))
    if not roles:
        return await _users(visit, status=400, wrong="users.wrong.nothing")
    return await _changed(visit, stored, "user.change", roles=roles, brands=brands)


async def disable(visit: Visit) -> web.StreamResponse:
    """Let somebody in no more, or again."""
    stored = await _known(visit)
    off = not stored.record.disabled
    return await _changed(visit, stored, "user.disable" if off else "user.enable", disabled=off)


async def reset(visit: Visit) -> web.StreamResponse:
    """Take a password back, and show the link for another one."""
    stored = await _known(visit)
    user = stored.record.with_end_of_sessions(password=None)
    await visit.on_record("user.reset", user.id)
    await _save(visit, user, stored)
    return await _with_link(visit, user)


async def _changed(visit: Visit, stored: Stored[User], what: str, **changes: object) -> web.StreamResponse:
    user = stored.record.with_end_of_sessions(**changes)
    if user.id == visit.user.id:
        # Whoever takes their own admin role away could not give it back.
        return await _users(visit, status=409, wrong="users.wrong.oneself")
    await visit.on_record(what, user.id, roles=", ".join(user.roles))
    await _save(visit, user, stored)
    await end_pairings(lost(visit.console.brands, stored.record, user), user.id)
    return visit.go("/users", said="said.saved")


async def _save(visit: Visit, user: User, stored: Stored[User]) -> None:
    try:
        await save_user(visit.console.store.common, user, stored)
    except UserChanged:
        raise web.HTTPConflict from None
    visit.console.sessions.forget(user.id)


async def _with_link(visit: Visit, user: User) -> web.StreamResponse:
    secret = await issue_ticket(visit.console.store.common, user, "password", visit.now)
    base = visit.console.public_url or f"{visit.request.scheme}://{visit.request.host}"
    return visit.page("users/link.html", who=user, link=f"{base}/console/link/{secret}")


async def _known(visit: Visit) -> Stored[User]:
    """The user in the address: one who works for a brand of this admin's, or for none."""
    stored = await find_user(visit.console.store.common, login_of(visit.at("login")) or "")
    if stored is None or not _is_theirs(visit, stored.record):
        raise web.HTTPNotFound
    return stored


def _is_theirs(visit: Visit, user: User) -> bool:
    return not user.brands or any(name in visit.user.brands for name in user.brands)


def _brands(visit: Visit) -> tuple[str, ...]:
    """The brands that this admin may give."""
    return tuple(name for name in visit.console.brands if name in visit.user.brands)


async def _users(
    visit: Visit, *, status: int = 200, wrong: str = "", given: Mapping[str, str] | None = None
) -> web.Response:
    found = [each.record async for each in all_users(visit.console.store.common) if _is_theirs(visit, each.record)]
    values = {"users": found, "roles": ROLES, "brands": _brands(visit), "wrong": wrong, "given": given or {}}
    return visit.page("users/page.html", status=status, **values)


ROUTES = (
    get("/users", users, ADMIN),
    post("/users", add, ADMIN),
    post("/users/{login}", change, ADMIN),
    post("/users/{login}/disable", disable, ADMIN),
    post("/users/{login}/reset", reset, ADMIN),
)
