"""Every page of the console with something to show: the address behind each route that people read."""

import re
from collections.abc import Mapping

from middleware.cli.demo_stage import BRAND
from middleware.console.app import ROUTES
from middleware.domain.candidates import Candidate
from middleware.domain.conversation import Conversation
from middleware.domain.profile import Profile
from middleware.domain.turn import Turn
from middleware.ports import BrandStore

_PLACE = re.compile(r"\{(\w+)(?::[^}]*)?\}")

NO_PAGES = frozenset(
    {
        "/{path:.+}", "/static/{mark}/{path:.+}", "/link/{secret}", "/sign-in", "/embed/{token}",
        "/sso/start", "/sso/callback", "/{brand}/conversations/live",
        "/{brand}/conversations/{id}/files/{file}", "/{brand}/templates/{name}/forecast/{id}",
        "/{brand}/review/undo/{profile}", "/{brand}/review/undone/{profile}/{stays}", "/{brand}/review/done",
        "/{brand}/operations/letters/{id}", "/{brand}/operations/quarantine/{id}",
        "/{brand}/people/{profile}/unmerge/{part}",
    }
)  # fmt: skip
"""Routes that are no page, that are for nobody in particular, or that need something which few have."""


async def addresses(store: BrandStore) -> dict[str, str]:
    """The path behind each page's route, below `/console`, filled with what the brand's store has most of."""
    profile = max([each.record async for some in store.scan(Profile) for each in some][:50], key=_weight)
    talk = max(
        [each.record async for some in store.scan(Conversation) for each in some][:50], key=lambda each: len(each.lines)
    )
    turn = next(iter([each.record.id async for some in store.scan(Turn) for each in some][:1]))
    candidate = next(iter([each.record.id async for some in store.scan(Candidate) for each in some][:1]))
    fills = {
        "brand": BRAND, "profile": profile.id, "conversation": talk.id, "candidate": candidate,
        "name": "order_status",
    }  # fmt: skip
    ids = {"conversations": talk.id, "traces": turn}
    return {route.path: _filled(route.path, fills, ids) for route in ROUTES if is_page(route.method, route.path)}


def is_page(method: str, path: str) -> bool:
    """Whether a route is something that people read."""
    return method == "GET" and path not in NO_PAGES


def _weight(profile: Profile) -> tuple[bool, int]:
    return profile.merged_into is None, len(profile.members)


def _filled(path: str, fills: Mapping[str, str], ids: Mapping[str, str]) -> str:
    area = path.split("/")[2] if path.count("/") > 1 else ""
    return _PLACE.sub(lambda place: ids[area] if place[1] == "id" else fills[place[1]], path)
