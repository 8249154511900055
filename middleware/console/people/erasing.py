"""Erasing one person: what would go, the word that confirms it, and the receipt."""

from collections.abc import Collection
from typing import Any

from aiohttp import web

from middleware.console.people.forms import new_nonce, nonce_of
from middleware.console.people.page import checked_id, profile_of
from middleware.console.routes import ADMIN, get, post
from middleware.console.visit import Visit
from middleware.domain.erasing import Erasure
from middleware.pipeline.erasing import EraseRefused, begin_erasure, erasure_of, job_of, look_at_erasure
from middleware.pipeline.erasing.kinds import COUNTED
from middleware.pipeline.forgetting import Forgetting

MOST_TOGETHER = 20


async def erase_page(visit: Visit) -> web.StreamResponse:
    """What would go, and who else is concerned."""
    profile_id = profile_of(visit)
    ticked = [checked_id(each) for each in visit.request.query.getall("also", [])][:MOST_TOGETHER]
    return await _look(visit, profile_id, ticked)


async def erase(visit: Visit) -> web.StreamResponse:
    """Begin it, after it was put on record; a form sent twice is one erasure."""
    form, fields = await visit.form(), await visit.request.post()
    nonce, profile_id = nonce_of(form.get("nonce", "")), profile_of(visit)
    ticked = [checked_id(str(each)) for each in fields.getall("also", [])][:MOST_TOGETHER]
    forgetting = _forgetting(visit)
    cause = f"console:{nonce}"
    erasure = await erasure_of(visit.brand.store, await forgetting.erasure_id(cause))
    if erasure is None:
        if form.get("word", "").strip().casefold() != visit.text("people.erase.word").casefold():
            return await _look(visit, profile_id, ticked, status=400, wrong="people.erase.say_word")
        await visit.on_record("person.erase", about=await forgetting.erasure_id(cause), profiles=str(1 + len(ticked)))
        try:
            erasure = await begin_erasure(
                visit.brand.store, forgetting, [profile_id, *ticked], by=visit.user.id, cause=cause, now=visit.now
            )
        except EraseRefused:
            raise web.HTTPNotFound from None
        visit.console.wanted(visit.brand.name, job_of(erasure, visit.now))
    return visit.go(visit.path("erasures", erasure.id))


async def receipt_page(visit: Visit) -> web.StreamResponse:
    """How far it is; in the end the receipt."""
    return visit.page("people/erased.html", **_told(await _erasure(visit)))


async def receipt_part(visit: Visit) -> web.StreamResponse:
    """The part of it that comes anew until it is done."""
    return visit.page("people/erased_part.html", **_told(await _erasure(visit)))


async def _look(
    visit: Visit, profile_id: str, ticked: Collection[str], *, status: int = 200, wrong: str = ""
) -> web.Response:  # fmt: skip
    look = await look_at_erasure(visit.brand.store, _forgetting(visit), [profile_id, *ticked], visit.now)
    alone = (
        look if not ticked else await look_at_erasure(visit.brand.store, _forgetting(visit), [profile_id], visit.now)
    )
    if look is None or alone is None:
        raise web.HTTPNotFound
    await visit.on_record("person.look_at_erasure", about=profile_id)
    others = sorted({*alone.others, *look.others, *ticked} - {profile_id})
    return visit.page(
        "people/erase.html", status=status, panel_id=profile_id, look=look, others=others, ticked=set(ticked),
        nonce=new_nonce(), wrong=wrong,
    )  # fmt: skip


async def _erasure(visit: Visit) -> Erasure:
    erasure = await erasure_of(visit.brand.store, checked_id(visit.at("erasure")))
    if erasure is None:
        raise web.HTTPNotFound
    return erasure


def _told(erasure: Erasure) -> dict[str, Any]:
    counts = [(kind, erasure.counts[kind]) for kind in COUNTED if erasure.counts.get(kind)]
    return {"erasure": erasure, "counts": counts, "done": erasure.phase == "done"}


def _forgetting(visit: Visit) -> Forgetting:
    forgetting = visit.brand.brand.forgetting
    if forgetting is None:
        raise web.HTTPNotFound
    return forgetting


ROUTES = (
    get("/{brand}/people/{profile}/erase", erase_page, ADMIN),
    post("/{brand}/people/{profile}/erase", erase, ADMIN),
    get("/{brand}/erasures/{erasure}", receipt_page, ADMIN),
    get("/{brand}/erasures/{erasure}/part", receipt_part, ADMIN),
)
