"""The MCP server: the one module that imports the SDK (extra `mcp`). Tools and resources, over stdio or HTTP."""

import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import structlog
import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from middleware import __version__
from middleware.domain.context import BLOCKS
from middleware.errors import StoreUnavailable
from middleware.mcp_server.handing_over import NOTICE, fenced
from middleware.mcp_server.tools import ToolRefused, Tools, context_schema, values
from middleware.web.clients import Client, client_of

log = structlog.get_logger(__name__)

PATH = "/mcp"

_ENDS_WITHIN = 5
"""Seconds that requests have to end when the server is asked to stop; an agent may hold a stream open for ever."""

_CLIENT = "throughline.client"
"""Where the scope of a request has the client whose key it brought."""

_INSTRUCTIONS = (
    "Throughline knows who writes to a brand's chat channels. A customer is named by channel, account and sender, as"
    f" the platform calls them. All tools only read. {NOTICE}"
)

ClientOf = Callable[[Context], Client]

Channel = Annotated[str, Field(description="messenger, instagram, whatsapp or webchat")]
Account = Annotated[str, Field(description="The account's id on that channel, or its name in the settings")]
Sender = Annotated[str, Field(description="What the platform calls the customer; on WhatsApp also the phone number")]
Blocks = Annotated[list[str] | None, Field(description=f"Only these: {', '.join(BLOCKS)}. Default: all that may be")]


class Answered(BaseModel):
    """What a tool answers: `untrusted` names the parts that somebody outside has written."""

    model_config = ConfigDict(extra="allow")

    notice: str = ""
    untrusted: list[str] = []


Result = Annotated[CallToolResult, Answered]


def mcp_server(tools: Tools, client: ClientOf) -> MCPServer:
    """The server with all its tools; `client` says in whose name a request asks."""
    server = MCPServer("throughline", version=__version__, instructions=_INSTRUCTIONS, log_level="WARNING")
    read_only = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(annotations=read_only)
    async def get_context(
        ctx: Context, channel: Channel, account: Account, sender: Sender, blocks: Blocks = None
    ) -> Result:
        """What is known of the customer who writes as this sender: each block with state, source and age.

        Holds what this sender may be told and nothing beyond: what is `withheld` is there, and not for them.
        """
        return await _answered(tools.context(client(ctx), channel, account, sender, blocks))

    @server.tool(annotations=read_only)
    async def explain_identity(ctx: Context, channel: Channel, account: Account, sender: Sender) -> Result:
        """Who this sender is, how far that goes and why: level, linked identifiers (masked), evidence, claims."""
        return await _answered(tools.identity(client(ctx), channel, account, sender))

    @server.tool(annotations=read_only)
    async def list_flows(ctx: Context) -> Result:
        """The flows of each brand with what starts them and what they need; the templates, the made-up customers."""
        return _result(tools.flows(client(ctx)))

    @server.tool(annotations=read_only)
    async def render_template(
        ctx: Context,
        name: Annotated[str, Field(description="The template's name, as list_flows has it")],
        channel: Channel,
        account: Account,
        sender: Annotated[str, Field(description="Whom it is said to; or name a `customer`")] = "",
        customer: Annotated[str, Field(description="A made-up customer instead, such as ana")] = "",
        locale: Annotated[str, Field(description="As de or de_AT; default: the customer's own")] = "",
    ) -> Result:
        """What a published template would say now, on one channel. Nothing is sent."""
        return await _answered(tools.rendered(client(ctx), name, channel, account, sender, customer, locale))

    _add_resources(server)
    return server


def _add_resources(server: MCPServer) -> None:
    @server.resource("throughline://context/schema", mime_type="application/schema+json")
    def context_json_schema() -> str:
        """The JSON schema of a context."""
        return json.dumps(context_schema())

    @server.resource("throughline://values", mime_type="application/json")
    def list_of_values() -> str:
        """Every value that templates can name: its sort, what it is, and the level it needs."""
        return json.dumps(values())


async def _answered(asking: Awaitable[dict[str, Any]]) -> CallToolResult:
    try:
        return _result(await asking)
    except ToolRefused as refused:
        raise ToolError(str(refused)) from None
    except StoreUnavailable:
        raise ToolError("The store does not answer. Try again in some seconds.") from None


def _result(data: dict[str, Any]) -> CallToolResult:
    """The data for programs, and fenced for whoever reads text only."""
    return CallToolResult(content=[TextContent(type="text", text=fenced(data))], structured_content=data)


async def serve_stdio(tools: Tools, client: Client) -> None:
    """Speak on standard input and output, in the name of one client, until the input ends."""
    await mcp_server(tools, lambda _: client).run_stdio_async()


async def serve_http(tools: Tools, clients: Mapping[str, Client], host: str, port: int) -> None:
    """Listen until a signal asks to stop. Every request brings the key of one of the clients as a bearer token."""
    server = mcp_server(tools, _client_of_request)
    # Without sessions: no request can go on in what another key has begun.
    app = server.streamable_http_app(streamable_http_path=PATH, stateless_http=True, json_response=True, host=host)
    with contextlib.closing(socket.create_server((host, port), family=_family(host))) as listener:
        bound = listener.getsockname()
        shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        config = uvicorn.Config(
            _only_clients(app, clients),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_ENDS_WITHIN,
        )
        log.info("listening", action="listening", url=f"http://{shown}:{bound[1]}{PATH}")
        await uvicorn.Server(config).serve(sockets=[listener])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _client_of_request(ctx: Context) -> Client:
    request = ctx.request_context.request
    if request is None:
        raise AssertionError("over HTTP there is a request behind every message")
    found: Client = request.scope[_CLIENT]
    return found


def _only_clients(app: ASGIApp, clients: Mapping[str, Client]) -> ASGIApp:
    """The application behind a check of the key: 401 for whoever brings none, before anything is read."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        client = client_of(headers.get(b"authorization"), clients.values())
        if client is None:
            says = {"error": "Send the key of a client of Throughline's settings as a bearer token."}
            await JSONResponse(says, 401, {"WWW-Authenticate": "Bearer"})(scope, receive, send)
            return
        await app({**scope, _CLIENT: client}, receive, send)

    return checked
