"""All templates of a brand: where each is used, in which languages, what state it is in, who changed it, how it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from aiohttp import web

from flows.deciding import FALLBACK
from flows.engine.intents import Heard
from flows.runner import FILE_RECEIVED
from flows.shelf import Shelf
from flows.templates.model import WANTED_LOCALES
from middleware.console.routes import MARKETER, get
from middleware.console.templates.about import about
from middleware.console.templates.results import by_template, kept, worked_out
from middleware.console.visit import Visit
from middleware.domain.template_results import TemplateResults
from middleware.pipeline.templates.files import sources_of
from middleware.pipeline.templates.looking import Row, listed
from middleware.pipeline.templates.said import Refusal

State = Literal["refused", "asked", "draft", "published", "file"]
STATES: tuple[State, ...] = get_args(State)
MOST_READ = 500
ALWAYS_SAID = frozenset({FALLBACK, FILE_RECEIVED})
"""Templates that are said where no flow has an answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """One template in the list. `words` are the first that it says, in `language`; `states` are those that it is in,
    the most pressing first.
    """

    row: Row
    purpose: str
    words: str
    language: str
    locales: tuple[str, ...]
    missing: tuple[str, ...]
    flows: tuple[str, ...]
    always: bool
    states: tuple[State, ...]
    refusal: Refusal | None

    @property
    def name(self) -> str:
        """The template's name."""
        return self.row.head.record.id


async def list_page(visit: Visit) -> web.StreamResponse:
    """The list, with results where they were worked out lately; else the page asks for them."""
    return await _page(visit, "templates/list.html", kept(visit))


async def rows(visit: Visit) -> web.StreamResponse:
    """The list alone, with results."""
    return await _page(visit, "templates/rows.html", await worked_out(visit))


async def _page(visit: Visit, page: str, results: TemplateResults | None) -> web.Response:
    wanted, text = visit.query("state"), visit.query("q").strip()
    of = visit.brand.templates()
    found, following = await listed(of, MOST_READ)
    sources = await sources_of(of, {row.head.record.id: row.head for row in found}, files_too=True)
    desk = visit.brand.editing.desk()
    uses, asked = desk.said_by(), _asked_for(desk.flows.shelf, text)
    lines = [_line(visit, row, sources.get(row.head.record.id) or "", uses) for row in found]
    shown = [
        line for line in lines
        if (not wanted or wanted in line.states) and _has(line, sources.get(line.name) or "", text.casefold(), asked)
    ]  # fmt: skip
    return visit.page(
        page,
        lines=shown,
        cut=following is not None,
        states=STATES,
        state=wanted,
        q=text,
        did=by_template(results) if results is not None else None,
        results=results,
    )


def _line(visit: Visit, row: Row, source: str, uses: Mapping[str, tuple[str, ...]]) -> Line:
    head = row.head.record
    refusal = visit.brand.live.refusals.get(head.id)
    told = about(source)
    language, words = told.words_for(visit.language.locale)
    states = {
        "refused": refusal is not None,
        "asked": head.draft is not None and head.draft.asked_at is not None,
        "draft": head.draft is not None,
        "published": bool(head.published),
        "file": not head.published,
    }
    return Line(
        row=row,
        purpose=told.purpose,
        words=words,
        language=language,
        locales=told.locales,
        missing=tuple(each for each in WANTED_LOCALES if each not in told.locales),
        flows=uses.get(head.id, ()),
        always=head.id in ALWAYS_SAID,
        states=tuple(state for state in STATES if states[state]),
        refusal=refusal,
    )


def _asked_for(shelf: Shelf, text: str) -> frozenset[str]:
    """The flows that begin if a customer writes this: what they say is found by the question, too."""
    heard = Heard(text)
    return frozenset(name for name, flow in shelf.flows.items() if flow.phrases.standing_in(heard))


def _has(line: Line, source: str, text: str, asked: frozenset[str]) -> bool:
    is_named = text in line.name or text in line.name.replace("_", " ")
    return not text or is_named or text in source.casefold() or not asked.isdisjoint(line.flows)


ROUTES = (
    get("/{brand}/templates", list_page, MARKETER),
    get("/{brand}/template-rows", rows, MARKETER),
)
