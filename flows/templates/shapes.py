"""How many choices, buttons, rows and cards there are, against what each channel shows.

What becomes of them is not worked out here a second time: the form is fitted, and what the fitting says is the hint.
"""

from collections.abc import Iterator

from flows.files import Document, Finding
from flows.templates.model import ContentFile
from flows.templates.places import Placed
from middleware.domain.capabilities import Capabilities
from middleware.domain.fitting import fit
from middleware.domain.forms import Buttons, Cards, Choices
from middleware.domain.messages import Reply

_AS_GOOD = frozenset({"choices became buttons", "the introduction is a message of its own"})
"""Changes that nobody needs to know of beforehand."""
_SAID_ELSEWHERE = " is cut to "
"""The note of a title that is too long: it has a hint of its own, on its own line (`parts.py`)."""
_ANY_TEXT = "-"


def shape_findings(document: Document, placed: Placed) -> Iterator[Finding]:
    """A hint for the channels that show a form as something else, with the number that is too many, if one is."""
    content = placed.content
    kind = "quick_replies" if content.quick_replies else _kind(content)
    if kind is None:
        return
    told: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for channel in placed.channels():
        if kind == "quick_replies" or kind in channel.forms():
            notes = _notes(content, channel)
            if notes:
                told.setdefault((tuple(_too_many(content, channel)), notes), []).append(channel.name)
    for (counts, notes), names in told.items():
        message = f"{', '.join(names)}: {'; '.join((*counts, *notes))}"
        yield document.hint((*placed.place, kind), message, "too-many" if counts else "shown-otherwise")


def _kind(content: ContentFile) -> str | None:
    form = content.form()
    return form.kind if isinstance(form, Buttons | Choices | Cards) else None


def _notes(content: ContentFile, channel: Capabilities) -> tuple[str, ...]:
    """What the channel would change of the form under a short text."""
    choices = tuple(each.plain() for each in content.quick_replies)
    fitted = fit(Reply(text=_ANY_TEXT, quick_replies=choices, form=content.form()), channel)
    return tuple(note for note in fitted.notes if note not in _AS_GOOD and _SAID_ELSEWHERE not in note)


def _too_many(content: ContentFile, channel: Capabilities) -> Iterator[str]:
    quick = channel.quick_replies.most if channel.quick_replies is not None else channel.buttons.most
    yield from _over(len(content.quick_replies), quick, "choices")
    yield from _over(len(content.buttons), channel.buttons.most, "buttons")
    if content.list is not None and channel.list is not None:
        yield from _over(len(content.list.plain().rows()), channel.list.rows, "rows")
        yield from _over(len(content.list.sections), channel.list.sections, "sections")
    if content.cards:
        yield from _over(len(content.cards), channel.cards.most, "cards")
        yield from _over(max(len(card.buttons) for card in content.cards), channel.cards.buttons, "buttons on a card")
        if len(content.cards) < channel.cards.least:
            yield f"{len(content.cards)} cards, where at least {channel.cards.least} are shown"


def _over(count: int, most: int, what: str) -> Iterator[str]:
    if count > most:
        yield f"{count} {what}, where {most} are shown"
