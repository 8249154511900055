"""One candidate: both sides, what would come of it, and the decision. Then the next one."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from middleware.console.review.asked import Asked, asked_by, asked_in
from middleware.console.review.telling import Telling, names_shown
from middleware.console.routes import AGENT, get, post
from middleware.console.visit import Visit
from middleware.domain.identifiers import Identifier
from middleware.domain.journal import LONGEST_NOTE, Verdict
from middleware.errors import MergeRefused
from middleware.identity.alike import alike
from middleware.identity.candidates import masked
from middleware.pipeline.review import Changed, Looked, NoCandidate, NotDecided, place_of
from middleware.pipeline.weighing import Weighed, weigh

DECISIONS = ("accept", "reject", "lock_one", "lock_other")


@dataclass(frozen=True, slots=True)
class Did:
    """What was done before this page, to be told on it. `about` is the profile that was merged away, if one was."""

    what: str = ""
    about: str = ""
    by: str = ""


async def candidate(visit: Visit) -> web.StreamResponse:
    """One candidate; a page that says so where it is decided already."""
    asked = asked_by(visit)
    try:
        looked = await visit.brand.queue.look(visit.at("candidate"))
    except NoCandidate:
        return await _over(visit, asked)
    return await _shown(visit, "review/page.html", looked, asked, did=_did(visit))


async def following(visit: Visit) -> web.StreamResponse:
    """The candidate behind a place in the queue, else the first one, else the list."""
    asked = asked_by(visit)
    found = await _next(visit, asked, visit.query("after"))
    return visit.go(asked.behind(visit.path("review", found) if found else visit.path("review")))


async def decide(visit: Visit) -> web.StreamResponse:
    """Carry out what somebody decided on what they looked at; then the next candidate."""
    form = await visit.form()
    asked, decision, key = asked_in(form), form.get("decision", ""), visit.at("candidate")
    if decision not in DECISIONS:
        raise web.HTTPBadRequest
    queue = visit.brand.queue
    try:
        looked = await queue.claim(key, form.get("seen", ""))
        did = await _decided(visit, looked, decision, form.get("note", ""))
    except Changed:
        return await _anew(visit, asked, "changed")
    except NotDecided as error:
        return await _anew(visit, asked, "refused", str(error))
    except NoCandidate:
        verdict = await queue.verdict(key)
        if verdict is None:
            raise web.HTTPNotFound from None
        did = _by_somebody(verdict)
    return await _on(visit, asked, form.get("place", ""), did)


async def _decided(visit: Visit, looked: Looked, decision: str, note: str) -> Did:
    queue, by, now = visit.brand.queue, visit.user.id, visit.now
    key, note = looked.candidate.id, note.strip()[:LONGEST_NOTE]
    if decision == "accept" and looked.candidate.conflicts:
        raise NotDecided("; ".join(looked.candidate.conflicts))
    await visit.on_record(f"candidate.{decision.partition('_')[0]}", key, rule=looked.candidate.rule)
    if decision == "accept":
        moved = await _younger(visit, looked)
        await queue.accept(key, by=by, note=note, now=now)
        return Did("accept", moved)
    if decision == "reject":
        await queue.reject(key, by=by, note=note, now=now)
        return Did("reject")
    side = looked.sides[DECISIONS.index(decision) - DECISIONS.index("lock_one")]
    await queue.lock(side.profile_id, by=by, note=note, now=now)
    return Did("lock")


async def _younger(visit: Visit, looked: Looked) -> str:
    """The profile that accepting merges away."""
    try:
        one, other = looked.sides
        return (await weigh(visit.brand.store, one.profile_id, other.profile_id, visit.now)).preview.before[1].id
    except MergeRefused as error:
        raise NotDecided(str(error)) from error


def _by_somebody(verdict: Verdict) -> Did:
    return Did(verdict.verdict, by=verdict.by)


async def _on(visit: Visit, asked: Asked, after: str, did: Did) -> web.StreamResponse:
    """The next candidate, with what was done to the one before."""
    found = await _next(visit, asked, after)
    told = {"did": did.what, "moved": did.about, "by": did.by}
    path = asked.behind(visit.path("review", found) if found else visit.path("review", "done"), **told)
    if not visit.is_fragment:
        return visit.go(path)
    visit.headers["HX-Push-Url"] = f"/console{path}"
    if not found:
        return visit.page("review/done_part.html", asked=asked, did=did)
    try:
        looked = await visit.brand.queue.look(found)
    except NoCandidate:
        return visit.go(path)
    return await _shown(visit, "review/part.html", looked, asked, did=did)


async def done(visit: Visit) -> web.StreamResponse:
    """There is no further one."""
    return visit.page("review/done.html", asked=asked_by(visit), did=_did(visit))


async def _anew(visit: Visit, asked: Asked, why: str, words: str = "") -> web.StreamResponse:
    """The candidate as it stands by now, with why nothing was decided."""
    try:
        looked = await visit.brand.queue.look(visit.at("candidate"))
    except NoCandidate:
        return await _over(visit, asked)
    page = "review/part.html" if visit.is_fragment else "review/page.html"
    return await _shown(visit, page, looked, asked, status=409, why=why, words=words)


async def _over(visit: Visit, asked: Asked) -> web.StreamResponse:
    """It is no open question: what became of it."""
    verdict = await visit.brand.queue.verdict(visit.at("candidate"))
    if verdict is None:
        raise web.HTTPNotFound
    page = "review/over_part.html" if visit.is_fragment else "review/over.html"
    return visit.page(page, status=404, asked=asked, verdict=verdict)


async def _next(visit: Visit, asked: Asked, after: str) -> str:
    """The candidate behind a place; behind the last one the first; empty if there is none but that one."""
    queue = visit.brand.queue
    for place in dict.fromkeys((after, "")):
        try:
            page = await queue.page(1, place, rule=asked.rule, least=asked.bits)
        except NotDecided:
            continue
        if page.items:
            return page.items[0].id
    return ""


async def _shown(visit: Visit, page: str, looked: Looked, asked: Asked, **more: Any) -> web.Response:  # noqa: ANN401 - for templates
    known = looked.candidate
    await visit.on_record("candidate.look", known.id)
    weighed, why_not = await _weighed(visit, looked)
    values: dict[str, Any] = {
        "status": 200, "did": Did(), "why": "", "words": "", "looked": looked, "asked": asked, "weighed": weighed,
        "why_not": why_not, "alike": alike(known.fields), "place": place_of(known), "names": names_shown(known, asked),
        "shown": masked if asked.masked else lambda _, value: value, "tell": Telling(visit.language),
        "masked_key": lambda key: Identifier.from_key(key).masked(),
    }  # fmt: skip
    return visit.page(page, **{**values, **more})


async def _weighed(visit: Visit, looked: Looked) -> tuple[Weighed | None, str]:
    """What accepting would change, or why it cannot be."""
    one, other = looked.sides
    try:
        return await weigh(visit.brand.store, one.profile_id, other.profile_id, visit.now), ""
    except MergeRefused as error:
        return None, str(error)


def _did(visit: Visit) -> Did:
    """What the address says was done: only what there are words for."""
    what, by = visit.query("did"), visit.query("by")[:100]
    known = {"accepted", "rejected", "locked"} if by else {"accept", "reject", "lock"}
    return Did(what, visit.query("moved")[:200] if what == "accept" else "", by) if what in known else Did()


ROUTES = (
    get("/{brand}/review/next", following, AGENT),
    get("/{brand}/review/done", done, AGENT),
    get("/{brand}/review/{candidate}", candidate, AGENT),
    post("/{brand}/review/{candidate}", decide, AGENT),
)
