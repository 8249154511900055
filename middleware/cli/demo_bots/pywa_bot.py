"""A shop's bot on pywa and FastAPI, as pywa's own pages show one. Of Throughline it has what
docs/put-it-in-front.md says to change, and nothing else.
"""

import os

import fastapi
import httpx
import uvicorn
from pywa import WhatsApp, filters, types

from middleware.client.passed import current_context, with_context


class ToGraph(httpx.HTTPTransport):
    """Sends what pywa sends to graph.facebook.com to where GRAPH_URL says."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request, to the other address."""
        graph = httpx.URL(os.environ["GRAPH_URL"])
        request.url = request.url.copy_with(scheme=graph.scheme, host=graph.host, port=graph.port)
        return super().handle_request(request)


app = fastapi.FastAPI()
wa = WhatsApp(
    phone_id=os.environ["PHONE_ID"],
    token=os.environ["TOKEN"],
    server=app,
    webhook_endpoint="/webhook",
    verify_token=os.environ["VERIFY_TOKEN"],
    app_secret=os.environ["APP_SECRET"],
    session=httpx.Client(transport=ToGraph()),
)


def order_of(_: types.Message) -> str | None:
    """The customer's last order."""
    return (current_context() or {}).get("orders", {}).get("value", {}).get("latest", {}).get("number")


@wa.on_message(filters.text)
def where_is_my_order(_: WhatsApp, msg: types.Message) -> None:
    """Say what is known."""
    order = order_of(msg)
    msg.reply(f"Your order {order} is on its way." if order else "I do not know your order.")


uvicorn.run(with_context(app, os.environ["PASS_SECRET"]), port=int(os.environ["PORT"]), log_level="warning")
