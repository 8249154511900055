"""Signing in elsewhere, by OpenID Connect: who somebody is says the provider; what they may do here, we say.

Whoever comes has to be a user already. The first time they are found by the address that the provider has verified,
which is their login; from then on by what the provider calls them, whatever becomes of the address.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

import structlog
from aiohttp import web

from middleware.console.attempts import may_come
from middleware.console.entering import enter
from middleware.console.routes import PUBLIC, get
from middleware.console.users import UserChanged, find_user, save_user, user_of_subject
from middleware.console.visit import Visit
from middleware.domain.users import User, login_of
from middleware.ports import IdentityProvider, ProviderRefused
from middleware.web.tokens import IdToken, read_id_token

log = structlog.get_logger(__name__)

_COOKIE = "tl_sso"
_WITHIN = 600
"""Seconds for signing in there."""

_LONGEST_CODE = 2_000


@dataclass(frozen=True, slots=True)
class _Begun:
    """One sign-in that is under way: what only this browser knows. `to` is where it leads."""

    state: str
    nonce: str
    verifier: str
    to: str

    @property
    def challenge(self) -> str:
        """RFC 7636, 4.2: S256."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def start(visit: Visit) -> web.StreamResponse:
    """Send the browser to the provider."""
    provider = _provider(visit)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    begun = _Begun(state, nonce, verifier, visit.query("to"))
    try:
        there = await provider.sign_in_url(
            redirect=_back(visit), state=begun.state, nonce=begun.nonce, challenge=begun.challenge
        )
    except ProviderRefused as error:
        return _failed(visit, "sso.unreachable", error)
    answer = web.Response(status=303, headers={"Location": there})
    value = await _sealed(visit, begun)
    answer.set_cookie(_COOKIE, value, max_age=_WITHIN, path="/console/sso", httponly=True, samesite="Lax",
                      secure=visit.console.public_url.startswith("https://"))  # fmt: skip
    return answer


async def callback(visit: Visit) -> web.StreamResponse:
    """The browser comes back with a code."""
    provider = _provider(visit)
    if not await may_come(visit):
        raise web.HTTPTooManyRequests
    begun = await _opened(visit)
    query = visit.request.query
    if begun is None or not hmac.compare_digest(query.get("state", "").encode(), begun.state.encode()):
        return _failed(visit, "sso.another_browser")
    code = query.get("code", "")
    if not code or len(code) > _LONGEST_CODE:
        return _failed(visit, "sso.refused")
    try:
        given = await provider.exchange(code, redirect=_back(visit), verifier=begun.verifier)
    except ProviderRefused as error:
        return _failed(visit, "sso.refused", error)
    said = read_id_token(
        given.id_token, given.keys, issuer=provider.issuer, client_id=provider.client_id, nonce=begun.nonce,
        now=visit.now,
    )  # fmt: skip
    if said is None:
        return _failed(visit, "sso.refused")
    user = await _known(visit, said)
    if user is None or user.disabled:
        return _failed(visit, "sso.unknown")
    answer = await enter(visit, user, begun.to)
    answer.del_cookie(_COOKIE, path="/console/sso")
    return answer


async def _known(visit: Visit, said: IdToken) -> User | None:
    """The user who is meant. An address counts once, and only if the provider has seen that it is theirs."""
    store, subject = visit.console.store.common, f"{said.iss}|{said.sub}"
    found = await user_of_subject(store, subject)
    if found is not None:
        return found.record
    login = login_of(said.email or "") if said.email_verified else None
    stored = await find_user(store, login) if login is not None else None
    if stored is None or stored.record.subject is not None:
        return None
    user = stored.record.model_copy(update={"subject": subject})
    try:
        await save_user(store, user, stored)
    except UserChanged:
        return None
    return user


def _provider(visit: Visit) -> IdentityProvider:
    if visit.console.provider is None:
        raise web.HTTPNotFound
    return visit.console.provider


def _back(visit: Visit) -> str:
    return f"{visit.console.public_url}/console/sso/callback"


def _failed(visit: Visit, why: str, error: ProviderRefused | None = None) -> web.Response:
    if error is not None:
        log.warning("the identity provider lets nobody in", action="sso", why=str(error))
    return visit.page("entering/sign_in.html", status=403 if error is None else 502, login="", wrong=why, to="")


async def _sealed(visit: Visit, begun: _Begun) -> str:
    parts = (begun.state, begun.nonce, begun.verifier, base64.urlsafe_b64encode(begun.to.encode()).decode())
    content = ".".join(parts)
    return f"{content}.{await _seal(visit, content)}"


async def _opened(visit: Visit) -> _Begun | None:
    content, _, seal = visit.request.cookies.get(_COOKIE, "").rpartition(".")
    if not hmac.compare_digest(seal.encode(), (await _seal(visit, content)).encode()):
        return None
    state, nonce, verifier, to = content.split(".")
    return _Begun(state, nonce, verifier, base64.urlsafe_b64decode(to).decode())


async def _seal(visit: Visit, content: str) -> str:
    key = await visit.console.sessions.key()
    return hmac.new(key.encode(), f"sso|{content}".encode(), hashlib.sha256).hexdigest()


ROUTES = (get("/sso/start", start, PUBLIC), get("/sso/callback", callback, PUBLIC))
