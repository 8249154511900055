"""The numbers that an operator watches. One registry per process; nothing personal in any label."""

from prometheus_client import CollectorRegistry, Counter, Histogram


class Metrics:
    """All metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "throughline_deliveries",
            "Webhook deliveries by what became of them",
            ["connector", "result"],
            registry=self.registry,
        )
        self.events = Counter(
            "throughline_events",
            "Events of accepted deliveries: fresh, duplicate or quarantined",
            ["connector", "result"],
            registry=self.registry,
        )
        self.accepting = Histogram(
            "throughline_accept_seconds",
            "From the last byte of a delivery to its answer",
            ["connector"],
            registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
        )
        self.stages = Counter("throughline_stages", "Stages that events have passed", ["stage"], registry=self.registry)
        self.sends = Counter(
            "throughline_sends",
            "Calls to a platform by their outcome",
            ["channel", "outcome"],
            registry=self.registry,
        )

    def passed(self, stage: str) -> None:
        """Count one event past a stage."""
        self.stages.labels(stage).inc()
