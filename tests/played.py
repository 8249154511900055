"""The demo, played to its end: a brand with people, orders, tickets and turns to look at."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from connectors.testing import GraphStandIn
from middleware.bootstrap.building import opened
from middleware.bootstrap.serving import application
from middleware.cli.demo_profile import PROFILE_CHAPTERS
from middleware.cli.demo_stage import INSTAGRAM, Stage, demo_settings
from middleware.cli.demo_story import CHAPTERS
from middleware.cli.serve import working
from middleware.store.mongo import Listener
from middleware.web.app import listening


@asynccontextmanager
async def played(directory: Path, *, listeners: tuple[Listener, ...] = ()) -> AsyncIterator[Stage]:
    """The demo, once its stories are told."""
    async with AsyncExitStack() as stack:
        graph = await stack.enter_async_context(GraphStandIn(instagram=[INSTAGRAM]))
        here = await stack.enter_async_context(opened(demo_settings(directory, graph.url), listeners=listeners))
        await here.store.ensure()
        working(here, stack)
        url = await stack.enter_async_context(listening(application(here, work=True), "127.0.0.1", 0))
        stage = Stage(here, graph, url, await stack.enter_async_context(aiohttp.ClientSession()))
        for play in (*CHAPTERS, *PROFILE_CHAPTERS):
            await play(stage)
        await here.pulses.write()
        yield stage
