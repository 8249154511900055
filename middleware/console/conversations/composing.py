"""Writing to a customer: what may be sent now, and what can be put into it."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from middleware.console.conversations.one import Mode, mode_of, new_nonce, one_conversation
from middleware.console.conversations.wording import span
from middleware.console.routes import AGENT, get
from middleware.console.visit import Visit
from middleware.domain.channels import CHANNELS
from middleware.domain.context import Context
from middleware.domain.conversation import HUMAN_WINDOW, Conversation
from middleware.domain.forms import Approved
from middleware.domain.messages import Reply

MOST_FOUND = 8
MOST_APPROVED = 30
LONGEST_REPLY = 20_000
_APPROVED_IN_FILE = "approved:"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A template as this customer would get it."""

    name: str
    reply: Reply


async def composer_values(
    visit: Visit, conversation: Conversation, *, text: str = "", wrong: str = ""
) -> dict[str, Any]:
    """What the composer's template is given: with what was written, and why it was refused, if it was."""
    mode, reasons = mode_of(visit, conversation)
    channel = CHANNELS.get(conversation.channel)
    size = channel.text.size if channel is not None else None
    approved = await _approved(visit, conversation) if mode in {"approved", "person"} else []
    return {
        **window_values(visit, conversation, mode),
        "conversation": conversation,
        "reasons": [why_not(visit, each) for each in reasons],
        "size": size,
        "approved": approved,
        "text": text,
        "refusal": wrong,
        "reply_nonce": new_nonce(),
        "longest": LONGEST_REPLY,
        "is_sent": False,
    }


def window_values(visit: Visit, conversation: Conversation, mode: Mode) -> dict[str, Any]:
    """What is said of the window: until when it is open, or what is allowed though it is closed."""
    window = conversation.window(visit.now)
    channel = CHANNELS.get(conversation.channel)
    heard = conversation.last_inbound_at
    ends_at = window.closes_at if window.open else heard + HUMAN_WINDOW if heard and mode == "person" else None
    return {
        "conversation": conversation,
        "mode": mode,
        "always_open": channel is not None and channel.always_open,
        "ends_in": span(visit, ends_at - visit.now) if ends_at is not None else "",
        "ends_soon": ends_at is not None and (ends_at - visit.now).total_seconds() <= 2 * 3600,
        "heard": heard is not None,
    }


async def window(visit: Visit) -> web.StreamResponse:
    """The countdown. Where something else may be sent by now than the page thinks, the page is loaded again."""
    conversation = await one_conversation(visit)
    mode, _ = mode_of(visit, conversation)
    if visit.query("mode") not in {"", mode}:
        visit.headers["HX-Refresh"] = "true"
    return visit.page("conversations/window.html", **window_values(visit, conversation, mode))


async def snippets(visit: Visit) -> web.StreamResponse:
    """Templates that a search finds, as this customer would get them: to be put into the reply, and edited."""
    conversation = await one_conversation(visit)
    found = await _snippets(visit, conversation, visit.query("q").strip().casefold()[:80])
    return visit.page("conversations/snippets.html", conversation=conversation, snippets=found, most=MOST_FOUND)


def why_not(visit: Visit, reason: str) -> str:
    """Why something is refused, in words."""
    key = f"conversations.why.{reason}"
    return visit.text(key) if visit.language.has(key) else reason


async def of_template(visit: Visit, conversation: Conversation, name: str) -> Reply | None:
    """An approved template for this customer, as the platform gets it."""
    context = await visit.console.look_up.context_beside(visit.brand.name, conversation)
    if context is None or name not in visit.brand.live.held().names:
        return None
    found = await _rendered(visit, conversation, context, name, window_open=False)
    return found.reply if found is not None and isinstance(found.reply.form, Approved) else None


async def of_said(visit: Visit, conversation: Conversation, name: str) -> Reply | None:
    """A template for this customer as flows say it, whether its window is open or not; None where there is none."""
    context = await visit.console.look_up.context_beside(visit.brand.name, conversation)
    if context is None or conversation.channel not in CHANNELS:
        return None
    found = await _rendered(visit, conversation, context, name, window_open=True)
    return found.reply if found is not None else None


async def _approved(visit: Visit, conversation: Conversation) -> list[Snippet]:
    """The approved templates that can be sent to this customer."""
    channel, live = CHANNELS.get(conversation.channel), visit.brand.live.held()
    if channel is None or channel.approved is None:
        return []
    context = await visit.console.look_up.context_beside(visit.brand.name, conversation)
    if context is None:
        return []
    found: list[Snippet] = []
    for name in sorted(live.names):
        if len(found) < MOST_APPROVED and _APPROVED_IN_FILE in (live.source_of(name) or ""):
            said = await _rendered(visit, conversation, context, name, window_open=False)
            found += [said] if said is not None and isinstance(said.reply.form, Approved) else []
    return found


async def _snippets(visit: Visit, conversation: Conversation, asked: str) -> list[Snippet]:
    live = visit.brand.live.held()
    context = await visit.console.look_up.context_beside(visit.brand.name, conversation)
    if context is None:
        return []
    words = asked.split()
    named = [each for each in live.names if all(word in each for word in words)]
    others = live.names - set(named) if words else frozenset[str]()
    within = [each for each in others if all(word in (live.source_of(each) or "").casefold() for word in words)]
    found: list[Snippet] = []
    for name in (*sorted(named), *sorted(within)):
        said = await _rendered(visit, conversation, context, name, window_open=True)
        # What lacks a value says its fallback, which helps nobody who can see what is known.
        if said is not None and said.reply.text.strip() and not said.reply.fallback:
            found.append(said)
        if len(found) == MOST_FOUND:
            break
    return found


async def _rendered(
    visit: Visit, conversation: Conversation, context: Context, name: str, *, window_open: bool
) -> Snippet | None:  # fmt: skip
    channel = CHANNELS[conversation.channel]
    try:
        said = await visit.brand.live.held().rendered(
            name, context, channel, conversation.locale, window_open=window_open
        )
    except KeyError:
        return None
    return Snippet(name, said)


ROUTES = (
    get("/{brand}/conversations/{id}/window", window, AGENT),
    get("/{brand}/conversations/{id}/snippets", snippets, AGENT),
)
