"""`throughline flows chat`: a conversation with the flows in the terminal, as somebody who is made up."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any

import typer

from flows.engine.model import duration
from flows.language.suggest import did_you_mean
from flows.preview.customers import CUSTOMERS, NOW
from flows.runner import Flows
from flows.trying.expecting import titles
from flows.trying.made_up import talk_as
from flows.trying.people import person_named
from flows.trying.talk import Said, Talk
from flows.trying.testing import pressed
from middleware.cli.flows.folders import FlowsOption, shelf_over_library
from middleware.cli.output import USAGE, fail, reasons, shown
from middleware.cli.templates.lines import lines_of, printable
from middleware.domain.channels import CHANNELS
from middleware.domain.events import Referral
from middleware.domain.forms import Buttons, Cards, Choices
from middleware.domain.messages import Reply
from middleware.errors import FlowError

_MOST = 4_000
"""Characters of a line that are read."""
_TAPPED = (Buttons, Cards, Choices)

HELP = {
    ":why": "the reasons of the last turn",
    ":wait 2h": "let time pass (30m, 2h, 1d)",
    ":state": "where a flow waits, tags, what a person should look at, the time",
    ":press PAYLOAD": "press what is not on the screen",
    ":ad HEADLINE": "come through an ad",
    ":send image": "send a picture (audio, video, file, sticker)",
    ":code right": "answer with a one-time code (right, wrong)",
    ":as ben": "begin anew as somebody else",
    ":channel whatsapp": "begin anew on another channel",
    ":reload": "read the flows again and begin anew",
    ":quit": "end",
}


def chat(
    customer: Annotated[str, typer.Option("--as", help=f"Who you are: {', '.join(CUSTOMERS)}")] = "ana",
    channel: Annotated[str, typer.Option(help=f"Where you write: {', '.join(CHANNELS)}")] = "messenger",
    flows: FlowsOption = None,
    locale: Annotated[str, typer.Option(help="The brand's own language")] = "en",
    codes: Annotated[bool, typer.Option("--codes", help="The brand sends one-time codes")] = False,
) -> None:
    """Talk to the flows as a made-up customer; :help says how. Reads lines from a pipe, too. No server, no store."""
    if channel not in CHANNELS:
        fail(f"no channel {channel!r}{did_you_mean(channel, CHANNELS)}; there are {', '.join(CHANNELS)}", USAGE)
    folders = [flows] if flows is not None else []
    with reasons():
        chatting = Chat(lambda: Flows(shelf_over_library(folders), locale), customer, channel, codes=codes)
    chatting.greet()
    for line in _lines():
        if not chatting.takes(line):
            break


def _lines() -> Iterator[str]:
    """What is typed, line by line; of a pipe each line is shown, so that the whole can be read."""
    at_terminal = sys.stdin.isatty()
    while True:
        if at_terminal:
            sys.stdout.write("> ")
            sys.stdout.flush()
        line = sys.stdin.readline(_MOST)
        if not line:
            return
        line = line.strip()
        if line and not at_terminal:
            _say(f"> {line}")
        if line:
            yield line


def _say(text: str) -> None:
    shown.print(printable(text), markup=False, emoji=False)


class Chat:
    """A conversation, and what can be done in it."""

    def __init__(self, read_flows: Callable[[], Flows], customer: str, channel: str, *, codes: bool) -> None:
        self._codes = codes
        self._read = read_flows
        self._flows = read_flows()
        self._customer, self._channel = customer, channel
        self._last: list[Said] = []
        self._tapped: list[tuple[str, str]] = []
        self._talk = self._begun()
        self._commands: dict[str, Callable[[str], None]] = {
            ":help": lambda _: self._help(),
            ":why": lambda _: self._why(),
            ":wait": lambda said: self._came(self._talk.waits(duration(said))),
            ":state": lambda _: self._state(),
            ":press": lambda said: self._came([self._talk.presses(*pressed(said, self._last))]),
            ":ad": lambda said: self._came([self._talk.comes_by(Referral(source="ADS", headline=said or None))]),
            ":send": self._send,
            ":code": lambda said: self._came([self._talk.gives_code(right=said != "wrong")]),
            ":as": lambda said: self._anew(customer=said),
            ":channel": lambda said: self._anew(channel=said),
            ":reload": lambda _: self._reload(),
        }

    def greet(self) -> None:
        """Say who writes where."""
        person = self._person
        _say(f"You are {person.name} on {self._channel}: {person.about}. :help says what can be done.")

    def takes(self, line: str) -> bool:
        """Do what the line says; False where it ends the conversation."""
        word, _, said = line.partition(" ")
        if word in (":quit", ":q"):
            return False
        try:
            if not word.startswith(":"):
                self._writes(line)
            elif word in self._commands:
                self._commands[word](said.strip())
            else:
                _say(f"no {word}{did_you_mean(word, self._commands)}; :help says what there is")
        except (FlowError, ValueError) as error:
            _say(str(error))
        return True

    def _writes(self, line: str) -> None:
        number = int(line) if line.isascii() and line.isdecimal() and len(line) <= 2 else 0  # noqa: PLR2004 - so many
        if 1 <= number <= len(self._tapped):
            title, payload = self._tapped[number - 1]
            self._came([self._talk.presses(payload, title)])
        else:
            self._came([self._talk.says(line)])

    def _came(self, said: list[Said]) -> None:
        """Show what came of something."""
        self._last, self._tapped = said, []
        for each in said:
            for reply in each.decision.replies:
                self._show(reply)
            for effect in each.decision.effects:
                _say(f"  [{_effect(effect.model_dump(mode='json', exclude_none=True))}]")
            if each.silent:
                _say(f"  (nothing is said: {'; '.join(each.silent)})")
        if not said:
            _say("  (nothing happens)")

    def _show(self, reply: Reply) -> None:
        written = reply.text.splitlines()
        for line in written:
            _say(f"  {line}")
        tapped = titles(reply)
        if not (reply.quick_replies or isinstance(reply.form, _TAPPED)):
            for line in lines_of(reply)[len(written) :]:
                _say(f"  {line}")
        for title, payload in tapped:
            if payload is None:
                _say(f"     [ {title} ]")
                continue
            self._tapped.append((title, payload))
            _say(f"  {len(self._tapped):2} [ {title} ]")

    def _why(self) -> None:
        if not self._last:
            _say("  nothing was said yet")
        for reason in (reason for each in self._last for reason in each.decision.why):
            _say(f"  - {reason}")

    def _state(self) -> None:
        conversation = self._talk.conversation
        state = conversation.flow_state
        _say(f"  time: {self._talk.now:%Y-%m-%d %H:%M} UTC; window: {conversation.window(self._talk.now).why}")
        waits = f"{state.flow} waits at {state.step}" if state is not None else "no flow waits"
        rings = f", goes on at {state.rings_at:%Y-%m-%d %H:%M}" if state is not None and state.rings_at else ""
        _say(f"  {waits}{rings}")
        if state is not None and state.answers:
            _say(f"  answers: {', '.join(f'{name}: {value}' for name, value in state.answers.items())}")
        if conversation.tags:
            _say(f"  tags: {', '.join(conversation.tags)}")
        if conversation.intent:
            _say(f"  intent: {conversation.intent}")
        if conversation.needs_person:
            _say(f"  a person should look: {conversation.needs_person}")

    def _send(self, kind: str) -> None:
        match kind:
            case "image" | "audio" | "video" | "file" | "sticker":
                self._came([self._talk.sends(kind)])
            case _:
                _say("send image, audio, video, file or sticker")

    def _anew(self, *, customer: str | None = None, channel: str | None = None) -> None:
        before = self._customer, self._channel
        self._customer, self._channel = customer or self._customer, channel or self._channel
        try:
            self._talk = self._begun()
        except FlowError:
            self._customer, self._channel = before
            raise
        self._last, self._tapped = [], []
        self.greet()

    def _reload(self) -> None:
        self._flows = self._read()
        self._anew()

    def _begun(self) -> Talk:
        if self._channel not in CHANNELS:
            near = did_you_mean(self._channel, CHANNELS)
            raise FlowError(f"no channel {self._channel!r}{near}; there are {', '.join(CHANNELS)}")
        person = person_named(self._customer)
        self._person = replace(person, codes=person.codes or self._codes)
        return talk_as(self._flows, self._person, CHANNELS[self._channel], NOW)

    def _help(self) -> None:
        _say("  Write as a customer would. A number presses the button of that number.")
        for command, about in HELP.items():
            _say(f"  {command:18}{about}")


def _effect(effect: dict[str, Any]) -> str:
    name = str(effect.pop("effect")).replace("_", " ")
    effect.pop("id", None)
    parts: Iterable[str] = (
        f"{key}: {', '.join(value) if isinstance(value, list) else value}" for key, value in effect.items() if value
    )
    return f"{name} ({'; '.join(parts)})" if effect else name
