"""Bot engines from the settings: what flows know of them, how each is reached, and how they are asked."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from connectors.engines.registry import engine_of
from connectors.http import HttpClient
from flows.engine_values import engine_values
from flows.templates import Reader
from middleware.domain.capabilities import Capabilities
from middleware.domain.channels import CHANNELS
from middleware.domain.context import Context
from middleware.domain.engines import EngineOutcome, EngineTerms
from middleware.domain.pulse import Pulse
from middleware.errors import SettingsError
from middleware.jobs.asking import AskEngines
from middleware.metrics import Metrics
from middleware.pipeline.parts import BrandEngine
from middleware.pipeline.pulses import Pulses
from middleware.ports import Clock, EngineSetup
from middleware.sections.brands import BrandSettings
from middleware.sections.called import EngineSettings
from middleware.settings import Settings

_WRITTEN_WITHIN = timedelta(seconds=2)
"""What comes on top of an engine's time, until its answer or its failure is in the inbox."""

ReaderOf = Callable[[Context, Capabilities], Reader]


def engine_terms(settings: BrandSettings) -> dict[str, EngineTerms]:
    """What the flows of a brand know of its engines, by name."""
    return {name: _terms(engine) for name, engine in settings.engines.items()}


def engines_of(brand: str, settings: BrandSettings, reader_of: ReaderOf, http: HttpClient) -> dict[str, BrandEngine]:
    """The engines of a brand, by name. Raises SettingsError for one that lacks something, and FlowError for a value
    that cannot be had.
    """
    return {name: _engine(brand, name, engine, reader_of, http) for name, engine in settings.engines.items()}


def asking_of(settings: Settings, clock: Clock, metrics: Metrics, pulses: Pulses) -> AskEngines:
    """How the engines of all brands are asked."""

    def told(brand: str, engine: str, outcome: EngineOutcome, seconds: float) -> None:
        metrics.engine_asked(brand, engine, outcome, seconds)
        pulses.engine_asked(brand, engine, outcome)

    public_url = settings.server.public_url.rstrip("/")
    timeouts = (engine.timeout for brand in settings.brands.values() for engine in brand.engines.values())
    asking = AskEngines(
        clock=clock,
        told=told,
        reply_url=lambda turn: f"{public_url}/v1/turns/{turn}/replies" if public_url else None,
        longest=max(timeouts, default=timedelta(0)),
    )
    for name, brand in settings.brands.items():
        for engine in brand.engines:
            metrics.watch_breaker(name, engine, asking.breaker(name, engine))
            pulses.watch(name, Pulse.of_engine(engine), asking.breaker(name, engine))
    return asking


def _terms(engine: EngineSettings) -> EngineTerms:
    within = engine.timeout + _WRITTEN_WITHIN
    return EngineTerms(frozenset(engine.blocks), within.total_seconds())


def _engine(brand: str, name: str, settings: EngineSettings, reader_of: ReaderOf, http: HttpClient) -> BrandEngine:
    setup = EngineSetup(
        name=name,
        kind=settings.kind,
        url=settings.url.rstrip("/"),
        token=settings.token,
        secret=settings.secret,
        bot=settings.bot,
    )
    try:
        engine = engine_of(setup, http)
    except ValueError as error:
        raise SettingsError(f"brands.{brand}.engines: {error}") from None
    values = engine_values(name, settings.values, frozenset(settings.blocks))

    def said(context: Context) -> Mapping[str, str]:
        channel = CHANNELS[context.message.channel if context.message is not None else "webchat"]
        return values.of(context, reader_of(context, channel))

    return BrandEngine(
        engine=engine,
        timeout=settings.timeout,
        answer_within=settings.answer_within,
        blocks=frozenset(settings.blocks),
        values=said,
        silence_is_an_answer=settings.silence_is_an_answer,
    )
