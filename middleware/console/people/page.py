"""The page of a person, the same beside a conversation, and what is revealed on it."""

from typing import Any

from aiohttp import web

from middleware.console.guard import finish
from middleware.console.people.forms import new_nonce
from middleware.console.people.happened import happened
from middleware.console.people.masking import revealed_of
from middleware.console.people.panel import Panel, eyes_of, panel_of, safe_link
from middleware.console.people.proving import proving_values
from middleware.console.routes import AGENT, any_of, get, post
from middleware.console.visit import Visit
from middleware.pipeline.exporting import export_person
from middleware.pipeline.person import Part, parts_of, profile_of_conversation, read_person

VIEW = any_of("agent", "marketer")
_LONGEST_ID = 200


async def person_page(visit: Visit) -> web.StreamResponse:
    """One person, whole."""
    panel = await _panel(visit)
    profile_id = profile_of(visit)
    if panel.person is None:
        raise web.HTTPNotFound
    if panel.person.profile.id != profile_id:
        return visit.go(visit.path("people", panel.person.profile.id))
    await visit.on_record("profile.view", about=panel.person.profile.id)
    return await _page(visit, panel)


async def beside_conversation(visit: Visit) -> web.StreamResponse:
    """The panel of whoever writes in a conversation, to stand beside it."""
    identifier = checked_id(visit.at("conversation"))
    found = await profile_of_conversation(visit.brand.store, identifier)
    if found is None:
        raise web.HTTPNotFound
    conversation, profile_id = found
    eyes = eyes_of(visit)
    if profile_id is None:
        nobody = Panel(visit.brand.name, None, None, eyes)
        return visit.page(
            "people/beside.html", **panel_values(nobody, proving=await proving_values(visit, conversation))
        )
    await visit.on_record("profile.view", about=profile_id, conversation=identifier)
    panel = await panel_of(visit.console, visit.brand, profile_id, eyes, beside=conversation)
    return visit.page("people/beside.html", **panel_values(panel, proving=await proving_values(visit, conversation)))


async def more_of_timeline(visit: Visit) -> web.StreamResponse:
    """What happened before that: more rows of the timeline."""
    panel = await _panel(visit)
    if panel.person is None:
        raise web.HTTPNotFound
    return visit.page("people/timeline.html", fresh=True, **panel_values(panel))


async def reveal(visit: Visit) -> web.StreamResponse:
    """Contacts of one kind, for this view, after it was put on record."""
    form = await visit.form()
    asked = revealed_of([form.get("what", "")])
    profile_id = profile_of(visit)
    person = await read_person(visit.brand.brand, profile_id)
    if person is None:
        raise web.HTTPNotFound
    if not asked:
        raise web.HTTPBadRequest
    await visit.on_record("profile.reveal", about=person.profile.id, what=", ".join(sorted(asked)))
    panel = await panel_of(visit.console, visit.brand, person.profile.id, eyes_of(visit, asked))
    if visit.is_fragment:
        return visit.page("people/known.html", h=3 if form.get("level") == "3" else 2, **panel_values(panel))
    return await _page(visit, panel)


async def export(visit: Visit) -> web.StreamResponse:
    """Everything that is kept of one person, as a file."""
    person = await read_person(visit.brand.brand, profile_of(visit))
    if person is None:
        raise web.HTTPNotFound
    await visit.on_record("profile.export", about=person.profile.id)
    name = "".join(sign for sign in person.profile.id if sign.isalnum() or sign in "_-")
    answer = web.StreamResponse(headers=visit.headers)
    answer.content_type = "application/json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    finish(visit, answer)
    await answer.prepare(visit.request)
    async for piece in export_person(visit.brand.store, visit.brand.name, person, visit.now):
        await answer.write(piece)
    await answer.write_eof()
    return answer


def profile_of(visit: Visit) -> str:
    """The profile's id in the address. 404 for what can be the id of nothing."""
    return checked_id(visit.at("profile"))


def checked_id(text: str) -> str:
    """An id as it can be stored. 404 for anything else."""
    if len(text) > _LONGEST_ID or not text.isascii() or not text.isprintable():
        raise web.HTTPNotFound
    return text


def panel_values(
    panel: Panel, parts: tuple[Part, ...] = (), *, acts: bool = False, proving: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What the templates of the panel are given. `acts`: with what can be done about the person; `proving`: with the
    proofs of the conversation.
    """
    home = panel.person.profile.id if acts and panel.person is not None else ""
    return {
        "panel": panel, "parts": parts, "acts": acts, "link": safe_link, "nonce": new_nonce(), "proving": proving,
        "home": home, "settled": False, "happened": happened,
    }  # fmt: skip


async def _panel(visit: Visit) -> Panel:
    wanted = checked_id(visit.query("conversation"))
    before = visit.request.query.get("before", "")
    return await panel_of(
        visit.console, visit.brand, profile_of(visit), eyes_of(visit), conversation=wanted, before=before
    )  # fmt: skip


async def _page(visit: Visit, panel: Panel) -> web.Response:
    assert panel.person is not None  # noqa: S101 - for the type checker: callers have looked
    parts = await parts_of(visit.brand.store, panel.person.profile)
    proving = await proving_values(visit, panel.conversation)
    values = panel_values(panel, parts, acts=visit.does("agent"), proving=proving)
    return visit.page("people/person.html", erases=visit.does("admin"), **values)


ROUTES = (
    get("/{brand}/people/{profile}", person_page, VIEW),
    get("/{brand}/people/of/{conversation}", beside_conversation, VIEW),
    get("/{brand}/people/{profile}/timeline", more_of_timeline, VIEW),
    post("/{brand}/people/{profile}/reveal", reveal, AGENT),
    post("/{brand}/people/{profile}/export", export, AGENT),
)
