"""Bots that answer on accounts in our place, from the settings: what they are handed, and how."""

from collections.abc import Callable, Mapping

from connectors.bot_door import Door
from connectors.http import HttpClient
from middleware.domain.passing import PassOutcome
from middleware.domain.pulse import Pulse
from middleware.errors import SettingsError
from middleware.handover import hand_over
from middleware.jobs.passing import PassOn
from middleware.metrics import Metrics
from middleware.pipeline.look_up import LookUp
from middleware.pipeline.parts import Brand
from middleware.pipeline.passed import PassedContexts
from middleware.pipeline.pulses import Pulses
from middleware.ports import Account, Clock
from middleware.settings import Settings


def passing_of(
    settings: Settings,
    look_up: LookUp,
    brands: Mapping[str, Brand],
    accounts: tuple[Account, ...],
    clock: Clock,
    metrics: Metrics,
    pulses: Pulses,
    http: HttpClient,
    holds: Callable[[str, str], bool],
) -> PassOn:
    """How everything is passed on. Raises SettingsError where links are wanted and nobody knows our address."""
    public_url = settings.server.public_url.rstrip("/")

    def told(account: Account, outcome: PassOutcome, seconds: float) -> None:
        metrics.handed_on(account, outcome, seconds)
        pulses.handed_on(account, outcome)

    passing = PassOn(
        clock=clock,
        bots=Door(http),
        contexts=PassedContexts(
            brands=brands,
            accounts={(each.connector, each.id): each for each in accounts},
            look_up=look_up,
            hand_over=lambda context, blocks: hand_over(context, blocks=blocks),
            holds=holds,
            clock=clock,
        ),
        told=told,
        link=lambda token: f"{public_url}/v1/passed/{token}",
    )
    for account in accounts:
        if account.pass_to is None:
            continue
        if account.pass_to.context == "link" and not public_url:
            where = f"brands.{account.brand}.accounts.{account.name}.pass_context"
            raise SettingsError(f'{where}: "link" needs server.public_url: the bot has to reach us')
        metrics.watch_bot(account, passing.breaker(account))
        pulses.watch(account.brand, Pulse.of_bot(account.name), passing.breaker(account))
    return passing
