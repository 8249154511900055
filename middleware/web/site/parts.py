"""What the routes of a site are given."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from middleware.pipeline.accept import Intake
from middleware.pipeline.normalise import ReadJson
from middleware.ports import Account, Clock, Store
from middleware.web.site.limits import Limit
from middleware.web.site.scripts import Script, read_scripts


@dataclass(slots=True)
class Site:
    """The sites of all brands. `accounts` are theirs, by id; `proxies` of the brand's own stand in front.

    `read_json` reads a body strictly, or raises BodyRefused.
    """

    accounts: Mapping[str, Account]
    intake: Intake
    store: Store
    clock: Clock
    read_json: ReadJson
    proxies: int = 0
    scripts: Mapping[str, Script] = field(default_factory=read_scripts)
    of_visitor: Limit = field(default_factory=lambda: Limit(burst=40, per_second=1))
    of_address: Limit = field(default_factory=lambda: Limit(burst=400, per_second=10))
    waiting: int = 0
    """Pages whose question after their conversation is held open."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server ends: nobody is held open any longer."""


SITE: web.AppKey[Site] = web.AppKey("site", Site)
