"""Talking to the flows, as somebody made up or as a real customer. Nothing is stored or sent: the form has what was
done so far in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from flows.preview.customers import CUSTOMERS
from flows.runner import Flows
from flows.trying.expecting import titles
from flows.trying.replaying import LONGEST_ACT, MOST_ACTS, Act, Talked
from middleware.console.flows.checking import desk_of
from middleware.console.flows.customers import USUAL, Chosen, chosen, latest_of
from middleware.console.flows.working import Work, opened
from middleware.console.people.search import found_by, found_values
from middleware.console.routes import BUILDER, get, post
from middleware.console.visit import Visit
from middleware.domain.channels import CHANNELS
from middleware.domain.context import BLOCKS, Block, Context
from middleware.errors import FlowError, NotCompiled
from middleware.pipeline.finding import LONGEST_SEARCH
from middleware.pipeline.templates.parts import published_sources

_ACTS = TypeAdapter(tuple[Act, ...])
_OTHERS: Mapping[str, Act] = {
    "wait_hour": Act(does="waits", what="1h"),
    "wait_day": Act(does="waits", what="1d"),
    "picture": Act(does="sends", what="image"),
    "right_code": Act(does="code", what="right"),
    "wrong_code": Act(does="code", what="wrong"),
}
"""What a customer does beside writing and pressing, by the name of its button."""
_MOST_COMPILED = 100
_LONGEST_VALUE = 2_000


@dataclass(frozen=True, slots=True)
class Partner:
    """Whom somebody talks to: flows as they are now, and the way to have a template ready that they say. `there` is
    where that is, behind the brand; `file` the draft that is tried, if it is one.
    """

    there: tuple[str, ...]
    flows: Callable[[], Flows]
    ready: Callable[[str], Awaitable[object]]
    file: str = ""


async def begin(visit: Visit) -> web.StreamResponse:
    """The page, with nothing said yet."""
    return await _begin(visit, _said_now(visit))


async def go_on(visit: Visit) -> web.StreamResponse:
    """One thing more is done."""
    return await _go_on(visit, _said_now(visit))


async def begin_draft(visit: Visit) -> web.StreamResponse:
    """The same with what somebody is writing."""
    work = await opened(visit)
    partner = await _written(visit, work)
    return await _begin(visit, partner) if partner is not None else _not_yet(visit, work)


async def go_on_draft(visit: Visit) -> web.StreamResponse:
    """The same with what somebody is writing."""
    work = await opened(visit)
    partner = await _written(visit, work)
    return await _go_on(visit, partner) if partner is not None else _not_yet(visit, work)


def _said_now(visit: Visit) -> Partner:
    here = visit.brand
    return Partner(("flows", "try"), here.flows_said, lambda name: here.live.held().ready(name))


async def _written(visit: Visit, work: Work) -> Partner | None:
    """The set with a draft in it, and the templates that are published; None where it cannot be said."""
    desk = await desk_of(visit, work.whole(work.source, work.tests))
    if desk is None:
        return None
    published = await published_sources(visit.brand.store, desk.said)

    async def ready(name: str) -> None:
        if await asyncio.to_thread(desk.compile, name, published[name].source):
            raise FlowError(f"the template {name} cannot be said by this flow")

    return Partner(("flows", "edit", work.file, "try"), lambda: desk.over(published), ready, work.file)


def _not_yet(visit: Visit, work: Work) -> web.Response:
    return visit.page("flows/talk_not_yet.html" if visit.is_fragment else "flows/try_not_yet.html", work=work)


async def _begin(visit: Visit, partner: Partner) -> web.Response:
    named, person = visit.query("customer") or USUAL, visit.query("person")
    if person:
        named = await latest_of(visit, person)
    whom = await chosen(
        visit, named or USUAL, visit.query("channel") or "messenger", free=bool(visit.query("free")), begins=True
    )  # fmt: skip
    return await _page(visit, partner, whom, (), never_wrote=not named)


async def _go_on(visit: Visit, partner: Partner) -> web.Response:
    """The whole conversation is talked again, as it is short."""
    form = await visit.form()
    try:
        acts = _ACTS.validate_json(form.get("acts") or "[]")
        added = _added(form)
    except ValidationError:
        raise web.HTTPBadRequest from None
    named, channel = form.get("customer", USUAL), form.get("channel", "messenger")
    whom = await chosen(visit, named, channel, free=bool(form.get("free")))
    return await _page(visit, partner, whom, (*acts, *added))


async def search(visit: Visit) -> web.StreamResponse:
    """Real customers whom a text finds, as on the pages of people. Posted, so that no address stands in a log."""
    return await _search(visit, _said_now(visit))


async def search_draft(visit: Visit) -> web.StreamResponse:
    """The same, to try what somebody is writing."""
    work = await opened(visit)
    partner = await _written(visit, work)
    return await _search(visit, partner) if partner is not None else _not_yet(visit, work)


async def _search(visit: Visit, partner: Partner) -> web.Response:
    asked = (await visit.form()).get("asked", "")[:LONGEST_SEARCH].strip()
    await visit.on_record("flows.customers_searched")
    found = found_values(visit, await found_by(visit, asked), chosen_for=f"/console{visit.path(*partner.there)}")
    if visit.is_fragment:
        return visit.page("people/found.html", **found)
    return await _page(visit, partner, await chosen(visit, USUAL, "messenger"), (), asked=asked, found=found)


def _added(form: Mapping[str, str]) -> tuple[Act, ...]:
    if form.get("other") in _OTHERS:
        return (_OTHERS[form["other"]],)
    if form.get("press"):
        return (Act(does="presses", what=form["press"]),)
    said = form.get("say", "").strip()
    if not said:
        return ()
    return (Act(does="comes_by" if form.get("other") == "ad" else "says", what=said),)


async def _page(
    visit: Visit,
    partner: Partner,
    whom: Chosen,
    acts: Sequence[Act],
    *,
    asked: str = "",
    found: Mapping[str, Any] | None = None,
    never_wrote: bool = False,
) -> web.Response:
    if len(acts) > MOST_ACTS:
        raise web.HTTPBadRequest
    error = ""
    try:
        talked = await _talked(visit, partner, whom, acts)
    except FlowError as wrong:
        # What cannot be done is not done; what was said before stays.
        error, acts = str(wrong), acts[:-1]
        talked = await _talked_or_refused(visit, partner, whom, acts)
    return visit.page(
        "flows/talk.html" if visit.is_fragment else "flows/try.html",
        talked=talked,
        there=visit.path(*partner.there),
        file=partner.file,
        acts=_ACTS.dump_json(tuple(acts)).decode(),
        whom=whom,
        customers=CUSTOMERS.values(),
        channels=tuple(CHANNELS),
        error=error,
        titles=titles,
        blocks=_blocks,
        shown=_shown,
        longest=LONGEST_ACT,
        asked=asked,
        never_wrote=never_wrote,
        **(found if found is not None else found_values(visit, None)),
    )


async def _talked_or_refused(visit: Visit, partner: Partner, whom: Chosen, acts: Sequence[Act]) -> Talked:
    """For acts that were possible when they were done, unless somebody made them up."""
    try:
        return await _talked(visit, partner, whom, acts)
    except FlowError:
        raise web.HTTPBadRequest from None


async def _talked(visit: Visit, partner: Partner, whom: Chosen, acts: Sequence[Act]) -> Talked:
    codes = visit.brand.brand.codes is not None
    for _ in range(_MOST_COMPILED):
        try:
            return await whom.talked(partner.flows(), acts, codes=codes)
        except NotCompiled as missing:
            await partner.ready(missing.template)
    raise web.HTTPServiceUnavailable


def _blocks(context: Context) -> list[tuple[str, Block[Any]]]:
    """What was known when it was decided, block by block."""
    found = [(name, getattr(context, name)) for name in BLOCKS]
    return [(name, block) for name, block in found if block is not None]


def _shown(value: object) -> str:
    """The value of a block, cut where it is long."""
    written = to_json(value, exclude_none=True).decode()
    return written if len(written) <= _LONGEST_VALUE else f"{written[:_LONGEST_VALUE]}…"


ROUTES = (
    get("/{brand}/flows/try", begin, BUILDER),
    post("/{brand}/flows/try", go_on, BUILDER),
    post("/{brand}/flows/try/people", search, BUILDER),
    get("/{brand}/flows/edit/{file}/try", begin_draft, BUILDER),
    post("/{brand}/flows/edit/{file}/try", go_on_draft, BUILDER),
    post("/{brand}/flows/edit/{file}/try/people", search_draft, BUILDER),
)
