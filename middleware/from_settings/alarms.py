"""Who is watched for silence, from the settings, and where it is told."""

from collections.abc import Collection, Mapping, Sequence

from connectors.alarm_post import PostedAlarms
from connectors.http import HttpClient
from middleware.domain.alarms import Seen
from middleware.domain.look_ups import ORDERS
from middleware.domain.on_demand import name_of_look_up
from middleware.errors import SettingsError
from middleware.jobs.alarms import Alarms, Watched
from middleware.metrics import Metrics
from middleware.pipeline.parts import Brand
from middleware.pipeline.standing import Asked
from middleware.ports import Account, AlarmPost, Clock
from middleware.settings import Settings


def alarms_of(
    settings: Settings,
    brands: Mapping[str, Brand],
    accounts: Sequence[Account],
    clock: Clock,
    metrics: Metrics,
    http: HttpClient,
) -> Alarms:
    """The alarms of all brands. Raises SettingsError for a secret that signs nothing."""

    def told(brand: str, seen: Sequence[Seen], on: Collection[str]) -> None:
        for each in seen:
            metrics.silent.labels(brand, each.what, each.name).set(each.id in on)

    watched = {
        name: Watched(
            brand.store,
            tuple(each for each in accounts if each.brand == name),
            asked_by(settings, brand, accounts),
            _post(settings, name, http),
        )
        for name, brand in brands.items()
    }
    return Alarms(watched, clock, told)


def asked_by(settings: Settings, brand: Brand, accounts: Sequence[Account]) -> tuple[tuple[Asked, str], ...]:
    """What a brand asks: its engines, the systems that its flows look things up in, bots that answer on accounts."""
    named = (ORDERS, *settings.brands[brand.name].lookups)
    asked: dict[Asked, list[str]] = {
        "engine": list(brand.engines),
        "look_up": [name for name in named if name_of_look_up(name) in brand.enrichers],
        "bot": [each.name for each in accounts if each.brand == brand.name and each.pass_to is not None],
    }
    return tuple((what, name) for what, names in asked.items() for name in names)


def _post(settings: Settings, brand: str, http: HttpClient) -> AlarmPost | None:
    wanted = settings.brands[brand].alarms
    if wanted is None:
        return None
    try:
        return PostedAlarms(wanted.url, wanted.secret, http)
    except ValueError as error:
        raise SettingsError(f"brands.{brand}.alarms.secret: {error}") from None
