"""An agent on Microsoft's SDK. What it knows of the customer stands in channelData."""

import os

from aiohttp import web
from microsoft_agents.hosting.aiohttp import CloudAdapter, jwt_authorization_middleware, start_agent_process
from microsoft_agents.hosting.core import AgentApplication, MemoryStorage, TurnContext, TurnState
from microsoft_agents.hosting.core.authorization import (
    AgentAuthConfiguration,
    AnonymousTokenProvider,
    ConnectionManager,
)

anonymous = AgentAuthConfiguration(anonymous_allowed=True)  # on your own machine only
connections = ConnectionManager(lambda _: AnonymousTokenProvider(), {"SERVICE_CONNECTION": anonymous})
adapter = CloudAdapter(connection_manager=connections)
agent = AgentApplication[TurnState](storage=MemoryStorage(), adapter=adapter, connection_manager=connections)


@agent.activity("message")
async def on_message(context: TurnContext, _: TurnState):
    number = context.activity.channel_data["values"].get("order_number")
    await context.send_activity(f"Your order {number} is on its way." if number else "I do not know your order.")


async def messages(request):
    return await start_agent_process(request, agent, adapter)


app = web.Application(middlewares=[jwt_authorization_middleware])
app["agent_configuration"] = anonymous
app.router.add_post("/api/messages", messages)
web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "3978")))
