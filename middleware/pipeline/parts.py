"""What the stages are given: the parts of one brand and of the process. Built in `bootstrap`, nowhere else."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from middleware.domain.context import Context
from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier
from middleware.domain.jobs import Job
from middleware.domain.messages import SendResult
from middleware.domain.on_demand import is_look_up
from middleware.domain.ownership import DEFAULT_OWNERSHIP, Ownership
from middleware.pipeline.catalogue import Catalogue
from middleware.pipeline.enriching import ENRICH_WITHIN, Enricher
from middleware.pipeline.forgetting import Forgetting
from middleware.pipeline.pacing import Pacing
from middleware.pipeline.recommending.rules import Rules
from middleware.ports import Account, BrandStore, Channel, Clock, Engine, FlowRunner, Stored

Checkpoint = Callable[[str], None]
"""Told the name of each stage that is over: metrics count it, crash tests end the process at it."""


@dataclass(frozen=True, slots=True)
class AdProduct:
    """The product that an ad id or a ref leads to. With a `variant_id` a cart can be offered.

    What is said here wins. What is not, the shop's catalogue says, by `product_id`, `variant_id` or `handle`.
    """

    title: str | None = None
    variant_id: str | None = None
    product_id: str | None = None
    handle: str | None = None


@dataclass(frozen=True, slots=True)
class Codes:
    """How a brand's customers prove an e-mail address by a one-time code."""

    key: bytes = field(repr=False)
    """What codes and counts are kept under."""
    email: Callable[[str], Identifier | None]
    """The identifier of an address as it was typed, or None for what is no address."""


@dataclass(frozen=True, slots=True)
class BrandEngine:
    """A bot engine of a brand, and on which terms it is asked.

    `timeout` is for one answer, `answer_within` for one that comes later. It gets the `blocks` of the context and the
    `values` of it that the settings name. `silence_is_an_answer`: where it says nothing, nothing is said.
    """

    engine: Engine
    timeout: timedelta
    answer_within: timedelta
    blocks: frozenset[str]
    values: Callable[[Context], Mapping[str, str]]
    silence_is_an_answer: bool


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand as the stages see it."""

    name: str
    store: BrandStore
    flows: FlowRunner
    accounts: Mapping[tuple[str, str], Account]
    locale: str
    reply_max_age: timedelta
    takeover_pause: timedelta
    link_lifetime: timedelta
    products: Mapping[str, AdProduct]
    replies_per_minute: int = 5
    """Automatic replies to one sender; with more the bot is silent and a person is asked. 0: no limit."""
    fetch_attachments: bool = True
    """Whether files that customers send are fetched and kept."""
    catalogue: Catalogue = field(default_factory=Catalogue)
    recommending: Rules = field(default_factory=Rules)
    """By which rules products are recommended."""
    ownership: Ownership = DEFAULT_OWNERSHIP
    """Which source is believed, field by field."""
    codes: Codes | None = None
    """None: nobody can prove anything by a code."""
    engines: Mapping[str, BrandEngine] = field(default_factory=dict)
    enrichers: Mapping[str, Enricher] = field(default_factory=dict)
    """What makes blocks on demand, by the name of the block."""
    enrich_within: timedelta = ENRICH_WITHIN
    """How long a message waits for its blocks on demand, all together."""
    gather: timedelta = timedelta(0)
    """How long a text waits for what is written next and belongs to it."""
    forgetting: Forgetting | None = None
    """How it is known who was erased. None: nobody is, and nobody can be."""

    def has_other_bot(self, connector: str, account: str) -> bool:
        """Whether a bot of somebody else's answers on an account: then we say nothing there."""
        known = self.accounts.get((connector, account))
        return known is not None and known.pass_to is not None

    def enrichers_for(self, connector: str, account: str) -> Mapping[str, Enricher]:
        """What makes blocks on demand for those who write on an account: for made-up people nobody outside is asked."""
        known = self.accounts.get((connector, account))
        if known is None or not known.made_up:
            return self.enrichers
        return {name: each for name, each in self.enrichers.items() if not is_look_up(name)}

    def storefront(self, shop: str | None = None) -> str | None:
        """The public address of a shop, without a slash at the end; of the brand's first one if none is named."""
        for account in self.accounts.values():
            if account.connector == "shopify" and not account.made_up and shop in {None, account.id}:
                return account.storefront or f"https://{account.id}"
        return None


@dataclass(frozen=True, slots=True)
class Process:
    """One worker process as the stages see it. `worker` names it in leases and claims."""

    worker: str
    clock: Clock
    channels: Mapping[str, Channel]
    lease: timedelta
    send_timeout: timedelta
    pacing: Pacing
    checkpoint: Checkpoint
    told: Callable[[Account, SendResult], None]
    """Told the result of every call to a platform: metrics count it, the log says what has to be mended."""
    new_id: Callable[[], str]
    """A fresh, opaque, unguessable id of letters, digits, `-` and `_`."""
    wanted: Callable[[str, Job], None] = lambda _brand, _job: None
    """Told the brand and the job of something that should be done beside the message at once."""
    kept: Callable[[str, Stored[Conversation]], None] = lambda _brand, _conversation: None
    """Told the brand and the conversation that was just written: the board shows it at once."""
    calls: set[str] = field(default_factory=set)
    """Keys of messages whose call was begun by this process and whose fate is not written yet."""
    signalling: set[asyncio.Task[None]] = field(default_factory=set)
    """Signals on their way to customers."""
