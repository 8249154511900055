"""How a conversation stands: who answers, who looks after it, its tags."""

from typing import Any

from middleware.console.conversations.one import mark_of, new_nonce
from middleware.console.conversations.wording import span
from middleware.console.routes import AGENT
from middleware.console.users import all_users
from middleware.console.visit import Visit
from middleware.domain.board import head_of
from middleware.domain.conversation import Conversation
from middleware.domain.late import TOO_OLD_FOR_BOT, first_of, seen_until
from middleware.domain.users import User


async def agents_of(visit: Visit) -> list[User]:
    """Whoever may look after a conversation of the brand, by name. Walks all users: there are few."""
    found = [stored.record async for stored in all_users(visit.console.store.common)]
    here = [each for each in found if AGENT.lets_in(each) and visit.brand.name in each.brands and not each.disabled]
    return sorted(here, key=lambda each: (each.name.casefold(), each.id))


async def standing_values(visit: Visit, conversation: Conversation, wrong: str = "") -> dict[str, Any]:
    """What the template of it is given. `wrong`: what an act was refused for, in words."""
    head = head_of(conversation, 0)
    state = head.state(visit.now)
    first = first_of(conversation.late, conversation.late_before)
    # Who has it although a person is asked for, or it is closed.
    is_held = state in {"person", "paused"}
    return {
        "conversation": conversation,
        "state": state,
        "until": head.owner_until if is_held else None,
        "is_vip": head.is_vip(),
        "agents": await agents_of(visit),
        "nonce": new_nonce(),
        "too_old": TOO_OLD_FOR_BOT,
        "span": lambda length: span(visit, length),
        "late_count": head.late_count,
        "first_late": mark_of(first.message) if first is not None and first.message is not None else "",
        "seen_until": seen_until(conversation.late, conversation.late_before),
        "wrong": wrong,
    }
