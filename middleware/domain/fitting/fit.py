"""From a reply to the messages that it becomes on one channel."""

from collections.abc import Callable

from middleware.domain.capabilities import ButtonRule, Capabilities, CardRule, Size
from middleware.domain.fitting.bench import MOST_TEXTS, Bench, opaque
from middleware.domain.fitting.cards import fit_cards
from middleware.domain.fitting.choices import fit_buttons, fit_list, fit_quick_replies
from middleware.domain.fitting.media import fit_approved, fit_ask, fit_media, fit_reaction
from middleware.domain.forms import Approved, Ask, Buttons, Cards, Choices, Media, Reaction
from middleware.domain.messages import Reply
from middleware.domain.record import Record
from middleware.domain.text import pieces


class Fitted(Record):
    """The messages that a reply becomes on one channel, in order, and what was changed. Empty: nothing can be said."""

    replies: tuple[Reply, ...]
    notes: tuple[str, ...] = ()


def fit(reply: Reply, channel: Capabilities, *, alone: bool = False) -> Fitted:
    """The reply as the channel can show it. `alone`: as one message at most, whatever has to be left out for it."""
    notes: list[str] = []
    reply = _addressed(reply, channel, notes)
    commenting = reply.to_comment is not None
    bench = Bench(_text_alone(channel) if commenting else channel, notes, alone=alone or commenting)
    before, reply = _split(bench, reply)
    replies = (*before, *_in_its_form(bench, reply))
    if not replies:
        bench.note("nothing is left to say")
    quoting = tuple(
        each if not position else each.model_copy(update={"reply_to": None}) for position, each in enumerate(replies)
    )
    return Fitted(replies=quoting, notes=tuple(dict.fromkeys(notes)))


def _addressed(reply: Reply, channel: Capabilities, notes: list[str]) -> Reply:
    """The reply without a quote, a comment or a tag that the channel does not know."""
    gone: dict[str, str] = {}
    if reply.reply_to is not None and not (channel.reply_to and opaque(reply.reply_to)):
        gone["reply_to"] = "the quoted message is left out"
    if reply.to_comment is not None and not (channel.comments and opaque(reply.to_comment)):
        gone["to_comment"] = "it is no private reply to a comment"
    if reply.tag is not None and reply.tag not in channel.tags:
        gone["tag"] = "the tag is left out"
    notes += gone.values()
    return reply.model_copy(update=dict.fromkeys(gone)) if gone else reply


def _split(bench: Bench, reply: Reply) -> tuple[tuple[Reply, ...], Reply]:
    """The messages that carry the beginning of a text that is too long for one, and the reply with its end."""
    text, size = bench.text_of(reply.text), bench.channel.text.size
    if not reply.split or bench.alone or size.length(text) <= size.most:
        return (), reply
    *first, last = pieces(text, size.most, in_bytes=size.in_bytes, at_most=MOST_TEXTS)
    bench.note(f"the text is split into {len(first) + 1} messages")
    plain = reply.model_copy(update={"quick_replies": (), "form": None})
    before = tuple(plain.model_copy(update={"text": piece}) for piece in first)
    return before, reply.model_copy(update={"text": last})


def _in_its_form(bench: Bench, reply: Reply) -> tuple[Reply, ...]:
    plain = reply.model_copy(update={"text": bench.text_of(reply.text), "quick_replies": (), "form": None})
    if reply.form is None:
        return fit_quick_replies(bench, plain, reply.quick_replies)
    return _WAYS[type(reply.form)](bench, plain, reply.form)


_WAYS: dict[type[Record], Callable[..., tuple[Reply, ...]]] = {
    Buttons: fit_buttons,
    Choices: fit_list,
    Cards: fit_cards,
    Media: fit_media,
    Approved: fit_approved,
    Ask: fit_ask,
    Reaction: fit_reaction,
}


def _text_alone(channel: Capabilities) -> Capabilities:
    """The channel as it is for a private reply to a comment: one text, and nothing else."""
    buttons = ButtonRule(most=0, text=Size(most=0), title=0, payload=0, kinds=(), source="private replies")
    return channel.model_copy(
        update={
            "quick_replies": None,
            "buttons": buttons,
            "list": None,
            "cards": CardRule(least=1, most=0, buttons=0, button=buttons, source="private replies"),
            "media": {},
            "approved": None,
            "asks": {},
            "reactions": False,
        }
    )
