"""Look-ups from the settings: what flows know of them, and how each is made."""

from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from connectors.http import HttpClient
from connectors.look_ups import HttpLookUp
from connectors.sources.shopify.live import LiveOrders
from flows.engine_values import NamedValues, look_up_values
from middleware.domain.channels import CHANNELS
from middleware.domain.context import Context
from middleware.domain.identifiers import Level
from middleware.domain.look_up_reading import FieldRule
from middleware.domain.look_ups import ORDERS, FieldType, LookUpOutcome, LookUpTerms
from middleware.domain.on_demand import name_of_look_up
from middleware.domain.pulse import Pulse
from middleware.errors import FlowError
from middleware.from_settings.engines import ReaderOf
from middleware.metrics import Metrics
from middleware.pipeline.enriching import Enricher
from middleware.pipeline.live_look_ups import LiveLookUp, LookUpRules, Told
from middleware.pipeline.live_orders import LiveOrderLookUp
from middleware.pipeline.pulses import Pulses
from middleware.ports import Account, Clock, LookUpSetup
from middleware.sections.brands import BrandSettings
from middleware.sections.called import FieldSettings, LookUpSettings


def look_up_terms(settings: BrandSettings) -> dict[str, LookUpTerms]:
    """What the flows of a brand know of its look-ups, by name. Raises FlowError for one that cannot be asked."""
    terms = {name: _terms(name, each) for name, each in settings.lookups.items()}
    can_be_asked = any(_can_be_asked(each.connector, each.token) for each in settings.accounts.values())
    return {**terms, ORDERS: LookUpTerms({}, frozenset({ORDERS}))} if can_be_asked else terms


def enrichers_of(
    brand: str,
    settings: BrandSettings,
    accounts: Sequence[Account],
    reader_of: ReaderOf,
    http: HttpClient,
    clock: Clock,
    metrics: Metrics,
    pulses: Pulses,
) -> dict[str, Enricher]:
    """What makes the blocks on demand of a brand, by the name of the block. Raises FlowError."""
    made: dict[str, Enricher] = {}

    def told(look_up: str, outcome: LookUpOutcome, seconds: float) -> None:
        metrics.looked_up(brand, look_up, outcome, seconds)
        pulses.looked_up(brand, look_up, outcome)

    shops = {each.id: each for each in accounts if each.brand == brand and _can_be_asked(each.connector, each.token)}
    if shops:
        orders = LiveOrderLookUp(shops, LiveOrders(http), settings.enrich_within, clock, told)
        metrics.watch_look_up(brand, ORDERS, orders.breaker)
        pulses.watch(brand, Pulse.of_look_up(ORDERS), orders.breaker)
        made[name_of_look_up(ORDERS)] = orders
    for name, each in settings.lookups.items():
        look_up = _look_up(name, each, settings, reader_of, http, clock, told)
        metrics.watch_look_up(brand, name, look_up.breaker)
        pulses.watch(brand, Pulse.of_look_up(name), look_up.breaker)
        made[name_of_look_up(name)] = look_up
    return made


def _look_up(
    name: str,
    settings: LookUpSettings,
    of_brand: BrandSettings,
    reader_of: ReaderOf,
    http: HttpClient,
    clock: Clock,
    told: Told,
) -> LiveLookUp:
    values = look_up_values(name, settings.send)

    def said(context: Context, answers: Mapping[str, str | int]) -> Mapping[str, str]:
        channel = CHANNELS[context.message.channel if context.message is not None else "webchat"]
        return values.of(context, reader_of(context, channel), answers)

    rules = LookUpRules(
        name=name,
        send=frozenset(settings.send),
        fields={field: _field(field, each) for field, each in settings.fields.items()},
        level=_level(name, settings, values),
        within=settings.within or of_brand.enrich_within,
        keep=settings.keep,
    )
    source = HttpLookUp(LookUpSetup(settings.url, settings.token), http)
    return LiveLookUp(rules, source, said, clock, told)


def _can_be_asked(connector: str, token: SecretStr | None) -> bool:
    """Whether it is a shop of whose orders one can ask."""
    return connector == "shopify" and token is not None


def _terms(name: str, settings: LookUpSettings) -> LookUpTerms:
    values = look_up_values(name, settings.send)
    _level(name, settings, values)
    return LookUpTerms({field: _field(field, each).type for field, each in settings.fields.items()}, values.blocks)


def _level(name: str, settings: LookUpSettings, values: NamedValues) -> Level:
    """The level that the answer needs: what it is asked with needs no more."""
    if settings.level is None:
        return values.level
    if settings.level < values.level:
        needed = values.level.name.lower()
        raise FlowError(f"lookups.{name}.level: what is sent is told from level {needed} on; write {needed} or higher")
    return settings.level


def _field(name: str, written: FieldSettings | FieldType) -> FieldRule:
    if isinstance(written, FieldSettings):
        return FieldRule(written.type, tuple(written.at.split(".")))
    return FieldRule(written, (name,))
