"""What somebody works on: a template as it is in the store, and what a form that is sent makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from flows.files import Document, Place, read_document
from flows.templates.fields import ACTS, Choice, Fields, Spot, changes
from flows.templates.model import BASE
from flows.templates.rewriting import Written, rewritten
from middleware.console.drafts import typed_text
from middleware.console.visit import Visit
from middleware.domain.template_versions import Draft, is_template_name
from middleware.errors import FlowError
from middleware.pipeline.templates.errors import NoTemplate
from middleware.pipeline.templates.looking import Row, looked_at
from middleware.pipeline.templates.parts import published_source

SOURCE = "source"
"""The tab that shows the file itself."""
MOST_CHOICES = 20
_MOST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Work:
    """A template as it is: its row, what customers get, and what is worked on (the draft, else the same)."""

    row: Row
    published: str | None
    source: str

    @property
    def name(self) -> str:
        """The template's name."""
        return self.row.head.record.id

    @property
    def revision(self) -> int:
        """The revision on which what is sent has to be based."""
        return self.row.head.version

    @property
    def draft(self) -> Draft | None:
        """The draft, if there is one."""
        return self.row.head.record.draft

    @property
    def changed_by(self) -> str:
        """Who wrote it last."""
        return self.row.head.record.changed_by

    @property
    def changed_at(self) -> datetime | None:
        """When that was."""
        return self.row.head.record.changed_at

    def document(self) -> Document | None:
        """What is worked on, read; None for what is no YAML."""
        return read_or_none(self.source)


def read_or_none(source: str) -> Document | None:
    """A file as it can be read, or None."""
    try:
        return read_document(source, "")
    except FlowError:
        return None


async def opened(visit: Visit) -> Work:
    """The template in the address. Raises HTTPNotFound."""
    name, of = visit.at("name"), visit.brand.templates()
    if not is_template_name(name):
        raise web.HTTPNotFound
    try:
        row = await looked_at(of, name)
        published = await published_source(of, row.head.record)
    except NoTemplate:
        raise web.HTTPNotFound from None
    draft = row.head.record.draft
    return Work(row, published, draft.source if draft is not None else published or "")


def spot_of(values: Mapping[str, str]) -> Spot:
    """The spot that an address or a form names."""
    return Spot(values.get("locale", "")[:12], values.get("variant", "")[:60] or BASE, values.get("channel", "")[:20])


def fields_of(form: Mapping[str, str]) -> Fields:
    """The fields that somebody has filled in. Browsers send lines with their own ends."""
    return Fields(
        text=_lines(form.get("text", "")),
        fallback=_lines(form.get("fallback", "")),
        quick_replies=_choices(form, "quick"),
        buttons=_choices(form, "button"),
    )


def source_of_form(work: Work, form: Mapping[str, str]) -> str:
    """What comes of a form: the whole source, or the fields of one spot over what is worked on.

    Raises FlowFileError for a source that is no YAML, and NotInTheForm.
    """
    if form.get("tab") == SOURCE:
        return typed_text(form, "source", work.source)
    marks = {name.removeprefix("mark_"): mark for name, mark in form.items() if name.startswith("mark_")}
    if not marks:
        return work.source
    return rewritten(work.source, {**changes(spot_of(form), marks, fields_of(form)), **_weights(form)})


def _weights(form: Mapping[str, str]) -> dict[Place, Written]:
    """The weights of variants that somebody has changed."""
    found: dict[Place, Written] = {}
    for key, weight in form.items():
        is_number = weight.isascii() and weight.isdigit() and len(weight) <= _MOST_DIGITS
        if key.startswith("weight_") and is_number and form.get(f"was_{key}") != weight:
            found["variants", key.removeprefix("weight_")] = int(weight)
    return found


def _choices(form: Mapping[str, str], kind: str) -> tuple[Choice, ...]:
    """The rows that are filled in: both fields of a row empty take it away."""
    rows = (
        Choice(
            " ".join(form.get(f"{kind}_title_{at}", "").split("\n")),
            act if (act := form.get(f"{kind}_act_{at}", "payload")) in ACTS else "payload",
            form.get(f"{kind}_value_{at}", ""),
        )
        for at in range(MOST_CHOICES)
    )
    return tuple(row for row in rows if row.title or row.value)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def not_in_form(visit: Visit) -> web.Response:
    """The answer where a file is written in a way in which only its source can be changed."""
    if visit.is_fragment:
        visit.headers |= {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
        message = visit.text("templates.not_in_form_do")
        return visit.page("notice.html", status=422, kind="error", message=message)
    return visit.page("templates/not_in_form.html", status=422)
