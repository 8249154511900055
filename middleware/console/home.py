"""Where somebody lands, their own settings, and the files that pages load."""

from aiohttp import web

from middleware.console.assets import assets
from middleware.console.attempts import may_show_again
from middleware.console.known_browsers import remember_browser
from middleware.console.language import LOCALES
from middleware.console.pairing.page import own_ones
from middleware.console.routes import PUBLIC, SIGNED_IN, get, post
from middleware.console.sections import sections
from middleware.console.users import find_user, save_user
from middleware.console.visit import Visit
from middleware.domain.pulse import Pulse
from middleware.domain.users import SESSION_LIVES
from middleware.web.passwords import why_no_password

_FOR_EVER = "public, max-age=31536000, immutable"


async def home(visit: Visit) -> web.StreamResponse:
    """The brand that they looked at last, or the first; a page that says so where they have none."""
    return visit.go(f"/{visit.of_menu.name}") if visit.of_menu is not None else visit.page("no_brand.html")


async def brand_home(visit: Visit) -> web.StreamResponse:
    """The section of their own work, which is for their role alone, else the first that they may see; where nothing has
    ever come, for builders, how to connect something.
    """
    if visit.does("builder") and not await _has_come(visit):
        return visit.go(visit.path("start"))
    seen = sections(visit)
    first = next((each for each in seen if len(each.roles) == 1), next(iter(seen), None))
    return visit.go(visit.path(first.path)) if first is not None else visit.page("no_brand.html")


async def _has_come(visit: Visit) -> bool:
    """Whether anything was heard of an account of the brand, or made-up people are there."""
    pulses = [Pulse.of_account(each.connector, each.id) for each in visit.brand.accounts]
    heard = await visit.brand.store.get(Pulse, pulses)
    if any(each.record.at is not None for each in heard.values()):
        return True
    return (await visit.console.made_up.standing(visit.brand.name)).state == "there"


async def account(visit: Visit) -> web.StreamResponse:
    """One's own settings."""
    return await _account(visit)


async def choose_language(visit: Visit) -> web.StreamResponse:
    """Another language of the console, for oneself."""
    chosen = (await visit.form()).get("locale", "")
    stored = await find_user(visit.console.store.common, visit.user.id)
    if stored is None or chosen not in LOCALES:
        raise web.HTTPBadRequest
    await save_user(visit.console.store.common, stored.record.model_copy(update={"locale": chosen}), stored)
    visit.console.sessions.forget(visit.user.id)
    answer = visit.go("/account", said="said.saved")
    answer.set_cookie("tl_locale", chosen, max_age=31_536_000, path="/", samesite="Lax", httponly=True)
    return answer


async def change_password(visit: Visit) -> web.StreamResponse:
    """Another password, which ends all sessions but this one."""
    console, form = visit.console, await visit.form()
    stored = await find_user(console.store.common, visit.user.id)
    if stored is None:
        raise web.HTTPBadRequest
    if not await may_show_again(visit):
        return await _account(visit, status=429, wrong="sign_in.too_often")
    if not await console.passwords.fits(stored.record.password, form.get("old", "")):
        return await _account(visit, status=400, wrong="account.old_is_wrong")
    wrong = why_no_password(form.get("new", ""), visit.user.id)
    if wrong is not None:
        return await _account(visit, status=400, wrong=wrong)
    encoded = await console.passwords.encoded(form["new"])
    user = stored.record.with_end_of_sessions(password=encoded)
    await save_user(console.store.common, user, stored)
    console.sessions.forget(user.id)
    await console.sessions.end(visit.session)
    begun = await console.sessions.begin(user, visit.request.headers.get("User-Agent", ""))
    answer = visit.go("/account", said="said.password_changed")
    console.sessions.set_on(answer, begun.cookies)
    await remember_browser(visit, user, answer)
    return answer


async def asset(visit: Visit) -> web.StreamResponse:
    """A file that pages load."""
    found = assets().get(visit.at("path"))
    if found is None or found.mark != visit.at("mark"):
        raise web.HTTPNotFound
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if found.packed is not None and "gzip" in visit.request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=found.packed, content_type=found.type, headers=headers)
    return web.Response(body=found.content, content_type=found.type, headers=headers)


async def nothing(visit: Visit) -> web.StreamResponse:  # noqa: ARG001 - as every handler
    """Whatever is no page."""
    raise web.HTTPNotFound


async def _account(visit: Visit, *, status: int = 200, wrong: str = "") -> web.Response:
    ends_at = visit.session.begun_at + SESSION_LIVES
    theirs = [each for name, each in visit.console.brands.items() if name in visit.user.brands]
    own = [(each.name, one) for each in theirs for one in await own_ones(visit, each)]
    return visit.page("account.html", status=status, wrong=wrong, locales=LOCALES, ends_at=ends_at, own=own,
                      tries=[each.name for each in theirs] if visit.does("marketer") else [])  # fmt: skip


ROUTES = (
    get("/", home, SIGNED_IN),
    get("/account", account, SIGNED_IN),
    post("/account/language", choose_language, SIGNED_IN),
    post("/account/password", change_password, SIGNED_IN),
    get("/static/{mark}/{path:.+}", asset, PUBLIC, bare=True),
    get("/{brand}", brand_home, SIGNED_IN),
    get("/{path:.+}", nothing, SIGNED_IN),
)
