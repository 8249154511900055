"""The steps of a flow as they run: conditions compiled, nothing left to look up but templates by name."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flows.engine.captures import Capture
from flows.language import Condition
from middleware.domain.recommendations import Why
from middleware.domain.turn import FieldSet, IntentNoted, Tagged


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
class LookUp:
    """Have these looked up, side by side. `line` is where the flow's file says so."""

    names: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Recommend:
    """Take at most so many of the products that fit, for these reasons."""

    most: int
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person should look at the conversation: anybody, or one of those who look after special customers."""

    reason: str
    to: Literal["person", "vip"] = "person"


@dataclass(frozen=True, slots=True)
class Note:
    """Note something down: tags, a profile field, what the customer is after; `said` is how the trace tells it."""

    effects: tuple[Tagged | FieldSet | IntentNoted, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing after this is done."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two ways on."""

    condition: Condition
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Say a template and wait for the customer's answer, at most `within`.

    `name` is that of the step, by which a flow is found again that waits here; `into` that of the answer. After
    `tries` messages that are none the flow goes on with `otherwise` and ends; without it a person is asked.
    """

    name: str
    say: Say
    again: Say
    capture: Capture
    into: str
    tries: int
    within: timedelta
    otherwise: tuple["Step", ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until so much time has passed (`after`), or until the customer writes; then the flow goes on.

    With `though_written` it waits on although the customer writes something in between; without it, that ends it.
    """

    name: str
    after: timedelta | None
    until_written: bool
    though_written: bool


Step = TakeLink | SendCode | Say | AskEngine | LookUp | Recommend | HandOver | Note | Stop | Choice | Ask | Wait
