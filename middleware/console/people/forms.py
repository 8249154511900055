"""Forms that do something once: a nonce, and a mark of what was seen."""

import hashlib
import re
import secrets

from aiohttp import web
from pydantic import BaseModel

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,40}", re.ASCII)


def new_nonce() -> str:
    """What makes a form one of a kind: sent twice, it does one thing."""
    return secrets.token_urlsafe(15)


def nonce_of(text: str) -> str:
    """The nonce that came with a form. 400 for what is none."""
    if not _NONCE.fullmatch(text):
        raise web.HTTPBadRequest
    return text


def mark_of(seen: BaseModel | str) -> str:
    """What a form remembers of what was shown, to notice a change in between. It tells nothing of it."""
    text = seen if isinstance(seen, str) else seen.model_dump_json()
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()
