"""`throughline outbox`: replies that wait, are on their way, may have been sent, or were not sent."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Annotated, Any

import typer

from middleware.bootstrap.building import Installation, opened
from middleware.cli.kept import LimitOption, print_text, print_whole
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, account_name, brand_of, plain, store_of, when
from middleware.domain.conversation import Conversation
from middleware.domain.messages import SendState
from middleware.domain.outgoing import AS_WANTED
from middleware.domain.turn import OutboundMessage, Turn, turn_of_key
from middleware.ports import BrandStore
from middleware.settings import load_settings

_READ_AT_ONCE = 100

_STATES = tuple(state.value for state in SendState if state is not SendState.SENT)

_ADVICE = {
    SendState.QUEUED: "Nothing: it is sent when the platform can be asked again, or given up when it is too old.",
    SendState.SENDING: "Nothing: a worker has it. If that died, it becomes unknown once the time is over.",
    SendState.UNKNOWN: "It may have been sent. Look into the conversation at the platform; it is never sent again.",
    SendState.FAILED: "The customer did not get it. Mend the cause, and write to the customer as a person.",
    SendState.SENT: "Nothing: the platform took it.",
}
_ADVICE_ON = {
    "account_problem": "The token, a permission or the billing of the account: see the code, and `throughline doctor`.",
    "recipient_gone": "The customer cannot be written to until they write again.",
    "window_closed": "The customer's last message is too long ago for this channel.",
    "too_old": "It had waited longer than reply_max_age. A person should answer.",
}

outbox = typer.Typer(
    help="Replies that wait, are on their way, may have been sent, or were not sent.", no_args_is_help=True
)

Row = dict[str, Any]


@outbox.command("list")
def list_(
    brand: BrandOption = "",
    state: Annotated[str, typer.Option(help=f"Only these: {', '.join(_STATES)}")] = "",
    limit: LimitOption = 20,
    after: Annotated[str, typer.Option(help="Go on after this conversation")] = "",
    text: Annotated[bool, typer.Option("--text", help="Also what the replies say")] = False,
    as_json: JsonOption = False,
) -> None:
    """List replies that were not sent yet, or not certainly, by conversation."""
    if state and state not in _STATES:
        fail(f"no state {state!r}; there are {', '.join(_STATES)}", USAGE)
    wanted = {SendState(state)} if state else {SendState(each) for each in _STATES}
    with reasons():
        page = asyncio.run(_page(brand, wanted, limit, after))
    rows = [row if text else {name: value for name, value in row.items() if name != "text"} for row in page["items"]]
    if as_json:
        print_json({**page, "items": rows})
        return
    for row in rows:
        shown.print(plain(row["key"]), markup=False)
        rest = (row[name] for name in ("state", "account", "sender", "decided", "why", "code", "again"))
        shown.print("    " + " · ".join(plain(each) for each in rest if each), markup=False)
        print_text(row.get("text", ""))
    more = f"There is more: --after {page['next']}" if page["next"] else f"{page['read']} conversations were read."
    shown.print(more if rows or page["next"] else f"No such reply; {more}", markup=False)


@outbox.command("show")
def show(
    key: Annotated[str, typer.Argument(metavar="KEY")], brand: BrandOption = "", as_json: JsonOption = False
) -> None:
    """Show one reply whole: what it says, what became of it and what to do."""
    with reasons():
        found = asyncio.run(_whole(brand, key))
    if as_json:
        print_json(found)
    else:
        print_whole({name: value for name, value in found.items() if name not in {"turn", "message"}})


def advice_on(state: SendState, reason: str | None) -> str:
    """What to do about a reply."""
    return _ADVICE_ON.get(reason or "") or _ADVICE[state]


async def _page(named: str, wanted: set[SendState], limit: int, after: str) -> Row:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named)
        rows: list[Row] = []
        read, last = 0, after
        async with aclosing(store_of(here, brand).scan(Conversation, after=after)) as batches:
            async for batch in batches:
                conversations = [stored.record for stored in batch]
                found = await _turns_of(store_of(here, brand), conversations)
                for conversation in conversations:
                    if len(rows) >= limit:
                        return {"brand": brand, "items": rows, "read": read, "next": last}
                    rows += [row for row in _rows(here, conversation, found) if SendState(row["state"]) in wanted]
                    read, last = read + 1, conversation.id
        return {"brand": brand, "items": rows, "read": read, "next": None}


async def _turns_of(store: BrandStore, conversations: Sequence[Conversation]) -> dict[str, Turn]:
    """The turns whose replies may be open, by id."""
    ids = sorted({turn for conversation in conversations for turn in _turn_ids(conversation)})
    found: dict[str, Turn] = {}
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = await store.get(Turn, ids[start : start + _READ_AT_ONCE])
        found |= {key: stored.record for key, stored in some.items()}
    return found


def _turn_ids(conversation: Conversation) -> list[str]:
    """Those with an outbox entry; and while a person should look at it, the latest ones: a reply may have failed."""
    named = (turn_of_key(entry.key) for entry in conversation.outbox)
    open_ = [each[0] for each in named if each is not None]
    return [*open_, *(conversation.applied if conversation.needs_person is not None else ())]


def _rows(here: Installation, conversation: Conversation, turns: dict[str, Turn]) -> list[Row]:
    """The replies of one conversation that were not certainly sent, the oldest first."""
    own = [turns[each] for each in dict.fromkeys(_turn_ids(conversation)) if each in turns]
    pairs = [(turn, message) for turn in sorted(own, key=lambda each: each.decided_at) for message in turn.messages]
    return [
        _row(here, conversation, turn, message)
        for turn, message in pairs
        if message.state is not SendState.SENT and message.reason not in AS_WANTED
    ]


def _row(here: Installation, conversation: Conversation | None, turn: Turn, message: OutboundMessage) -> Row:
    """One reply. While its fate is open, the outbox entry knows more than the turn."""
    entry = conversation.entry(message.key) if conversation is not None else None
    is_open = message.state is SendState.QUEUED and entry is not None
    state = entry.state if is_open and entry is not None else message.state
    again = entry.until or entry.not_before if entry is not None else None
    return {
        "key": message.key,
        "state": state.value,
        "account": account_name(here, turn.channel, turn.account),
        "sender": turn.recipient[0].masked() if turn.recipient else "",
        "conversation": turn.conversation_id,
        "decided": when(turn.decided_at),
        "why": message.reason or "",
        "code": message.code or "",
        "attempts": entry.attempts if entry is not None else message.attempts,
        "again": f"until {when(again)}" if again is not None else "",
        "text": message.reply.text,
    }


async def _whole(named: str, key: str) -> Row:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named)
        store = store_of(here, brand)
        identifier = (turn_of_key(key) or (key,))[0]
        stored = (await store.get(Turn, [identifier])).get(identifier)
        messages = stored.record.messages if stored is not None else ()
        message = next((each for each in messages if each.key == key), None)
        if stored is None or message is None:
            fail(f"{key!r} is the key of no reply of {brand or 'no brand'}")
        turn = stored.record
        conversations = await store.get(Conversation, [turn.conversation_id])
        conversation = next((each.record for each in conversations.values()), None)
        row = _row(here, conversation, turn, message)
        advice = advice_on(SendState(row["state"]), message.reason)
        whole = {"message": message.model_dump(mode="json"), "turn": turn.model_dump(mode="json", exclude_none=True)}
        return {**row, "answers": turn.event_key, "flow": turn.decision.flow or "", "what to do": advice, **whole}
