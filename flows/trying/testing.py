"""Running tests of flows: each test is a conversation of its own, each turn is held against what it should bring."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flows.files import Document, Finding, FlowFileError, parse, read_document
from flows.runner import Flows
from flows.shelf import Shelf
from flows.trying.expecting import Difference, differences, titles
from flows.trying.made_up import talk_as
from flows.trying.model import FlowTestFile, FlowTestsFile, TurnFile
from flows.trying.people import person_of
from flows.trying.talk import Said, Talk
from middleware.domain.channels import CHANNELS
from middleware.errors import FlowError


@dataclass(frozen=True, slots=True)
class Failed:
    """A turn that did not bring what it should. `line` is where it stands in the file."""

    line: int
    turn: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test: `failed` is its first turn that was not as expected, `error` why it could not be run."""

    file: str
    line: int
    test: str
    seconds: float
    failed: Failed | None = None
    error: str | None = None

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return self.failed is None and self.error is None


@dataclass(frozen=True, slots=True)
class FlowTests:
    """The tests of one file, read."""

    document: Document
    written: FlowTestsFile

    def names(self) -> tuple[str, ...]:
        """What they say must hold."""
        return tuple(test.test for test in self.written.tests)

    def run(self, shelf: Shelf, wanted: Callable[[str], bool] = lambda _: True) -> Iterator[Outcome]:
        """The outcomes of those whose name is wanted, one after the other."""
        flows = Flows(shelf, self.written.brand.locale, self.written.brand.time_zone)
        for number, test in enumerate(self.written.tests):
            if wanted(test.test):
                yield self._outcome(flows, number, test)

    def _outcome(self, flows: Flows, number: int, test: FlowTestFile) -> Outcome:
        file, line, began = self.document.file, self.document.line(("tests", number)), time.perf_counter()
        failed, error = None, None
        try:
            failed = self._failure(flows, number, test)
        except FlowError as reason:
            error = str(reason)
        return Outcome(file, line, test.test, time.perf_counter() - began, failed, error)

    def _failure(self, flows: Flows, number: int, test: FlowTestFile) -> Failed | None:
        written = self.written
        channel = CHANNELS[written.channel_of(test)]
        talk = talk_as(flows, person_of(written.customer_of(test)), channel, written.begins_at(test))
        last: list[Said] = []
        for position, turn in enumerate(test.turns):
            last = act(talk, turn, last)
            found = differences(turn, last, talk.conversation.flow_state)
            if found:
                line = self.document.line(("tests", number, "turns", position))
                return Failed(line, shown_turn(turn), tuple(found))
        return None


def read_tests(text: str, file: str) -> FlowTests:
    """The tests in a YAML text; `file` is its name for messages. Raises FlowFileError with every error found."""
    document = read_document(text, file)
    written = parse(FlowTestsFile, document)
    seen: dict[str, int] = {}
    for number, test in enumerate(written.tests):
        if test.test in seen:
            at = document.line(("tests", number, "test"))
            message = f"{test.test!r} is there twice; each test has a name of its own"
            raise FlowFileError(Finding(file, at, "error", message))
        seen[test.test] = number
    return FlowTests(document, written)


def act(talk: Talk, turn: TurnFile, last: list[Said]) -> list[Said]:
    """What comes of what the customer does; `last` is what was said before, whose buttons can be pressed."""
    return talk.waits(turn.waits) if turn.waits is not None else [_done(talk, turn, last)]


def _done(talk: Talk, turn: TurnFile, last: list[Said]) -> Said:
    if turn.news is not None:
        return talk.told(turn.news)
    if turn.comes_by is not None:
        return talk.comes_by(turn.comes_by, turn.says or "")
    if turn.says is not None:
        return talk.says(turn.says)
    if turn.presses is not None:
        return talk.presses(*pressed(turn.presses, last))
    if turn.sends is not None:
        return talk.sends(turn.sends)
    return talk.gives_code(right=turn.gives_code == "right")


def pressed(named: str, last: list[Said]) -> tuple[str, str]:
    """Payload and title of what is pressed: named by its title in the last messages, else by its payload."""
    shown = [each for said in last for reply in said.decision.replies for each in titles(reply)]
    for title, payload in shown:
        if payload is not None and named in (title, payload):
            return payload, title
    return named, ""


def shown_turn(turn: TurnFile) -> str:
    """What the customer does, in the words of the file."""
    done = turn.model_dump(mode="json", exclude_none=True, include={"says", "presses", "sends", "gives_code", "news"})
    if turn.comes_by is not None:
        ad = turn.comes_by.model_dump(exclude_none=True)
        done = {"comes_by": ", ".join(f"{name}: {value}" for name, value in ad.items()), **done}
    if turn.waits is not None:
        done = {"waits": str(turn.waits)}
    return "; ".join(f"{name} {value!r}" for name, value in done.items())
