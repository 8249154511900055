"""The numbers that an operator watches. One registry per process; nothing personal in any label."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from middleware.domain.attachments import FileState
from middleware.domain.engines import EngineOutcome
from middleware.domain.jobs import JobKind
from middleware.domain.look_ups import LookUpOutcome
from middleware.domain.messages import Outcome, SendResult
from middleware.domain.passing import PassOutcome
from middleware.domain.sender_profile import ProfileOutcome
from middleware.pipeline.breaker import Breaker, BreakerState
from middleware.ports import Account

log = structlog.get_logger(__name__)


_WITHIN_A_MOMENT = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_WITHIN_A_MINUTE = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
_OF_A_LOOK_UP = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 10.0)
_WITHIN_HOURS = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400)
"""Seconds: the upper bounds of a histogram's buckets."""


class Accepting(NamedTuple):
    """What is counted for every delivery of one connector, looked up once."""

    deliveries: Counter
    events: dict[str, Counter]
    seconds: Histogram


class Metrics:
    """All metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._passed: dict[str, Counter] = {}
        self._accepting: dict[str, Accepting] = {}
        self._count_events()
        self._count_sends()
        self._count_jobs()
        self._count_templates()
        self._count_engines()
        self._count_look_ups()
        self._count_passing()

    def _count_events(self) -> None:
        self.deliveries = self._counter(
            "deliveries", "Webhook deliveries by what became of them", "connector", "result"
        )
        self.events = self._counter(
            "events", "Events of accepted deliveries: fresh, duplicate or quarantined", "connector", "result"
        )
        self.accepting = self._histogram(
            "accept_seconds", "From the last byte of a delivery to its answer", "connector", _WITHIN_A_MOMENT
        )
        self.stages = self._counter("stages", "Stages that events have passed", "stage")
        self.waiting = self._gauge("waiting_events", "Accepted events that this process has not finished")

    def _count_sends(self) -> None:
        self.sends = self._counter("sends", "Calls to a platform by their outcome", "channel", "outcome")
        self.send_waits = self._histogram(
            "send_wait_seconds", "How long messages waited for the limits of their account", "channel", _WITHIN_A_MOMENT
        )
        self.pauses = self._counter(
            "send_pauses", "Times that an account pauses because the platform refuses calls or is not there", "channel"
        )
        self.windows = self._gauge(
            "send_window", "Calls that may be under way together, all accounts of a channel", "channel"
        )
        self.under_way = self._gauge("calls_under_way", "Messages that are claimed and have no fate yet", "channel")

    def _count_jobs(self) -> None:
        self.jobs = self._counter("jobs", "Jobs that are over, by what became of them", "kind", "result")
        self.job_seconds = self._histogram(
            "job_seconds", "From the event that called for a job to the job's end", "kind", _WITHIN_HOURS
        )
        self.silent = self._gauge(
            "silent", "1 while an account, engine or pull is silent for longer than usual", "brand", "what", "name"
        )
        self.running_jobs = self._gauge("running_jobs", "Jobs that are under way in this process")
        self.files = self._counter(
            "attachments", "Files that customers sent, by what became of them", "channel", "state"
        )
        self.profiles = self._counter(
            "sender_profiles", "Questions about senders by their outcome", "channel", "outcome"
        )

    def _count_templates(self) -> None:
        self.templates = self._counter(
            "templates", "Published versions that this process has looked at: taken or refused", "result"
        )
        self.refused_templates = self._gauge(
            "refused_templates", "Templates whose published version cannot be said in this process"
        )
        self.releases = self._counter(
            "flow_releases", "Published releases of flows that this process has looked at: taken or refused", "result"
        )
        self.refused_releases = self._gauge(
            "refused_releases", "Brands whose published release of flows cannot be said in this process"
        )

    def _count_engines(self) -> None:
        self.engine_questions = self._counter(
            "engine_questions", "Questions to bot engines by their outcome", "brand", "engine", "outcome"
        )
        self.engine_seconds = Histogram(
            "throughline_engine_seconds", "How long bot engines took to answer, or to fail", ["brand", "engine"],
            registry=self.registry, buckets=_WITHIN_A_MINUTE,
        )  # fmt: skip
        self.breakers = self._gauge(
            "engine_breaker", "Circuit breakers of bot engines: 0 closed, 1 half open, 2 open", "brand", "engine"
        )

    def _count_look_ups(self) -> None:
        self.look_ups = self._counter(
            "look_ups", "Questions of flows to other systems by their outcome", "brand", "look_up", "outcome"
        )
        self.look_up_seconds = Histogram(
            "throughline_look_up_seconds", "How long other systems took to answer, or to fail", ["brand", "look_up"],
            registry=self.registry, buckets=_OF_A_LOOK_UP,
        )  # fmt: skip
        self.look_up_breakers = self._gauge(
            "look_up_breaker", "Circuit breakers of look-ups: 0 closed, 1 half open, 2 open", "brand", "look_up"
        )

    def _count_passing(self) -> None:
        self.passed_on = self._counter(
            "passed_on", "Attempts to hand what came in to the bot of an account, by outcome", "brand", "account",
            "outcome",
        )  # fmt: skip
        self.pass_seconds = self._histogram(
            "pass_seconds", "From a delivery to the bot of an account having it", "brand", _WITHIN_A_MINUTE
        )
        self.bot_breakers = self._gauge(
            "pass_breaker", "Circuit breakers of bots of accounts: 0 closed, 1 half open, 2 open", "brand", "account"
        )

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"throughline_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"throughline_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, label: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"throughline_{name}", says, [label], registry=self.registry, buckets=buckets)

    def job_over(self, kind: JobKind, result: str, seconds: float) -> None:
        """Count one job that is over, and how long it took since its event."""
        self.jobs.labels(kind, result).inc()
        self.job_seconds.labels(kind).observe(max(seconds, 0))

    def template_seen(self, result: str) -> None:
        """Count one published version by what became of it."""
        self.templates.labels(result).inc()

    def release_seen(self, result: str) -> None:
        """Count one published release of flows by what became of it."""
        self.releases.labels(result).inc()

    def engine_asked(self, brand: str, engine: str, outcome: EngineOutcome, seconds: float) -> None:
        """Count one question to an engine, and how long it took."""
        self.engine_questions.labels(brand, engine, outcome).inc()
        self.engine_seconds.labels(brand, engine).observe(seconds)

    def looked_up(self, brand: str, look_up: str, outcome: LookUpOutcome, seconds: float) -> None:
        """Count one question of a flow to another system, and how long it took."""
        self.look_ups.labels(brand, look_up, outcome).inc()
        self.look_up_seconds.labels(brand, look_up).observe(seconds)

    def watch_look_up(self, brand: str, look_up: str, breaker: Breaker) -> None:
        """Show the state of a look-up's breaker whenever it is asked for."""
        shown = self.look_up_breakers.labels(brand, look_up)
        shown.set_function(lambda: list(BreakerState).index(breaker.state))

    def handed_on(self, account: Account, outcome: PassOutcome, seconds: float) -> None:
        """Count one attempt to hand something to the bot of an account, and how long the bot was without it."""
        self.passed_on.labels(account.brand, account.name, outcome).inc()
        if outcome is PassOutcome.PASSED:
            self.pass_seconds.labels(account.brand).observe(max(seconds, 0))

    def watch_bot(self, account: Account, breaker: Breaker) -> None:
        """Show the state of the breaker of an account's bot whenever it is asked for."""
        shown = self.bot_breakers.labels(account.brand, account.name)
        shown.set_function(lambda: list(BreakerState).index(breaker.state))

    def watch_breaker(self, brand: str, engine: str, breaker: Breaker) -> None:
        """Show the state of an engine's breaker whenever it is asked for."""
        self.breakers.labels(brand, engine).set_function(lambda: list(BreakerState).index(breaker.state))

    def fetched(self, channel: str, state: FileState) -> None:
        """Count one file by what became of it."""
        self.files.labels(channel, state).inc()

    def asked(self, channel: str, outcome: ProfileOutcome) -> None:
        """Count one question about a sender."""
        self.profiles.labels(channel, outcome).inc()

    def told(self, account: Account, result: SendResult) -> None:
        """Count one call to a platform, and log what a person has to look into."""
        self.sends.labels(account.connector, result.outcome).inc()
        if result.outcome not in {Outcome.SENT, Outcome.RETRY}:
            log.warning(
                "a reply was not sent",
                action="send",
                brand=account.brand,
                account=account.name,
                outcome=result.outcome.value,
                code=result.code,
            )

    def refused(self, connector: str, result: str) -> None:
        """Count one delivery that was not accepted."""
        self.deliveries.labels(connector, result).inc()

    def accepted(self, connector: str, results: Mapping[str, int], seconds: float) -> None:
        """Count one delivery with what was in it, and how long it took."""
        if connector not in self._accepting:
            self._accepting[connector] = Accepting(
                self.deliveries.labels(connector, "accepted"),
                {result: self.events.labels(connector, result) for result in results},
                self.accepting.labels(connector),
            )
        counted = self._accepting[connector]
        counted.deliveries.inc()
        for result, number in results.items():
            if number:
                counted.events[result].inc(number)
        counted.seconds.observe(seconds)

    def waited(self, channel: str, seconds: float) -> None:
        """See `Watch.waited`."""
        self.send_waits.labels(channel).observe(seconds)

    def paused(self, channel: str) -> None:
        """See `Watch.paused`."""
        self.pauses.labels(channel).inc()

    def watch(self, channel: str, window: Callable[[str], float], under_way: Callable[[str], float]) -> None:
        """Show the window of a channel and the calls in it, as these say when asked."""
        self.windows.labels(channel).set_function(partial(window, channel))
        self.under_way.labels(channel).set_function(partial(under_way, channel))

    def passed(self, stage: str) -> None:
        """Count one event past a stage."""
        counted = self._passed.get(stage)
        if counted is None:
            counted = self._passed[stage] = self.stages.labels(stage)
        counted.inc()
