"""How often somebody may try to get in: counted in the store, by all processes together, whatever is started anew.

By name alone nobody can be kept out for ever: a browser in which its user has signed in before is counted by itself,
and neither by the login nor by the address. Whoever comes from a new one while others try their login gets a link from
an admin.
"""

from collections.abc import Collection
from datetime import datetime

from middleware.console.known_browsers import known_browser
from middleware.console.visit import Visit
from middleware.domain.attempts import Attempts, Counted, cell_of
from middleware.domain.users import User
from middleware.ports import TRIES_TO_LAND, BrandStore, Stored
from middleware.web.site.limits import address_of


async def may_sign_in(visit: Visit, login: str, user: User | None) -> bool:
    """Whether a password may be tried now; if so it is counted. `user`: whoever has the login, if anybody."""
    browser = await known_browser(visit, user) if user is not None else None
    if browser is not None:
        return await _may_try(visit, ("browser", browser))
    return await _may_try(visit, ("login", login), ("address", _address(visit)))


async def may_come(visit: Visit) -> bool:
    """Whether a link, or what an identity provider says, is looked at now; if so it is counted."""
    return await _may_try(visit, ("address", _address(visit)))


async def may_show_again(visit: Visit) -> bool:
    """Whether somebody who is signed in may try their own password now; if so it is counted."""
    return await _may_try(visit, ("user", visit.user.id))


async def _may_try(visit: Visit, *whose: tuple[Counted, str]) -> bool:
    key = (await visit.console.sessions.key()).encode()
    cells = [cell_of(key, counted, name) for counted, name in whose]
    return await count_attempt(visit.console.store.common, cells, visit.now)


async def count_attempt(store: BrandStore, cells: Collection[str], now: datetime) -> bool:
    """Count an attempt in each of these cells, if each has room for it. One that is refused fills none up.

    Of many at one moment those who are slower every time are refused. Raises StoreUnavailable.
    """
    left = set(cells)
    for _ in range(TRIES_TO_LAND):
        found = await store.get(Attempts, left)
        stored = [found.get(cell, Stored(Attempts(id=cell, until=now), 0)) for cell in sorted(left)]
        after = [each.record.with_one(now) for each in stored]
        puts = [each.put(record) for each, record in zip(stored, after, strict=True) if record is not None]
        if len(puts) < len(stored):
            return False
        landed = await store.write(*puts)
        left = {each.record.id for each, has in zip(stored, landed, strict=True) if not has}
        if not left:
            return True
    return False


def _address(visit: Visit) -> str:
    return address_of(visit.request, visit.console.proxies)
