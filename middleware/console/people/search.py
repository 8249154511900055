"""Finding a person by what somebody at a desk has of them."""

from typing import Any

from aiohttp import web

from middleware.console.people.page import VIEW
from middleware.console.people.panel import eyes_of
from middleware.console.routes import get, post
from middleware.console.visit import Visit
from middleware.domain.board import Wanted
from middleware.domain.identifiers import Identifier
from middleware.identity.joined import Joined, join
from middleware.pipeline.finding import LONGEST_SEARCH, MOST_FOUND, Found, Hit, find_people, writing_in

_LATEST = 10


async def search_page(visit: Visit) -> web.StreamResponse:
    """The page on which one searches."""
    return visit.page("people/search.html", asked="", **found_values(visit, await _latest(visit)))


async def search(visit: Visit) -> web.StreamResponse:
    """Who was found. Posted, so that an address or a number stands in no address line and no log."""
    asked = (await visit.form()).get("asked", "")[:LONGEST_SEARCH].strip()
    found = await found_by(visit, asked)
    if len(found.hits) == 1 and not found.more and not visit.is_fragment:
        return visit.go(visit.path("people", found.hits[0].profile.id))
    values = found_values(visit, found)
    if visit.is_fragment:
        return visit.page("people/found.html", **values)
    return visit.page("people/search.html", asked=asked, **values)


async def found_by(visit: Visit, asked: str) -> Found:
    """Whom a text can mean, in this brand."""
    writing = _conversations(visit, Wanted(name=asked), MOST_FOUND) if asked else ()
    return await find_people(visit.brand.store, asked, identifiers_in(visit, asked), writing)


async def _latest(visit: Visit) -> Found:
    """Who wrote last: nobody has to begin with an empty page."""
    return await writing_in(visit.brand.store, _conversations(visit, Wanted(), _LATEST))


def _conversations(visit: Visit, wanted: Wanted, most: int) -> list[str]:
    board = visit.brand.board
    board.start()
    return [head.id for head in board.page(wanted, most=most).rows]


def identifiers_in(visit: Visit, asked: str) -> tuple[Identifier, ...]:
    """All that a text can be: an address, a number, an id on one of the brand's channels."""
    brand, channels = visit.brand, visit.console.channels
    on_channels = (
        channels[account.connector].sender(account, asked)
        for account in brand.brand.accounts.values()
        if account.connector in channels
    )
    found = (*brand.contacts(asked), *on_channels)
    return tuple(dict.fromkeys(each for each in found if each is not None))


def found_values(visit: Visit, found: Found | None, *, beside: str = "", chosen_for: str = "") -> dict[str, Any]:
    """What the list of who was found is given. `beside`: the profile that one of them is to be merged with;
    `chosen_for`: the page that one of them is chosen for.
    """
    joined: list[tuple[Hit, Joined]] = [
        (hit, join(hit.profile, visit.brand.brand.ownership)) for hit in (found.hits if found is not None else ())
    ]
    return {
        "found": found,
        "hits": joined,
        "beside": beside,
        "chosen_for": chosen_for,
        "eyes": eyes_of(visit),
        "loaded": visit.brand.board.loaded,
    }


ROUTES = (
    get("/{brand}/people", search_page, VIEW),
    post("/{brand}/people", search, VIEW),
)
