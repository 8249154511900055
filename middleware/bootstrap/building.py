"""Building: settings in, a running installation out. Every part is made here, per brand, on that brand's database."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from connectors.body import read_json
from connectors.contacts import email_identifier
from connectors.http import HttpClient
from connectors.registry import channels, connectors
from flows.runner import Flows
from middleware.clock import SystemClock
from middleware.domain.context import RECOMMENDATIONS
from middleware.domain.events import Event
from middleware.editions import Editions
from middleware.errors import StoreUnavailable
from middleware.from_settings import (
    accounts_of,
    codes_of,
    desk_of,
    erasing_key_of,
    ownership_of,
    pacing_of,
    review_rules,
    rules_of,
)
from middleware.from_settings.alarms import alarms_of
from middleware.from_settings.engines import asking_of, engines_of
from middleware.from_settings.look_ups import enrichers_of
from middleware.from_settings.made_up import Story, made_up_accounts
from middleware.from_settings.passing import passing_of
from middleware.jobs.alarms import Alarms
from middleware.jobs.asking import AT_ONCE, AskEngines
from middleware.jobs.erasing import Erase
from middleware.jobs.made_up import MadeUpPeople
from middleware.jobs.passing import PassOn
from middleware.jobs.registry import kinds
from middleware.jobs.runner import Arrived, Runner
from middleware.metrics import Metrics
from middleware.pipeline.accept import Intake
from middleware.pipeline.board import Board
from middleware.pipeline.bursts import held_for
from middleware.pipeline.catalogue import Catalogue
from middleware.pipeline.enriching import Enricher
from middleware.pipeline.forgetting import Forgetting
from middleware.pipeline.live_look_ups import AT_ONCE as LOOK_UPS_AT_ONCE
from middleware.pipeline.look_up import LookUp
from middleware.pipeline.merging import merge_profiles
from middleware.pipeline.order import frees, overtakes
from middleware.pipeline.parts import AdProduct, Brand, BrandEngine, Checkpoint, Codes, Process
from middleware.pipeline.path import work_off
from middleware.pipeline.pulses import Pulses
from middleware.pipeline.recommending.gathering import Recommending
from middleware.pipeline.recommending.rules import Rules
from middleware.pipeline.review import MergeProfiles
from middleware.pipeline.templates.live import LiveFlows
from middleware.ports import Account, Channel, Clock, Connector
from middleware.rhythm.arrival import Arrivals
from middleware.rhythm.rhythm import Rhythm
from middleware.sections import BrandSettings
from middleware.settings import Settings
from middleware.store.mongo import Listener, MongoStore
from middleware.store.opening import opened_store
from middleware.worker import Worker

_RECOVERY_BESIDE_WEB = timedelta(seconds=1)
_POLL_APART = timedelta(milliseconds=100)

MERGE: MergeProfiles = merge_profiles
"""What accepting a candidate calls."""


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


class _Ways(NamedTuple):
    """The ways out: to platforms, to bots, to what flows ask while they decide. Who hangs costs the others nothing."""

    http: HttpClient
    bots: HttpClient
    asked: HttpClient


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
        ways = _Ways(http, bots, asked)
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
    ways: "_Ways",
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
    brands = _brands(settings, store, accounts, live, flows, ways, clock, metrics, pulses)
    boards = {name: Board(brand.store, clock) for name, brand in brands.items()}

    def arrived(brand: str, event: Event) -> None:
        worker.submit([(brand, event)])

    def held(brand: str, key: str) -> bool:
        return worker.holds(brand, key)

    passed = _both(metrics.passed, checkpoint)
    asking, look_up = asking_of(settings, clock, metrics, pulses), LookUp(brands, talking, accounts, clock)
    passing = passing_of(settings, look_up, brands, accounts, clock, metrics, pulses, ways.bots, holds=held)
    runner = _runner(settings, clock, metrics, brands, talking, asking, passing, arrived, passed, owner=owner)
    paced = (*accounts, *(each for name in settings.brands for each in made_up_accounts(name)))
    process = _process(settings, clock, metrics, paced, talking, passed, runner, boards, owner=owner)
    worker = _worker(settings, process, brands, beside_web=beside_web)
    _watch(metrics, talking, process, worker, editions)
    intake = Intake(by_name, accounts, store, clock, read_json)
    arrivals = Arrivals(intake, store, clock, worker.submit if beside_web else lambda _, __: None)
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
        rhythm=Rhythm(accounts, by_name, store, clock, arrivals, owner=owner),
        editions=editions,
        flows=flows,
        process=process,
        passing=passing,
        pulses=pulses,
        alarms=alarms_of(settings, brands, accounts, clock, metrics, ways.http),
        made_up=MadeUpPeople(
            {name: brand.store for name, brand in brands.items()},
            Story(by_name),
            worker.submit if beside_web else lambda _, __: None,
            clock,
            lambda brand, conversations: boards[brand].forget(conversations),
        ),
        http=ways.http,
        boards=boards,
    )


def _brands(
    settings: Settings,
    store: MongoStore,
    accounts: tuple[Account, ...],
    live: Mapping[str, LiveFlows],
    flows: Mapping[str, Flows],
    ways: _Ways,
    clock: Clock,
    metrics: Metrics,
    pulses: Pulses,
) -> dict[str, Brand]:
    """The brands as the stages see them, by name."""
    return {
        name: _brand(
            name,
            each,
            store,
            accounts,
            live[name],
            engines_of(name, each, flows[name].reader_of, ways.bots),
            enrichers_of(name, each, accounts, flows[name].reader_of, ways.asked, clock, metrics, pulses),
            erasing_key_of(settings),
        )
        for name, each in settings.brands.items()
    }


def _brand(
    name: str,
    settings: BrandSettings,
    store: MongoStore,
    accounts: tuple[Account, ...],
    flows: LiveFlows,
    engines: Mapping[str, BrandEngine],
    enrichers: Mapping[str, Enricher],
    erasing_key: bytes | None,
) -> Brand:
    known = (*accounts, *made_up_accounts(name))
    brand = Brand(
        name=name,
        store=store.brand(name),
        flows=flows,
        accounts={(each.connector, each.id): each for each in known if each.brand == name},
        locale=settings.locale,
        reply_max_age=settings.reply_max_age,
        takeover_pause=settings.takeover_pause,
        link_lifetime=settings.link_lifetime,
        gather=settings.gather,
        replies_per_minute=settings.replies_per_minute,
        products={key: AdProduct(**product.model_dump()) for key, product in settings.products.items()},
        fetch_attachments=settings.attachments,
        catalogue=Catalogue(each.id for each in accounts if each.brand == name and each.connector == "shopify"),
        recommending=Rules(rules_of(settings)),
        ownership=ownership_of(settings),
        codes=Codes(settings.proof.key.get_secret_value().encode(), email_identifier) if settings.proof else None,
        engines=engines,
        enrichers=enrichers,
        enrich_within=settings.enrich_within,
        forgetting=Forgetting(store.common, name, erasing_key),
    )
    return replace(brand, enrichers={**enrichers, RECOMMENDATIONS: Recommending(brand)})


def _process(
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    accounts: tuple[Account, ...],
    talking: Mapping[str, Channel],
    checkpoint: Checkpoint,
    runner: Runner,
    boards: Mapping[str, Board],
    *,
    owner: str,
) -> Process:
    """This process as the stages see it."""
    return Process(
        worker=owner,
        clock=clock,
        channels=talking,
        lease=settings.worker.lease,
        send_timeout=settings.worker.send_timeout,
        pacing=pacing_of(settings, clock, metrics, accounts),
        checkpoint=checkpoint,
        told=metrics.told,
        new_id=lambda: secrets.token_urlsafe(16),
        wanted=runner.submit,
        kept=lambda brand, conversation: boards[brand].told(conversation),
    )


def _worker(settings: Settings, process: Process, brands: Mapping[str, Brand], *, beside_web: bool) -> Worker:
    """What takes events from the inbox to their end."""

    async def look(brand: Brand) -> None:
        await brand.catalogue.look(brand.store, process.clock.monotonic())

    return Worker(
        brands,
        partial(work_off, process),
        process.clock,
        overtakes=overtakes,
        frees=frees,
        held_for=held_for,
        paces=process.pacing,
        concurrency=settings.worker.concurrency,
        recover_every=_RECOVERY_BESIDE_WEB if beside_web else _POLL_APART,
        look=look,
    )


def _watch(
    metrics: Metrics, channels: Mapping[str, Channel], process: Process, worker: Worker, editions: Editions
) -> None:
    """Let the metrics see how much may be sent, is being sent, and waits."""
    for channel in channels:
        metrics.watch(channel, process.pacing.windows, process.pacing.under_way)
    metrics.waiting.set_function(lambda: worker.waiting)
    metrics.refused_templates.set_function(lambda: editions.refused)
    metrics.refused_releases.set_function(lambda: editions.refused_releases)


def _runner(
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    brands: Mapping[str, Brand],
    talking: Mapping[str, Channel],
    asking: AskEngines,
    passing: PassOn,
    arrived: Arrived,
    checkpoint: Checkpoint,
    *,
    owner: str,
) -> Runner:
    """What is done beside the messages."""
    timeout = settings.jobs.attachment_timeout
    does = kinds(
        talking,
        clock,
        most=settings.jobs.attachment_megabytes * 1_000_000,
        timeout=timeout,
        told_file=metrics.fetched,
        told_profile=metrics.asked,
        codes=codes_of(settings),
        rules={name: review_rules(brand) for name, brand in settings.brands.items()},
        merge=MERGE,
        asking=asking,
        passing=passing,
        erase=Erase(clock, checkpoint),
    )
    at_once = settings.jobs.concurrency
    runner = Runner(brands, does, clock, metrics.job_over, arrived, owner=owner, at_once=at_once, timeout=timeout)
    metrics.running_jobs.set_function(lambda: runner.running)
    return runner


def _both(first: Checkpoint, second: Checkpoint | None) -> Checkpoint:
    if second is None:
        return first

    def told(stage: str) -> None:
        first(stage)
        second(stage)

    return told
