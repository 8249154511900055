"""`throughline normalise`: what a connector makes of a body. For whoever wonders why a message was not understood."""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from connectors.body import read_json
from connectors.http import HttpClient
from connectors.registry import connectors
from middleware.cli.output import USAGE, fail, print_json, reasons
from middleware.clock import SystemClock
from middleware.domain.events import Event, Rejected
from middleware.ports import WebhookRequest


def normalise(
    connector: Annotated[
        str,
        typer.Argument(metavar="CHANNEL", help="messenger, instagram, whatsapp, shopify, hubspot, zendesk, webchat"),
    ],
    file: Annotated[Path, typer.Argument(help="The body as it was received; - for standard input")],
    topic: Annotated[str, typer.Option(help="Shopify's topic header, such as orders/create")] = "",
    shop: Annotated[str, typer.Option(help="Shopify's shop domain header")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON is what this prints anyway")] = False,
) -> None:
    """Print the events in a webhook body as a JSON list; exit code 1 and a reason for what is no body."""
    del as_json
    readers = {each.name: each for each in connectors(HttpClient())}
    reader = readers.get(connector)
    if reader is None:
        fail(f"no connector {connector!r}; there are {', '.join(readers)}", USAGE)
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", USAGE)
    given = {"x-shopify-topic": topic, "x-shopify-shop-domain": shop}
    headers = {name: value for name, value in given.items() if value}
    with reasons():
        request = WebhookRequest(headers=headers, body=raw)
        parts = reader.normalise(read_json(raw), request, SystemClock().now(), lambda _: None)
        print_json([_shown(part) for part in parts])


def _shown(part: Event | Rejected) -> dict[str, Any]:
    """An event as it is; a part that was rejected as kind `rejected` with its reason."""
    if isinstance(part, Event):
        return part.model_dump(mode="json", exclude_none=True)
    try:
        raw: object = orjson.loads(part.raw)
    except orjson.JSONDecodeError:
        raw = part.raw.decode(errors="backslashreplace")
    return {"kind": "rejected", "reason": part.reason, "account": part.account, "raw": raw}
