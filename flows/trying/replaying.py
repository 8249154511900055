"""A conversation with the flows, talked from its beginning each time: all that is kept is what the customer did."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import StringConstraints

from flows.engine.model import duration
from flows.preview.customers import NOW
from flows.runner import Flows
from flows.trying.made_up import talk_as
from flows.trying.people import person_named
from flows.trying.talk import Said, Talk
from flows.trying.testing import pressed
from middleware.domain.channels import CHANNELS
from middleware.domain.events import Referral
from middleware.domain.record import Record
from middleware.errors import FlowError

MOST_ACTS = 40
"""Things that a customer does in one conversation that is tried."""
LONGEST_ACT = 1_000
"""Characters of one of them."""


class Act(Record):
    """One thing that the customer does: writes `what`, presses what carries it, sends something of that kind, lets that
    time pass (`2h`), answers with a code (`right`, `wrong`), comes through an ad of that headline.
    """

    does: Literal["says", "presses", "sends", "waits", "code", "comes_by"]
    what: Annotated[str, StringConstraints(max_length=LONGEST_ACT)] = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing that was done, and what came of it. `shown` is the title of what was pressed."""

    act: Act
    shown: str
    said: tuple[Said, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Talked:
    """The whole conversation, and who waits where at its end."""

    exchanges: tuple[Exchange, ...]
    talk: Talk

    @property
    def full(self) -> bool:
        """Whether nothing more is done in it."""
        return len(self.exchanges) >= MOST_ACTS


def talked(flows: Flows, customer: str, channel: str, acts: Sequence[Act], *, codes: bool = False) -> Talked:
    """What comes of these acts of somebody made up, one after the other. `codes`: the brand sends one-time codes.

    Raises FlowError for a customer or a channel that there is not, and for what cannot be done; NotCompiled.
    """
    if channel not in CHANNELS:
        raise FlowError(f"no channel {channel!r}; there are {', '.join(CHANNELS)}")
    person = person_named(customer)
    return gone_through(talk_as(flows, replace(person, codes=person.codes or codes), CHANNELS[channel], NOW), acts)


def gone_through(talk: Talk, acts: Sequence[Act]) -> Talked:
    """What comes of these acts in a talk that begins. Raises FlowError for what cannot be done; NotCompiled."""
    if len(acts) > MOST_ACTS:
        raise FlowError(f"a conversation that is tried has at most {MOST_ACTS} things in it; begin anew")
    exchanges: list[Exchange] = []
    last: list[Said] = []
    for act in acts:
        payload, title = pressed(act.what, last) if act.does == "presses" else (act.what, act.what)
        last = _done(talk, act, payload, title)
        exchanges.append(Exchange(act, title or payload, tuple(last), talk.now))
    return Talked(tuple(exchanges), talk)


def _done(talk: Talk, act: Act, payload: str, title: str) -> list[Said]:
    match act.does:
        case "says":
            return [talk.says(act.what)]
        case "presses":
            return [talk.presses(payload, title)]
        case "waits":
            return talk.waits(_time(act.what))
        case "code":
            return [talk.gives_code(right=act.what != "wrong")]
        case "comes_by":
            return [talk.comes_by(Referral(source="ADS", headline=act.what or None))]
    return [_sent(talk, act.what)]


def _sent(talk: Talk, kind: str) -> Said:
    match kind:
        case "image" | "audio" | "video" | "file" | "sticker":
            return talk.sends(kind)
    raise FlowError(f"nobody sends {kind!r}; write image, audio, video, file or sticker")


def _time(written: str) -> timedelta:
    try:
        return duration(written)
    except ValueError as error:
        raise FlowError(str(error)) from None
