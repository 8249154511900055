"""What works in a process: the lanes of messages, what is done beside them, and the metrics that watch both."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from middleware.editions import Editions
from middleware.from_settings import (
    codes_of,
    pacing_of,
    review_rules,
)
from middleware.from_settings.made_up import Story
from middleware.jobs.asking import AskEngines
from middleware.jobs.erasing import Erase
from middleware.jobs.made_up import MadeUpPeople
from middleware.jobs.passing import PassOn
from middleware.jobs.registry import kinds
from middleware.jobs.runner import Arrived, Runner
from middleware.metrics import Metrics
from middleware.pipeline.accept import Submit
from middleware.pipeline.board import Board
from middleware.pipeline.bursts import held_for
from middleware.pipeline.merging import merge_profiles
from middleware.pipeline.order import frees, overtakes
from middleware.pipeline.parts import Brand, Checkpoint, Process
from middleware.pipeline.path import work_off
from middleware.pipeline.review import MergeProfiles
from middleware.ports import Account, Channel, Clock, Connector
from middleware.settings import Settings
from middleware.worker import Worker

_RECOVERY_BESIDE_WEB = timedelta(seconds=1)
_POLL_APART = timedelta(milliseconds=100)

MERGE: MergeProfiles = merge_profiles
"""What accepting a candidate calls."""


def process_of(
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


def worker_of(settings: Settings, process: Process, brands: Mapping[str, Brand], *, beside_web: bool) -> Worker:
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


def watch(
    metrics: Metrics, channels: Mapping[str, Channel], process: Process, worker: Worker, editions: Editions
) -> None:
    """Let the metrics see how much may be sent, is being sent, and waits."""
    for channel in channels:
        metrics.watch(channel, process.pacing.windows, process.pacing.under_way)
    metrics.waiting.set_function(lambda: worker.waiting)
    metrics.refused_templates.set_function(lambda: editions.refused)
    metrics.refused_releases.set_function(lambda: editions.refused_releases)


def runner_of(
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


def made_up_of(
    brands: Mapping[str, Brand],
    connectors: Mapping[str, Connector],
    submit: Submit,
    clock: Clock,
) -> MadeUpPeople:
    """What fills made-up people in, and takes them out again."""
    stores = {name: brand.store for name, brand in brands.items()}
    return MadeUpPeople(stores, Story(connectors), submit, clock)


def both(first: Checkpoint, second: Checkpoint | None) -> Checkpoint:
    """One that tells both."""
    if second is None:
        return first

    def told(stage: str) -> None:
        first(stage)
        second(stage)

    return told
