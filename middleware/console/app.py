"""The console as a part of the web application: every page in one explicit list."""

from aiohttp import web

from middleware.console import admin, entering, home, sso
from middleware.console.audit import page as audit_log
from middleware.console.conversations import routes as conversations
from middleware.console.flows import again as flow_again
from middleware.console.flows import editor as flow_editor
from middleware.console.flows import page as flows
from middleware.console.flows import publishing as flow_publishing
from middleware.console.flows import releases as flow_releases
from middleware.console.flows import releasing, trying, words
from middleware.console.graph import page as identity_graph
from middleware.console.guard import guarded
from middleware.console.mapping import page as mapping
from middleware.console.mapping import simulating
from middleware.console.operations import first_run, made_up, page
from middleware.console.pairing import page as pairing
from middleware.console.parts import CONSOLE, Console
from middleware.console.people import routes as people
from middleware.console.reports import page as reports
from middleware.console.review import deciding, queue_list, undoing
from middleware.console.routes import Route
from middleware.console.templates import adding, customers, editor, forecasts, listing, testing, values, versions
from middleware.console.traces import page as traces
from middleware.errors import SettingsError

ROUTES: tuple[Route, ...] = (
    *entering.ROUTES,
    *queue_list.ROUTES,
    *undoing.ROUTES,
    *deciding.ROUTES,
    *identity_graph.ROUTES,
    *audit_log.ROUTES,
    *sso.ROUTES,
    *listing.ROUTES,
    *editor.ROUTES,
    *adding.ROUTES,
    *versions.ROUTES,
    *forecasts.ROUTES,
    *customers.ROUTES,
    *values.ROUTES,
    *testing.ROUTES,
    *pairing.ROUTES,
    *admin.ROUTES,
    *conversations.ROUTES,
    *page.ROUTES,
    *first_run.ROUTES,
    *made_up.ROUTES,
    *traces.ROUTES,
    *flows.ROUTES,
    *trying.ROUTES,
    *flow_editor.ROUTES,
    *releasing.ROUTES,
    *words.ROUTES,
    *flow_again.ROUTES,
    *flow_releases.ROUTES,
    *flow_publishing.ROUTES,
    *mapping.ROUTES,
    *simulating.ROUTES,
    *reports.ROUTES,
    *people.ROUTES,
    # The last ones: `/{brand}` would take what stands behind it.
    *home.ROUTES,
)


RESERVED = frozenset({route.path.split("/")[1] for route in ROUTES} - {"", "{brand}"})
"""Words of addresses: no brand that has a console can be called so."""


def add_console(app: web.Application, console: Console) -> None:
    """Serve the console below `/console`. Raises SettingsError for a brand with the name of one of its addresses."""
    taken = sorted(RESERVED & console.brands.keys())
    if taken:
        raise SettingsError(f"brands.{taken[0]}: {taken[0]!r} is an address of the console; call the brand otherwise")
    pages = web.Application()
    pages[CONSOLE] = console
    pages.on_shutdown.append(_end_streams)
    pages.on_cleanup.append(_stop_work)
    for route in ROUTES:
        pages.router.add_route(route.method, route.path, guarded(route), name=None)
    # Before what is below it: that would take it, too, and has nothing there.
    app.router.add_get("/console", _with_slash)
    app.add_subapp("/console/", pages)


async def _end_streams(pages: web.Application) -> None:
    pages[CONSOLE].closing.set()


async def _stop_work(pages: web.Application) -> None:
    for brand in pages[CONSOLE].brands.values():
        await brand.board.stop()
        await brand.flow_editing.makings.stop()
    await pages[CONSOLE].made_up.stop()


async def _with_slash(_: web.Request) -> web.Response:
    return web.Response(status=308, headers={"Location": "/console/"})
