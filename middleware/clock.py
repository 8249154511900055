"""The clock of the machine: the only place that asks it."""

import time
from datetime import UTC, datetime

from middleware.domain.record import at_millisecond


class SystemClock:
    """The machine's clock, as `middleware.ports.Clock`."""

    def now(self) -> datetime:
        """The current time, aware, UTC, in whole milliseconds."""
        return at_millisecond(datetime.now(UTC))

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()
