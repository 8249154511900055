"""People who build flows, over a store in memory, the shipped flows, and templates that are only in the store."""

from dataclasses import dataclass, field, replace
from typing import Any

from middleware.domain.channels import CHANNELS
from middleware.domain.conversation import FlowState
from middleware.domain.flow_releases import FlowFiles
from middleware.domain.turn import Decision
from middleware.pipeline.releases.importing import Imported, bring_in
from middleware.pipeline.releases.parts import Releases, desk_now
from middleware.pipeline.releases.publishing import Published, publish, roll_back
from middleware.pipeline.templates.live import LiveFlows
from middleware.pipeline.templates.parts import Templates
from middleware.ports import FlowRunner
from tests.unit.flows.flow_examples import a_context, an_event
from tests.unit.middleware.templates.editors import Editors


def flow(name: str, says: str = "fallback", phrase: str = "good morning", more: str = "") -> str:
    """A flow that says a template to whoever writes a phrase."""
    triggers = f"triggers:\n  intent:\n    en: [{phrase}]\n"
    return f"flow: {name}\npurpose: A test.\npriority: 9\n{more}{triggers}steps:\n  - reply: {says}\n"


def asking(name: str, step: str, then: str = "file_received") -> str:
    """A flow that asks for a number and then says a template; `step` is the name of the question."""
    ask = f"  - ask: {{template: fallback, capture: number}}\n    name: {step}\n"
    return flow(name).replace("  - reply: fallback\n", ask + f"  - reply: {then}\n")


@dataclass
class Builders:
    """The flows of a brand, and those who edit its templates."""

    editors: Editors = field(default_factory=Editors)
    of: Releases = field(init=False)

    def __post_init__(self) -> None:
        self.of = Releases(self.editors.of.store, self.editors.of.desk)

    def two_persons(self) -> "Builders":
        """The same with the rule that takes two."""
        self.of = replace(self.of, two_persons=True)
        return self

    async def bring(self, by: str = "kim", **flows: str) -> Imported:
        """Import these flows, each in a file of its name."""
        files = FlowFiles.of({f"{name}.yaml": text for name, text in flows.items()})
        return await bring_in(self.of, files, list(flows), by=by, now=self.editors.later())

    async def publish(self, number: int, by: str = "lee", **more: Any) -> Published:
        """Publish a release."""
        return await publish(self.of, number, by=by, now=self.editors.later(), **more)

    async def say(self, **flows: str) -> Published:
        """Import and publish."""
        return await self.publish((await self.bring(**flows)).release.number)

    async def back(self, number: int | None = None, **more: Any) -> Published:
        """Go back."""
        return await roll_back(self.of, number, by="lee", now=self.editors.later(), **more)

    async def editors_now(self) -> Templates:
        """The templates with the flows that customers get."""
        return replace(self.editors.of, desk=await desk_now(self.of.store, self.of.desk))

    async def live(self, flows: LiveFlows | None = None) -> LiveFlows:
        """What a process says that looks now."""
        flows = flows if flows is not None else LiveFlows(self.of.desk)
        await flows.look(self.of.store, self.editors.now)
        return flows


async def decided(flows: FlowRunner, text: str, state: FlowState | None = None) -> Decision:
    """What is decided on a message."""
    return await flows.decide(an_event(text), state, a_context(), CHANNELS["messenger"])


async def answered_by(flows: FlowRunner, text: str = "good morning") -> str | None:
    """The flow that answers."""
    return (await decided(flows, text)).flow
