"""Making two profiles one, and two of one again: looked at first, then done once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from aiohttp import web

from middleware.console.people.forms import mark_of, new_nonce, nonce_of
from middleware.console.people.page import checked_id, profile_of
from middleware.console.people.panel import Panel, eyes_of, is_of_the_console, kind_of, mark_of_identifier
from middleware.console.people.search import found_by, found_values
from middleware.console.review.telling import Telling
from middleware.console.routes import AGENT, get, post
from middleware.console.visit import Visit
from middleware.domain.journal import LONGEST_NOTE, JournalEntry
from middleware.domain.profile import Member, Profile
from middleware.errors import MergeRefused
from middleware.identity.merging import DECIDED_APART
from middleware.identity.preview import Preview
from middleware.pipeline.finding import LONGEST_SEARCH
from middleware.pipeline.merging import (
    BY_HAND,
    merge_profiles,
    preview_merge,
    preview_split,
    preview_unmerge,
    split_profile,
    unmerge_profile,
    was_done,
)
from middleware.pipeline.person import Person, parts_of, read_person

MOST_ENTRIES = 100
"""Of the journal, on the page of one person."""

_REFUSALS = {
    "they are one profile already": "people.refused.one_already",
    "this profile is not merged into another one": "people.refused.not_merged",
    "name some, and not all, of the profile's identifiers": "people.refused.some",
    "some came with a profile that was merged into this one: unmerge that one": "people.refused.came_with",
}

Deed = Callable[[], Awaitable[JournalEntry]]


async def merge_page(visit: Visit) -> web.StreamResponse:
    """With whom: a search; or, with somebody named, what would come together."""
    one, other = await _person(visit, profile_of(visit)), checked_id(visit.query("with"))
    if not other:
        called, values = _called(visit, one), found_values(visit, None)
        return visit.page("people/merge.html", panel_id=one.profile.id, called=called, asked="", **values)
    return await _merge_preview(visit, one, other)


async def find_other(visit: Visit) -> web.StreamResponse:
    """Whom it could be merged with."""
    one = await _person(visit, profile_of(visit))
    asked = (await visit.form()).get("asked", "")[:LONGEST_SEARCH].strip()
    found = await found_by(visit, asked)
    others = tuple(each for each in found.hits if each.profile.id != one.profile.id)
    values = found_values(visit, replace(found, hits=others), beside=one.profile.id)
    if visit.is_fragment:
        return visit.page("people/found.html", **values)
    return visit.page("people/merge.html", panel_id=one.profile.id, called=_called(visit, one), asked=asked, **values)


async def merge(visit: Visit) -> web.StreamResponse:
    """Make them one."""
    form = await visit.form()
    nonce, other = nonce_of(form.get("nonce", "")), checked_id(form.get("other", ""))
    one = await _person(visit, profile_of(visit))
    if one.profile.id != other and not await was_done(visit.brand.store, "merge", nonce):
        seen = await _looked(preview_merge(visit.brand.store, one.profile.id, other, visit.now))
        if isinstance(seen, Preview) and mark_of(seen) != form.get("seen"):
            return await _merge_preview(visit, one, other, status=409, wrong="people.changed")
        if isinstance(seen, Preview) and seen.against is not None and not form.get("despite"):
            return await _merge_preview(visit, one, other, status=400, wrong="people.say_despite")

    async def deed() -> JournalEntry:
        return await merge_profiles(
            visit.brand.store, one.profile.id, other,
            rule=BY_HAND, by=visit.user.id, now=visit.now, note=form.get("note", "")[:LONGEST_NOTE],
            despite=bool(form.get("despite")), cause=nonce,
        )  # fmt: skip

    return await _do(visit, "merge", one.profile.id, other, deed)


async def unmerge_page(visit: Visit) -> web.StreamResponse:
    """What taking a part out again would change."""
    person, part = await _person(visit, profile_of(visit)), checked_id(visit.at("part"))
    return await _unmerge_preview(visit, person.profile, part)


async def unmerge(visit: Visit) -> web.StreamResponse:
    """Take it out."""
    form = await visit.form()
    nonce, part = nonce_of(form.get("nonce", "")), checked_id(visit.at("part"))
    person = await _person(visit, profile_of(visit))
    if not await was_done(visit.brand.store, "unmerge", nonce):
        if part not in person.profile.homes - {person.profile.id}:
            raise web.HTTPNotFound
        seen = await _looked(preview_unmerge(visit.brand.store, part))
        if isinstance(seen, Preview) and mark_of(seen) != form.get("seen"):
            return await _unmerge_preview(visit, person.profile, part, status=409, wrong="people.changed")

    async def deed() -> JournalEntry:
        note = form.get("note", "")[:LONGEST_NOTE]
        return await unmerge_profile(
            visit.brand.store, part, by=visit.user.id, now=visit.now, note=note, cause=nonce
        )  # fmt: skip

    return await _do(visit, "unmerge", person.profile.id, part, deed)


async def split_page(visit: Visit) -> web.StreamResponse:
    """Which identifiers should go."""
    return await _split_choice(visit, await _person(visit, profile_of(visit)))


async def look_at_split(visit: Visit) -> web.StreamResponse:
    """What goes where."""
    person = await _person(visit, profile_of(visit))
    return await _split_preview(visit, person, await _chosen(visit, person.profile))


async def split(visit: Visit) -> web.StreamResponse:
    """Give them a profile of their own."""
    form = await visit.form()
    nonce, person = nonce_of(form.get("nonce", "")), await _person(visit, profile_of(visit))
    chosen = await _chosen(visit, person.profile)
    if not await was_done(visit.brand.store, "split", nonce):
        seen = await _looked(preview_split(visit.brand.store, person.profile.id, chosen))
        if isinstance(seen, Preview) and mark_of(seen) != form.get("seen"):
            return await _split_preview(visit, person, chosen, status=409, wrong="people.changed")

    async def deed() -> JournalEntry:
        return await split_profile(
            visit.brand.store, person.profile.id, chosen,
            by=visit.user.id, now=visit.now, note=form.get("note", "")[:LONGEST_NOTE], cause=nonce,
        )  # fmt: skip

    return await _do(visit, "split", person.profile.id, f"{len(chosen)} identifiers", deed)


async def journal(visit: Visit) -> web.StreamResponse:
    """Who put together what is one here, or took it apart."""
    person = await _person(visit, profile_of(visit))
    stored = await visit.brand.store.found_by(JournalEntry, ("stays", "moves"), person.profile.homes)
    found = [each.record for each in stored]
    newest = sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)
    values: dict[str, Any] = {"entries": newest[:MOST_ENTRIES], "more": max(0, len(newest) - MOST_ENTRIES)}
    return visit.page("people/journal.html", panel_id=person.profile.id, called=_called(visit, person), **values)


async def _person(visit: Visit, profile_id: str) -> Person:
    person = await read_person(visit.brand.brand, profile_id)
    if person is None:
        raise web.HTTPNotFound
    return person


def _called(visit: Visit, person: Person) -> str:
    """What to call them, as whoever asks may see it; empty if nobody knows."""
    return Panel(visit.brand.name, person, None, eyes_of(visit)).name


async def _looked(preview: Awaitable[Preview]) -> Preview | str:
    """What would change, or why it is refused."""
    try:
        return await preview
    except MergeRefused as error:
        return str(error)


async def _merge_preview(
    visit: Visit, one: Person, other: str, *, status: int = 200, wrong: str = ""
) -> web.Response:  # fmt: skip
    person = await _person(visit, other)
    seen = await _looked(preview_merge(visit.brand.store, one.profile.id, other, visit.now))
    return _preview(
        visit, "people/merge_preview.html", one.profile.id, seen, status, wrong,
        other=person.profile.id, tell=Telling(visit.language),
        names={each.profile.id: _called(visit, each) for each in (one, person)},
    )  # fmt: skip


async def _unmerge_preview(
    visit: Visit, profile: Profile, part: str, *, status: int = 200, wrong: str = ""
) -> web.Response:  # fmt: skip
    if part not in profile.homes - {profile.id}:
        raise web.HTTPNotFound
    seen = await _looked(preview_unmerge(visit.brand.store, part))
    return _preview(visit, "people/unmerge_preview.html", profile.id, seen, status, wrong, part=part, names={})


async def _split_preview(
    visit: Visit, person: Person, chosen: list[str], *, status: int = 200, wrong: str = ""
) -> web.Response:  # fmt: skip
    seen = await _looked(preview_split(visit.brand.store, person.profile.id, chosen))
    if isinstance(seen, str):
        return await _split_choice(visit, person, status=400, wrong=_refusal(seen))
    goes, names = [mark_of_identifier(key) for key in chosen], {person.profile.id: _called(visit, person)}
    return _preview(
        visit, "people/split_preview.html", person.profile.id, seen, status, wrong, goes=goes, names=names
    )  # fmt: skip


async def _split_choice(visit: Visit, person: Person, *, status: int = 200, wrong: str = "") -> web.Response:
    eyes, profile = eyes_of(visit), person.profile
    choices = [(mark_of_identifier(each.identifier), kind_of(each.identifier), eyes.contact(each.identifier), each)
               for each in _divisible(profile)]  # fmt: skip
    return visit.page(
        "people/split.html", status=status, panel_id=profile.id, called=_called(visit, person), home=profile.id,
        parts=await parts_of(visit.brand.store, profile), choices=choices, wrong=wrong,
    )  # fmt: skip


def _divisible(profile: Profile) -> list[Member]:
    """The identifiers that can go by themselves: what came with a merged profile goes with that one."""
    mine = (member for member in profile.members if member.home in {None, profile.id})
    return [member for member in mine if not is_of_the_console(member.identifier)]


async def _chosen(visit: Visit, profile: Profile) -> list[str]:
    """The identifiers that were ticked, by key."""
    ticked = await visit.ticked("goes")
    return [member.identifier for member in _divisible(profile) if mark_of_identifier(member.identifier) in ticked]


def _preview(
    visit: Visit, page: str, profile_id: str, seen: Preview | str, status: int, wrong: str, **values: Any  # noqa: ANN401 - for templates
) -> web.Response:  # fmt: skip
    if isinstance(seen, str):
        return visit.page("people/refused.html", status=409, panel_id=profile_id, why=_refusal(seen))
    against = ""
    if seen.against is not None:
        against = "people.against.decided" if seen.against == DECIDED_APART else "people.against.records"
    return visit.page(
        page, status=status, panel_id=profile_id, preview=seen, seen=mark_of(seen), nonce=new_nonce(),
        wrong=wrong, against=against, **values,
    )  # fmt: skip


def _refusal(why: str) -> str:
    return _REFUSALS.get(why, "people.refused.otherwise")


async def _do(visit: Visit, what: str, profile_id: str, other: str, deed: Deed) -> web.StreamResponse:
    """Do it once, after it was put on record; then show whoever stays."""
    await visit.on_record(f"profile.{what}", about=profile_id, other=other)
    try:
        entry = await deed()
    except MergeRefused as error:
        return visit.page("people/refused.html", status=409, panel_id=profile_id, why=_refusal(str(error)))
    return visit.go(f"{visit.path('people', entry.stays)}?part={quote(entry.moves)}", said=f"said.{what}")


ROUTES = (
    get("/{brand}/people/{profile}/merge", merge_page, AGENT),
    post("/{brand}/people/{profile}/merge/find", find_other, AGENT),
    post("/{brand}/people/{profile}/merge", merge, AGENT),
    get("/{brand}/people/{profile}/unmerge/{part}", unmerge_page, AGENT),
    post("/{brand}/people/{profile}/unmerge/{part}", unmerge, AGENT),
    get("/{brand}/people/{profile}/split", split_page, AGENT),
    post("/{brand}/people/{profile}/split/look", look_at_split, AGENT),
    post("/{brand}/people/{profile}/split", split, AGENT),
    get("/{brand}/people/{profile}/journal", journal, AGENT),
)
