"""The editor of one template: its page, what comes of every key, and saving."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from flows.files import Document
from flows.preview.customers import CUSTOMERS
from flows.templates import locale_chain
from flows.templates.fields import ACTS, Fields, Outline, Spot, fields_at, outline
from flows.templates.model import BASE, WANTED_LOCALES
from flows.templates.rewriting import NotInTheForm
from middleware.console.drafts import Conflict, others
from middleware.console.routes import MARKETER, get, post
from middleware.console.templates.customers import USUAL, chosen
from middleware.console.templates.findings import Found, found_in
from middleware.console.templates.listing import ALWAYS_SAID
from middleware.console.templates.saving import conflict_of, saved
from middleware.console.templates.showing import WORST, OnChannel, on_all_channels
from middleware.console.templates.testing import values_of_tests
from middleware.console.templates.working import (
    MOST_CHOICES,
    SOURCE,
    Work,
    not_in_form,
    opened,
    read_or_none,
    source_of_form,
    spot_of,
)
from middleware.console.visit import Visit
from middleware.domain.channels import CHANNELS
from middleware.domain.template_versions import same_person
from middleware.errors import FlowError
from middleware.pipeline.sampling import Sampled

SPARE_ROWS = 2
"""Empty rows under the choices that are there."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A source looked at: what is to be mended, and what one customer would get; nothing where there are errors."""

    findings: list[Found]
    shown: list[OnChannel] | None
    customer: str
    real: Sampled | None

    @property
    def errors(self) -> int:
        """How many things keep it from being published."""
        return sum(each.wrong for each in self.findings)


async def editor(visit: Visit) -> web.StreamResponse:
    """The page."""
    work = await opened(visit)
    spot, document = _asked_spot(visit, work), work.document()
    looked = await look_at(visit, work.name, work.source, spot, visit.query("customer"))
    return await page(visit, work, spot, document, looked)


async def page(
    visit: Visit,
    work: Work,
    spot: Spot,
    document: Document | None,
    looked: Looked,
    conflict: Conflict | None = None,
) -> web.Response:
    """The page of a template at one spot, or of its source."""
    data = document.data if document is not None else None
    has = outline(data)
    fields = fields_at(data, spot)
    tab = SOURCE if document is None or visit.query("tab") == SOURCE else "form"
    values: dict[str, Any] = {
        "work": work,
        "tab": tab,
        "readable": document is not None,
        "spot": spot,
        "outline": has,
        "fields": fields,
        "inherited": _inherited(data, spot),
        "missing": [each for each in WANTED_LOCALES if each not in has.locales],
        "chain": [each for each in locale_chain(spot.locale, visit.brand.editing.locale) if each in has.locales],
        "acts": ACTS,
        "rows": lambda count: range(min(MOST_CHOICES, count + SPARE_ROWS)),
        "channels": tuple(CHANNELS),
        "base": BASE,
        "purpose": data.get("purpose", "") if isinstance(data, dict) else "",
        "flows": visit.brand.editing.desk().said_by().get(work.name, ()),
        "always": work.name in ALWAYS_SAID,
        "refusal": visit.brand.live.refusals.get(work.name),
        "people": tuple(CUSTOMERS.values()),
        "worst": WORST,
        "looked": looked,
        "conflict": conflict,
        "others": False,
        "oob": False,
    }
    status = 409 if conflict is not None else 200
    values |= await publishing(visit, work, looked) | await values_of_tests(visit)
    return visit.page("templates/editor.html", status=status, name=work.name, **values)


async def typing(visit: Visit) -> web.StreamResponse:
    """What comes of what is typed: what is to be mended, and the previews. Nothing is saved."""
    work, form = await opened(visit), await visit.form()
    spot = spot_of(form)
    try:
        source = source_of_form(work, form)
    except NotInTheForm:
        return not_in_form(visit)
    except FlowError:
        source = work.source
    looked = await look_at(visit, work.name, source, spot, form.get("customer", ""))
    quicker = form.get("revision") != str(work.revision) and not same_person(work.changed_by, visit.user.id)
    return visit.page("templates/typed.html", work=work, looked=looked, spot=spot, others=quicker, oob=True)


