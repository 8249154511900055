"""What agents do to a conversation beside answering: each is a form of its own, done once however often it is sent."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from aiohttp import web

from middleware.console.conversations.composing import why_not
from middleware.console.conversations.doing import done
from middleware.console.conversations.one import new_nonce, nonce_of, one_conversation
from middleware.console.conversations.standing import agents_of, standing_values
from middleware.console.conversations.thread import read_again, thread_page
from middleware.console.routes import AGENT, get, post
from middleware.console.visit import Visit
from middleware.domain.agents import (
    LONGEST_NOTE,
    MOST_LATE,
    Act,
    Assigned,
    Closed,
    Noted,
    Paused,
    Released,
    Reopened,
    SeenTo,
    TagsChanged,
    TookOver,
)
from middleware.domain.tag_names import LONGEST_NAME
from middleware.pipeline.agents import NO_TAG, NOTHING_TO_SAY, TOO_MUCH, Refused

_TURN = re.compile(r"[0-9a-f]{32}", re.ASCII)

Form = Mapping[str, str]

PAUSES = {"30": timedelta(minutes=30), "120": timedelta(hours=2), "": None}
"""For how long the bot can be paused; with nothing, until it is given back."""


def _paused(visit: Visit, form: Form) -> Act | Refused:
    lasts = PAUSES.get(form.get("minutes", ""))
    return Paused(until=visit.now + lasts if lasts is not None else None)


def _tagged(_: Visit, form: Form) -> Act | Refused:
    tag = form.get("tag", "").strip()
    return TagsChanged(add=(tag,)) if 0 < len(tag) <= LONGEST_NAME else Refused((NO_TAG,))


def _untagged(_: Visit, form: Form) -> Act | Refused:
    tag = form.get("tag", "")
    return TagsChanged(remove=(tag,)) if 0 < len(tag) <= LONGEST_NAME else Refused((NO_TAG,))


def _noted(_: Visit, form: Form) -> Act | Refused:
    text = form.get("text", "").replace("\r\n", "\n").strip()
    if not text:
        return Refused((NOTHING_TO_SAY,))
    return Noted(text=text) if len(text) <= LONGEST_NOTE else Refused((TOO_MUCH,))


def _seen_to(visit: Visit, form: Form) -> Act | Refused:
    late, until = form.get("late", "").split(), _moment(form.get("until", ""))
    if len(late) > MOST_LATE or not all(map(_TURN.fullmatch, late)) or not (late or until):
        raise web.HTTPBadRequest
    return SeenTo(late=tuple(late), until=min(until, visit.now) if until is not None else None)


def _moment(written: str) -> datetime | None:
    """A time as a page wrote it; None for nothing. 400 for what is none."""
    try:
        moment = datetime.fromisoformat(written) if written else None
    except ValueError:
        raise web.HTTPBadRequest from None
    if moment is not None and moment.tzinfo is None:
        raise web.HTTPBadRequest
    return moment


ACTS: Mapping[str, Callable[[Visit, Form], Act | Refused]] = {
    "take-over": lambda visit, _: TookOver(until=visit.now + visit.brand.brand.takeover_pause),
    "pause": _paused,
    "release": lambda _, __: Released(),
    "close": lambda _, __: Closed(),
    "reopen": lambda _, __: Reopened(),
    "assign": lambda _, form: Assigned(to=form.get("to") or None),
    "tag": _tagged,
    "untag": _untagged,
    "seen-to": _seen_to,
    "note": _noted,
}
"""By the last part of their address."""


async def act(visit: Visit) -> web.StreamResponse:
    """Do one of them."""
    conversation, form, what = await one_conversation(visit), await visit.form(), visit.at("what")
    if what not in ACTS:
        raise web.HTTPNotFound
    nonce = nonce_of(form.get("nonce", ""))
    if what == "assign" and form.get("to"):
        await _see_that_they_are_here(visit, form["to"])
    wanted = ACTS[what](visit, form)
    found = wanted if isinstance(wanted, Refused) else await done(visit, conversation, wanted, nonce)
    if not isinstance(found, Refused) and what == "take-over" and conversation.assignee is None:
        found = await done(visit, conversation, Assigned(to=visit.user.id), f"{nonce}-mine")
    why = " ".join(why_not(visit, each) for each in found.reasons) if isinstance(found, Refused) else ""
    return await (_note(visit, why, form) if what == "note" else _told(visit, why))


async def _see_that_they_are_here(visit: Visit, login: str) -> None:
    if login not in {each.id for each in await agents_of(visit)}:
        raise web.HTTPBadRequest


async def _told(visit: Visit, why: str) -> web.StreamResponse:
    status = 409 if why else 200
    if visit.is_fragment:
        values = await standing_values(visit, await one_conversation(visit), wrong=why)
        return visit.page("conversations/standing.html", status=status, **values)
    if why:
        return await thread_page(visit, await read_again(visit), status=status, wrong=why)
    if (await visit.form()).get("back") == "late":
        return visit.go(f"{visit.path('conversations')}?tab=late")
    return visit.go(visit.path("conversations", visit.at("id")))


async def _note(visit: Visit, why: str, form: Form) -> web.StreamResponse:
    status, written = (409, form.get("text", "")) if why else (200, "")
    values = {"note": written, "note_wrong": why, "note_nonce": new_nonce()}
    if visit.is_fragment:
        conversation = await one_conversation(visit)
        return visit.page("conversations/note.html", status=status, conversation=conversation, **values)
    if why:
        return await thread_page(visit, await read_again(visit), status=status, **values)
    return visit.go(visit.path("conversations", visit.at("id")))


async def standing(visit: Visit) -> web.StreamResponse:
    """How it stands, anew."""
    values = await standing_values(visit, await one_conversation(visit))
    return visit.page("conversations/standing.html", **values)


ROUTES = (
    get("/{brand}/conversations/{id}/standing", standing, AGENT),
    post("/{brand}/conversations/{id}/acts/{what}", act, AGENT),
)
