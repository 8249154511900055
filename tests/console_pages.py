"""Every page of the console with something to show: the address behind each route that people read."""

import re
from collections.abc import Mapping
from typing import TypeVar

from middleware.cli.demo_stage import BRAND
from middleware.console.app import ROUTES
from middleware.console.routes import Route
from middleware.domain.candidates import Candidate
from middleware.domain.conversation import Conversation
from middleware.domain.profile import Profile
from middleware.domain.record import Record
from middleware.domain.turn import Turn
from middleware.pipeline.records import records
from middleware.ports import BrandStore

R = TypeVar("R", bound=Record)

_PLACE = re.compile(r"\{(\w+)(?::([^}]*))?\}")

_PATTERNS = tuple(
    (route, re.compile(_PLACE.sub(lambda place: f"(?:{place[2] or '[^/]+'})", route.path))) for route in ROUTES
)

NO_PAGES = frozenset(
    {
        "/{path:.+}", "/static/{mark}/{path:.+}", "/link/{secret}", "/sign-in", "/embed/{token}",
        "/sso/start", "/sso/callback", "/{brand}/conversations/live",
        "/{brand}/conversations/{id}/files/{file}", "/{brand}/templates/{name}/forecast/{id}",
        "/{brand}/templates/{name}/test/{turn}",
        "/{brand}/review/undo/{profile}", "/{brand}/review/undone/{profile}/{stays}", "/{brand}/review/done",
        "/{brand}/operations/letters/{id}", "/{brand}/operations/quarantine/{id}",
        "/{brand}/people/{profile}/unmerge/{part}", "/{brand}/erasures/{erasure}", "/{brand}/erasures/{erasure}/part",
    }
)  # fmt: skip
"""Routes that are no page, that are for nobody in particular, or that need something which few have."""


def route_of(path: str) -> Route:
    """The route behind an address below `/console`: the first one that fits, as the application finds it."""
    plain = path.partition("?")[0]
    return next(route for route, pattern in _PATTERNS if route.method == "GET" and pattern.fullmatch(plain))


async def addresses(store: BrandStore) -> dict[str, str]:
    """The path behind each page's route, below `/console`, filled with what the brand's store has most of."""
    profile = max(await _some(store, Profile), key=_weight)
    talk = max(await _some(store, Conversation), key=lambda each: len(each.lines))
    (turn,), (candidate,) = await _some(store, Turn, 1), await _some(store, Candidate, 1)
    fills = {
        "brand": BRAND, "profile": profile.id, "conversation": talk.id, "candidate": candidate.id,
        "name": "order_status", "file": "order_status.yaml", "number": "0",
        "report": "messages",
    }  # fmt: skip
    ids = {"conversations": talk.id, "traces": turn.id}
    return {route.path: _filled(route.path, fills, ids) for route in ROUTES if is_page(route.method, route.path)}


def is_page(method: str, path: str) -> bool:
    """Whether a route is something that people read."""
    return method == "GET" and path not in NO_PAGES


async def _some(store: BrandStore, kind: type[R], most: int = 50) -> list[R]:
    found: list[R] = []
    async for each in records(store, kind):
        found.append(each.record)
        if len(found) == most:
            break
    return found


def _weight(profile: Profile) -> tuple[bool, int]:
    return profile.merged_into is None, len(profile.members)


def _filled(path: str, fills: Mapping[str, str], ids: Mapping[str, str]) -> str:
    area = path.split("/")[2] if path.count("/") > 1 else ""
    return _PLACE.sub(lambda place: ids[area] if place[1] == "id" else fills[place[1]], path)
