"""Sending what an agent wrote."""

from aiohttp import web

from middleware.console.conversations.composing import composer_values, of_template, why_not
from middleware.console.conversations.doing import done
from middleware.console.conversations.one import nonce_of, one_conversation
from middleware.console.conversations.thread import read_again, thread_page
from middleware.console.routes import AGENT, post
from middleware.console.visit import Visit
from middleware.domain.conversation import Conversation
from middleware.domain.messages import Reply
from middleware.pipeline.agents import NOTHING_TO_SAY, Refused


async def reply(visit: Visit) -> web.StreamResponse:
    """Send a text, or an approved template."""
    conversation, form = await one_conversation(visit), await visit.form()
    nonce, text = nonce_of(form.get("nonce", "")), form.get("text", "").replace("\r\n", "\n")
    name = form.get("template", "")
    written = await of_template(visit, conversation, name) if name else Reply(text=text)
    found = await done(visit, conversation, written, nonce) if written is not None else Refused((NOTHING_TO_SAY,))
    if isinstance(found, Refused):
        return await _refused(visit, conversation, found, text)
    if not visit.is_fragment:
        return visit.go(visit.path("conversations", conversation.id))
    values = await composer_values(visit, await one_conversation(visit))
    return visit.page("conversations/composer.html", **{**values, "is_sent": True})


async def _refused(visit: Visit, conversation: Conversation, found: Refused, text: str) -> web.StreamResponse:
    """What was written stays, with why it was not sent."""
    wrong = " ".join(why_not(visit, each) for each in found.reasons)
    if visit.is_fragment:
        values = await composer_values(visit, conversation, text=text, wrong=wrong)
        return visit.page("conversations/composer.html", status=409, **values)
    return await thread_page(visit, await read_again(visit), status=409, text=text, refusal=wrong)


ROUTES = (post("/{brand}/conversations/{id}/reply", reply, AGENT),)
