"""What the console is made of. Built in `bootstrap`, nowhere else."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from flows.folder import Folder
from flows.runner import Flows
from middleware.console.flows.parts import FlowEditing
from middleware.console.reports.kept import Kept
from middleware.console.sessions import Sessions
from middleware.console.templates.parts import Editing
from middleware.domain.identifiers import Identifier
from middleware.domain.jobs import Job
from middleware.jobs.alarms import Alarms
from middleware.jobs.made_up import MadeUpPeople
from middleware.pipeline.accept import Submit
from middleware.pipeline.board import Board
from middleware.pipeline.look_up import LookUp
from middleware.pipeline.message_counts import MessageCounts
from middleware.pipeline.parts import Brand
from middleware.pipeline.pulses import Pulses
from middleware.pipeline.replay import Replay
from middleware.pipeline.review import Queue
from middleware.pipeline.standing import Asked
from middleware.pipeline.templates.live import LiveFlows
from middleware.pipeline.templates.parts import Templates
from middleware.pipeline.trace import Traces
from middleware.ports import Account, BrandStore, Channel, Clock, IdentityProvider, RecordReader, Store
from middleware.web.passwords import Passwords


@dataclass(frozen=True, slots=True)
class ConsoleBrand:
    """One brand as the console sees it."""

    name: str
    brand: Brand
    live: LiveFlows
    queue: Queue
    templates: Callable[[], Templates]
    """With the flows that are said when it is asked."""
    flows: Callable[[], Flows]
    """What is said when it is asked, with the templates of files."""
    flows_said: Callable[[], Flows]
    """The same with the templates that are published. Raises NotCompiled where one is not ready."""
    flow_editing: FlowEditing
    own_flows: Folder | None
    """The brand's own files over the shipped ones, where the settings name a folder."""
    released: dict[int, Folder] = field(default_factory=dict, init=False)
    """The same of the release that is said, by its number: read and understood once."""
    contacts: Callable[[str], tuple[Identifier, ...]]
    """The e-mail address or phone number that a text is, as this brand's customers write them."""
    editing: Editing
    accounts: tuple[Account, ...]
    asked: tuple[tuple[Asked, str], ...]
    """Its engines, look-ups and bots."""
    counted: Kept[MessageCounts] = field(default_factory=Kept, init=False)
    """Messages and turns, as they were counted last."""
    board: Board
    """To be started by whoever looks at it: where nobody does, it costs nothing."""

    @property
    def store(self) -> BrandStore:
        """The brand's store."""
        return self.brand.store


@dataclass(frozen=True, slots=True)
class Console:
    """All of it. `public_url` is where people reach it, without a slash at the end, or empty where that is not known;
    `proxies` of the brand's own stand in front.
    """

    brands: Mapping[str, ConsoleBrand]
    channels: Mapping[str, Channel]
    store: Store
    sessions: Sessions
    look_up: LookUp
    traces: Traces
    clock: Clock
    submit: Submit
    """Hands what agents did to the worker of this process, if it works."""
    wanted: Callable[[str, Job], None]
    """Hands what is to be done beside the messages to the runner of this process, if it works."""
    replay: Replay
    """The way back into the inbox for what was set aside."""
    pulses: Pulses
    """What this process has heard, and how its circuit breakers stand."""
    alarms: Alarms
    made_up: MadeUpPeople
    reader: RecordReader
    """Reads what a source would send."""
    public_url: str = ""
    proxies: int = 0
    embed_in: tuple[str, ...] = ()
    """The origins of help desks that may show the panel in a frame."""
    passwords: Passwords = field(default_factory=Passwords)
    provider: IdentityProvider | None = None
    """Where people may sign in instead."""
    provider_name: str = ""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process ends: streams end by themselves."""


CONSOLE: web.AppKey[Console] = web.AppKey("console", Console)
