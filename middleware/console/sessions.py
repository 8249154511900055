"""Sessions: who has signed in, by two cookies.

`session` is a signed token that lives for ten minutes and is read without the store. `renew` is a secret that makes the
next one and is used once: whoever comes with a used one has stolen it, or was stolen from, and the session ends. Users
and sessions are looked up at most every fifteen seconds, so that signing out, another role and being disabled count
soon after everywhere, and at once in the process that did it.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from aiohttp import web

from middleware.domain.users import SESSION_LIVES, ConsoleKey, Session, User
from middleware.ports import BrandStore, Clock, Put, Stored
from middleware.web.tokens import SessionToken, read_session, sign_session

log = structlog.get_logger(__name__)

TOKEN_LIVES = timedelta(minutes=10)
LOOKED_UP_EVERY = 15.0
"""Seconds."""

_BOTH_COUNT_FOR = timedelta(seconds=60)
"""How long the secret before still counts: pages ask for several things at once."""

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks, and in which session. `cookies` are to be set with the answer."""

    user: User
    session: Session
    csrf: str
    cookies: dict[str, str] = field(default_factory=dict)


class Sessions:
    """All sessions, as one process sees them. `secret` signs tokens; without one, one is made and kept in the store.

    `secure`: the console is reached by HTTPS, and cookies go nowhere else.
    """

    def __init__(self, store: BrandStore, clock: Clock, *, secret: str | None, secure: bool) -> None:
        self._store = store
        self._clock = clock
        self._secret = secret
        self._secure = secure
        self._making = asyncio.Lock()
        self._known: OrderedDict[str, tuple[float, Session, User]] = OrderedDict()
        prefix = "__Host-" if secure else ""
        self.session_cookie = f"{prefix}tl_session"
        self.renew_cookie = f"{prefix}tl_renew"

    async def begin(self, user: User, browser: str) -> SignedIn:
        """Sign somebody in. Who they are has been seen to."""
        now, renews = self._clock.now(), secrets.token_urlsafe(32)
        session = Session(
            id=secrets.token_urlsafe(16),
            user=user.id,
            epoch=user.epoch,
            renews=_hash(renews),
            begun_at=now,
            renewed_at=now,
            browser=browser[:200],
        )
        await self._store.write(Put(session))
        self._keep(session, user)
        return await self._signed_in(user, session, renews)

    async def of(self, request: web.Request) -> SignedIn | None:
        """Who asks, or None for nobody whom we know. Raises StoreUnavailable."""
        said = read_session(request.cookies.get(self.session_cookie), await self.key(), now=self._clock.now())
        if said is None:
            return await self._renewed(request.cookies.get(self.renew_cookie, ""))
        found = await self._looked_up(said.sid)
        if found is None or found[1].id != said.sub or not found[0].counts(found[1], self._clock.now()):
            return None
        return SignedIn(found[1], found[0], await self._csrf(said.sid))

    async def user_of(self, session: Session) -> User | None:
        """Whose session it is by now; None once it has ended. For what goes on for longer than a request."""
        found = await self._looked_up(session.id)
        return found[1] if found is not None and found[0].counts(found[1], self._clock.now()) else None

    async def end(self, session: Session) -> None:
        """Sign out: nothing of this session counts any more."""
        stored = (await self._store.get(Session, [session.id])).get(session.id)
        if stored is not None:
            await self._store.write(stored.put(stored.record.model_copy(update={"ended": True})))
        self._known.pop(session.id, None)

    def forget(self, login: str) -> None:
        """Look a user up anew: something of theirs has changed."""
        for key in [key for key, (_, _, user) in self._known.items() if user.id == login]:
            del self._known[key]

    def set_on(self, answer: web.StreamResponse, cookies: dict[str, str]) -> None:
        """Set cookies; an empty one is deleted. No script reads them, and no other site's request brings them along,
        but for a link that is followed.
        """
        for name, value in cookies.items():
            lives = int(SESSION_LIVES.total_seconds()) if value else 0
            answer.set_cookie(
                name, value, max_age=lives, path="/", httponly=True, samesite="Lax", secure=self._secure
            )  # fmt: skip

    @property
    def no_cookies(self) -> dict[str, str]:
        """What takes both cookies away."""
        return {self.session_cookie: "", self.renew_cookie: ""}

    async def key(self) -> str:
        """What everything here is signed with."""
        async with self._making:
            if self._secret is None:
                self._secret = await self._kept_key()
            return self._secret

    async def _kept_key(self) -> str:
        await self._store.write(Put(ConsoleKey(secret=secrets.token_hex(32))))
        return (await self._store.get(ConsoleKey, ["key"]))["key"].record.secret

    async def _renewed(self, cookie: str) -> SignedIn | None:
        identifier, _, secret = cookie.partition(".")
        stored = (await self._store.get(Session, [identifier])).get(identifier) if secret else None
        if stored is None:
            return None
        user = (await self._store.get(User, [stored.record.user])).get(stored.record.user)
        if user is None or not stored.record.counts(user.record, self._clock.now()):
            return None
        if hmac.compare_digest(stored.record.renews, _hash(secret)):
            return await self._with_next(stored, user.record)
        return await self._once_more(stored, user.record, secret)

    async def _with_next(self, stored: Stored[Session], user: User) -> SignedIn | None:
        """The session with the next secret, if nobody was quicker."""
        renews, now = secrets.token_urlsafe(32), self._clock.now()
        changes = {"renews": _hash(renews), "renewed": stored.record.renews, "renewed_at": now}
        session = stored.record.model_copy(update=changes)
        (landed,) = await self._store.write(stored.put(session))
        if not landed:
            # The other request brings the next secret along.
            return await self._signed_in(user, stored.record)
        self._keep(session, user)
        return await self._signed_in(user, session, renews)

    async def _once_more(self, stored: Stored[Session], user: User, secret: str) -> SignedIn | None:
        session = stored.record
        if session.renewed is None or not hmac.compare_digest(session.renewed, _hash(secret)):
            return None
        if self._clock.now() < session.renewed_at + _BOTH_COUNT_FOR:
            return await self._signed_in(user, session)
        log.warning("a used secret came back, and its session ends", action="session_ended", user=user.id)
        await self.end(session)
        return None

    async def _signed_in(self, user: User, session: Session, renews: str | None = None) -> SignedIn:
        seconds = int(self._clock.now().timestamp())
        said = SessionToken(
            iss="throughline",
            aud="console",
            sub=user.id,
            sid=session.id,
            jti=secrets.token_urlsafe(9),
            iat=seconds,
            exp=seconds + int(TOKEN_LIVES.total_seconds()),
        )
        cookies = {self.session_cookie: sign_session(said, await self.key())}
        if renews is not None:
            cookies[self.renew_cookie] = f"{session.id}.{renews}"
        return SignedIn(user, session, await self._csrf(session.id), cookies)

    async def _looked_up(self, identifier: str) -> tuple[Session, User] | None:
        known = self._known.get(identifier)
        if known is not None and self._clock.monotonic() < known[0] + LOOKED_UP_EVERY:
            return known[1], known[2]
        session = (await self._store.get(Session, [identifier])).get(identifier)
        user = (await self._store.get(User, [session.record.user])).get(session.record.user) if session else None
        if session is None or user is None:
            self._known.pop(identifier, None)
            return None
        self._keep(session.record, user.record)
        return session.record, user.record

    def _keep(self, session: Session, user: User) -> None:
        self._known[session.id] = (self._clock.monotonic(), session, user)
        self._known.move_to_end(session.id)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    async def _csrf(self, session: str) -> str:
        """What forms of this session bring along."""
        return hmac.new((await self.key()).encode(), f"csrf|{session}".encode(), hashlib.sha256).hexdigest()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
