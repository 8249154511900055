"""Where one reply is fitted: the channel, whether one message must do, the notes so far, and how texts are cut."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from middleware.domain.capabilities import Capabilities
from middleware.domain.messages import Reply
from middleware.domain.text import fitted

MOST_TEXTS = 4
"""Messages that lines are spread over at most; what comes after them is left out."""


_LEFT_OUT = "lines that do not fit are left out"


@dataclass(frozen=True, slots=True)
class Bench:
    """One reply on its way into the limits of one channel."""

    channel: Capabilities
    notes: list[str]
    alone: bool

    def note(self, what: str) -> None:
        """Say what was changed, in words without content of the reply."""
        self.notes.append(what)

    def forget(self, mark: int) -> None:
        """Take back the notes after `mark`: what they tell of was tried, and given up for something else."""
        del self.notes[mark:]

    def text_of(self, text: str) -> str:
        """A text that can be written, without space around it."""
        return _writable(text).strip()

    def line(self, text: str, most: int, what: str) -> str:
        """A title and the like: on one line, at most so long."""
        line = one_line(text)
        if len(line) <= most:
            return line
        self.note(f"{what} is cut to {most} characters")
        return fitted(line, most)

    def opt_line(self, text: str | None, most: int, what: str) -> str | None:
        """The same for what may be missing; nothing but space is missing, too."""
        return self.line(text, most, what) or None if text is not None else None

    def holds(self, text: str) -> bool:
        """Whether a text of its own can be that long."""
        return self.channel.text.size.holds(text)

    def said(self, plain: Reply) -> tuple[Reply, ...]:
        """The text alone, cut to what the channel carries; nothing for a text that is empty."""
        size = self.channel.text.size
        text = fitted(plain.text, size.most, in_bytes=size.in_bytes)
        if text != plain.text:
            self.note(f"the text is cut to {size.said()}")
        return (plain.model_copy(update={"text": text}),) if text else ()

    def written(self, plain: Reply, lines: Sequence[str]) -> tuple[Reply, ...]:
        """The text with lines under it: in one message if that holds it, else in several, each line whole."""
        whole = under(plain.text, lines)
        if self.holds(whole):
            return (plain.model_copy(update={"text": whole}),)
        if not lines:
            return self.said(plain)
        first = self.said(plain)
        if self.alone and first:
            self.note(_LEFT_OUT)
        if self.alone:
            return first or self._packed(plain, lines, 1)
        return (*first, *self._packed(plain, lines, MOST_TEXTS))[: MOST_TEXTS + 1]

    def _packed(self, plain: Reply, lines: Sequence[str], most: int) -> tuple[Reply, ...]:
        texts: list[str] = []
        for line in lines:
            longer = f"{texts[-1]}\n{line}" if texts else line
            if texts and self.holds(longer):
                texts[-1] = longer
            elif self.holds(line) and len(texts) < most:
                texts.append(line)
            else:
                self.note(_LEFT_OUT)
        return tuple(plain.model_copy(update={"text": text}) for text in texts)


def under(text: str, lines: Iterable[str]) -> str:
    """Lines under a text, with an empty one between."""
    return "\n\n".join(part for part in (text, "\n".join(lines)) if part)


def one_line(text: str) -> str:
    """A text on one line."""
    return " ".join(_writable(text).split())


def opaque(payload: str, most: int | None = None) -> bool:
    """Whether what must come back as it is can be sent: written, not empty, not too long."""
    return bool(payload.strip()) and _writable(payload) == payload and (most is None or len(payload) <= most)


def pair(name: str, value: str | None) -> str:
    """Two texts as one line."""
    return ": ".join(part for part in (one_line(name), one_line(value or "")) if part)


def numbered(lines: Iterable[str]) -> list[str]:
    """Lines with their numbers, for a customer to answer with."""
    return [f"{number}. {line}" for number, line in enumerate(lines, start=1)]


def _writable(text: str) -> str:
    """Without halves of characters, which cannot be sent."""
    return text if text.isascii() else text.encode(errors="ignore").decode()
