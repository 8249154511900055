"""Steps that are never done: after the flow has ended, or where a condition cannot hold."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flows.checking.facts import Facts
from flows.checking.written import WrittenFlow, steps_in
from flows.engine import model
from flows.engine.step_table import action_of, row_of
from flows.files import Finding, FlowCode, Place


def reach_findings(written: WrittenFlow) -> Iterator[Finding]:
    """A hint for each step, or way on, that is never come to."""
    looking = _Looking(written)
    facts = Facts()
    if written.file.when is not None:
        facts = facts.after(written.file.when, holds=True)
    looking.along(written.file.steps, ("steps",), facts)
    yield from looking.findings


@dataclass
class _Looking:
    """Goes along the steps with what is known there."""

    written: WrittenFlow
    findings: list[Finding] = field(default_factory=list)

    def along(self, steps: tuple[model.Step, ...], place: Place, facts: Facts) -> tuple[bool, Facts]:
        """Whether a list of steps always ends the flow, and what is known after it."""
        for index, step in enumerate(steps):
            ends, facts = self._after(step, (*place, index), facts)
            if ends and index + 1 < len(steps):
                line = self.written.document.line((*place, index))
                message = f"is never done: the flow always ends at line {line}; move it up, or take it out"
                self._found((*place, index + 1), message, "unreachable")
            if ends:
                return True, facts
        return False, facts

    def _after(self, step: model.Step, place: Place, facts: Facts) -> tuple[bool, Facts]:
        """Whether a step always ends the flow, and what is known after it."""
        answer = True if step.when is None else facts.answer(step.when)
        if step.when is not None and answer is False:
            self._never((*place, "when"), step.when)
            return False, facts
        inside = facts if step.when is None else facts.after(step.when, holds=True)
        ends, after = self._done(step, place, inside)
        if step.when is None or answer is True:
            return ends, after
        # Without it, what was known before is still known; done, it may have ended the flow.
        return False, facts.after(step.when, holds=False) if ends else _lasting(facts, step)

    def _done(self, step: model.Step, place: Place, facts: Facts) -> tuple[bool, Facts]:
        row = row_of(step)
        if action_of(step) == "if_" and step.if_ is not None:
            return self._one_way(step, step.if_, place, facts)
        for branch in row.branches(step):
            self.along(branch.steps, (*place, *branch.keys), Facts())
        return row.ends, _lasting(facts, step)

    def _one_way(self, step: model.Step, source: str, place: Place, facts: Facts) -> tuple[bool, Facts]:
        answer, ends = facts.answer(source), []
        for branch, holds in zip(row_of(step).branches(step), (True, False), strict=True):
            here = (*place, *branch.keys)
            if answer is (not holds):
                if branch.steps:
                    self._never((*place, "if"), source, holds=not holds)
                ends.append(True)
                continue
            ends.append(self.along(branch.steps, here, facts.after(source, holds=holds))[0])
        if all(ends):
            return True, facts
        lasting = _lasting(facts, step)
        if ends[0] or ends[1]:
            return False, lasting if _waits(step) else lasting.after(source, holds=ends[1])
        return False, lasting

    def _never(self, place: Place, source: str, *, holds: bool = False) -> None:
        way = "always holds here, so that else is never done" if holds else "never holds here"
        message = f"{source} {way}: that is settled by a condition before it; take it out, or ask for something else"
        self._found(place, message, "never-holds")

    def _found(self, place: Place, message: str, code: FlowCode) -> None:
        self.findings.append(self.written.hint(place, message, code))


def _lasting(facts: Facts, step: model.Step) -> Facts:
    """What is still known after a step: nothing where time has passed in it."""
    if _waits(step):
        return Facts()
    takes_link = any(each.personal_link for each, _ in steps_in((step,), ()))
    return facts.without_links() if takes_link else facts


def _waits(step: model.Step) -> bool:
    return any(row_of(each).waits for each, _ in steps_in((step,), ()))
