"""Fitting media, approved templates, questions and reactions."""

from middleware.domain.capabilities import ApprovedRule, MediaRule
from middleware.domain.fitting.bench import Bench, one_line, opaque, under
from middleware.domain.forms import Approved, Ask, Media, MediaType, Reaction
from middleware.domain.messages import Reply

_OR_ELSE: dict[MediaType, tuple[MediaType, ...]] = {"sticker": ("sticker", "image", "file")}


def fit_media(bench: Bench, plain: Reply, media: Media) -> tuple[Reply, ...]:
    """The media as a type that the channel has, its caption under it or in a message behind it."""
    found = _type_of(bench, media)
    caption = bench.text_of(media.caption or "")
    before, caption = (plain.text, caption) if caption else ("", plain.text)
    if found is None:
        return _without_media(bench, plain, media, before, caption)
    kind, rule = found
    if kind != media.type:
        bench.note(f"the {media.type} became {'an image' if kind == 'image' else 'a file'}")
    fits = rule.caption is not None and len(caption) <= rule.caption
    behind = "" if fits else caption
    if bench.alone and (before or behind):
        return _without_media(bench, plain, media, before, caption) if media.url else _captionless(bench, plain, media)
    if behind:
        bench.note("the caption is a message of its own")
    shown = _shown(bench, media, kind, rule, caption if fits else "")
    texts = [bench.said(plain.model_copy(update={"text": text})) for text in (before, behind)]
    return (*texts[0], plain.model_copy(update={"text": "", "form": shown}), *texts[1])


def _type_of(bench: Bench, media: Media) -> tuple[MediaType, MediaRule] | None:
    """The nearest type that the channel takes, for a file by what its name says."""
    for kind in _OR_ELSE.get(media.type, (media.type, "file")):
        rule = bench.channel.media.get(kind)
        if rule is not None and (media.file is None or media.mime() in rule.mimes):
            return (kind, rule) if _legible(media) else None
    return None


def _legible(media: Media) -> bool:
    return all(opaque(place) for place in (media.url, media.file, media.media_id) if place is not None)


def _shown(bench: Bench, media: Media, kind: MediaType, rule: MediaRule, caption: str) -> Media:
    name = one_line(media.file_name or "") if rule.file_name else ""
    if media.file_name and not name:
        bench.note("the file's name is left out")
    return media.model_copy(update={"type": kind, "caption": caption or None, "file_name": name or None})


def _captionless(bench: Bench, plain: Reply, media: Media) -> tuple[Reply, ...]:
    """The media alone, where one message must do and nothing but the file has it."""
    bench.note("the caption is left out")
    return fit_media(bench, plain.model_copy(update={"text": ""}), media.model_copy(update={"caption": None}))


def _without_media(bench: Bench, plain: Reply, media: Media, before: str, caption: str) -> tuple[Reply, ...]:
    """What was said around it, and its address if it has one."""
    bench.note(f"the {media.type} {'became its address' if media.url else 'is left out'}")
    address = [media.url] if media.url and opaque(media.url) else []
    return bench.written(plain.model_copy(update={"text": under(before, [caption] if caption else [])}), address)


def fit_approved(bench: Bench, plain: Reply, approved: Approved) -> tuple[Reply, ...]:
    """An approved template where there are any and all its parameters can be filled; else what it reads as."""
    rule = bench.channel.approved
    filled = _filled(bench, rule, approved) if rule is not None else None
    if filled is not None:
        return (plain.model_copy(update={"form": filled}),)
    bench.note("the approved template became its text")
    return bench.said(plain)


def _filled(bench: Bench, rule: ApprovedRule, approved: Approved) -> Approved | None:
    body = tuple(bench.line(each, rule.parameter, "a parameter") for each in approved.body)
    header = approved.header
    if isinstance(header, Media):
        if not rule.media_header or header.type not in {"image", "video", "file"} or _type_of(bench, header) is None:
            return None
        header = header.model_copy(update={"caption": None, "file_name": None})
    elif header is not None:
        header = bench.line(header, rule.parameter, "a parameter")
    # A parameter that is empty would be refused; one over the payload's limit would lead elsewhere.
    buttons = all(opaque(each.value, bench.channel.buttons.payload) for each in approved.buttons)
    if not all(body) or header == "" or not buttons:
        return None
    return approved.model_copy(update={"body": body, "header": header})


def fit_ask(bench: Bench, plain: Reply, ask: Ask) -> tuple[Reply, ...]:
    """The platform's own way to ask, else the question alone."""
    rule = bench.channel.asks.get(ask.what)
    if rule is not None and rule.text.holds(plain.text):
        return (plain.model_copy(update={"form": ask}),)
    bench.note("it is asked in words alone")
    return bench.said(plain)


def fit_reaction(bench: Bench, plain: Reply, reaction: Reaction) -> tuple[Reply, ...]:
    """The reaction, and what is said beside it as a message of its own."""
    said = bench.said(plain)
    if not bench.channel.reactions or not opaque(reaction.message_id) or (said and bench.alone):
        bench.note("the reaction is left out")
        return said
    reacting = plain.model_copy(
        update={"text": "", "form": reaction.model_copy(update={"emoji": one_line(reaction.emoji)}), "reply_to": None}
    )
    return (*said, reacting)
