"""Traces of a running installation, as a test looks at them."""

from middleware.cli.trace_page import page
from middleware.domain.trace import Trace
from middleware.pipeline.trace import Traces
from tests.running import Running


async def trace_of(shop: Running, named: str) -> Trace:
    """The one trace under an id."""
    (found,) = await Traces(shop.here.brands, shop.here.clock).find("glow", named)
    return found


def as_page(trace: Trace) -> str:
    """The trace as the command prints it."""
    return "\n".join(line.text for line in page(trace, f"{trace.channel}/main"))
