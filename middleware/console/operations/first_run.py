"""Connecting the first channel, step by step: what to paste where, and whether it has come."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from middleware.console.following import Part, anew, part_of
from middleware.console.operations import made_up
from middleware.console.routes import BUILDER, get, post
from middleware.console.visit import Visit
from middleware.domain.template_versions import TemplateHead
from middleware.pipeline.standing import AccountStanding, accounts_of
from middleware.ports import Account

_PASTED = ("whatsapp", "instagram", "messenger", "webchat", "shopify", "hubspot", "zendesk", "klaviyo")
"""Connectors for which the words say where an address is pasted (`start.where`), in the order in which they stand."""


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
    def where(self) -> str:
        """The end of the key of the text that says where to paste it."""
        connector = self.account.connector
        return connector if connector in _PASTED else "elsewhere"

    @property
    def connected(self) -> bool:
        """Whether anything has come yet."""
        return self.standing.pulse is not None and self.standing.pulse.first_at is not None


async def first_run(visit: Visit) -> web.StreamResponse:
    """The page."""
    people = await made_up.part(visit) if visit.does("admin") else None
    return visit.page("start/page.html", part=await _doors(visit), people=people)


async def doors(visit: Visit) -> web.StreamResponse:
    """Its part that comes anew every few seconds."""
    return anew(visit, await _doors(visit))


async def show_token(visit: Visit) -> web.StreamResponse:
    """The verify token of an account, to be pasted into the platform's page; on record."""
    name = visit.at("account")
    account = next((each for each in visit.brand.accounts if each.name == name), None)
    if account is None or account.verify_token is None:
        raise web.HTTPNotFound
    await visit.on_record("verify_token.reveal", name)
    return visit.page("start/token.html", account=account, token=account.verify_token.get_secret_value())


async def _doors(visit: Visit) -> Part:
    store = visit.brand.store
    standings, published = await asyncio.gather(
        accounts_of(store, visit.brand.accounts, visit.now), store.count(TemplateHead, 1)
    )
    found = [
        Door(each, _address(visit, each.account), each.account.connector in visit.console.channels)
        for each in standings
        if each.comes_by_itself
    ]
    found.sort(key=lambda each: _PASTED.index(each.where) if each.where in _PASTED else len(_PASTED))
    channels, sources = [each for each in found if each.is_channel], [each for each in found if not each.is_channel]
    return part_of(
        visit,
        "start/doors.html",
        channels=channels,
        sources=sources,
        public=visit.console.public_url.startswith("https://"),
        published=bool(published),
    )


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
