"""`throughline serve` and `throughline worker`: the long-running processes."""

import asyncio
import signal
from collections.abc import Collection, Coroutine
from contextlib import AsyncExitStack
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import structlog
import typer

from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.serving import application
from middleware.cli.output import reasons
from middleware.garbage import settle
from middleware.jobs.purging import purge_for_ever
from middleware.jobs.timers import ring_for_ever
from middleware.pipeline.parts import Checkpoint
from middleware.settings import Settings, load_settings
from middleware.web.app import build_metrics_app, listening

log = structlog.get_logger(__name__)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; over the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Only accept webhooks; `throughline worker` does the rest.")
    ] = False,
) -> None:
    """Accept webhooks, and work them off in the same process unless told otherwise."""
    with reasons():
        settings = load_settings()
        address = {"host": host, "port": port}
        server = settings.server.model_copy(
            update={name: value for name, value in address.items() if value is not None}
        )
        run(run_web(settings.model_copy(update={"server": server}), work=not no_worker))


def worker() -> None:
    """Work off what web processes have accepted. As many as you like, on as many machines."""
    with reasons():
        run(run_worker(load_settings()))


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run until it is over, on uvloop where that is installed (the extra `uvloop`)."""
    loops = import_module("uvloop").new_event_loop if find_spec("uvloop") is not None else None
    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(main)


async def run_web(settings: Settings, *, work: bool = True, checkpoint: Checkpoint | None = None) -> None:
    """Serve until a signal asks to stop. `checkpoint` is told every stage that is over."""
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(opened(settings, checkpoint=checkpoint))
        await _prepared(here)
        if work:
            working(here, stack)
        else:
            looking(here, stack)
        watching(here, stack, serving=tuple(here.brands))
        server = settings.server
        app = application(here, work=work)
        url = await stack.enter_async_context(listening(app, server.host, server.port))
        metrics_url = await stack.enter_async_context(
            listening(build_metrics_app(here.metrics), server.metrics_host, server.metrics_port)
        )
        settle()
        log.info("listening", action="listening", url=url, metrics=f"{metrics_url}/metrics", worker=work)
        await _asked_to_stop()
        log.info("stopping", action="stopping")


async def run_worker(settings: Settings, *, checkpoint: Checkpoint | None = None) -> None:
    """Work until a signal asks to stop."""
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(opened(settings, beside_web=False, checkpoint=checkpoint))
        await _prepared(here)
        working(here, stack)
        watching(here, stack)
        metrics_url = await stack.enter_async_context(
            listening(build_metrics_app(here.metrics), settings.server.metrics_host, settings.worker.metrics_port)
        )
        settle()
        log.info("working", action="working", worker=here.process.worker, metrics=f"{metrics_url}/metrics")
        await _asked_to_stop()
        log.info("stopping", action="stopping")


def working(here: Installation, stack: AsyncExitStack) -> None:
    """Start what works, until the stack is left: the worker, and beside it jobs, timers, pulls, purging and
    templates.
    """
    here.runner.start()
    stack.push_async_callback(here.runner.stop)
    here.worker.start()
    stack.push_async_callback(here.worker.stop)
    here.rhythm.start()
    stack.push_async_callback(here.rhythm.stop)
    stores = {name: here.store.brand(name) for name in here.brands}
    purging = purge_for_ever([*stores.values(), here.store.common], here.clock)
    stack.callback(asyncio.create_task(purging, name="purging").cancel)
    ringing = ring_for_ever(stores, here.clock, here.process.checkpoint)
    stack.callback(asyncio.create_task(ringing, name="timers").cancel)
    looking(here, stack)


def looking(here: Installation, stack: AsyncExitStack) -> None:
    """See every second which flows and templates are published, until the stack is left."""
    here.editions.start()
    stack.push_async_callback(here.editions.stop)


def watching(here: Installation, stack: AsyncExitStack, *, serving: Collection[str] = ()) -> None:
    """Note who is heard of, and look who is silent, until the stack is left; `serving`: brands that we receive for."""
    stack.push_async_callback(here.pulses.leave)
    stack.callback(asyncio.create_task(here.pulses.write_for_ever(serving), name="pulses").cancel)
    stack.callback(asyncio.create_task(here.alarms.watch_for_ever(), name="alarms").cancel)


async def _prepared(here: Installation) -> None:
    """Create what is missing in the databases, as `throughline migrate` does, and see which flows and templates are
    published: not even the first message gets another.
    """
    if here.settings.store.uri is None:
        log.warning("the embedded store is for trying and testing; production needs a MongoDB replica set")
    created = {name: names for name, names in (await here.store.ensure()).items() if names}
    if created:
        log.info("created collections", action="migrate", created=created)
    await here.editions.look()


async def _asked_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()
