"""Look-ups along the steps: what is read before it was looked up, and what is looked up for nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from flows.checking.written import WrittenFlow
from flows.engine import model
from flows.engine.step_table import row_of
from flows.files import Finding, Place
from flows.language import compile_condition
from flows.shelf import Shelf, looked_up_in
from middleware.domain.on_demand import REFRESHED


def look_up_findings(written: WrittenFlow, shelf: Shelf, *, complete: bool) -> Iterator[Finding]:
    """Hints; `complete`: no template is broken, so that it is known what is never used."""
    looking = _Looking(written, shelf)
    if written.file.when is not None:
        looking.reads(written.file.when, ("when",), frozenset())
    looking.along(written.file.steps, ("steps",), frozenset())
    yield from looking.findings
    if complete:
        yield from _unused(written, shelf)


@dataclass
class _Looking:
    """Goes along the steps with what was looked up by then, on some way."""

    written: WrittenFlow
    shelf: Shelf
    findings: list[Finding] = field(default_factory=list)

    def along(self, steps: tuple[model.Step, ...], place: Place, made: frozenset[str]) -> frozenset[str]:
        """What was looked up after a list of steps."""
        for index, step in enumerate(steps):
            made = self._after(step, (*place, index), made)
        return made

    def reads(self, condition: str, place: Place, made: frozenset[str]) -> None:
        """Note what a condition reads too early."""
        self._note(frozenset(compile_condition(condition).names), "this reads", place, made)

    def _after(self, step: model.Step, place: Place, made: frozenset[str]) -> frozenset[str]:
        row = row_of(step)
        for key, condition in (("when", step.when), ("if", step.if_)):
            if condition is not None:
                self.reads(condition, (*place, key), made)
        for said in row.templates(step):
            template = self.shelf.templates.get(said.template)
            if template is not None:
                self._note(frozenset(template.names()), f"template {said.template} reads", (*place, *said.keys), made)
        after = made | frozenset(step.look_up)
        for branch in row.branches(step):
            inside = self.along(branch.steps, (*place, *branch.keys), made)
            after |= inside if branch.joins else frozenset()
        # What was looked up is there for one message: after a wait it is another one.
        return frozenset() if row.waits else after

    def _note(self, names: frozenset[str], what: str, place: Place, made: frozenset[str]) -> None:
        for name in sorted(looked_up_in(names) - made):
            if name not in self.written.flow.looked_up():
                continue  # an error already
            message = (
                f"{what} lookups.{name} where it has not been looked up for this message, so that it is missing; "
                f"put look_up: {name} before it"
            )
            self.findings.append(self.written.hint(place, message, "read-too-early"))


def _unused(written: WrittenFlow, shelf: Shelf) -> Iterator[Finding]:
    if written.flow.asks():
        # An engine may be given all that was looked up.
        return
    said = (said.template for step, _ in written.steps() for said in row_of(step).templates(step))
    names = frozenset(name for each in said if each in shelf.templates for name in shelf.templates[each].names())
    words = json.dumps(written.file.model_dump(mode="json", by_alias=True, exclude_none=True))
    for step, place in written.steps():
        for name in step.look_up:
            if not _is_used(name, names, words):
                what = name if name in REFRESHED else f"lookups.{name}"
                message = f"nothing uses {what}; say it in a template, ask for it in a condition, or take it out"
                yield written.hint((*place, "look_up"), message, "unused-look-up")


def _is_used(look_up: str, spoken: frozenset[str], words: str) -> bool:
    """Whether templates say, or conditions ask for, what a look-up brings: a block of its own name, or values."""
    if look_up in REFRESHED:
        return any(path.partition(".")[0] == look_up for path in spoken) or f"{look_up}." in words
    return look_up in looked_up_in(spoken) or f"lookups.{look_up}" in words
