"""What the engines' translations share: from their own shapes to that of the engine contract, read in one place.

A translation gives messages as `middleware.domain.engine_answers` reads them. It bounds nothing and cleans nothing:
that happens there. What it does not know it leaves out, and notes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from middleware.domain.engine_answers import read_answer
from middleware.domain.engine_reading import Notes
from middleware.domain.engines import EngineAnswer, Question

Message = dict[str, Any]


@dataclass(slots=True)
class Told:
    """What an engine said, in the shape of the engine contract."""

    messages: list[Message] = field(default_factory=list)
    hand_over: str | bool = False
    notes: Notes = field(default_factory=Notes)
    dropped: int = 0

    def say(self, **message: Any) -> None:  # noqa: ANN401 - the engine's own values, looked at when they are read
        """One message. Fields without a value are left away, and so is a message without any."""
        filled = {name: value for name, value in message.items() if value not in (None, [], "")}
        if filled:
            self.messages.append(filled)

    def leave_out(self, where: str, why: str) -> None:
        """Something that the customer was to see, and cannot."""
        self.dropped += 1
        self.notes.add(where, why)

    def answer(self) -> EngineAnswer:
        """What it comes to. Raises `Unreadable`, also where all that was said had to be left out."""
        left_out: list[Message] = [{}] if self.dropped and not self.messages else []
        return read_answer({"messages": self.messages + left_out, "hand_over": self.hand_over}, self.notes)


def words(question: Question) -> str:
    """What the customer said, to an engine that knows no payloads: what a pressed button carries, else the text."""
    return question.payload or question.text


def choice(title: Any, payload: Any = None) -> Message:  # noqa: ANN401 - the engine's own values
    """A quick reply or a button that comes back; without a payload of its own, its title comes back."""
    return {"title": title, "payload": title if payload in (None, "") else payload}


def link(title: Any, address: Any) -> Message:  # noqa: ANN401 - the engine's own values
    """A button that opens a page, or dials where the address is a `tel:`."""
    if isinstance(address, str) and address.startswith("tel:"):
        return {"title": title, "phone": address.removeprefix("tel:").replace(" ", "").replace("-", "")}
    return {"title": title, "url": address}


def picture(address: Any) -> Message:  # noqa: ANN401 - the engine's own values
    """A picture by its address."""
    return {"type": "image", "url": address}


def first_filled(*values: Any) -> Any:  # noqa: ANN401 - the engine's own values
    """The first value that is neither missing nor empty, or None."""
    return next((value for value in values if value not in (None, "", [])), None)


def only_choices(buttons: Sequence[Message]) -> bool:
    """Whether all of them come back: then they may be quick replies."""
    return bool(buttons) and all("payload" in button for button in buttons)
