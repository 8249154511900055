"""The steps of a flow as they run: conditions compiled, nothing left to look up but templates by name."""

from dataclasses import dataclass

from flows.language import Condition


@dataclass(frozen=True, slots=True)
class TakeLink:
    """Take the personal link on offer for a purpose; where there is none, its value stays missing."""

    purpose: str


@dataclass(frozen=True, slots=True)
class SendCode:
    """Have a one-time code sent to the e-mail address in the message, if it is known: nobody is told whether it is."""


@dataclass(frozen=True, slots=True)
class Say:
    """Reply with a template. `line` is where the flow's file says so."""

    template: str
    line: int


@dataclass(frozen=True, slots=True)
class AskEngine:
    """Have a bot engine answer. `line` is where the flow's file says so."""

    engine: str
    line: int


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person should look at the conversation."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing after this is done."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two ways on."""

    condition: Condition
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]


Step = TakeLink | SendCode | Say | AskEngine | HandOver | Stop | Choice