async def save(visit: Visit) -> web.StreamResponse:
    """Save what is typed as the draft; then the next tab, where one is named."""
    work, form = await opened(visit), await visit.form()
    spot = spot_of(form)
    outcome = await saved(visit, work, form)
    if isinstance(outcome, web.Response):
        return outcome
    if outcome is None:
        return await told_of_conflict(visit, spot, form)
    if not visit.is_fragment:
        return visit.go(visit.path("templates", work.name) + _next(form, spot))
    looked = await look_at(visit, outcome.name, outcome.source, spot, USUAL, rendered=False)
    return visit.page("templates/saved.html", work=outcome, **await publishing(visit, outcome, looked))


async def told_of_conflict(visit: Visit, spot: Spot, form: Mapping[str, str]) -> web.Response:
    """Somebody else saved meanwhile: what they wrote beside what is typed, and what can be done."""
    work = await opened(visit)
    found = conflict_of(work, form)
    if visit.is_fragment:
        visit.headers |= {"HX-Retarget": "#conflict", "HX-Reswap": "innerHTML"}
        return visit.page("templates/conflict.html", status=409, work=work, conflict=found)
    mine = read_or_none(found.mine[SOURCE])
    looked = await look_at(visit, work.name, found.mine[SOURCE], spot, USUAL)
    return await page(visit, work, spot, mine, looked, found)


async def look_at(visit: Visit, name: str, source: str, spot: Spot, named: str, *, rendered: bool = True) -> Looked:
    """Check a source, and render it for a customer where it can be."""
    desk = visit.brand.editing.desk()
    findings = await asyncio.to_thread(desk.check, name, source)
    found = found_in(findings, read_or_none(source))
    template = desk.template(name, source)
    if template is None or not rendered or any(each.wrong for each in found):
        return Looked(found, None, named or USUAL, None)
    customer, real = await chosen(visit, named)
    shown = await asyncio.to_thread(on_all_channels, template, customer, spot)
    return Looked(found, shown, customer.name, real)


async def publishing(visit: Visit, work: Work, looked: Looked) -> dict[str, Any]:
    """Whether it can be published, by whom."""
    draft, of = work.draft, visit.brand.templates()
    own = draft is not None and same_person(draft.by, visit.user.id)
    needs_other = of.two_persons and own
    return {
        "errors": looked.errors,
        "own": own,
        "two_persons": of.two_persons,
        "needs_other": needs_other,
        "others_may": await others(visit, MARKETER) if needs_other else [],
        "outdated": draft is not None and draft.based_on != work.row.head.record.published,
        "same": draft is not None and draft.source == work.published,
    }


def _asked_spot(visit: Visit, work: Work) -> Spot:
    """The spot in the address; without one, the visitor's own language where the template has it."""
    if visit.query("locale"):
        return spot_of({name: visit.query(name) for name in ("locale", "variant", "channel")})
    document = work.document()
    has: Outline = outline(document.data if document is not None else None)
    own = visit.language.locale
    return Spot(own if own in has.locales else next(iter(has.locales), "en"))


def _inherited(data: Any, spot: Spot) -> Fields | None:  # noqa: ANN401 - a draft may say anything
    """What is said where the spot has nothing of its own."""
    if spot.channel:
        return fields_at(data, Spot(spot.locale, spot.variant))
    return fields_at(data, Spot(spot.locale)) if spot.variant != BASE else None


def _next(form: Mapping[str, str], spot: Spot) -> str:
    """Behind the address: the tab that somebody goes to, else where they are."""
    if form.get("to") == SOURCE or (not form.get("to") and form.get("tab") == SOURCE):
        return "?tab=source"
    named = (form.get("to") or "").split("/") if form.get("to") else [spot.locale, spot.variant, spot.channel]
    locale, variant, channel = (*named, "", "", "")[:3]
    query = {"locale": locale, "variant": variant, "channel": channel}
    pairs = [f"{key}={value}" for key, value in query.items() if value.isascii() and value.replace("_", "").isalnum()]
    return f"?{'&'.join(pairs)}" if pairs else ""


ROUTES = (
    get("/{brand}/templates/{name}", editor, MARKETER),
    post("/{brand}/templates/{name}/typing", typing, MARKETER),
    post("/{brand}/templates/{name}/draft", save, MARKETER),
)
