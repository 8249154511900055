"""A flow as it is written beside the flow that it becomes: every step with the place where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from flows.engine import Flow, load_flow, model
from flows.engine.step_table import row_of
from flows.files import Document, Finding, FlowCode, Place, parse, read_document


@dataclass(frozen=True, slots=True)
class WrittenFlow:
    """One flow file that can be loaded."""

    flow: Flow
    file: model.FlowFile
    document: Document

    def steps(self) -> Iterator[tuple[model.Step, Place]]:
        """All steps with their places, those inside of others among them."""
        return steps_in(self.file.steps, ("steps",))

    def hint(self, place: Place, message: str, code: FlowCode) -> Finding:
        """A hint at the value that stands there."""
        return self.document.within(place, 1, 1, "hint", message, code)

    def error(self, place: Place, message: str, code: FlowCode) -> Finding:
        """An error at the value that stands there."""
        return self.document.within(place, 1, 1, "error", message, code)


def written_flow(text: str, file: str) -> WrittenFlow:
    """The flow in a YAML text. Raises FlowFileError with every error found."""
    flow = load_flow(text, file)
    document = read_document(text, file)
    return WrittenFlow(flow, parse(model.FlowFile, document), document)


def steps_in(steps: tuple[model.Step, ...], place: Place) -> Iterator[tuple[model.Step, Place]]:
    """All steps of a list and of lists inside of it, with their places."""
    for index, step in enumerate(steps):
        here = (*place, index)
        yield step, here
        for branch in row_of(step).branches(step):
            yield from steps_in(branch.steps, (*here, *branch.keys))
