"""Building: settings in, a running installation out. Every part is made here, per brand, on that brand's database."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from connectors.body import read_json
from connectors.http import HttpClient
from connectors.registry import channels, connectors
from flows.runner import Flows
from middleware.bootstrap.brands import brands_of
from middleware.bootstrap.ways import Ways
from middleware.bootstrap.working import both, made_up_of, process_of, runner_of, watch, worker_of
from middleware.clock import SystemClock
from middleware.domain.events import Event
from middleware.editions import Editions
from middleware.errors import StoreUnavailable
from middleware.from_settings import (
    accounts_of,
    desk_of,
)
from middleware.from_settings.alarms import alarms_of
from middleware.from_settings.engines import asking_of
from middleware.from_settings.made_up import made_up_accounts
from middleware.from_settings.passing import passing_of
from middleware.jobs.alarms import Alarms
from middleware.jobs.asking import AT_ONCE
from middleware.jobs.made_up import MadeUpPeople
from middleware.jobs.passing import PassOn
from middleware.jobs.runner import Runner
from middleware.metrics import Metrics
from middleware.pipeline.accept import Intake, Submit
from middleware.pipeline.board import Board
from middleware.pipeline.live_look_ups import AT_ONCE as LOOK_UPS_AT_ONCE
from middleware.pipeline.look_up import LookUp
from middleware.pipeline.parts import Brand, Checkpoint, Process
from middleware.pipeline.pulses import Pulses
from middleware.pipeline.templates.live import LiveFlows
from middleware.ports import Account, Channel, Clock, Connector
from middleware.rhythm.arrival import Arrivals
from middleware.rhythm.rhythm import Rhythm
from middleware.settings import Settings
from middleware.store.mongo import Listener, MongoStore
from middleware.store.opening import opened_store
from middleware.worker import Worker


@dataclass(frozen=True, slots=True)
class Installation:
    """All parts of one running process."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    store: MongoStore
    connectors: Mapping[str, Connector]
    channels: Mapping[str, Channel]
    accounts: tuple[Account, ...]
    brands: Mapping[str, Brand]
    intake: Intake
    worker: Worker
    runner: Runner
    rhythm: Rhythm
    editions: Editions
    flows: Mapping[str, Flows]
    process: Process
    passing: PassOn
    pulses: Pulses
    alarms: Alarms
    made_up: MadeUpPeople
    http: HttpClient
    boards: Mapping[str, Board]
    """By the brand's name; whoever shows one starts it."""


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    beside_web: bool = True,
    checkpoint: Checkpoint | None = None,
    listeners: tuple[Listener, ...] = (),
    clock: Clock | None = None,
) -> AsyncIterator[Installation]:
    """Build everything, with the store open; close it all at the end.

    `beside_web`: fresh events come from the same process, so that the store is only looked at to recover work.
    `checkpoint` is told every stage that is over; `listeners` see every command that goes to the store; `clock` is
    that of the system if none is given.
    """
    clock, metrics, http = clock or SystemClock(), Metrics(), HttpClient()
    # Bots that hang have connections of their own, so that no reply waits for one.
    bots = HttpClient(connections=AT_ONCE)
    asked = HttpClient(connections=LOOK_UPS_AT_ONCE, unpacks=False)
    async with opened_store(settings, listeners) as store, http, bots, asked:
        ways = Ways(http, bots, asked)
        here = _assembled(settings, clock, metrics, ways, store, checkpoint, beside_web=beside_web)
        keys = asyncio.create_task(_keys_at_hand(here), name="erasing-keys")
        try:
            yield here
        finally:
            keys.cancel()
            await asyncio.gather(keys, return_exceptions=True)


async def _keys_at_hand(here: Installation) -> None:
    """Read what erased identifiers are hashed with before the first message needs it; if not now, then it does."""
    with contextlib.suppress(StoreUnavailable):
        for brand in here.brands.values():
            if brand.forgetting is not None:
                await brand.forgetting.look()


def _assembled(
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    ways: Ways,
    store: MongoStore,
    checkpoint: Checkpoint | None,
    *,
    beside_web: bool,
) -> Installation:
    by_name = {connector.name: connector for connector in connectors(ways.http)}
    talking = {channel.name: channel for channel in channels(ways.http)}
    accounts = tuple(accounts_of(settings))
    desks = {name: desk_of(each) for name, each in settings.brands.items()}
    live = {name: LiveFlows(desk, name, metrics.template_seen, metrics.release_seen) for name, desk in desks.items()}
    editions = Editions(live, store, clock)
    flows = {name: desk.flows for name, desk in desks.items()}
    owner = secrets.token_hex(8)
    pulses = Pulses(store, clock, owner)
    brands = brands_of(settings, store, accounts, live, flows, ways, clock, metrics, pulses)
    boards = {name: Board(brand.store, clock) for name, brand in brands.items()}

    def arrived(brand: str, event: Event) -> None:
        worker.submit([(brand, event)])

    def held(brand: str, key: str) -> bool:
        return worker.holds(brand, key)

    passed = both(metrics.passed, checkpoint)
    asking, look_up = asking_of(settings, clock, metrics, pulses), LookUp(brands, talking, accounts, clock)
    passing = passing_of(settings, look_up, brands, accounts, clock, metrics, pulses, ways.bots, holds=held)
    runner = runner_of(settings, clock, metrics, brands, talking, asking, passing, arrived, passed, owner=owner)
    paced = (*accounts, *(each for name in settings.brands for each in made_up_accounts(name)))
    process = process_of(settings, clock, metrics, paced, talking, passed, runner, boards, owner=owner)
    worker = worker_of(settings, process, brands, beside_web=beside_web)
    watch(metrics, talking, process, worker, editions)
    intake = Intake(by_name, accounts, store, clock, read_json)
    submit: Submit = worker.submit if beside_web else lambda _, __: None
    return Installation(
        settings=settings,
        clock=clock,
        metrics=metrics,
        store=store,
        connectors=by_name,
        channels=talking,
        accounts=accounts,
        brands=brands,
        intake=intake,
        worker=worker,
        runner=runner,
        rhythm=Rhythm(accounts, by_name, store, clock, Arrivals(intake, store, clock, submit), owner=owner),
        editions=editions,
        flows=flows,
        process=process,
        passing=passing,
        pulses=pulses,
        alarms=alarms_of(settings, brands, accounts, clock, metrics, ways.http),
        made_up=made_up_of(brands, by_name, submit, clock),
        http=ways.http,
        boards=boards,
    )
