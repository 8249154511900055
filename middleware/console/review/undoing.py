"""Taking a merge back, after a look at what comes of it."""

from aiohttp import web

from middleware.console.review.telling import Telling
from middleware.console.routes import AGENT, get, post
from middleware.console.visit import Visit
from middleware.domain.journal import LONGEST_NOTE
from middleware.errors import MergeRefused
from middleware.pipeline.undoing import look_at_merge, undo_merge


async def undo_page(visit: Visit) -> web.StreamResponse:
    """What taking the merge of a profile back would change."""
    return await _shown(visit)


async def undo(visit: Visit) -> web.StreamResponse:
    """Take it back, if it is still what was looked at."""
    form, profile_id = await visit.form(), visit.at("profile")
    store, by, now = visit.brand.store, visit.user.id, visit.now
    try:
        merged = await look_at_merge(store, profile_id)
        if merged.seen != form.get("seen", ""):
            return await _shown(visit, changed=True)
        await visit.on_record("profile.unmerge", profile_id)
        note = form.get("note", "").strip()[:LONGEST_NOTE]
        entry = await undo_merge(store, profile_id, merged.seen, by=by, now=now, note=note)
    except MergeRefused:
        return await _shown(visit)
    if entry is None:
        return await _shown(visit, changed=True)
    return visit.go(visit.path("review", "undone", entry.moves, entry.stays))


async def undone(visit: Visit) -> web.StreamResponse:
    """They are two again: where to go on."""
    return visit.page("review/undone.html", profile=visit.at("profile")[:200], stays=visit.at("stays")[:200])


async def _shown(visit: Visit, *, changed: bool = False) -> web.Response:
    profile_id = visit.at("profile")
    try:
        merged = await look_at_merge(visit.brand.store, profile_id)
    except MergeRefused:
        return visit.page("review/undo_not.html", status=404, profile=profile_id[:200])
    await visit.on_record("profile.look_at_merge", profile_id)
    status = 409 if changed else 200
    return visit.page(
        "review/undo.html", status=status, merged=merged, changed=changed, tell=Telling(visit.language)
    )  # fmt: skip


ROUTES = (
    get("/{brand}/review/undone/{profile}/{stays}", undone, AGENT),
    get("/{brand}/review/undo/{profile}", undo_page, AGENT),
    post("/{brand}/review/undo/{profile}", undo, AGENT),
)
