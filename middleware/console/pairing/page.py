"""One's own conversations: pairing one by a code, and taking one back."""

import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from middleware.console.parts import ConsoleBrand
from middleware.console.routes import MARKETER, SIGNED_IN, get, post
from middleware.console.visit import Visit
from middleware.domain.channels import CHANNELS
from middleware.domain.conversation import Conversation
from middleware.domain.pairing import Pairing
from middleware.pipeline.pairing import make_code, pairings_of, unpair


@dataclass(frozen=True, slots=True)
class Own:
    """One conversation of somebody's own. `is_there`: it, and its account, are still there. `open`: a text may go."""

    pairing: Pairing
    called: str
    is_there: bool
    open: bool


async def own_ones(visit: Visit, brand: ConsoleBrand) -> list[Own]:
    """The conversations that are paired with whoever asks, the latest first."""
    paired = (await pairings_of(brand.store, visit.user.id)).paired
    found = await brand.store.get(Conversation, [each.conversation for each in paired])
    accounts = {(each.connector, each.id) for each in brand.accounts}
    return [
        Own(
            each,
            called=(stored.record.name or "") if stored is not None else "",
            is_there=stored is not None and (each.channel, each.account) in accounts,
            open=stored is not None and stored.record.window(visit.now).open,
        )
        for each in reversed(paired)
        for stored in (found.get(each.conversation),)
    ]


async def chats(visit: Visit) -> web.StreamResponse:
    """The page."""
    return await _page(visit)


async def code(visit: Visit) -> web.StreamResponse:
    """Show a code that pairs the conversation in which it is written."""
    await visit.on_record("pairing.code")
    made = await make_code(visit.brand.store, visit.user.id, secrets.randbelow, visit.now)
    return await _page(visit, code=made or "", too_many=made is None, status=200 if made else 429)


async def rows(visit: Visit) -> web.StreamResponse:
    """The part that shows which are paired, anew: until there is one more than there was."""
    own = await own_ones(visit, visit.brand)
    before = visit.query("since")
    is_new = bool(own) and own[0].pairing.since.isoformat() != before
    return visit.page("pairing/rows.html", own=own, since="" if is_new else before, waits=not is_new, is_new=is_new)


async def end(visit: Visit) -> web.StreamResponse:
    """Take one back."""
    form = await visit.form()
    conversation = form.get("conversation", "")
    # What is on record is what there was: a form may hold anything.
    if (await pairings_of(visit.brand.store, visit.user.id)).of(conversation) is not None:
        await visit.on_record("pairing.ended", about=conversation)
        await unpair(visit.brand.store, visit.user.id, conversation)
    there = "/account" if form.get("home") == "account" else visit.path("test-chats")
    return visit.go(there, said="said.unpaired")


async def _page(visit: Visit, *, code: str = "", too_many: bool = False, status: int = 200) -> web.Response:
    own = await own_ones(visit, visit.brand)
    values: dict[str, Any] = {
        "own": own,
        "since": own[0].pairing.since.isoformat() if own else "none",
        "waits": bool(code),
        "is_new": False,
        "code": code,
        "too_many": too_many,
        "where": [each for each in visit.brand.accounts if each.connector in CHANNELS],
    }
    return visit.page("pairing/page.html", status=status, **values)


ROUTES = (
    get("/{brand}/test-chats", chats, MARKETER),
    get("/{brand}/test-chats/rows", rows, MARKETER),
    post("/{brand}/test-chats/code", code, MARKETER),
    # Whoever may not try templates out any more may still take back what is theirs.
    post("/{brand}/test-chats/unpair", end, SIGNED_IN),
)
