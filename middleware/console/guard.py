"""What stands before and behind every handler: who asks, whether they may, whether it is their own page that asks for
an act, and the headers under which browsers run nothing that is not ours.
"""

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

import structlog
from aiohttp import web

from middleware.console.language import Language, locale_of
from middleware.console.parts import CONSOLE
from middleware.console.routes import Route
from middleware.console.visit import LAST_BRAND, Visit
from middleware.errors import StoreUnavailable

log = structlog.get_logger(__name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script or style, nothing from elsewhere, in nobody's frame. A handler may set another one."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cache-Control": "no-store",
}

LONGEST_RETURN = 1_000
"""Characters of an address to which signing in leads back: with each of them escaped it still fits into a header."""

_ERRORS = {400, 401, 403, 404, 405, 409, 413, 429, 500, 503}
"""Statuses that have words of their own."""


def guarded(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of a route as aiohttp calls it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        console = request.app[CONSOLE]
        visit = Visit(request, console, _language(request))
        try:
            answer = await _answer(route, visit)
        except web.HTTPException as error:
            answer = _wrong(route, visit, error.status)
        except StoreUnavailable:
            answer = _wrong(route, visit, 503)
        except ConnectionResetError:
            # Whoever asked has gone: pages take back what they asked for once something newer is typed.
            answer = web.Response(status=400)
        except Exception:
            log.exception("a page failed", action="page_failed", path=route.path)
            answer = _wrong(route, visit, 500)
        if not answer.prepared:
            finish(visit, answer)
        return answer

    return handle


async def _answer(route: Route, visit: Visit) -> web.StreamResponse:
    visit.signed_in = await visit.console.sessions.of(visit.request)
    if visit.signed_in is not None:
        visit.language = _language(visit.request, visit.signed_in.user.locale)
    if visit.signed_in is None and not route.rule.public:
        return _to_sign_in(route, visit)
    if route.rule.roles is not None and not route.rule.lets_in(visit.user):
        raise web.HTTPForbidden
    if "{brand}" in route.path:
        name = visit.request.match_info["brand"]
        # One that is not theirs and one that there is not look the same.
        if name not in visit.console.brands or name not in visit.user.brands:
            raise web.HTTPNotFound
        visit.of_brand = visit.console.brands[name]
    if visit.request.method == "POST":
        await _see_that_it_is_ours(visit)
    return await route.handler(visit)


async def _see_that_it_is_ours(visit: Visit) -> None:
    """403 for an act that no page of ours asks for: by what browsers say of where it comes from, and by the secret of
    the session that every form brings along.
    """
    request = visit.request
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise web.HTTPForbidden
    origin = request.headers.get("Origin")
    known = {request.host, urlsplit(visit.console.public_url).netloc} - {""}
    if origin is not None and _host_of(origin) not in known:
        raise web.HTTPForbidden
    if visit.signed_in is None:
        return
    given = request.headers.get("X-CSRF-Token") or (await visit.form()).get("csrf", "")
    # What a header has beside ASCII cannot always be encoded again.
    if not hmac.compare_digest(given.encode(errors="replace"), visit.signed_in.csrf.encode()):
        raise web.HTTPForbidden


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _to_sign_in(route: Route, visit: Visit) -> web.StreamResponse:
    if route.bare:
        return web.Response(status=401)
    path = visit.request.path_qs if visit.request.method == "GET" and not visit.is_fragment else "/console/"
    if len(path) > LONGEST_RETURN:
        path = "/console/"
    there = "/console/sign-in" if path == "/console/" else f"/console/sign-in?to={quote(path, safe='')}"
    if visit.is_fragment:
        return web.Response(status=401, headers={"HX-Redirect": there})
    return web.Response(status=303, headers={"Location": there})


def _wrong(route: Route, visit: Visit, status: int) -> web.StreamResponse:
    """What somebody is told when it could not be done."""
    if route.bare:
        return web.Response(status=status)
    known = status if status in _ERRORS else 500 if status >= 500 else 400  # noqa: PLR2004 - the classes of statuses
    if visit.is_fragment:
        visit.headers |= {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
        return visit.page("notice.html", status=status, kind="error", message=visit.text(f"errors.{known}.what"))
    return visit.page("error.html", status=status, code=known)


def finish(visit: Visit, answer: web.StreamResponse) -> None:
    """Put the headers of every answer on it, and what goes on with the session. For whoever sends an answer piece by
    piece: before the first one.
    """
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers["Vary"] = "Cookie, Accept-Language, HX-Request"
    if visit.of_brand is not None and visit.request.cookies.get(LAST_BRAND) != visit.of_brand.name:
        answer.set_cookie(LAST_BRAND, visit.of_brand.name, max_age=31_536_000, path="/", samesite="Lax", httponly=True)
    if visit.signed_in is not None and visit.signed_in.cookies:
        fresh = {name: value for name, value in visit.signed_in.cookies.items() if name not in answer.cookies}
        visit.console.sessions.set_on(answer, fresh)


def _language(request: web.Request, chosen: str | None = None) -> Language:
    locale = locale_of(request.headers.get("Accept-Language", ""), chosen or request.cookies.get("tl_locale"))
    return Language(locale, request.cookies.get("tl_zone", "UTC")[:64])
