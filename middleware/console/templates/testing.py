"""Test sends: what is typed, as a customer would get it, sent to a conversation of one's own, and what became of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from flows.templates import render
from flows.templates.rewriting import NotInTheForm
from middleware.console.conversations.composing import why_not
from middleware.console.conversations.one import new_nonce, nonce_of
from middleware.console.pairing.page import own_ones
from middleware.console.routes import MARKETER, get, post
from middleware.console.templates.customers import chosen
from middleware.console.templates.showing import of_variant
from middleware.console.templates.working import Work, opened, source_of_form, spot_of
from middleware.console.visit import Visit
from middleware.domain.agents import Tried
from middleware.domain.channels import CHANNELS
from middleware.domain.conversation import Conversation
from middleware.domain.messages import Reply
from middleware.domain.turn import OutboundMessage, Turn
from middleware.errors import FlowError
from middleware.pipeline.agents import NO_CONVERSATION, NOT_YOURS, Refused, acted
from middleware.pipeline.pairing import pairings_of

WATCHED_FOR = timedelta(minutes=3)
"""How long a page goes on looking at what becomes of a test."""

FAULTY = "faulty"
"""The template has errors to mend first."""

_ID = 32
_OVER = frozenset({"failed", "delivered", "read", "played", "unknown"})


@dataclass(frozen=True, slots=True)
class Sent:
    """One message of a test. `status` is how far it came; `reason` and `code` say why it did not."""

    text: str
    status: str
    reason: str | None
    code: str | None
    fallback: bool


async def values_of_tests(visit: Visit, *, wrong: str = "", chosen_one: str = "", turn: str = "") -> dict[str, Any]:
    """What the part about tests is given. `wrong`: why nothing was sent, in words; `turn`: that of a test."""
    sent, watched = await _looked_at(visit, turn) if turn else ([], False)
    return {
        "own": await own_ones(visit, visit.brand),
        "test": {"nonce": new_nonce(), "wrong": wrong, "chosen": chosen_one, "turn": turn, "sent": sent,
                 "watched": watched},
    }  # fmt: skip


async def send(visit: Visit) -> web.StreamResponse:
    """Send what is typed, saved or not, to a conversation of one's own."""
    work, form = await opened(visit), await visit.form()
    nonce, to = nonce_of(form.get("test_nonce", "")), form.get("test_to", "")[:200]
    reply = await _as_sent(visit, work, form, to)
    if isinstance(reply, Reply):
        await visit.on_record("template.tested", about=work.name, conversation=to)
        tried = Tried(template=work.name, replies=(reply,))
        found = await acted(visit.brand.brand, to, tried, visit.user.id, nonce, visit.now)
    else:
        found = reply
    if isinstance(found, Refused):
        wrong = " ".join(_why(visit, each) for each in found.reasons)
        return await _part(visit, work.name, 409, wrong=wrong, chosen_one=to)
    events = [(visit.brand.name, event) for event in found.events]
    visit.console.submit(*(([], events) if found.again else (events, [])))
    if not visit.is_fragment:
        return visit.go(visit.path("templates", work.name, "test", found.turn))
    return await _part(visit, work.name, 200, chosen_one=to, turn=found.turn)


async def shown(visit: Visit) -> web.StreamResponse:
    """What became of a test of one's own."""
    work, turn = await opened(visit), visit.at("turn")
    if len(turn) != _ID or not turn.isalnum():
        raise web.HTTPNotFound
    if visit.is_fragment:
        values = await values_of_tests(visit, turn=turn)
        return visit.page("templates/tested.html", name=work.name, **values)
    return await _part(visit, work.name, 200, turn=turn)


async def _as_sent(visit: Visit, work: Work, form: Mapping[str, str], to: str) -> Reply | Refused:
    """What is typed, as the customer that was chosen would get it where it is sent to."""
    if (await pairings_of(visit.brand.store, visit.user.id)).of(to) is None:
        return Refused((NOT_YOURS,))
    stored = (await visit.brand.store.get(Conversation, [to])).get(to)
    channel = CHANNELS.get(stored.record.channel) if stored is not None else None
    if stored is None or channel is None:
        return Refused((NO_CONVERSATION,))
    desk, spot = visit.brand.editing.desk(), spot_of(form)
    try:
        source = source_of_form(work, form)
    except (NotInTheForm, FlowError):
        return Refused((FAULTY,))
    findings = await asyncio.to_thread(desk.check, work.name, source)
    template = desk.template(work.name, source)
    if template is None or any(each.severity == "error" for each in findings):
        return Refused((FAULTY,))
    customer, _ = await chosen(visit, form.get("customer", ""))
    is_open = stored.record.window(visit.now).open
    reader = customer.reader(channel, locale=spot.locale or None, window_open=is_open)
    values = customer.values_on(channel, window_open=is_open)
    reply = await asyncio.to_thread(render, of_variant(template, spot.variant), reader, values)
    # What is typed has no number: nobody should take it for one that customers get.
    return reply.model_copy(update={"template": work.name, "version": None})


async def _looked_at(visit: Visit, key: str) -> tuple[list[Sent], bool]:
    """The messages of a test, and whether more is to be expected. 404 for what is no test of whoever asks."""
    stored = (await visit.brand.store.get(Turn, [key])).get(key)
    if stored is None:
        return [], True
    turn = stored.record
    if not turn.is_test or turn.act is None or turn.act.by != visit.user.id:
        raise web.HTTPNotFound
    conversation = (await visit.brand.store.get(Conversation, [turn.conversation_id])).get(turn.conversation_id)
    lines = {each.id: each.status for each in conversation.record.lines} if conversation is not None else {}
    sent = [_sent(each, lines.get(each.message_id or "")) for each in turn.messages]
    is_young = visit.now - turn.decided_at < WATCHED_FOR
    return sent, is_young and any(each.status not in _OVER for each in sent)


def _sent(message: OutboundMessage, status: str | None) -> Sent:
    reply = message.reply
    return Sent(reply.shown(), status or message.state.value, message.reason, message.code, reply.fallback)


def _why(visit: Visit, reason: str) -> str:
    return visit.text("templates.test.faulty") if reason == FAULTY else why_not(visit, reason)


async def _part(visit: Visit, name: str, status: int, **more: str) -> web.Response:
    page = "templates/test.html" if visit.is_fragment else "templates/test_page.html"
    return visit.page(page, status=status, name=name, **await values_of_tests(visit, **more))


ROUTES = (
    post("/{brand}/templates/{name}/test", send, MARKETER),
    get("/{brand}/templates/{name}/test/{turn}", shown, MARKETER),
)
