"""The one conversation of an address, and what its pages have in common."""

import hashlib
import re
import secrets
from typing import Literal

from aiohttp import web

from middleware.console.visit import Visit
from middleware.domain.conversation import Conversation
from middleware.domain.forms import Approved
from middleware.domain.messages import Reply
from middleware.pipeline.agents import refused

Mode = Literal["text", "person", "approved", "none"]
"""What may be sent now: a text; a text, as a person, though the window is closed; an approved template; nothing."""

_NONCE = re.compile(r"[A-Za-z0-9_-]{8,40}", re.ASCII)
_LONGEST_ID = 200
_ANY_TEXT = Reply(text="x")
_ANY_APPROVED = Reply(text="x", form=Approved(name="x", language="en"))


async def one_conversation(visit: Visit) -> Conversation:
    """The conversation of the address. 404 where there is none."""
    key = id_of(visit)
    stored = (await visit.brand.store.get(Conversation, [key])).get(key)
    if stored is None or stored.record.erased_at is not None:
        raise web.HTTPNotFound
    return stored.record


def id_of(visit: Visit) -> str:
    """The id in the address. 404 for what can be none."""
    key = visit.at("id")
    if len(key) > _LONGEST_ID or not key.isprintable():
        raise web.HTTPNotFound
    return key


def mark_of(line: str) -> str:
    """What stands for a line on its page, by its id: the platform's ids may be anything."""
    return hashlib.blake2b(line.encode(errors="replace"), digest_size=9).hexdigest()


def new_nonce() -> str:
    """What makes a form one of a kind: sent twice, it does one thing."""
    return secrets.token_urlsafe(15)


def nonce_of(text: str) -> str:
    """The nonce that came with a form. 400 for what is none."""
    if not _NONCE.fullmatch(text):
        raise web.HTTPBadRequest
    return text


def mode_of(visit: Visit, conversation: Conversation) -> tuple[Mode, tuple[str, ...]]:
    """What an agent may send now, and why nothing else."""
    reasons = refused(conversation, _ANY_TEXT, visit.now)
    if not reasons:
        return ("text" if conversation.window(visit.now).open else "person"), ()
    return ("none" if refused(conversation, _ANY_APPROVED, visit.now) else "approved"), reasons
