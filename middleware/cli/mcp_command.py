"""`throughline mcp`: an MCP server for agents, on standard input and output or over HTTP."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from middleware.bootstrap.building import opened
from middleware.bootstrap.serving import clients_of
from middleware.cli.output import USAGE, fail, reasons
from middleware.mcp_server.tools import Tools
from middleware.settings import Settings, load_settings
from middleware.web.clients import Client

_SERVER = "middleware.mcp_server.server"
"""Imported when it is needed: the SDK takes its time, and may not be there."""


def mcp(
    client: Annotated[
        str,
        typer.Option(help="In whose name to ask on standard input: a client of the settings. Default: the only one"),
    ] = "",
    http: Annotated[bool, typer.Option("--http", help="Listen on a port; each request brings a client's key")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on with --http")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on with --http; 0 takes a free one")] = 8765,
) -> None:
    """Let agents that speak MCP read contexts, identities, flows and templates: as much as a client may see."""
    if find_spec("mcp") is None:
        fail("the SDK of MCP is not installed: pip install 'throughline[mcp]'")
    with reasons():
        settings = load_settings()
        if http and client:
            fail("with --http each request says by its key who asks: leave --client out", USAGE)
        name = "" if http else _named(settings, client)
        asyncio.run(_serve(settings, name, host, port))


def _named(settings: Settings, client: str) -> str:
    """The client in whose name everything is asked."""
    names = sorted(settings.clients)
    if not names:
        fail("there is no client in the settings: `throughline key` makes a key, its hash goes into [clients.NAME]")
    if not client and len(names) > 1:
        fail(f"say in whose name to ask: --client, one of {', '.join(names)}", USAGE)
    if client and client not in settings.clients:
        fail(f"no client {client!r} in the settings; there are {', '.join(names)}", USAGE)
    return client or names[0]


async def _serve(settings: Settings, name: str, host: str, port: int) -> None:
    server = import_module(_SERVER)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(opened(settings, beside_web=False))
        await here.editions.look()
        here.editions.start()
        stack.push_async_callback(here.editions.stop)
        clients: Mapping[str, Client] = clients_of(here)
        tools = Tools(here)
        if name:
            await server.serve_stdio(tools, clients[name])
        else:
            await server.serve_http(tools, clients, host, port)
