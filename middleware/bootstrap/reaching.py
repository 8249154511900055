"""Reaching: the parts of an installation that pages, commands and the API share, each made when it is asked for."""

from dataclasses import replace

from flows.publishing import Desk
from flows.runner import Flows
from middleware.bootstrap.building import Installation
from middleware.bootstrap.working import MERGE
from middleware.pipeline.look_up import LookUp
from middleware.pipeline.releases.parts import Releases, desk_now
from middleware.pipeline.replay import Replay
from middleware.pipeline.review import Queue
from middleware.pipeline.templates.parts import Templates


def look_up_of(here: Installation) -> LookUp:
    """The way to a sender's context from outside a message."""
    return here.passing.contexts.look_up


def queue_of(here: Installation, brand: str) -> Queue:
    """The review queue of a brand."""
    return Queue(here.store.brand(brand), MERGE)


def templates_of(here: Installation, brand: str) -> Templates:
    """The templates of a brand, to be edited and published, with the flows that this process says now."""
    rules = here.settings.brands[brand].templates
    return Templates(here.store.brand(brand), here.editions.flows[brand].desk, two_persons=rules.two_persons)


def flows_said(here: Installation, brand: str) -> Flows:
    """The flows that this process says now, with the templates that are published."""
    live = here.editions.flows[brand]
    assert isinstance(live.desk, Desk)  # noqa: S101 - for the type checker
    return live.desk.over(live.sources)


async def templates_now(here: Installation, brand: str) -> Templates:
    """The same for a process that does not look every second: with the flows that are published now. Raises NotDone."""
    of = templates_of(here, brand)
    return replace(of, desk=await desk_now(of.store, here.editions.flows[brand].files))


def releases_of(here: Installation, brand: str) -> Releases:
    """The releases of a brand's flows."""
    rules = here.settings.brands[brand].templates
    return Releases(here.store.brand(brand), here.editions.flows[brand].files, two_persons=rules.two_persons)


def flows_now(here: Installation, brand: str) -> Flows:
    """The flows that this process says now, with the templates of files."""
    desk = here.editions.flows[brand].desk
    assert isinstance(desk, Desk)  # noqa: S101 - for the type checker
    return desk.flows


def replay_of(here: Installation, *, dry: bool) -> Replay:
    """The way back into the inbox for what was set aside."""
    max_ages = {name: brand.reply_max_age for name, brand in here.brands.items()}
    return Replay(here.intake, here.store, here.clock, max_ages, dry=dry)
