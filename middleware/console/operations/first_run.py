"""Connecting the first channel, step by step: what to paste where, and whether it has come."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from middleware.console.routes import BUILDER, get, post
from middleware.console.visit import Visit
from middleware.pipeline.standing import AccountStanding, accounts_of
from middleware.ports import Account


@dataclass(frozen=True, slots=True)
class Door:
    """One account that something is to be connected to: the address to paste, and when it was first heard of."""

    standing: AccountStanding
    address: str
    is_channel: bool

    @property
    def account(self) -> Account:
        """The account."""
        return self.standing.account

    @property
    def connected(self) -> bool:
        """Whether anything has come yet."""
        return self.standing.pulse is not None and self.standing.pulse.first_at is not None


async def first_run(visit: Visit) -> web.StreamResponse:
    """The page."""
    return visit.page("start/page.html", **await _doors(visit))


async def doors(visit: Visit) -> web.StreamResponse:
    """Its part that comes anew every few seconds."""
    return visit.page("start/doors.html", **await _doors(visit))


async def show_token(visit: Visit) -> web.StreamResponse:
    """The verify token of an account, to be pasted into the platform's page; on record."""
    name = visit.at("account")
    account = next((each for each in visit.brand.accounts if each.name == name), None)
    if account is None or account.verify_token is None:
        raise web.HTTPNotFound
    await visit.on_record("verify_token.reveal", name)
    return visit.page("start/token.html", token=account.verify_token.get_secret_value(), account=account)


async def _doors(visit: Visit) -> dict[str, Any]:
    standings = await accounts_of(visit.brand.store, visit.brand.accounts, visit.now)
    found = [
        Door(each, _address(visit, each.account), each.account.connector in visit.console.channels)
        for each in standings
        if each.comes_by_itself
    ]
    channels, sources = [each for each in found if each.is_channel], [each for each in found if not each.is_channel]
    return {"channels": channels, "sources": sources, "public": bool(visit.console.public_url)}


def _address(visit: Visit, account: Account) -> str:
    """Where the platform delivers to this account, and to no other."""
    base = visit.console.public_url or f"{visit.request.scheme}://{visit.request.host}"
    if account.connector == "webchat":
        return f"{base}/site/{account.id}/throughline.js"
    return f"{base}/webhooks/{account.connector}/{account.name}"


ROUTES = (
    get("/{brand}/start", first_run, BUILDER),
    get("/{brand}/start/doors", doors, BUILDER),
    post("/{brand}/start/{account}/token", show_token, BUILDER),
)
