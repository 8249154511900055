"""The ports: what the core asks of the edges. Connectors, flows and store implement them; `bootstrap` joins them."""

from middleware.ports.accounts import ONLY_ACCOUNT, Account, AccountLookup, Clock, PassTo, WebhookRequest
from middleware.ports.alarms import AlarmPost
from middleware.ports.channels import Channel, CodeSender, FlowRunner, FlowSet
from middleware.ports.connectors import (
    Connector,
    LeadSource,
    Page,
    Probed,
    PullAnswer,
    PullPosition,
    PullRefused,
    PullSource,
    PullWaits,
    ReadsBodies,
)
from middleware.ports.engines import Engine, EngineSetup
from middleware.ports.identity_provider import Exchanged, IdentityProvider, ProviderRefused
from middleware.ports.live_orders import OrderSource, OrdersRead
from middleware.ports.look_ups import LookUpSetup, LookUpSource
from middleware.ports.passing import BotDoor, PassesOn, SenderPart
from middleware.ports.reading import RecordReader
from middleware.ports.store import (
    TRIES_TO_LAND,
    BrandStore,
    DeadLetter,
    Delete,
    InboxEntry,
    Put,
    Quarantined,
    Recorded,
    Store,
    Stored,
)
from middleware.ports.templates import TemplateDesk
from middleware.ports.values import ValueTeller, ValueTellers

__all__ = [
    "ONLY_ACCOUNT",
    "TRIES_TO_LAND",
    "Account",
    "AccountLookup",
    "AlarmPost",
    "BotDoor",
    "BrandStore",
    "Channel",
    "Clock",
    "CodeSender",
    "Connector",
    "DeadLetter",
    "Delete",
    "Engine",
    "EngineSetup",
    "Exchanged",
    "FlowRunner",
    "FlowSet",
    "IdentityProvider",
    "InboxEntry",
    "LeadSource",
    "LookUpSetup",
    "LookUpSource",
    "OrderSource",
    "OrdersRead",
    "Page",
    "PassTo",
    "PassesOn",
    "Probed",
    "ProviderRefused",
    "PullAnswer",
    "PullPosition",
    "PullRefused",
    "PullSource",
    "PullWaits",
    "Put",
    "Quarantined",
    "ReadsBodies",
    "RecordReader",
    "Recorded",
    "SenderPart",
    "Store",
    "Stored",
    "TemplateDesk",
    "ValueTeller",
    "ValueTellers",
    "WebhookRequest",
]
