"""`throughline trigger`: send a correctly signed body to a running server, as the platform would."""

import asyncio
import dataclasses
import secrets
from datetime import datetime
from typing import Annotated, Any

import aiohttp
import typer

from connectors.samples import SAMPLES, SampleRequest, signed
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.clock import SystemClock
from middleware.from_settings import accounts_of
from middleware.ports import Account
from middleware.settings import load_settings

_SENDERS = {
    "messenger": "7301",
    "instagram": "17841400000007301",
    "whatsapp": "12025550123",
    "hubspot": "51",
    "zendesk": "20978392",
    "webchat": "a-visitor-of-the-site",
}


def trigger(
    connector: Annotated[
        str,
        typer.Argument(metavar="CHANNEL", help="messenger, instagram, whatsapp, shopify, hubspot, zendesk, webchat"),
    ],
    kind: Annotated[str, typer.Argument(help="What happens, such as message; a wrong one lists them all")],
    url: Annotated[str, typer.Option(help="The running server")] = "",
    account: Annotated[str, typer.Option(help="Name of the account in the settings; else its first one")] = "",
    sender: Annotated[str, typer.Option(help="Who writes: the id on that channel")] = "",
    text: Annotated[str, typer.Option(help="What they write")] = "Where is my order?",
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Anything else of the sample, as name=value")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON")] = False,
) -> None:
    """Send one signed sample webhook to a running server and show the answer."""
    kinds = SAMPLES.get(connector)
    if kinds is None:
        fail(f"no connector {connector!r}; there are {', '.join(SAMPLES)}", USAGE)
    if kind not in kinds:
        fail(f"{connector} has no kind {kind!r}; there are {', '.join(kinds)}", USAGE)
    with reasons():
        settings = load_settings()
    target = _account(accounts_of(settings), connector, account)
    now = SystemClock().now()
    request = _request(target, sender or _SENDERS.get(connector, ""), text, now, changes or [])
    sample = kinds[kind](request)
    secret = target.secrets[0].get_secret_value().encode()
    body, headers = signed(connector, sample.body, secret, sample.headers)
    base = url.rstrip("/") or f"http://{settings.server.host}:{settings.server.port}"
    answer = asyncio.run(_post(f"{base}/webhooks/{connector}/{target.name}", body, headers))
    if as_json:
        print_json({**answer, "body": sample.body})
    else:
        shown.print(f"{answer['url']}\n{answer['status']} {answer['answer']}", markup=False)
    if answer["status"] != 200:  # noqa: PLR2004 - HTTP
        raise typer.Exit(1)


def _account(accounts: list[Account], connector: str, name: str) -> Account:
    fitting = [a for a in accounts if a.connector == connector and name in {"", a.name, a.id}]
    if not fitting:
        fail(f"the settings have no {connector} account{f' named {name}' if name else ''}")
    if not fitting[0].secrets:
        fail(f"account {fitting[0].name} has no secrets to sign with; add secrets = [...] to it")
    return fitting[0]


def _request(account: Account, sender: str, text: str, now: datetime, changes: list[str]) -> SampleRequest:
    """The sample's parts, with the changes from the command line."""
    request = SampleRequest(account_id=account.id, sender=sender, at=now, text=text, message_id=secrets.token_hex(12))
    given: dict[str, Any] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        default = getattr(request, name, None)
        if not equals or not hasattr(request, name) or not isinstance(default, str | int | None):
            fail(f"--set {change}: write name=value with a name of {', '.join(_names())}", USAGE)
        given[name] = int(value) if isinstance(default, int) and value.isdecimal() else value
    return dataclasses.replace(request, **given)


def _names() -> list[str]:
    return [each.name for each in dataclasses.fields(SampleRequest) if each.name not in {"at", "items"}]


async def _post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
            session.post(url, data=body, headers=headers) as response,
        ):
            return {"url": url, "status": response.status, "answer": await response.text()}
    except (aiohttp.ClientError, TimeoutError) as error:
        fail(f"{url}: no answer ({type(error).__name__}); is `throughline serve` running there?")
