"""Permission to write: every reason why the bot must be silent, in one pure function."""

import unicodedata
from datetime import datetime, timedelta

from middleware.domain.channels import CHANNELS
from middleware.domain.conversation import Conversation, Owner
from middleware.domain.forms import Approved
from middleware.domain.messages import Reply
from middleware.domain.record import Record

STOP_WORDS = frozenset({
    "stop", "stopall", "unsubscribe", "end", "quit", "cancel", "opt out", "optout",
    "stopp", "abmelden", "abbestellen", "aufhören",
    "baja", "parar", "alto", "cancelar", "basta",
    "arrêt", "arret", "désabonner", "fermati", "disiscrivi", "sair", "parar mensagens", "afmelden", "rezygnuję",
    "avsluta", "afmeld", "dur", "стоп", "отписаться", "停止", "退订", "توقف",
})  # fmt: skip
"""Whole messages that mean: do not write to me again. A word inside a sentence does not count."""

START_WORDS = frozenset({"start", "unstop", "resume", "weiter", "anmelden", "alta", "empezar", "reprendre"})
"""Whole messages that take a STOP back."""

STOPPED = "stopped"
HUMAN_OWNER = "human_owner"
PAUSED = "paused"
TOO_OLD = "too_old"
WINDOW_CLOSED = "window_closed"
UNREACHABLE = "unreachable"
GROUP = "group"
MARKETING_STOPPED = "marketing_stopped"
ANOTHER_BOT = "another_bot_answers_here"
NOT_AGREED = "marketing_not_agreed"

CART_GONE = "cart_gone"
CART_CHANGED = "cart_changed"
ORDERED_SINCE = "ordered_since"
WROTE_SINCE = "wrote_since"
REMINDED_BEFORE = "reminded_before"

NOT_LEFT = frozenset({CART_GONE, CART_CHANGED, ORDERED_SINCE, WROTE_SINCE, REMINDED_BEFORE})
"""Reasons for which nobody is told that a cart was left."""

NO_PROMOTION = frozenset({MARKETING_STOPPED, NOT_AGREED})
"""Reasons that forbid promotion, and no other reply."""

_TRIMMED = " \t\r\n.!?¡¿\"'“”„«»…"


class Permission(Record):
    """Whether the bot may reply, and the reasons if it may not. Reasons are words of this module."""

    may_reply: bool
    may_promote: bool
    reasons: tuple[str, ...] = ()


def consent_word(text: str) -> bool | None:
    """False for a whole message that says STOP, True for one that says START, None for anything else."""
    word = " ".join(unicodedata.normalize("NFC", text).casefold().strip(_TRIMMED).split())
    if word in STOP_WORDS:
        return False
    return True if word in START_WORDS else None


def owned_by_bot(conversation: Conversation, now: datetime) -> bool:
    """Whether the bot owns the conversation at `now`."""
    return is_the_bots(conversation.owner, conversation.owner_until, now)


def is_the_bots(owner: Owner, until: datetime | None, now: datetime) -> bool:
    """Whether the bot owns what has this owner until then: a hold that has an end runs out by itself."""
    return owner is Owner.BOT or (until is not None and now >= until)


def may_send(
    conversation: Conversation,
    *,
    asked_at: datetime,
    now: datetime,
    max_age: timedelta,
    group: bool = False,
    reply: Reply | None = None,
    by_person: bool = False,
    unasked: bool = False,
) -> Permission:
    """Whether a reply to what was asked at `asked_at` may go out at `now`: any reply, or this one.

    Where nobody asked (`unasked`: a timer began it), promotion needs the customer's own word.

    Looked at twice: when the turn is decided, and again in the very write that claims the message for sending. What a
    person of the brand writes (`by_person`) is not held back by who owns the conversation, nor by its age.
    """
    reasons: list[str] = []
    if group:
        reasons.append(GROUP)
    if conversation.stopped():
        reasons.append(STOPPED)
    if not by_person and not owned_by_bot(conversation, now):
        reasons.append(HUMAN_OWNER if conversation.owner is Owner.HUMAN else PAUSED)
    if not by_person and now - asked_at > max_age:
        reasons.append(TOO_OLD)
    if not conversation.window(now).open and not _may_go_outside(conversation, reply, now, by_person=by_person):
        reasons.append(WINDOW_CLOSED)
    if conversation.unreachable is not None:
        reasons.append(UNREACHABLE)
    marketing = conversation.marketing
    promotion = [MARKETING_STOPPED] if marketing is not None and not marketing.granted else []
    if unasked and marketing is None:
        promotion.append(NOT_AGREED)
    return Permission(
        may_reply=not reasons,
        may_promote=not reasons and not promotion,
        reasons=tuple(reasons + promotion),
    )


def _may_go_outside(conversation: Conversation, reply: Reply | None, now: datetime, *, by_person: bool) -> bool:
    """Whether this reply may be sent while the window is closed (Meta: message templates, utility messages, Human
    Agent tag): an approved template, or for seven days what a person wrote, where the channel has such.
    """
    channel = CHANNELS.get(conversation.channel)
    if channel is None or reply is None:
        return False
    if isinstance(reply.form, Approved):
        return channel.approved is not None and reply.to_comment is None
    return by_person and reply.tag in channel.tags and conversation.within_human_window(now)
