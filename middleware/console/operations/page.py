"""How things stand with a brand: what waits, who was last heard of when, what was set aside."""

import asyncio
from typing import TypeVar

from aiohttp import web

from middleware.console.following import Part, anew, part_of
from middleware.console.operations.breakers import breakers_of
from middleware.console.routes import BUILDER, get, post
from middleware.console.visit import Visit
from middleware.domain.turn import turn_id_of
from middleware.pipeline.replay import Replayed
from middleware.pipeline.standing import accounts_of, asked_of
from middleware.pipeline.waiting import kept_in, set_aside_in, waiting_in
from middleware.ports import BrandStore, DeadLetter, Delete, Quarantined, Stored

R = TypeVar("R", DeadLetter, Quarantined)

_LONGEST_SHOWN = 20_000
"""Characters of a body that are shown."""


async def operations(visit: Visit) -> web.StreamResponse:
    """The page."""
    return visit.page("operations/page.html", part=await _standing(visit))


async def standing(visit: Visit) -> web.StreamResponse:
    """Its part that comes anew every few seconds."""
    return anew(visit, await _standing(visit))


async def set_aside(visit: Visit) -> web.StreamResponse:
    """Dead letters and quarantine."""
    return visit.page("operations/kept.html", kept=await kept_in(visit.brand.store, _nobodys(visit)))


async def dead_letter(visit: Visit) -> web.StreamResponse:
    """One dead letter, whole. It has what a customer wrote in it, so looking at it is on record."""
    stored = await _one(visit, DeadLetter)
    await visit.on_record("dead_letter.read", _mark(visit, stored))
    return visit.page("operations/letter.html", letter=stored)


async def quarantined(visit: Visit) -> web.StreamResponse:
    """One thing in quarantine, whole; likewise."""
    stored = await _one(visit, Quarantined)
    await visit.on_record("quarantine.read", stored.record.id)
    body = stored.record.raw.decode(errors="backslashreplace")
    whole, shown = len(body) <= _LONGEST_SHOWN, body[:_LONGEST_SHOWN]
    return visit.page("operations/quarantined.html", kept=stored, whole=whole, body=shown)


async def replay_letter(visit: Visit) -> web.StreamResponse:
    """Put a dead letter through again."""
    stored = await _one(visit, DeadLetter)
    await visit.on_record("dead_letter.replay", _mark(visit, stored))
    return _told(visit, await visit.console.replay.dead_letter(visit.brand.name, stored))


async def replay_quarantined(visit: Visit) -> web.StreamResponse:
    """Read something in quarantine again: as it came, or mended."""
    stored, form = await _one(visit, Quarantined), await visit.form()
    mended = form.get("body", "").replace("\r\n", "\n")
    was = stored.record.raw.decode(errors="backslashreplace")
    # Without a change in it the bytes stay what they were: a form's round trip is not theirs.
    body = mended.encode() if mended and mended != was.replace("\r\n", "\n") else None
    await visit.on_record("quarantine.replay", stored.record.id, mended="yes" if body is not None else "no")
    return _told(visit, await visit.console.replay.quarantined(visit.brand.name, stored, body=body))


async def dismiss_letter(visit: Visit) -> web.StreamResponse:
    """Throw a dead letter away."""
    stored = await _one(visit, DeadLetter)
    await visit.on_record("dead_letter.dismiss", _mark(visit, stored))
    await visit.brand.store.write(Delete(DeadLetter, stored.record.id, stored.version))
    return visit.go(visit.path("operations", "kept"), said="said.dismissed")


async def dismiss_quarantined(visit: Visit) -> web.StreamResponse:
    """Throw something in quarantine away."""
    stored = await _one(visit, Quarantined)
    await visit.on_record("quarantine.dismiss", stored.record.id)
    await visit.brand.store.write(Delete(Quarantined, stored.record.id, stored.version))
    return visit.go(visit.path("operations", "kept"), said="said.dismissed")


def _mark(visit: Visit, letter: Stored[DeadLetter]) -> str:
    """A letter as it is put on record: by its turn's id, since the platform's id of a message outlives nobody."""
    return turn_id_of(visit.brand.name, letter.record.id)


def _told(visit: Visit, outcome: Replayed) -> web.StreamResponse:
    if outcome.fate == "refused":
        return visit.page("operations/refused.html", status=409, reason=outcome.reason)
    said = "said.replayed" if outcome.fate == "replayed" else "said.waits_already"
    return visit.go(visit.path("operations", "kept"), said=said)


async def _standing(visit: Visit) -> Part:
    here = visit.brand
    waiting, aside, accounts, asked = await asyncio.gather(
        waiting_in(here.store, here.name),
        set_aside_in(here.store, _nobodys(visit)),
        accounts_of(here.store, here.accounts, visit.now),
        asked_of(here.store, here.asked, visit.now),
    )
    return part_of(
        visit,
        "operations/standing.html",
        waiting=waiting,
        aside=aside,
        accounts=accounts,
        asked=[(each, breakers_of(visit, each)) for each in asked],
        alarms={each.id for each in visit.console.alarms.on(here.name)},
        refusals=here.live.refusals,
    )


def _nobodys(visit: Visit) -> BrandStore | None:
    """Where that is which belongs to no brand: for admins."""
    return visit.console.store.common if visit.does("admin") else None


async def _one(visit: Visit, kind: type[R]) -> Stored[R]:
    key = visit.at("id")
    stored = (await visit.brand.store.get(kind, [key])).get(key)
    if stored is None:
        raise web.HTTPNotFound
    return stored


ROUTES = (
    get("/{brand}/operations", operations, BUILDER),
    get("/{brand}/operations/standing", standing, BUILDER),
    get("/{brand}/operations/kept", set_aside, BUILDER),
    get("/{brand}/operations/letters/{id}", dead_letter, BUILDER),
    get("/{brand}/operations/quarantine/{id}", quarantined, BUILDER),
    post("/{brand}/operations/letters/{id}", replay_letter, BUILDER),
    post("/{brand}/operations/quarantine/{id}", replay_quarantined, BUILDER),
    post("/{brand}/operations/letters/{id}/dismiss", dismiss_letter, BUILDER),
    post("/{brand}/operations/quarantine/{id}/dismiss", dismiss_quarantined, BUILDER),
)
