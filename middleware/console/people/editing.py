"""Saying what is known better: a person pins a value, and lets go of it."""

from aiohttp import web

from middleware.console.people.forms import mark_of, new_nonce, nonce_of
from middleware.console.people.masking import PRIVATE, Eyes
from middleware.console.people.page import profile_of
from middleware.console.people.panel import Panel, eyes_of
from middleware.console.routes import AGENT, get, post
from middleware.console.visit import Visit
from middleware.pipeline.editing import (
    EDITABLE,
    LONGEST_VALUE,
    NotEditable,
    checked_value,
    edit_field,
    is_pinned,
    present_value,
    seen_as,
    was_edited,
)
from middleware.pipeline.person import Person, read_person


async def edit_page(visit: Visit) -> web.StreamResponse:
    """All fields that a person can say, each with what is believed of it now."""
    return _page(visit, await _person(visit))


async def edit(visit: Visit) -> web.StreamResponse:
    """Pin one field."""
    return await _edited(visit, let_go=False)


async def let_go(visit: Visit) -> web.StreamResponse:
    """Believe the sources again."""
    return await _edited(visit, let_go=True)


async def _edited(visit: Visit, *, let_go: bool) -> web.StreamResponse:
    form, person = await visit.form(), await _person(visit)
    nonce, field = nonce_of(form.get("nonce", "")), form.get("field", "")
    if field not in EDITABLE:
        raise web.HTTPBadRequest
    back = visit.path("people", person.profile.id, "edit")
    said = "said.let_go" if let_go else "said.pinned"
    if await was_edited(visit.brand.store, visit.brand.name, person.profile, nonce):
        return visit.go(back, said=said)
    if mark_of(seen_as(person.joined, field)) != form.get("seen"):
        return _page(visit, person, status=409, field=field, wrong="people.changed")
    try:
        value = None if let_go else checked_value(field, form.get("value", ""))
    except NotEditable:
        wrong = f"people.wrong.{field}" if visit.language.has(f"people.wrong.{field}") else "people.wrong.text"
        return _page(visit, person, status=400, field=field, wrong=wrong, written=form.get("value", ""))
    await visit.on_record("profile.let_go" if let_go else "profile.edit", about=person.profile.id, field=field)
    try:
        await edit_field(
            visit.brand.store, visit.brand.name, person.profile, field, value,
            nonce=nonce, by=visit.user.id, now=visit.now, forgetting=visit.brand.brand.forgetting,
        )  # fmt: skip
    except NotEditable:
        raise web.HTTPNotFound from None
    return visit.go(back, said=said)


async def _person(visit: Visit) -> Person:
    person = await read_person(visit.brand.brand, profile_of(visit))
    if person is None:
        raise web.HTTPNotFound
    return person


def _page(
    visit: Visit, person: Person, *, status: int = 200, field: str = "", wrong: str = "", written: str = ""
) -> web.Response:  # fmt: skip
    joined, eyes = person.joined, eyes_of(visit)
    rows = [
        (name, _shown(eyes, name, present_value(joined, name)), is_pinned(joined, name),
         mark_of(seen_as(joined, name)), new_nonce())
        for name in EDITABLE
    ]  # fmt: skip
    return visit.page(
        "people/edit.html", status=status, panel_id=person.profile.id, rows=rows, field=field, wrong=wrong,
        written=written[:LONGEST_VALUE], longest=LONGEST_VALUE, called=Panel(visit.brand.name, person, None, eyes).name,
    )  # fmt: skip


def _shown(eyes: Eyes, field: str, value: str) -> str:
    return (eyes.private(field, value) or "") if field in PRIVATE else value


ROUTES = (
    get("/{brand}/people/{profile}/edit", edit_page, AGENT),
    post("/{brand}/people/{profile}/edit", edit, AGENT),
    post("/{brand}/people/{profile}/let-go", let_go, AGENT),
)
