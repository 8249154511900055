"""The fields of profiles, who owns each, and where each account has it in what it sends."""

from aiohttp import web

from middleware.console.routes import BUILDER, get
from middleware.console.visit import Visit
from middleware.domain.field_table import field_table
from middleware.domain.source_record import FLOWS


async def mapping(visit: Visit) -> web.StreamResponse:
    """The page."""
    accounts = [each for each in visit.brand.accounts if each.connector not in visit.console.channels]
    sources = {FLOWS, *(each.connector for each in accounts)}
    rows = field_table(visit.brand.brand.ownership, sources, {each.name: each.mapping for each in accounts})
    mapped = [each for each in accounts if each.mapping is not None]
    return visit.page("mapping/page.html", rows=rows, accounts=accounts, mapped=mapped)


ROUTES = (get("/{brand}/mapping", mapping, BUILDER),)
