"""Signing in and out: by a password, or by a link that works once."""

from aiohttp import web

from middleware.console.attempts import may_come, may_sign_in
from middleware.console.known_browsers import remember_browser
from middleware.console.routes import PUBLIC, SIGNED_IN, get, post
from middleware.console.users import find_user, look_at_ticket, save_user, use_ticket
from middleware.console.visit import Visit
from middleware.domain.users import User, login_of
from middleware.web.passwords import why_no_password


async def sign_in_page(visit: Visit) -> web.StreamResponse:
    """The page on which one signs in."""
    if visit.signed_in is not None:
        return visit.go(_inside(visit.query("to")))
    return _sign_in(visit)


async def sign_in(visit: Visit) -> web.StreamResponse:
    """Sign in with login and password."""
    form = await visit.form()
    written, password = form.get("login", ""), form.get("password", "")
    login = login_of(written) or ""
    stored = await find_user(visit.console.store.common, login) if login else None
    user = stored.record if stored is not None else None
    if not await may_sign_in(visit, login, user):
        return _sign_in(visit, status=429, login=written, wrong="sign_in.too_often")
    right = await visit.console.passwords.fits(user.password if user is not None else None, password)
    if user is None or not right or user.disabled:
        return _sign_in(visit, status=401, login=written, wrong="sign_in.wrong")
    return await enter(visit, user, form.get("to", ""))


async def enter(visit: Visit, user: User, to: str) -> web.StreamResponse:
    """Begin a session for somebody who has shown who they are."""
    begun = await visit.console.sessions.begin(user, visit.request.headers.get("User-Agent", ""))
    visit.signed_in = begun
    answer = visit.go(_inside(to))
    visit.console.sessions.set_on(answer, begun.cookies)
    await remember_browser(visit, user, answer)
    return answer


async def sign_out(visit: Visit) -> web.StreamResponse:
    """End the session."""
    await visit.console.sessions.end(visit.session)
    visit.signed_in = None
    answer = visit.go("/sign-in")
    visit.console.sessions.set_on(answer, visit.console.sessions.no_cookies)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


async def link_page(visit: Visit) -> web.StreamResponse:
    """What a link leads to. Looking at it does not use it up: mail programs look at links, too."""
    found = await look_at_ticket(visit.console.store.common, visit.at("secret"), visit.now)
    if found is None:
        return visit.page("entering/link_over.html", status=404)
    ticket, user = found
    page = "entering/password.html" if ticket.record.purpose == "password" else "entering/link.html"
    return visit.page(page, who=user.record, secret=visit.at("secret"), wrong="")


async def use_link(visit: Visit) -> web.StreamResponse:
    """Sign in with a link, or set a password with it."""
    console = visit.console
    if not await may_come(visit):
        raise web.HTTPTooManyRequests
    found = await look_at_ticket(console.store.common, visit.at("secret"), visit.now)
    if found is None:
        return visit.page("entering/link_over.html", status=404)
    ticket, stored = found
    user = stored.record
    if ticket.record.purpose == "password":
        password = (await visit.form()).get("password", "")
        wrong = why_no_password(password, user.id)
        if wrong is not None:
            values = {"who": user, "secret": visit.at("secret"), "wrong": wrong}
            return visit.page("entering/password.html", status=400, **values)
        user = user.with_end_of_sessions(password=await console.passwords.encoded(password))
    if not await use_ticket(console.store.common, ticket):
        return visit.page("entering/link_over.html", status=404)
    if user is not stored.record:
        await save_user(console.store.common, user, stored)
        console.sessions.forget(user.id)
    return await enter(visit, user, ticket.record.to)


def _sign_in(visit: Visit, *, status: int = 200, login: str = "", wrong: str = "") -> web.Response:
    to = visit.query("to")
    return visit.page("entering/sign_in.html", status=status, login=login[:100], wrong=wrong, to=to)


def _inside(to: str) -> str:
    """A page of the console, from where somebody wanted to go: never another site."""
    inside = to.removeprefix("/console")
    is_path = to.startswith("/console/") and "//" not in inside and "\\" not in inside and inside.isprintable()
    return inside if is_path else "/"


ROUTES = (
    get("/sign-in", sign_in_page, PUBLIC),
    post("/sign-in", sign_in, PUBLIC),
    post("/sign-out", sign_out, SIGNED_IN),
    get("/link/{secret}", link_page, PUBLIC),
    post("/link/{secret}", use_link, PUBLIC),
)
