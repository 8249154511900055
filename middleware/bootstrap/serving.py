"""Serving: the web application over an installation, the API and the console on the same parts."""

from collections.abc import Iterable
from functools import partial

from aiohttp import web

from connectors.body import read_json
from connectors.contacts import email_identifier, phone_identifier
from connectors.mapping.reading import MappedBodies
from flows.folder import Folder
from flows.said import Tellers
from middleware.bootstrap.building import Installation
from middleware.bootstrap.reaching import (
    flows_now,
    flows_said,
    look_up_of,
    queue_of,
    releases_of,
    replay_of,
    templates_of,
)
from middleware.console.app import add_console
from middleware.console.flows.parts import FlowEditing
from middleware.console.parts import Console, ConsoleBrand
from middleware.console.sessions import Sessions
from middleware.console.templates.parts import Editing
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.from_settings.provider import provider_of
from middleware.pipeline.engines import LaterReplies
from middleware.pipeline.sampling import Sampling
from middleware.pipeline.trace import Traces
from middleware.web.app import WebParts, build_app
from middleware.web.clients import Client
from middleware.web.panel_tokens import PanelLinks
from middleware.web.site.parts import Site


def clients_of(here: Installation) -> dict[str, Client]:
    """The clients of the settings, by name."""
    return {
        name: Client(
            name,
            each.key_hash,
            frozenset(each.brands),
            frozenset(each.blocks),
            profiles=each.profiles,
            review=each.review,
            replies=each.replies,
            templates=each.templates,
        )
        for name, each in here.settings.clients.items()
    }


def web_parts(here: Installation, *, work: bool) -> WebParts:
    """What the web application is made of. Without `work`, fresh events are left to workers that run apart."""
    return WebParts(
        intake=here.intake,
        look_up=look_up_of(here),
        store=here.store,
        metrics=here.metrics,
        pulses=here.pulses,
        clients=clients_of(here),
        replies=LaterReplies(here.brands, here.clock),
        queues={name: queue_of(here, name) for name in here.brands},
        templates={name: partial(templates_of, here, name) for name in here.brands},
        values=Tellers(here.flows),
        traces=Traces(here.brands, here.clock),
        panel_links=panel_links_of(here),
        clock=here.clock,
        submit=partial(_submitted, here, work=work),
        wanted=here.runner.submit if work else lambda _, __: None,
        passed=here.passing.contexts,
        site=Site(
            accounts={each.id: each for each in here.accounts if each.connector == "webchat"},
            intake=here.intake,
            store=here.store,
            clock=here.clock,
            read_json=read_json,
            proxies=here.settings.server.proxies,
        ),
        public_url=here.settings.server.public_url.rstrip("/"),
    )


def _submitted(
    here: Installation, fresh: Iterable[tuple[str, Event]], again: Iterable[tuple[str, Event]], *, work: bool
) -> None:
    """What was accepted goes to the worker of this process, if it works."""
    here.pulses.accepted(fresh, again)
    if work:
        here.worker.submit(fresh, again)


def panel_links_of(here: Installation) -> PanelLinks:
    """What makes links to the embedded panel: signed with the console's key."""
    settings = here.settings
    return PanelLinks(
        key=_sessions_of(here).key,
        public_url=settings.server.public_url.rstrip("/"),
        embed_in=settings.console.embed_in if settings.console.enabled else (),
    )


def _sessions_of(here: Installation) -> Sessions:
    settings = here.settings
    secret = settings.console.secret.get_secret_value() if settings.console.secret is not None else None
    secure = settings.server.public_url.startswith("https://")
    return Sessions(here.store.common, here.clock, secret=secret, secure=secure)


def console_of(here: Installation, *, parts: WebParts) -> Console:
    """The console, on the same parts as the API."""
    settings = here.settings
    return Console(
        brands={
            name: ConsoleBrand(
                name=name,
                brand=brand,
                live=here.editions.flows[name],
                queue=parts.queues[name],
                templates=parts.templates[name],
                flows=partial(flows_now, here, name),
                flows_said=partial(flows_said, here, name),
                flow_editing=FlowEditing(partial(releases_of, here, name), here.flows[name]),
                own_flows=Folder.read(folder) if (folder := settings.brands[name].flows) is not None else None,
                accounts=tuple(each for each in here.accounts if each.brand == name),
                contacts=partial(contacts_in, country=settings.brands[name].country),
                asked=here.alarms.brands[name].asked,
                board=here.boards[name],
                editing=Editing(
                    partial(flows_now, here, name),
                    Sampling(brand, here.channels, here.clock, email_identifier),
                    settings.brands[name].locale,
                    settings.brands[name].time_zone,
                ),
            )
            for name, brand in here.brands.items()
        },
        channels=here.channels,
        store=here.store,
        sessions=_sessions_of(here),
        look_up=parts.look_up,
        traces=parts.traces,
        clock=here.clock,
        public_url=parts.public_url,
        proxies=settings.server.proxies,
        submit=parts.submit,
        pulses=here.pulses,
        alarms=here.alarms,
        made_up=here.made_up,
        reader=MappedBodies(here.connectors),
        wanted=parts.wanted,
        replay=replay_of(here, dry=False),
        provider=provider_of(settings.console.sso, here.http) if settings.console.sso is not None else None,
        provider_name=settings.console.sso.name if settings.console.sso is not None else "",
        embed_in=settings.console.embed_in,
    )


def contacts_in(text: str, *, country: str | None) -> tuple[Identifier, ...]:
    """The e-mail address or phone number that a text is; `country` reads national numbers."""
    found = (email_identifier(text), phone_identifier(text, country))
    return tuple(each for each in found if each is not None)


def application(here: Installation, *, work: bool) -> web.Application:
    """The whole web application. Without `work`, fresh events are left to workers that run apart."""
    parts = web_parts(here, work=work)
    app = build_app(parts)
    if here.settings.console.enabled:
        add_console(app, console_of(here, parts=parts))
    return app
