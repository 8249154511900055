"""What a trace says in the reader's language: words of ours for what data name, and lengths of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple

from middleware.console.language import Language
from middleware.domain.trace import Trace, TraceOutcome

_MINUTE = 60.0
_BADGES: dict[TraceOutcome, str] = {"sent": "good", "failed": "bad", "unknown": "warn", "handed_over": "warn"}


class Line(NamedTuple):
    """One line of a difference: of both sides, of the one before or of the one of now."""

    kind: Literal["same", "then", "now"]
    text: str


@dataclass(frozen=True, slots=True)
class Telling:
    """How traces are told in one language."""

    language: Language

    def word(self, group: str, name: object) -> str:
        """The word for a name that data give, such as a state; the name itself where there is none."""
        key = f"traces.{group}.{name}"
        return self.language.text(key) if self.language.has(key) else str(name).replace("_", " ")

    def took(self, seconds: float) -> str:
        """A length of time: to the millisecond below a minute, as the stages are close together."""
        if seconds >= _MINUTE:
            return self.language.lasts(timedelta(seconds=seconds))
        return f"{self.language.number(round(seconds, 3))} s"

    def badge(self, found: Trace) -> str:
        """The class of the badge that says what a turn came to."""
        return _BADGES.get(found.outcome, "")

    def difference(self, diff: str) -> Iterator[Line]:
        """The lines of a unified diff, without its heads."""
        for line in diff.splitlines()[2:]:
            if line.startswith("@@"):
                continue
            yield Line("now" if line.startswith("+") else "then" if line.startswith("-") else "same", line[1:])
